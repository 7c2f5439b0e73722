//! A few connections that read, beside the event loop.

use super::{Address, StoreError, connection::Connection, sql::Tx};
use crate::runtime::task;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Reads at one time; further ones wait.
const READERS: usize = 4;

pub struct Readers {
    address: Address,
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub fn new(address: Address) -> Readers {
        Readers { address, places: Arc::new(Semaphore::new(READERS)), idle: Arc::default() }
    }

    /// Runs `work` inside one read transaction: it sees one state of the store, whatever is written meanwhile.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| StoreError::Ended)?;
        let (address, idle) = (self.address.clone(), Arc::clone(&self.idle));
        task::blocking(move || {
            let _place = place;
            let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match kept {
                // the server may have gone while it was idle: what it began then says so
                Some(connection) if connection.begin_reading().is_ok() => connection,
                _ => {
                    let connection = address.reader()?;
                    connection.begin_reading()?;
                    connection
                }
            };
            let result = work(connection.tx())?;
            connection.roll_back()?;
            // after an error it is closed instead
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            Ok(result)
        })
        .await
    }
}
