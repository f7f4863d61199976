//! `POST /v1/suggestions`: what to answer a buyer now. `GET /v1/suggestions/{id}`: what was suggested.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zhiwen_index::ranking::Parts;

use crate::answering::understand::{Speaker, Turn};
use crate::answering::{self, Found, Moment, Policy, Suggestion};
use crate::api::idempotency::{IdempotencyKey, replay};
use crate::api::json::Json;
use crate::auth::{Caller, Suggesting, Supervising};
use crate::domain::fault::{Fault, FieldError, Locale};
use crate::domain::ids::{AgentId, ChannelId, ConversationId, MessageId, ProductId, SuggestionId};
use crate::domain::knowledge::Text;
use crate::domain::suggestion::{AbstentionReason, AnswerForm, Degraded};
use crate::domain::time::to_milliseconds;
use crate::error::ApiError;
use crate::state::AppState;
use crate::store::{SuggestionWithFeedback, Written};

const MOST_MESSAGES: usize = 100;
const MOST_MESSAGE_CHARACTERS: usize = 4_000;
const MOST_OUTSIDE_ID_CHARACTERS: usize = 200;
const MOST_ANSWERS: usize = 10;

/// What a suggestion is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuggestionRequest {
    /// The conversation's id on the chat platform.
    #[schema(example = "c-1001")]
    pub conversation_id: String,
    /// The latest messages, oldest first, at most 100.
    pub messages: Vec<RequestMessage>,
    /// The buyer's id on the platform; kept as a pseudonym only.
    #[serde(default)]
    pub consumer_id: Option<String>,
    /// The product that the conversation is about, by the shop's id.
    #[serde(default)]
    pub product_id: Option<String>,
    /// The order that it is about; kept as a pseudonym only.
    #[serde(default)]
    pub order_id: Option<String>,
    /// The sales channel.
    #[serde(default)]
    #[schema(example = "taobao")]
    pub channel: Option<String>,
    /// The agent who answers.
    #[serde(default)]
    pub agent_id: Option<String>,
    /// The language of messages to the agent; the shop's when absent.
    #[serde(default)]
    pub locale: Option<Locale>,
    /// The most answers, 1 to 10.
    #[serde(default)]
    pub limit: Option<usize>,
    /// The form of answer that is wanted first; brief when absent.
    #[serde(default)]
    pub form: Option<AnswerForm>,
    /// Whether to show the parts of each score, and what came closest to an abstention.
    #[serde(default)]
    pub explain: bool,
}

/// A message of the conversation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestMessage {
    /// Its id on the chat platform.
    #[schema(example = "m-1")]
    pub id: String,
    /// Who wrote it.
    pub role: Role,
    /// What it says, at most 4,000 characters.
    #[schema(example = "你好 这个壶能保温多久")]
    pub text: String,
    /// When, in RFC 3339.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "2026-11-20T08:00:00Z")]
    pub at: Option<Timestamp>,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The buyer.
    Buyer,
    /// The shop's agent, human or automatic.
    Agent,
}

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

/// Suggests answers to a buyer's latest messages.
#[utoipa::path(post, path = "/v1/suggestions", tag = "suggestions", security(("key" = ["suggest"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body again give the same suggestion")),
    request_body = SuggestionRequest,
    responses((status = 200, body = SuggestionResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn create(
    caller: Caller<Suggesting>,
    state: web::Data<AppState>,
    request: HttpRequest,
    body: Json<SuggestionRequest>,
) -> Result<HttpResponse, ApiError> {
    let key = IdempotencyKey::of(&request, &body.bytes)?;
    let presentation = Presentation {
        explain: body.value.explain,
        locale: body.value.locale,
    };
    let moment = parse(body.value, &state)?;
    if let Some(key) = &key
        && let Some(kept) = key.kept(state.store.as_ref(), &caller.shop).await?
    {
        return Ok(kept);
    }
    let searchable = state.catalog.searchable(&caller.shop)?;
    let policy = Policy {
        minimum_confidence: state.settings.answering.minimum_confidence,
        burst_gap_seconds: state.settings.answering.burst_gap_seconds,
    };
    let locale = presentation.locale.unwrap_or(searchable.shop.locale);
    let (mut suggestion, record) = state
        .pool
        .run(&caller.shop, move || {
            let suggestion = answering::suggest(&searchable, &moment, policy)?;
            let record = answering::record(&suggestion, &moment, &searchable);
            Ok::<_, answering::AnsweringError>((suggestion, record))
        })
        .await??;
    count(&state, &suggestion);
    let conversation = record.conversation.to_string();
    if let Some(key) = key {
        let response = present(suggestion, conversation, presentation.explain, locale);
        let text = serde_json::to_string(&response).map_err(ApiError::internal)?;
        let reply = key.reply(StatusCode::OK, text.clone(), state.clock.now());
        return match state
            .store
            .record_suggestion_once(&caller.shop, &record, &reply)
            .await?
        {
            Written::Now(()) => Ok(HttpResponse::Ok()
                .content_type("application/json")
                .body(text)),
            Written::Before(kept) => Ok(replay(&kept)),
        };
    }
    if !state.recorder.record(caller.shop, record) {
        suggestion.degraded.push(Degraded::Record);
    }
    Ok(HttpResponse::Ok().json(present(
        suggestion,
        conversation,
        presentation.explain,
        locale,
    )))
}

/// A recorded suggestion, with the feedback on its answers.
#[utoipa::path(get, path = "/v1/suggestions/{id}", tag = "suggestions", security(("key" = ["supervise"])),
    params(("id" = String, Path, description = "The suggestion's id")),
    responses((status = 200, body = RecordResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn read(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id =
        SuggestionId::parse(&id).map_err(|fault| ApiError::field(FieldError::new("id", fault)))?;
    let mut found = state.store.suggestion(&caller.shop, id).await?;
    if found.is_none() {
        // It may have been made a moment ago.
        state.recorder.flush().await;
        found = state.store.suggestion(&caller.shop, id).await?;
    }
    let found = found.ok_or(ApiError::NotFound { what: "suggestion" })?;
    Ok(HttpResponse::Ok().json(present_record(found)))
}

struct Presentation {
    explain: bool,
    locale: Option<Locale>,
}

fn parse(request: SuggestionRequest, state: &AppState) -> Result<Moment, ApiError> {
    let mut errors = Vec::new();
    let keep = |field: &str| {
        let field = field.to_owned();
        move |fault: Fault| FieldError::new(field, fault)
    };
    let conversation =
        ConversationId::parse(&request.conversation_id).map_err(keep("conversation_id"));
    let product =
        parse_optional(request.product_id.as_deref(), ProductId::parse).map_err(keep("product_id"));
    let channel =
        parse_optional(request.channel.as_deref(), ChannelId::parse).map_err(keep("channel"));
    let agent =
        parse_optional(request.agent_id.as_deref(), AgentId::parse).map_err(keep("agent_id"));
    let outside = |text: &str| Text::line(text, MOST_OUTSIDE_ID_CHARACTERS);
    let consumer =
        parse_optional(request.consumer_id.as_deref(), outside).map_err(keep("consumer_id"));
    let order = parse_optional(request.order_id.as_deref(), outside).map_err(keep("order_id"));
    let turns = parse_turns(request.messages, &mut errors);
    let most_answers = request.limit.unwrap_or(state.settings.answering.answers);
    if !(1..=MOST_ANSWERS).contains(&most_answers) {
        let expected = format!("1 to {MOST_ANSWERS}");
        errors.push(FieldError::new("limit", Fault::Malformed { expected }));
    }
    match (conversation, product, channel, agent, consumer, order) {
        (Ok(conversation), Ok(product), Ok(channel), Ok(agent), Ok(consumer), Ok(order))
            if errors.is_empty() =>
        {
            Ok(Moment {
                conversation,
                turns,
                consumer,
                product,
                order,
                channel,
                agent,
                most_answers,
                form: request.form.unwrap_or(AnswerForm::Brief),
                at: state.clock.now(),
            })
        }
        (conversation, product, channel, agent, consumer, order) => {
            let parsed = [
                conversation.err(),
                product.err(),
                channel.err(),
                agent.err(),
                consumer.err(),
                order.err(),
            ];
            Err(ApiError::InvalidFields(
                parsed.into_iter().flatten().chain(errors).collect(),
            ))
        }
    }
}

fn parse_optional<T>(
    text: Option<&str>,
    parse: impl Fn(&str) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    text.map(parse).transpose()
}

/// Reads messages and puts them in the order of their times, where all have one.
fn parse_turns(messages: Vec<RequestMessage>, errors: &mut Vec<FieldError>) -> Vec<Turn> {
    if messages.is_empty() {
        errors.push(FieldError::new("messages", Fault::Missing));
    }
    if messages.len() > MOST_MESSAGES {
        let found = messages.len();
        errors.push(FieldError::new(
            "messages",
            Fault::TooMany {
                most: MOST_MESSAGES,
                found,
            },
        ));
    }
    let mut turns = Vec::with_capacity(messages.len());
    for (at, message) in messages.into_iter().enumerate() {
        let id = MessageId::parse(&message.id)
            .map_err(|fault| errors.push(FieldError::new(format!("messages[{at}].id"), fault)));
        let text = Text::lines(&message.text, MOST_MESSAGE_CHARACTERS)
            .map_err(|fault| errors.push(FieldError::new(format!("messages[{at}].text"), fault)));
        let speaker = match message.role {
            Role::Buyer => Speaker::Buyer,
            Role::Agent => Speaker::Agent,
        };
        if let (Ok(id), Ok(text)) = (id, text) {
            turns.push(Turn {
                id,
                speaker,
                text,
                at: message.at.map(to_milliseconds),
            });
        }
    }
    if turns.iter().all(|turn| turn.at.is_some()) {
        turns.sort_by_key(|turn| turn.at);
    }
    turns
}

fn count(state: &AppState, suggestion: &Suggestion) {
    let outcome = suggestion.abstention.map_or("answered", reason_name);
    state
        .metrics
        .suggestions
        .with_label_values(&[outcome])
        .inc();
}

fn reason_name(reason: AbstentionReason) -> &'static str {
    match reason {
        AbstentionReason::NothingToAnswer => "nothing_to_answer",
        AbstentionReason::Greeting => "greeting",
        AbstentionReason::Acknowledgement => "acknowledgement",
        AbstentionReason::HumanAgentWanted => "human_agent_wanted",
        AbstentionReason::LinkOrMedia => "link_or_media",
        AbstentionReason::Unclear => "unclear",
        AbstentionReason::NoMatch => "no_match",
        AbstentionReason::LowConfidence => "low_confidence",
    }
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

fn present(
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
            context: question
                .context
                .map(zhiwen_models::privacy::Masked::into_string),
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

fn present_answer(answer: answering::Answer, explain: bool) -> AnswerResponse {
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

fn present_record(found: SuggestionWithFeedback) -> RecordResponse {
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
