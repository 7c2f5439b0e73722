//! What the platform knows, over gRPC: `mujun.v1.Query`.
//!
//! # Promises
//! - Shows what `assess` and the store say; decimals are strings to the last digit, what is unknown is absent.
//! - A site outside of the asker's regions looks as if it did not exist.
//! - Questions, answers, subscribers and what waits for them are bounded. A subscriber that does not read is dropped with a
//!   status that says so, and misses nothing when it comes again with its cursor.
//!
//! # Does not
//! Write. Keep what changed between two states of a quarter-hour.

mod answer;
mod desk;
mod door;
mod question;
mod subscription;

use super::{
    access::{Access, Asker},
    figures::Figures,
    store::Store,
};
use crate::wire::{
    DESCRIPTORS,
    proto::{
        ClosedInterval, FiguresReply, FiguresRequest, IntervalsReply, IntervalsRequest, LedgerReply, LedgerRequest,
        RankingReply, RankingRequest, SubscribeRequest, query_server,
    },
};
use desk::Desk;
use std::{sync::Arc, time::Duration};
use subscription::{Followers, Stream};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, transport::server::TcpIncoming};

/// Questions are codes and periods: 1,000 credit codes of a subscription are the largest.
const QUESTION_BYTES_MAX: usize = 64 * 1024;
/// Answers being made at one time.
const ANSWERS_MAX: usize = 16;
const ANSWER_DEADLINE: Duration = Duration::from_secs(20);
const STREAMS_PER_CONNECTION_MAX: u32 = 16;
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// For the streams at the stop.
const STOP: Duration = Duration::from_secs(3);

/// Serves askers on `listener` until `stop`. `changed` tells of new quarter-hours in the store's feed.
///
/// # Errors
/// The listener failed.
pub async fn serve(
    listener: TcpListener,
    (store, figures, access): (Store, Figures, Access),
    changed: watch::Receiver<u64>,
    reflection: bool,
    stop: CancellationToken,
) -> Result<(), tonic::transport::Error> {
    let desk = Arc::new(Desk { store, figures });
    let followers = Followers::new(changed, stop.clone());
    let service =
        query_server::QueryServer::new(Service { desk, access, followers, places: Semaphore::new(ANSWERS_MAX) })
            .max_decoding_message_size(QUESTION_BYTES_MAX);
    let told = reflection.then(|| {
        let builder = tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(DESCRIPTORS);
        builder.build_v1().expect("a test holds that the descriptors are those of proto/")
    });
    let server = tonic::transport::Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        .add_service(service)
        .add_optional_service(told)
        .serve_with_incoming_shutdown(
            TcpIncoming::from(listener).with_nodelay(Some(true)),
            stop.clone().cancelled_owned(),
        );
    let hard_stop = async {
        stop.cancelled().await;
        tokio::time::sleep(STOP).await;
    };
    tokio::select! {
        ended = server => ended,
        () = hard_stop => Ok(()),
    }
}

struct Service {
    desk: Arc<Desk>,
    access: Access,
    followers: Followers,
    places: Semaphore,
}

impl Service {
    async fn asker<T>(&self, request: &Request<T>) -> Result<Asker, Status> {
        door::asker(&self.access, &self.desk.store, door::Caller::of(request)).await
    }

    /// One of so many answers at a time, and in time.
    async fn bounded<T>(&self, answer: impl Future<Output = Result<T, Status>>) -> Result<Response<T>, Status> {
        let answered = tokio::time::timeout(ANSWER_DEADLINE, async {
            let _place = self.places.acquire().await;
            answer.await
        });
        let late = |_| Status::unavailable("平台正忙，请稍后再问 / the platform is busy: ask again later");
        answered.await.map_err(late)?.map(Response::new)
    }
}

#[tonic::async_trait]
impl query_server::Query for Service {
    type SubscribeStream = Stream;

    async fn figures(&self, request: Request<FiguresRequest>) -> Result<Response<FiguresReply>, Status> {
        let asker = self.asker(&request).await?;
        self.bounded(self.desk.figures(&asker, request.into_inner())).await
    }

    async fn ranking(&self, request: Request<RankingRequest>) -> Result<Response<RankingReply>, Status> {
        let asker = self.asker(&request).await?;
        self.bounded(self.desk.ranking(&asker, request.into_inner())).await
    }

    async fn intervals(&self, request: Request<IntervalsRequest>) -> Result<Response<IntervalsReply>, Status> {
        let asker = self.asker(&request).await?;
        self.bounded(self.desk.intervals(&asker, request.into_inner())).await
    }

    async fn ledger(&self, request: Request<LedgerRequest>) -> Result<Response<LedgerReply>, Status> {
        let asker = self.asker(&request).await?;
        self.bounded(self.desk.ledger(&asker, request.into_inner())).await
    }

    async fn subscribe(&self, request: Request<SubscribeRequest>) -> Result<Response<Stream>, Status> {
        let asker = self.asker(&request).await?;
        let asked: SubscribeRequest = request.into_inner();
        let wanted = question::wanted(&asked.credit_codes, question::FOLLOWED_MAX)?;
        let follower = subscription::Follower::new(self.desk.store.clone(), asker, wanted, asked.cursor);
        Ok(Response::new(self.followers.add(follower)?))
    }
}

/// What a subscriber is sent.
type Told = Result<ClosedInterval, Status>;

#[cfg(test)]
mod tests;
