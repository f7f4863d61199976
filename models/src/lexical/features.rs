//! What the static encoder sees of a text: its terms, and runs of three characters.

use crate::text::{Normalized, TermKind, visit_terms};

/// A feature of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Feature {
    /// A hash of the feature's kind and characters.
    pub(crate) key: u64,
    /// How much the feature counts before anything is learned, by its kind.
    pub(crate) kind: Kind,
}

/// Kinds of features, which start with different weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Character,
    Pair,
    Triple,
    Word,
    Piece,
}

impl Kind {
    /// The weight before learning. Longer runs repeat what shorter ones say.
    pub(crate) fn weight(self) -> f32 {
        match self {
            Self::Character | Self::Word => 1.0,
            Self::Pair => 0.5,
            Self::Triple => 0.2,
            Self::Piece => 0.3,
        }
    }

    /// The weight of one that is too rare for a vector of its own. Rare runs
    /// are mostly chance: at full weight they cost a point of mean reciprocal rank.
    pub(crate) fn unknown_weight(self) -> f32 {
        let share = if self.is_run() { 0.1 } else { 0.5 };
        share * self.weight()
    }

    /// Whether it is a run of characters, of which there are many more than words.
    pub(crate) fn is_run(self) -> bool {
        matches!(self, Self::Pair | Self::Triple | Self::Piece)
    }
}

/// The distinct features of `text`, sorted by key, in place of what `into` held.
pub(crate) fn collect(text: &Normalized, into: &mut Vec<Feature>) {
    into.clear();
    // The last pair of Han characters, for the run of three that the next one makes.
    let mut before: [char; 2] = ['\0'; 2];
    visit_terms(text, |term, kind| match kind {
        TermKind::HanCharacter => into.push(feature(term.chars(), Kind::Character)),
        TermKind::HanPair => {
            into.push(feature(term.chars(), Kind::Pair));
            let mut characters = term.chars();
            let pair = [
                characters.next().unwrap_or('\0'),
                characters.next().unwrap_or('\0'),
            ];
            if before[1] == pair[0] && before[0] != '\0' {
                into.push(feature([before[0], pair[0], pair[1]], Kind::Triple));
            }
            before = pair;
        }
        TermKind::Word | TermKind::Whole | TermKind::Part => {
            before = ['\0'; 2];
            into.push(feature(term.chars(), Kind::Word));
            pieces(term, into);
        }
    });
    into.sort_unstable();
    into.dedup_by_key(|feature| feature.key);
}

/// Runs of three letters of a word with its ends marked, which misspelt and
/// inflected words share.
fn pieces(word: &str, into: &mut Vec<Feature>) {
    if word.len() < 4 || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return;
    }
    let mut window = ['\0', '^', '^'];
    for character in word.chars().chain(['$']) {
        window = [window[1], window[2], character];
        if window[0] != '\0' && window[1] != '^' {
            into.push(feature(window, Kind::Piece));
        }
    }
}

fn feature(characters: impl IntoIterator<Item = char>, kind: Kind) -> Feature {
    // FNV-1a over the characters, begun differently for each kind that could collide.
    let mut key: u64 = match kind {
        Kind::Character | Kind::Pair | Kind::Triple | Kind::Word => 0xcbf2_9ce4_8422_2325,
        Kind::Piece => 0x8422_2325_cbf2_9ce4,
    };
    for character in characters {
        key = (key ^ u64::from(u32::from(character))).wrapping_mul(0x0000_0100_0000_01b3);
    }
    Feature { key, kind }
}
