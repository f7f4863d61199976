//! The text as the matchers see it: folded characters, each with the bytes it came from.
//!
//! Folding never reorders: full-width forms become ASCII, the traditional
//! characters that cues, surnames and addresses use become simplified ones, and
//! invisible characters are left out. Placeholders, ours and the platforms', become
//! [`BARRIER`], which no matcher matches or looks across.

use std::ops::Range;
use std::sync::LazyLock;

use super::Kind;

/// Stands for every character of a placeholder or of something already found.
pub(super) const BARRIER: char = '\0';

/// Longest content of a platform's placeholder, such as `ORDERID_10005629`.
const LONGEST_PLACEHOLDER: usize = 24;

const TRADITIONAL: &str = "號樓單縣區鎮鄉電話聯繫絡貨張陳劉黃楊趙吳孫馬鄭謝韓馮鄧蕭許葉蔣蘇盧羅訂運遞證銀號戶龍萬錢莊範鄒陸韋賈鍾譚賴龔賀顧閻嚴歐陽東廣灣門寧蘭臺橋園莊開戶戀單";
const SIMPLIFIED: &str = "号楼单县区镇乡电话联系络货张陈刘黄杨赵吴孙马郑谢韩冯邓萧许叶蒋苏卢罗订运递证银号户龙万钱庄范邹陆韦贾钟谭赖龚贺顾阎严欧阳东广湾门宁兰台桥园庄开户恋单";

/// Folded characters with their place in the original.
pub(super) struct View {
    chars: Vec<char>,
    spans: Vec<(usize, usize)>,
}

impl View {
    pub(super) fn new(text: &str) -> Self {
        let mut chars = Vec::with_capacity(text.len() / 2);
        let mut spans = Vec::with_capacity(text.len() / 2);
        for (start, raw) in text.char_indices() {
            if is_invisible(raw) {
                continue;
            }
            chars.push(fold(raw));
            spans.push((start, start + raw.len_utf8()));
        }
        let mut view = Self { chars, spans };
        view.cover_placeholders();
        view
    }

    pub(super) fn len(&self) -> usize {
        self.chars.len()
    }

    /// The character at `at`, or the barrier outside of the text.
    pub(super) fn at(&self, at: usize) -> char {
        self.chars.get(at).copied().unwrap_or(BARRIER)
    }

    /// Whether the original has an ASCII character at `at`, not a full-width one.
    pub(super) fn is_ascii_at(&self, at: usize) -> bool {
        self.spans
            .get(at)
            .is_some_and(|(start, end)| end - start == 1)
    }

    /// The character before `at`, or the barrier at the start of the text.
    pub(super) fn before(&self, at: usize) -> char {
        at.checked_sub(1).map_or(BARRIER, |at| self.at(at))
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &[char] {
        self.chars.get(range).unwrap_or(&[])
    }

    /// The bytes of the original under these characters.
    pub(super) fn bytes(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.spans.get(range.start).map_or(0, |span| span.0);
        let last = range.end.saturating_sub(1);
        start..self.spans.get(last).map_or(start, |span| span.1)
    }

    /// Turns the range into a barrier.
    pub(super) fn cover(&mut self, range: Range<usize>) {
        if let Some(part) = self.chars.get_mut(range) {
            part.fill(BARRIER);
        }
    }

    /// Whether `word` stands at `at`; ASCII case is ignored.
    pub(super) fn starts(&self, at: usize, word: &str) -> bool {
        self.word_end(at, word).is_some()
    }

    /// Where `word` ends if it stands at `at`.
    pub(super) fn word_end(&self, at: usize, word: &str) -> Option<usize> {
        let mut end = at;
        for expected in word.chars() {
            if !self.at(end).eq_ignore_ascii_case(&expected) {
                return None;
            }
            end += 1;
        }
        Some(end)
    }

    /// Where `word` starts if it ends at `end`.
    pub(super) fn word_start(&self, end: usize, word: &str) -> Option<usize> {
        let start = end.checked_sub(word.chars().count())?;
        self.starts(start, word).then_some(start)
    }

    /// The first of `words` that stands at `at`, as its end.
    pub(super) fn first_word(&self, at: usize, words: &[&str]) -> Option<usize> {
        words.iter().find_map(|word| self.word_end(at, word))
    }

    /// The end of the run of characters that satisfy `accepts`, `limit` at most.
    pub(super) fn run(&self, at: usize, limit: usize, accepts: impl Fn(char) -> bool) -> usize {
        let mut end = at;
        while end < at + limit && end < self.len() && accepts(self.at(end)) {
            end += 1;
        }
        end
    }

    fn cover_placeholders(&mut self) {
        let mut open = None;
        for at in 0..self.len() {
            match self.at(at) {
                '[' => open = Some(at),
                ']' => {
                    if let Some(start) = open.take()
                        && is_placeholder(self.slice(start + 1..at))
                    {
                        self.cover(start..at + 1);
                    }
                }
                _ => {}
            }
        }
    }
}

pub(super) fn is_han(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{3007}')
        || matches!(c, '\u{20000}'..='\u{323AF}')
}

/// The value of an ASCII digit; full-width ones are folded before.
pub(super) fn arabic_digit(c: char) -> Option<u8> {
    c.is_ascii_digit().then(|| c as u8 - b'0')
}

/// The value of a digit however it is written: `8`, `八`, `捌`, `⑧`, `幺` for 1.
pub(super) fn any_digit(c: char) -> Option<u8> {
    match c {
        '0'..='9' => Some(c as u8 - b'0'),
        '零' | '〇' | '洞' | '⓪' => Some(0),
        '一' | '幺' | '壹' | '妖' | '①' => Some(1),
        '二' | '贰' | '②' => Some(2),
        '三' | '叁' | '③' => Some(3),
        '四' | '肆' | '④' => Some(4),
        '五' | '伍' | '⑤' => Some(5),
        '六' | '陆' | '⑥' => Some(6),
        '七' | '柒' | '拐' | '⑦' => Some(7),
        '八' | '捌' | '⑧' => Some(8),
        '九' | '玖' | '⑨' => Some(9),
        _ => None,
    }
}

fn is_placeholder(content: &[char]) -> bool {
    if content.is_empty() || content.len() > LONGEST_PLACEHOLDER {
        return false;
    }
    let ours = |kind: &Kind| content.iter().copied().eq(kind.label().chars());
    if Kind::ALL.iter().any(ours) {
        return true;
    }
    match content {
        [name @ .., 'x'] => !name.is_empty() && name.iter().all(|c| is_han(*c)),
        _ => {
            let mut parts = content.split(|c| *c == '_');
            let (name, number) = (parts.next(), parts.next());
            parts.next().is_none()
                && name.is_some_and(|name| name.iter().all(char::is_ascii_uppercase))
                && number.is_some_and(|n| !n.is_empty() && n.iter().all(char::is_ascii_digit))
        }
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}')
        || matches!(c, '\u{00AD}' | '\u{FE00}'..='\u{FE0F}' | '\u{20E3}')
}

fn fold(c: char) -> char {
    match c {
        '\0'..='\u{7F}' => c,
        '\u{FF01}'..='\u{FF5E}' => char::from((c as u32 - 0xFF01 + 0x21) as u8),
        '\u{A0}' | '\u{3000}' | '\u{2002}'..='\u{200A}' | '\u{202F}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE63}' => '-',
        '\u{1D7CE}'..='\u{1D7FF}' => char::from(b'0' + ((c as u32 - 0x1D7CE) % 10) as u8),
        '【' | '〔' | '「' => '(',
        '】' | '〕' | '」' => ')',
        '、' => ',',
        _ if is_han(c) => simplify(c),
        _ => c,
    }
}

fn simplify(c: char) -> char {
    static PAIRS: LazyLock<(CharSet, Vec<(char, char)>)> = LazyLock::new(|| {
        let mut pairs: Vec<_> = TRADITIONAL.chars().zip(SIMPLIFIED.chars()).collect();
        pairs.sort_unstable();
        (TRADITIONAL.chars().collect(), pairs)
    });
    let (known, pairs) = &*PAIRS;
    if !known.contains(c) {
        return c;
    }
    match pairs.binary_search_by_key(&c, |pair| pair.0) {
        Ok(found) => pairs[found].1,
        Err(_) => c,
    }
}

/// A set of characters of the basic plane that answers with one load: most characters
/// of a text are in none of the tables, and a search through a table costs more.
pub(super) struct CharSet(Vec<u64>);

impl CharSet {
    pub(super) fn contains(&self, c: char) -> bool {
        let code = c as usize;
        self.0
            .get(code / 64)
            .is_some_and(|word| word >> (code % 64) & 1 == 1)
    }
}

impl FromIterator<char> for CharSet {
    fn from_iter<T: IntoIterator<Item = char>>(chars: T) -> Self {
        let mut words = vec![0; 1 << 10];
        for c in chars {
            let code = c as usize;
            if let Some(word) = words.get_mut(code / 64) {
                *word |= 1 << (code % 64);
            }
        }
        Self(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_tables_are_of_one_length() {
        assert_eq!(TRADITIONAL.chars().count(), SIMPLIFIED.chars().count());
    }

    #[test]
    fn folds_and_keeps_offsets() {
        fn check(text: &str, folded: &str) {
            let view = View::new(text);
            assert_eq!(view.slice(0..view.len()).iter().collect::<String>(), folded);
            for at in 0..view.len() {
                let bytes = view.bytes(&(at..at + 1));
                assert_eq!(text[bytes].chars().count(), 1, "{text} at {at}");
            }
        }
        check("电话：１３８", "电话:138");
        check("電話", "电话");
        check("1\u{FE0F}\u{20E3}3\u{200B}8", "138");
        check("好[数字x]的", "好\0\0\0\0\0的");
        check("[[数字x]", "[\0\0\0\0\0");
        check("[ORDERID_10005629]", &"\0".repeat(18));
        check("[13812345678]", "[13812345678]");
        check("[呲牙]", "[呲牙]");
    }
}
