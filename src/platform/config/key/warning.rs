//! The keys of [warning], [warning.mail] and [warning.webhook].

use crate::runtime::settings::{Key, Shape, key};

pub static WARNING: Key = key("warning", "一个 [warning] 表", "one table [warning]", "[warning]");

pub static BASIS: Key = key(
    "basis",
    "calorific（当量）或 equivalent（等价）",
    "calorific (当量) or equivalent (等价)",
    r#"basis = "equivalent""#,
);
pub static DAYS_OFF: Key =
    key("days_off", "若干日期的数组", "an array of dates", r#"days_off = ["2026-10-01", "2026-10-02"]"#);
pub static WORKED_WEEKENDS: Key =
    key("worked_weekends", "若干日期的数组", "an array of dates", r#"worked_weekends = ["2026-10-10"]"#);
pub static MAIL: Key = key("mail", "一个 [warning.mail] 表", "one table [warning.mail]", "[warning.mail]");
pub static WEBHOOK: Key =
    key("webhook", "一个 [warning.webhook] 表", "one table [warning.webhook]", "[warning.webhook]");
pub static WARNING_SHAPE: Shape =
    Shape { header: "[warning]", keys: &[&BASIS, &DAYS_OFF, &WORKED_WEEKENDS, &MAIL, &WEBHOOK] };

pub static HOST: Key =
    key("host", "邮件服务器的名称", "the name of a mail server", r#"host = "smtp.example.cn""#).required();
pub static PORT: Key = key("port", "1 到 65535", "1 to 65535", "port = 587").required();
pub static SECURITY: Key =
    key("security", "starttls、tls 或 none", "starttls, tls or none", r#"security = "starttls""#);
pub static CA_FILE: Key = key("ca_file", "一个 PEM 文件的路径", "the path of a PEM file", r#"ca_file = "mail-ca.pem""#);
pub static USER: Key = key("user", "邮箱用户名", "a user of the mail server", r#"user = "mujun@example.cn""#);
pub static PASSWORD_FILE: Key = key(
    "password_file",
    "一个只含密码的文件的路径",
    "the path of a file that holds the password alone",
    r#"password_file = "mail-password""#,
);
pub static FROM: Key = key("from", "发件人地址", "the sender's address", r#"from = "mujun@example.cn""#).required();
pub static TO: Key =
    key("to", "收件人地址的数组", "an array of addresses", r#"to = ["energy-office@example.cn"]"#).required();
pub static MAIL_SHAPE: Shape =
    Shape { header: "[warning.mail]", keys: &[&HOST, &PORT, &SECURITY, &CA_FILE, &USER, &PASSWORD_FILE, &FROM, &TO] };

pub static URL: Key =
    key("url", "http 或 https 地址", "an http or https address", r#"url = "https://example.cn/mujun""#).required();
pub static SECRET_FILE: Key = key(
    "secret_file",
    "一个只含密钥的文件的路径",
    "the path of a file that holds the secret alone",
    r#"secret_file = "webhook-secret""#,
)
.required();
pub static WEBHOOK_SHAPE: Shape = Shape { header: "[warning.webhook]", keys: &[&URL, &SECRET_FILE] };
