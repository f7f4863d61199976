//! Values with `*` for any characters, compared without regard to letter case.

use std::fmt;

use serde::Deserialize;

/// A value, or what it begins, ends or is interrupted with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Pattern {
    /// What stands between the stars, in lower case.
    parts: Vec<String>,
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        let parts = text.trim().to_lowercase();
        Self {
            parts: parts.split('*').map(str::to_owned).collect(),
        }
    }
}

impl Pattern {
    /// Whether `value`, trimmed and in lower case, is of this pattern.
    pub fn is_of(&self, value: &str) -> bool {
        let (Some(first), Some(last)) = (self.parts.first(), self.parts.last()) else {
            return false;
        };
        if self.parts.len() == 1 {
            return value == first;
        }
        let Some(mut rest) = value.strip_prefix(first.as_str()) else {
            return false;
        };
        for part in &self.parts[1..self.parts.len() - 1] {
            match rest.find(part.as_str()) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last.as_str())
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.parts.join("*"))
    }
}

/// Whether `value` is of any of the patterns.
pub fn is_any(patterns: &[Pattern], value: &str) -> bool {
    let value = value.trim().to_lowercase();
    patterns.iter().any(|pattern| pattern.is_of(&value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, value, expected) in [
            ("买家", " 买家 ", true),
            ("买家", "买家秀", false),
            ("Buyer", "BUYER", true),
            ("禾木旗舰店:*", "禾木旗舰店:小美", true),
            ("禾木旗舰店:*", "禾木旗舰店", false),
            ("*旗舰店", "禾木旗舰店", true),
            ("[图片]*", "[图片] 12.jpg", true),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("ab*ba", "aba", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
        ] {
            let patterns = [Pattern::from(pattern.to_owned())];
            assert_eq!(is_any(&patterns, value), expected, "{pattern} {value}");
            assert_eq!(patterns[0].to_string(), pattern.to_lowercase());
        }
    }
}
