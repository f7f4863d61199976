//! Numbers as people write them: 3, 1,099, 1.5, 三十五, 两, 八五, 半, 2万, twelve.

/// A number and where it ends.
pub(super) type Numeral = (f64, usize);

/// The number that starts at `at` of folded `text`.
pub(super) fn numeral(text: &[char], at: usize) -> Option<Numeral> {
    let first = *text.get(at)?;
    if first.is_ascii_digit() {
        digits(text, at)
    } else if chinese_digit(first).is_some() || chinese_unit(first).is_some() || first == '半' {
        chinese(text, at)
    } else {
        english(text, at)
    }
}

fn digits(text: &[char], at: usize) -> Option<Numeral> {
    let mut written = String::new();
    let mut end = at;
    let is_digit = |at: usize| text.get(at).is_some_and(char::is_ascii_digit);
    while let Some(&character) = text.get(end) {
        match character {
            '0'..='9' => written.push(character),
            '.' if is_digit(end + 1) && !written.contains('.') => written.push('.'),
            ',' if (1..=3).all(|next| is_digit(end + next)) && !is_digit(end + 4) => {}
            _ => break,
        }
        end += 1;
    }
    let value: f64 = written.parse().ok()?;
    match text.get(end) {
        Some('万') => Some((value * 10_000.0, end + 1)),
        Some('千')
            if text
                .get(end + 1)
                .is_none_or(|next| !"克瓦米".contains(*next)) =>
        {
            Some((value * 1_000.0, end + 1))
        }
        _ => Some((value, end)),
    }
}

fn chinese_digit(character: char) -> Option<f64> {
    let value = "零一二三四五六七八九"
        .chars()
        .position(|digit| digit == character)
        .or(match character {
            '〇' => Some(0),
            '两' => Some(2),
            _ => None,
        })?;
    u32::try_from(value).ok().map(f64::from)
}

fn chinese_unit(character: char) -> Option<f64> {
    match character {
        '十' => Some(10.0),
        '百' => Some(100.0),
        '千' => Some(1_000.0),
        '万' => Some(10_000.0),
        _ => None,
    }
}

/// Digits and units; digits alone are read one by one (八五 is 85).
fn chinese(text: &[char], at: usize) -> Option<Numeral> {
    if text.get(at) == Some(&'半') {
        return Some((0.5, at + 1));
    }
    let (mut total, mut digit, mut end) = (0.0, None, at);
    while let Some(&character) = text.get(end) {
        if let Some(value) = chinese_digit(character) {
            digit = Some(digit.unwrap_or(0.0) * 10.0 + value);
        } else if let Some(unit) = chinese_unit(character) {
            // 千克, 千瓦 and 千米 are units of their own.
            if end > at
                && unit == 1_000.0
                && text
                    .get(end + 1)
                    .is_some_and(|next| "克瓦米".contains(*next))
            {
                break;
            }
            total += digit.take().unwrap_or(1.0) * unit;
        } else {
            break;
        }
        end += 1;
    }
    Some((total + digit.unwrap_or(0.0), end))
}

const WORDS: [(&str, f64); 20] = [
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("eleven", 11.0),
    ("twelve", 12.0),
    ("fifteen", 15.0),
    ("twenty", 20.0),
    ("thirty", 30.0),
    ("sixty", 60.0),
    ("ninety", 90.0),
    ("half a", 0.5),
    ("half an", 0.5),
    ("fourteen", 14.0),
];

fn english(text: &[char], at: usize) -> Option<Numeral> {
    let starts_a_word = at
        .checked_sub(1)
        .is_none_or(|before| !text[before].is_ascii_alphanumeric());
    if !text.get(at)?.is_ascii_alphabetic() || !starts_a_word {
        return None;
    }
    if let Some(end) = article(text, at) {
        return Some((1.0, end));
    }
    WORDS.iter().find_map(|&(word, value)| {
        let end = at + word.len();
        let stands = text.get(at..end)?.iter().copied().eq(word.chars())
            && text.get(end).is_some_and(|next| matches!(next, ' ' | '-'));
        stands.then_some((value, end))
    })
}

/// The end of "a" or "an" where it counts: within a week, but not once a week.
fn article(text: &[char], at: usize) -> Option<usize> {
    const BEFORE: [&str; 8] = [
        "within ", "in ", "for ", "about ", "around ", "after ", "than ", "to ",
    ];
    let end = at
        + text[at..]
            .iter()
            .take_while(|one| one.is_ascii_alphabetic())
            .count();
    let is_article = matches!(text[at..end], ['a'] | ['a', 'n']) && text.get(end) == Some(&' ');
    let before: String = text[at.saturating_sub(7)..at].iter().collect();
    let counts = BEFORE.iter().any(|word| before.ends_with(word));
    (is_article && counts).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_as_people_write_them() {
        for (text, value, length) in [
            ("48小时", 48.0, 2),
            ("1,099元", 1099.0, 5),
            ("1.5升", 1.5, 3),
            ("十五天", 15.0, 2),
            ("三十五", 35.0, 3),
            ("一百二十天", 120.0, 4),
            ("八五折", 85.0, 2),
            ("两万", 20_000.0, 2),
            ("2万毫安", 20_000.0, 2),
            ("3千克", 3.0, 1),
            ("半天", 0.5, 1),
            ("twelve months", 12.0, 6),
            ("two-year", 2.0, 3),
        ] {
            let characters: Vec<char> = text.chars().collect();
            assert_eq!(numeral(&characters, 0), Some((value, length)), "{text}");
        }
        for text in ["often", "天", "", "tenth"] {
            let characters: Vec<char> = text.chars().collect();
            assert_eq!(numeral(&characters, 0), None, "{text}");
        }
    }
}
