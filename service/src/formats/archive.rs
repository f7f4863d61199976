//! The check of a workbook's ZIP archive before anything parses it.
//!
//! A few kilobytes can unpack to gigabytes, and the sizes that an archive
//! declares may lie. So every part is unpacked once into nothing and counted;
//! that also finds a cut or damaged file before its first row is acted on.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::MOST_FILE_BYTES;
use super::fault::FileError;

/// The most bytes of all parts together.
const MOST_UNPACKED_BYTES: u64 = 512 << 20;
/// How many times its packed size a part may have, once it is large.
const MOST_RATIO: u64 = 200;
/// Repetitive text packs well, so that the ratio of a small part says nothing.
const RATIO_COUNTS_FROM_BYTES: u64 = 10 << 20;
const MOST_PARTS: usize = 2_000;
/// The longest text of one cell; no cell that Excel writes comes near.
const MOST_TEXT_BYTES: u64 = 4 << 20;
/// The reader holds all shared strings; an empty one costs it five times its XML.
const MOST_STRING_TAGS: u64 = 16_000_000;
/// The reader holds all styles and relations, and an empty style costs it a hundredfold.
const MOST_SMALL_PART_TAGS: u64 = 500_000;
/// The reader believes the declared count of shared strings and reserves room for them.
const MOST_COUNT_DIGITS: u32 = 7;

const SHARED_STRINGS: &str = "sharedstrings.xml";
const SMALL_PARTS: [&str; 4] = ["styles.xml", "theme1.xml", "workbook.xml", ".rels"];

/// Checks that the archive at `path` is whole and unpacks to no more than a
/// workbook of the largest allowed size does.
///
/// # Errors
/// When it is not such an archive.
pub fn check(path: &Path) -> Result<(), FileError> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    if size == 0 {
        return Err(FileError::Empty);
    }
    if size > MOST_FILE_BYTES {
        return Err(FileError::TooLarge);
    }
    let mut start = [0; 4];
    let count = file.read(&mut start)?;
    if start[..count] == [0xd0, 0xcf, 0x11, 0xe0] {
        return Err(FileError::OldOrProtectedWorkbook);
    }
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    check_declared(&mut archive)?;
    check_real(&mut archive)
}

fn check_declared(archive: &mut ZipArchive<BufReader<File>>) -> Result<(), FileError> {
    if archive.len() > MOST_PARTS {
        return Err(FileError::ZipBomb {
            detail: "too many parts",
        });
    }
    let mut total: u64 = 0;
    for place in 0..archive.len() {
        let part = archive.by_index_raw(place).map_err(damaged)?;
        total = total.saturating_add(part.size());
        check_sizes(total, part.size(), part.compressed_size())?;
    }
    Ok(())
}

fn check_real(archive: &mut ZipArchive<BufReader<File>>) -> Result<(), FileError> {
    let mut chunk = vec![0; 64 * 1024];
    let mut total: u64 = 0;
    for place in 0..archive.len() {
        let mut part = archive.by_index(place).map_err(damaged)?;
        let packed = part.compressed_size();
        let mut scan = PartScan::new(&part.name().map_err(damaged)?.to_lowercase());
        let mut size = 0;
        loop {
            let count = part
                .read(&mut chunk)
                .map_err(|error| damaged(ZipError::Io(error)))?;
            if count == 0 {
                break;
            }
            size += count as u64;
            total += count as u64;
            check_sizes(total, size, packed)?;
            scan.take(&chunk[..count])?;
        }
    }
    Ok(())
}

fn check_sizes(total: u64, size: u64, packed: u64) -> Result<(), FileError> {
    if total > MOST_UNPACKED_BYTES {
        return Err(FileError::ZipBomb {
            detail: "more than 512 MB",
        });
    }
    if size > RATIO_COUNTS_FROM_BYTES && size / MOST_RATIO > packed {
        return Err(FileError::ZipBomb {
            detail: "more than 200 times its size",
        });
    }
    Ok(())
}

fn damaged(error: ZipError) -> FileError {
    let detail = match error {
        ZipError::Io(error) => error.to_string(),
        error => error.to_string(),
    };
    FileError::DamagedWorkbook { detail }
}

/// Looks, as a part goes by, for what would make its reader take too much memory.
struct PartScan {
    is_xml: bool,
    has_count: bool,
    most_tags: u64,
    tags: u64,
    text_bytes: u64,
    count: CountScan,
}

impl PartScan {
    fn new(name: &str) -> Self {
        let has_count = name.ends_with(SHARED_STRINGS);
        let most_tags = if has_count {
            MOST_STRING_TAGS
        } else if SMALL_PARTS.iter().any(|ending| name.ends_with(ending)) {
            MOST_SMALL_PART_TAGS
        } else {
            u64::MAX
        };
        Self {
            is_xml: name.ends_with(".xml") || name.ends_with(".rels"),
            has_count,
            most_tags,
            tags: 0,
            text_bytes: 0,
            count: CountScan::Name(0),
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        if !self.is_xml {
            return Ok(());
        }
        for &byte in bytes {
            if byte == b'<' {
                self.tags += 1;
                self.text_bytes = 0;
            }
            self.text_bytes += 1;
            if self.text_bytes > MOST_TEXT_BYTES || self.tags > self.most_tags {
                return Err(FileError::ZipBomb {
                    detail: "one part or cell is too large",
                });
            }
            if self.has_count {
                self.count = self.count.next(byte)?;
            }
        }
        Ok(())
    }
}

/// Finds `uniqueCount="…"` and the number of its digits.
#[derive(Clone, Copy)]
enum CountScan {
    /// So many bytes of the name have come.
    Name(usize),
    /// The name is over; so many digits have come.
    Digits(u32),
}

impl CountScan {
    const NAME: &[u8] = b"uniqueCount";

    fn next(self, byte: u8) -> Result<Self, FileError> {
        match (self, byte) {
            // UTF-16 would hide the name.
            (_, 0) => Err(FileError::DamagedWorkbook {
                detail: "a part is not UTF-8".to_owned(),
            }),
            (Self::Name(taken), byte) if byte == Self::NAME[taken] => {
                if taken + 1 == Self::NAME.len() {
                    Ok(Self::Digits(0))
                } else {
                    Ok(Self::Name(taken + 1))
                }
            }
            (Self::Name(_), byte) => Ok(Self::Name(usize::from(byte == Self::NAME[0]))),
            (Self::Digits(MOST_COUNT_DIGITS), b'0'..=b'9') => Err(FileError::ZipBomb {
                detail: "too many strings",
            }),
            (Self::Digits(0), b'0' | b'+' | b'=' | b'"' | b'\'') => Ok(self),
            (Self::Digits(digits), b'0'..=b'9') => Ok(Self::Digits(digits + 1)),
            (Self::Digits(0), byte) if byte.is_ascii_whitespace() => Ok(self),
            (Self::Digits(_), _) => Ok(Self::Name(0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn check_parts(parts: &[(&str, &[u8], usize)]) -> String {
        let directory = tempfile::tempdir().expect("made");
        let path = directory.path().join("file.xlsx");
        let mut archive = ZipWriter::new(File::create(&path).expect("made"));
        for (name, piece, times) in parts {
            let options = SimpleFileOptions::default();
            archive.start_file(*name, options).expect("begun");
            for _ in 0..*times {
                archive.write_all(piece).expect("written");
            }
        }
        archive.finish().expect("finished");
        match check(&path) {
            Ok(()) => "fine".to_owned(),
            Err(FileError::ZipBomb { detail }) => detail.to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn finds_bombs() {
        let zeros = [b' '; 1 << 20];
        let sst = |count: &str| format!("<sst uniqueCount=\"{count}\"><si/></sst>");
        let tags = b"<xf/>".repeat(100_001);
        for (parts, expected) in [
            (&[("a.xml", &zeros[..], 3)][..], "fine"),
            (&[("a.xml", &zeros, 5)], "one part or cell is too large"),
            (&[("a.bin", &zeros, 20)], "more than 200 times its size"),
            (&[("xl/styles.xml", &tags, 4)], "fine"),
            (
                &[("XL/STYLES.xml", &tags, 5)],
                "one part or cell is too large",
            ),
            (
                &[("xl/sharedStrings.xml", sst("2000000").as_bytes(), 1)],
                "fine",
            ),
            (
                &[("xl/sharedStrings.xml", sst("20000000").as_bytes(), 1)],
                "too many strings",
            ),
        ] {
            assert_eq!(check_parts(parts), expected, "{:?}", parts[0].0);
        }
        let many: Vec<String> = (0..=MOST_PARTS).map(|at| at.to_string()).collect();
        let many: Vec<_> = many
            .iter()
            .map(|name| (name.as_str(), &b""[..], 0))
            .collect();
        assert_eq!(check_parts(&many), "too many parts");
    }

    #[test]
    fn finds_an_archive_that_lies_about_its_sizes() {
        let directory = tempfile::tempdir().expect("made");
        let path = directory.path().join("file.xlsx");
        let mut archive = ZipWriter::new(File::create(&path).expect("made"));
        let options = SimpleFileOptions::default();
        archive.start_file("a.bin", options).expect("begun");
        for _ in 0..20 {
            archive.write_all(&[0; 1 << 20]).expect("written");
        }
        archive.finish().expect("finished");
        let mut bytes = std::fs::read(&path).expect("read");
        let size = (20u32 << 20).to_le_bytes();
        for place in 0..bytes.len() - 4 {
            if bytes[place..place + 4] == size {
                bytes[place..place + 4].copy_from_slice(&1000u32.to_le_bytes());
            }
        }
        std::fs::write(&path, bytes).expect("written");
        assert!(matches!(
            check(&path),
            Err(FileError::ZipBomb { .. } | FileError::DamagedWorkbook { .. })
        ));
    }
}
