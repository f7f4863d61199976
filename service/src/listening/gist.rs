//! What an agent's answer says, as far as another can say the same: its
//! characters, its figures, and whether it is a yes or a no.

use std::collections::HashSet;

use zhiwen_models::text::Normalized;

/// Replies whose pairs of characters overlap by so much say the same
/// (Jaccard's coefficient).
const SAME: f64 = 0.5;

/// So do those of which one holds so much of the other (the overlap
/// coefficient), and is not longer than this many times the other.
const CONTAINED: f64 = 0.8;
const MOST_TIMES_LONGER: usize = 2;

/// Characters that carry no fact: 2019年的春茶 is 2019年春茶.
const PARTICLES: &str = "的了哦噢喔啊呀哈呢吧嘛啦呐滴亲您";

/// Numbers as they are written in Chinese. 一 alone is one only before a unit,
/// or behind what is numbered: it counts nothing in 一般 or 一下.
const NUMERALS: &str = "一二两三四五六七八九十百千万半";
const NUMBERED: &str = "周期第";

/// Numbers in English words, by their value from one on, and those that stand
/// for themselves. "One" is one only before a unit: it is none in "this one".
const ENGLISH_NUMBERS: [&str; 20] = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
];
const MORE_ENGLISH_NUMBERS: [&str; 10] = [
    "half", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred",
    "thousand",
];

/// What numbers count; of two that begin alike the longer comes first.
const UNITS: [&str; 46] = [
    "个月",
    "工作日",
    "小时",
    "星期",
    "礼拜",
    "分钟",
    "毫升",
    "毫米",
    "厘米",
    "公斤",
    "公里",
    "千克",
    "年",
    "月",
    "天",
    "日",
    "周",
    "秒",
    "岁",
    "元",
    "块",
    "角",
    "升",
    "克",
    "斤",
    "米",
    "寸",
    "折",
    "倍",
    "次",
    "个",
    "件",
    "条",
    "只",
    "张",
    "片",
    "支",
    "瓶",
    "包",
    "盒",
    "箱",
    "袋",
    "杯",
    "套",
    "双",
    "份",
];

/// Units that take 个 or leave it: 24个小时 is 24小时, but 3个月 is not 3月.
const UNITS_WITH_OR_WITHOUT: [&str; 4] = ["工作日", "小时", "星期", "礼拜"];

/// What "one" counts, without the s of several.
const ENGLISH_UNITS: [&str; 20] = [
    "business", "working", "calendar", "second", "minute", "hour", "day", "week", "month", "year",
    "time", "piece", "pair", "set", "pack", "box", "bottle", "cup", "litre", "liter",
];

/// Characters that join a number to the next and are no unit: 三到五天.
const JOINS: &str = "到至和与或";

/// Words that begin like a no and are none.
const NO_NEGATION: [&str; 17] = [
    "没问题",
    "没事",
    "没关系",
    "不错",
    "不过",
    "不仅",
    "不但",
    "不止",
    "不锈钢",
    "不好意思",
    "不用担心",
    "差不多",
    "无论",
    "无理由",
    "特别",
    "别的",
    "能不能",
];
const NEGATIONS: &str = "不没无未别勿";
const ENGLISH_NEGATIONS: [&str; 6] = ["not", "no", "never", "cannot", "without", "none"];

/// What says yes where no negation comes before it.
const VERDICTS: &str = "能可会有是支要";

/// The distinct pairs of neighbouring letters and digits of a text.
type Pairs = HashSet<(char, char)>;

/// What answers are compared by.
pub(super) struct Gist {
    /// How many distinct pairs of neighbouring letters and digits it has, and one more.
    pub length: usize,
    /// Those pairs, but for particles.
    pairs: Pairs,
    /// Its numbers, each with what it counts, as they come.
    figures: Vec<String>,
    /// How often it says no, and whether it does so before it says yes.
    negations: usize,
    begins_with_no: bool,
}

impl Gist {
    /// Of an answer's text.
    pub fn of(text: &Normalized) -> Self {
        let is_letter = |character: &char| character.is_alphanumeric();
        let letters: Vec<char> = text.as_str().chars().filter(is_letter).collect();
        let is_telling = |letter: &char| !PARTICLES.contains(*letter);
        let telling: Vec<char> = letters.iter().copied().filter(is_telling).collect();
        let words = text.as_str();
        let (negations, begins_with_no) = negations(words);
        Self {
            length: pairs(&letters).len() + 1,
            pairs: pairs(&telling),
            figures: figures(words),
            negations,
            begins_with_no,
        }
    }

    /// Whether two answers say the same: never where a figure or a no tells
    /// them apart, however alike they read.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let is_told_apart = self.figures != other.figures
            || self.negations != other.negations
            || self.begins_with_no != other.begins_with_no;
        if is_told_apart {
            return false;
        }
        let shared = self.shared(other);
        let (one, two) = (self.pairs.len(), other.pairs.len());
        let is_near = one.max(two) <= one.min(two) * MOST_TIMES_LONGER;
        let is_contained = is_near && shared as f64 / one.min(two).max(1) as f64 >= CONTAINED;
        is_contained || self.likeness_by(other, shared) >= SAME
    }

    /// How much of their characters is the same (Jaccard's coefficient), 0 to 1.
    pub fn likeness(&self, other: &Self) -> f64 {
        self.likeness_by(other, self.shared(other))
    }

    fn likeness_by(&self, other: &Self, shared: usize) -> f64 {
        let all = self.pairs.len() + other.pairs.len() - shared;
        shared as f64 / all.max(1) as f64
    }

    /// How many pairs both have.
    fn shared(&self, other: &Self) -> usize {
        self.pairs.intersection(&other.pairs).count()
    }

    /// How much it says, in pairs of characters.
    pub fn size(&self) -> usize {
        self.pairs.len()
    }
}

/// The numbers of a text, each with what it counts, as they come.
fn figures(text: &str) -> Vec<String> {
    let mut figures = Vec::new();
    let mut rest = text;
    let mut before = None;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(word(rest).len());
        let is_one = matches!(word, "一" | "one");
        let is_numbered = before.is_some_and(|one| NUMBERED.contains(one));
        if !is_one || is_numbered || listed_unit(after).is_some() {
            figures.extend(value(word).map(|value| value + unit(after)));
        }
        before = word.chars().next_back();
        rest = after;
    }
    figures
}

/// What a text begins with: a number, a word of Latin letters, or one other
/// character. The point of a decimal belongs to it, a full stop does not.
fn word(text: &str) -> &str {
    let Some(first) = text.chars().next() else {
        return text;
    };
    let belongs = |character: char| {
        if first.is_ascii_digit() {
            character.is_ascii_digit() || character == '.'
        } else if NUMERALS.contains(first) {
            NUMERALS.contains(character)
        } else {
            first.is_ascii_alphabetic() && character.is_ascii_alphabetic()
        }
    };
    let end = text.find(|character| !belongs(character));
    let word = &text[..end.unwrap_or(text.len()).max(first.len_utf8())];
    if first.is_ascii_digit() {
        word.trim_end_matches('.')
    } else {
        word
    }
}

/// What a number is, in digits where it is a short one: 七 is 7. `None` of
/// other words.
fn value(word: &str) -> Option<String> {
    const DIGITS: [&str; 10] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];
    let place = |words: &[&str]| words.iter().position(|one| *one == word);
    if let Some(place) = place(&DIGITS).or_else(|| place(&ENGLISH_NUMBERS)) {
        return Some((place + 1).to_string());
    }
    if word == "两" {
        return Some("2".to_owned());
    }
    let is_figure = |first: char| first.is_ascii_digit() || NUMERALS.contains(first);
    let is_number = word.starts_with(is_figure) || MORE_ENGLISH_NUMBERS.contains(&word);
    is_number.then(|| word.to_owned())
}

/// What the number before this text counts: a unit, or else the word or the
/// character that comes next; nothing where none does.
fn unit(after: &str) -> &str {
    if let Some(unit) = listed_unit(after) {
        return unit;
    }
    let after = after.strip_prefix([' ', '-']).unwrap_or(after);
    let next = word(after);
    match next.chars().next() {
        Some(first) if first.is_ascii_alphabetic() => next.trim_end_matches('s'),
        Some('%' | '°') => next,
        Some(first) if first.is_ascii() || PARTICLES.contains(first) || JOINS.contains(first) => "",
        Some(first) if first.is_alphabetic() => &after[..first.len_utf8()],
        _ => "",
    }
}

/// The unit that a text begins with.
fn listed_unit(after: &str) -> Option<&'static str> {
    let after = after.strip_prefix([' ', '-']).unwrap_or(after);
    let begins = |text: &str, units: &[&'static str]| {
        let mut units = units.iter().copied();
        units.find(|unit| text.starts_with(*unit))
    };
    let bare = after.strip_prefix('个');
    if let Some(unit) = bare.and_then(|bare| begins(bare, &UNITS_WITH_OR_WITHOUT)) {
        return Some(unit);
    }
    let english = word(after);
    let is_english = |unit: &&str| *unit == english || Some(*unit) == english.strip_suffix('s');
    let mut english_units = ENGLISH_UNITS.into_iter();
    begins(after, &UNITS).or_else(|| english_units.find(is_english))
}

/// How often a text says no, and whether it does so before it says yes.
fn negations(text: &str) -> (usize, bool) {
    let mut text = text.to_owned();
    for word in NO_NEGATION {
        text = text.replace(word, " ");
    }
    let english = text
        .split(|character: char| !character.is_ascii_alphanumeric() && !"'’".contains(character))
        .filter(|word| {
            ENGLISH_NEGATIONS.contains(word) || word.ends_with("n't") || word.ends_with("n’t")
        })
        .count();
    let chinese = text.chars().filter(|one| NEGATIONS.contains(*one)).count();
    let first = text
        .chars()
        .find(|one| NEGATIONS.contains(*one) || VERDICTS.contains(*one));
    let begins_with_no = first.is_some_and(|one| NEGATIONS.contains(one));
    (chinese + english, begins_with_no)
}

/// The distinct pairs of neighbouring characters.
fn pairs(letters: &[char]) -> Pairs {
    letters.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cases: &[(&str, &str, bool)]) {
        for (one, other, expected) in cases {
            let gist = |text: &str| Gist::of(&Normalized::new(text));
            let (one_gist, other_gist) = (gist(one), gist(other));
            assert_eq!(
                one_gist.says_the_same(&other_gist),
                *expected,
                "{one} / {other}"
            );
            assert_eq!(
                other_gist.says_the_same(&one_gist),
                *expected,
                "{other} / {one}"
            );
        }
    }

    #[test]
    fn what_differs_by_a_word_is_one_answer() {
        check(&[
            ("2019年的春茶", "2019年春茶", true),
            ("这款是2019年的春茶哦", "2019年春茶", true),
            ("是2019年春茶做的", "2019年的春茶", true),
            ("2019年的春茶", "2018年的春茶", false),
            ("支持七天无理由退货", "支持7天无理由退货的", true),
            ("拍下后48小时内发货", "拍下后24小时内发货", false),
            ("一般三天内发货", "一般两天内发货", false),
            ("壶身可以放洗碗机", "壶身不可以放洗碗机", false),
            (
                "不能洗，不过可以用布擦干净",
                "能洗，不过不可以用布擦干净",
                false,
            ),
            ("江浙沪是包邮的", "江浙沪不包邮的", false),
            ("没问题，可以开专用发票", "可以开专用发票", true),
            (
                "it fits the 500 ml cup",
                "it doesn't fit the 500 ml cup",
                false,
            ),
            ("可以免费刻字", "赠品都是随机发的", false),
        ]);
    }

    #[test]
    fn figures_tell_apart_by_what_they_count() {
        check(&[
            (
                "ships within two business days after payment",
                "ships within three business days after payment",
                false,
            ),
            (
                "we repair it for one year after delivery",
                "we repair it for one month after delivery",
                false,
            ),
            (
                "within 7 days you can return it",
                "within seven days you can return it",
                true,
            ),
            ("this one fits the lid", "this one fits the lids", true),
            ("整机质保三年", "整机质保三个月", false),
            ("拍下后24小时内发货", "拍下后24天内发货", false),
            ("拍下后24小时内发货", "拍下后24个小时内发货", true),
            ("整机保修一年", "整机保修一个月", false),
            ("一般周一统一发货", "一般周日统一发货", false),
            ("容量是1.5升的", "容量是5.1升的", false),
            ("容量是1.5升的", "容量是1.5升", true),
            ("尺寸是长20宽30", "尺寸是长30宽20", false),
        ]);
        let figures_of = |text: &str| figures(Normalized::new(text).as_str());
        assert_eq!(
            figures_of("一般两到三天，1.5 L 的 20%。第一次 5 元一个."),
            ["2", "3天", "1.5l", "20%", "1次", "5元", "1个"]
        );
    }
}
