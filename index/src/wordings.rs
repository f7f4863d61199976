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

/// Encodes wordings: for each its number of terms (u16), then its terms' codes
/// (u32), sorted, little endian. A wording without terms is left out.
pub(crate) fn encode<'a>(wordings: impl Iterator<Item = &'a Normalized>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for wording in wordings {
        let codes = codes(wording);
        if codes.is_empty() {
            continue;
        }
        let kept = codes.len().min(usize::from(u16::MAX));
        bytes.extend_from_slice(&u16::try_from(kept).unwrap_or(u16::MAX).to_le_bytes());
        for code in &codes[..kept] {
            bytes.extend_from_slice(&code.to_le_bytes());
        }
    }
    bytes
}

fn codes(wording: &Normalized) -> Vec<u32> {
    let mut codes = Vec::new();
    visit_terms(wording, |term, kind| codes.push(term_code(term, kind)));
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// Calls `visit` with the codes of each encoded wording.
pub(crate) fn decode(mut bytes: &[u8], mut visit: impl FnMut(&mut dyn Iterator<Item = u32>)) {
    while let Some((count, rest)) = bytes.split_first_chunk::<2>() {
        let length = usize::from(u16::from_le_bytes(*count)) * 4;
        let Some((wording, rest)) = rest.split_at_checked(length) else {
            return;
        };
        let mut codes = wording.chunks_exact(4).filter_map(|code| {
            code.first_chunk::<4>()
                .map(|code| u32::from_le_bytes(*code))
        });
        visit(&mut codes);
        bytes = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wordings_come_back_as_they_went_in() {
        let wordings = ["怎么退货", "", "X1-Pro 多重"].map(Normalized::new);
        let bytes = encode(wordings.iter());
        let mut found = Vec::new();
        decode(&bytes, |codes| found.push(codes.collect::<Vec<_>>()));
        assert_eq!(found, [codes(&wordings[0]), codes(&wordings[2])]);
        decode(&bytes[..bytes.len() - 1], |codes| {
            assert!(codes.count() > 0)
        });
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
