//! From a binary's `main` to its exit status.

use super::task::{Ended, stop_on_signal};
use std::{fmt::Display, future::Future, process::ExitCode};
use tokio_util::sync::CancellationToken;

/// The configuration is wrong (EX_USAGE).
pub const EXIT_CONFIG: u8 = 64;

/// Runs `work` until SIGINT, SIGTERM or its own end. What went wrong is logged here, once.
pub async fn until_signal<F, E>(work: impl FnOnce(CancellationToken) -> F) -> ExitCode
where
    F: Future<Output = Result<Ended, E>>,
    E: Display,
{
    let stop = CancellationToken::new();
    let work = async {
        let ended = work(stop.clone()).await;
        stop.cancel();
        ended
    };
    let (signals, ended) = tokio::join!(stop_on_signal(stop.clone()), work);
    let problem = match (signals, ended) {
        (Ok(()), Ok(Ended::Stopped)) => return ExitCode::SUCCESS,
        (Err(error), _) => error.to_string(),
        (_, Err(error)) => error.to_string(),
        (_, Ok(Ended::Failed { task, error })) => format!("{task}: {error}"),
    };
    tracing::error!("{problem}");
    ExitCode::FAILURE
}
