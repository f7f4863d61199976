//! Ids as newtypes: parsed once at the edge, trusted inside.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::fault::Fault;

/// Declares an id that a shop or its chat client chooses.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $most:literal, $allowed:expr, $chinese:literal, $english:literal $(, not $taken:expr)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The most characters an id has.
            pub const MOST_CHARACTERS: usize = $most;

            /// Reads an id.
            ///
            /// # Errors
            /// When it is empty, too long, or has other characters than it may.
            pub fn parse(text: &str) -> Result<Self, Fault> {
                let text = text.trim();
                if text.is_empty() {
                    return Err(Fault::Missing);
                }
                let found = text.chars().count();
                if found > Self::MOST_CHARACTERS {
                    return Err(Fault::TooLong { most: Self::MOST_CHARACTERS, found });
                }
                let is_allowed: fn(char) -> bool = $allowed;
                if !text.chars().all(is_allowed) {
                    return Err(Fault::malformed($chinese, $english));
                }
                $(if $taken.contains(&text) {
                    return Err(Fault::malformed(
                        format!("{} 以外的编号", $taken.join("、")),
                        format!("another id than {}", $taken.join(", ")),
                    ));
                })?
                Ok(Self(text.to_owned()))
            }

            /// The id's text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Fault;

            fn try_from(text: String) -> Result<Self, Fault> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

fn is_slug(character: char) -> bool {
    character.is_ascii_lowercase() || character.is_ascii_digit() || matches!(character, '-' | '_')
}

fn is_visible(character: char) -> bool {
    !character.is_whitespace() && !character.is_control() && character != '|'
}

text_id!(
    /// A shop: the tenant, and the first part of every key in the store.
    ShopId, 63, is_slug, "小写字母、数字、- 和 _", "lower-case letters, digits, - and _"
);
text_id!(
    /// A knowledge item, by the id that the shop itself gave it; stable over imports.
    KnowledgeId, 128, is_visible, "可见的字符，不含空格和 |", "visible characters without spaces or |",
    not [".", "..", "imports", "export"]
);
text_id!(
    /// A product, by the shop's own id (SKU, item number).
    ProductId, 128, is_visible, "可见的字符，不含空格和 |", "visible characters without spaces or |",
    not [".", ".."]
);
text_id!(
    /// A sales channel: taobao, jd, pdd, douyin, web.
    ChannelId, 63, is_slug, "小写字母、数字、- 和 _", "lower-case letters, digits, - and _"
);
text_id!(
    /// A conversation, by the chat platform's id.
    ConversationId, 200, |character| !character.is_control(), "不含控制字符", "no control characters"
);
text_id!(
    /// A message, by the chat platform's id.
    MessageId, 200, |character| !character.is_control(), "不含控制字符", "no control characters"
);
text_id!(
    /// An agent, by the chat platform's id.
    AgentId, 200, |character| !character.is_control(), "不含控制字符", "no control characters"
);

text_id!(
    /// A notice, the same in every attempt to tell it: `weekly-2026-W47`.
    NoticeId, 128, |character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | ':'),
    "字母、数字、-、_ 和 :", "letters, digits, -, _ and :"
);

/// Declares an id that this service makes: a UUIDv7, so that keys grow with time.
macro_rules! made_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id.
            pub fn make() -> Self {
                Self(Uuid::now_v7())
            }

            /// Its 16 bytes, as a store keeps them.
            pub fn as_bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }

            /// Reads an id.
            ///
            /// # Errors
            /// When it is not a UUID.
            pub fn parse(text: &str) -> Result<Self, Fault> {
                Uuid::parse_str(text)
                    .map(Self)
                    .map_err(|_| Fault::malformed("UUID", "a UUID"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Fault;

            fn try_from(text: String) -> Result<Self, Fault> {
                Self::parse(&text)
            }
        }
    };
}

made_id!(
    /// One call of the suggest API and what it answered.
    SuggestionId
);
made_id!(
    /// One answer within a suggestion: what feedback is about.
    AnswerId
);
made_id!(
    /// One run of a job.
    JobId
);
made_id!(
    /// A recurring question: a cluster of wordings.
    ClusterId
);
made_id!(
    /// Something that somebody changed because of a recurring question.
    ActionId
);
made_id!(
    /// A change of people's to clusters, which can be undone.
    EditId
);
made_id!(
    /// An answer that agents gave, waiting for approval.
    CandidateId
);
made_id!(
    /// A person who signs in.
    PersonId
);
made_id!(
    /// A place that notices are pushed to.
    PushId
);
made_id!(
    /// One notice for one such place.
    DeliveryId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_ids_and_names_the_fault() {
        assert_eq!(
            ShopId::parse(" hemu ").map(String::from),
            Ok("hemu".to_owned())
        );
        assert_eq!(ShopId::parse(""), Err(Fault::Missing));
        assert!(matches!(
            ShopId::parse("Hemu"),
            Err(Fault::Malformed { .. })
        ));
        assert!(matches!(
            ShopId::parse(&"a".repeat(64)),
            Err(Fault::TooLong { .. })
        ));
        assert!(KnowledgeId::parse("售后-01").is_ok());
        assert!(KnowledgeId::parse("a b").is_err());
        assert!(KnowledgeId::parse("export").is_err() && ProductId::parse("export").is_ok());
        assert!(ProductId::parse("..").is_err());
        assert!(AnswerId::parse("7").is_err());
    }
}
