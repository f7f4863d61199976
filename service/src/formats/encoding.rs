//! Text files in UTF-8, GBK (as GB18030) or UTF-16 with a mark, as UTF-8.
//!
//! The file is gone through once before it is read, in constant memory: the
//! encoding has to be known before the first row, and for whoever acts on the
//! file as a whole a fault in the last line must be found before the first.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, UTF_8};

use super::MOST_FILE_BYTES;
use super::fault::{BadByte, FileError};

const CHUNK_BYTES: usize = 64 * 1024;

/// So many Han characters that are valid UTF-8 do not come about by chance
/// in a GBK file: the file is UTF-8, and what is not is damage.
const SURE_OF_UTF_8: u64 = 8;

/// Damage is rare: one bad byte for so many Han characters, and one more.
const CHARACTERS_A_BAD_BYTE: u64 = 100;

/// One bad byte for so many bytes, in text of few Han characters that is not
/// GBK either.
const BYTES_A_BAD_BYTE: u64 = 1_000;

/// A text file whose encoding is known.
pub struct TextFile {
    path: PathBuf,
    encoding: &'static Encoding,
    first_bad: Option<BadByte>,
}

/// The text of a file, as UTF-8 without a byte order mark; U+FFFD for what is
/// damaged.
pub struct TextReader {
    file: File,
    decoder: Decoder,
    decoded: Vec<u8>,
    taken: usize,
    is_finished: bool,
}

/// Opens a text file and finds its encoding.
///
/// # Errors
/// When it is empty, too large, a workbook, damaged, or text in no encoding
/// that is read.
pub fn open(path: &Path) -> Result<TextReader, FileError> {
    if std::fs::metadata(path)?.len() > MOST_FILE_BYTES {
        return Err(FileError::TooLarge);
    }
    let file = TextFile::find(path)?;
    match file.first_bad {
        Some(at) => Err(FileError::DamagedText {
            encoding: file.encoding.name(),
            at,
        }),
        None => Ok(file.reader()?),
    }
}

impl TextFile {
    /// Finds the encoding of a file of any size, for whoever reads it in
    /// constant memory, acts on each row, and refuses those that are damaged.
    ///
    /// # Errors
    /// When it is empty, a workbook, or text in no encoding that is read.
    pub fn find(path: &Path) -> Result<Self, FileError> {
        if std::fs::metadata(path)?.len() == 0 {
            return Err(FileError::Empty);
        }
        let (encoding, first_bad) = detect(path)?;
        Ok(Self {
            path: path.to_owned(),
            encoding,
            first_bad,
        })
    }

    /// Whether some of it is not of its encoding.
    pub fn is_damaged(&self) -> bool {
        self.first_bad.is_some()
    }

    /// Its text from the beginning.
    ///
    /// # Errors
    /// When it cannot be opened any more.
    pub fn reader(&self) -> io::Result<TextReader> {
        Ok(TextReader {
            file: File::open(&self.path)?,
            decoder: self.encoding.new_decoder_with_bom_removal(),
            decoded: Vec::new(),
            taken: 0,
            is_finished: false,
        })
    }
}

impl TextReader {
    fn refill(&mut self) -> io::Result<()> {
        let mut bytes = [0; CHUNK_BYTES];
        let count = self.file.read(&mut bytes)?;
        self.is_finished = count == 0;
        let most = self
            .decoder
            .max_utf8_buffer_length(count)
            .ok_or_else(|| io::Error::other("a chunk decodes to more than memory holds"))?;
        self.decoded.resize(most, 0);
        self.taken = 0;
        let (_, _, written, _) =
            self.decoder
                .decode_to_utf8(&bytes[..count], &mut self.decoded, self.is_finished);
        self.decoded.truncate(written);
        Ok(())
    }
}

impl Read for TextReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.decoded.len() {
            if self.is_finished {
                return Ok(0);
            }
            self.refill()?;
        }
        let ready = &self.decoded[self.taken..];
        let count = ready.len().min(buffer.len());
        buffer[..count].copy_from_slice(&ready[..count]);
        self.taken += count;
        Ok(count)
    }
}

/// The encoding, and where the file is damaged.
fn detect(path: &Path) -> Result<(&'static Encoding, Option<BadByte>), FileError> {
    let mut start = [0; 4];
    let count = File::open(path)?.read(&mut start)?;
    let start = &start[..count];
    if start.starts_with(b"PK\x03\x04") || start.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(FileError::WorkbookAsText);
    }
    if let Some((marked, _)) = Encoding::for_bom(start) {
        return Ok((marked, scan(path, marked)?.first_bad));
    }
    let as_utf_8 = scan(path, UTF_8)?;
    let Some(at) = as_utf_8.first_bad else {
        return Ok((UTF_8, None));
    };
    if as_utf_8.is_surely_right() {
        return Ok((UTF_8, Some(at)));
    }
    let Some(gbk) = scan(path, GB18030)?.first_bad else {
        return Ok((GB18030, None));
    };
    if as_utf_8.is_nearly_whole() {
        return Ok((UTF_8, Some(at)));
    }
    Err(FileError::Encoding { utf_8: at, gbk })
}

/// What a file is, read in an encoding.
#[derive(Default)]
struct Scan {
    first_bad: Option<BadByte>,
    bad: u64,
    bytes: u64,
    three_byte_characters: u64,
    /// Of these, before the first bad byte.
    three_byte_characters_before: u64,
}

impl Scan {
    /// Whether its Han characters leave no doubt that it is UTF-8.
    fn is_surely_right(&self) -> bool {
        let han = self.three_byte_characters;
        let is_damage_rare = self.bad <= 1 + han / CHARACTERS_A_BAD_BYTE;
        self.three_byte_characters_before >= SURE_OF_UTF_8 || han >= SURE_OF_UTF_8 && is_damage_rare
    }

    /// Whether hardly a byte is bad.
    fn is_nearly_whole(&self) -> bool {
        self.bad <= self.bytes / BYTES_A_BAD_BYTE
    }
}

fn scan(path: &Path, encoding: &'static Encoding) -> Result<Scan, FileError> {
    let mut file = File::open(path)?;
    let mut decoder = encoding.new_decoder_with_bom_removal();
    let mut bytes = vec![0; CHUNK_BYTES];
    let mut decoded = vec![0; CHUNK_BYTES];
    let mut found = Scan::default();
    let mut line = 1;
    loop {
        let count = file.read(&mut bytes)?;
        let mut rest = &bytes[..count];
        loop {
            let (result, read, written) =
                decoder.decode_to_utf8_without_replacement(rest, &mut decoded, count == 0);
            found.bytes += read as u64;
            rest = &rest[read..];
            for byte in &decoded[..written] {
                line += u64::from(*byte == b'\n');
                found.three_byte_characters += u64::from(*byte & 0xf0 == 0xe0);
            }
            match result {
                DecoderResult::OutputFull => {}
                DecoderResult::InputEmpty => break,
                DecoderResult::Malformed(bad, after) => {
                    if found.bad == 0 {
                        let offset = found.bytes - u64::from(bad) - u64::from(after);
                        found.first_bad = Some(BadByte { offset, line });
                        found.three_byte_characters_before = found.three_byte_characters;
                    }
                    found.bad += 1;
                }
            }
        }
        if count == 0 {
            return Ok(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<String, FileError> {
        let directory = tempfile::tempdir().expect("made");
        let path = directory.path().join("text");
        std::fs::write(&path, bytes).expect("written");
        let mut text = String::new();
        open(&path)?.read_to_string(&mut text).expect("utf-8");
        Ok(text)
    }

    #[test]
    fn reads_every_encoding() {
        let text = "标题,領域\n發票😀".repeat(20_000);
        let (gbk, ..) = GB18030.encode(&text);
        let mut utf_16 = vec![0xff, 0xfe];
        utf_16.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(read(text.as_bytes()).expect("utf-8"), text);
        assert_eq!(
            read(format!("\u{feff}{text}").as_bytes()).expect("mark"),
            text
        );
        assert_eq!(read(&gbk).expect("gbk"), text);
        assert_eq!(read(&utf_16).expect("utf-16"), text);
    }

    #[test]
    fn names_where_text_stops() {
        assert!(matches!(read(b""), Err(FileError::Empty)));
        assert!(matches!(
            read(b"PK\x03\x04.."),
            Err(FileError::WorkbookAsText)
        ));
        let Err(FileError::Encoding { utf_8, gbk }) = read(b"title\nab\xff\xff\n") else {
            panic!("neither");
        };
        assert_eq!((utf_8.offset, utf_8.line), (8, 2));
        assert_eq!((gbk.offset, gbk.line), (8, 2));
        let mut damaged = "发票什么时候可以开呢\n亲".as_bytes().to_vec();
        damaged.pop();
        let Err(FileError::DamagedText { at, .. }) = read(&damaged) else {
            panic!("damaged");
        };
        assert_eq!((at.offset, at.line), (31, 2));
        let cut = read(b"a,b\n\xb7\xa2\xc6");
        assert!(matches!(cut, Err(FileError::Encoding { gbk, .. }) if gbk.offset == 6));
    }

    #[test]
    fn utf_8_that_is_damaged_here_and_there_stays_utf_8() {
        let find = |bytes: &[u8]| {
            let directory = tempfile::tempdir().expect("made");
            let path = directory.path().join("text");
            std::fs::write(&path, bytes).expect("written");
            let file = TextFile::find(&path)?;
            let mut text = String::new();
            let mut reader = file.reader().expect("opened");
            reader.read_to_string(&mut text).expect("utf-8");
            Ok::<_, FileError>((file.is_damaged(), text))
        };
        // The first byte of all is gone, and one of 30,000 further on.
        let mut damaged = "标题\n".repeat(10_000).into_bytes();
        damaged.drain(..1);
        damaged[50_001] = 0xff;
        let (is_damaged, text) = find(&damaged).expect("utf-8");
        assert!(is_damaged && text.ends_with("标题\n"));
        let marked = text.lines().filter(|line| line.contains('\u{fffd}'));
        assert_eq!(marked.count(), 2);
        assert!(matches!(
            read(&damaged),
            Err(FileError::DamagedText { at, .. }) if at.offset == 0
        ));
        // Without a Han character to know it by.
        let mut latin = "do you ship\n".repeat(1_000).into_bytes();
        latin[5_000] = 0xff;
        assert!(find(&latin).expect("utf-8").0);
        let (gbk, ..) = GB18030.encode("标题,领域\n");
        assert!(!find(&gbk).expect("gbk").0);
    }
}
