//! From a thread's messages to the questions in them: a pure function, the
//! same however often and in whichever order the messages came in.

use std::ops::Range;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use zhiwen_models::smalltalk::{self, SmallTalk};
use zhiwen_models::standalone::stands_alone;

use crate::answering::understand::{Speaker, Turn, Understood, understand};
use crate::answering::{Query, classified, earlier, read_heard, wording};
use crate::catalog::Searchable;
use crate::domain::ids::ProductId;
use crate::domain::listening::{HeardQuestion, Outcome, QuestionId, Reply, WordingKey};
use crate::domain::message::{Author, Message, Thread};
use crate::domain::policy::ListeningPolicy;
use zhiwen_models::privacy::{Masked, mask};
use zhiwen_models::text::Normalized;

/// What is kept of a reply: an answer of a knowledge item is no longer.
const MOST_REPLY_CHARACTERS: usize = 1_000;

/// Turns before a question that it may lean on.
const MOST_TURNS_BEFORE: usize = 20;

/// A part of a buyer's burst that asks one thing, and what was understood of it.
struct Burst {
    /// The places of its messages in the session.
    from: usize,
    until: usize,
    understood: Understood,
}

/// The questions of a thread's messages, which come by time.
pub fn questions(
    searchable: &Searchable,
    policy: &ListeningPolicy,
    messages: &[Message],
) -> Vec<HeardQuestion> {
    let mut heard = Vec::new();
    for session in sessions(messages, policy) {
        let turns: Vec<Turn> = session.iter().map(turn).collect();
        let bursts = bursts(&turns, policy);
        for (at, burst) in bursts.iter().enumerate() {
            let is_question =
                burst.understood.small_talk.is_none() && burst.understood.answers_message.is_some();
            if is_question && let Some(question) = question(searchable, session, &turns, burst) {
                let reply = reply(session, burst.until, policy);
                // Other parts of the same burst came before the reply.
                let is_after = |next: &&Burst| {
                    let said_at = session.get(next.from).map(|message| message.at);
                    said_at >= reply.as_ref().map(|reply| reply.at)
                };
                let after = bursts[at + 1..].iter().find(is_after);
                let outcome = outcome(&question, reply.as_ref(), after);
                heard.push(HeardQuestion {
                    reply,
                    outcome,
                    ..question
                });
            }
        }
    }
    heard
}

/// Cuts a thread where the buyer was silent for long; a conversation of the
/// platform's is one session.
fn sessions<'a>(
    messages: &'a [Message],
    policy: &ListeningPolicy,
) -> impl Iterator<Item = &'a [Message]> {
    let gap_seconds = i64::from(policy.session_gap_minutes) * 60;
    messages.chunk_by(move |before, after| {
        before.thread.is_conversation()
            || after.at.as_second() - before.at.as_second() <= gap_seconds
    })
}

fn turn(message: &Message) -> Turn {
    Turn {
        id: message.id.clone(),
        speaker: match message.author {
            Author::Buyer => Speaker::Buyer,
            Author::Agent | Author::Automatic => Speaker::Agent,
        },
        text: message.text.to_string(),
        at: Some(message.at),
    }
}

fn bursts(turns: &[Turn], policy: &ListeningPolicy) -> Vec<Burst> {
    let gap_seconds = i64::from(policy.burst_gap_seconds);
    let mut bursts = Vec::new();
    let mut from = 0;
    for until in 1..=turns.len() {
        let (last, next) = (&turns[until - 1], turns.get(until));
        let goes_on = next.is_some_and(|next| {
            next.speaker == last.speaker && seconds(next.at) - seconds(last.at) <= gap_seconds
        });
        if goes_on {
            continue;
        }
        if last.speaker == Speaker::Buyer {
            for part in parts(&turns[..until], from) {
                // What was said before the burst, then the part alone.
                let before = &turns[from.saturating_sub(MOST_TURNS_BEFORE)..from];
                let said = [before, &turns[part.clone()]].concat();
                bursts.push(Burst {
                    from: part.start,
                    until: part.end,
                    understood: understand(&said, gap_seconds),
                });
            }
        }
        from = until;
    }
    bursts
}

/// A burst, which is the end of `turns` from `from` on, in parts that ask one
/// thing each: a message that asks by itself begins a part where the part
/// before asks by itself too. "这个壶" and "能放洗碗机吗" stay together.
fn parts(turns: &[Turn], from: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = from;
    let mut asks_already = false;
    for (at, turn) in turns.iter().enumerate().skip(from) {
        let asks = smalltalk::recognise(&turn.text, None).is_none() && stands_alone(&turn.text);
        if asks && asks_already {
            parts.push(start..at);
            start = at;
        }
        asks_already |= asks;
    }
    parts.push(start..turns.len());
    parts
}

fn seconds(at: Option<Timestamp>) -> i64 {
    at.map_or(0, Timestamp::as_second)
}

/// A burst as a question; `None` where it has no word.
fn question(
    searchable: &Searchable,
    session: &[Message],
    turns: &[Turn],
    burst: &Burst,
) -> Option<HeardQuestion> {
    let first = session.get(burst.from)?;
    let so_far = &session[..burst.until];
    let text = mask(&burst.understood.whole());
    let before = earlier(&turns[..burst.until], &burst.understood);
    let asked = Query {
        text: burst.understood.text.as_str(),
        context: burst.understood.context.as_ref().map(Masked::as_str),
        before: &before,
        ..Query::default()
    };
    let reading = read_heard(searchable, &asked);
    Some(HeardQuestion {
        id: question_id(&first.thread, first),
        thread: first.thread.clone(),
        at: first.at,
        wording: wording(text.as_str())?,
        consumer: latest(session, |message| message.consumer.as_ref()),
        channel: latest(session, |message| message.channel.as_ref()),
        product: latest(so_far, |message| message.product.as_ref())
            .or_else(|| only_product(searchable, text.as_str())),
        classified: classified(&reading),
        text,
        reply: None,
        outcome: Outcome::Unanswered,
    })
}

/// The last of what messages say of themselves.
fn latest<T: Clone>(messages: &[Message], part: impl Fn(&Message) -> Option<&T>) -> Option<T> {
    messages.iter().rev().find_map(part).cloned()
}

/// The product that a text names, where it names one.
fn only_product(searchable: &Searchable, text: &str) -> Option<ProductId> {
    let mentions = searchable.terminology.mentions(&Normalized::new(text));
    match mentions.products.as_slice() {
        [product] => ProductId::parse(product).ok(),
        _ => None,
    }
}

/// A hash of the thread and the burst's first message.
fn question_id(thread: &Thread, first: &Message) -> QuestionId {
    let mut hash = Sha256::new();
    hash.update(thread.as_str());
    hash.update([0]);
    hash.update(first.id.as_str());
    let digest = hash.finalize();
    QuestionId(std::array::from_fn(|at| digest[at]))
}

/// The first human reply after the burst. Its words belong to the last
/// question before it alone: to that it most likely replies.
fn reply(session: &[Message], after: usize, policy: &ListeningPolicy) -> Option<Reply> {
    let counts = |message: &Message| match message.author {
        Author::Agent => true,
        Author::Automatic => policy.counts_automatic_replies,
        Author::Buyer => false,
    };
    let rest = session.get(after..)?;
    let start = rest.iter().position(counts)?;
    let first = &rest[start];
    let is_direct = rest[..start]
        .iter()
        .all(|message| message.author != Author::Buyer);
    let said: Vec<&str> = rest[start..]
        .iter()
        .take_while(|message| message.author != Author::Buyer)
        .filter(|message| counts(message))
        .map(|message| message.text.as_str())
        .collect();
    let text: String = if is_direct {
        said.join("\n")
            .chars()
            .take(MOST_REPLY_CHARACTERS)
            .collect()
    } else {
        String::new()
    };
    Some(Reply {
        at: first.at,
        agent: first.agent.clone(),
        // Cut and joined, a text is masked again: a mark may have been cut in two.
        text: if text.is_empty() {
            Masked::default()
        } else {
            mask(&text)
        },
    })
}

/// How the buyer took the reply, by the words after it.
fn outcome(question: &HeardQuestion, reply: Option<&Reply>, after: Option<&Burst>) -> Outcome {
    if reply.is_none() {
        return Outcome::Unanswered;
    }
    let Some(after) = after else {
        return Outcome::Open;
    };
    taken(after, Some(question.wording))
}

/// How the buyer took a reply to a question of this wording.
fn taken(after: &Burst, asked: Option<WordingKey>) -> Outcome {
    match after.understood.small_talk {
        // Not what is given: the shop needs it to go on.
        Some(SmallTalk::Acknowledgement) => Outcome::Accepted,
        Some(_) => Outcome::Open,
        None => {
            let wording = wording(&after.understood.whole());
            if wording.is_some() && wording == asked {
                Outcome::AskedAgain
            } else {
                Outcome::Open
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::MessageId;

    fn turns(said: &[(&str, &str)]) -> Vec<Turn> {
        let at = |second: usize| Timestamp::from_second(second as i64).ok();
        said.iter()
            .enumerate()
            .map(|(place, (speaker, text))| Turn {
                id: MessageId::parse(&format!("m{place}")).expect("valid"),
                speaker: if *speaker == "b" {
                    Speaker::Buyer
                } else {
                    Speaker::Agent
                },
                text: (*text).to_owned(),
                at: at(place),
            })
            .collect()
    }

    fn check(said: &[(&str, &str)], expected: &[&str]) {
        let bursts = bursts(&turns(said), &ListeningPolicy::default());
        let asked: Vec<&str> = bursts
            .iter()
            .filter(|burst| burst.understood.small_talk.is_none())
            .map(|burst| burst.understood.text.as_str())
            .collect();
        assert_eq!(asked, expected, "{said:?}");
    }

    #[test]
    fn a_burst_that_asks_two_things_is_two_questions() {
        check(
            &[("b", "可以价保吗"), ("b", "发票什么时候开")],
            &["可以价保吗", "发票什么时候开"],
        );
    }

    #[test]
    fn what_only_gives_is_no_question() {
        check(
            &[
                ("b", "壶嘴漏水怎么处理"),
                ("a", "麻烦拍张照，留下收货信息"),
                ("b", "照片发你了，订单尾号8821，我微信 [微信]"),
                ("b", "寄到[地址] [姓名] [电话]"),
                ("a", "好的，给您补发"),
                ("b", "寄到[地址]要几天"),
            ],
            &["壶嘴漏水怎么处理", "寄到[地址]要几天"],
        );
    }

    #[test]
    fn only_words_that_accept_make_a_reply_accepted() {
        for (said, expected) in [
            ("照片发你了", Outcome::Open),
            ("收货电话 [电话] [姓名]", Outcome::Open),
            ("好的谢谢", Outcome::Accepted),
        ] {
            let said = [
                ("b", "壶嘴漏水怎么处理"),
                ("a", "麻烦拍张照，留下收货信息"),
                ("b", said),
            ];
            let bursts = bursts(&turns(&said), &ListeningPolicy::default());
            let after = bursts.last().expect("the buyer's last words");
            assert_eq!(taken(after, None), expected, "{said:?}");
        }
    }

    #[test]
    fn what_does_not_ask_by_itself_stays_with_what_does() {
        check(
            &[("b", "在吗"), ("b", "这个壶"), ("b", "能用电磁炉加热吗")],
            &["这个壶 能用电磁炉加热吗"],
        );
        check(
            &[
                ("b", "怎么退货"),
                ("b", "急"),
                ("a", "点申请售后"),
                ("b", "好的谢谢"),
            ],
            &["怎么退货 急"],
        );
    }
}
