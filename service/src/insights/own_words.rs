//! The words that a group of buyers asks in: out of its own wordings, against
//! those of the shop.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use zhiwen_models::cluster::key_phrases;
use zhiwen_models::text::Normalized;

use super::tally::count;
use crate::domain::ids::ClusterId;
use crate::listening::{Ledger, Name};

const MOST_WORDS: usize = 20;

/// Phrases that a group's wordings of one question are described by.
const MOST_PHRASES: usize = 5;

/// Wordings of one question that are looked through for these, and wordings of
/// others that they are weighed against: the most common.
const MOST_WORDINGS: usize = 100;
const MOST_OTHER_WORDINGS: usize = 2_000;

/// Who said what, by the places of wordings in the ledger.
pub type Wordings = HashMap<u32, HashSet<Name>>;

/// A wording, and who said it.
struct Said<'a> {
    text: Normalized,
    buyers: &'a HashSet<Name>,
}

/// Phrases of a group's wordings of the questions `asked`, by the buyers who
/// used them, most first: class-based TF-IDF with a class for each question and
/// one for what only others of the shop said. None that fewer buyers than
/// `smallest_group` used: it would quote a few.
pub fn own_words(
    ledger: &Ledger,
    [own, of_shop]: [&Wordings; 2],
    asked: &[ClusterId],
    smallest_group: u32,
) -> Vec<String> {
    let mut by_question: HashMap<ClusterId, Vec<u32>> = HashMap::new();
    for place in own.keys() {
        let wording = ledger.wordings().get(*place as usize);
        if let Some(cluster) = wording.and_then(|wording| wording.cluster) {
            by_question.entry(cluster).or_default().push(*place);
        }
    }
    let mut classes: Vec<Vec<Said<'_>>> = asked
        .iter()
        .map(|question| {
            let places = by_question.remove(question).unwrap_or_default();
            said(ledger, own, places, MOST_WORDINGS)
        })
        .collect();
    let others = of_shop.keys().filter(|place| !own.contains_key(place));
    let others = others.copied().collect();
    classes.push(said(ledger, of_shop, others, MOST_OTHER_WORDINGS));
    let weighed: Vec<Vec<(&Normalized, f32)>> = classes
        .iter()
        .map(|class| class.iter().map(Said::weighed).collect())
        .collect();
    let phrases = key_phrases(&weighed, MOST_PHRASES);
    let mut used: HashMap<String, HashSet<Name>> = HashMap::new();
    for (class, phrases) in classes.iter().zip(phrases).take(asked.len()) {
        for phrase in phrases {
            let said = class
                .iter()
                .filter(|said| said.text.as_str().contains(&phrase));
            let buyers: HashSet<Name> = said.flat_map(|said| said.buyers).copied().collect();
            used.entry(phrase).or_default().extend(buyers);
        }
    }
    let mut words: Vec<(u32, String)> = used
        .into_iter()
        .map(|(phrase, buyers)| (count(&buyers), phrase))
        .filter(|(buyers, _)| *buyers >= smallest_group)
        .collect();
    words.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(&right.1)));
    let words = words.into_iter().take(MOST_WORDS);
    words.map(|(_, word)| word).collect()
}

/// The wordings at `places`, said by most buyers first.
fn said<'a>(
    ledger: &Ledger,
    wordings: &'a Wordings,
    mut places: Vec<u32>,
    most: usize,
) -> Vec<Said<'a>> {
    let buyers = |place: &u32| wordings.get(place).map_or(0, HashSet::len);
    places.sort_by_key(|place| (Reverse(buyers(place)), *place));
    places
        .into_iter()
        .take(most)
        .filter_map(|place| {
            let wording = ledger.wordings().get(place as usize)?;
            Some(Said {
                text: Normalized::new(&wording.text),
                buyers: wordings.get(&place)?,
            })
        })
        .collect()
}

impl Said<'_> {
    fn weighed(&self) -> (&Normalized, f32) {
        let buyers = u16::try_from(self.buyers.len()).unwrap_or(u16::MAX);
        (&self.text, f32::from(buyers))
    }
}

#[cfg(test)]
mod tests {
    use zhiwen_models::privacy::Masked;

    use super::*;
    use crate::domain::listening::{Wording, WordingKey};
    use crate::store::ListeningChanges;

    #[test]
    fn a_group_is_described_in_its_own_words_that_several_used() {
        let question = ClusterId::make();
        // The group says 收据, the others of the shop 发票.
        let texts = [
            "能开收据吗",
            "怎么开收据",
            "收据要多久",
            "收据找王小明",
            "发票怎么弄",
            "发票多久到",
            "给我发票",
            "包邮吗",
        ];
        let mut ledger = Ledger::default();
        let wordings = (1..).zip(texts).map(|(key, text)| Wording {
            key: WordingKey(key),
            text: Masked::from_stored(text.to_owned()),
            cluster: Some(question),
            is_pinned: false,
        });
        ledger.apply(ListeningChanges {
            wordings: wordings.collect(),
            ..ListeningChanges::default()
        });
        let buyers = |from: u32, many: u32| (from..from + many).collect::<HashSet<Name>>();
        let own: Wordings = [
            (0, buyers(0, 3)),
            (1, buyers(3, 3)),
            (2, buyers(6, 2)),
            (3, buyers(8, 1)),
        ]
        .into();
        let mut of_shop = own.clone();
        of_shop.extend((4..8).map(|place| (place, buyers(20 + 10 * place, 9))));
        let found = own_words(&ledger, [&own, &of_shop], &[question], 5);
        assert_eq!(found, ["收据"]);
        assert!(own_words(&ledger, [&own, &of_shop], &[question], 10).is_empty());
    }
}
