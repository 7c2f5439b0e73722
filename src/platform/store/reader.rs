//! A few connections that read, beside the event loop.

use super::{StoreError, folder::Folder, sql::Tx};
use crate::runtime::task;
use rusqlite::Connection;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::Semaphore;

/// Reads at one time; further ones wait.
const READERS: usize = 4;

pub struct Readers {
    file: PathBuf,
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub fn new(file: PathBuf) -> Readers {
        Readers { file, places: Arc::new(Semaphore::new(READERS)), idle: Arc::default() }
    }

    /// Runs `work` inside one read transaction: it sees one state of the store, whatever is written meanwhile.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| StoreError::Ended)?;
        let (file, idle) = (self.file.clone(), Arc::clone(&self.idle));
        task::blocking(move || {
            let _place = place;
            let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = match kept {
                Some(connection) => connection,
                None => Folder::reader(&file)?,
            };
            let transaction = connection.transaction()?;
            let result = work(Tx::on(&transaction))?;
            drop(transaction);
            // after an error it is closed instead
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            Ok(result)
        })
        .await
    }
}
