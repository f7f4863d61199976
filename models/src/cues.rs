//! What a buyer's turn does: asks, requests, complains, closes; and whether an agent's turn waits for an answer.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::phrases::PhraseTable;

/// Which cues of `config/lexicon/turns.toml` a turn shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cues {
    pub(crate) asks: bool,
    pub(crate) requests: bool,
    pub(crate) complains: bool,
    pub(crate) names_topic: bool,
    pub(crate) closes: bool,
}

impl Cues {
    pub(crate) fn of(turn: &[char]) -> Self {
        let mut cues = Self::default();
        for at in 0..turn.len() {
            for (_, cue) in LISTS.buyer.all_at(turn, at) {
                match cue {
                    Cue::Asks => cues.asks = true,
                    Cue::Requests => cues.requests = true,
                    Cue::Complains => cues.complains = true,
                    Cue::Topic => cues.names_topic = true,
                    Cue::Closes => cues.closes = true,
                }
            }
        }
        cues.asks |= turn.contains(&'?');
        cues
    }

    /// Whether the turn wants something of the shop.
    pub(crate) fn wants(self) -> bool {
        self.asks || self.requests || self.complains
    }
}

/// The length of the shop's matter ("退货", "delivery") that `turn` names at `at`.
pub(crate) fn topic_at(turn: &[char], at: usize) -> Option<usize> {
    LISTS
        .buyer
        .all_at(turn, at)
        .find_map(|(length, cue)| matches!(cue, Cue::Topic).then_some(length))
}

/// Whether the agent asked for something definite: not merely "how can I help?".
pub(crate) fn agent_awaits_answer(agent_turn: &[char]) -> bool {
    LISTS.agent_asks.occurs_in(agent_turn) && !agent_invites(agent_turn)
}

/// Whether the agent opens the floor, so that what follows is a new matter.
pub(crate) fn agent_invites(agent_turn: &[char]) -> bool {
    LISTS.agent_invites.occurs_in(agent_turn)
}

#[derive(Clone, Copy)]
enum Cue {
    Asks,
    Requests,
    Complains,
    Topic,
    Closes,
}

struct Lists {
    buyer: PhraseTable<Cue>,
    agent_asks: PhraseTable<()>,
    agent_invites: PhraseTable<()>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLists {
    asks: Vec<String>,
    requests: Vec<String>,
    complaints: Vec<String>,
    topics: Vec<String>,
    closes: Vec<String>,
    agent_asks: Vec<String>,
    agent_invites: Vec<String>,
}

#[expect(
    clippy::expect_used,
    reason = "the file is part of the binary; a test parses it"
)]
static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let raw: RawLists =
        toml::from_str(include_str!("../../config/lexicon/turns.toml")).expect("turns.toml parses");
    let untagged =
        |phrases: &[String]| PhraseTable::new(phrases.iter().map(|phrase| (phrase.as_str(), ())));
    let lists = [
        (&raw.asks, Cue::Asks),
        (&raw.requests, Cue::Requests),
        (&raw.complaints, Cue::Complains),
        (&raw.topics, Cue::Topic),
        (&raw.closes, Cue::Closes),
    ];
    let tagged = lists
        .iter()
        .flat_map(|(phrases, cue)| phrases.iter().map(|phrase| (phrase.as_str(), *cue)));
    Lists {
        buyer: PhraseTable::new(tagged),
        agent_asks: untagged(&raw.agent_asks),
        agent_invites: untagged(&raw.agent_invites),
    }
});

#[cfg(test)]
mod tests {
    use super::*;

    fn characters(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn cues_of_a_turn() {
        let none = Cues::default();
        let asks = Cues { asks: true, ..none };
        let requests = Cues {
            requests: true,
            ..none
        };
        let complains = Cues {
            complains: true,
            ..none
        };
        let closes = Cues {
            closes: true,
            ..none
        };
        for (turn, expected) in [
            ("窗帘", none),
            ("窗帘多宽", asks),
            ("窗帘?", asks),
            ("给我绿的", requests),
            ("杯子碎了", complains),
            ("那我挑绿的", closes),
            ("dressing gown", none),
        ] {
            assert_eq!(Cues::of(&characters(turn)), expected, "{turn:?}");
        }
    }

    #[test]
    fn an_open_offer_awaits_no_answer() {
        for (agent_turn, expected) in [
            ("请问您要哪个颜色", true),
            ("麻烦提供一下门牌", true),
            ("which colour would you like", true),
            ("有什么可以帮您的吗", false),
            ("anything else i can do?", false),
            ("已经为您登记", false),
        ] {
            let awaited = agent_awaits_answer(&characters(agent_turn));
            assert_eq!(awaited, expected, "{agent_turn:?}");
        }
    }

    #[test]
    fn a_topic_is_found_where_it_stands() {
        assert_eq!(topic_at(&characters("能退货吗"), 1), Some(2));
        assert_eq!(topic_at(&characters("能退货吗"), 0), None);
    }
}
