//! Use case: from a buyer's latest messages to sourced answers, or to an abstention with its reason.
//!
//! The live call, `GET /v1/search`, the try-it page and every evaluation come
//! through [`prepare`] and [`find`]: the one reads the question, the other
//! searches; between them an encoder that takes its time makes its vector.

mod clarify;
pub mod live;
pub mod pseudonym;
mod record;
pub mod recorder;
mod rereading;
pub mod understand;

use jiff::Timestamp;
use zhiwen_index::IndexError;
use zhiwen_index::entry::{Filter, Question};
use zhiwen_index::ranking::Parts;
use zhiwen_index::search::search;
use zhiwen_models::classifier::shop::{self, Earlier};
use zhiwen_models::encoder::Identity;
use zhiwen_models::privacy::Masked;
use zhiwen_models::smalltalk::SmallTalk;
use zhiwen_models::text::Normalized;

use crate::catalog::{Payload, Searchable, domain_code, intent_code, status_code};
use crate::domain::ids::{
    AgentId, AnswerId, ChannelId, ConversationId, MessageId, ProductId, SuggestionId,
};
use crate::domain::knowledge::Status;
use crate::domain::suggestion::{AbstentionReason, AnswerForm, Degraded};
use crate::domain::taxonomy::KnowledgeDomain;
use crate::language::Reading;
pub use clarify::{Clarification, ClarifyAbout, ClarifyOption};
pub use record::{classified, record, wording};
use rereading::Asked;
pub use rereading::read_heard;
use understand::{Speaker, Turn, Understood, understand};

/// A longer question is searched by its last characters: what a buyer ends
/// with is what they ask.
const MOST_SEARCHED_CHARACTERS: usize = 300;

/// The most probable intents that items are compared with.
const MOST_INTENTS: usize = 5;

/// Why no suggestion could be made.
#[derive(Debug, thiserror::Error)]
pub enum AnsweringError {
    /// The index cannot be read.
    #[error("index cannot be searched")]
    Index(#[from] IndexError),
    /// What the index holds of an item cannot be read.
    #[error("index entry cannot be read")]
    Payload(#[from] serde_json::Error),
}

/// What a suggestion is asked for.
#[derive(Debug, Clone)]
pub struct Moment {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its latest turns, oldest first.
    pub turns: Vec<Turn>,
    /// Who asks, by the platform's id.
    pub consumer: Option<String>,
    /// About which product.
    pub product: Option<ProductId>,
    /// About which order, by the platform's id.
    pub order: Option<String>,
    /// On which channel.
    pub channel: Option<ChannelId>,
    /// Who answers.
    pub agent: Option<AgentId>,
    /// The most answers.
    pub most_answers: usize,
    /// The form that is wanted first.
    pub form: AnswerForm,
    /// Whether no buyer asks: somebody tries what would be suggested.
    pub is_rehearsal: bool,
    /// The time that windows are judged by; another than now in a rehearsal alone.
    pub as_of: Timestamp,
    /// When it is asked.
    pub at: Timestamp,
}

/// What decides whether an answer is good enough, and what a burst is.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Answers below this confidence are not suggested.
    pub minimum_confidence: f32,
    /// A buyer's messages this close together are one question.
    pub burst_gap_seconds: i64,
}

/// An item that was found for a question.
#[derive(Debug, Clone)]
pub struct Found {
    /// The item.
    pub item: Payload,
    /// The estimated probability that it is right.
    pub confidence: f32,
    /// What the estimate is made of.
    pub parts: Parts,
}

/// An answer of a suggestion.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its id.
    pub id: AnswerId,
    /// Which of the item's answers.
    pub form: AnswerForm,
    /// Its text.
    pub text: String,
    /// What it came from.
    pub found: Found,
}

/// A suggestion.
#[derive(Debug, Clone)]
pub struct Suggestion {
    /// Its id.
    pub id: SuggestionId,
    /// The latest message that it answers.
    pub answers_message: Option<MessageId>,
    /// The question as understood.
    pub question: Understood,
    /// What kind of question it is; `None` when nothing is asked.
    pub reading: Option<Reading>,
    /// The products that the search was narrowed to.
    pub products: Vec<String>,
    /// Best first; empty when it abstains.
    pub answers: Vec<Answer>,
    /// What to ask the buyer where two things stand close.
    pub clarification: Option<Clarification>,
    /// Why there is no answer.
    pub abstention: Option<AbstentionReason>,
    /// What came closest when confidence was too low.
    pub closest: Vec<Found>,
    /// The encoder that took part.
    pub encoder: Option<String>,
    /// What did not take part.
    pub degraded: Vec<Degraded>,
}

/// What is searched for, by an agent's moment or by a person.
#[derive(Debug, Clone, Default)]
pub struct Query<'a> {
    /// The question.
    pub text: &'a str,
    /// What was said before that the question leans on.
    pub context: Option<&'a str>,
    /// The turns before it, oldest first.
    pub before: &'a [Earlier<'a>],
    /// The product it is about, if that is known.
    pub product: Option<&'a ProductId>,
    /// The channel.
    pub channel: Option<&'a ChannelId>,
    /// Only of this domain.
    pub domain: Option<KnowledgeDomain>,
    /// Only of this status.
    pub status: Option<Status>,
    /// Only in effect at this time.
    pub at: Option<Timestamp>,
    /// The most items.
    pub limit: usize,
}

/// A question made ready for the search.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Whose vector the search takes in.
    pub text: Normalized,
    question: Question,
    filter: Filter,
    /// The products that the search is narrowed to.
    products: Vec<String>,
    reading: Reading,
    /// What is read again with its vector; `None` where nothing could.
    asked: Option<Asked>,
    limit: usize,
}

/// What a search found.
#[derive(Debug, Clone)]
pub struct Retrieved {
    /// Best first.
    pub found: Vec<Found>,
    /// The products that the search was narrowed to.
    pub products: Vec<String>,
    /// What kind of question it is.
    pub reading: Reading,
}

/// A vector for the search, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub enum Encoded {
    /// The shop has no encoder.
    Lexical,
    /// The question's vector and whose it is.
    Vector(Vec<f32>, Identity),
    /// The encoder did not answer, or not in time.
    Degraded,
}

/// A suggestion before its search: what waits is understood.
#[derive(Debug, Clone)]
pub struct Begun {
    suggestion: Suggestion,
    /// `None` when nothing has to be searched.
    pub prepared: Option<Prepared>,
}

/// Understands what waits for an answer.
pub fn begin(searchable: &Searchable, moment: &Moment, policy: Policy) -> Begun {
    let question = understand(&moment.turns, policy.burst_gap_seconds);
    let abstention = question.small_talk.map(reason_of).or_else(|| {
        let is_answered = question.answers_message.is_none();
        is_answered.then_some(AbstentionReason::NothingToAnswer)
    });
    let before = earlier(&moment.turns, &question);
    let query = Query {
        text: question.text.as_str(),
        context: question.context.as_ref().map(Masked::as_str),
        before: &before,
        product: moment.product.as_ref(),
        channel: moment.channel.as_ref(),
        status: Some(Status::Approved),
        at: Some(moment.as_of),
        limit: moment.most_answers,
        ..Query::default()
    };
    let prepared = abstention.is_none().then(|| prepare(searchable, &query));
    let suggestion = Suggestion {
        id: SuggestionId::make(),
        answers_message: question.answers_message.clone(),
        question,
        reading: None,
        products: Vec::new(),
        answers: Vec::new(),
        clarification: None,
        abstention,
        closest: Vec::new(),
        encoder: None,
        degraded: if searchable.is_behind {
            vec![Degraded::Index]
        } else {
            Vec::new()
        },
    };
    Begun {
        suggestion,
        prepared,
    }
}

/// Searches and decides.
///
/// # Errors
/// When the index cannot be read.
pub fn finish(
    searchable: &Searchable,
    begun: Begun,
    encoded: Encoded,
    moment: &Moment,
    policy: Policy,
) -> Result<Suggestion, AnsweringError> {
    let mut suggestion = begun.suggestion;
    let Some(prepared) = begun.prepared else {
        return Ok(suggestion);
    };
    if encoded == Encoded::Degraded || searchable.lacks_vectors {
        suggestion.degraded.push(Degraded::Encoder);
    }
    if let Encoded::Vector(_, identity) = &encoded {
        suggestion.encoder = Some(identity.name.clone());
    }
    let retrieved = find(searchable, prepared, encoded)?;
    suggestion.clarification =
        clarify::clarification(searchable, &retrieved, policy.minimum_confidence);
    suggestion.products = retrieved.products;
    suggestion.reading = Some(retrieved.reading);
    decide(
        &mut suggestion,
        retrieved.found,
        moment.form,
        policy.minimum_confidence,
    );
    Ok(suggestion)
}

/// Reads a question: products that it names narrow the search, the shop's
/// synonyms widen it, and it is told what kind of question it is.
pub fn prepare(searchable: &Searchable, query: &Query<'_>) -> Prepared {
    let text = Normalized::new(last_characters(query.text));
    let context = query
        .context
        .map(|text| Normalized::new(last_characters(text)));
    let reading = searchable.language.read(query.text, query.before);
    let mentions = searchable.terminology.mentions(&text);
    let mut products = mentions.products;
    if let Some(product) = query.product {
        products.push(product.to_string());
    } else if products.is_empty()
        && let Some(context) = &context
    {
        products = searchable.terminology.mentions(context).products;
    }
    products.dedup();
    let feedback = searchable.language.feedback(&text);
    Prepared {
        text: encoded_text(context.as_ref(), &mentions.rest),
        question: Question {
            text: mentions.rest,
            expansions: mentions.expansions,
            context,
            intents: compared_intents(&reading),
            feedback,
            ..Question::default()
        },
        filter: Filter {
            status: query.status.map(status_code),
            domain: query.domain.map(domain_code),
            at_ms: query.at.map(Timestamp::as_millisecond),
            products: (!products.is_empty()).then(|| products.clone()),
            channel: query.channel.map(ToString::to_string),
        },
        products,
        reading,
        asked: Asked::of(searchable, query),
        limit: query.limit,
    }
}

/// What is encoded of a question: what it leans on, and itself without the
/// products that it names.
fn encoded_text(context: Option<&Normalized>, rest: &Normalized) -> Normalized {
    match context {
        Some(context) => Normalized::new(&format!("{context} {rest}")),
        None => rest.clone(),
    }
}

/// The intents that items are compared with.
fn compared_intents(reading: &Reading) -> Vec<(u64, f32)> {
    let ranked = reading.ranked.iter().take(MOST_INTENTS);
    ranked
        .map(|(intent, probability)| (intent_code(intent), *probability))
        .collect()
}

/// Finds the items for a prepared question, and reads it again where its vector
/// has come and the shop has a classifier that learned with such vectors.
///
/// # Errors
/// When the index cannot be read.
pub fn find(
    searchable: &Searchable,
    prepared: Prepared,
    encoded: Encoded,
) -> Result<Retrieved, AnsweringError> {
    let mut question = prepared.question;
    let mut reading = prepared.reading;
    if let Some(again) = prepared
        .asked
        .and_then(|asked| asked.read_again(searchable, &encoded))
    {
        question.intents = compared_intents(&again);
        reading = again;
    }
    question.vector = match encoded {
        Encoded::Vector(vector, identity) => Some((identity.fingerprint, vector)),
        Encoded::Lexical | Encoded::Degraded => None,
    };
    let hits = search(
        &searchable.index.snapshot(),
        &question,
        &prepared.filter,
        prepared.limit,
    )?;
    let mut found = Vec::with_capacity(hits.len());
    for hit in hits {
        let item = serde_json::from_str(&hit.payload)?;
        found.push(Found {
            item,
            confidence: hit.confidence,
            parts: hit.parts,
        });
    }
    Ok(Retrieved {
        found,
        products: prepared.products,
        reading,
    })
}

/// Turns before a question that it is read with.
const MOST_EARLIER_TURNS: usize = 3;

/// The latest turns before the burst that `question` was made of.
pub fn earlier<'a>(turns: &'a [Turn], question: &Understood) -> Vec<Earlier<'a>> {
    let before = &turns[..turns.len().saturating_sub(question.burst_turns)];
    let latest = &before[before.len().saturating_sub(MOST_EARLIER_TURNS)..];
    latest
        .iter()
        .map(|turn| Earlier {
            speaker: match turn.speaker {
                Speaker::Buyer => shop::Speaker::Buyer,
                Speaker::Agent => shop::Speaker::Agent,
            },
            text: &turn.text,
        })
        .collect()
}

fn decide(suggestion: &mut Suggestion, found: Vec<Found>, form: AnswerForm, minimum: f32) {
    if found.is_empty() {
        suggestion.abstention = Some(AbstentionReason::NoMatch);
        return;
    }
    let (good, poor): (Vec<Found>, Vec<Found>) = found
        .into_iter()
        .partition(|found| found.confidence >= minimum);
    suggestion.answers = good
        .into_iter()
        .filter_map(|found| answer(found, form))
        .collect();
    if suggestion.answers.is_empty() {
        suggestion.abstention = Some(AbstentionReason::LowConfidence);
        suggestion.closest = poor;
    }
}

/// The item's answer in the wanted form, or in the other when it has only that.
fn answer(found: Found, wanted: AnswerForm) -> Option<Answer> {
    let brief = found
        .item
        .answer_brief
        .clone()
        .map(|text| (AnswerForm::Brief, text));
    let consultative = found
        .item
        .answer_consultative
        .clone()
        .map(|text| (AnswerForm::Consultative, text));
    let (form, text) = match wanted {
        AnswerForm::Brief => brief.or(consultative),
        AnswerForm::Consultative => consultative.or(brief),
    }?;
    Some(Answer {
        id: AnswerId::make(),
        form,
        text,
        found,
    })
}

fn reason_of(small_talk: SmallTalk) -> AbstentionReason {
    match small_talk {
        SmallTalk::Greeting => AbstentionReason::Greeting,
        SmallTalk::Acknowledgement | SmallTalk::Given => AbstentionReason::Acknowledgement,
        SmallTalk::HumanAgent => AbstentionReason::HumanAgentWanted,
        SmallTalk::LinkOrMedia => AbstentionReason::LinkOrMedia,
        SmallTalk::Unclear => AbstentionReason::Unclear,
    }
}

fn last_characters(text: &str) -> &str {
    let skipped = text
        .chars()
        .count()
        .saturating_sub(MOST_SEARCHED_CHARACTERS);
    text.char_indices()
        .nth(skipped)
        .map_or("", |(at, _)| &text[at..])
}
