//! Times of day and dates in a clause: 16点前, 下午4点, 9:00-22:00, 晚8点半, 11月12日, 5 pm.

use super::figures::{Bound, Figure, Role, Span};
use super::numerals::numeral;
use super::units::Measure;

/// The time, the two ends of a range of times, or the date that starts at `at`.
pub(super) fn times(text: &[char], at: usize) -> Option<Vec<Figure>> {
    let is_within = at.checked_sub(1).is_some_and(|before| {
        text[before].is_ascii_alphanumeric() || matches!(text[before], '第' | ':' | '.')
    });
    if is_within {
        return None;
    }
    if let Some((value, end)) = date(text, at) {
        return Some(vec![exact(Measure::Date, value, (at, end), text)]);
    }
    let (first, end) = time(text, at)?;
    let Some((second, second_end)) = upper_end(text, end).and_then(|from| time(text, from)) else {
        return Some(vec![exact(Measure::TimeOfDay, first, (at, end), text)]);
    };
    let until = if second < first && second < 720.0 {
        second + 720.0
    } else {
        second
    };
    let mut opening = exact(Measure::TimeOfDay, first, (at, second_end), text);
    let mut closing = exact(Measure::TimeOfDay, until, (at, second_end), text);
    opening.role = Role::Start;
    closing.role = Role::End;
    Some(vec![opening, closing])
}

fn exact(measure: Measure, value: f64, (start, end): (usize, usize), text: &[char]) -> Figure {
    Figure {
        measure,
        role: role(text, start, end),
        span: Span {
            low: value,
            high: value,
            bound: Bound::Both,
            is_about: false,
        },
        start,
        end,
    }
}

/// 前, 截止 and 下班 after or before a time make it an end; 起, 后 and 上班 a start.
fn role(text: &[char], start: usize, end: usize) -> Role {
    let near: String = text[end..text.len().min(end + 8)].iter().collect();
    let near = near.trim_start();
    let before: String = text[start.saturating_sub(8)..start].iter().collect();
    let before = before.trim_end();
    let is_end = ["前", "之前", "以前", "截止", "结束", "下班"]
        .iter()
        .any(|word| near.starts_with(word))
        || [
            "到",
            "至",
            "截止",
            "截止到",
            "截至",
            "before",
            "until",
            "till",
            "by",
        ]
        .iter()
        .any(|word| before.ends_with(word));
    let is_start = ["起", "后", "之后", "以后", "开始", "上班", "开抢", "开售"]
        .iter()
        .any(|word| near.starts_with(word))
        || ["从", "自", "from", "after", "since"]
            .iter()
            .any(|word| before.ends_with(word));
    match (is_end, is_start) {
        (true, false) => Role::End,
        (false, true) => Role::Start,
        _ => Role::Plain,
    }
}

fn upper_end(text: &[char], at: usize) -> Option<usize> {
    ["-", "~", "—", "–", "到", "至", " to ", " - ", "——"]
        .iter()
        .find_map(|between| {
            let end = at + between.chars().count();
            let stands = text.get(at..end)?.iter().copied().eq(between.chars());
            stands.then_some(end)
        })
}

fn date(text: &[char], at: usize) -> Option<(f64, usize)> {
    let (month, end) = numeral(text, at)?;
    if text.get(end) != Some(&'月') || !(1.0..=12.0).contains(&month) {
        return None;
    }
    let (day, end) = numeral(text, end + 1)?;
    let end = end + usize::from(matches!(text.get(end), Some('日' | '号')));
    (1.0..=31.0)
        .contains(&day)
        .then_some((month * 100.0 + day, end))
}

/// Minutes since midnight, and where the time ends.
fn time(text: &[char], at: usize) -> Option<(f64, usize)> {
    let (part, from) = part_of_day(text, at);
    let (hour, end) = numeral(text, from)?;
    if !(0.0..=24.0).contains(&hour) || hour.fract() != 0.0 {
        return None;
    }
    let (minute, end, is_clock) = match text.get(end) {
        Some(':') => {
            let (minute, end) = numeral(text, end + 1)?;
            (minute, end, true)
        }
        Some('点') => {
            let (minute, end) = after_the_hour(text, end + 1);
            (
                minute,
                end,
                part.is_some() || end > from + 3 || is_bounded(text, end),
            )
        }
        _ => (0.0, end, false),
    };
    let (half, end) = english_half(text, end);
    if !is_clock && half.is_none() || minute >= 60.0 {
        return None;
    }
    let is_later = half == Some(Half::Later) || part == Some(Half::Later);
    let hour = match hour {
        hour if is_later && hour < 12.0 => hour + 12.0,
        // 晚上12点 is the end of the day.
        12.0 if part == Some(Half::Later) && text[at] == '晚' => 24.0,
        hour => hour,
    };
    Some((hour * 60.0 + minute, end))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Earlier,
    Later,
}

fn part_of_day(text: &[char], at: usize) -> (Option<Half>, usize) {
    const PARTS: [(&str, Half); 10] = [
        ("下午", Half::Later),
        ("晚上", Half::Later),
        ("傍晚", Half::Later),
        ("当晚", Half::Later),
        ("上午", Half::Earlier),
        ("早上", Half::Earlier),
        ("凌晨", Half::Earlier),
        ("中午", Half::Earlier),
        ("晚", Half::Later),
        ("早", Half::Earlier),
    ];
    PARTS
        .iter()
        .find_map(|&(name, half)| {
            let end = at + name.chars().count();
            let stands = text.get(at..end)?.iter().copied().eq(name.chars());
            stands.then_some((Some(half), end))
        })
        .unwrap_or((None, at))
}

fn after_the_hour(text: &[char], at: usize) -> (f64, usize) {
    if text.get(at) == Some(&'半') {
        return (30.0, at + 1);
    }
    let at = at + usize::from(text.get(at) == Some(&'钟'));
    match numeral(text, at) {
        Some((minute, end)) if text.get(end) == Some(&'分') => (minute, end + 1),
        _ => (0.0, at),
    }
}

/// 三点 may be three remarks; what follows a time of day shows that it is one.
fn is_bounded(text: &[char], at: usize) -> bool {
    text.get(at)
        .is_some_and(|next| "前后起到至之上下开截-~".contains(*next))
}

fn english_half(text: &[char], at: usize) -> (Option<Half>, usize) {
    let at_word = at + usize::from(text.get(at) == Some(&' '));
    let half = match text.get(at_word..at_word + 2) {
        Some(['a', 'm']) => Half::Earlier,
        Some(['p', 'm']) => Half::Later,
        _ => return (None, at),
    };
    let ends = text
        .get(at_word + 2)
        .is_none_or(|next| !next.is_ascii_alphanumeric());
    if ends {
        (Some(half), at_word + 2)
    } else {
        (None, at)
    }
}
