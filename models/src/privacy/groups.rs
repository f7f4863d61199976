//! Digits with separators between them, as people write numbers.

use super::checks;
use super::view::{View, any_digit, arabic_digit};

/// No number of a person has more digits.
const MOST_DIGITS: usize = 32;

/// How mobile numbers are cut into groups.
pub(super) const MOBILE_SHAPES: &[&[u8]] = &[
    &[3, 4, 4],
    &[3, 8],
    &[7, 4],
    &[4, 4, 3],
    &[4, 3, 4],
    &[3, 3, 5],
    &[5, 6],
    &[3, 3, 3, 2],
    &[3, 4, 2, 2],
    &[3, 2, 2, 2, 2],
];

/// A mobile number in one piece behind its country code.
pub(super) const UNDIVIDED: &[u8] = &[11];

/// How identity numbers are cut into groups.
pub(super) const IDENTITY_SHAPES: &[&[u8]] = &[
    &[6, 8, 4],
    &[6, 4, 4, 4],
    &[6, 4, 2, 2, 4],
    &[3, 3, 4, 4, 4],
    &[14, 4],
];

/// How card numbers are cut into groups, the longer ones first.
pub(super) const CARD_SHAPES: &[&[u8]] = &[
    &[4, 4, 4, 4, 3],
    &[4, 4, 4, 4, 2],
    &[4, 4, 4, 4, 1],
    &[4, 4, 4, 4],
    &[6, 4, 4, 4, 1],
    &[6, 13],
    &[6, 10],
    &[8, 8],
    &[4, 6, 5],
];

/// How orders of Pinduoduo and Amazon are cut into groups.
pub(super) const ORDER_SHAPES: &[&[u8]] = &[&[6, 15], &[3, 7, 7]];

/// How phone numbers abroad that start with 0 are cut into groups.
pub(super) const TRUNK_SHAPES: &[&[u8]] = &[
    &[5, 6],
    &[4, 3, 4],
    &[5, 3, 3],
    &[4, 3, 3],
    &[4, 6],
    &[4, 7],
    &[3, 4, 4],
    &[3, 3, 4],
];

/// Which characters count as digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    Arabic,
    /// Also Chinese numerals and circled digits.
    Any,
}

/// At most [`MOST_DIGITS`] digits in groups; the check character `X` counts as 10.
pub(super) struct Digits {
    values: [u8; MOST_DIGITS],
    ends: [usize; MOST_DIGITS],
    len: usize,
    groups: [u8; MOST_DIGITS],
    /// The first separator after each group.
    separators: [char; MOST_DIGITS],
    group_count: usize,
}

impl Digits {
    /// Collects from `at`, over separators of one or two characters.
    pub(super) fn collect(view: &View, at: usize, script: Script) -> Self {
        let mut digits = Self {
            values: [0; MOST_DIGITS],
            ends: [0; MOST_DIGITS],
            len: 0,
            groups: [0; MOST_DIGITS],
            separators: ['\0'; MOST_DIGITS],
            group_count: 0,
        };
        let value = |at| match script {
            Script::Arabic => arabic_digit(view.at(at)),
            Script::Any => any_digit(view.at(at)),
        };
        let mut at = at;
        loop {
            let group_start = digits.len;
            while let Some(digit) = value(at).filter(|_| digits.len < MOST_DIGITS) {
                at += 1;
                digits.push(digit, at);
            }
            let is_check = matches!(view.at(at), 'X' | 'x') && digits.len == 17;
            if is_check {
                digits.push(10, at + 1);
                let stands = !view.at(at + 1).is_ascii_alphanumeric();
                if stands || checks::is_identity(digits.values(18)) {
                    at += 1;
                } else {
                    digits.len -= 1;
                }
            }
            digits.groups[digits.group_count] = (digits.len - group_start) as u8;
            digits.separators[digits.group_count] = view.at(at);
            digits.group_count += 1;
            let next = view.run(at, 2, is_separator);
            if next == at || value(next).is_none() || digits.len >= MOST_DIGITS {
                return digits;
            }
            at = next;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn group_count(&self) -> usize {
        self.group_count
    }

    /// Number of digits in the first group.
    pub(super) fn first_group(&self) -> usize {
        usize::from(self.groups[0])
    }

    /// The first `count` values, or all if there are fewer.
    pub(super) fn values(&self, count: usize) -> &[u8] {
        &self.values[..count.min(self.len)]
    }

    /// Where in the view the first `count` digits end.
    pub(super) fn end(&self, count: usize) -> usize {
        self.ends[count.clamp(1, self.len.max(1)) - 1]
    }

    /// Number of digits in the first `groups` groups.
    pub(super) fn count_through(&self, groups: usize) -> usize {
        let groups = groups.min(self.group_count);
        self.groups[..groups]
            .iter()
            .map(|count| usize::from(*count))
            .sum()
    }

    /// The values of the groups from `first` on, if they have these lengths.
    pub(super) fn shape(&self, first: usize, shape: &[u8]) -> Option<&[u8]> {
        let last = first + shape.len();
        if last > self.group_count || self.groups[first..last] != *shape {
            return None;
        }
        Some(&self.values[self.count_through(first)..self.count_through(last)])
    }

    /// Whether the first `gaps` separators are all other than a space.
    pub(super) fn joined_tightly(&self, gaps: usize) -> bool {
        self.separators[..gaps].iter().all(|c| *c != ' ')
    }

    /// Number of digits that stand alone or in pairs from the start, if that is how it starts.
    pub(super) fn singles(&self) -> Option<usize> {
        let groups = self.groups[..self.group_count].iter();
        let count = groups.take_while(|count| **count <= 2).count();
        (count >= 5).then(|| self.count_through(count))
    }

    /// Whether no digit is spelled, from where the digits start in `view`.
    pub(super) fn all_arabic(&self, view: &View, start: usize) -> bool {
        let spelled = |c: &char| any_digit(*c).is_some() && !c.is_ascii_digit();
        !view.slice(start..self.end(self.len)).iter().any(spelled)
    }

    fn push(&mut self, value: u8, end: usize) {
        self.values[self.len] = value;
        self.ends[self.len] = end;
        self.len += 1;
    }
}

/// Whether a separator and another digit follow the digits that end at `end`.
pub(super) fn continues(view: &View, end: usize) -> bool {
    let next = view.run(end, 2, is_separator);
    next > end && arabic_digit(view.at(next)).is_some()
}

fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '·' | '_' | '(' | ')')
}
