//! Which messages wait for a commit, and which is to be acknowledged next.

use std::collections::VecDeque;

/// The unacknowledged messages of one connection, in the order of their arrival. MQTT 3.1.1 asks for
/// acknowledgements in this order (MQTT-4.6.0-2), so a refused message waits for those before it.
pub struct AckOrder<T> {
    /// The number of the message handed on last; it rises over all connections.
    last: u64,
    /// Each with the number that must be committed before it is its turn.
    unacked: VecDeque<(u64, T)>,
}

impl<T> AckOrder<T> {
    pub fn new() -> AckOrder<T> {
        AckOrder { last: 0, unacked: VecDeque::new() }
    }

    /// A message that is to be committed: the number for its receipt.
    pub fn handed_on(&mut self, message: T) -> u64 {
        self.last += 1;
        self.unacked.push_back((self.last, message));
        self.last
    }

    /// A message of which nothing is kept.
    pub fn dropped(&mut self, message: T) {
        self.unacked.push_back((self.last, message));
    }

    /// The next to acknowledge, when all up to `committed` is durable. It stays until [`AckOrder::acknowledged`].
    pub fn due(&self, committed: u64) -> Option<&T> {
        self.unacked.front().filter(|(number, _)| *number <= committed).map(|(_, message)| message)
    }

    pub fn acknowledged(&mut self) {
        self.unacked.pop_front();
    }

    /// The connection is gone. Packet ids of the next one may mean other messages, so that none of these is ever
    /// acknowledged: the broker sends them again.
    pub fn disconnected(&mut self) {
        self.unacked.clear();
    }

    pub fn len(&self) -> usize {
        self.unacked.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_due(order: &mut AckOrder<u16>, committed: u64) -> Vec<u16> {
        let mut due = Vec::new();
        while let Some(pkid) = order.due(committed).copied() {
            due.push(pkid);
            order.acknowledged();
        }
        due
    }

    #[test]
    fn messages_are_acknowledged_once_in_order_and_after_their_commit() {
        let mut order = AckOrder::new();
        assert_eq!([7, 9, 8].map(|pkid| order.handed_on(pkid)), [1, 2, 3]);
        assert_eq!(all_due(&mut order, 0), [0; 0]);
        assert_eq!(all_due(&mut order, 2), [7, 9]);
        assert_eq!(all_due(&mut order, 2), [0; 0]);
        assert_eq!(all_due(&mut order, 9), [8]);
        assert_eq!(order.len(), 0);
    }

    #[test]
    fn a_refused_message_waits_for_those_before_it_and_for_nothing_else() {
        let mut order = AckOrder::new();
        order.dropped(1);
        order.handed_on(2);
        order.dropped(3);
        order.dropped(4);
        order.handed_on(5);
        assert_eq!(all_due(&mut order, 0), [1]);
        assert_eq!(all_due(&mut order, 1), [2, 3, 4]);
        assert_eq!(all_due(&mut order, 2), [5]);
    }

    #[test]
    fn nothing_of_a_lost_connection_is_acknowledged() {
        let mut order = AckOrder::new();
        order.handed_on(7);
        order.disconnected();
        assert_eq!(order.handed_on(7), 2);
        assert_eq!(all_due(&mut order, 1), [0; 0], "the first 7 was committed, the second was not");
        assert_eq!(all_due(&mut order, 2), [7]);
    }

    #[test]
    fn what_could_not_be_sent_stays_first() {
        let mut order = AckOrder::new();
        order.handed_on(1);
        order.handed_on(2);
        assert_eq!(order.due(2), Some(&1));
        assert_eq!(order.due(2), Some(&1));
    }
}
