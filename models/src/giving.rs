//! Tells a buyer's turn that only gives what the shop asked for: contact data, an order number, a picture, a size.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::cues::{self, Cues};
use crate::marks::Mark;
use crate::phrases::{Folded, PhraseTable};
use crate::privacy::{mask, may_be_name};
use crate::reading::{Part, Reading, Span, Tag};

/// Whether `turn` gives something and says nothing else. Every word of it must
/// be known: "地址[地址]" gives, "地址改成[地址]" wants something.
///
/// A size or colour counts only where `previous_agent_turn` waits for it; to
/// nobody's question, "能" and "可以" ask: "能寄到[地址]".
pub(crate) fn only_gives(turn: &str, previous_agent_turn: Option<&str>) -> bool {
    if Cues::of(&Folded::new(turn).characters).asks {
        return false;
    }
    // What is masked is known for data: a street's name would be words.
    let turn = Folded::new(mask(turn).as_str()).characters;
    let reading = Reading::with(&turn, &[&LISTS.giving]);
    let has = |tag| reading.has(Part::Phrase(tag));
    let has_data = reading.has(Part::Mark(Mark::Data));
    let chooses = has(Tag::Choice) || has(Tag::ChoiceLabel);
    if wants_more(&reading, &turn, chooses) || !leaves_only_names(&reading, &turn) {
        return false;
    }
    if previous_agent_turn.is_none() && has(Tag::Answer) {
        return false;
    }
    if chooses {
        // "我要的是L码发了M码" tells a fault.
        let tells_what_came = has(Tag::Sent) || LISTS.came.occurs_in(&turn);
        return !tells_what_came
            && previous_agent_turn.is_some_and(awaits_choice)
            && (has(Tag::Choice) || has_data);
    }
    has_data || (has(Tag::Picture) && has(Tag::Sent))
}

/// Whether a turn wants something else than to give. A choice is said as a wish: "我要蓝色的".
fn wants_more(reading: &Reading, turn: &[char], chooses: bool) -> bool {
    const OTHER_MATTERS: [Tag; 3] = [Tag::HumanAgent, Tag::HumanAgentLead, Tag::CardLabel];
    let cues = Cues::of(&reading.without_courtesies(turn));
    let requests = cues.requests && !chooses;
    cues.asks || cues.complains || requests || reading.count_of(&OTHER_MATTERS) > 0
}

/// Whether all that no list explains are names that masking did not know, each
/// apart from other words, in a turn that gives contact data.
fn leaves_only_names(reading: &Reading, turn: &[char]) -> bool {
    let is_contact =
        |span: &Span| span.part == Part::Mark(Mark::Data) && turn.get(span.start) == Some(&'[');
    let has_contact = reading.spans.iter().any(is_contact);
    let mut before: Option<&Span> = None;
    let mut runs = reading
        .spans
        .chunk_by(|left, right| is_left(left) == is_left(right))
        .peekable();
    while let Some(run) = runs.next() {
        if run.iter().any(is_left) {
            let after = runs.peek().and_then(|run| run.first());
            let words: String = run.iter().map(|span| turn[span.start]).collect();
            let follows_contact = before.is_some_and(is_contact);
            let is_apart = stands_apart(before) && stands_apart(after);
            if !(has_contact && is_apart && names_receiver(&words, follows_contact)) {
                return false;
            }
        }
        before = run.last();
    }
    true
}

fn is_left(span: &Span) -> bool {
    span.part == Part::Uncovered
}

/// Whether no word is joined to what stands beside `neighbour`.
fn stands_apart(neighbour: Option<&Span>) -> bool {
    neighbour.is_none_or(|span| matches!(span.part, Part::Mark(Mark::Boundary | Mark::Data)))
}

/// "张丽", "张丽收", and the "收" behind a name that was masked.
fn names_receiver(words: &str, follows_contact: bool) -> bool {
    let name = words.strip_suffix('收').unwrap_or(words);
    if name.is_empty() {
        return follows_contact;
    }
    let characters: Vec<char> = name.chars().collect();
    may_be_name(name) && Cues::of(&characters) == Cues::default()
}

fn awaits_choice(agent_turn: &str) -> bool {
    let agent_turn = Folded::new(agent_turn).characters;
    let invites = cues::agent_invites(&agent_turn) || LISTS.agent_invites.occurs_in(&agent_turn);
    !invites && (cues::agent_awaits_answer(&agent_turn) || LISTS.agent_wants.occurs_in(&agent_turn))
}

struct Lists {
    giving: PhraseTable<Tag>,
    came: PhraseTable<()>,
    agent_wants: PhraseTable<()>,
    agent_invites: PhraseTable<()>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLists {
    label: Vec<String>,
    picture: Vec<String>,
    sent: Vec<String>,
    choice: Vec<String>,
    choice_label: Vec<String>,
    came: Vec<String>,
    agent_wants: Vec<String>,
    agent_invites: Vec<String>,
}

#[expect(
    clippy::expect_used,
    reason = "the file is part of the binary; a test parses it"
)]
static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let raw: RawLists = toml::from_str(include_str!("../../config/lexicon/giving.toml"))
        .expect("giving.toml parses");
    // A phrase in two lists counts for the one named first here.
    let lists = [
        (&raw.picture, Tag::Picture),
        (&raw.sent, Tag::Sent),
        (&raw.choice, Tag::Choice),
        (&raw.choice_label, Tag::ChoiceLabel),
        (&raw.label, Tag::DataLabel),
    ];
    let tagged = lists
        .iter()
        .flat_map(|(phrases, tag)| phrases.iter().map(|phrase| (phrase.as_str(), *tag)));
    let untagged =
        |phrases: &[String]| PhraseTable::new(phrases.iter().map(|phrase| (phrase.as_str(), ())));
    Lists {
        giving: PhraseTable::new(tagged),
        came: untagged(&raw.came),
        agent_wants: untagged(&raw.agent_wants),
        agent_invites: untagged(&raw.agent_invites),
    }
});

#[cfg(test)]
mod tests;
