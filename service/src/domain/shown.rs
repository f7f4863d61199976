//! Counts as they may be shown: of a few buyers only that they are few.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::fault::Locale;
use super::policy::SMALLEST_GROUP;

/// A count as it may be shown. JSON has a number, or null for a few: the
/// policy beside it says how many are few.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// So many.
    Exactly(u32),
    /// One or more, but fewer than this.
    Under(u32),
}

impl Shown {
    /// The same where groups smaller than `smallest_group` are not shown. None
    /// at all is no group.
    #[must_use]
    pub fn hidden_below(self, smallest_group: u32) -> Self {
        match self {
            Self::Exactly(count) if count == 0 || count >= smallest_group => self,
            Self::Exactly(_) | Self::Under(_) => Self::Under(smallest_group),
        }
    }

    /// The least number that it can be: to sort and draw by.
    pub fn at_least(self) -> u32 {
        match self {
            Self::Exactly(count) => count,
            Self::Under(_) => 1,
        }
    }

    /// The number, where it is shown.
    pub fn exactly(self) -> Option<u32> {
        match self {
            Self::Exactly(count) => Some(count),
            Self::Under(_) => None,
        }
    }

    /// In a sentence: `12`, `不到 5`, `fewer than 5`.
    pub fn in_words(self, locale: Locale) -> String {
        match (self, locale) {
            (Self::Exactly(count), _) => count.to_string(),
            (Self::Under(few), Locale::Chinese) => format!("不到 {few}"),
            (Self::Under(few), Locale::English) => format!("fewer than {few}"),
        }
    }
}

impl From<u32> for Shown {
    fn from(count: u32) -> Self {
        Self::Exactly(count)
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(count) => write!(formatter, "{count}"),
            Self::Under(few) => write!(formatter, "<{few}"),
        }
    }
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.exactly().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Shown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let count = Option::<u32>::deserialize(deserializer)?;
        Ok(count.map_or(Self::Under(SMALLEST_GROUP), Self::Exactly))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_told_from_none_and_from_many_and_no_more() {
        let shown = |count: u32| Shown::from(count).hidden_below(5);
        for (count, text, json) in [
            (0, "0", "0"),
            (1, "<5", "null"),
            (4, "<5", "null"),
            (5, "5", "5"),
        ] {
            assert_eq!(shown(count).to_string(), text);
            assert_eq!(serde_json::to_string(&shown(count)).expect("json"), json);
            let read: Shown = serde_json::from_str(json).expect("a count");
            assert_eq!(read.hidden_below(5), shown(count));
        }
        // Kept before, and read under a policy of larger groups.
        assert_eq!(Shown::Under(5).hidden_below(8), Shown::Under(8));
        assert_eq!(shown(3).at_least(), 1);
    }
}
