//! How pressed a buyer is, and where he stands with an order.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::shop::{Earlier, Speaker};
use crate::phrases::{Folded, PhraseTable};

/// How soon a buyer wants an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Urgency {
    /// The buyer says that there is time.
    Low,
    /// Nothing is said.
    Normal,
    /// The buyer presses, or has waited too long.
    High,
}

/// When in the life of an order a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Before the order.
    Pre,
    /// While ordering and until the goods arrive.
    Order,
    /// After they arrived.
    Post,
}

/// How pressed the buyer of `turn` is, by `config/lexicon/urgency.toml`, marks
/// of emphasis, and how often he urged `before`.
pub fn urgency(turn: &str, before: &[Earlier<'_>]) -> Urgency {
    let characters = Folded::new(turn).characters;
    let urges = Urges::of(&characters);
    let earlier = before.iter().filter(|earlier| {
        earlier.speaker == Speaker::Buyer
            && Urges::of(&Folded::new(earlier.text).characters).points() > 0
    });
    // Who urges again presses; having urged before a thank-you does not.
    let repeated = usize::from(urges.points() > 0 && earlier.count() > 0);
    if urges.calm && !urges.strong {
        Urgency::Low
    } else if urges.strong || urges.points() + repeated >= 2 {
        Urgency::High
    } else {
        Urgency::Normal
    }
}

#[derive(Default)]
struct Urges {
    strong: bool,
    mild: usize,
    emphasis: bool,
    calm: bool,
}

impl Urges {
    fn of(turn: &[char]) -> Self {
        let mut urges = Self::default();
        let mut at = 0;
        while at < turn.len() {
            let Some((length, kind)) = LISTS.urgency.longest_at(turn, at) else {
                at += 1;
                continue;
            };
            match kind {
                Urge::Strong => urges.strong = true,
                Urge::Mild => urges.mild += 1,
                Urge::Calm => urges.calm = true,
            }
            at += length;
        }
        let marks = |mark: char| turn.windows(2).any(|pair| pair == [mark, mark]);
        urges.emphasis = marks('!') || turn.windows(3).any(|three| three == ['?', '?', '?']);
        urges
    }

    fn points(&self) -> usize {
        let said = self.mild + 2 * usize::from(self.strong);
        said + usize::from(self.emphasis && said > 0)
    }
}

/// The stage of a turn whose intent is usually asked at `usual`: what the turn
/// says, else what the buyer said before, the latest first, else `usual`. An
/// order card means that there is an order.
pub fn stage(turn: &str, before: &[Earlier<'_>], usual: Stage) -> Stage {
    let said = std::iter::once(turn).chain(
        before
            .iter()
            .rev()
            .filter(|earlier| earlier.speaker == Speaker::Buyer)
            .map(|earlier| earlier.text),
    );
    let mut has_order = false;
    for text in said {
        let characters = Folded::new(text).characters;
        let found = (0..characters.len())
            .flat_map(|at| LISTS.stage.all_at(&characters, at))
            .filter_map(|(_, cue)| match cue {
                StageCue::Says(stage) => Some(stage),
                StageCue::OrderCard => {
                    has_order = true;
                    None
                }
            })
            .last();
        if let Some(stage) = found {
            return stage;
        }
    }
    if has_order && usual == Stage::Pre {
        Stage::Order
    } else {
        usual
    }
}

/// The stage at which the intent with this id is usually asked, by `config/taxonomy.toml`.
pub fn usual_stage(intent_id: &str) -> Option<Stage> {
    LISTS.usual.get(intent_id).copied()
}

/// `text` without what the shop's app writes around an order or product card.
pub(super) fn without_cards(text: &str) -> String {
    let folded = Folded::new(text);
    let characters = &folded.characters;
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        if let Some((length, ())) = LISTS.card_text.longest_at(characters, at) {
            kept.push(' ');
            at += length;
        } else {
            kept.push_str(folded.raw_at(text, at));
            at += 1;
        }
    }
    kept
}

#[derive(Clone, Copy)]
enum Urge {
    Strong,
    Mild,
    Calm,
}

#[derive(Clone, Copy)]
enum StageCue {
    Says(Stage),
    OrderCard,
}

struct Lists {
    urgency: PhraseTable<Urge>,
    stage: PhraseTable<StageCue>,
    card_text: PhraseTable<()>,
    usual: HashMap<String, Stage>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawUrgency {
    strong: Vec<String>,
    mild: Vec<String>,
    calm: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStage {
    pre: Vec<String>,
    order: Vec<String>,
    post: Vec<String>,
    order_card: Vec<String>,
    card_text: Vec<String>,
}

#[derive(Deserialize)]
struct RawTaxonomy {
    intent: Vec<RawIntent>,
}

#[derive(Deserialize)]
struct RawIntent {
    id: String,
    stage: RawStageName,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawStageName {
    Pre,
    Order,
    Post,
}

fn tagged<Tag: Copy>(phrases: &[String], tag: Tag) -> impl Iterator<Item = (&str, Tag)> {
    phrases.iter().map(move |phrase| (phrase.as_str(), tag))
}

#[expect(
    clippy::expect_used,
    reason = "the files are part of the binary; a test parses them"
)]
static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let urgency: RawUrgency = toml::from_str(include_str!("../../../config/lexicon/urgency.toml"))
        .expect("urgency.toml parses");
    let stage: RawStage = toml::from_str(include_str!("../../../config/lexicon/stage.toml"))
        .expect("stage.toml parses");
    let taxonomy: RawTaxonomy = toml::from_str(include_str!("../../../config/taxonomy.toml"))
        .expect("taxonomy.toml parses");
    let usual = taxonomy.intent.into_iter().map(|intent| {
        let stage = match intent.stage {
            RawStageName::Pre => Stage::Pre,
            RawStageName::Order => Stage::Order,
            RawStageName::Post => Stage::Post,
        };
        (intent.id, stage)
    });
    Lists {
        urgency: PhraseTable::new(
            tagged(&urgency.strong, Urge::Strong)
                .chain(tagged(&urgency.mild, Urge::Mild))
                .chain(tagged(&urgency.calm, Urge::Calm)),
        ),
        stage: PhraseTable::new(
            tagged(&stage.pre, StageCue::Says(Stage::Pre))
                .chain(tagged(&stage.order, StageCue::Says(Stage::Order)))
                .chain(tagged(&stage.post, StageCue::Says(Stage::Post)))
                .chain(tagged(&stage.order_card, StageCue::OrderCard)),
        ),
        card_text: PhraseTable::new(tagged(&stage.card_text, ())),
        usual: usual.collect(),
    }
});

#[cfg(test)]
mod tests {
    use super::*;

    fn buyer(text: &str) -> Earlier<'_> {
        Earlier {
            speaker: Speaker::Buyer,
            text,
        }
    }

    #[test]
    fn urgency_by_what_is_said() {
        for (turn, before, expected) in [
            ("这个锅多重", vec![], Urgency::Normal),
            ("怎么还不发货啊", vec![], Urgency::High),
            ("麻烦尽快发一下", vec![], Urgency::Normal),
            ("赶紧的，今晚就要", vec![], Urgency::High),
            ("快点!!", vec![], Urgency::High),
            ("麻烦快点", vec![buyer("催一下快递")], Urgency::High),
            ("好的谢谢", vec![buyer("催一下快递")], Urgency::Normal),
            ("不着急，有货通知我就行", vec![], Urgency::Low),
            ("No rush, just wondering", vec![], Urgency::Low),
            ("I need it today, please hurry", vec![], Urgency::High),
        ] {
            assert_eq!(urgency(turn, &before), expected, "{turn:?}");
        }
    }

    #[test]
    fn stage_by_what_is_said_before_what_is_usual() {
        let card = buyer("咨询订单号:[订单x] 下单时间:[日期x]");
        let agent = Earlier {
            speaker: Speaker::Agent,
            text: "您收到了吗",
        };
        for (turn, before, expected) in [
            ("能退吗", vec![], Stage::Post),
            ("还没买，能退吗", vec![], Stage::Pre),
            ("能退吗", vec![buyer("我刚拍的")], Stage::Order),
            ("能退吗", vec![agent], Stage::Post),
        ] {
            assert_eq!(stage(turn, &before, Stage::Post), expected, "{turn:?}");
        }
        assert_eq!(stage("多重", &[card], Stage::Pre), Stage::Order);
        assert_eq!(stage("收到了，多重", &[card], Stage::Pre), Stage::Post);
    }

    #[test]
    fn every_intent_of_the_first_day_has_a_usual_stage() {
        for example in &super::super::examples::day_one().examples {
            assert!(usual_stage(&example.label).is_some(), "{}", example.label);
        }
        assert_eq!(usual_stage("warehouse.damaged"), Some(Stage::Post));
    }
}
