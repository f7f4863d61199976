//! Messages of conversations, as they are kept: masked.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zhiwen_models::privacy::{Masked, mask};

use super::ids::{AgentId, ChannelId, ConversationId, MessageId, ProductId};
use super::suggestion::Pseudonym;
use super::text::Text;

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The buyer.
    Buyer,
    /// A human agent.
    Agent,
    /// The shop's robot, or the platform in the shop's name.
    Automatic,
}

/// What a message belongs to: a conversation of the chat platform, or, where
/// the platform has none, all that a buyer says on a channel.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Thread(String);

impl Thread {
    /// A conversation's.
    pub fn of_conversation(conversation: &ConversationId) -> Self {
        Self(format!("c:{conversation}"))
    }

    /// A buyer's on a channel.
    pub fn of_buyer(consumer: &Pseudonym, channel: Option<&ChannelId>) -> Self {
        let channel = channel.map_or("", ChannelId::as_str);
        Self(format!("b:{channel}:{}", consumer.0))
    }

    /// Takes back what a store holds.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// As a store keeps it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the platform says where the conversation begins and ends; else
    /// it is cut by silence.
    pub fn is_conversation(&self) -> bool {
        self.0.starts_with("c:")
    }
}

/// Where a message came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageSource {
    /// Handed in as a message: what it says of itself is known.
    Message,
    /// Seen when a suggestion was asked for: its time may be a guess.
    Suggestion,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What it belongs to.
    pub thread: Thread,
    /// Its id on the platform, unique in the thread.
    pub id: MessageId,
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it.
    pub author: Author,
    /// What it says.
    pub text: Masked,
    /// The buyer of the conversation.
    pub consumer: Option<Pseudonym>,
    /// The agent who wrote it.
    pub agent: Option<AgentId>,
    /// On which channel.
    pub channel: Option<ChannelId>,
    /// About which product.
    pub product: Option<ProductId>,
    /// About which order.
    pub order: Option<Pseudonym>,
    /// Where it came from.
    pub source: MessageSource,
}

/// What became of messages that were handed in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Taken {
    /// Kept now.
    pub new: usize,
    /// On record already, with the same words.
    pub known: usize,
    /// Places, from 0, of messages whose id is on record with other words; not kept.
    pub conflicts: Vec<usize>,
}

/// The most characters of a message that are kept; what is longer is no chat.
pub const MOST_MESSAGE_CHARACTERS: usize = 20_000;

/// A message's text as it is kept: masked, without blanks around it, each line
/// end as `\n`, each other control character a blank. Whoever keeps a message
/// makes its text here, so that the same message is the same text.
pub fn message_text(text: &str) -> Masked {
    let visible: String = Text::unified(text)
        .trim()
        .chars()
        .map(|character| {
            if character.is_control() && character != '\n' {
                ' '
            } else {
                character
            }
        })
        .collect();
    mask(&visible)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_the_same_text_with_every_kind_of_line_end() {
        for text in ["在吗\n有货吗", "在吗\r\n有货吗\r\n", " 在吗\r有货吗"] {
            assert_eq!(message_text(text).as_str(), "在吗\n有货吗", "{text:?}");
            // As a suggestion hands it on.
            let said = Text::lines(text, 100).expect("a text");
            assert_eq!(message_text(&said), message_text(text));
        }
        assert_eq!(message_text("在\t吗").as_str(), "在 吗");
    }
}
