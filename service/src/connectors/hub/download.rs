//! One file, resumed where the connection broke.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::{CONTENT_RANGE, ETAG, HeaderMap, HeaderValue, IF_RANGE, RANGE};
use reqwest::{Response, StatusCode, Url};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt;

use super::checksum::Checksum;
use super::error::HubError;
use super::listing::Wanted;
use super::transport::{Transport, refusal, wish};

/// No BERT-shaped model comes near this.
const LARGEST_FILE_BYTES: u64 = 16 << 30;

/// What is to be fetched, and where it goes.
pub(super) struct Download<'a> {
    pub(super) transport: &'a Transport,
    pub(super) url: Url,
    pub(super) wanted: &'a Wanted,
    /// Holds what has come so far, also of an earlier run.
    pub(super) part: PathBuf,
    /// Told how many bytes of the file are there.
    pub(super) on_bytes: &'a (dyn Fn(u64) + Sync),
}

/// A file that has come in full.
pub(super) struct Arrived {
    /// What the hub said on the way that it hashes to.
    pub(super) checksum: Option<Checksum>,
    /// Whether some of it is from an earlier request, so that a wrong checksum
    /// may be no more than two versions put together.
    pub(super) resumed: bool,
}

/// What one request came to.
enum Step {
    Whole(Option<Checksum>),
    /// The server does not go on where the part ends.
    StartOver,
}

/// A request that failed, and how long the server wants to be left alone.
type Failure = (HubError, Option<Duration>);

impl Download<'_> {
    /// Fetches until the file is whole or attempts without a new byte run out.
    pub(super) async fn run(&self) -> Result<Arrived, HubError> {
        let (mut failures, mut resumed) = (0, false);
        let mut length = self.length().await?;
        let mut furthest = length.unwrap_or(0);
        loop {
            let is_whole = length.is_some() && length == self.wanted.size;
            if is_whole && self.wanted.checksum.is_some() {
                let checksum = None;
                let resumed = true;
                return Ok(Arrived { checksum, resumed });
            }
            let before = length.unwrap_or(0);
            resumed |= before > 0;
            let (error, wish) = match self.request(before).await {
                Ok(Step::Whole(checksum)) => return Ok(Arrived { checksum, resumed }),
                Ok(Step::StartOver) => {
                    self.forget().await?;
                    length = None;
                    continue;
                }
                Err(failure) => failure,
            };
            length = self.length().await?;
            let reached = length.unwrap_or(0);
            failures = if reached > furthest { 1 } else { failures + 1 };
            furthest = furthest.max(reached);
            self.transport.pause_after(error, failures, wish).await?;
        }
    }

    /// Takes away what has come.
    pub(super) async fn forget(&self) -> Result<(), HubError> {
        remove(&self.part).await?;
        remove(&self.tag()).await
    }

    /// Makes what has come the file at `place`.
    pub(super) async fn keep_as(&self, place: &Path) -> Result<(), HubError> {
        remove(&self.tag()).await?;
        fs::rename(&self.part, place)
            .await
            .map_err(HubError::disk(place))
    }

    async fn request(&self, have: u64) -> Result<Step, Failure> {
        let headers = self.headers(have).await.map_err(|error| (error, None))?;
        let reply = self.transport.get(&self.url, &headers).await;
        let reply = reply.map_err(|error| (error, None))?;
        let response = reply.response;
        let from = match response.status() {
            StatusCode::OK => 0,
            StatusCode::PARTIAL_CONTENT if have > 0 && starts_at(&response, have) => have,
            // Asked for no range, it is not asked again: this ends.
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if have > 0 => {
                return Ok(Step::StartOver);
            }
            _ => {
                let error = refusal(&response, self.wanted.path);
                return Err((error, wish(&response)));
            }
        };
        match self.write(response, from).await {
            Ok(()) => Ok(Step::Whole(reply.checksum)),
            Err(error) => Err((error, None)),
        }
    }

    /// Asks for the rest of the file, if it is still the same.
    async fn headers(&self, have: u64) -> Result<HeaderMap, HubError> {
        let mut headers = HeaderMap::new();
        if have == 0 {
            return Ok(headers);
        }
        if let Ok(range) = HeaderValue::try_from(format!("bytes={have}-")) {
            headers.insert(RANGE, range);
        }
        // Without a tag the checksum tells whether the parts belong together.
        match fs::read(self.tag()).await {
            Ok(tag) => {
                if let Ok(tag) = HeaderValue::from_bytes(&tag) {
                    headers.insert(IF_RANGE, tag);
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(HubError::disk(&self.tag())(error)),
        }
        Ok(headers)
    }

    async fn write(&self, mut response: Response, from: u64) -> Result<(), HubError> {
        let mut file = self.open(&response, from).await?;
        let mut length = from;
        (self.on_bytes)(length);
        let outcome = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    length += chunk.len() as u64;
                    if length > self.wanted.size.unwrap_or(LARGEST_FILE_BYTES) {
                        break Err(HubError::Corrupt(self.wanted.path.to_owned()));
                    }
                    file.write_all(&chunk)
                        .await
                        .map_err(HubError::disk(&self.part))?;
                    (self.on_bytes)(length);
                }
                Ok(None) if self.wanted.size.is_some_and(|size| length < size) => {
                    break Err(HubError::CutShort {
                        path: self.wanted.path.to_owned(),
                        got: length,
                    });
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(HubError::Unreachable(error.without_url())),
            }
        };
        // Also of a broken file, for its length says where to go on.
        file.flush().await.map_err(HubError::disk(&self.part))?;
        file.sync_all().await.map_err(HubError::disk(&self.part))?;
        outcome
    }

    /// The part, ready to be written at `from`, with the tag to resume it by.
    async fn open(&self, response: &Response, from: u64) -> Result<File, HubError> {
        let mut options = OpenOptions::new();
        if from > 0 {
            options.append(true);
        } else {
            options.write(true).create(true).truncate(true);
            remove(&self.tag()).await?;
            // RFC 9110, 13.1.5: a weak tag is no use in If-Range.
            let tag = response.headers().get(ETAG).map(HeaderValue::as_bytes);
            if let Some(tag) = tag.filter(|tag| tag.starts_with(b"\"")) {
                fs::write(self.tag(), tag)
                    .await
                    .map_err(HubError::disk(&self.tag()))?;
            }
        }
        options
            .open(&self.part)
            .await
            .map_err(HubError::disk(&self.part))
    }

    async fn length(&self) -> Result<Option<u64>, HubError> {
        match fs::metadata(&self.part).await {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(HubError::disk(&self.part)(error)),
        }
    }

    /// Where the part's entity tag is kept.
    fn tag(&self) -> PathBuf {
        let mut name = self.part.as_os_str().to_owned();
        name.push(".etag");
        name.into()
    }
}

/// Removes a file that may be gone already.
async fn remove(path: &Path) -> Result<(), HubError> {
    match fs::remove_file(path).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(HubError::disk(path)(error))
        }
        _ => Ok(()),
    }
}

/// Whether the partial reply begins with the byte after the part's last.
fn starts_at(response: &Response, have: u64) -> bool {
    response
        .headers()
        .get(CONTENT_RANGE)
        .and_then(|value| value.to_str().ok())
        .and_then(|range| range.trim().strip_prefix("bytes "))
        .and_then(|range| range.split('-').next())
        .is_some_and(|start| start.parse() == Ok(have))
}
