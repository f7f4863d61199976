//! A suggestion as it goes out, and as it is on record.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use zhiwen_index::ranking::Parts;
use zhiwen_models::privacy::Masked;

use crate::answering::{Answer, Found, Suggestion};
use crate::domain::fault::Locale;
use crate::domain::suggestion::{AbstentionReason, AnswerForm, Degraded};
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
    /// What of the service took part.
    pub engines: Vec<&'static str>,
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
            "买家在应答或致谢，无需查知识",
            "the buyer acknowledges or gives thanks",
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
        engines: vec!["lexical"],
        degraded: suggestion.degraded,
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
    /// Why there was no answer.
    pub abstention: Option<AbstentionReason>,
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
        abstention: record.abstention,
        answers: answers.collect(),
    }
}
