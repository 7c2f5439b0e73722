//! Messages to the centres, until they have them.
//!
//! # Promises
//! - Messages and the cursor behind which they were made become durable together: none is left out, whatever ends the
//!   process.
//! - A key is one message: one that is made again with the same content changes nothing, with another one it is sent again.

use super::{
    Store, StoreError,
    sql::{Tx, params},
};
use crate::model::UtcMillis;

/// Looked at in one round for one centre.
const ROUND_MAX: u32 = 100;

/// A message that is made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    pub key: String,
    /// As the mapping names it, such as `quarter`.
    pub operation: &'static str,
    /// JSON.
    pub body: String,
}

/// A message that is to be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outgoing {
    pub id: i64,
    pub key: String,
    pub operation: String,
    pub body: String,
    pub version: i64,
    pub attempts: u32,
}

impl Store {
    /// How far a centre's messages were made; 0 at the beginning.
    pub async fn bridge_cursor(&self, centre: &str, what: &'static str) -> Result<i64, StoreError> {
        let centre = centre.to_owned();
        let select = "SELECT until FROM bridge_cursor WHERE centre = ?1 AND what = ?2";
        let read = move |tx: Tx<'_>| tx.one(select, params![&centre, what], |row| row.get(0));
        Ok(self.inner.readers.read(read).await?.unwrap_or(0))
    }

    /// Adds what was made, and notes how far that is.
    pub async fn put_messages(
        &self,
        centre: &str,
        messages: Vec<Message>,
        (what, until): (&'static str, i64),
        now: UtcMillis,
    ) -> Result<(), StoreError> {
        let centre = centre.to_owned();
        self.inner.writer.write(move |tx| put(tx, &centre, &messages, (what, until), now)).await
    }

    /// What is due at a centre, the oldest first; while it is not registered there, that alone.
    pub async fn due_messages(&self, centre: &str, now: UtcMillis) -> Result<Vec<Outgoing>, StoreError> {
        let centre = centre.to_owned();
        self.inner.readers.read(move |tx| due(tx, &centre, now)).await
    }

    /// The centre has it (`next` is `None`), or it is tried again at `next`. A correction that came meanwhile stays due.
    pub async fn message_sent(
        &self,
        message: &Outgoing,
        reply: String,
        next: Option<UtcMillis>,
    ) -> Result<(), StoreError> {
        let (id, version) = (message.id, message.version);
        let update =
            "UPDATE bridge_message SET attempts = attempts + 1, reply = ?3, due = ?4 WHERE id = ?1 AND version = ?2";
        let write = move |tx: Tx<'_>| tx.execute(update, params![id, version, &reply, next]).map(drop);
        self.inner.writer.write(write).await
    }

    /// Messages that a centre does not have.
    pub async fn messages_waiting(&self, centre: &str) -> Result<u64, StoreError> {
        let centre = centre.to_owned();
        let count = "SELECT count(*) FROM bridge_message WHERE centre = ?1 AND due IS NOT NULL";
        let read = move |tx: Tx<'_>| tx.one(count, params![&centre], |row| row.get::<i64>(0));
        Ok(self.inner.readers.read(read).await?.unwrap_or(0).unsigned_abs())
    }
}

fn put(
    tx: Tx<'_>,
    centre: &str,
    messages: &[Message],
    (what, until): (&str, i64),
    now: UtcMillis,
) -> Result<(), StoreError> {
    for Message { key, operation, body } in messages {
        tx.execute(
            "INSERT INTO bridge_message (centre, key, operation, body, version, attempts, due, reply)
             VALUES (?1, ?2, ?3, ?4, 1, 0, ?5, '')
             ON CONFLICT (centre, key) DO UPDATE SET
               body = excluded.body, version = bridge_message.version + 1, attempts = 0, due = excluded.due
             WHERE bridge_message.body <> excluded.body",
            params![centre, key, *operation, body, now],
        )?;
    }
    tx.execute(
        "INSERT INTO bridge_cursor VALUES (?1, ?2, ?3)
         ON CONFLICT (centre, what) DO UPDATE SET until = excluded.until",
        params![centre, what, until],
    )?;
    Ok(())
}

fn due(tx: Tx<'_>, centre: &str, now: UtcMillis) -> Result<Vec<Outgoing>, StoreError> {
    tx.rows(
        "SELECT id, key, operation, body, version, attempts FROM bridge_message
         WHERE centre = ?1 AND due <= ?2
           AND (operation = 'register' OR NOT EXISTS
             (SELECT 1 FROM bridge_message AS other
              WHERE other.centre = ?1 AND other.due IS NOT NULL AND other.operation = 'register'))
         ORDER BY due, id LIMIT ?3",
        params![centre, now, ROUND_MAX],
        |row| {
            let (id, key, operation) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Outgoing { id, key, operation, body: row.get(3)?, version: row.get(4)?, attempts: row.get(5)? })
        },
    )
}
