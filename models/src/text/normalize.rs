//! The `Normalized` newtype: the only form of text that the index and the classifier accept.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::lexicon;

/// Text after NFKC, lower-casing, traditional → simplified, removal of
/// platform placeholders (`[订单x]`, `#E-s[数字x]`), control and zero-width
/// characters, with runs of white space collapsed to one space.
///
/// Two texts that a reader would call the same are equal as `Normalized`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Normalized(String);

impl Normalized {
    /// Normalises `text`. Applying it twice changes nothing.
    pub fn new(text: &str) -> Self {
        let without_placeholders = remove_placeholders(text);
        let mut folded = String::with_capacity(without_placeholders.len());
        let mut pending_space = false;
        for character in without_placeholders.nfkc().flat_map(char::to_lowercase) {
            if character.is_whitespace() || character.is_control() {
                pending_space = true;
                continue;
            }
            if is_invisible(character) {
                continue;
            }
            if pending_space && !folded.is_empty() {
                folded.push(' ');
            }
            pending_space = false;
            folded.push(simplified(character));
        }
        Self(folded)
    }

    /// The normalised text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Normalized {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn simplified(character: char) -> char {
    // Most text is not Han or already simplified; the look-up is for Han only.
    if is_han(character) {
        lexicon::simplified(character)
    } else {
        character
    }
}

/// Whether `character` is a Han ideograph.
pub(crate) fn is_han(character: char) -> bool {
    matches!(character,
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{00ad}'
    )
}

/// Replaces what chat platforms put in place of private data and emoji by a
/// space: a bracketed token of at most 24 characters that ends in `x` after
/// Han (`[订单x]`), an upper-case id (`[ORDERID_10005629]`), or a known mask
/// (`[电话]`), and the emoji prefix `#E-s` before one.
fn remove_placeholders(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains('[') {
        return std::borrow::Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let after = &rest[open + 1..];
        let inside = after
            .char_indices()
            .take(25)
            .find(|&(_, character)| character == ']')
            .map(|(close, _)| &after[..close]);
        match inside {
            Some(inside) if is_placeholder(inside) => {
                let before = &rest[..open];
                kept.push_str(before.strip_suffix("#E-s").unwrap_or(before));
                kept.push(' ');
                rest = &after[inside.len() + 1..];
            }
            _ => {
                kept.push_str(&rest[..=open]);
                rest = after;
            }
        }
    }
    kept.push_str(rest);
    std::borrow::Cow::Owned(kept)
}

fn is_placeholder(inside: &str) -> bool {
    const MASKS: [&str; 12] = [
        "电话",
        "身份证",
        "银行卡",
        "邮箱",
        "微信",
        "QQ",
        "地址",
        "姓名",
        "订单号",
        "单号",
        "图片",
        "表情",
    ];
    let stem = inside.strip_suffix('x').unwrap_or("");
    (!stem.is_empty() && stem.chars().all(is_han))
        || MASKS.contains(&inside)
        || (inside.contains('_')
            && inside
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cases: &[(&str, &str)]) {
        for (raw, expected) in cases {
            let normalized = Normalized::new(raw);
            assert_eq!(normalized.as_str(), *expected, "{raw:?}");
            assert_eq!(
                Normalized::new(normalized.as_str()),
                normalized,
                "not idempotent: {raw:?}"
            );
        }
    }

    #[test]
    fn folds_width_case_script_and_space() {
        check(&[
            ("", ""),
            ("  Ｘ１－Ｐｒｏ　多少钱？ ", "x1-pro 多少钱?"),
            ("請問運費怎麼算", "请问运费怎么算"),
            ("a\u{200b}b\u{0007}c", "ab c"),
            ("①号 ㎏", "1号 kg"),
            ("\u{feff}你好", "你好"),
        ]);
    }

    #[test]
    fn removes_platform_placeholders_and_keeps_other_brackets() {
        check(&[
            ("订单[ORDERID_10005629]什么时候发", "订单 什么时候发"),
            ("好的#E-s[数字x]", "好的"),
            ("[姓名x]犬粮[数字x]kg", "犬粮 kg"),
            ("[加厚款]有货吗", "[加厚款]有货吗"),
            ("电话[电话]打不通", "电话 打不通"),
            ("[没有结尾", "[没有结尾"),
        ]);
    }
}
