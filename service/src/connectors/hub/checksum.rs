//! What a file must hash to, and what it does.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// A hub's checksum of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checksum {
    /// Of the content: what large files are listed with.
    Sha256([u8; 32]),
    /// Of git's blob object, `blob {size}\0` and the content: other files.
    GitBlob([u8; 20]),
}

impl Checksum {
    /// From 64 hexadecimal digits.
    pub(super) fn sha256(digits: &str) -> Option<Self> {
        from_hex(digits).map(Self::Sha256)
    }

    /// From 40 hexadecimal digits.
    pub(super) fn git_blob(digits: &str) -> Option<Self> {
        from_hex(digits).map(Self::GitBlob)
    }

    /// From an entity tag, where a hub puts the one or the other.
    pub(super) fn from_etag(tag: &str) -> Option<Self> {
        let digits = tag.trim().trim_start_matches("W/").trim_matches('"');
        Self::sha256(digits).or_else(|| Self::git_blob(digits))
    }
}

/// What a file on disk is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Measured {
    pub(super) size: u64,
    sha256: [u8; 32],
    git_blob: [u8; 20],
}

impl Measured {
    /// Reads the file once.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let size = file.metadata()?.len();
        let (mut sha256, mut git_blob) = (Sha256::new(), Sha1::new());
        git_blob.update(format!("blob {size}\0"));
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = file.read(&mut buffer)?;
            let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else {
                break;
            };
            sha256.update(chunk);
            git_blob.update(chunk);
        }
        Ok(Self {
            size,
            sha256: sha256.finalize().into(),
            git_blob: git_blob.finalize().into(),
        })
    }

    /// Whether it is the file that `checksum` is of.
    pub(super) fn matches(&self, checksum: Checksum) -> bool {
        match checksum {
            Checksum::Sha256(hash) => hash == self.sha256,
            Checksum::GitBlob(hash) => hash == self.git_blob,
        }
    }

    /// The SHA-256 of the content in hexadecimal digits.
    pub(super) fn sha256(&self) -> String {
        hex(&self.sha256)
    }
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex<const LENGTH: usize>(digits: &str) -> Option<[u8; LENGTH]> {
    if digits.len() != LENGTH * 2 || !digits.is_ascii() {
        return None;
    }
    let mut bytes = [0; LENGTH];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        // `from_str_radix` alone would take "+f".
        if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    /// `printf abc | git hash-object --stdin`
    const BLOB: &str = "f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f";

    #[test]
    fn measures_as_hubs_and_git_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        let measured = Measured::of(&path).unwrap();
        assert_eq!((measured.size, measured.sha256().as_str()), (3, SHA256));
        assert!(measured.matches(Checksum::sha256(SHA256).unwrap()));
        assert!(measured.matches(Checksum::git_blob(BLOB).unwrap()));
        assert!(!measured.matches(Checksum::GitBlob([0; 20])));
    }

    #[test]
    fn reads_entity_tags() {
        for (tag, checksum) in [
            (format!("\"{SHA256}\""), Checksum::sha256(SHA256)),
            (format!("W/\"{BLOB}\""), Checksum::git_blob(BLOB)),
            (BLOB.to_owned(), Checksum::git_blob(BLOB)),
            ("\"abc-5\"".to_owned(), None),
            ("+f".repeat(20), None),
            ("é".repeat(20), None),
        ] {
            assert_eq!(Checksum::from_etag(&tag), checksum, "{tag}");
        }
    }
}
