//! Messages that tell of warnings, on their way.

use super::{
    super::{
        Store, StoreError, alarm,
        sql::{Row, Tx, params},
    },
    Told, WarningRow,
};
use crate::{
    model::UtcMillis,
    runtime::{clock as wall, random},
    wire::hex,
};

/// By which way a message goes out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Channel {
    Mail,
    Webhook,
}

impl Channel {
    pub fn name(self) -> &'static str {
        match self {
            Channel::Mail => "mail",
            Channel::Webhook => "webhook",
        }
    }

    fn by_name(name: &str) -> Option<Channel> {
        [Channel::Mail, Channel::Webhook].into_iter().find(|channel| channel.name() == name)
    }
}

/// A message on its way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    pub id: i64,
    pub warning: i64,
    pub channel: Channel,
    /// The same in each try, so that a receiver knows a repeat.
    pub key: String,
    pub subject: String,
    pub body: String,
    pub made: UtcMillis,
    pub tries: u32,
    pub state: DeliveryState,
    /// Of the last try that failed.
    pub failure: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeliveryState {
    Waiting = 0,
    Delivered = 1,
    GivenUp = 2,
}

/// Subject and body of a message with a key.
pub type Words = fn(&WarningRow, Told, Channel, &str) -> (String, String);

impl Store {
    /// Messages of a warning, in order.
    pub async fn deliveries(&self, warning: i64) -> Result<Vec<Delivery>, StoreError> {
        let select = format!("SELECT {DELIVERY} FROM delivery WHERE warning = ?1 ORDER BY id");
        let read = self.inner.readers.read(move |tx| tx.rows(&select, params![warning], delivery_of));
        Ok(read.await?.into_iter().flatten().collect())
    }

    /// Messages whose time has come, the oldest first.
    pub async fn due_deliveries(&self, now: UtcMillis, limit: u16) -> Result<Vec<Delivery>, StoreError> {
        let select = format!("SELECT {DELIVERY} FROM delivery WHERE state = 0 AND due <= ?1 ORDER BY due, id LIMIT ?2");
        let read = self.inner.readers.read(move |tx| tx.rows(&select, params![now, limit], delivery_of));
        Ok(read.await?.into_iter().flatten().collect())
    }

    /// What became of a try: `due` for the next one, or none. `failure`: why it failed.
    pub async fn delivery_tried(
        &self,
        id: i64,
        state: DeliveryState,
        due: UtcMillis,
        failure: String,
    ) -> Result<(), StoreError> {
        let now = wall::now();
        let write = self.inner.writer.write(move |tx| {
            let ended = (state != DeliveryState::Waiting).then_some(now);
            tx.execute(
                "UPDATE delivery SET tries = tries + 1, state = ?2, due = ?3, failure = ?4, ended = ?5 WHERE id = ?1",
                params![id, state as u8, due, alarm::shortened(&failure), ended],
            )?;
            Ok(())
        });
        write.await
    }
}

pub fn send(
    tx: Tx<'_>,
    row: &WarningRow,
    told: Told,
    channel: Channel,
    words: Words,
    now: UtcMillis,
) -> Result<(), StoreError> {
    let key = hex(&random::id());
    let (subject, body) = words(row, told, channel, &key);
    tx.execute(
        "INSERT INTO delivery (warning, channel, key, subject, body, made, due, tries, state, failure)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 0, 0, '')",
        params![row.id, channel.name(), &key, &subject, &body, now],
    )?;
    Ok(())
}

const DELIVERY: &str = "id, warning, channel, key, subject, body, made, tries, state, failure";

fn delivery_of(row: &Row<'_>) -> Result<Option<Delivery>, StoreError> {
    let Some(channel) = Channel::by_name(&row.get::<String>(2)?) else { return Ok(None) };
    let state = match row.get::<u8>(8)? {
        0 => DeliveryState::Waiting,
        1 => DeliveryState::Delivered,
        _ => DeliveryState::GivenUp,
    };
    Ok(Some(Delivery {
        id: row.get(0)?,
        warning: row.get(1)?,
        channel,
        key: row.get(3)?,
        subject: row.get(4)?,
        body: row.get(5)?,
        made: row.get(6)?,
        tries: row.get(7)?,
        state,
        failure: row.get(9)?,
    }))
}
