//! Where a store is.

use super::{StoreError, cluster, connection::Connection, folder::Folder};
use std::path::PathBuf;

/// A folder of this machine, or a PostgreSQL database.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    Folder(PathBuf),
    Cluster(Box<tokio_postgres::Config>),
}

impl Address {
    /// The database that a URL such as `postgresql://mujun@10.0.0.5/mujun` names.
    ///
    /// # Errors
    /// What is wrong with it, without the URL, which may hold a password.
    pub fn cluster(url: &str) -> Result<Address, String> {
        let config: tokio_postgres::Config = url.parse().map_err(|error: tokio_postgres::Error| {
            std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string)
        })?;
        if config.get_ssl_mode() == tokio_postgres::config::SslMode::Require {
            return Err(
                "sslmode=require: this platform speaks to PostgreSQL without TLS; tunnel it, or stay on one network"
                    .into(),
            );
        }
        Ok(Address::Cluster(Box::new(config)))
    }

    /// A connection that reads. Blocks.
    pub(super) fn reader(&self) -> Result<Connection, StoreError> {
        match self {
            Address::Folder(dir) => Folder::reader(&Folder::file_in(dir)).map(Connection::Sqlite),
            Address::Cluster(config) => cluster::reader(config),
        }
    }

    /// A connection that reads what a platform has made, of whatever version it may be. Blocks.
    pub(super) fn look(&self) -> Result<Connection, StoreError> {
        match self {
            Address::Folder(dir) => Folder::look(dir).map(Connection::Sqlite),
            Address::Cluster(config) => cluster::beside(config),
        }
    }
}
