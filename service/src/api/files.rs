//! Bodies too large for memory: in and out through files of the data folder.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use actix_web::body::SizedStream;
use actix_web::http::header;
use actix_web::{HttpRequest, web};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::try_unfold;
use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempPath};
use tokio::io::{AsyncWriteExt, BufWriter};
use tokio::task::spawn_blocking;

use crate::error::ApiError;
use crate::state::AppState;

/// The folder within the data folder; emptied at each start.
pub const FOLDER: &str = "transfers";

/// Few writes, and no more memory than a few requests have.
const WRITE_BYTES: usize = 256 * 1024;
const READ_BYTES: usize = 64 * 1024;

/// A body in a file, which is gone when this is.
pub struct Upload {
    path: TempPath,
    digest: [u8; 32],
}

impl Upload {
    /// Takes a request's body in.
    ///
    /// # Errors
    /// When it is larger than an import may be, breaks off, or the disk does not take it.
    pub async fn receive(
        state: &AppState,
        request: &HttpRequest,
        mut payload: web::Payload,
    ) -> Result<Self, ApiError> {
        let limit = state.settings.server.import_limit_bytes;
        if declared_bytes(request).is_some_and(|declared| declared > limit) {
            return Err(ApiError::TooLarge { limit });
        }
        let folder = state.settings.data_folder.join(FOLDER);
        let made = spawn_blocking(move || named_file(&folder)).await;
        let (file, path) = made.map_err(ApiError::internal)??.into_parts();
        let mut file = BufWriter::with_capacity(WRITE_BYTES, tokio::fs::File::from_std(file));
        let mut digest = Sha256::new();
        let mut taken = 0;
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| ApiError::InvalidBody {
                field: None,
                detail: error.to_string(),
            })?;
            taken += chunk.len();
            if taken > limit {
                return Err(ApiError::TooLarge { limit });
            }
            digest.update(&chunk);
            file.write_all(&chunk).await?;
        }
        file.flush().await?;
        Ok(Self {
            path,
            digest: digest.finalize().into(),
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The SHA-256 of its bytes.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

/// A file without a name, for a body to be written to.
///
/// # Errors
/// When the disk does not take it.
pub async fn unnamed_file(state: &AppState) -> Result<File, ApiError> {
    let folder = state.settings.data_folder.join(FOLDER);
    let made = spawn_blocking(move || {
        std::fs::create_dir_all(&folder)?;
        tempfile::tempfile_in(folder)
    });
    Ok(made.await.map_err(ApiError::internal)??)
}

/// A body of all that is in `file`.
///
/// # Errors
/// When the file cannot be read.
pub async fn body(
    mut file: File,
) -> Result<SizedStream<impl futures_util::Stream<Item = io::Result<Bytes>>>, ApiError> {
    let opened = spawn_blocking(move || {
        file.rewind()?;
        Ok::<_, io::Error>((file.metadata()?.len(), file))
    });
    let (size, file) = opened.await.map_err(ApiError::internal)??;
    let chunks = try_unfold(file, |mut file| async move {
        let read = spawn_blocking(move || {
            let mut chunk = vec![0; READ_BYTES];
            let count = file.read(&mut chunk)?;
            chunk.truncate(count);
            Ok::<_, io::Error>((chunk, file))
        });
        let (chunk, file) = read.await.map_err(io::Error::other)??;
        Ok((!chunk.is_empty()).then(|| (Bytes::from(chunk), file)))
    });
    Ok(SizedStream::new(size, chunks))
}

fn named_file(folder: &Path) -> io::Result<NamedTempFile> {
    std::fs::create_dir_all(folder)?;
    NamedTempFile::new_in(folder)
}

fn declared_bytes(request: &HttpRequest) -> Option<usize> {
    let text = request.headers().get(header::CONTENT_LENGTH)?;
    text.to_str().ok()?.parse().ok()
}
