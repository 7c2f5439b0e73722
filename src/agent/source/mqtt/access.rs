//! What a connection needs beside the address: the login and TLS, read anew for each connection, so that a renewed
//! certificate or password is taken without a restart.
//!
//! # Promises
//! - A password is neither logged nor kept in what can be printed.
//! - A password file that others can read is named in a warning.

use crate::{
    agent::{
        config::{MqttBroker, PasswordFrom},
        tls,
    },
    runtime::lang::Text,
};
use std::{env, fs, io::Read, os::unix::fs::PermissionsExt, path::Path, sync::Arc};
use tokio_rustls::rustls::ClientConfig;

/// MQTT counts it in two bytes.
const PASSWORD_BYTES_MAX: u64 = 65_535;

/// As whom, and how secretly. It is not `Debug`, for the password in it.
#[derive(Default)]
pub struct Access {
    /// User and password.
    pub login: Option<(String, String)>,
    pub tls: Option<Arc<ClientConfig>>,
}

/// Blocks on the disk.
pub fn read(broker: &MqttBroker) -> Result<Access, Text> {
    let login = match &broker.login {
        None => None,
        Some(login) => {
            let password = login.password.as_ref().map_or(Ok(String::new()), password)?;
            Some((login.username.clone(), password))
        }
    };
    let tls = broker.tls.as_ref().map(tls::client_config).transpose().map_err(|error| {
        let file = error.file.map_or(String::new(), |file| format!("{}: ", file.display()));
        Text::new(
            format!("{file}{}；{}", error.found.zh, error.fix.zh),
            format!("{file}{}; {}", error.found.en, error.fix.en),
        )
    })?;
    Ok(Access { login, tls })
}

/// What is wrong with the files of `broker`, and what only should be better. Blocks on the disk.
pub fn look(broker: &MqttBroker) -> Vec<Text> {
    let name = &broker.name;
    let wrong = read(broker)
        .err()
        .map(|wrong| Text::new(format!("代理 {name} 无法登录：{}", wrong.zh), format!("broker {name}: {}", wrong.en)));
    wrong.into_iter().chain(exposed(broker)).collect()
}

/// The warning about a password file that every user of the machine can read.
pub fn exposed(broker: &MqttBroker) -> Option<Text> {
    let Some(PasswordFrom::File(file)) = broker.login.as_ref()?.password.as_ref() else { return None };
    let others = fs::metadata(file).ok()?.permissions().mode() & 0o007;
    let file = file.display();
    (others != 0).then(|| {
        Text::new(
            format!("警告：{file} 任何用户都可读写；执行 chmod 640 {file}"),
            format!("warning: {file} is open to every user of this machine; chmod 640 {file}"),
        )
    })
}

fn password(from: &PasswordFrom) -> Result<String, Text> {
    match from {
        PasswordFrom::Environment(name) => {
            env::var(name).ok().filter(|password| !password.is_empty()).ok_or_else(|| {
                Text::new(
                    format!("环境变量 {name} 没有设置；在服务单元中用 EnvironmentFile= 设置"),
                    format!(
                        "the environment variable {name} is not set; EnvironmentFile= of the service's unit sets it"
                    ),
                )
            })
        }
        PasswordFrom::File(file) => from_file(file),
    }
}

/// One line: an editor's line end at the end is no part of the password.
fn from_file(file: &Path) -> Result<String, Text> {
    let shown = file.display();
    let mut text = String::new();
    fs::File::open(file).and_then(|open| open.take(PASSWORD_BYTES_MAX).read_to_string(&mut text)).map_err(|error| {
        Text::new(
            format!("{shown} 无法读取（{error}）；核对路径，并让运行服务的用户可读此文件"),
            format!(
                "{shown} can not be read ({error}); check the path, and let the user that runs the service read it"
            ),
        )
    })?;
    let password = text.strip_suffix('\n').unwrap_or(&text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() || password.contains(['\n', '\0']) {
        return Err(Text::new(
            format!("{shown} 须为一行口令"),
            format!("{shown} holds no password; it needs one line with it and nothing else"),
        ));
    }
    Ok(password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::config::Login;

    fn with(password: PasswordFrom) -> MqttBroker {
        let login = Login { username: "gw".into(), password: Some(password) };
        MqttBroker { name: "b".into(), login: Some(login), ..MqttBroker::default() }
    }

    #[test]
    fn a_password_is_one_line_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        let read = |text: &str| {
            fs::write(&file, text).unwrap();
            read(&with(PasswordFrom::File(file.clone()))).map(|access| access.login.unwrap().1)
        };
        for (text, password) in [("geheim", "geheim"), ("geheim\n", "geheim"), ("ge heim \r\n", "ge heim ")] {
            assert_eq!(read(text).as_deref(), Ok(password));
        }
        for text in ["", "\n", "geheim\nnoch eins\n"] {
            let refused = read(text).unwrap_err();
            assert!(!refused.en.contains("geheim") && refused.en.contains("password"), "{refused:?}");
        }
        fs::remove_file(&file).unwrap();
        assert!(look(&with(PasswordFrom::File(file)))[0].en.contains("can not be read"));
    }

    #[test]
    fn a_password_file_that_others_can_read_is_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        fs::write(&file, "geheim").unwrap();
        let broker = with(PasswordFrom::File(file.clone()));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(look(&broker), []);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(look(&broker)[0].en.starts_with("warning: "));
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let refused = read(&with(PasswordFrom::Environment("MUJUN_NO_SUCH_VARIABLE".into()))).err().unwrap();
        assert!(refused.en.contains("MUJUN_NO_SUCH_VARIABLE"));
    }
}
