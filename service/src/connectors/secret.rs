//! A key or token that no log and no error ever shows.

use std::fmt;

use reqwest::header::{HeaderValue, InvalidHeaderValue};

/// A key to an outside system. Its `Debug` form hides it, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `value`, without the white space around it.
    pub fn new(value: &str) -> Self {
        Self(value.trim().to_owned())
    }

    /// `Bearer …`, marked so that the HTTP library does not show it either.
    pub(super) fn bearer(&self) -> Result<HeaderValue, InvalidHeaderValue> {
        let mut value = HeaderValue::try_from(format!("Bearer {}", self.0))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_shown_nowhere() {
        let secret = Secret::new(" sk-very-secret\n");
        let header = secret.bearer().unwrap();
        assert_eq!(header.as_bytes(), b"Bearer sk-very-secret");
        let shown = format!("{secret:?} {header:?} {:?}", Some(&secret));
        assert!(!shown.contains("very"), "{shown}");
    }

    #[test]
    fn a_key_with_a_line_break_is_no_header() {
        assert!(Secret::new("a\nb").bearer().is_err());
    }
}
