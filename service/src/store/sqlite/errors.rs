//! What an error of sqlx means to the store's callers.

use std::io;

use sqlx::error::{DatabaseError, ErrorKind};

use crate::store::StoreError;

/// SQLite's primary result codes; an extended code has one in its low byte.
mod primary {
    pub const BUSY: i32 = 5;
    pub const LOCKED: i32 = 6;
    pub const READ_ONLY: i32 = 8;
    pub const IO_ERROR: i32 = 10;
    pub const FULL: i32 = 13;
    pub const CANNOT_OPEN: i32 = 14;
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(reported) => match reported.kind() {
                // Rows are written parents first, so the only parent that can lack is the shop.
                ErrorKind::ForeignKeyViolation => Self::NotFound { what: "shop" },
                _ => from_code(primary_code(reported.as_ref()), error),
            },
            sqlx::Error::Io(cause) => match cause.kind() {
                io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::ReadOnlyFilesystem => Self::Full(error),
                _ => Self::Unavailable(error),
            },
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::Unavailable(error)
            }
            _ => Self::Database(error),
        }
    }
}

fn from_code(primary: Option<i32>, error: sqlx::Error) -> StoreError {
    match primary {
        Some(primary::FULL | primary::READ_ONLY | primary::IO_ERROR) => StoreError::Full(error),
        Some(primary::BUSY | primary::LOCKED | primary::CANNOT_OPEN) => {
            StoreError::Unavailable(error)
        }
        _ => StoreError::Database(error),
    }
}

fn primary_code(reported: &dyn DatabaseError) -> Option<i32> {
    let extended: i32 = reported.code()?.parse().ok()?;
    Some(extended & 0xff)
}
