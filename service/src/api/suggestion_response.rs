//! A suggestion as it goes out, and as it is on record.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use zhiwen_index::ranking::Parts;
use zhiwen_models::privacy::Masked;

use crate::answering::{Answer, Clarification, ClarifyAbout, Found, Suggestion};
use crate::domain::fault::Locale;
use crate::domain::language::Urgency;
use crate::domain::suggestion::{AbstentionReason, AnswerForm, Degraded};
use crate::domain::taxonomy::{Intent, KnowledgeDomain, Stage};
use crate::language::Reading;
use crate::store::SuggestionWithFeedback;

/// A suggestion.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuggestionResponse {
    /// Its id.
    pub id: String,
    /// The conversation's id, as it was sent.
    pub conversation_id: String,
    /// The latest message that it answers. Where the buyer has written since, drop it.
    pub answers_message_id: Option<String>,
    /// The question as understood.
    pub question: QuestionResponse,
    /// Best first; empty when it abstains.
    pub answers: Vec<AnswerResponse>,
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abstention: Option<AbstentionResponse>,
    /// What to ask the buyer, where two products or two meanings stand close.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clarification: Option<ClarificationResponse>,
    /// What of the service took part.
    pub engines: Vec<String>,
    /// What of the service did not take part though it should have.
    pub degraded: Vec<Degraded>,
}

/// The question as understood.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuestionResponse {
    /// The buyer's words, masked, without greetings.
    pub text: String,
    /// Whether it can be understood without what was said before.
    pub stands_alone: bool,
    /// The buyer's earlier words that it was read with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// The messages that these came from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub context_message_ids: Vec<String>,
    /// The products that the search was narrowed to.
    pub product_ids: Vec<String>,
    /// The small talk's intent, when it asks nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub small_talk: Option<&'static str>,
    /// What is asked; absent when nothing is, or when it is unclear what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<IntentGuess>,
    /// When such a thing is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// How urgent it is; absent when nothing is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Urgency>,
    /// The likeliest intents, on request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub intents: Vec<IntentGuess>,
}

/// An intent that a question may have.
#[derive(Debug, Serialize, ToSchema)]
pub struct IntentGuess {
    /// The intent's id.
    pub id: String,
    /// Who owns its answers; absent for small talk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<KnowledgeDomain>,
    /// The estimated probability, 0 to 1.
    pub confidence: f32,
}

/// A question back to the buyer.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClarificationResponse {
    /// What to ask, ready to send.
    pub text: String,
    /// What the buyer may mean, the likeliest first.
    pub options: Vec<ClarifyOptionResponse>,
}

/// Something that the buyer may mean.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClarifyOptionResponse {
    /// The product's name, or the item's question.
    pub label: String,
    /// The item that would answer.
    pub knowledge_id: String,
    /// The product, where that is what differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
}

/// An answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerResponse {
    /// Its own id: what feedback is about.
    pub id: String,
    /// The knowledge item.
    pub knowledge_id: String,
    /// The item's version.
    pub version: u32,
    /// The item's question.
    pub title: String,
    /// What to say.
    pub text: String,
    /// Which of the item's answers this is.
    pub form: AnswerForm,
    /// The estimated probability that it is right, 0 to 1.
    pub confidence: f32,
    /// Where the fact stands.
    pub sources: Vec<SourceResponse>,
    /// The parts of the score, on request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<ExplainResponse>,
}

/// A source of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceResponse {
    /// The knowledge item.
    pub knowledge_id: String,
    /// Its version.
    pub version: u32,
    /// Where the fact stands, as the shop wrote it.
    pub text: Option<String>,
}

/// The parts of a score.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainResponse {
    /// The sum of the fields' BM25 scores.
    pub bm25: f32,
    /// BM25 against the best candidate's.
    pub bm25_share: f32,
    /// The share of the question that the closest wording covers.
    pub question_coverage: f32,
    /// The share of the closest wording that the question covers.
    pub wording_coverage: f32,
    /// The share of what the question is about, in rare words above all, that
    /// any wording of the item has.
    pub worded_share: f32,
    /// The cosine of the closest wording with the question; absent where the
    /// search was lexical.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cosine: Option<f32>,
    /// How far that is ahead of the closest other candidate's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cosine_margin: Option<f32>,
    /// The probability that the question has the item's intent; absent where
    /// one of the two is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<f32>,
    /// What is known from feedback on such questions, −1 to 1.
    pub feedback: f32,
    /// The weighted sum that ranks.
    pub relevance: f32,
    /// How far the runner-up is behind the best.
    pub margin: f32,
}

/// Why there is no answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct AbstentionResponse {
    /// The reason.
    pub reason: AbstentionReason,
    /// The reason in the agent's language.
    pub message: &'static str,
    /// What came closest, on request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub closest: Vec<ClosestResponse>,
}

/// An item that came close.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClosestResponse {
    /// The knowledge item.
    pub knowledge_id: String,
    /// Its question.
    pub title: String,
    /// The estimated probability that it is right.
    pub confidence: f32,
    /// The parts of the score.
    pub explain: ExplainResponse,
}

fn reason_message(reason: AbstentionReason, locale: Locale) -> &'static str {
    let (chinese, english) = match reason {
        AbstentionReason::NothingToAnswer => (
            "没有待回复的买家消息",
            "no message of the buyer waits for an answer",
        ),
        AbstentionReason::Greeting => ("买家在打招呼", "the buyer says hello"),
        AbstentionReason::Acknowledgement => (
            "买家在应答、致谢或给出信息，没有提问",
            "the buyer acknowledges, gives thanks or hands something over, and asks nothing",
        ),
        AbstentionReason::HumanAgentWanted => ("买家要求人工服务", "the buyer asks for a human"),
        AbstentionReason::LinkOrMedia => (
            "只有链接、图片或订单卡片",
            "there is only a link, a picture or an order card",
        ),
        AbstentionReason::Unclear => ("看不出买家在问什么", "it is unclear what the buyer asks"),
        AbstentionReason::NoMatch => ("知识库里没有相关内容", "no knowledge in effect matches"),
        AbstentionReason::LowConfidence => (
            "没有足够把握的答案，请人工判断",
            "no answer is certain enough",
        ),
    };
    match locale {
        Locale::Chinese => chinese,
        Locale::English => english,
    }
}

/// The suggestion as it goes out, with a reason in `locale`'s language.
pub fn present(
    suggestion: Suggestion,
    conversation_id: String,
    explain: bool,
    locale: Locale,
) -> SuggestionResponse {
    let question = suggestion.question;
    let engines = engines(suggestion.reading.as_ref(), suggestion.encoder);
    let reading = suggestion.reading.as_ref();
    SuggestionResponse {
        id: suggestion.id.to_string(),
        conversation_id,
        answers_message_id: suggestion.answers_message.map(String::from),
        question: QuestionResponse {
            text: question.text.into_string(),
            stands_alone: question.stands_alone,
            context: question.context.map(Masked::into_string),
            context_message_ids: question
                .context_messages
                .into_iter()
                .map(String::from)
                .collect(),
            product_ids: suggestion.products,
            small_talk: question.small_talk.map(|kind| kind.intent_id()),
            intent: reading.and_then(Reading::intent).map(guess),
            stage: reading.and_then(|reading| reading.stage),
            urgency: reading.map(|reading| reading.urgency),
            intents: reading.filter(|_| explain).map_or_else(Vec::new, likeliest),
        },
        answers: suggestion
            .answers
            .into_iter()
            .map(|answer| present_answer(answer, explain))
            .collect(),
        abstention: suggestion.abstention.map(|reason| AbstentionResponse {
            reason,
            message: reason_message(reason, locale),
            closest: if explain {
                suggestion.closest.into_iter().map(closest).collect()
            } else {
                Vec::new()
            },
        }),
        clarification: suggestion
            .clarification
            .map(|clarification| ask_back(clarification, locale)),
        engines,
        degraded: suggestion.degraded,
    }
}

fn engines(reading: Option<&Reading>, encoder: Option<String>) -> Vec<String> {
    let has_classified = reading.is_some_and(|reading| !reading.ranked.is_empty());
    let classifier = has_classified.then(|| "classifier".to_owned());
    std::iter::once("lexical".to_owned())
        .chain(classifier)
        .chain(encoder)
        .collect()
}

/// Intents shown to whoever asks for an explanation.
const MOST_GUESSES: usize = 3;

fn likeliest(reading: &Reading) -> Vec<IntentGuess> {
    let ranked = reading.ranked.iter().take(MOST_GUESSES);
    ranked
        .map(|(intent, confidence)| guess((intent, *confidence)))
        .collect()
}

fn guess((intent, confidence): (&Intent, f32)) -> IntentGuess {
    IntentGuess {
        id: intent.as_str().to_owned(),
        domain: intent.domain(),
        confidence,
    }
}

fn ask_back(clarification: Clarification, locale: Locale) -> ClarificationResponse {
    let labels: Vec<&str> = clarification
        .options
        .iter()
        .map(|option| option.label.as_str())
        .collect();
    let text = match (clarification.about, locale) {
        (ClarifyAbout::Product, Locale::Chinese) => {
            format!("亲，请问您问的是哪一款呢：{}？", labels.join("、"))
        }
        (ClarifyAbout::Question, Locale::Chinese) => {
            format!("亲，请问您想了解的是：{}？", labels.join("，还是 "))
        }
        (ClarifyAbout::Product, Locale::English) => {
            format!("Which product do you mean: {}?", labels.join(", or "))
        }
        (ClarifyAbout::Question, Locale::English) => {
            format!("Which would you like to know: {}?", labels.join(", or "))
        }
    };
    ClarificationResponse {
        text,
        options: clarification
            .options
            .into_iter()
            .map(|option| ClarifyOptionResponse {
                label: option.label,
                knowledge_id: option.knowledge,
                product_id: option.product,
            })
            .collect(),
    }
}

fn present_answer(answer: Answer, explain: bool) -> AnswerResponse {
    let item = answer.found.item;
    AnswerResponse {
        id: answer.id.to_string(),
        sources: vec![SourceResponse {
            knowledge_id: item.id.clone(),
            version: item.version,
            text: item.source,
        }],
        knowledge_id: item.id,
        version: item.version,
        title: item.title,
        text: answer.text,
        form: answer.form,
        confidence: answer.found.confidence,
        explain: explain.then(|| answer.found.parts.into()),
    }
}

fn closest(found: Found) -> ClosestResponse {
    ClosestResponse {
        knowledge_id: found.item.id,
        title: found.item.title,
        confidence: found.confidence,
        explain: found.parts.into(),
    }
}

impl From<Parts> for ExplainResponse {
    fn from(parts: Parts) -> Self {
        Self {
            bm25: parts.bm25,
            bm25_share: parts.bm25_share,
            question_coverage: parts.question_coverage,
            wording_coverage: parts.wording_coverage,
            worded_share: parts.worded_share,
            cosine: parts.cosine,
            cosine_margin: parts.cosine.map(|_| parts.cosine_margin),
            intent: parts.intent,
            feedback: parts.feedback,
            relevance: parts.relevance,
            margin: parts.margin,
        }
    }
}

/// A suggestion as it is on record.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordResponse {
    /// Its id.
    pub id: String,
    /// When it was made.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// The conversation.
    pub conversation_id: String,
    /// The message it answered.
    pub answers_message_id: Option<String>,
    /// The question as understood, masked.
    pub question: String,
    /// What was asked, as far as it was clear.
    pub intent: Option<String>,
    /// When such a thing is asked.
    pub stage: Option<Stage>,
    /// How urgent it was; absent when nothing was asked.
    pub urgency: Option<Urgency>,
    /// Why there was no answer.
    pub abstention: Option<AbstentionReason>,
    /// Whether no buyer asked.
    pub rehearsal: bool,
    /// Its answers, best first.
    pub answers: Vec<RecordedAnswerResponse>,
}

/// An answer as it is on record.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordedAnswerResponse {
    /// Its id.
    pub id: String,
    /// The knowledge item.
    pub knowledge_id: String,
    /// The item's version then.
    pub version: u32,
    /// Which of the item's answers.
    pub form: AnswerForm,
    /// The confidence then.
    pub confidence: f32,
    /// What became of it.
    pub feedback: Option<super::answers::FeedbackResponse>,
}

/// The record as it goes out.
pub fn present_record(found: SuggestionWithFeedback) -> RecordResponse {
    let SuggestionWithFeedback { record, feedback } = found;
    let answers = record
        .answers
        .into_iter()
        .map(|answer| RecordedAnswerResponse {
            id: answer.id.to_string(),
            knowledge_id: answer.knowledge.to_string(),
            version: answer.version,
            form: answer.form,
            confidence: answer.confidence,
            feedback: feedback
                .iter()
                .find(|state| state.answer == answer.id)
                .cloned()
                .map(Into::into),
        });
    RecordResponse {
        id: record.id.to_string(),
        at: record.at,
        conversation_id: record.conversation.to_string(),
        answers_message_id: record.answers_message.map(String::from),
        question: record.question.into_string(),
        intent: record
            .classified
            .as_ref()
            .and_then(|classified| classified.intent.as_ref())
            .map(|(intent, _)| intent.as_str().to_owned()),
        stage: record
            .classified
            .as_ref()
            .and_then(|classified| classified.stage),
        urgency: record.classified.map(|classified| classified.urgency),
        abstention: record.abstention,
        rehearsal: record.is_rehearsal,
        answers: answers.collect(),
    }
}
