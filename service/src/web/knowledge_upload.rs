//! A file sent by a form: streamed to the folder of transfers, and kept there for its person for an hour.

use std::path::{Path, PathBuf};
use std::time::Duration;

use actix_multipart::{Field, Multipart};
use futures_util::StreamExt;
use tokio::io::{AsyncWriteExt, BufWriter};
use tokio::task::spawn_blocking;

use crate::auth::{KeepingKnowledge, Visitor};
use crate::domain::ids::PersonId;
use crate::error::ApiError;
use crate::formats::Format;
use crate::formats::fault::FileError;
use crate::state::AppState;

/// The folder within the data folder; emptied at each start.
const FOLDER: &str = "transfers";

/// How long a file waits for its confirmation.
const KEPT_FOR: Duration = Duration::from_secs(3600);

/// Few writes, and no more memory than a few requests have.
const WRITE_BYTES: usize = 256 * 1024;

/// The fields beside the file are short.
const MOST_FIELD_BYTES: usize = 1024;

const MOST_NAME_CHARACTERS: usize = 120;

/// The field that comes first: nothing of another site's form is taken in.
const TOKEN: &str = "form_token";

/// A file that was sent.
pub struct Sent {
    /// Its name on the sender's machine.
    pub name: String,
    /// Where it is kept.
    pub kept: Kept,
}

/// A file that waits for its confirmation. Its name in the folder is made of
/// its person and of a secret, so that nobody else's form finds it.
pub struct Kept {
    /// How it is written.
    pub format: Format,
    /// The secret part of its name.
    pub secret: String,
    person: PersonId,
}

/// Takes in a form with a file: the token, then what says how the file is
/// written, then the file. An earlier file of the person's is forgotten.
///
/// # Errors
/// When the form is of another session, the file is too large or breaks off, or
/// the disk does not take it; within, when there is no file of a known format.
pub async fn receive(
    visitor: &Visitor<KeepingKnowledge>,
    state: &AppState,
    mut parts: Multipart,
) -> Result<Result<Sent, FileError>, ApiError> {
    let mut is_proven = false;
    let mut format = String::new();
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(broken)?;
        match part.name().unwrap_or_default() {
            TOKEN => {
                visitor.prove(&text(&mut part).await?)?;
                is_proven = true;
            }
            _ if !is_proven => return Err(ApiError::FormExpired),
            "format" => format = text(&mut part).await?,
            "file" => return keep(visitor.person().id, state, part, &format).await,
            _ => {
                text(&mut part).await?;
            }
        }
    }
    if is_proven {
        Ok(Err(FileError::Empty))
    } else {
        Err(ApiError::FormExpired)
    }
}

async fn keep(
    person: PersonId,
    state: &AppState,
    mut part: Field,
    format: &str,
) -> Result<Result<Sent, FileError>, ApiError> {
    let disposition = part.content_disposition();
    let name = disposition.and_then(|found| found.get_filename());
    let name: String = name
        .unwrap_or_default()
        .chars()
        .take(MOST_NAME_CHARACTERS)
        .collect();
    let format = match format {
        "" if name.is_empty() => Err(FileError::Empty),
        "" => Format::from_file_name(Path::new(&name)),
        format => Format::from_name(format),
    };
    let format = match format {
        Ok(format) => format,
        Err(error) => {
            drain(&mut part, state).await?;
            return Ok(Err(error));
        }
    };
    let kept = Kept {
        format,
        secret: format!("{:032x}", rand::random::<u128>()),
        person,
    };
    forget_all(state, person).await;
    let path = kept.path(state);
    let written = write(&mut part, state, &path).await;
    if !matches!(written, Ok(bytes) if bytes > 0) {
        kept.forget(state).await;
    }
    if written? == 0 {
        return Ok(Err(FileError::Empty));
    }
    tokio::spawn(async move {
        tokio::time::sleep(KEPT_FOR).await;
        // It may have been imported, or another has taken its place.
        let _gone = tokio::fs::remove_file(path).await;
    });
    Ok(Ok(Sent { name, kept }))
}

/// Writes what is sent; says how many bytes that are.
async fn write(part: &mut Field, state: &AppState, path: &Path) -> Result<usize, ApiError> {
    let limit = state.settings.server.import_limit_bytes;
    let made = path.to_owned();
    let made = spawn_blocking(move || {
        if let Some(folder) = made.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::File::create_new(made)
    });
    let file = made.await.map_err(ApiError::internal)??;
    let mut file = BufWriter::with_capacity(WRITE_BYTES, tokio::fs::File::from_std(file));
    let mut taken = 0;
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(broken)?;
        taken += chunk.len();
        if taken > limit {
            return Err(ApiError::TooLarge { limit });
        }
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    Ok(taken)
}

/// Reads to the end what is not kept: a browser shows the answer only to a form
/// that it could send.
async fn drain(part: &mut Field, state: &AppState) -> Result<(), ApiError> {
    let limit = state.settings.server.import_limit_bytes;
    let mut taken = 0;
    while let Some(chunk) = part.next().await {
        taken += chunk.map_err(broken)?.len();
        if taken > limit {
            return Err(ApiError::TooLarge { limit });
        }
    }
    Ok(())
}

async fn text(part: &mut Field) -> Result<String, ApiError> {
    let limit = MOST_FIELD_BYTES;
    let bytes = part.bytes(limit).await;
    let bytes = bytes.map_err(|_| ApiError::TooLarge { limit })?;
    let bytes = bytes.map_err(broken)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn broken(error: actix_multipart::MultipartError) -> ApiError {
    ApiError::InvalidBody {
        field: None,
        detail: error.to_string(),
    }
}

impl Kept {
    /// The person's file of that secret and format, if it is still kept.
    pub async fn find(state: &AppState, person: PersonId, of: [&str; 2]) -> Option<Self> {
        let [secret, format] = of;
        let is_secret = secret.len() == 32
            && secret
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        let format = Format::from_name(format).ok().filter(|_| is_secret)?;
        let kept = Self {
            format,
            secret: secret.to_owned(),
            person,
        };
        let found = tokio::fs::metadata(kept.path(state)).await.ok()?;
        let age = found.modified().ok()?.elapsed().unwrap_or_default();
        (age < KEPT_FOR).then_some(kept)
    }

    /// Where it is.
    pub fn path(&self, state: &AppState) -> PathBuf {
        let folder = state.settings.data_folder.join(FOLDER);
        let (prefix, secret) = (prefix(self.person), &self.secret);
        folder.join(format!("{prefix}{secret}.{}", self.format.extension()))
    }

    /// Removes it.
    pub async fn forget(&self, state: &AppState) {
        // What cannot be removed goes at the next start.
        let _gone = tokio::fs::remove_file(self.path(state)).await;
    }
}

fn prefix(person: PersonId) -> String {
    format!("kept-{person}-")
}

/// Removes the files of a person: one at a time is enough, and none fills the disk.
async fn forget_all(state: &AppState, person: PersonId) {
    let folder = state.settings.data_folder.join(FOLDER);
    let prefix = prefix(person);
    let removed = spawn_blocking(move || {
        for entry in std::fs::read_dir(folder)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(&prefix) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok::<_, std::io::Error>(())
    });
    // The folder may not be there yet; what cannot be removed goes at the next start.
    let _removed = removed.await;
}
