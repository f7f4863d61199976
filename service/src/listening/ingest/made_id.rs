//! Ids for messages whose export has none: the same for the same file.

use std::collections::HashMap;

use crate::answering::pseudonym::pseudonym;
use crate::domain::shop::ShopSecret;
use crate::listening::intake::RawMessage;

/// Characters of the id by which equal messages are counted.
const COUNTED_BY: usize = 16;

/// Makes ids in the file's order.
pub struct MadeIds {
    secret: ShopSecret,
    /// How many messages there were of each id; 64 bits of it, so that a
    /// million messages take some 30 MB.
    seen: HashMap<u64, u32>,
}

impl MadeIds {
    /// Ids under a shop's secret: a plain hash of a short message, such as a
    /// telephone number, could be guessed.
    pub fn new(secret: ShopSecret) -> Self {
        Self {
            secret,
            seen: HashMap::new(),
        }
    }

    /// An id of conversation, buyer, time, author and text, and of how many
    /// equal messages came before: a buyer may say "在吗" twice in a second.
    pub fn id_of(&mut self, message: &RawMessage) -> String {
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        let parts = [
            optional(&message.conversation_id),
            optional(&message.consumer_id),
            optional(&message.channel),
            message.at.clone(),
            message.role.clone(),
            optional(&message.agent_id),
            message.text.clone(),
        ];
        let id = pseudonym(&self.secret, "message", &parts.join("\u{1f}")).0;
        let counted = id.get(..COUNTED_BY).unwrap_or(&id);
        let before = self
            .seen
            .entry(u64::from_str_radix(counted, 16).unwrap_or(0))
            .or_default();
        *before += 1;
        match *before {
            1 => id,
            count => format!("{id}-{count}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_file_gives_the_same_ids_and_equal_messages_differ() {
        let message = |text: &str| RawMessage {
            conversation_id: Some("c".to_owned()),
            at: "2026-11-11T12:00:00Z".to_owned(),
            role: "buyer".to_owned(),
            text: text.to_owned(),
            ..RawMessage::default()
        };
        let ids = || {
            let mut ids = MadeIds::new(ShopSecret([1; 32]));
            ["在吗", "在吗", "13800138000", "在吗"].map(|text| ids.id_of(&message(text)))
        };
        let [first, second, other, third] = ids();
        assert_eq!(
            ids(),
            [first.clone(), second.clone(), other.clone(), third.clone()]
        );
        assert_eq!(second, format!("{first}-2"));
        assert_eq!(third, format!("{first}-3"));
        assert_ne!(first, other);
        let mut elsewhere = MadeIds::new(ShopSecret([2; 32]));
        assert_ne!(elsewhere.id_of(&message("在吗")), first);
    }
}
