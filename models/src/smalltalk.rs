//! Tells a buyer's turn that knowledge cannot answer: a greeting, thanks, a yes, a link, a call for a human.

use crate::cues::{self, Cues};
use crate::giving::only_gives;
use crate::marks::Mark;
use crate::phrases::Folded;
use crate::reading::{Part, Reading, Span, Tag};

/// Which `other.*` intent of the taxonomy a turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SmallTalk {
    /// "你好", "在吗": also the calls of a buyer who waits.
    Greeting,
    /// Thanks, yes, no, "I see", and bare answers to the agent's question.
    Acknowledgement,
    /// Data, pictures or a choice handed over: the matter they are for goes on.
    Given,
    /// "转人工".
    HumanAgent,
    /// Only a link, a picture or an order card.
    LinkOrMedia,
    /// "???".
    Unclear,
}

impl SmallTalk {
    /// The id in `config/taxonomy.toml`.
    pub fn intent_id(&self) -> &'static str {
        match self {
            Self::Greeting => "other.greeting",
            Self::Acknowledgement | Self::Given => "other.acknowledgement",
            Self::HumanAgent => "other.human_agent",
            Self::LinkOrMedia => "other.link_or_media",
            Self::Unclear => "other.unclear",
        }
    }
}

/// What kind of small talk `turn`, a buyer's words, is; `None` for a turn that
/// asks, wants or reports something.
///
/// `previous_agent_turn` is the agent's last message before it: a bare answer
/// to it (an address fragment, a number, "昨天买的") is an acknowledgement; what
/// only gives data or says that a picture is sent is [`SmallTalk::Given`].
pub fn recognise(turn: &str, previous_agent_turn: Option<&str>) -> Option<SmallTalk> {
    match by_lists(turn, previous_agent_turn) {
        None | Some(SmallTalk::Acknowledgement) if only_gives(turn, previous_agent_turn) => {
            Some(SmallTalk::Given)
        }
        listed => listed,
    }
}

/// The kind by the lists of small talk alone.
fn by_lists(turn: &str, previous_agent_turn: Option<&str>) -> Option<SmallTalk> {
    let turn = Folded::new(turn).characters;
    let reading = Reading::of(&turn);
    if reading.explains_all() {
        return covered_kind(&reading, previous_agent_turn.is_some());
    }
    let cues = Cues::of(&reading.without_courtesies(&turn));
    if reading.shows_something() {
        return (!cues.wants()).then_some(SmallTalk::LinkOrMedia);
    }
    let unexplained = reading.unexplained(&turn);
    let agent_turn = Folded::new(previous_agent_turn?).characters;
    is_bare_answer(&reading, cues, unexplained, &agent_turn).then_some(SmallTalk::Acknowledgement)
}

/// `turn` without its greetings, thanks, fillers, emoji and platform
/// placeholders, for the question as understood. Empty only where nothing but
/// small talk was said.
pub fn without_small_talk(turn: &str) -> String {
    let folded = Folded::new(turn);
    let reading = Reading::of(&folded.characters);
    let mut kept = String::with_capacity(turn.len());
    let mut separator = String::new();
    for clause in reading
        .spans
        .chunk_by(|left, right| !left.separates() && !right.separates())
    {
        for span in stripped(clause) {
            let raw = (span.start..span.end).map(|at| folded.raw_at(turn, at));
            match span.part {
                Part::Mark(Mark::Boundary) if separator.is_empty() => separator.extend(raw),
                Part::Mark(Mark::Boundary) => {}
                Part::Mark(Mark::Emoji | Mark::Media) => separator = " ".to_owned(),
                // The mark of a clause that was dropped goes with it.
                Part::Mark(Mark::Question) if kept.is_empty() || !separator.is_empty() => {}
                _ => {
                    if !kept.is_empty() {
                        kept.push_str(&separator);
                    }
                    separator.clear();
                    kept.extend(raw);
                }
            }
        }
    }
    if kept.is_empty() && recognise(turn, None).is_none() {
        return turn.trim().to_owned();
    }
    kept
}

/// A longer answer is rarely bare; the limits are in characters that no
/// phrase, number or placeholder explains.
const LONGEST_ANSWER: usize = 12;
const LONGEST_REPORT: usize = 5;
/// The street and town that a mask leaves of an address, the name before a number.
const LONGEST_LABEL: usize = 6;
const LONGEST_REMARK: usize = 3;

/// The kind of a turn that the lists explain in full.
fn covered_kind(reading: &Reading, agent_spoke: bool) -> Option<SmallTalk> {
    let greetings = reading.count_of(&[Tag::Greeting]);
    let courtesies = reading.count_of(&[Tag::Acknowledgement, Tag::Thanks]);
    let answers = reading.count_of(&[Tag::Answer]);
    let labels = reading.count_of(&[Tag::DataLabel]);
    let data = reading.count(|part| part == Part::Mark(Mark::Data));
    // Exports write an emoji that they cannot encode as "??".
    let one_question_mark = reading.count(|part| part == Part::Mark(Mark::Question)) == 1;
    // "可以?", "地址?"; "今天不能" to nobody's question is a report.
    let asks_back = one_question_mark && (answers > 0 || (labels > 0 && data == 0));
    let reports = answers > 0 && labels > 0 && data == 0 && !agent_spoke;
    if reading.has(Part::Phrase(Tag::HumanAgent)) {
        Some(SmallTalk::HumanAgent)
    } else if reading.shows_something() {
        Some(SmallTalk::LinkOrMedia)
    } else if reading.has(Part::Phrase(Tag::CardLabel)) || asks_back || reports {
        None
    } else if greetings > courtesies + answers {
        Some(SmallTalk::Greeting)
    } else if courtesies + answers > 0 {
        Some(SmallTalk::Acknowledgement)
    } else if data > 0 && !agent_spoke {
        // An order or item number out of the blue opens a conversation as a card does.
        Some(SmallTalk::LinkOrMedia)
    } else if labels + data > 0 || reading.has(Part::Mark(Mark::Emoji)) {
        Some(SmallTalk::Acknowledgement)
    } else {
        Some(SmallTalk::Unclear)
    }
}

/// Whether a turn that the lists explain in part only answers, or takes note of, the agent's turn.
fn is_bare_answer(reading: &Reading, cues: Cues, unexplained: usize, agent_turn: &[char]) -> bool {
    if cues.asks || cues.requests {
        return false;
    }
    if cues::agent_awaits_answer(agent_turn) {
        let longest = if cues.complains {
            LONGEST_REPORT
        } else {
            LONGEST_ANSWER
        };
        return unexplained <= longest;
    }
    if cues.complains || cues.names_topic {
        return false;
    }
    let first_words = reading.spans.iter().find(|span| !span.separates());
    let acknowledges = cues.closes
        || first_words
            .is_some_and(|span| span.is(&[Tag::Acknowledgement, Tag::Thanks, Tag::Answer]));
    let longest = if acknowledges {
        LONGEST_ANSWER
    } else if reading.has(Part::Mark(Mark::Data)) {
        LONGEST_LABEL
    } else {
        LONGEST_REMARK
    };
    unexplained <= longest
}

/// A clause without courtesies: nothing is left of one that is made of them,
/// others lose those at both ends.
fn stripped(clause: &[Span]) -> &[Span] {
    const WHOLE: [Tag; 5] = [
        Tag::Greeting,
        Tag::Acknowledgement,
        Tag::Thanks,
        Tag::Preface,
        Tag::Filler,
    ];
    const HEAD: [Tag; 3] = [Tag::Greeting, Tag::Thanks, Tag::Preface];
    const TAIL: [Tag; 2] = [Tag::Thanks, Tag::Preface];
    let says = |span: &Span, tags: &[Tag]| !span.is(tags) && span.part != Part::WordSpace;
    if !clause.iter().any(|span| says(span, &WHOLE)) {
        return &[];
    }
    let start = clause.iter().position(|span| says(span, &HEAD));
    let end = clause.iter().rposition(|span| says(span, &TAIL));
    match (start, end) {
        (Some(start), Some(end)) if start <= end => &clause[start..=end],
        _ => clause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use SmallTalk::{Acknowledgement, Given, Greeting, HumanAgent, LinkOrMedia, Unclear};

    fn check(cases: &[(&str, Option<&str>, Option<SmallTalk>)]) {
        for (turn, previous_agent_turn, expected) in cases {
            let recognised = recognise(turn, *previous_agent_turn);
            assert_eq!(
                recognised, *expected,
                "{turn:?} after {previous_agent_turn:?}"
            );
        }
    }

    #[test]
    fn small_talk_is_recognised_without_context() {
        check(&[
            ("在吗", None, Some(Greeting)),
            ("你好，有人吗？", None, Some(Greeting)),
            ("Hi there!", None, Some(Greeting)),
            ("好的 谢谢啦😊", None, Some(Acknowledgement)),
            ("謝謝你們", None, Some(Acknowledgement)),
            ("ok thanks", None, Some(Acknowledgement)),
            ("no, thats all thx", None, Some(Acknowledgement)),
            ("那我再考虑考虑吧", None, Some(Acknowledgement)),
            ("#E-s[数字x]", None, Some(Acknowledgement)),
            ("我要转人工", None, Some(HumanAgent)),
            ("can I talk to a human please", None, Some(HumanAgent)),
            ("https://shop.example/item/7.html", None, Some(LinkOrMedia)),
            (
                "咨询订单号:[订单x] 订单金额:[金额x]",
                None,
                Some(LinkOrMedia),
            ),
            ("[图片] 加厚羊毛毯 200x230", None, Some(LinkOrMedia)),
            ("？？", None, Some(Unclear)),
            ("", None, Some(Unclear)),
        ]);
    }

    #[test]
    fn a_bare_answer_acknowledges_the_agents_question() {
        check(&[
            (
                "大前天傍晚",
                Some("请问您是哪天拍的？"),
                Some(Acknowledgement),
            ),
            ("大前天傍晚", None, None),
            ("青石巷七号", Some("收货地址发一下呢"), Some(Given)),
            (
                "John Smith",
                Some("Could you tell me your name?"),
                Some(Acknowledgement),
            ),
            ("[订单x]", Some("麻烦提供订单号"), Some(Given)),
            ("[订单x]", None, Some(LinkOrMedia)),
            ("噢 那还挺远", Some("我们从昆明发出"), Some(Acknowledgement)),
            ("雨伞的伞骨歪了", Some("有什么可以帮您的吗"), None),
            ("帮我改成蓝色", Some("请问您要哪个颜色？"), None),
        ]);
    }

    #[test]
    fn a_turn_that_asks_wants_or_reports_is_none() {
        check(&[
            ("你好像没回答我", None, None),
            ("在吗 这锅能用电磁炉吗", None, None),
            ("可以?", None, None),
            ("what sizes do you have", None, None),
            ("hi is this dress lined?", None, None),
            ("客服电话多少", None, None),
            ("[链接x] 这个有蓝色吗", None, None),
            ("还没收到货", Some("有什么可以帮您的吗"), None),
            ("杯子碎了一个", Some("有什么可以帮您的吗"), None),
        ]);
    }

    #[test]
    fn courtesies_are_cut_from_a_question() {
        for (turn, expected) in [
            ("在吗 亲 这个锅能用电磁炉吗[表情]", "这个锅能用电磁炉吗"),
            ("你好，请问雨伞防晒吗？谢谢", "雨伞防晒吗？"),
            ("Hello, is it waterproof? Thanks!", "is it waterproof?"),
            ("could you tell me if the mug is safe", "the mug is safe"),
            ("嗯嗯，帘子多宽 多高#E-s[数字x]", "帘子多宽 多高"),
            ("你好像发错颜色了", "你好像发错颜色了"),
            ("可以?", "可以?"),
            ("在吗", ""),
            ("", ""),
        ] {
            assert_eq!(without_small_talk(turn), expected, "{turn:?}");
        }
    }
}
