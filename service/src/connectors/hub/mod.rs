//! Model folders from a hub that is laid out like Hugging Face's, or a mirror of it.
//!
//! A repository's files are listed at `{hub}/api/models/{repo}/revision/{rev}`
//! and lie at `{hub}/{repo}/resolve/{rev}/{path}`. Only those that make a
//! BERT-shaped sentence model are fetched. They come together in a folder
//! beside the target, are checked against the hub's checksums, and become the
//! target by one rename: no half-written model is ever in use.

mod checksum;
mod download;
mod error;
mod listing;
mod names;
mod record;
mod staging;
#[cfg(test)]
mod tests;
mod transport;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use self::error::HubError;
pub use self::names::{Repository, Revision};
pub use self::record::{RECORD, Source, verify};

use self::checksum::Measured;
use self::download::Download;
use self::listing::{Plan, Wanted};
use self::staging::Staging;
use self::transport::Transport;
use super::backoff::Retry;
use super::secret::Secret;

/// Where the hub is and how patiently it is asked.
#[derive(Debug, Clone)]
pub struct HubOptions {
    /// The hub's or mirror's address.
    pub endpoint: String,
    /// For repositories that are not open to all. Sent to the hub only, never
    /// to where it redirects.
    pub token: Option<Secret>,
    /// How often a request is tried again; of a file, how often without a new byte.
    pub retry: Retry,
    /// The longest silence on a connection before it counts as broken.
    pub silence: Duration,
}

impl Default for HubOptions {
    fn default() -> Self {
        Self {
            endpoint: "https://huggingface.co".to_owned(),
            token: None,
            retry: Retry {
                attempts: 5,
                first_pause: Duration::from_secs(1),
                longest_pause: Duration::from_secs(30),
            },
            silence: Duration::from_secs(30),
        }
    }
}

/// What is to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The repository.
    pub repository: Repository,
    /// Which state of it.
    pub revision: Revision,
}

/// How far a fetch has come. The figures fall when a file has to start over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file under way.
    pub file: &'a str,
    /// Bytes that are there, of all files.
    pub done: u64,
    /// Bytes of all files, where the hub says it.
    pub total: Option<u64>,
}

/// What hears of the progress; called for every few kilobytes.
pub type Listener<'a> = &'a (dyn Fn(Progress<'_>) + Send + Sync);

/// How a fetch ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The folder was not there and is now.
    New(Source),
    /// It was there, and every file in it is as it was fetched.
    AlreadyThere(Source),
}

/// A client of one hub.
pub struct Hub {
    transport: Transport,
}

impl Hub {
    /// A client of the hub that the options name; nothing is sent yet.
    ///
    /// # Errors
    /// [`HubError::Options`] when they cannot work.
    pub fn new(options: &HubOptions) -> Result<Self, HubError> {
        let transport = Transport::new(options)?;
        Ok(Self { transport })
    }

    /// Brings `model` into the folder `target`, which does not exist yet, is
    /// empty, or holds this very model.
    ///
    /// May be dropped or killed at any moment: the next call goes on with what
    /// has come. After a wrong checksum nothing is left.
    ///
    /// # Errors
    /// Whatever keeps the model from being there in full; the target is then
    /// as it was before.
    pub async fn fetch(
        &self,
        model: &Model,
        target: &Path,
        listener: Listener<'_>,
    ) -> Result<Fetched, HubError> {
        // Before the lock, which wants to write: a model may lie read-only.
        if let Some(source) = present(model, target).await? {
            return Ok(Fetched::AlreadyThere(source));
        }
        let staging = blocking({
            let target = target.to_owned();
            move || Staging::lock(&target).map(Arc::new)
        })
        .await?;
        // Somebody else may have brought it between the two lines above.
        if let Some(source) = present(model, target).await? {
            return Ok(Fetched::AlreadyThere(source));
        }
        let plan = self.plan(model).await?;
        let fetched = self.fetch_into(&staging, model, &plan, listener).await;
        if matches!(
            fetched,
            Err(HubError::Corrupt(_) | HubError::Unverifiable(_))
        ) {
            blocking(move || staging.discard()).await?;
        }
        Ok(Fetched::New(fetched?))
    }

    async fn plan(&self, model: &Model) -> Result<Plan, HubError> {
        let (repository, revision) = (&model.repository, &model.revision);
        let mut url = self.transport.url(
            ["api", "models"]
                .into_iter()
                .chain(repository.as_str().split('/'))
                .chain(["revision", revision.as_str()]),
        );
        // With sizes and checksums.
        url.set_query(Some("blobs=true"));
        let what = format!("{repository} at {revision}");
        let body = self.transport.listing(&url, &what).await?;
        Plan::read(&body, repository)
    }

    async fn fetch_into(
        &self,
        staging: &Arc<Staging>,
        model: &Model,
        plan: &Plan,
        listener: Listener<'_>,
    ) -> Result<Source, HubError> {
        let revision = model.revision.as_str();
        let fingerprint = plan.fingerprint(&model.repository, revision);
        blocking({
            let staging = staging.clone();
            move || staging.prepare(&fingerprint)
        })
        .await?;
        // The commit: a branch may move while its files are fetched.
        let pinned = plan.commit.as_deref().unwrap_or(revision);
        let mut files = BTreeMap::new();
        let (mut done, total) = (0, plan.size());
        for wanted in &plan.files {
            let url = self.transport.url(
                model
                    .repository
                    .as_str()
                    .split('/')
                    .chain(["resolve", pinned])
                    .chain(wanted.path.split('/')),
            );
            let on_bytes = |bytes| {
                listener(Progress {
                    file: wanted.path,
                    done: done + bytes,
                    total,
                });
            };
            let (place, there) = place_of(staging, wanted).await?;
            let measured = match there {
                Some(measured) => measured,
                None => self.fetch_file(wanted, url, &place, &on_bytes).await?,
            };
            on_bytes(measured.size);
            done += measured.size;
            files.insert(wanted.path.to_owned(), measured.sha256());
        }
        let source = Source {
            endpoint: self.transport.endpoint().to_owned(),
            repo: model.repository.to_string(),
            revision: revision.to_owned(),
            commit: plan.commit.clone(),
            files,
        };
        let (staging, repository) = (staging.clone(), model.repository.clone());
        blocking(move || {
            record::write(staging.folder(), &repository, &source)?;
            staging.publish()?;
            Ok(source)
        })
        .await
    }

    /// One file, checked. Where an earlier part was built on, a wrong checksum
    /// may come from two versions put together: it is then fetched once more.
    async fn fetch_file(
        &self,
        wanted: &Wanted,
        url: reqwest::Url,
        place: &Path,
        on_bytes: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Measured, HubError> {
        let mut part = place.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let download = Download {
            transport: &self.transport,
            url,
            wanted,
            part: part.clone(),
            on_bytes,
        };
        for is_last in [false, true] {
            let resumed = match download.run().await {
                Ok(arrived) => {
                    let checksum = wanted
                        .checksum
                        .or(arrived.checksum)
                        .ok_or_else(|| HubError::Unverifiable(wanted.path.to_owned()))?;
                    let measured = measure(part.clone()).await?;
                    if measured.matches(checksum)
                        && wanted.size.is_none_or(|it| it == measured.size)
                    {
                        download.keep_as(place).await?;
                        return Ok(measured);
                    }
                    arrived.resumed
                }
                Err(HubError::Corrupt(_)) => true,
                Err(error) => return Err(error),
            };
            download.forget().await?;
            if is_last || !resumed {
                break;
            }
        }
        Err(HubError::Corrupt(wanted.path.to_owned()))
    }
}

/// The model, where `target` holds it unharmed.
async fn present(model: &Model, target: &Path) -> Result<Option<Source>, HubError> {
    let (model, target) = (model.clone(), target.to_owned());
    blocking(move || {
        match fs::read_dir(&target).map(|mut entries| entries.next().is_none()) {
            Ok(true) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            // A file is no folder, and in the way.
            Ok(false) | Err(_) => {}
        }
        let revision = model.revision.as_str();
        match verify(&target) {
            Ok(source)
                if source.repo == model.repository.as_str()
                    && (source.revision == revision
                        || source.commit.as_deref() == Some(revision)) =>
            {
                Ok(Some(source))
            }
            Ok(_) | Err(HubError::NoRecord(_)) => Err(HubError::Occupied(target)),
            Err(HubError::Disk { .. }) if !target.is_dir() => Err(HubError::Occupied(target)),
            Err(error) => Err(error),
        }
    })
    .await
}

/// Where the file comes together, and what it is if an earlier fetch left it whole.
async fn place_of(
    staging: &Arc<Staging>,
    wanted: &Wanted,
) -> Result<(PathBuf, Option<Measured>), HubError> {
    let (staging, wanted) = (staging.clone(), wanted.clone());
    blocking(move || {
        let place = staging.place(wanted.path)?;
        let there = match Measured::of(&place) {
            Ok(measured) => Some(measured),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(HubError::disk(&place)(error)),
        };
        let is_right = |measured: &Measured| wanted.checksum.is_some_and(|it| measured.matches(it));
        Ok((place, there.filter(is_right)))
    })
    .await
}

async fn measure(path: PathBuf) -> Result<Measured, HubError> {
    blocking(move || Measured::of(&path).map_err(HubError::disk(&path))).await
}

/// Work on the disk, away from the async workers.
async fn blocking<T, F>(work: F) -> Result<T, HubError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, HubError> + Send + 'static,
{
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or(Err(HubError::Interrupted))
}
