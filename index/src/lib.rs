//! Knowledge retrieval: one tantivy index a shop.
//!
//! Knows `models::text` and `models::everyday` and no other member. The index
//! is a cache of the store: whoever holds one can throw it away and write it
//! again.

mod blocks;
pub mod entry;
pub mod fusion;
mod gate;
pub mod ranking;
pub mod schema;
pub mod search;
mod select;
mod signs;
mod tokenizer;
pub mod vectors;
pub mod wordings;
pub mod writer;

use std::io::ErrorKind;

use tantivy::TantivyError;
use tantivy::directory::error::{LockError, OpenReadError, OpenWriteError};

/// Why the index did not do it.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The folder holds no index that this binary can use: write it again.
    #[error("index is missing or of another make")]
    Unusable,
    /// Tantivy failed.
    #[error("index failed")]
    Tantivy(#[from] tantivy::TantivyError),
    /// The file system failed.
    #[error("index folder cannot be used")]
    Io(#[from] std::io::Error),
    /// What the index holds cannot be read back: write it again.
    #[error("index entry is corrupt: {0}")]
    Corrupt(&'static str),
}

impl IndexError {
    /// Whether the machine refused, for want of room or rights: the same index
    /// can be written on once there is some.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Io(error) => is_refusal(error),
            Self::Tantivy(error) => io_error(error).is_some_and(is_refusal),
            Self::Unusable | Self::Corrupt(_) => false,
        }
    }
}

fn io_error(error: &TantivyError) -> Option<&std::io::Error> {
    match error {
        TantivyError::IoError(error)
        | TantivyError::LockFailure(LockError::IoError(error), _)
        | TantivyError::OpenReadError(OpenReadError::IoError {
            io_error: error, ..
        })
        | TantivyError::OpenWriteError(OpenWriteError::IoError {
            io_error: error, ..
        }) => Some(error),
        _ => None,
    }
}

fn is_refusal(error: &std::io::Error) -> bool {
    /// Too many files are open, in the system or in the process.
    const OPEN_FILES: [i32; 2] = [23, 24];
    matches!(
        error.kind(),
        ErrorKind::StorageFull
            | ErrorKind::QuotaExceeded
            | ErrorKind::FileTooLarge
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::PermissionDenied
            | ErrorKind::OutOfMemory
    ) || error
        .raw_os_error()
        .is_some_and(|code| OPEN_FILES.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_a_refusal_and_a_file_in_the_way_is_none() {
        let full = std::io::Error::from_raw_os_error(28);
        let full = OpenWriteError::wrap_io_error(full, "a.del".into());
        assert!(IndexError::Tantivy(full.into()).is_refusal());
        let is_there = OpenWriteError::FileAlreadyExists("a.del".into());
        assert!(!IndexError::Tantivy(is_there.into()).is_refusal());
        let is_gone = std::io::Error::from(ErrorKind::NotFound);
        let is_gone = TantivyError::LockFailure(LockError::wrap_io_error(is_gone), None);
        assert!(!IndexError::Tantivy(is_gone).is_refusal());
    }
}
