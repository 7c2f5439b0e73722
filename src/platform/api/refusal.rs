//! Why a request gets no answer, in both languages.

use crate::{
    platform::{access::NotAllowed, store::StoreError},
    runtime::lang::Text,
};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

#[derive(Debug, PartialEq)]
pub struct Refusal {
    pub status: StatusCode,
    pub text: Text,
}

impl Refusal {
    pub fn bad(zh: impl Into<String>, en: impl Into<String>) -> Refusal {
        Refusal { status: StatusCode::BAD_REQUEST, text: Text::new(zh, en) }
    }

    pub fn no_such_site() -> Refusal {
        let text = Text::new("登记表中没有这个统一社会信用代码", "no site of this credit code is in the registry");
        Refusal { status: StatusCode::NOT_FOUND, text }
    }

    pub fn no_such_version() -> Refusal {
        let text = Text::new("该周期没有这个版本", "the period has no such version");
        Refusal { status: StatusCode::NOT_FOUND, text }
    }

    pub fn no_such_page() -> Refusal {
        Refusal {
            status: StatusCode::NOT_FOUND, text: Text::new("没有这个地址", "there is nothing at this address")
        }
    }

    pub fn method() -> Refusal {
        let text = Text::new("此地址不支持该请求方法", "this address does not answer that method");
        Refusal { status: StatusCode::METHOD_NOT_ALLOWED, text }
    }

    pub fn media_type() -> Refusal {
        let text = Text::new(
            "请以 Content-Type: application/json 发送 JSON",
            "send JSON, with Content-Type: application/json",
        );
        Refusal { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, text }
    }

    /// Where a body has more bytes than its address takes.
    pub fn too_much(bytes_max: usize) -> Refusal {
        let mib = bytes_max >> 20;
        let text = Text::new(format!("正文超过 {mib} MiB"), format!("the body has more than {mib} MiB"));
        Refusal { status: StatusCode::PAYLOAD_TOO_LARGE, text }
    }

    pub fn no_length() -> Refusal {
        let text = Text::new(
            "请用 Content-Length 说明正文长度，不用 Transfer-Encoding",
            "say the body's length in Content-Length, without Transfer-Encoding",
        );
        Refusal { status: StatusCode::LENGTH_REQUIRED, text }
    }

    pub fn broken_body() -> Refusal {
        Refusal::bad("正文没有收全", "the body did not come whole")
    }

    pub fn slow() -> Refusal {
        let text = Text::new("正文发送过慢", "the body came too slowly");
        Refusal { status: StatusCode::REQUEST_TIMEOUT, text }
    }

    /// Where a page of another origin would write.
    pub fn foreign() -> Refusal {
        let text = Text::new("请求来自其他网站的页面", "the request comes from a page of another origin");
        Refusal { status: StatusCode::FORBIDDEN, text }
    }

    pub fn too_long(bytes_max: usize) -> Refusal {
        let text =
            Text::new(format!("地址超过 {bytes_max} 字节"), format!("the address has more than {bytes_max} bytes"));
        Refusal { status: StatusCode::URI_TOO_LONG, text }
    }

    pub fn busy() -> Refusal {
        let text = Text::new("平台繁忙，请稍后再试", "the platform is busy: try again later");
        Refusal { status: StatusCode::SERVICE_UNAVAILABLE, text }
    }

    /// Our own failure: the reason is for the log, not for the reader.
    pub fn failed(error: &dyn std::fmt::Display) -> Refusal {
        tracing::error!(%error, "an answer could not be made");
        let text = Text::new("平台内部错误，详见日志", "the platform failed: see its log");
        Refusal { status: StatusCode::INTERNAL_SERVER_ERROR, text }
    }
}

impl From<NotAllowed> for Refusal {
    fn from(not_allowed: NotAllowed) -> Refusal {
        Refusal { status: StatusCode::FORBIDDEN, text: not_allowed.text() }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Refusal {
        Refusal::failed(&error)
    }
}

/// What every refusal looks like.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[schema(as = Refusal)]
pub struct Refused {
    error: Text,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(Refused { error: self.text })).into_response();
        // what follows on the connection may be the body
        if self.status == StatusCode::LENGTH_REQUIRED {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// What a reader sent, short and without the signs that mean something in HTML, for showing it back.
pub fn quoted(sent: &str) -> String {
    let plain = |c: char| if c.is_control() || "<>&\"'`\\".contains(c) { '·' } else { c };
    sent.chars().take(64).map(plain).collect()
}
