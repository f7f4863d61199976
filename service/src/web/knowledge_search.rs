//! Knowledge searched on its page, by the code that suggestions come from.

use std::collections::HashSet;

use jiff::Timestamp;
use zhiwen_models::text::{Normalized, terms};

use super::knowledge_view::{Chip, Names, chip, domain_name, item_path};
use super::language::Language;
use crate::answering::{self, Found, Query, Retrieved, live};
use crate::domain::ids::{ChannelId, KnowledgeId, ProductId, ShopId};
use crate::domain::knowledge::Status;
use crate::domain::suggestion::Degraded;
use crate::domain::taxonomy::{Intent, KnowledgeDomain};
use crate::domain::time::Window;
use crate::error::ApiError;
use crate::state::AppState;

/// More are never looked at, and each takes room for its explanation.
const MOST_RESULTS: usize = 20;

/// An answer is shown by its beginning.
const MOST_ANSWER_CHARACTERS: usize = 160;

/// What is searched for.
pub struct Wanted {
    /// The question, masked.
    pub text: String,
    /// Only of this status.
    pub status: Option<Status>,
    /// Only of this domain.
    pub domain: Option<KnowledgeDomain>,
    /// Of what is found, only this intent's.
    pub intent: Option<Intent>,
    /// For this product.
    pub product: Option<ProductId>,
    /// For this channel.
    pub channel: Option<ChannelId>,
    /// Only in effect at this time.
    pub at: Option<Timestamp>,
    /// The time that states are shown for.
    pub shown_at: Timestamp,
}

impl Wanted {
    fn query(&self) -> Query<'_> {
        Query {
            text: &self.text,
            product: self.product.as_ref(),
            channel: self.channel.as_ref(),
            domain: self.domain,
            status: self.status,
            at: self.at,
            limit: MOST_RESULTS,
            ..Query::default()
        }
    }
}

/// What was found.
pub struct SearchView {
    /// The question as it was searched for.
    pub text: String,
    /// The products that the search was narrowed to, by name.
    pub products: String,
    /// What kind of question it is; empty where that is unclear.
    pub intent: String,
    /// Below this confidence nothing is suggested.
    pub threshold: String,
    /// Whether the encoder did not take part though it should have.
    pub lacks_encoder: bool,
    /// Whether the index is behind.
    pub is_behind: bool,
    /// Best first.
    pub hits: Vec<Hit>,
}

/// An item that was found.
pub struct Hit {
    /// Where it is shown.
    pub path: String,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// Its question.
    pub title: String,
    /// How it stands.
    pub chip: Chip,
    /// Who owns it.
    pub domain: &'static str,
    /// What it asks.
    pub intent: String,
    /// The answer's beginning.
    pub answer: String,
    /// Where the fact stands.
    pub source: String,
    /// The estimated probability that it is right.
    pub confidence: String,
    /// Whether that is enough to suggest it.
    pub suffices: bool,
    /// The wording of its that shares most words with the question; empty where none does.
    pub wording: String,
    /// The parts of its score.
    pub parts: Vec<Part>,
}

/// A part of a score.
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: String,
}

/// Searches.
///
/// # Errors
/// While the index is being built, when too much work waits, or the store fails.
pub async fn search(
    state: &AppState,
    shop: &ShopId,
    names: &Names,
    (wanted, language): (Wanted, Language),
) -> Result<SearchView, ApiError> {
    let searchable = state.catalog.searchable(shop)?;
    let own_threshold = searchable.language.minimum_confidence();
    let threshold = own_threshold.unwrap_or(state.settings.answering.minimum_confidence);
    let is_behind = searchable.is_behind;
    let (text, at, intent) = (wanted.text.clone(), wanted.shown_at, wanted.intent.clone());
    let prepare = live::owned(move |searchable| answering::prepare(searchable, &wanted.query()));
    let (retrieved, degraded) = live::search(state.bench(), searchable, prepare).await?;
    let Retrieved {
        mut found,
        products,
        reading,
    } = retrieved;
    if let Some(intent) = intent {
        found.retain(|found| found.item.intent.as_ref() == Some(&intent));
    }
    let closest = closest_wordings(state, shop, (&text, &found)).await?;
    let view = HitView {
        names,
        language,
        at,
        threshold,
    };
    let hits = found.into_iter().zip(closest);
    let products: Vec<String> = products.iter().map(|id| names.product(id)).collect();
    Ok(SearchView {
        products: products.join(" · "),
        intent: reading
            .intent()
            .map_or_else(String::new, |(intent, probability)| {
                format!("{} {}", names.intent(Some(intent)), percent(probability))
            }),
        threshold: percent(threshold),
        lacks_encoder: degraded.contains(&Degraded::Encoder),
        is_behind,
        hits: hits
            .map(|(found, wording)| view.hit(found, wording))
            .collect(),
        text,
    })
}

/// Of each item found, the wording that shares most words with the question.
async fn closest_wordings(
    state: &AppState,
    shop: &ShopId,
    (text, found): (&str, &[Found]),
) -> Result<Vec<String>, ApiError> {
    let ids: Vec<String> = found.iter().map(|found| found.item.id.clone()).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let parsed = ids.iter().filter_map(|id| KnowledgeId::parse(id).ok());
    let parsed: Vec<KnowledgeId> = parsed.collect();
    let items = state.store.knowledge_by_ids(shop, &parsed).await?;
    let text = text.to_owned();
    let compare = move || {
        let question = Question::of(&text);
        let closest = |id: &String| {
            let item = items.iter().find(|item| item.id.as_str() == id)?;
            let content = &item.content;
            question.closest(std::iter::once(&content.title).chain(&content.phrasings))
        };
        ids.iter()
            .map(|id| closest(id).unwrap_or_default())
            .collect()
    };
    Ok(state.pool.run(shop, compare).await?)
}

/// How hits are put in words.
struct HitView<'a> {
    names: &'a Names,
    language: Language,
    at: Timestamp,
    threshold: f32,
}

impl HitView<'_> {
    fn hit(&self, found: Found, wording: String) -> Hit {
        let parts = self.parts(&found);
        let item = found.item;
        let window = Window {
            from: item.valid_from,
            until: item.valid_until,
        };
        let answer = item.answer_brief.or(item.answer_consultative);
        Hit {
            path: item_path(&item.id),
            version: item.version,
            chip: chip((item.status, window), self.at, self.language),
            domain: domain_name(item.domain, self.language),
            intent: self.names.intent(item.intent.as_ref()),
            answer: beginning(&answer.unwrap_or_default()),
            source: item.source.unwrap_or_default(),
            confidence: percent(found.confidence),
            suffices: found.confidence >= self.threshold,
            wording,
            parts,
            id: item.id,
            title: item.title,
        }
    }

    fn parts(&self, found: &Found) -> Vec<Part> {
        let parts = &found.parts;
        let named = |chinese, english, value| Part {
            name: self.language.say(chinese, english),
            value,
        };
        let mut shown = vec![
            named(
                "问句覆盖",
                "Question covered",
                percent(parts.question_coverage),
            ),
            named(
                "问法覆盖",
                "Wording covered",
                percent(parts.wording_coverage),
            ),
            named("要点覆盖", "Matter covered", percent(parts.worded_share)),
            named("BM25", "BM25", format!("{:.2}", parts.bm25)),
            named("用词相关", "Shared words", percent(parts.bm25_share)),
        ];
        if let Some(cosine) = parts.cosine {
            shown.push(named("语义相近", "Meaning", format!("{cosine:.2}")));
            let lead = format!("{:.2}", parts.cosine_margin);
            shown.push(named("语义领先", "Lead in meaning", lead));
        }
        if let Some(intent) = parts.intent {
            shown.push(named("意图相符", "Intent", percent(intent)));
        }
        shown.push(named("反馈", "Feedback", format!("{:+.2}", parts.feedback)));
        shown.push(named("领先幅度", "Lead", percent(parts.margin)));
        shown.push(named(
            "综合得分",
            "Relevance",
            format!("{:.2}", parts.relevance),
        ));
        shown
    }
}

/// A question by its words.
struct Question(HashSet<String>);

impl Question {
    fn of(text: &str) -> Self {
        Self(words(text))
    }

    /// The wording that shares most words with the question, as a share of both.
    fn closest<'a>(&self, wordings: impl Iterator<Item = &'a String>) -> Option<String> {
        let mut closest: Option<(f64, &String)> = None;
        for wording in wordings {
            let words = words(wording);
            let shared = self.0.intersection(&words).count();
            let likeness = 2.0 * shared as f64 / (self.0.len() + words.len()).max(1) as f64;
            let is_closer = closest.is_none_or(|(before, _)| likeness > before);
            if shared > 0 && is_closer {
                closest = Some((likeness, wording));
            }
        }
        closest.map(|(_, wording)| wording.clone())
    }
}

fn words(text: &str) -> HashSet<String> {
    let terms = terms(&Normalized::new(text));
    terms.into_iter().map(|term| term.text).collect()
}

fn beginning(text: &str) -> String {
    let mut characters = text.chars();
    let beginning: String = characters.by_ref().take(MOST_ANSWER_CHARACTERS).collect();
    if characters.next().is_some() {
        format!("{beginning}…")
    } else {
        beginning
    }
}

fn percent(share: f32) -> String {
    format!("{:.0}%", (share * 100.0).round())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_wording_shares_the_most_words() {
        let wordings = ["怎么退货", "发票什么时候开", "可以开发票吗"].map(str::to_owned);
        let closest = |text: &str| Question::of(text).closest(wordings.iter());
        assert_eq!(closest("开发票").as_deref(), Some("可以开发票吗"));
        assert_eq!(closest("hello"), None);
    }

    #[test]
    fn a_long_answer_is_cut() {
        let text = "长".repeat(MOST_ANSWER_CHARACTERS + 1);
        assert!(beginning(&text).ends_with("长…"));
        assert_eq!(beginning("短"), "短");
    }
}
