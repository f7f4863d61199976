//! What an address of the table of recurring questions asks for. The table reads
//! it, and whatever leads to the table writes it: the words stand here alone.

use super::lists::place;
use crate::auth::Fields;
use crate::insights::table::{Column, Direction, State};

const PATH: &str = "/questions";

const COLUMNS: [(&str, Column); 6] = [
    ("label", Column::Label),
    ("intent", Column::Intent),
    ("buyers", Column::Buyers),
    ("change", Column::Change),
    ("answered", Column::AnsweredShare),
    ("acceptance", Column::Acceptance),
];

const DIRECTIONS: [(&str, Direction); 2] = [
    ("ascending", Direction::Ascending),
    ("descending", Direction::Descending),
];

/// The states to choose from: what the address calls each, and what people do.
pub const STATES: [(&str, State, [&str; 2]); 7] = [
    ("", State::Standing, ["全部（不含静音）", "All but muted"]),
    (
        "unanswered",
        State::Unanswered,
        ["缺答案", "Without an answer"],
    ),
    (
        "candidates",
        State::WithCandidates,
        ["待审核", "With answers to approve"],
    ),
    ("answered", State::Answered, ["已有答案", "Answered"]),
    ("rising", State::Rising, ["上升", "Rising"]),
    ("new", State::New, ["新出现", "New"]),
    ("muted", State::Muted, ["已静音", "Muted"]),
];

/// Which questions, in which order, from which on; what is empty filters nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filters {
    /// Of which state.
    pub state: State,
    /// Of which domain, by id.
    pub domain: String,
    /// Of which intent, by id.
    pub intent: String,
    /// About which product, by id.
    pub product: String,
    /// What their label or key phrases hold.
    pub text: String,
    /// Sorted by.
    pub sort: (Column, Direction),
    /// Rows before the first shown.
    pub from: usize,
}

impl Filters {
    /// As an address has them: what makes no sense filters nothing.
    pub fn read(query: &Fields) -> Self {
        let text = |name: &str| query.get(name).trim().to_owned();
        let states = STATES.map(|(word, state, _)| (word, state));
        Self {
            state: meaning(&states, &text("state")),
            domain: text("domain"),
            intent: text("intent"),
            product: text("product"),
            text: text("q"),
            sort: (
                meaning(&COLUMNS, &text("sort")),
                meaning(&DIRECTIONS, &text("direction")),
            ),
            from: place(query),
        }
    }

    /// All questions of a state.
    pub fn of(state: State) -> Self {
        Self {
            state,
            ..Self::default()
        }
    }

    /// All questions in an order.
    pub fn sorted(column: Column, direction: Direction) -> Self {
        Self::default().in_order(column, direction)
    }

    /// The same questions, from the first, in another order.
    pub fn in_order(&self, column: Column, direction: Direction) -> Self {
        Self {
            sort: (column, direction),
            from: 0,
            ..self.clone()
        }
    }

    /// The state, as an address calls it; empty for all.
    pub fn state_word(&self) -> &'static str {
        let states = STATES.map(|(word, state, _)| (word, state));
        word(&states, self.state)
    }

    /// The column sorted by, as an address calls it; empty where they stand as they stand.
    pub fn sort_word(&self) -> &'static str {
        word(&COLUMNS, self.sort.0)
    }

    /// The direction, as an address calls it.
    pub fn direction_word(&self) -> &'static str {
        word(&DIRECTIONS, self.sort.1)
    }

    /// The address of the table of them.
    pub fn address(&self) -> String {
        let from = self.from.to_string();
        let mut parts = vec![
            ("state", self.state_word()),
            ("domain", self.domain.as_str()),
            ("intent", self.intent.as_str()),
            ("product", self.product.as_str()),
            ("q", self.text.as_str()),
        ];
        if !self.sort_word().is_empty() {
            parts.push(("sort", self.sort_word()));
            parts.push(("direction", self.direction_word()));
        }
        if self.from > 0 {
            parts.push(("from", from.as_str()));
        }
        parts.retain(|(_, value)| !value.is_empty());
        if parts.is_empty() {
            return PATH.to_owned();
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        format!("{PATH}?{}", query.extend_pairs(parts).finish())
    }
}

/// What a word means; the first or usual meaning where it means nothing.
fn meaning<T: Copy + Default>(words: &[(&str, T)], text: &str) -> T {
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, meaning)| *meaning).unwrap_or_default()
}

/// The word for a meaning; empty where it has none.
fn word<T: Copy + PartialEq>(words: &[(&'static str, T)], meant: T) -> &'static str {
    let found = words.iter().find(|(_, meaning)| *meaning == meant);
    found.map_or("", |(word, _)| *word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str) -> Filters {
        let query = address.split_once('?').map_or("", |(_, query)| query);
        Filters::read(&Fields::parse(query.as_bytes()))
    }

    #[test]
    fn an_address_is_read_as_it_was_written() {
        let query = "state=unanswered&q=%E5%8C%85+%E9%82%AE&sort=buyers&direction=ascending";
        let expected = format!("/questions?{query}");
        let filters = read(&expected);
        assert_eq!(filters.state, State::Unanswered);
        assert_eq!(filters.sort, (Column::Buyers, Direction::Ascending));
        assert_eq!(filters.address(), expected);
        for (_, state, _) in STATES {
            assert_eq!(read(&Filters::of(state).address()).state, state);
        }
        for (_, column) in COLUMNS {
            for (_, direction) in DIRECTIONS {
                let sorted = Filters::sorted(column, direction);
                assert_eq!(read(&sorted.address()), sorted);
            }
        }
        assert_eq!(Filters::default().address(), "/questions");
    }

    #[test]
    fn another_order_begins_with_the_first() {
        let second = read("/questions?domain=product&from=50");
        assert_eq!(second.address(), "/questions?domain=product&from=50");
        let sorted = second.in_order(Column::Label, Direction::Ascending);
        let expected = "/questions?domain=product&sort=label&direction=ascending";
        assert_eq!(sorted.address(), expected);
    }

    #[test]
    fn what_makes_no_sense_filters_nothing() {
        let filters = read("/questions?state=x&sort=y&from=-4&direction=z");
        assert_eq!(filters, Filters::default());
    }
}
