//! Buyers' wordings as the draft of an item offers them: none that another item
//! has or answers already, for an item that took it over would take its
//! question away from that one.

use std::collections::{HashMap, HashSet};

use futures_util::future::try_join_all;
use jiff::Timestamp;
use zhiwen_models::text::Normalized;

use super::report::{Desk, InsightError};
use crate::answering::{Encoded, Query, find, prepare};
use crate::catalog::Searchable;
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::{KnowledgeId, ShopId};
use crate::domain::knowledge::{KnowledgeContent, KnowledgeItem, RawKnowledge, Status};
use crate::domain::listening::WordingKey;
use crate::store::NewVersion;

/// Wordings that a draft offers, of so many that are looked up for it.
const MOST_OFFERED: usize = 5;
const MOST_LOOKED_UP: usize = 8;

/// So many at once look wordings up for one who asks, and none fewer than so
/// many: a page of fifty drafts has some three hundred.
const MOST_HANDS: usize = 4;
const FEWEST_OF_A_HAND: usize = 32;

/// Items that a search brings among which one with the very same words is
/// looked for: it comes first, but for those with the same words again.
const MOST_NAMESAKES: usize = 5;

/// A wording of buyers' that a draft offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The words, as one line.
    pub text: String,
    /// Whether more than one buyer wrote them.
    pub is_by_several: bool,
}

/// An item to be made of a question.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ItemDraft {
    /// The item; it takes over all that is offered.
    pub item: RawKnowledge,
    /// Its wordings, the most asked first.
    pub offered: Vec<Offered>,
    /// Drafts of the same question that stand already: ids and titles.
    pub existing: Vec<(KnowledgeId, String)>,
}

impl ItemDraft {
    /// A draft that may offer `wordings`, but for its own title.
    pub(super) fn new(item: RawKnowledge, mut wordings: Vec<Offered>) -> Self {
        let mut seen = HashSet::from([key(&item.title)]);
        wordings.retain(|offered| seen.insert(key(&offered.text)));
        wordings.truncate(MOST_LOOKED_UP);
        Self {
            item: RawKnowledge {
                phrasings: texts(&wordings),
                ..item
            },
            offered: wordings,
            existing: Vec::new(),
        }
    }

    /// The item with those of its wordings alone that several buyers wrote: what
    /// one buyer wrote is taken over by nobody who has not read it.
    pub(super) fn item_by_several(self) -> RawKnowledge {
        let several = self.offered.into_iter().filter(|one| one.is_by_several);
        RawKnowledge {
            phrasings: several.map(|one| one.text).collect(),
            ..self.item
        }
    }

    fn offer_only(&mut self, is_free: impl Fn(&str) -> bool) {
        self.offered.retain(|offered| is_free(&offered.text));
        self.offered.truncate(MOST_OFFERED);
        self.item.phrasings = texts(&self.offered);
    }
}

fn texts(offered: &[Offered]) -> Vec<String> {
    offered.iter().map(|one| one.text.clone()).collect()
}

/// Whether words hold the mark of something that was masked, or of a picture:
/// no buyer types it.
pub(super) fn has_mark(text: &str) -> bool {
    text.contains(['[', ']'])
}

/// Leaves in `drafts` the wordings that no approved item has or answers, by the
/// search of a suggestion without an encoder, and notes which drafts of the
/// same question stand already.
///
/// # Errors
/// When the shop cannot be read, or too much is being counted already.
pub async fn settle(
    desk: Desk<'_>,
    shop: &ShopId,
    drafts: Vec<&mut ItemDraft>,
) -> Result<(), InsightError> {
    let searchable = desk.catalog.searchable(shop)?;
    let minimum = searchable.language.minimum_confidence();
    let minimum = minimum.unwrap_or(desk.minimum_confidence);
    let sought = sought(&drafts, desk.now);
    let (mut taken, mut near) = (HashSet::new(), Vec::new());
    for (sought, found) in look_up(desk, &searchable, &sought).await? {
        let is_wording = sought.at.is_some();
        if is_wording && found.first().is_some_and(|best| best.1 >= minimum) {
            taken.insert(sought.text);
        } else {
            near.push((sought.text, ids(found)));
        }
    }
    let namesakes = namesakes(desk, shop, near).await?;
    for draft in drafts {
        draft.offer_only(|text| !taken.contains(text) && !namesakes.contains_key(text));
        let same = namesakes.get(&draft.item.title).into_iter().flatten();
        draft.existing = same
            .filter(|item| item.content.status == Status::Draft)
            .map(|item| (item.id.clone(), item.content.title.clone()))
            .collect();
    }
    Ok(())
}

/// A text that items are looked up for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Sought {
    text: String,
    /// The time of which the approved items are wanted; all items where there is none.
    at: Option<Timestamp>,
}

/// The wordings and titles of drafts, each once: answers to one question have
/// many in common.
fn sought(drafts: &[&mut ItemDraft], now: Timestamp) -> Vec<Sought> {
    let offered = drafts.iter().flat_map(|draft| &draft.offered);
    let wordings = offered.map(|offered| Sought {
        text: offered.text.clone(),
        at: Some(now),
    });
    let titles = drafts.iter().map(|draft| Sought {
        text: draft.item.title.clone(),
        at: None,
    });
    let mut seen = HashSet::new();
    let all = wordings.chain(titles);
    all.filter(|sought| seen.insert(sought.clone())).collect()
}

/// The items nearest to each text, with their confidence: many texts are shared
/// out among the hands that are free.
async fn look_up(
    desk: Desk<'_>,
    searchable: &Searchable,
    sought: &[Sought],
) -> Result<Vec<(Sought, Vec<(String, f32)>)>, InsightError> {
    let parts = shared_out(sought).into_iter().map(|part| {
        let searchable = searchable.clone();
        let near = move |sought: Sought| {
            let found = nearest(&searchable, &sought.text, sought.at);
            (sought, found)
        };
        desk.figures
            .count(move || part.into_iter().map(near).collect::<Vec<_>>())
    });
    let found = try_join_all(parts).await?;
    Ok(found.into_iter().flatten().collect())
}

/// What each hand looks up.
fn shared_out(sought: &[Sought]) -> Vec<Vec<Sought>> {
    let size = sought.len().div_ceil(MOST_HANDS).max(FEWEST_OF_A_HAND);
    let parts = sought.chunks(size);
    parts.map(<[Sought]>::to_vec).collect()
}

/// Whether no other approved item that holds for the same has one of the new
/// item's wordings.
///
/// # Errors
/// [`InsightError::Invalid`] with each that one has, and when the shop cannot be
/// read or too much is being counted already.
pub(super) async fn check_free(
    desk: Desk<'_>,
    shop: &ShopId,
    new: &NewVersion,
) -> Result<(), InsightError> {
    let searchable = desk.catalog.searchable(shop)?;
    let phrasings = &new.content.phrasings;
    let sought = phrasings.clone();
    let looked_up = move || {
        let near = |text: String| {
            let found = ids(nearest(&searchable, &text, None));
            (text, found)
        };
        sought.into_iter().map(near).collect()
    };
    let near = desk.figures.count(looked_up).await?;
    let namesakes = namesakes(desk, shop, near).await?;
    let rivals = |text: &String| {
        let same = namesakes.get(text).into_iter().flatten();
        let mut rivals = same.filter(|item| item.id != new.id);
        rivals.find(|item| holds_for_the_same(&item.content, &new.content, desk.now))
    };
    let faults = phrasings.iter().enumerate().filter_map(|(place, text)| {
        let rival = rivals(text)?;
        let fault = Fault::OfAnother {
            value: text.clone(),
            item: rival.content.title.clone(),
        };
        Some(FieldError::new(format!("phrasings[{place}]"), fault))
    });
    let faults: Vec<FieldError> = faults.collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(InsightError::Invalid(faults))
    }
}

/// Whether an approved item stands where another is to: one for some products
/// may have the words of one for all, and the other way about.
fn holds_for_the_same(rival: &KnowledgeContent, new: &KnowledgeContent, now: Timestamp) -> bool {
    let is_over = rival.window.until.is_some_and(|until| until <= now);
    rival.status == Status::Approved
        && !is_over
        && rival.window.meets(&new.window)
        && are_of_the_same(&rival.products, &new.products)
        && are_of_the_same(&rival.channels, &new.channels)
}

/// Whether both lists are of all, or of something in common.
fn are_of_the_same<Id: PartialEq>(one: &[Id], other: &[Id]) -> bool {
    one.is_empty() && other.is_empty() || one.iter().any(|id| other.contains(id))
}

/// The items, but for archived ones, that have one of the texts as their title
/// or a phrasing, by that text. Each text comes with the items nearest to it.
async fn namesakes(
    desk: Desk<'_>,
    shop: &ShopId,
    near: Vec<(String, Vec<KnowledgeId>)>,
) -> Result<HashMap<String, Vec<KnowledgeItem>>, InsightError> {
    let mut ids: Vec<KnowledgeId> = near.iter().flat_map(|(_, ids)| ids).cloned().collect();
    ids.sort();
    ids.dedup();
    let items = desk.store.knowledge_by_ids(shop, &ids).await?;
    let mut by_words: HashMap<WordingKey, Vec<&KnowledgeItem>> = HashMap::new();
    for item in &items {
        if item.content.status == Status::Archived {
            continue;
        }
        let words = std::iter::once(&item.content.title).chain(&item.content.phrasings);
        let keys: HashSet<WordingKey> = words.map(|text| key(text)).collect();
        for key in keys {
            by_words.entry(key).or_default().push(item);
        }
    }
    let named = near.into_iter().filter_map(|(text, _)| {
        let items = by_words.get(&key(&text))?;
        Some((text, items.iter().copied().cloned().collect()))
    });
    Ok(named.collect())
}

/// The items nearest to a text with their confidence, by words alone: a page
/// waits for no encoder. At a time, the approved ones in effect then; none where
/// the shop cannot be searched.
fn nearest(searchable: &Searchable, text: &str, at: Option<Timestamp>) -> Vec<(String, f32)> {
    let query = Query {
        text,
        status: at.map(|_| Status::Approved),
        at,
        limit: MOST_NAMESAKES,
        ..Query::default()
    };
    let retrieved = find(searchable, prepare(searchable, &query), Encoded::Lexical);
    let found = retrieved.map_or_else(|_| Vec::new(), |retrieved| retrieved.found);
    let found = found.into_iter();
    found
        .map(|found| (found.item.id, found.confidence))
        .collect()
}

fn ids(found: Vec<(String, f32)>) -> Vec<KnowledgeId> {
    let ids = found
        .iter()
        .filter_map(|(id, _)| KnowledgeId::parse(id).ok());
    ids.collect()
}

fn key(text: &str) -> WordingKey {
    WordingKey::of(&Normalized::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(text: &str) -> Offered {
        Offered {
            text: text.to_owned(),
            is_by_several: false,
        }
    }

    #[test]
    fn a_draft_offers_a_handful_and_never_its_title() {
        let item = RawKnowledge {
            title: "盖子碎了".to_owned(),
            ..RawKnowledge::default()
        };
        let wordings = [
            "盖子碎了？",
            "盖碗多大",
            "盖子 坏了",
            "盖子坏了!",
            "一",
            "二",
            "三",
            "四",
        ];
        let mut draft = ItemDraft::new(item, wordings.map(offered).to_vec());
        assert_eq!(draft.item.phrasings.len(), 6, "{draft:?}");
        draft.offer_only(|text| text != "盖碗多大");
        assert_eq!(draft.item.phrasings, ["盖子 坏了", "一", "二", "三", "四"]);
        assert_eq!(texts(&draft.offered), draft.item.phrasings);
        draft.offered[1].is_by_several = true;
        assert_eq!(draft.item_by_several().phrasings, ["一"]);
    }

    #[test]
    fn what_drafts_have_in_common_is_looked_up_once() {
        let draft = |title: &str, wordings: &[&str]| {
            let item = RawKnowledge {
                title: title.to_owned(),
                ..RawKnowledge::default()
            };
            let wordings = wordings.iter().map(|text| offered(text)).collect();
            ItemDraft::new(item, wordings)
        };
        let mut one = draft("盖子碎了", &["盖子坏了", "盖碗多大"]);
        let mut same = draft("盖子碎了", &["盖碗多大", "盖子裂了"]);
        let mut other = draft("盖子裂了", &["盖子碎了"]);
        let now = Timestamp::UNIX_EPOCH;
        let found = sought(&[&mut one, &mut same, &mut other], now);
        let found: Vec<(&str, bool)> = found
            .iter()
            .map(|sought| (sought.text.as_str(), sought.at.is_some()))
            .collect();
        let expected = [
            ("盖子坏了", true),
            ("盖碗多大", true),
            ("盖子裂了", true),
            ("盖子碎了", true),
            ("盖子碎了", false),
            ("盖子裂了", false),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn many_are_shared_out_and_few_are_not() {
        let sizes = |count: usize| {
            let sought = (0..count).map(|number| Sought {
                text: number.to_string(),
                at: None,
            });
            let parts = shared_out(&sought.collect::<Vec<_>>());
            parts.iter().map(Vec::len).collect::<Vec<usize>>()
        };
        assert!(sizes(0).is_empty());
        assert_eq!(sizes(32), [32]);
        assert_eq!(sizes(40), [32, 8]);
        assert_eq!(sizes(300), [75, 75, 75, 75]);
    }

    #[test]
    fn what_was_masked_is_told_by_its_mark() {
        for (text, expected) in [
            ("要送礼，有礼盒包装没 寄到[地址] [姓名] [电话]", true),
            ("盖子碎了[流泪]", true),
            ("盖子碎了（两个）", false),
        ] {
            assert_eq!(has_mark(text), expected, "{text}");
        }
    }

    #[test]
    fn items_for_all_and_for_some_do_not_meet() {
        for (one, other, expected) in [
            (&[][..], &[][..], true),
            (&[][..], &["a"][..], false),
            (&["a", "b"][..], &["b"][..], true),
            (&["a"][..], &["b"][..], false),
        ] {
            assert_eq!(are_of_the_same(one, other), expected, "{one:?} {other:?}");
        }
    }
}
