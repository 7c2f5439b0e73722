//! Why a request gets no answer, in both languages.

use crate::{platform::store::StoreError, runtime::lang::Text};
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
        let text = Text::new("只支持 GET", "only GET is answered");
        Refusal { status: StatusCode::METHOD_NOT_ALLOWED, text }
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

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Refusal {
        Refusal::failed(&error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(serde_json::json!({ "error": self.text }))).into_response();
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        response
    }
}

/// What a reader sent, short and without the signs that mean something in HTML, for showing it back.
pub fn quoted(sent: &str) -> String {
    let plain = |c: char| if c.is_control() || "<>&\"'`\\".contains(c) { '·' } else { c };
    sent.chars().take(64).map(plain).collect()
}
