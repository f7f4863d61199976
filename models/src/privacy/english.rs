//! English postal addresses: `221B Baker Street, London NW1 6XE`.

use super::view::View;
use super::{Hit, Kind};

/// Street words that are written out; they also count in lower case.
const STREETS: &[&str] = &[
    "street",
    "road",
    "avenue",
    "lane",
    "boulevard",
    "highway",
    "parkway",
];

/// Street words that count only with a capital, as they mean other things too.
const SHORT_STREETS: &[&str] = &[
    "St", "Rd", "Ave", "Ln", "Blvd", "Hwy", "Pkwy", "Dr", "Drive", "Ct", "Court", "Pl", "Place",
    "Sq", "Square", "Way", "Terrace", "Ter", "Close", "Crescent", "Circle", "Cir", "Trail", "Row",
    "Mews", "Gardens", "Grove", "Hill", "Walk", "Broadway", "Loop", "Alley", "Plaza", "Quay",
];

/// Words that stand in no street's name.
const NOT_IN_A_NAME: &[&str] = &[
    "days", "day", "hours", "hour", "weeks", "minutes", "items", "pieces", "pcs", "times", "on",
    "in", "at", "to", "for", "from", "is", "was", "and", "or", "per", "by", "my", "your", "this",
    "with", "cm", "mm", "ml", "kg", "usd", "off", "people", "years", "than", "that", "it",
];

const UNITS: &[&str] = &[
    "apartment",
    "apt",
    "suite",
    "unit",
    "flat",
    "studio",
    "room",
    "floor",
    "ste",
    "#",
];

const MOST_NAME_WORDS: usize = 4;
const LONGEST_WORD: usize = 20;

/// The address that starts with a number or a unit at `at`, the start of a word.
pub(super) fn find_at(view: &View, at: usize) -> Option<Hit> {
    if let Some(end) = post_office_box(view, at) {
        return Some(Hit::new(Kind::Address, at..tail(view, end).end));
    }
    let unit = unit_end(view, at).filter(|_| view.at(at).is_ascii_alphabetic());
    let start = unit.map_or(at, |end| view.run(end, 2, is_gap));
    let end = match street_end(view, start) {
        Some(end) => tail(view, end).end,
        None => coded_end(view, unit.or_else(|| house_end(view, at))?)?,
    };
    Some(Hit::new(Kind::Address, at..end))
}

/// House number, name, street word.
fn street_end(view: &View, at: usize) -> Option<usize> {
    let mut end = house_end(view, at)?;
    if view.at(end) == '-' {
        end = view.run(end + 1, 4, |c| c.is_ascii_alphanumeric());
    }
    let mut all_capital = true;
    for words in 0..=MOST_NAME_WORDS {
        let start = view.run(end, 2, |c| matches!(c, ' ' | ','));
        let word_end = word_end(view, start);
        if start == end || word_end == start {
            return None;
        }
        let is = |word: &&str| view.word_end(start, word) == Some(word_end);
        if words > 0 && STREETS.iter().any(is) {
            return Some(direction_end(view, word_end));
        }
        let is_capital = view.at(start).is_ascii_uppercase();
        if words > 0 && all_capital && is_capital && SHORT_STREETS.iter().any(is) {
            return Some(direction_end(view, view.run(word_end, 1, |c| c == '.')));
        }
        if NOT_IN_A_NAME.iter().any(is) {
            return None;
        }
        all_capital &= is_capital || view.at(start).is_ascii_digit();
        end = view.run(word_end, 1, |c| c == '.');
    }
    None
}

/// Capitalised words behind a house number or a unit that a postcode makes an address,
/// whatever word the street's name ends in.
fn coded_end(view: &View, at: usize) -> Option<usize> {
    let mut end = at;
    for _ in 0..MOST_NAME_WORDS {
        let start = view.run(end, 2, |c| matches!(c, ' ' | ','));
        let next = word_end(view, start);
        if start == end || next == start || !view.at(start).is_ascii_uppercase() {
            return None;
        }
        let tail = tail(view, next);
        if tail.has_code {
            return Some(tail.end);
        }
        end = next;
    }
    None
}

/// What follows a street.
struct Tail {
    end: usize,
    /// Whether a state with its code or a British postcode is in it.
    has_code: bool,
}

/// Unit, town, state, code and country behind the street.
fn tail(view: &View, end: usize) -> Tail {
    let mut tail = Tail {
        end,
        has_code: false,
    };
    for _ in 0..8 {
        let at = view.run(tail.end, 3, is_gap);
        let is_bare = view.at(at).is_ascii_digit();
        let coded = postcode_end(view, at).or_else(|| state_end(view, at));
        let next = unit_end(view, at)
            .or(coded)
            .or_else(|| town_end(view, tail.end, at));
        match next {
            Some(next) if at > tail.end => {
                let has_digit = view.slice(at..next).iter().any(char::is_ascii_digit);
                tail.has_code |= !is_bare && coded == Some(next) && has_digit;
                tail.end = next;
            }
            _ => break,
        }
    }
    tail
}

fn house_end(view: &View, at: usize) -> Option<usize> {
    let end = view.run(at, 6, |c| c.is_ascii_digit());
    let is_number = (1..=5).contains(&(end - at));
    is_number.then(|| view.run(end, 1, |c| c.is_ascii_alphabetic()))
}

fn post_office_box(view: &View, at: usize) -> Option<usize> {
    let end = view.first_word(at, &["PO Box ", "P.O. Box ", "P.O.Box "])?;
    let last = view.run(end, 7, |c| c.is_ascii_digit());
    (last > end).then_some(last)
}

fn unit_end(view: &View, at: usize) -> Option<usize> {
    let word = view.first_word(at, UNITS)?;
    let start = view.run(word, 2, |c| matches!(c, ' ' | '.'));
    let end = view.run(start, 6, |c| c.is_ascii_alphanumeric() || c == '-');
    let separate = start > word || view.at(at) == '#' || view.at(start).is_ascii_digit();
    let numbered = view.slice(start..end).iter().any(char::is_ascii_digit) || end == start + 1;
    (separate && numbered).then_some(end)
}

/// A United States ZIP code or a British postcode.
fn postcode_end(view: &View, at: usize) -> Option<usize> {
    let digits = view.run(at, 6, |c| c.is_ascii_digit());
    if digits - at == 5 {
        let plus = view.run(digits + 1, 5, |c| c.is_ascii_digit());
        let extended = view.at(digits) == '-' && plus - digits == 5;
        return Some(if extended { plus } else { digits });
    }
    let outward = view.run(at, 5, |c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let inward = view.run(outward, 1, |c| c == ' ');
    let end = view.run(inward, 4, |c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let is_outward = (2..=4).contains(&(outward - at))
        && view.at(at).is_ascii_uppercase()
        && view.slice(at..outward).iter().any(char::is_ascii_digit);
    let is_inward = end - inward == 3 && view.at(inward).is_ascii_digit();
    (is_outward && is_inward).then_some(end)
}

/// Two capitals and a code: `CA 94043`.
fn state_end(view: &View, at: usize) -> Option<usize> {
    let letters = view.run(at, 3, |c| c.is_ascii_uppercase());
    let code = view.run(letters, 2, is_gap);
    if letters - at != 2 || view.at(letters).is_ascii_alphanumeric() {
        return None;
    }
    Some(postcode_end(view, code).unwrap_or(letters))
}

/// Up to three capitalised words, directly behind a comma or a line's end, or before a code.
fn town_end(view: &View, previous: usize, at: usize) -> Option<usize> {
    let mut end = at;
    for _ in 0..3 {
        let start = if end == at {
            at
        } else {
            view.run(end, 1, |c| c == ' ')
        };
        let next = word_end(view, start);
        let is_name = next > start + 1 && view.at(start).is_ascii_uppercase();
        let is_code = state_end(view, start).is_some() || postcode_end(view, start).is_some();
        if !is_name || (is_code && end > at) {
            break;
        }
        end = next;
    }
    let listed = view
        .slice(previous..at)
        .iter()
        .any(|c| matches!(c, ',' | '\n'));
    let after = view.run(end, 2, is_gap);
    let coded = state_end(view, after).is_some() || postcode_end(view, after).is_some();
    (end > at && (listed || coded)).then_some(end)
}

fn direction_end(view: &View, end: usize) -> usize {
    let start = view.run(end, 1, |c| c == ' ');
    let last = word_end(view, start);
    let word: String = view.slice(start..last).iter().collect();
    let is_direction = matches!(
        word.as_str(),
        "N" | "S" | "E" | "W" | "NE" | "NW" | "SE" | "SW"
    ) || matches!(word.as_str(), "North" | "South" | "East" | "West");
    // NW1 begins a British postcode.
    if is_direction && !view.at(last).is_ascii_digit() {
        last
    } else {
        end
    }
}

fn word_end(view: &View, at: usize) -> usize {
    let end = view.run(at, LONGEST_WORD, |c| {
        c.is_ascii_alphanumeric() || matches!(c, '\'' | '-')
    });
    if view.at(end).is_ascii_alphanumeric() {
        at
    } else {
        end
    }
}

fn is_gap(c: char) -> bool {
    matches!(c, ' ' | ',' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use crate::privacy::mask;

    fn check(text: &str, expected: &str) {
        assert_eq!(mask(text).as_str(), expected, "{text}");
    }

    #[test]
    fn masks_addresses_whole() {
        for address in [
            "221B Baker Street, London NW1 6XE",
            "1600 Amphitheatre Parkway, Mountain View, CA 94043",
            "Flat 3, 12 High Street, Oxford OX1 4AB",
            "350 Fifth Ave Apt 21, New York, NY 10118-0110",
            "4 Privet Drive",
            "12 main road",
            "PO Box 1234, Springfield, IL 62701",
            "278 Ball Fort, Lake Iain CO5 2JT",
            "825 Garrett Circles, Port Taylorside, IN 25633",
        ] {
            check(
                &format!("Ship it to {address}, please."),
                "Ship it to [地址], please.",
            );
            check(&format!("寄到{address}"), "寄到[地址]");
        }
    }

    #[test]
    fn leaves_other_numbers_and_words() {
        for text in [
            "I waited 3 days on the street",
            "2 way radio",
            "a 5 star place",
            "it took 10 minutes to drive",
            "the 3 main courts are closed",
            "2 Apple Watches, Black",
        ] {
            check(text, text);
        }
    }
}
