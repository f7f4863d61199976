//! Figures with their unit in a clause: what they measure, between what they lie, and what part they play.

use super::calendar;
use super::numerals::numeral;
use super::units::{Measure, Unit, unit};

/// A figure of a clause.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figure {
    /// What it measures.
    pub measure: Measure,
    /// What part it plays in its clause.
    pub role: Role,
    /// Between what it lies.
    pub span: Span,
    /// Where it stands in the clause's characters.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// What part a figure plays; figures are compared within one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Role {
    /// None that is told.
    Plain,
    /// What must be reached: 满59元.
    Threshold,
    /// What is taken off: 减20.
    Reduction,
    /// When something begins.
    Start,
    /// When something ends, or the latest time for it.
    End,
}

/// Between what a figure lies, in its measure's base unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    /// The least.
    pub low: f64,
    /// The most.
    pub high: f64,
    /// Which end is promised.
    pub bound: Bound,
    /// Whether it is said to be about that.
    pub is_about: bool,
}

/// Which end of a span is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// Both.
    Both,
    /// At most so much.
    Upper,
    /// At least so much.
    Lower,
}

impl Span {
    /// Whether both can be true of one thing.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        if self.bound == other.bound && self.bound != Bound::Both {
            return near(self.limit(), other.limit(), self.slack(other));
        }
        let slack = self.slack(other);
        self.low <= other.high * (1.0 + slack) && other.low <= self.high * (1.0 + slack)
    }

    /// Whether both say the same, also where one gives a range.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        near(self.limit(), other.limit(), 0.015)
    }

    fn limit(&self) -> f64 {
        match self.bound {
            Bound::Lower => self.low,
            Bound::Upper | Bound::Both => self.high,
        }
    }

    /// Rounding, a month of 30 days against a year of 365, and what "about" allows.
    fn slack(&self, other: &Self) -> f64 {
        if self.is_about || other.is_about {
            0.15
        } else {
            0.015
        }
    }
}

fn near(one: f64, other: f64, slack: f64) -> bool {
    (one - other).abs() <= slack * one.abs().max(other.abs())
}

/// The figures of a clause, in order.
pub(super) fn figures(text: &[char]) -> Vec<Figure> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        if let Some(times) = calendar::times(text, at) {
            at = times.last().map_or(at + 1, |last| last.end);
            found.extend(times);
            continue;
        }
        if let Some(figure) = figure(text, at) {
            at = figure.end;
            found.push(figure);
            continue;
        }
        // A number without a unit is passed whole, lest its end is taken for another.
        at = numeral(text, at).map_or(at + 1, |(_, end)| end.max(at + 1));
    }
    found
}

fn figure(text: &[char], at: usize) -> Option<Figure> {
    if !may_start(text, at) {
        return None;
    }
    let sign = at.checked_sub(1).map(|before| text[before]);
    let (first, after_first) = numeral(text, at)?;
    let first_unit = unit(text, skip_space(text, after_first));
    let mut end = first_unit.map_or(after_first, |(_, end)| end);
    let mut last = first;
    let mut found = first_unit.map(|(unit, _)| unit);
    if let Some((second, after_second)) = second_of_range(text, end) {
        let second_unit = unit(text, skip_space(text, after_second));
        let is_one_measure = match (found, second_unit) {
            (Some(one), Some((other, _))) => one.measure == other.measure,
            (None, Some(_)) => true,
            (_, None) => false,
        };
        if let (true, Some((unit, unit_end))) = (is_one_measure, second_unit) {
            // Of 3-5天 the first has no unit of its own.
            last = second * unit.size / found.map_or(unit.size, |own| own.size);
            found = found.or(Some(unit));
            end = unit_end;
        }
    }
    if is_crossed(text.get(end)) {
        return None;
    }
    let before = before(text, at);
    let (unit, end) = match found {
        Some(unit) => (unit, end),
        None => by_sign(text, (at, end), sign, &before)?,
    };
    // 一件, 一份: an article rather than a number.
    let is_article = matches!(unit.measure, Measure::Count(_)) && text[at] == '一' && end == at + 2;
    if is_article || first > 1_900.0 && unit.size == 24.0 * 365.0 {
        return None;
    }
    Some(finish(text, (at, end), unit, (first, last)))
}

/// Whether a number may start here: not within a word, another number, a
/// model's name, 第三 or 2×3.
fn may_start(text: &[char], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|before| text[before]) else {
        return true;
    };
    if before.is_ascii_alphabetic() {
        return before == 'b' && at >= 3 && text[at - 3..at] == ['r', 'm', 'b'];
    }
    let is_part = before.is_ascii_digit()
        || before == '.' && at >= 2 && text[at - 2].is_ascii_digit()
        || before == '-' && at >= 2 && text[at - 2].is_ascii_alphanumeric();
    !is_part && before != '第' && before != '几' && !is_crossed(Some(&before))
}

fn is_crossed(character: Option<&char>) -> bool {
    matches!(character, Some('×' | '*' | 'x'))
}

fn skip_space(text: &[char], at: usize) -> usize {
    at + usize::from(matches!(text.get(at), Some(' ' | '-')))
}

fn second_of_range(text: &[char], at: usize) -> Option<(f64, usize)> {
    const BETWEEN: [&str; 9] = ["-", "~", "—", "–", "到", "至", " to ", " - ", " or "];
    BETWEEN.iter().find_map(|between| {
        let end = at + between.chars().count();
        let stands = text.get(at..end)?.iter().copied().eq(between.chars());
        stands.then(|| numeral(text, end)).flatten()
    })
}

/// What a number without a unit counts: by a sign before it, by 折 after it,
/// or as money where it is what must be reached or is taken off.
fn by_sign(
    text: &[char],
    (at, end): (usize, usize),
    sign: Option<char>,
    before: &str,
) -> Option<(Unit, usize)> {
    let plain = |measure| Unit {
        measure,
        size: 1.0,
        is_working_days: false,
    };
    if text.get(end) == Some(&'折') {
        return Some((plain(Measure::Discount), end + 1));
    }
    let by_sign = match sign {
        Some('¥' | '￥') => Some(Measure::Yuan),
        Some('$') => Some(Measure::Dollar),
        Some('€') => Some(Measure::Euro),
        Some('£') => Some(Measure::Pound),
        _ if before.ends_with("rmb") => Some(Measure::Yuan),
        _ => None,
    };
    let is_bare = text[at].is_ascii_digit()
        && (before.ends_with('满')
            || ["减", "立减", "减免"]
                .iter()
                .any(|word| before.ends_with(word)))
        && text
            .get(end)
            .is_none_or(|next| "减包免送打可享起就的".contains(*next));
    by_sign
        .or(is_bare.then_some(Measure::Yuan))
        .map(|measure| (plain(measure), end))
}

/// Up to 12 characters before `at`, without a currency's sign.
fn before(text: &[char], at: usize) -> String {
    let signs = ['¥', '￥', '$', '€', '£', ' '];
    let text: String = text[at.saturating_sub(14)..at].iter().collect();
    text.trim_end_matches(signs).to_owned()
}

fn after(text: &[char], end: usize) -> String {
    let text: String = text[end..text.len().min(end + 12)].iter().collect();
    text.trim_start().to_owned()
}

fn finish(
    text: &[char],
    (start, end): (usize, usize),
    unit: Unit,
    (first, last): (f64, f64),
) -> Figure {
    let (before, after) = (before(text, start), after(text, end));
    let mut measure = unit.measure;
    let (mut low, mut high) = (first.min(last) * unit.size, first.max(last) * unit.size);
    if measure == Measure::Duration && after.starts_with('半') && text[start] != '半' {
        (low, high) = (low + unit.size / 2.0, high + unit.size / 2.0);
    }
    if measure == Measure::Discount {
        // 八折 and 8.5折 are tenths of the price, 八五折 and 85折 hundredths.
        let off = |paid: f64| {
            if paid < 10.0 {
                100.0 - paid * 10.0
            } else {
                100.0 - paid
            }
        };
        (low, high) = (off(last.max(first)), off(last.min(first)));
    }
    if measure == Measure::Percent && is_off(&before, &after) {
        measure = Measure::Discount;
    }
    if unit.is_working_days {
        // So many working days may be that many days, or have weekends between.
        high = high * 7.0 / 5.0 + 2.0 * 24.0;
    }
    let is_about = ["约", "大概", "about", "around", "approximately", "roughly"]
        .iter()
        .any(|word| before.ends_with(word))
        || after.starts_with("左右");
    let bound = bound(&before, &after);
    match bound {
        Bound::Upper if low == high || unit.is_working_days => low = 0.0,
        Bound::Lower => high = f64::INFINITY,
        Bound::Upper | Bound::Both => {}
    }
    Figure {
        measure,
        role: role(measure, &before, &after),
        span: Span {
            low,
            high,
            bound,
            is_about,
        },
        start,
        end,
    }
}

fn is_off(before: &str, after: &str) -> bool {
    after.starts_with("off")
        || after.starts_with("discount")
        || ["优惠", "减", "立减", "便宜", "save", "discount of"]
            .iter()
            .any(|word| before.ends_with(word))
}

fn bound(before: &str, after: &str) -> Bound {
    const AT_MOST: [&str; 12] = [
        "不超过",
        "最多",
        "最长",
        "最晚",
        "最迟",
        "不高于",
        "within",
        "up to",
        "no more than",
        "at most",
        "no longer than",
        "not exceed",
    ];
    const AT_LEAST: [&str; 8] = [
        "至少",
        "最少",
        "超过",
        "不低于",
        "不少于",
        "at least",
        "more than",
        "longer than",
    ];
    let said = |words: &[&str]| words.iter().any(|word| before.ends_with(word));
    if said(&AT_MOST)
        || ["内", "以内", "之内", "以下"]
            .iter()
            .any(|word| after.starts_with(word))
    {
        Bound::Upper
    } else if said(&AT_LEAST) || after.starts_with("以上") {
        Bound::Lower
    } else {
        Bound::Both
    }
}

fn role(measure: Measure, before: &str, after: &str) -> Role {
    let is_amount = matches!(
        measure,
        Measure::Yuan | Measure::Dollar | Measure::Euro | Measure::Pound | Measure::Count(_)
    );
    let ends = |words: &[&str]| words.iter().any(|word| before.ends_with(word));
    if !is_amount {
        Role::Plain
    } else if ends(&[
        "满",
        "满足",
        "达到",
        "凑够",
        "凑过",
        "凑满",
        "超过",
        "over",
        "above",
        "of at least",
        "spend",
    ]) || after.starts_with('起')
        || after.starts_with("以上")
        || after.starts_with("or more")
    {
        Role::Threshold
    } else if ends(&["减", "立减", "减免", "抵扣", "优惠", "便宜", "返"])
        || after.starts_with("off")
    {
        Role::Reduction
    } else {
        Role::Plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "measure low..high" of each figure.
    fn read(text: &str) -> Vec<String> {
        let folded: Vec<char> = text.to_lowercase().chars().collect();
        let figures = figures(&folded).into_iter();
        figures
            .map(|figure| {
                let (low, high) = (figure.span.low, figure.span.high);
                format!("{:?} {:?} {low}..{high}", figure.measure, figure.role)
            })
            .collect()
    }

    #[test]
    fn one_quantity_in_many_spellings_is_one_figure() {
        for text in [
            "7天内",
            "七天内",
            "一周内",
            "within 7 days",
            "within a week",
        ] {
            assert_eq!(read(text), ["Duration Plain 0..168"], "{text}");
        }
        for text in ["打八折", "打8折", "打80折", "20% off", "立减20%"] {
            assert_eq!(read(text), ["Discount Plain 20..20"], "{text}");
        }
        for text in ["¥59", "59元", "59块钱", "59 rmb"] {
            assert_eq!(read(text), ["Yuan Plain 59..59"], "{text}");
        }
        for text in ["2kg", "4斤", "2公斤", "2000克"] {
            assert_eq!(read(text), ["Mass Plain 2000..2000"], "{text}");
        }
        for text in ["下午4点前", "16点前", "16:00前"] {
            assert_eq!(read(text), ["TimeOfDay End 960..960"], "{text}");
        }
    }

    #[test]
    fn ranges_bounds_and_parts_are_kept() {
        for (text, expected) in [
            ("3-5天", "Duration Plain 72..120"),
            ("三到五天", "Duration Plain 72..120"),
            ("至少3天", "Duration Plain 72..inf"),
            ("两年半", "Duration Plain 21900..21900"),
            ("满199", "Yuan Threshold 199..199"),
            ("满20件", "Count(\"件\") Threshold 20..20"),
            ("11月12日前", "Date End 1112..1112"),
        ] {
            assert_eq!(read(text), [expected], "{text}");
        }
        assert_eq!(
            read("9:00-22:00"),
            ["TimeOfDay Start 540..540", "TimeOfDay End 1320..1320"]
        );
    }

    #[test]
    fn what_is_no_figure_is_left_alone() {
        for text in [
            "第3天",
            "K2",
            "2026年",
            "一件代发",
            "便宜一点",
            "30x60cm",
            "有3点说明",
            "7*24小时",
        ] {
            assert_eq!(read(text), Vec::<String>::new(), "{text}");
        }
    }
}
