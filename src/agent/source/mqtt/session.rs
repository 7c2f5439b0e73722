//! The connection to one broker, over all its sessions: the only code that talks to rumqttc.
//!
//! `EventLoop::poll` is never cut short but at the very end: it may have read from the socket what it has not yet
//! returned (rumqtt#601). [`Session::meanwhile`] keeps the one future of a poll until it is done, and does everything
//! else beside it. As all of it is one task, no acknowledgement can slip in between the end of a connection and
//! [`AckOrder::disconnected`](super::ack::AckOrder::disconnected).

use super::{intake::Intake, tally::worth_a_line};
use crate::{
    agent::{config::MqttBroker, health::Health, source::Input},
    runtime::{backoff::Backoff, clock, fault, random},
};
use rumqttc::{
    AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, Packet, QoS, SubscribeFilter, SubscribeReasonCode,
};
use std::{
    collections::BTreeSet,
    future::{Future, pending},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// The broker ends a connection that is silent for one and a half times this, and rumqttc pings only while it is
/// polled. So where the recorder stands so long that even the intake is full and the reading stops, 10 s more always
/// pass. Beyond, the connection may be lost, but no message of QoS 1: the broker sends them again.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// A larger packet ends the connection, again and again as the broker sends it anew. Far above what is taken as a
/// payload, and still bounded.
const PACKET_BYTES_MAX: usize = 1024 * 1024;
const OUTGOING_BYTES_MAX: usize = 256 * 1024;
/// Acknowledgements that wait to be written; the others wait in their order.
const REQUESTS_MAX: usize = 256;
/// From the name's resolution to the broker's answer, and for each flush.
const CONNECT_DEADLINE_S: u64 = 10;
/// A connection that stood this long was a good one: the next try comes soon.
const STEADY: Duration = Duration::from_secs(10);
/// A refused subscription is a matter of the broker's access rules, which people change.
const RESUBSCRIBE: Duration = Duration::from_secs(60);
/// At the stop: for the last commit, and for its acknowledgements. Together well below the agent's stop deadline.
const LAST_COMMIT_DEADLINE: Duration = Duration::from_secs(3);
const GOODBYE_DEADLINE: Duration = Duration::from_secs(2);

pub async fn run(broker: MqttBroker, out: mpsc::Sender<Input>, health: Arc<Health>, stop: CancellationToken) {
    let (client, mut event_loop) = AsyncClient::new(options(&broker), REQUESTS_MAX);
    event_loop.network_options.set_connection_timeout(CONNECT_DEADLINE_S);
    let mut session = Session::new(broker, client, out, health, stop);
    while let Some(polled) = session.meanwhile(event_loop.poll()).await {
        match polled {
            Ok(event) => session.event(event),
            Err(error) => {
                // read before the connection broke: handed on, in case the broker has lost it, and never acknowledged
                std::mem::take(&mut event_loop.state.events).into_iter().for_each(|event| session.event(event));
                // a subscription that was not sent; the next connection asks for its own
                event_loop.pending.clear();
                let pause = session.disconnected(&error);
                if session.meanwhile(tokio::time::sleep(pause)).await.is_none() {
                    break;
                }
            }
        }
        session.make_room().await;
    }
    session.goodbye(event_loop).await;
}

fn options(broker: &MqttBroker) -> MqttOptions {
    let mut options = MqttOptions::new(&broker.client_id, &broker.host, broker.port);
    options.set_clean_session(false);
    options.set_manual_acks(true);
    options.set_keep_alive(KEEP_ALIVE);
    options.set_max_packet_size(PACKET_BYTES_MAX, OUTGOING_BYTES_MAX);
    options
}

struct Session {
    intake: Intake,
    client: AsyncClient,
    /// Dropped when the stop was asked for and everything is handed on, so that the recorder makes its last commit.
    out: Option<mpsc::Sender<Input>>,
    stop: CancellationToken,
    commits: watch::Receiver<u64>,
    backoff: Backoff,
    /// Since the last steady connection.
    failures: u64,
    connected_at: Option<Instant>,
    /// In this run, and granted.
    subscribed: bool,
    subscribe_at: Option<Instant>,
    /// Set by the stop.
    leave_by: Option<Instant>,
}

impl Session {
    fn new(
        broker: MqttBroker,
        client: AsyncClient,
        out: mpsc::Sender<Input>,
        health: Arc<Health>,
        stop: CancellationToken,
    ) -> Session {
        let committed = Arc::new(watch::Sender::new(0));
        let commits = committed.subscribe();
        Session {
            intake: Intake::new(broker, health, committed),
            client,
            out: Some(out),
            stop,
            commits,
            backoff: Backoff::new(Duration::from_secs(1), Duration::from_secs(60)),
            failures: 0,
            connected_at: None,
            subscribed: false,
            subscribe_at: None,
            leave_by: None,
        }
    }

    /// Runs `turn` to its end and everything else beside it. `None`, and `turn` dropped, when the session is over.
    async fn meanwhile<T>(&mut self, turn: impl Future<Output = T>) -> Option<T> {
        tokio::pin!(turn);
        loop {
            self.acknowledge();
            if self.is_over() {
                return None;
            }
            tokio::select! {
                biased;
                () = self.step() => {}
                done = &mut turn => return Some(done),
            }
        }
    }

    /// Back-pressure: nothing is read, TCP's window closes, and the broker keeps its messages.
    async fn make_room(&mut self) {
        while self.intake.is_full() && !self.is_over() {
            self.step().await;
            self.acknowledge();
        }
    }

    /// Waits for one thing to do beside the connection, and does it.
    async fn step(&mut self) {
        tokio::select! {
            biased;
            () = self.stop.cancelled(), if self.leave_by.is_none() => {
                self.leave_by = Some(clock::monotonic() + LAST_COMMIT_DEADLINE);
            }
            () = at(self.leave_by) => {}
            () = at(self.subscribe_at) => {}
            _ = self.commits.changed() => {}
            room = room(self.out.as_ref()), if !self.intake.waiting.is_empty() => match room {
                Some(permit) => {
                    if let Some(input) = self.intake.waiting.pop_front() {
                        permit.send(input);
                    }
                }
                // the recorder has ended, and with it the whole run
                None => self.intake.waiting.clear(),
            },
        }
        if self.subscribe_at.is_some_and(|due| clock::monotonic() >= due) {
            self.subscribe();
        }
        if self.leave_by.is_some() && self.intake.waiting.is_empty() {
            self.out = None;
        }
    }

    fn is_over(&self) -> bool {
        let done = self.intake.waiting.is_empty() && self.intake.acks.len() == 0;
        self.leave_by.is_some_and(|leave_by| done || clock::monotonic() >= leave_by)
    }

    /// Everything that is due. What the connection has no room for stays due until it has written some.
    fn acknowledge(&mut self) {
        let committed = *self.commits.borrow();
        while let Some(publish) = self.intake.acks.due(committed) {
            fault::point("mqtt.before_ack");
            if self.client.try_ack(publish).is_err() {
                return;
            }
            fault::point("mqtt.after_ack");
            self.intake.acks.acknowledged();
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Incoming(Packet::ConnAck(ack)) => self.connected(ack.session_present),
            Event::Incoming(Packet::SubAck(ack)) => self.answered(&ack.return_codes),
            // after the stop the broker keeps what it sends
            Event::Incoming(Packet::Publish(publish)) if self.leave_by.is_none() => {
                self.intake.take(publish, clock::now());
            }
            _ => {}
        }
    }

    /// Subscribes where the broker has no session, and once in each run, as the topics may have changed since the
    /// last. Not at each connection: the broker would send its retained messages again each time.
    fn connected(&mut self, session_present: bool) {
        tracing::info!(broker = self.intake.broker.name, session_present, "connected to the broker");
        self.connected_at = Some(clock::monotonic());
        self.subscribed &= session_present;
        if !self.subscribed {
            self.subscribe();
        }
    }

    fn topics(&self) -> BTreeSet<&str> {
        self.intake.broker.topics.iter().map(|topic| topic.topic.as_str()).collect()
    }

    fn subscribe(&mut self) {
        self.subscribe_at = None;
        let filters = self.topics().into_iter().map(|topic| SubscribeFilter::new(topic.into(), QoS::AtLeastOnce));
        if let Err(error) = self.client.try_subscribe_many(filters.collect::<Vec<_>>()) {
            tracing::error!(broker = self.intake.broker.name, %error, "the subscription could not be asked for");
            self.subscribe_at = Some(clock::monotonic() + RESUBSCRIBE);
        }
    }

    /// The codes are in the order of the topics.
    fn answered(&mut self, codes: &[SubscribeReasonCode]) {
        let broker = &self.intake.broker.name;
        let mut refused = false;
        for (topic, code) in self.topics().into_iter().zip(codes) {
            match code {
                SubscribeReasonCode::Failure => {
                    tracing::error!(broker, topic, "the broker refuses the subscription; asked again in a minute");
                    refused = true;
                }
                SubscribeReasonCode::Success(QoS::AtMostOnce) => {
                    tracing::warn!(broker, topic, "the broker grants QoS 0 only: what it loses is lost");
                }
                SubscribeReasonCode::Success(_) => {}
            }
        }
        self.subscribed = !refused;
        self.subscribe_at = refused.then(|| clock::monotonic() + RESUBSCRIBE);
    }

    /// The pause before the next connection. rumqttc has dropped the acknowledgements it had not written.
    fn disconnected(&mut self, error: &ConnectionError) -> Duration {
        self.intake.acks.disconnected();
        self.subscribe_at = None;
        if self.connected_at.take().is_some_and(|since| clock::monotonic() - since >= STEADY) {
            self.backoff.succeeded();
            self.failures = 0;
        }
        self.failures += 1;
        if worth_a_line(self.failures) {
            let failures = self.failures;
            tracing::warn!(broker = self.intake.broker.name, failures, "no connection to the broker: {error}");
        }
        self.backoff.failed(random::up_to)
    }

    /// Writes the last acknowledgements, and waits until the broker has read them: it closes the connection when it
    /// comes to the DISCONNECT behind them, and closing before would make it drop what it has not read. Whatever the
    /// deadline cuts off here, the broker sends again.
    async fn goodbye(self, mut event_loop: EventLoop) {
        if self.connected_at.is_none() {
            return;
        }
        let closed = async { while event_loop.poll().await.is_ok() {} };
        let goodbye = async { tokio::join!(self.client.disconnect(), closed) };
        let _ = tokio::time::timeout(GOODBYE_DEADLINE, goodbye).await;
    }
}

/// Room for one input; `None` when nobody takes inputs any more.
async fn room(out: Option<&mpsc::Sender<Input>>) -> Option<mpsc::Permit<'_, Input>> {
    out?.reserve().await.ok()
}

async fn at(when: Option<Instant>) {
    match when {
        Some(when) => tokio::time::sleep_until(when).await,
        None => pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::config::MqttTopic;

    fn session() -> Session {
        let topic = |topic: &str| MqttTopic {
            topic: topic.into(),
            meter: "m".into(),
            time: None,
            points: Vec::new(),
            tags: Vec::new(),
        };
        let broker = MqttBroker {
            name: "b".into(),
            host: "127.0.0.1".into(),
            port: 1,
            client_id: "c".into(),
            inflight: 20,
            topics: vec![topic("a"), topic("b")],
        };
        let (client, _) = AsyncClient::new(options(&broker), 8);
        Session::new(broker, client, mpsc::channel(1).0, Arc::default(), CancellationToken::new())
    }

    #[test]
    fn a_refused_subscription_is_asked_for_again_in_a_minute_and_a_granted_one_is_kept() {
        let granted = SubscribeReasonCode::Success(QoS::AtLeastOnce);
        let mut session = session();
        session.answered(&[granted, SubscribeReasonCode::Failure]);
        assert!(!session.subscribed);
        assert!(session.subscribe_at.is_some_and(|at| at <= clock::monotonic() + RESUBSCRIBE));
        session.answered(&[granted, granted]);
        assert_eq!((session.subscribed, session.subscribe_at), (true, None));
        session.connected(true);
        assert!(session.subscribed, "the broker kept the session");
        session.connected(false);
        assert!(!session.subscribed);
    }

    #[test]
    fn a_connection_that_does_not_last_counts_as_a_failure_and_one_that_did_does_not() {
        let mut session = session();
        let lost = ConnectionError::NetworkTimeout;
        assert!(session.disconnected(&lost) <= Duration::from_secs(1));
        for _ in 0..9 {
            session.connected(true);
            assert!(session.disconnected(&lost) <= Duration::from_secs(60));
        }
        assert_eq!(session.failures, 10);
        session.connected(true);
        session.connected_at = session.connected_at.and_then(|at| at.checked_sub(STEADY));
        assert!(session.disconnected(&lost) <= Duration::from_secs(1));
        assert_eq!(session.failures, 1);
    }
}
