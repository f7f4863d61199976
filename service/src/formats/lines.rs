//! Lines of a text file, one at a time, each at most so long.

use std::io::{self, BufRead, BufReader, Read};

/// Lines one after the other, in constant memory.
pub struct Lines<R> {
    reader: BufReader<R>,
    most_bytes: usize,
    number: u64,
    bytes_read: u64,
    line: Vec<u8>,
}

/// A line without its end.
pub struct Line<'a> {
    /// From 1.
    pub number: u64,
    /// `None` when it is longer than it may be.
    pub text: Option<&'a str>,
}

impl<R: Read> Lines<R> {
    /// The lines of `reader`, each of at most `most_bytes`.
    pub fn new(reader: R, most_bytes: usize) -> Self {
        Self {
            reader: BufReader::with_capacity(64 * 1024, reader),
            most_bytes,
            number: 0,
            bytes_read: 0,
            line: Vec::new(),
        }
    }

    /// The next line, `None` after the last.
    ///
    /// # Errors
    /// When the file cannot be read or is not UTF-8.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let mut length = 0;
        loop {
            let ready = self.reader.fill_buf()?;
            if ready.is_empty() {
                if length == 0 {
                    return Ok(None);
                }
                break;
            }
            let end = ready.iter().position(|byte| *byte == b'\n');
            let count = end.map_or(ready.len(), |end| end + 1);
            length += count;
            if length <= self.most_bytes + 2 {
                self.line.extend_from_slice(&ready[..count]);
            }
            self.reader.consume(count);
            if end.is_some() {
                break;
            }
        }
        self.number += 1;
        self.bytes_read += length as u64;
        let number = self.number;
        if length > self.most_bytes + 2 {
            return Ok(Some(Line { number, text: None }));
        }
        let text = std::str::from_utf8(&self.line).map_err(io::Error::other)?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        Ok(Some(Line {
            number,
            text: Some(text),
        }))
    }

    /// How many bytes of UTF-8 the lines so far had.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_lines_and_skips_what_is_too_long() {
        let text = format!("一\r\n\n{}\nlast", "x".repeat(200_000));
        let mut lines = Lines::new(text.as_bytes(), 100_000);
        let mut found = Vec::new();
        while let Some(line) = lines.next_line().expect("readable") {
            found.push((line.number, line.text.map(str::to_owned)));
        }
        assert_eq!(
            found,
            [
                (1, Some("一".to_owned())),
                (2, Some(String::new())),
                (3, None),
                (4, Some("last".to_owned())),
            ]
        );
        assert_eq!(lines.bytes_read(), text.len() as u64);
    }
}
