//! What JSON Feed and Atom share: where a feed is, and ids that are URIs.

use std::fmt::Write;

use jiff::Timestamp;

use crate::domain::fault::Locale;

/// What is said of a feed as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedInfo {
    /// The shop's id.
    pub shop: String,
    /// The feed's stable name within the shop: `design`.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Who speaks: the shop's name.
    pub author: String,
    /// The language of its entries.
    pub locale: Locale,
    /// The page that the feed is about.
    pub home_url: String,
    /// Where the feed itself is, in this format.
    pub self_url: String,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl FeedInfo {
    /// The feed's id, the same wherever it is served: `urn:zhiwen:feed:hemu:design`.
    pub(super) fn id(&self) -> String {
        let (shop, name) = (encode(&self.shop), encode(&self.name));
        format!("urn:zhiwen:feed:{shop}:{name}")
    }

    /// An entry's id, the same in every feed of the shop and in both formats.
    pub(super) fn entry_id(&self, id: &str) -> String {
        format!("urn:zhiwen:insight:{}:{}", encode(&self.shop), encode(id))
    }
}

/// `text` as a part of a URN's own string (RFC 8141, section 2): what may not
/// stand there is percent-encoded.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b':' => {
                encoded.push(char::from(byte));
            }
            other => {
                // Writing to a string does not fail.
                let _ = write!(encoded, "%{other:02X}");
            }
        }
    }
    encoded
}

#[cfg(test)]
pub(super) fn sample() -> FeedInfo {
    FeedInfo {
        shop: "hemu".to_owned(),
        name: "design".to_owned(),
        title: "禾木生活 · 详情页 <改进>".to_owned(),
        author: "禾木生活 & 伙伴".to_owned(),
        locale: Locale::Chinese,
        home_url: "https://zhiwen.example/insights/2026-W47?a=1&b=2".to_owned(),
        self_url: "https://zhiwen.example/v1/feeds/design.json".to_owned(),
        updated_at: super::samples::time("2026-11-22T18:05:00Z"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uris() {
        assert_eq!(sample().id(), "urn:zhiwen:feed:hemu:design");
        for (id, expected) in [
            (
                "2026-W47/new/c-1",
                "urn:zhiwen:insight:hemu:2026-W47/new/c-1",
            ),
            ("坏 #?", "urn:zhiwen:insight:hemu:%E5%9D%8F%20%23%3F"),
        ] {
            assert_eq!(sample().entry_id(id), expected);
        }
    }
}
