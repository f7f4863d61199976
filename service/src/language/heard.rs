//! What buyers asked, as a shop's models learn from it: texts in their own
//! words, and which of them people say mean the same.

use zhiwen_models::text::Normalized;

use crate::domain::ids::ShopId;
use crate::domain::listening::Wording;
use crate::store::{Store, StoreError};

/// The latest wordings that are learned from. All are masked.
const MOST_WORDINGS: u32 = 100_000;

/// Wordings of confirmed questions that are learned from.
const MOST_CONFIRMED: u32 = 50_000;

/// Wordings of one question: more teach little, and would outweigh the others.
const MOST_OF_A_QUESTION: usize = 5;

/// What buyers asked.
#[derive(Default)]
pub struct Heard {
    latest: Vec<Wording>,
    confirmed: Vec<Wording>,
}

impl Heard {
    /// Reads it from the store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn read(store: &dyn Store, shop: &ShopId) -> Result<Self, StoreError> {
        Ok(Self {
            latest: store.wordings(shop, MOST_WORDINGS).await?,
            confirmed: store.confirmed_wordings(shop, MOST_CONFIRMED).await?,
        })
    }

    /// Ways of asking, the latest first. Of many it takes a while: not for an
    /// async worker.
    pub fn texts(&self) -> Vec<Normalized> {
        self.latest.iter().map(normalized).collect()
    }

    /// Ways of asking the same, by question: only of questions that somebody
    /// has confirmed. All others are what an encoder took to be alike, and
    /// would teach it no more than its own mind.
    pub fn groups(&self) -> Vec<Vec<Normalized>> {
        // They come by question.
        let by_question = self
            .confirmed
            .chunk_by(|left, right| left.cluster == right.cluster);
        by_question
            .map(|wordings| wordings.iter().map(normalized).collect::<Vec<_>>())
            .filter(|texts| texts.len() > 1)
            .collect()
    }
}

/// Pairs of one question, each with the first: fewer than an item's wordings
/// get, whose author meant them to be the same.
pub fn paired(group: &[Normalized]) -> impl Iterator<Item = (&Normalized, &Normalized)> {
    let first = group.iter().take(1).cycle();
    first.zip(group.iter().skip(1).take(MOST_OF_A_QUESTION - 1))
}

fn normalized(wording: &Wording) -> Normalized {
    Normalized::new(wording.text.as_str())
}

#[cfg(test)]
mod tests {
    use zhiwen_models::privacy::mask;
    use zhiwen_models::text::Normalized;

    use super::*;
    use crate::domain::ids::ClusterId;
    use crate::domain::listening::WordingKey;

    #[test]
    fn a_question_of_one_wording_teaches_nothing() {
        let (first, second) = (ClusterId::make(), ClusterId::make());
        let wording = |text: &str, cluster| Wording {
            key: WordingKey::of(&Normalized::new(text)),
            text: mask(text),
            cluster: Some(cluster),
            is_pinned: false,
        };
        let heard = Heard {
            latest: Vec::new(),
            confirmed: vec![
                wording("几时发货", first),
                wording("多久发货", first),
                wording("开发票", second),
            ],
        };
        let groups = heard.groups();
        assert_eq!(groups.len(), 1);
        let pairs: Vec<_> = paired(&groups[0]).collect();
        assert_eq!(pairs.len(), 1);
        assert_eq!(pairs[0].0.as_str(), "几时发货");
        assert_eq!(paired(&[]).count(), 0);
        let many = vec![Normalized::new("几时发货"); 40];
        assert_eq!(paired(&many).count(), MOST_OF_A_QUESTION - 1);
    }
}
