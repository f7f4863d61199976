//! `GET /questions`: recurring questions as a table, filtered and sorted.

use std::collections::{BTreeMap, HashMap};

use actix_web::{HttpResponse, web};
use askama::Template;

use super::console::{Frame, Room, Visit};
use super::language::Language;
use super::lists::{Part, place};
use super::questions_parts::{
    Chip, Choice, Flash, Reader, chips, counted, desk, domains, number, percent, signed,
};
use super::{chart, page};
use crate::auth::{Fields, ReadingInsights};
use crate::error::ApiError;
use crate::insights::standing::Standing;
use crate::insights::table::{Column, Direction, State, TablePage, TableQuery, TableRow, table};
use crate::state::AppState;

const ROWS: usize = 50;

/// Products that the filter proposes.
const MOST_PRODUCTS: usize = 60;

/// The size of a sparkline's view box.
const SPARK: (u32, u32) = (96, 24);

/// A column: what the address calls it, and whether text stands in it.
const COLUMNS: [(&str, Column); 6] = [
    ("label", Column::Label),
    ("intent", Column::Intent),
    ("buyers", Column::Buyers),
    ("change", Column::Change),
    ("answered", Column::AnsweredShare),
    ("acceptance", Column::Acceptance),
];

const STATES: [(&str, State, [&str; 2]); 7] = [
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

#[derive(Template)]
#[template(path = "questions.html")]
struct QuestionsPage {
    frame: Frame,
    flash: Flash,
    supervises: bool,
    counted: String,
    filters: Filters,
    states: Vec<Choice>,
    domains: Vec<Choice>,
    intents: Vec<Choice>,
    products: Vec<Choice>,
    headings: Vec<Heading>,
    rows: Vec<RowView>,
    total: String,
    /// Whether there is any question at all.
    has_any: bool,
    part: Part,
}

/// What the address asks for, as it was written.
struct Filters {
    state: String,
    domain: String,
    intent: String,
    product: String,
    text: String,
    sort: String,
    direction: Direction,
    /// Rows before the first shown.
    from: usize,
}

struct Heading {
    name: &'static str,
    href: String,
    /// The value of `aria-sort`; empty where the table is not sorted by it.
    sorted: &'static str,
    class: &'static str,
}

struct RowView {
    id: String,
    label: String,
    phrases: String,
    intent: String,
    chips: Vec<Chip>,
    points: String,
    course: String,
    buyers: String,
    change: String,
    change_class: &'static str,
    before: String,
    answered: String,
    acceptance: String,
}

/// The table.
///
/// # Errors
/// When the shop cannot be read.
pub async fn list(
    visit: Visit<ReadingInsights>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let person = visit.visitor.person();
    let reader = Reader::of(&state, person).await?;
    let filters = Filters::read(&visit.query);
    let frame = visit.frame(&state, Room::Questions).await?;
    let query = filters.query(&reader);
    let table = table(desk(&state, &frame), &person.shop, &query).await?;
    let language = visit.language;
    let (total, rows) = filters.rows(&table, &reader, language);
    let template = QuestionsPage {
        flash: Flash::of(&frame, "/questions"),
        supervises: reader.supervises(),
        counted: counted(&table.standing, &frame),
        states: STATES
            .iter()
            .map(|(id, _, name)| Choice::new(*id, language.say(name[0], name[1]), &filters.state))
            .collect(),
        domains: domains(&filters.domain, language),
        intents: intents(&table.standing, &filters.intent, language),
        products: products(&table.standing, &reader),
        headings: filters.headings(language),
        total: number(total as u64),
        has_any: !table.standing.rows.is_empty(),
        part: filters.part(total),
        rows,
        filters,
        frame,
    };
    page(&template, language)
}

impl Filters {
    fn read(query: &Fields) -> Self {
        let text = |name: &str| query.get(name).trim().to_owned();
        let sort = text("sort");
        let direction = match query.get("direction") {
            "ascending" => Direction::Ascending,
            _ => Direction::Descending,
        };
        Self {
            state: text("state"),
            domain: text("domain"),
            intent: text("intent"),
            product: text("product"),
            text: text("q"),
            sort,
            direction,
            from: place(query),
        }
    }

    /// What of a table is asked for. Others than supervisors search in what
    /// they may read, so that theirs is filtered and cut afterwards.
    fn query(&self, reader: &Reader) -> TableQuery {
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let state = STATES.iter().find(|(id, ..)| *id == self.state);
        let (text, offset, limit) = if reader.supervises() {
            (given(&self.text), self.from, ROWS)
        } else {
            (None, 0, usize::MAX)
        };
        TableQuery {
            state: state.map_or(State::Standing, |(_, state, _)| *state),
            domain: given(&self.domain),
            intent: given(&self.intent),
            product: given(&self.product),
            text,
            sort: (self.column(), self.direction),
            offset,
            limit,
        }
    }

    fn column(&self) -> Column {
        let found = COLUMNS.iter().find(|(id, _)| *id == self.sort);
        found.map_or(Column::Standing, |(_, column)| *column)
    }

    /// How many rows there are, and those of this page.
    fn rows(
        &self,
        table: &TablePage,
        reader: &Reader,
        language: Language,
    ) -> (usize, Vec<RowView>) {
        let view = |row: TableRow<'_>| RowView::new(row, reader, language);
        if reader.supervises() {
            return (table.total, table.rows().map(view).collect());
        }
        let text = self.text.to_lowercase();
        let shown = table.rows().filter(|row| reader.may_read(&row.row.view));
        let shown = shown.filter(|row| {
            let title = reader.title(&row.row.view, language).to_lowercase();
            let phrases = row.row.view.line.key_phrases.join("\n").to_lowercase();
            title.contains(&text) || phrases.contains(&text)
        });
        let shown: Vec<TableRow<'_>> = shown.collect();
        let total = shown.len();
        let shown = shown.into_iter().skip(self.from).take(ROWS);
        (total, shown.map(view).collect())
    }

    fn headings(&self, language: Language) -> Vec<Heading> {
        let heading = |id: &'static str, class, chinese, english| {
            let is_here = self.sort == id;
            let is_text = matches!(id, "label" | "intent");
            let (sorted, next) = match (is_here, self.direction) {
                (true, Direction::Ascending) => ("ascending", "descending"),
                (true, Direction::Descending) => ("descending", "ascending"),
                (false, _) if is_text => ("", "ascending"),
                (false, _) => ("", "descending"),
            };
            Heading {
                name: language.say(chinese, english),
                href: self.address((id, next)),
                sorted,
                class,
            }
        };
        vec![
            heading("label", "", "问题", "Question"),
            heading("buyers", "number", "买家", "Buyers"),
            heading("change", "number", "比前 7 天", "Change"),
            Heading {
                name: language.say("近 28 天", "28 days"),
                href: String::new(),
                sorted: "",
                class: "",
            },
            heading("intent", "", "意图", "Intent"),
            heading("answered", "number", "人工回复", "Answered"),
            heading("acceptance", "number", "采纳", "Accepted"),
        ]
    }

    fn part(&self, total: usize) -> Part {
        let path = self.address((&self.sort, self.direction_word()));
        Part::of(&path, self.from, ROWS, total)
    }

    /// The same rows, from the first, in another order.
    fn address(&self, (sort, direction): (&str, &str)) -> String {
        let start = "/questions?";
        let mut address = form_urlencoded::Serializer::for_suffix(start.to_owned(), start.len());
        for (name, value) in [
            ("state", &self.state),
            ("domain", &self.domain),
            ("intent", &self.intent),
            ("product", &self.product),
            ("q", &self.text),
        ] {
            if !value.is_empty() {
                address.append_pair(name, value);
            }
        }
        if !sort.is_empty() {
            address
                .append_pair("sort", sort)
                .append_pair("direction", direction);
        }
        let address = address.finish();
        address.trim_end_matches('?').to_owned()
    }

    /// The direction, for the form to keep.
    fn direction_word(&self) -> &'static str {
        match self.direction {
            Direction::Ascending => "ascending",
            Direction::Descending => "descending",
        }
    }
}

impl RowView {
    fn new(row: TableRow<'_>, reader: &Reader, language: Language) -> Self {
        let view = &row.row.view;
        let line = &view.line;
        let (now, before) = (line.buyers, line.previous_buyers);
        let course: Vec<String> = row.row.by_day.iter().map(u32::to_string).collect();
        Self {
            id: view.cluster.id.to_string(),
            label: reader.title(view, language),
            phrases: line.key_phrases.join(language.say("、", ", ")),
            intent: line.intent_label.clone().unwrap_or_default(),
            chips: chips(view, usize::from(row.has_candidate), language),
            points: chart::points(&row.row.by_day, SPARK.0, SPARK.1),
            course: course.join(" "),
            buyers: number(now),
            change: signed(now, before),
            change_class: match now.cmp(&before) {
                std::cmp::Ordering::Greater => "up",
                std::cmp::Ordering::Less => "down",
                std::cmp::Ordering::Equal => "",
            },
            before: number(before),
            answered: if line.questions == 0 {
                "–".to_owned()
            } else {
                percent(line.answered_share)
            },
            acceptance: line.acceptance.map_or_else(|| "–".to_owned(), percent),
        }
    }
}

/// The intents that questions have, by name.
fn intents(standing: &Standing, chosen: &str, language: Language) -> Vec<Choice> {
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for row in &standing.rows {
        let line = &row.view.line;
        if let (Some(id), Some(label)) = (&line.intent, &line.intent_label) {
            names.insert(id, label);
        }
    }
    let all = Choice::new("", language.say("全部", "All"), chosen);
    let named = names.into_iter();
    let named = named.map(|(id, label)| Choice::new(id, label, chosen));
    std::iter::once(all).chain(named).collect()
}

/// The products that are asked about most.
fn products(standing: &Standing, reader: &Reader) -> Vec<Choice> {
    let mut buyers: HashMap<&str, (u32, &str)> = HashMap::new();
    for row in &standing.rows {
        for product in &row.view.line.products {
            let entry = buyers.entry(&product.id).or_insert((0, &product.label));
            entry.0 += product.buyers;
        }
    }
    let mut products: Vec<(&str, (u32, &str))> = buyers.into_iter().collect();
    products.retain(|(_, (buyers, _))| *buyers >= reader.smallest_group());
    products.sort_by_key(|(id, (buyers, _))| (std::cmp::Reverse(*buyers), *id));
    let first = products.into_iter().take(MOST_PRODUCTS);
    first
        .map(|(id, (_, label))| Choice::new(id, label, ""))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_the_filters() {
        let query = "state=unanswered&q=%E5%8C%85+%E9%82%AE&sort=buyers&direction=ascending";
        let filters = Filters::read(&Fields::parse(query.as_bytes()));
        assert_eq!(filters.column(), Column::Buyers);
        let expected = format!("/questions?{query}");
        assert_eq!(filters.address(("buyers", "ascending")), expected);
        let part = filters.part(120);
        assert_eq!(part.next, format!("{expected}&from=50"));
    }

    #[test]
    fn what_makes_no_sense_filters_nothing() {
        let filters = Filters::read(&Fields::parse(b"state=x&sort=y&from=-4&direction=z"));
        let query = filters.query(&Reader::Supervisor);
        assert_eq!(query.state, State::Standing);
        assert_eq!(query.sort, (Column::Standing, Direction::Descending));
        assert_eq!((query.offset, query.limit), (0, ROWS));
    }
}
