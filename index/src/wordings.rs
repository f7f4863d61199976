//! Each wording of an item as a set of term hashes, kept beside the item, for
//! comparing a question with the one wording that it is closest to.

use zhiwen_models::text::{Normalized, TermKind, visit_terms};

/// How much a term of each kind counts. Pairs of Han characters overlap with
/// their characters; .7 for them was best on questions of the same meaning.
pub(crate) fn kind_weight(kind: TermKind) -> f32 {
    match kind {
        TermKind::HanPair => 0.7,
        TermKind::Part => 0.5,
        TermKind::HanCharacter | TermKind::Word | TermKind::Whole => 1.0,
    }
}

/// A term's hash with its kind in the lowest bits, so that a wording's weight
/// is known without its text.
pub(crate) fn term_code(term: &str, kind: TermKind) -> u32 {
    let mut hash: u32 = 0x811c_9dc5;
    for byte in term.bytes() {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    // FNV-1a's low bits are weak: fold the high ones in before they make room.
    hash ^= hash >> 15;
    (hash & !0b11) | kind_code(kind)
}

fn kind_code(kind: TermKind) -> u32 {
    match kind {
        TermKind::HanPair => 0,
        TermKind::Part => 1,
        TermKind::HanCharacter | TermKind::Word | TermKind::Whole => 2,
    }
}

pub(crate) fn code_weight(code: u32) -> f32 {
    match code & 0b11 {
        0 => kind_weight(TermKind::HanPair),
        1 => kind_weight(TermKind::Part),
        _ => kind_weight(TermKind::Word),
    }
}

/// A wording's key: what its vector is kept under. Equal texts have equal keys;
/// among a million wordings, two different ones share a key once in 40 million shops.
pub fn wording_key(text: &Normalized) -> u64 {
    let hash = text
        .as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    // FNV-1a mixes its high bits well and its low bits badly.
    (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Marks the start of a wording: the kind code that no term has.
const START: u32 = 0b11;

/// Encodes wordings as one column of values: for each a mark, then its terms'
/// codes, sorted. A wording without terms is left out.
pub(crate) fn encode<'a>(wordings: impl Iterator<Item = &'a Normalized>) -> Vec<u32> {
    let mut values = Vec::new();
    for wording in wordings {
        let codes = codes(wording);
        if !codes.is_empty() {
            values.push(START);
            values.extend(codes);
        }
    }
    values
}

fn codes(wording: &Normalized) -> Vec<u32> {
    let mut codes = Vec::new();
    visit_terms(wording, |term, kind| codes.push(term_code(term, kind)));
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// A value of the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    /// A wording begins.
    Start,
    /// A term of it.
    Term(u32),
}

pub(crate) fn decode(value: u64) -> Option<Value> {
    match u32::try_from(value).ok()? {
        START => Some(Value::Start),
        code => Some(Value::Term(code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wordings_come_back_as_they_went_in() {
        let wordings = ["怎么退货", "", "X1-Pro 多重"].map(Normalized::new);
        let mut found: Vec<Vec<u32>> = Vec::new();
        for value in encode(wordings.iter()) {
            match decode(u64::from(value)).expect("32 bits") {
                Value::Start => found.push(Vec::new()),
                Value::Term(code) => found.last_mut().expect("started").push(code),
            }
        }
        assert_eq!(found, [codes(&wordings[0]), codes(&wordings[2])]);
    }

    #[test]
    fn a_code_knows_its_terms_weight() {
        for kind in [
            TermKind::HanPair,
            TermKind::Part,
            TermKind::Word,
            TermKind::Whole,
        ] {
            assert!(
                (code_weight(term_code("退货", kind)) - kind_weight(kind)).abs() < f32::EPSILON
            );
        }
    }
}
