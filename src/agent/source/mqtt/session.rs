//! The connection to one broker, over all its sessions.
//!
//! A poll is never cut short but at the very end: it may have read from the socket what it has not yet returned
//! (rumqtt#601). [`Session::meanwhile`] keeps the one future of a poll until it is done, and does everything else beside
//! it. As all of it is one task, no acknowledgement can slip in between the end of a connection and
//! [`AckOrder::disconnected`](super::ack::AckOrder::disconnected).

use super::{
    access,
    connection::{self, Answer, Client, Event, Lost, Poll},
    intake::Intake,
    tally::worth_a_line,
};
use crate::{
    agent::{config::MqttBroker, health::Health, source::Input},
    runtime::{backoff::Backoff, clock, fault, random, task},
};
use std::{
    collections::VecDeque,
    future::{Future, pending},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// A connection that stood this long was a good one: the next try comes soon.
const STEADY: Duration = Duration::from_secs(10);
/// A refused subscription is a matter of the broker's access rules, which people change.
const RESUBSCRIBE: Duration = Duration::from_secs(60);
/// At the stop: for the last commit, and for its acknowledgements. Together well below the agent's stop deadline.
const LAST_COMMIT_DEADLINE: Duration = Duration::from_secs(3);
const GOODBYE_DEADLINE: Duration = Duration::from_secs(4);

pub async fn run(broker: MqttBroker, out: mpsc::Sender<Input>, health: Arc<Health>, stop: CancellationToken) {
    let broker = Arc::new(broker);
    let looked = broker.clone();
    if let Some(warning) = task::blocking(move || access::exposed(&looked)).await {
        tracing::warn!(broker = broker.name, "{}", warning.en);
    }
    let (client, mut poll) = connection::new(broker.clone());
    let mut session = Session::new(broker, client, out, health, stop);
    while let Some(polled) = session.meanwhile(poll.next()).await {
        match polled {
            Ok(event) => session.event(event),
            Err(lost) => {
                // read before the connection broke: handed on, in case the broker has lost it, and never acknowledged
                poll.rest().into_iter().for_each(|event| session.event(event));
                let pause = session.disconnected(&lost);
                if session.meanwhile(tokio::time::sleep(pause)).await.is_none() {
                    break;
                }
            }
        }
        session.make_room().await;
    }
    session.goodbye(poll).await;
}

struct Session {
    intake: Intake,
    client: Client,
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
    /// Filters still to be asked for, and those whose answers are to come, packet by packet.
    to_ask: Vec<String>,
    asked: VecDeque<Vec<String>>,
    /// One of them was refused since they were last asked for.
    refused: bool,
    /// Set by the stop.
    leave_by: Option<Instant>,
}

impl Session {
    fn new(
        broker: Arc<MqttBroker>,
        client: Client,
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
            to_ask: Vec::new(),
            asked: VecDeque::new(),
            refused: false,
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
            () = at(self.intake.ask_at()) => self.intake.ask_again(clock::now()),
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
        self.command();
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
        while let Some(ack) = self.intake.acks.due(committed) {
            fault::point("mqtt.before_ack");
            if !self.client.ack(*ack) {
                return;
            }
            fault::point("mqtt.after_ack");
            self.intake.acks.acknowledged();
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Connected { session_present } => self.connected(session_present),
            Event::Subscribed(answers) => self.answered(&answers),
            // after the stop the broker keeps what it sends
            Event::Message(message) if self.leave_by.is_none() => self.intake.take(message, clock::now()),
            Event::Message(_) | Event::Other => {}
        }
        self.command();
    }

    /// What there is no room for is asked for again in its time.
    fn command(&mut self) {
        for rebirth in std::mem::take(&mut self.intake.rebirths) {
            tracing::info!(broker = self.intake.broker.name, topic = rebirth.topic, "a rebirth is asked for");
            self.client.publish(&rebirth.topic, rebirth.payload);
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
        self.intake.connected(clock::now());
    }

    fn subscribe(&mut self) {
        self.subscribe_at = None;
        self.refused = false;
        self.to_ask = self.intake.filters();
        self.ask();
    }

    /// As many as there is room for; the answers make room for more.
    fn ask(&mut self) {
        while !self.to_ask.is_empty() {
            let Some(taken) = self.client.subscribe(&self.to_ask) else { break };
            let others = self.to_ask.split_off(taken);
            self.asked.push_back(std::mem::replace(&mut self.to_ask, others));
        }
        if !self.to_ask.is_empty() && self.asked.is_empty() {
            tracing::error!(broker = self.intake.broker.name, "the subscription could not be asked for");
            self.subscribe_at = Some(clock::monotonic() + RESUBSCRIBE);
        }
    }

    /// The broker answers the packets in their order.
    fn answered(&mut self, answers: &[Answer]) {
        let broker = &self.intake.broker.name;
        for (topic, answer) in self.asked.pop_front().unwrap_or_default().iter().zip(answers) {
            match answer {
                Answer::Refused(reason) => {
                    tracing::error!(
                        broker,
                        topic,
                        reason,
                        "the broker refuses the subscription; asked again in a minute"
                    );
                    self.refused = true;
                }
                Answer::AtMostOnce => {
                    tracing::warn!(broker, topic, "the broker grants QoS 0 only: what it loses is lost");
                }
                Answer::Granted => {}
            }
        }
        self.ask();
        if self.asked.is_empty() && self.to_ask.is_empty() {
            self.subscribed = !self.refused;
            self.subscribe_at = self.refused.then(|| clock::monotonic() + RESUBSCRIBE);
        }
    }

    /// The pause before the next connection. rumqttc has dropped the acknowledgements it had not written.
    fn disconnected(&mut self, lost: &Lost) -> Duration {
        self.intake.disconnected();
        self.subscribe_at = None;
        self.to_ask.clear();
        self.asked.clear();
        if self.connected_at.take().is_some_and(|since| clock::monotonic() - since >= STEADY) {
            self.backoff.succeeded();
            self.failures = 0;
        }
        self.failures += 1;
        if worth_a_line(self.failures) {
            let failures = self.failures;
            tracing::warn!(broker = self.intake.broker.name, failures, "no connection to the broker: {}", lost.0);
        }
        self.backoff.failed(random::up_to)
    }

    /// Writes the last acknowledgements, and waits until the broker has read them: it closes the connection when it
    /// comes to the DISCONNECT behind them, and closing before would make it drop what it has not read. Whatever the
    /// deadline cuts off here, the broker sends again.
    async fn goodbye(self, mut poll: Poll) {
        if self.connected_at.is_none() {
            return;
        }
        let closed = async { while poll.next().await.is_ok() {} };
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

    /// The poll is kept: without it nothing can be asked for.
    fn session() -> (Session, Poll) {
        let topic = |topic: &str| MqttTopic { topic: topic.into(), ..MqttTopic::default() };
        let broker = Arc::new(MqttBroker {
            name: "b".into(),
            host: "127.0.0.1".into(),
            port: 1,
            client_id: "c".into(),
            inflight: 20,
            topics: (0..9).map(|n| topic(&n.to_string())).collect(),
            ..MqttBroker::default()
        });
        let (client, poll) = connection::new(broker.clone());
        (Session::new(broker, client, mpsc::channel(1).0, Arc::default(), CancellationToken::new()), poll)
    }

    #[test]
    fn a_refused_subscription_is_asked_for_again_in_a_minute_and_a_granted_one_is_kept() {
        let granted = || (0..8).map(|_| Answer::Granted).collect::<Vec<_>>();
        let (mut session, _poll) = session();
        session.connected(false);
        assert_eq!(session.asked.iter().map(Vec::len).collect::<Vec<_>>(), [8, 1]);
        session.answered(&granted());
        assert!(!session.subscribed, "one answer is open");
        session.answered(&[Answer::Refused("no".into())]);
        assert!(!session.subscribed);
        assert!(session.subscribe_at.is_some_and(|at| at <= clock::monotonic() + RESUBSCRIBE));
        session.subscribe();
        session.answered(&granted());
        session.answered(&[Answer::Granted]);
        assert_eq!((session.subscribed, session.subscribe_at), (true, None));
        session.connected(true);
        assert!(session.subscribed, "the broker kept the session");
        session.connected(false);
        assert!(!session.subscribed);
    }

    #[test]
    fn a_connection_that_does_not_last_counts_as_a_failure_and_one_that_did_does_not() {
        let (mut session, _poll) = session();
        let lost = Lost("gone".into());
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
