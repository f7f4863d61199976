//! Messages as they are handed in: checked, masked, under pseudonyms.

use jiff::{Timestamp, ToSpan};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::answering::pseudonym::pseudonym;
use crate::domain::fault::{Fault, FieldError, Hint};
use crate::domain::ids::{AgentId, ChannelId, ConversationId, MessageId, ProductId};
use crate::domain::message::{
    Author, MOST_MESSAGE_CHARACTERS, Message, MessageSource, Thread, message_text,
};
use crate::domain::shop::Shop;
use crate::domain::text::Text;
use crate::domain::time::parse_time;

const MOST_OUTSIDE_ID_CHARACTERS: usize = 200;

/// How far a sender's clock may be ahead of this one's, in minutes; a message
/// of a time within that is taken to come now.
const MOST_SKEW_MINUTES: i64 = 10;

/// No chat is older: such a time is a zero or a unit gone wrong.
const EARLIEST: &str = "2000-01-01T00:00:00Z";

/// A message as it is handed in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RawMessage {
    /// Its id on the platform, unique in its conversation.
    #[schema(example = "m-1")]
    pub id: String,
    /// The conversation; where the platform has none, `consumer_id` is needed,
    /// and conversations are cut by silence.
    #[serde(default)]
    #[schema(example = "c-1001")]
    pub conversation_id: Option<String>,
    /// `buyer`, `agent`, or `automatic` for a robot or the platform.
    #[schema(example = "buyer")]
    pub role: String,
    /// What it says, at most 20,000 characters.
    #[schema(example = "这个壶能放洗碗机吗")]
    pub text: String,
    /// When, in RFC 3339, or in the shop's time zone without an offset.
    #[schema(example = "2026-11-20T08:00:00Z")]
    pub at: String,
    /// The buyer's id on the platform; kept as a pseudonym only.
    #[serde(default)]
    pub consumer_id: Option<String>,
    /// The agent who wrote it.
    #[serde(default)]
    pub agent_id: Option<String>,
    /// The sales channel.
    #[serde(default)]
    #[schema(example = "taobao")]
    pub channel: Option<String>,
    /// The product it is about, by the shop's id.
    #[serde(default)]
    pub product_id: Option<String>,
    /// The order it is about; kept as a pseudonym only.
    #[serde(default)]
    pub order_id: Option<String>,
}

/// Checks and masks a message.
///
/// # Errors
/// Every fault, by field.
pub fn parse(raw: &RawMessage, shop: &Shop, now: Timestamp) -> Result<Message, Vec<FieldError>> {
    let mut faults = Faults::default();
    let id = faults.keep("id", MessageId::parse(&raw.id));
    let conversation = faults.optional(
        "conversation_id",
        raw.conversation_id.as_deref(),
        ConversationId::parse,
    );
    let outside = |text: &str| Text::line(text, MOST_OUTSIDE_ID_CHARACTERS);
    let consumer = faults.optional("consumer_id", raw.consumer_id.as_deref(), outside);
    let order = faults.optional("order_id", raw.order_id.as_deref(), outside);
    let agent = faults.optional("agent_id", raw.agent_id.as_deref(), AgentId::parse);
    let channel = faults.optional("channel", raw.channel.as_deref(), ChannelId::parse);
    let product = faults.optional("product_id", raw.product_id.as_deref(), ProductId::parse);
    let author = faults.keep("role", author(&raw.role));
    let at = faults.keep("at", time(&raw.at, shop, now));
    let text = faults.keep("text", sized(&raw.text));
    let consumer = consumer.map(|id| pseudonym(&shop.secret, "consumer", &id));
    let thread = match (&conversation, &consumer) {
        (Some(conversation), _) => Some(Thread::of_conversation(conversation)),
        (None, Some(consumer)) => Some(Thread::of_buyer(consumer, channel.as_ref())),
        (None, None) => faults.keep("conversation_id", Err(Fault::Missing)),
    };
    let (Some(id), Some(author), Some(at), Some(text), Some(thread)) =
        (id, author, at, text, thread)
    else {
        return Err(faults.0);
    };
    if !faults.0.is_empty() {
        return Err(faults.0);
    }
    Ok(Message {
        thread,
        id,
        at,
        author,
        text: message_text(text),
        consumer,
        agent,
        channel,
        product,
        order: order.map(|id| pseudonym(&shop.secret, "order", &id)),
        source: MessageSource::Message,
    })
}

/// Faults as they are found, so that all are told at once.
#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn keep<T>(&mut self, field: &str, parsed: Result<T, Fault>) -> Option<T> {
        parsed
            .map_err(|fault| self.0.push(FieldError::new(field, fault)))
            .ok()
    }

    /// A field that may be absent, or blank as in a table.
    fn optional<T>(
        &mut self,
        field: &str,
        text: Option<&str>,
        parse: impl Fn(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let text = text.filter(|text| !text.trim().is_empty())?;
        self.keep(field, parse(text))
    }
}

fn author(role: &str) -> Result<Author, Fault> {
    match role.trim().to_ascii_lowercase().as_str() {
        "" => Err(Fault::Missing),
        "buyer" => Ok(Author::Buyer),
        "agent" => Ok(Author::Agent),
        "automatic" => Ok(Author::Automatic),
        other => Err(Fault::Unknown {
            value: other.chars().take(40).collect(),
            expected: Hint::new(
                "buyer（买家）、agent（客服）、automatic（机器人）",
                "buyer, agent or automatic",
            ),
        }),
    }
}

fn sized(text: &str) -> Result<&str, Fault> {
    // Bytes first: to count the characters of ten megabytes is work for nothing.
    if text.len() > 4 * MOST_MESSAGE_CHARACTERS || text.chars().count() > MOST_MESSAGE_CHARACTERS {
        return Err(Fault::TooLong {
            most: MOST_MESSAGE_CHARACTERS,
            found: text.chars().count(),
        });
    }
    if text.trim().is_empty() {
        return Err(Fault::Missing);
    }
    Ok(text)
}

fn time(text: &str, shop: &Shop, now: Timestamp) -> Result<Timestamp, Fault> {
    if text.trim().is_empty() {
        return Err(Fault::Missing);
    }
    let at = parse_time(text, &shop.zone())?;
    let latest = now + MOST_SKEW_MINUTES.minutes();
    let earliest: Timestamp = EARLIEST.parse().unwrap_or(Timestamp::MIN);
    if at > latest || at < earliest {
        let first_day = earliest.strftime("%Y-%m-%d");
        return Err(Fault::malformed(
            format!("{first_day} 到现在的时间"),
            format!("a time from {EARLIEST} to now"),
        ));
    }
    Ok(at.min(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::Locale;
    use crate::domain::ids::ShopId;
    use crate::domain::shop::ShopSecret;

    fn shop() -> Shop {
        Shop {
            id: ShopId::parse("hemu").expect("valid"),
            name: "禾木".to_owned(),
            time_zone: "Asia/Shanghai".to_owned(),
            locale: Locale::Chinese,
            secret: ShopSecret([7; 32]),
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn raw() -> RawMessage {
        RawMessage {
            id: "m-1".to_owned(),
            conversation_id: Some("c-1".to_owned()),
            role: "buyer".to_owned(),
            text: " 打13812345678\u{7}找我 ".to_owned(),
            at: "2026-11-20 08:00".to_owned(),
            consumer_id: Some("tb_1".to_owned()),
            ..RawMessage::default()
        }
    }

    fn parsed(raw: &RawMessage) -> Result<Message, String> {
        let now = "2026-11-20T00:30:00Z".parse().expect("valid");
        parse(raw, &shop(), now).map_err(|faults| {
            let named: Vec<String> = faults
                .iter()
                .map(|error| format!("{} {}", error.field, error.fault))
                .collect();
            named.join("; ")
        })
    }

    #[test]
    fn masks_and_hides_who_it_is() {
        let message = parsed(&raw()).expect("valid");
        assert_eq!(message.text.as_str(), "打[电话] 找我");
        assert_eq!(message.at.to_string(), "2026-11-20T00:00:00Z");
        assert_eq!(message.thread.as_str(), "c:c-1");
        assert_eq!(message.consumer.as_ref().map(|id| id.0.len()), Some(32));
        let without = RawMessage {
            conversation_id: Some(" ".to_owned()),
            channel: Some("taobao".to_owned()),
            ..raw()
        };
        let message = parsed(&without).expect("valid");
        assert!(message.thread.as_str().starts_with("b:taobao:"));
        assert!(!message.thread.as_str().contains("tb_1"));
    }

    #[test]
    fn a_clock_a_little_ahead_is_taken_for_now() {
        let ahead = |at: &str| RawMessage {
            at: at.to_owned(),
            ..raw()
        };
        let message = parsed(&ahead("2026-11-20T00:39:59Z")).expect("valid");
        assert_eq!(message.at.to_string(), "2026-11-20T00:30:00Z");
        for at in ["2026-11-20T00:40:01Z", "2036-01-01", "1970-01-01T00:00:01Z"] {
            let error = parsed(&ahead(at)).expect_err(at);
            assert!(error.starts_with("at is malformed"), "{error}");
        }
    }

    #[test]
    fn names_every_field_at_fault() {
        let wrong = RawMessage {
            id: String::new(),
            conversation_id: None,
            role: "seller".to_owned(),
            text: "问".repeat(20_001),
            at: "gestern".to_owned(),
            consumer_id: None,
            channel: Some("Tao Bao".to_owned()),
            ..RawMessage::default()
        };
        let error = parsed(&wrong).expect_err("invalid");
        for field in [
            "id must",
            "role \"seller\"",
            "text has 20001",
            "at \"gestern\"",
            "channel is",
            "conversation_id must",
        ] {
            assert!(error.contains(field), "{field}: {error}");
        }
    }
}
