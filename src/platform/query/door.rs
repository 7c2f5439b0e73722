//! Who asks over gRPC.

use crate::platform::access::Asker;
use tonic::{Request, Status};

/// # Errors
/// Who is not at this machine, and who has a token that nobody gave out.
pub fn asker<T>(request: &Request<T>) -> Result<Asker, Status> {
    let local = request.remote_addr().is_some_and(|address| address.ip().is_loopback());
    if !local || request.metadata().contains_key("authorization") {
        return Err(Status::unauthenticated("请先登录 / sign in: no such token"));
    }
    Ok(Asker::local())
}
