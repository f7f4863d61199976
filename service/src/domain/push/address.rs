//! Where pushes go and what they are signed with: both secret, shown in part or not at all.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::{Host, Url};

use crate::domain::fault::Fault;

/// Where pushes go. Bots carry their token in it: it is shown in part only.
#[derive(Clone, PartialEq, Eq)]
pub struct PushUrl(Url);

impl PushUrl {
    const MOST_CHARACTERS: usize = 2_000;

    /// Reads an address.
    ///
    /// # Errors
    /// When it is none of http or https with a host, or has a user's name in it.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        let found = text.chars().count();
        match found {
            0 => return Err(Fault::Missing),
            _ if found > Self::MOST_CHARACTERS => {
                let most = Self::MOST_CHARACTERS;
                return Err(Fault::TooLong { most, found });
            }
            _ => {}
        }
        let no_address = || Fault::malformed("以 https:// 开头的地址", "an address with https://");
        let mut url = Url::parse(text).map_err(|_| no_address())?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(no_address());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Fault::malformed(
                "不带用户名和密码的地址",
                "an address without a user name or password",
            ));
        }
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// Whether it is encrypted on its way.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Its host.
    pub fn host(&self) -> Option<Host<&str>> {
        self.0.host()
    }

    /// All of it, for the one who connects.
    pub fn reveal(&self) -> &Url {
        &self.0
    }

    /// What may be shown: the host and the last four characters of what
    /// follows, where that is long enough to keep the rest to itself.
    pub fn shown(&self) -> String {
        let host = self.0.host_str().unwrap_or("");
        let rest = &self.0[url::Position::BeforePath..];
        let at = rest.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
        if at >= 8 {
            format!("{host}/…{}", &rest[at..])
        } else {
            format!("{host}/…")
        }
    }
}

impl fmt::Debug for PushUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PushUrl(…)")
    }
}

/// What pushes are signed with. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct PushSecret(String);

impl PushSecret {
    const MOST_CHARACTERS: usize = 200;

    /// Reads a secret.
    ///
    /// # Errors
    /// When it is empty, too long, or no line of printed ASCII.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        let found = text.chars().count();
        match found {
            0 => Err(Fault::Missing),
            _ if found > Self::MOST_CHARACTERS => Err(Fault::TooLong {
                most: Self::MOST_CHARACTERS,
                found,
            }),
            _ if !text.bytes().all(|byte| byte.is_ascii_graphic()) => Err(Fault::malformed(
                "机器人设置页上的密钥原文",
                "the secret as the bot's page shows it",
            )),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// A new secret of 256 random bits, in the form of Standard Webhooks.
    pub fn make() -> Self {
        let random: [u8; 32] = rand::random();
        Self(format!("whsec_{}", STANDARD.encode(random)))
    }

    /// All of it, for the one who signs.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PushSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PushSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_in_part() {
        let text = "https://oapi.dingtalk.com/robot/send?access_token=abcdef123456#x";
        let url = PushUrl::parse(text).expect("valid");
        assert_eq!(url.shown(), "oapi.dingtalk.com/…3456");
        assert!(!url.reveal().as_str().contains('#'));
        for (text, shown) in [
            ("https://example.com", "example.com/…"),
            ("https://example.com/hook123", "example.com/…"),
            ("https://example.com/webhooks/1234", "example.com/…1234"),
        ] {
            assert_eq!(PushUrl::parse(text).expect("valid").shown(), shown);
        }
        let secret = PushSecret::parse("SECabc").expect("valid");
        let shown = format!("{url:?} {secret:?}");
        assert!(!shown.contains("abc"), "{shown}");
        for text in [
            "",
            "example.com/hook",
            "ftp://example.com/",
            "https://",
            "https://me@example.com/",
            "javascript:alert(1)",
            "file:///etc/passwd",
        ] {
            assert!(PushUrl::parse(text).is_err(), "{text}");
        }
        assert!(PushSecret::parse("a b").is_err());
    }
}
