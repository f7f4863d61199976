//! Where a page comes from: scheme, host and port, as browsers write it.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use super::fault::Fault;

/// The origin of a page, exactly as a browser sends it: `https://desk.example.com`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

impl Origin {
    /// Reads an origin.
    ///
    /// # Errors
    /// When it is none of http or https, or is not written as browsers do:
    /// with a path, a port that goes without saying, or capitals.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Fault::Missing);
        }
        let url = Url::parse(text).ok();
        let is_exact = url.is_some_and(|url| {
            matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
                // A pattern is no origin, though a host may be called so.
                && !text.contains('*')
        });
        if !is_exact {
            return Err(Fault::malformed(
                "https://desk.example.com 这样的网址，不带路径",
                "an origin such as https://desk.example.com, without a path",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The origin's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for Origin {
    type Error = Fault;

    fn try_from(text: String) -> Result<Self, Fault> {
        Self::parse(&text)
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_as_browsers_do() {
        for (text, is_one) in [
            ("https://desk.example.com", true),
            ("http://127.0.0.1:8000", true),
            ("http://[::1]:8000", true),
            ("https://xn--fiq228c.example", true),
            ("https://desk.example.com/", false),
            ("https://desk.example.com/page", false),
            ("https://desk.example.com:443", false),
            ("https://Desk.example.com", false),
            ("https://*.example.com", false),
            ("https://客服.example", false),
            ("ftp://desk.example.com", false),
            ("file:///tmp", false),
            ("null", false),
            ("*", false),
            ("", false),
        ] {
            assert_eq!(Origin::parse(text).is_ok(), is_one, "{text}");
        }
    }
}
