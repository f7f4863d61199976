//! From a conversation's latest turns to the question that waits for an answer.

use jiff::Timestamp;
use zhiwen_models::privacy::{Masked, mask};
use zhiwen_models::smalltalk::{self, SmallTalk};
use zhiwen_models::standalone::stands_alone;

use crate::domain::ids::MessageId;

/// Earlier turns that a question which does not stand alone is read with.
const MOST_CONTEXT_TURNS: usize = 2;

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// The buyer.
    Buyer,
    /// The shop's agent, human or automatic.
    Agent,
}

/// One message.
#[derive(Debug, Clone)]
pub struct Turn {
    /// Its id.
    pub id: MessageId,
    /// Who said it.
    pub speaker: Speaker,
    /// What was said.
    pub text: String,
    /// When, if known.
    pub at: Option<Timestamp>,
}

/// The question that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Understood {
    /// The buyer's words, masked, without greetings.
    pub text: Masked,
    /// The latest message it takes in; `None` when nothing waits for an answer.
    pub answers_message: Option<MessageId>,
    /// Set when what waits asks nothing.
    pub small_talk: Option<SmallTalk>,
    /// Whether the question can be understood without what was said before.
    pub stands_alone: bool,
    /// The buyer's earlier questions that it is read with, masked.
    pub context: Option<Masked>,
    /// The messages that the context was taken from.
    pub context_messages: Vec<MessageId>,
    /// How many of the latest turns it was made of.
    pub burst_turns: usize,
}

impl Understood {
    /// The question as it is counted: with what it leans on.
    pub fn whole(&self) -> String {
        match &self.context {
            Some(context) => format!("{context} {}", self.text),
            None => self.text.to_string(),
        }
    }
}

/// Reads the latest turns, oldest first: merges the buyer's burst after the
/// agent's last word, leaves out small talk, and adds earlier questions of the
/// buyer where the burst does not stand alone.
pub fn understand(turns: &[Turn], burst_gap_seconds: i64) -> Understood {
    let burst = latest_burst(turns, burst_gap_seconds);
    let Some(last) = burst.last() else {
        return Understood::default();
    };
    let before = &turns[..turns.len() - burst.len()];
    let agent_before = before
        .iter()
        .rev()
        .find(|turn| turn.speaker == Speaker::Agent)
        .map(|turn| turn.text.as_str());

    let mut said: Vec<String> = Vec::new();
    let mut small_talk = None;
    let mut asks = false;
    for turn in burst {
        let kind = smalltalk::recognise(&turn.text, agent_before);
        small_talk = kind.or(small_talk);
        // A bare answer to the agent ("165 50kg", "这个壶") is part of what
        // its buyer goes on to ask.
        if kind.is_none() || smalltalk::recognise(&turn.text, None).is_none() {
            let text = smalltalk::without_small_talk(&turn.text);
            asks |= kind.is_none() && !text.trim().is_empty();
            said.push(text);
        }
    }
    said.retain(|text| !text.trim().is_empty());
    if !asks {
        let whole: Vec<&str> = burst.iter().map(|turn| turn.text.as_str()).collect();
        return Understood {
            text: mask(&whole.join(" ")),
            answers_message: Some(last.id.clone()),
            small_talk: Some(small_talk.unwrap_or(SmallTalk::Unclear)),
            stands_alone: true,
            burst_turns: burst.len(),
            ..Understood::default()
        };
    }
    let text = said.join(" ");
    let stands_alone = stands_alone(&text);
    let context = if stands_alone {
        Vec::new()
    } else {
        earlier_questions(before)
    };
    let words: Vec<&str> = context.iter().map(|turn| turn.text.as_str()).collect();
    Understood {
        text: mask(&text),
        answers_message: Some(last.id.clone()),
        small_talk: None,
        stands_alone,
        context: (!words.is_empty()).then(|| mask(&words.join(" "))),
        context_messages: context.iter().map(|turn| turn.id.clone()).collect(),
        burst_turns: burst.len(),
    }
}

/// The buyer's turns after the agent's last, back to the first long silence.
fn latest_burst(turns: &[Turn], burst_gap_seconds: i64) -> &[Turn] {
    let mut start = turns.len();
    while let Some(turn) = start.checked_sub(1).and_then(|at| turns.get(at)) {
        let is_apart = turns
            .get(start)
            .is_some_and(|next| match (turn.at, next.at) {
                (Some(at), Some(next_at)) => {
                    next_at.as_second() - at.as_second() > burst_gap_seconds
                }
                _ => false,
            });
        if turn.speaker != Speaker::Buyer || is_apart {
            break;
        }
        start -= 1;
    }
    &turns[start..]
}

/// The buyer's last turns that ask something, oldest first.
fn earlier_questions(before: &[Turn]) -> Vec<&Turn> {
    let mut questions: Vec<&Turn> = before
        .iter()
        .rev()
        .filter(|turn| turn.speaker == Speaker::Buyer)
        .filter(|turn| smalltalk::recognise(&turn.text, None).is_none())
        .take(MOST_CONTEXT_TURNS)
        .collect();
    questions.reverse();
    questions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(said: &[(&str, &str)]) -> Vec<Turn> {
        said.iter()
            .enumerate()
            .map(|(at, (speaker, text))| Turn {
                id: MessageId::parse(&format!("m{at}")).expect("valid"),
                speaker: if *speaker == "b" {
                    Speaker::Buyer
                } else {
                    Speaker::Agent
                },
                text: (*text).to_owned(),
                at: Timestamp::from_second(60 * i64::try_from(at).expect("small")).ok(),
            })
            .collect()
    }

    #[test]
    fn merges_the_burst_and_leaves_greetings_out() {
        let understood = understand(
            &turns(&[
                ("b", "上次的锅很好"),
                ("a", "谢谢亲"),
                ("b", "在吗"),
                ("b", "这个壶"),
                ("b", "能用电磁炉加热吗"),
            ]),
            300,
        );
        assert_eq!(understood.text.as_str(), "这个壶 能用电磁炉加热吗");
        assert_eq!(understood.answers_message, MessageId::parse("m4").ok());
        assert_eq!(understood.small_talk, None);
    }

    #[test]
    fn masks_what_it_hands_on() {
        let understood = understand(&turns(&[("b", "发到13812345678这个号码可以查物流吗")]), 300);
        assert_eq!(understood.text.as_str(), "发到[电话]这个号码可以查物流吗");
    }

    #[test]
    fn reads_what_does_not_stand_alone_with_earlier_questions() {
        let understood = understand(
            &turns(&[
                ("b", "四件套多少钱一套"),
                ("a", "399元"),
                ("b", "那白色的呢"),
            ]),
            300,
        );
        assert!(!understood.stands_alone);
        assert_eq!(
            understood.context.as_ref().map(Masked::as_str),
            Some("四件套多少钱一套")
        );
        assert_eq!(understood.context_messages.len(), 1);
    }

    #[test]
    fn knows_when_nothing_waits() {
        for (said, small_talk) in [
            (vec![("b", "在吗")], Some(SmallTalk::Greeting)),
            (
                vec![("b", "怎么退货"), ("a", "点申请售后"), ("b", "好的谢谢")],
                Some(SmallTalk::Acknowledgement),
            ),
            (vec![("b", "转人工")], Some(SmallTalk::HumanAgent)),
        ] {
            let understood = understand(&turns(&said), 300);
            assert_eq!(understood.small_talk, small_talk, "{said:?}");
            assert!(understood.answers_message.is_some());
        }
        for said in [vec![], vec![("b", "怎么退货"), ("a", "点申请售后")]] {
            assert_eq!(understand(&turns(&said), 300), Understood::default());
        }
    }

    #[test]
    fn what_the_buyer_only_gives_asks_nothing() {
        let given = [("b", "杯子裂了"), ("a", "留下收货信息，给您补发")];
        for said in ["收货电话13812345678 张丽", "照片发你了，订单尾号8821"] {
            let understood = understand(&turns(&[&given[..], &[("b", said)]].concat()), 300);
            assert_eq!(understood.small_talk, Some(SmallTalk::Given));
        }
        let understood = understand(
            &turns(&[("b", "电话13812345678 张丽"), ("b", "地址写错了能改吗")]),
            300,
        );
        assert_eq!(understood.text.as_str(), "地址写错了能改吗");
    }

    #[test]
    fn a_long_silence_parts_bursts() {
        let mut said = turns(&[("b", "怎么退货"), ("b", "发票什么时候开")]);
        said[1].at = Timestamp::from_second(10_000).ok();
        let understood = understand(&said, 300);
        assert_eq!(understood.text.as_str(), "发票什么时候开");
    }
}
