//! What an agent's answer says, as far as another can say the same: its
//! characters, its figures, and whether it is a yes or a no.

use std::collections::{BTreeSet, HashSet};

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

/// Figures as they are written, but for 一, which counts nothing in 一般 or 一下.
const FIGURES: &str = "0123456789二两三四五六七八九十百千万半";

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
    figures: BTreeSet<String>,
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
            figures: words
                .split(|character: char| !FIGURES.contains(character))
                .filter(|figure| !figure.is_empty())
                .map(|figure| figure.chars().map(as_digit).collect())
                .collect(),
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
        let (one, two) = (self.pairs.len(), other.pairs.len());
        let shared = self.pairs.intersection(&other.pairs).count() as f64;
        let is_near = one.max(two) <= one.min(two) * MOST_TIMES_LONGER;
        let is_contained = is_near && shared / one.min(two).max(1) as f64 >= CONTAINED;
        !is_told_apart && (self.likeness(other) >= SAME || is_contained)
    }

    /// How much of their characters is the same (Jaccard's coefficient), 0 to 1.
    pub fn likeness(&self, other: &Self) -> f64 {
        let shared = self.pairs.intersection(&other.pairs).count();
        let all = self.pairs.len() + other.pairs.len() - shared;
        shared as f64 / all.max(1) as f64
    }

    /// How much it says, in pairs of characters.
    pub fn size(&self) -> usize {
        self.pairs.len()
    }
}

/// A figure of one character as a digit: 七天 is 7天.
fn as_digit(character: char) -> char {
    let digits = ['二', '三', '四', '五', '六', '七', '八', '九'];
    let place = digits.iter().position(|digit| *digit == character);
    let value = if character == '两' {
        Some(2)
    } else {
        place.and_then(|place| u32::try_from(place + 2).ok())
    };
    let digit = value.and_then(|value| char::from_digit(value, 10));
    digit.unwrap_or(character)
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

    #[test]
    fn what_differs_by_a_word_is_one_answer() {
        let gist = |text: &str| Gist::of(&Normalized::new(text));
        for (one, other, expected) in [
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
        ] {
            let (one_gist, other_gist) = (gist(one), gist(other));
            assert_eq!(
                one_gist.says_the_same(&other_gist),
                expected,
                "{one} / {other}"
            );
            assert_eq!(
                other_gist.says_the_same(&one_gist),
                expected,
                "{other} / {one}"
            );
        }
    }
}
