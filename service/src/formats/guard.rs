//! The guard against formula injection: a text that a spreadsheet would run
//! gets a leading apostrophe in a CSV file, and loses it when read back.
//!
//! A text that has apostrophes before such a character gets one more, so that
//! taking one off always gives the text that was.

use std::borrow::Cow;

/// Characters at which a spreadsheet takes a cell for a formula, with their
/// full-width forms, which Excel folds in Chinese and Japanese locales.
const STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// `text` as it stands in a CSV cell.
pub fn protect(text: &str) -> Cow<'_, str> {
    if is_risky(text) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text that a CSV cell stands for.
pub fn unprotect(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_risky(text) => text,
        _ => cell,
    }
}

fn is_risky(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(STARTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protects_and_gives_back() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("-5 度", "'-5 度"),
            ("＝SUM(A1)", "'＝SUM(A1)"),
            ("'=1", "''=1"),
            ("''@a", "'''@a"),
            ("'quoted'", "'quoted'"),
            ("'", "'"),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(protect(text), cell);
            assert_eq!(unprotect(cell), text);
        }
        // What a person typed without the guard is left as it is.
        assert_eq!(unprotect("-5 度"), "-5 度");
    }
}
