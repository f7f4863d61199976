//! `GET /questions`: recurring questions as a table, filtered and sorted.

use std::collections::{BTreeMap, HashMap};

use actix_web::{HttpResponse, web};
use askama::Template;

use super::console::{Frame, Room, Visit};
use super::language::Language;
use super::lists::Part;
use super::questions_filter::{Filters, STATES};
use super::questions_parts::{
    Chip, Choice, Flash, Reader, chips, counted, desk, domains, number, percent, signed,
};
use super::{chart, page};
use crate::auth::ReadingInsights;
use crate::error::ApiError;
use crate::insights::standing::{Row, Standing};
use crate::insights::table::{Column, Direction, TablePage, TableQuery, table};
use crate::reports::Words;
use crate::state::AppState;

const ROWS: usize = 50;

/// Products that the filter proposes.
const MOST_PRODUCTS: usize = 60;

/// The size of a sparkline's view box.
const SPARK: (u32, u32) = (96, 24);

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
            .map(|(id, _, name)| {
                Choice::new(*id, language.say(name[0], name[1]), filters.state_word())
            })
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
    /// What of a table is asked for. Others than supervisors search in what
    /// they may read, so that theirs is filtered and cut afterwards.
    fn query(&self, reader: &Reader) -> TableQuery {
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let (text, offset, limit) = if reader.supervises() {
            (given(&self.text), self.from, ROWS)
        } else {
            (None, 0, usize::MAX)
        };
        TableQuery {
            state: self.state,
            domain: given(&self.domain),
            intent: given(&self.intent),
            product: given(&self.product),
            text,
            sort: self.sort,
            offset,
            limit,
        }
    }

    /// How many rows there are, and those of this page.
    fn rows(
        &self,
        table: &TablePage,
        reader: &Reader,
        language: Language,
    ) -> (usize, Vec<RowView>) {
        let view = |row: &Row| RowView::new(row, reader, language);
        if reader.supervises() {
            return (table.total, table.rows().map(view).collect());
        }
        let text = self.text.to_lowercase();
        let shown = table.rows().filter(|row| reader.may_read(&row.view));
        let shown = shown.filter(|row| {
            let title = reader.title(&row.view, language).to_lowercase();
            let phrases = row.view.line.key_phrases.join("\n").to_lowercase();
            title.contains(&text) || phrases.contains(&text)
        });
        let shown: Vec<&Row> = shown.collect();
        let total = shown.len();
        let shown = shown.into_iter().skip(self.from).take(ROWS);
        (total, shown.map(view).collect())
    }

    fn headings(&self, language: Language) -> Vec<Heading> {
        let heading = |column: Column, class, chinese, english| {
            let is_text = matches!(column, Column::Label | Column::Intent);
            let (sorted, next) = match (self.sort.0 == column, self.sort.1) {
                (true, Direction::Ascending) => (self.direction_word(), Direction::Descending),
                (true, Direction::Descending) => (self.direction_word(), Direction::Ascending),
                (false, _) if is_text => ("", Direction::Ascending),
                (false, _) => ("", Direction::Descending),
            };
            Heading {
                name: language.say(chinese, english),
                href: self.in_order(column, next).address(),
                sorted,
                class,
            }
        };
        vec![
            heading(Column::Label, "", "问题", "Question"),
            heading(Column::Buyers, "number", "买家", "Buyers"),
            heading(Column::Change, "number", "比前 7 天", "Change"),
            Heading {
                name: language.say("近 28 天", "28 days"),
                href: String::new(),
                sorted: "",
                class: "",
            },
            heading(Column::Intent, "", "意图", "Intent"),
            heading(Column::AnsweredShare, "number", "人工回复", "Answered"),
            heading(Column::Acceptance, "number", "建议采用", "Used"),
        ]
    }

    fn part(&self, total: usize) -> Part {
        let (column, direction) = self.sort;
        let first = self.in_order(column, direction);
        Part::of(&first.address(), self.from, ROWS, total)
    }
}

impl RowView {
    fn new(row: &Row, reader: &Reader, language: Language) -> Self {
        let view = &row.view;
        let line = &view.line;
        let (now, before) = (line.buyers.at_least(), line.previous_buyers.at_least());
        let course: Vec<String> = row.by_day.iter().map(u32::to_string).collect();
        Self {
            id: view.cluster.id.to_string(),
            label: reader.title(view, language),
            phrases: line.key_phrases.join(language.say("、", ", ")),
            intent: Words(language.0).intent(line).to_owned(),
            chips: chips(view, language),
            points: chart::points(&row.by_day, SPARK.0, SPARK.1),
            course: course.join(" "),
            buyers: number(now),
            change: signed(now, before),
            change_class: match now.cmp(&before) {
                std::cmp::Ordering::Greater => "up",
                std::cmp::Ordering::Less => "down",
                std::cmp::Ordering::Equal => "",
            },
            before: number(before),
            answered: if line.questions.at_least() == 0 {
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
        if let Some(id) = &line.intent {
            names.insert(id, Words(language.0).intent(line));
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
    use crate::auth::Fields;
    use crate::domain::fault::Locale;
    use crate::insights::table::State;

    fn filters(query: &str) -> Filters {
        Filters::read(&Fields::parse(query.as_bytes()))
    }

    #[test]
    fn the_next_part_keeps_the_filters() {
        let query = "state=unanswered&sort=buyers&direction=ascending";
        let part = filters(query).part(120);
        assert_eq!(part.next, format!("/questions?{query}&from=50"));
        let second = filters(&format!("{query}&from=50")).part(120);
        assert_eq!(second.previous, format!("/questions?{query}"));
        assert_eq!(second.next, format!("/questions?{query}&from=100"));
    }

    #[test]
    fn a_heading_sorts_by_its_column_and_then_the_other_way() {
        let headings = filters("sort=buyers&direction=descending");
        let headings = headings.headings(Language(Locale::English));
        let heading = |name: &str| {
            let found = headings.iter().find(|heading| heading.name == name);
            let found = found.expect("a heading");
            (found.sorted, found.href.as_str())
        };
        let turned = "/questions?sort=buyers&direction=ascending";
        assert_eq!(heading("Buyers"), ("descending", turned));
        let by_text = "/questions?sort=label&direction=ascending";
        assert_eq!(heading("Question"), ("", by_text));
    }

    #[test]
    fn a_supervisor_is_handed_a_part() {
        let query = filters("from=50&product=+k2+").query(&Reader::Supervisor);
        assert_eq!(query.state, State::Standing);
        assert_eq!(query.sort, (Column::Standing, Direction::Descending));
        assert_eq!((query.offset, query.limit), (50, ROWS));
        assert_eq!(query.product.as_deref(), Some("k2"));
    }
}
