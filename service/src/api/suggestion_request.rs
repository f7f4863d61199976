//! What a suggestion is asked for, as it comes in.

use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::answering::Moment;
use crate::answering::understand::{Speaker, Turn};
use crate::domain::fault::{Fault, FieldError, Locale};
use crate::domain::ids::{AgentId, ChannelId, ConversationId, MessageId, ProductId};
use crate::domain::suggestion::AnswerForm;
use crate::domain::text::Text;
use crate::domain::time::to_milliseconds;
use crate::error::ApiError;
use crate::state::AppState;

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
    /// Whether no buyer asks: somebody tries what would be suggested. Its messages are
    /// not kept and no figure counts it, though feedback on its answers can be given.
    #[serde(default)]
    pub rehearsal: bool,
    /// In a rehearsal, the time to answer for, in RFC 3339: items as they read now,
    /// in effect or not at that time. Now when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub at: Option<Timestamp>,
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

/// The request as a moment to answer, at the service's time.
///
/// # Errors
/// Every fault, by field.
pub fn parse(request: SuggestionRequest, state: &AppState) -> Result<Moment, ApiError> {
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
        errors.push(FieldError::new("limit", Fault::outside(1, MOST_ANSWERS)));
    }
    if request.at.is_some() && !request.rehearsal {
        let needed = "rehearsal";
        errors.push(FieldError::new("at", Fault::OnlyWith { needed }));
    }
    let now = state.clock.now();
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
                is_rehearsal: request.rehearsal,
                as_of: request.at.map_or(now, to_milliseconds),
                at: now,
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
