//! What the errors of the use cases are to a client.

use super::{ApiError, request_context};
use crate::answering::live::LiveError;
use crate::catalog::CatalogError;
use crate::domain::fault::{Fault, FieldError};
use crate::formats::fault::FileError;
use crate::insights::report::InsightError;
use crate::knowledge::export::ExportError;
use crate::knowledge::import::ImportError;
use crate::listening::editing::EditError;
use crate::pool::PoolError;
use crate::reports::ReportError;
use crate::store::StoreError;

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::VersionConflict { current, .. } => Self::VersionConflict { current },
            StoreError::NotFound { what } => Self::NotFound { what },
            StoreError::Exists { what } => Self::Exists { what },
            StoreError::LastOwner => Self::field(FieldError::new("role", Fault::LastOwner)),
            StoreError::IdempotencyMismatch => Self::IdempotencyMismatch,
            StoreError::Full(_) | StoreError::Unavailable(_) => Self::StoreUnavailable(error),
            StoreError::UnknownScheme(_)
            | StoreError::Migration(_)
            | StoreError::Corrupt { .. }
            | StoreError::Database(_) => Self::internal(error),
        }
    }
}

impl From<CatalogError> for ApiError {
    fn from(error: CatalogError) -> Self {
        match error {
            // A key opens only shops that exist: the follower has not met this one yet.
            CatalogError::UnknownShop => Self::IndexBuilding { done: 0, total: 0 },
            CatalogError::Building { done, total } => Self::IndexBuilding { done, total },
        }
    }
}

impl From<PoolError> for ApiError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Overloaded => Self::Overloaded,
            PoolError::Panicked => Self::internal(error),
        }
    }
}

impl From<InsightError> for ApiError {
    fn from(error: InsightError) -> Self {
        match error {
            InsightError::Catalog(error) => error.into(),
            InsightError::Store(error) => error.into(),
            InsightError::Invalid(errors) => Self::InvalidFields(errors),
            InsightError::Pool(error) => error.into(),
            InsightError::Broken(cause) => Self::Internal(cause),
        }
    }
}

impl From<ReportError> for ApiError {
    fn from(error: ReportError) -> Self {
        Self::internal(error)
    }
}

impl From<EditError> for ApiError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Store(error) => error.into(),
            EditError::Invalid(error) => Self::field(error),
        }
    }
}

impl From<LiveError> for ApiError {
    fn from(error: LiveError) -> Self {
        match error {
            LiveError::Pool(error) => error.into(),
            LiveError::Answering(error) => Self::internal(error),
        }
    }
}

impl From<ImportError> for ApiError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::File(error) => error.into(),
            ImportError::Store(error) => error.into(),
            ImportError::Reader(error) => Self::internal(error),
        }
    }
}

impl From<ExportError> for ApiError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::File(error) => error.into(),
            ExportError::Store(error) => error.into(),
            ExportError::Writer(error) => Self::internal(error),
        }
    }
}

impl From<FileError> for ApiError {
    fn from(error: FileError) -> Self {
        match error {
            // These are of this service's own files.
            FileError::Io(error) => error.into(),
            FileError::WriteWorkbook(error) => Self::internal(error),
            error => Self::InvalidFile {
                detail: error.message(request_context().locale),
            },
        }
    }
}
