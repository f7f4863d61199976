//! How the phrase lists of small talk explain a turn, stretch by stretch.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::marks::{self, Mark};
use crate::phrases::PhraseTable;

/// A turn cut into stretches that a list or a mark explains, and characters that nothing does.
pub(crate) struct Reading {
    pub(crate) spans: Vec<Span>,
}

#[derive(Clone, Copy)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) part: Part,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Mark(Mark),
    Phrase(Tag),
    /// The blank between two Latin words, which ends no clause.
    WordSpace,
    /// One character that nothing explains.
    Uncovered,
}

/// The list of `config/lexicon/smalltalk.toml` that a phrase stands in, or, from
/// [`Self::Picture`] on, of `giving.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    Greeting,
    Acknowledgement,
    Thanks,
    Answer,
    HumanAgent,
    HumanAgentLead,
    DataLabel,
    CardLabel,
    Preface,
    Filler,
    Picture,
    Sent,
    Choice,
    ChoiceLabel,
}

impl Span {
    pub(crate) fn separates(&self) -> bool {
        use Mark::{Boundary, Emoji, Media, Question};
        matches!(self.part, Part::Mark(Boundary | Question | Emoji | Media))
    }

    pub(crate) fn is(&self, tags: &[Tag]) -> bool {
        matches!(self.part, Part::Phrase(tag) if tags.contains(&tag))
    }
}

impl Reading {
    /// The reading with the fewest unexplained characters.
    pub(crate) fn of(turn: &[char]) -> Self {
        Self::with(turn, &[])
    }

    /// The same, by the phrases of `more` as well, which go before.
    pub(crate) fn with(turn: &[char], more: &[&PhraseTable<Tag>]) -> Self {
        let kept_apart = kept_apart(turn);
        let leads_count = LISTS.human_agent.occurs_in(turn);
        // best[at]: unexplained characters from `at` on, and the span to take there.
        let mut best: Vec<(usize, usize, Part)> = vec![(0, 0, Part::Uncovered); turn.len() + 1];
        for at in (0..turn.len()).rev() {
            let mut choice = (best[at + 1].0 + 1, 1, Part::Uncovered);
            if let Some((length, mark)) = marks::mark_at(turn, at) {
                let part = if is_word_space(turn, at) {
                    Part::WordSpace
                } else {
                    Part::Mark(mark)
                };
                choice = (best[at + length].0, length, part);
            }
            for (length, tag) in more.iter().flat_map(|table| table.all_at(turn, at)) {
                if best[at + length].0 < choice.0 {
                    choice = (best[at + length].0, length, Part::Phrase(tag));
                }
            }
            for (length, tag) in LISTS.phrases.all_at(turn, at) {
                let allowed = tag != Tag::HumanAgentLead || leads_count;
                let free = !kept_apart[at..at + length].contains(&true);
                if allowed && free && best[at + length].0 < choice.0 {
                    choice = (best[at + length].0, length, Part::Phrase(tag));
                }
            }
            best[at] = choice;
        }
        let mut spans = Vec::new();
        let mut start = 0;
        while start < turn.len() {
            let (_, length, part) = best[start];
            let end = start + length;
            spans.push(Span { start, end, part });
            start = end;
        }
        Self { spans }
    }

    /// Whether no word is left over.
    pub(crate) fn explains_all(&self) -> bool {
        !self.has(Part::Uncovered)
    }

    pub(crate) fn has(&self, part: Part) -> bool {
        self.spans.iter().any(|span| span.part == part)
    }

    /// Characters in spans that `wanted` accepts.
    pub(crate) fn count(&self, wanted: impl Fn(Part) -> bool) -> usize {
        let spans = self.spans.iter().filter(|span| wanted(span.part));
        spans.map(|span| span.end - span.start).sum()
    }

    pub(crate) fn count_of(&self, tags: &[Tag]) -> usize {
        self.count(|part| matches!(part, Part::Phrase(tag) if tags.contains(&tag)))
    }

    /// A link or picture, or a card: its labels with data beside them.
    pub(crate) fn shows_something(&self) -> bool {
        self.has(Part::Mark(Mark::Media))
            || (self.has(Part::Phrase(Tag::CardLabel)) && self.has(Part::Mark(Mark::Data)))
    }

    /// `turn` with blanks for the courtesies that open its clauses, whose words
    /// ("不好意思") would pass for cues. At the end of a clause they may be cues:
    /// "今天到，是吗" asks.
    pub(crate) fn without_courtesies(&self, turn: &[char]) -> Vec<char> {
        const COURTESIES: [Tag; 4] = [
            Tag::Greeting,
            Tag::Acknowledgement,
            Tag::Thanks,
            Tag::Preface,
        ];
        let mut rest = turn.to_vec();
        let mut opening = true;
        for span in &self.spans {
            let courtesy = span.is(&COURTESIES) || span.part == Part::WordSpace;
            if (courtesy && opening) || span.part == Part::Mark(Mark::Media) {
                rest[span.start..span.end].fill(' ');
            }
            opening = span.separates() || (opening && courtesy);
        }
        rest
    }

    /// How much nothing explains, in Han characters; three Latin letters weigh as much as one.
    pub(crate) fn unexplained(&self, turn: &[char]) -> usize {
        let letters = self
            .spans
            .iter()
            .filter(|span| span.part == Part::Uncovered && turn[span.start].is_ascii_alphabetic());
        let letters = letters.count();
        self.count(|part| part == Part::Uncovered) - letters + letters.div_ceil(3)
    }
}

/// Which characters belong to longer words ("你好像") that are no small talk.
fn kept_apart(turn: &[char]) -> Vec<bool> {
    let mut apart = vec![false; turn.len()];
    for at in 0..turn.len() {
        if let Some((length, ())) = LISTS.keep.longest_at(turn, at) {
            apart[at..at + length].fill(true);
        }
    }
    apart
}

fn is_word_space(turn: &[char], at: usize) -> bool {
    let latin = |position: usize| turn.get(position).is_some_and(char::is_ascii_alphanumeric);
    turn[at] == ' ' && at > 0 && latin(at - 1) && latin(at + 1)
}

struct Lists {
    phrases: PhraseTable<Tag>,
    human_agent: PhraseTable<()>,
    keep: PhraseTable<()>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLists {
    greeting: Vec<String>,
    acknowledgement: Vec<String>,
    thanks: Vec<String>,
    answer: Vec<String>,
    human_agent: Vec<String>,
    human_agent_lead: Vec<String>,
    data_label: Vec<String>,
    card_label: Vec<String>,
    preface: Vec<String>,
    filler: Vec<String>,
    keep: Vec<String>,
}

#[expect(
    clippy::expect_used,
    reason = "the file is part of the binary; a test parses it"
)]
static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let raw: RawLists = toml::from_str(include_str!("../../config/lexicon/smalltalk.toml"))
        .expect("smalltalk.toml parses");
    // A phrase in two lists counts for the one named first here.
    let lists = [
        (&raw.human_agent, Tag::HumanAgent),
        (&raw.greeting, Tag::Greeting),
        (&raw.thanks, Tag::Thanks),
        (&raw.acknowledgement, Tag::Acknowledgement),
        (&raw.answer, Tag::Answer),
        (&raw.card_label, Tag::CardLabel),
        (&raw.data_label, Tag::DataLabel),
        (&raw.preface, Tag::Preface),
        (&raw.filler, Tag::Filler),
        (&raw.human_agent_lead, Tag::HumanAgentLead),
    ];
    let tagged = lists
        .iter()
        .flat_map(|(phrases, tag)| phrases.iter().map(|phrase| (phrase.as_str(), *tag)));
    let untagged =
        |phrases: &[String]| PhraseTable::new(phrases.iter().map(|phrase| (phrase.as_str(), ())));
    Lists {
        phrases: PhraseTable::new(tagged),
        human_agent: untagged(&raw.human_agent),
        keep: untagged(&raw.keep),
    }
});

#[cfg(test)]
mod tests {
    use super::*;

    fn check(turn: &str, expected: &[(&str, Part)]) {
        let characters: Vec<char> = turn.chars().collect();
        let reading = Reading::of(&characters);
        let spans: Vec<(String, Part)> = reading
            .spans
            .iter()
            .map(|span| (characters[span.start..span.end].iter().collect(), span.part))
            .collect();
        let expected: Vec<(String, Part)> = expected
            .iter()
            .map(|(text, part)| ((*text).to_owned(), *part))
            .collect();
        assert_eq!(spans, expected, "{turn:?}");
    }

    #[test]
    fn the_fewest_characters_stay_unexplained() {
        let boundary = Part::Mark(Mark::Boundary);
        check(
            "你好,帘",
            &[
                ("你好", Part::Phrase(Tag::Greeting)),
                (",", boundary),
                ("帘", Part::Uncovered),
            ],
        );
        check(
            "ok thanks",
            &[
                ("ok", Part::Phrase(Tag::Acknowledgement)),
                (" ", Part::WordSpace),
                ("thanks", Part::Phrase(Tag::Thanks)),
            ],
        );
    }

    #[test]
    fn a_longer_word_keeps_its_parts() {
        check("好像", &[("好", Part::Uncovered), ("像", Part::Uncovered)]);
    }

    #[test]
    fn long_turns_are_read_in_little_time() {
        for piece in ["<a/", "[a", "http:/ ", "好"] {
            let characters: Vec<char> = piece.repeat(20_000).chars().collect();
            assert!(!Reading::of(&characters).spans.is_empty());
        }
    }
}
