//! The folder beside the target in which a model comes together.
//!
//! It becomes the target by a single rename, once every file in it is checked.
//! An interrupted fetch leaves it, and the next one goes on in it.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::error::HubError;

/// Names the plan that the folder is for.
const MARKER: &str = ".plan";

/// The one staging folder of a target, held by a lock that ends with the process.
pub(super) struct Staging {
    target: PathBuf,
    folder: PathBuf,
    parent: PathBuf,
    /// Unlocked when closed. The file stays, since taking it away would let two
    /// processes lock two files of one name.
    _lock: File,
}

impl Staging {
    /// Takes hold of the target's staging folder, which need not exist yet.
    pub(super) fn lock(target: &Path) -> Result<Self, HubError> {
        let name = target
            .file_name()
            .ok_or(HubError::Options("the target folder has no name"))?;
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        fs::create_dir_all(&parent).map_err(HubError::disk(&parent))?;
        let beside = |ending: &str| {
            let mut hidden = std::ffi::OsString::from(".");
            hidden.push(name);
            hidden.push(ending);
            parent.join(hidden)
        };
        let lock_path = beside(".lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(HubError::disk(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(HubError::InProgress(target.to_owned()));
            }
            Err(TryLockError::Error(error)) => return Err(HubError::disk(&lock_path)(error)),
        }
        Ok(Self {
            folder: beside(".staging"),
            target: target.to_owned(),
            parent,
            _lock: lock,
        })
    }

    /// Readies the folder for the plan of this fingerprint: what an earlier
    /// fetch of the same left stays, anything else goes.
    pub(super) fn prepare(&self, fingerprint: &str) -> Result<(), HubError> {
        let marker = self.folder.join(MARKER);
        if fs::read(&marker).is_ok_and(|found| found == fingerprint.as_bytes()) {
            return Ok(());
        }
        self.discard()?;
        fs::create_dir_all(&self.folder).map_err(HubError::disk(&self.folder))?;
        fs::write(&marker, fingerprint).map_err(HubError::disk(&marker))
    }

    /// The folder itself.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the file of this path in the repository comes together.
    pub(super) fn place(&self, path: &str) -> Result<PathBuf, HubError> {
        let place = self.folder.join(path);
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent).map_err(HubError::disk(parent))?;
        }
        Ok(place)
    }

    /// Takes the folder away with all that is in it.
    pub(super) fn discard(&self) -> Result<(), HubError> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(HubError::disk(&self.folder)(error))
            }
            _ => Ok(()),
        }
    }

    /// Makes the folder the target, in one step that also a power cut leaves
    /// either done or not done.
    pub(super) fn publish(&self) -> Result<(), HubError> {
        let marker = self.folder.join(MARKER);
        fs::remove_file(&marker).map_err(HubError::disk(&marker))?;
        sync(&self.folder)?;
        fs::rename(&self.folder, &self.target).map_err(HubError::disk(&self.target))?;
        sync(&self.parent)
    }
}

/// Writes a folder's entries to disk, where folders can be opened.
fn sync(folder: &Path) -> Result<(), HubError> {
    if cfg!(unix) {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(HubError::disk(folder))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_is_of_the_same_plan_only() {
        let models = tempfile::tempdir().unwrap();
        let target = models.path().join("new/m");
        let staging = Staging::lock(&target).unwrap();
        staging.prepare("1").unwrap();
        let part = staging.place("1_Pooling/config.json").unwrap();
        fs::write(&part, "half").unwrap();
        staging.prepare("1").unwrap();
        assert!(part.exists());
        staging.prepare("2").unwrap();
        assert!(!part.exists());
        fs::write(staging.place("config.json").unwrap(), "{}").unwrap();
        staging.publish().unwrap();
        let names: Vec<_> = fs::read_dir(&target)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["config.json"]);
    }

    #[test]
    fn one_at_a_time() {
        let models = tempfile::tempdir().unwrap();
        let target = models.path().join("m");
        let first = Staging::lock(&target).unwrap();
        let second = Staging::lock(&target);
        assert!(matches!(second, Err(HubError::InProgress(_))));
        assert!(Staging::lock(&models.path().join("other")).is_ok());
        drop(first);
        assert!(Staging::lock(&target).is_ok());
    }
}
