//! The weekly report as a page that is read on a screen and printed.

use std::borrow::Cow;

use askama::Template;

use super::chart::{self, DayBar, Part, SPARK_HEIGHT, SPARK_WIDTH, Spark};
use super::figures::{Figure, caution, change, empty, figures, line_change, part_change, summary};
use super::section::Section;
use super::words::{Words, number, share};
use super::{ReportError, plain};
use crate::domain::fault::Locale;
use crate::domain::insights::{ActionLine, QuestionLine, Share, Trend, WeeklyReport};

/// Figures that are shown large; the others below them.
const LARGE_FIGURES: usize = 3;

/// Something to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it is called: `Excel`.
    pub label: String,
    /// Its address.
    pub href: String,
}

/// What a page refers to. It loads nothing but its style and icon.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageLinks {
    /// The address of the icon.
    pub icon: String,
    /// The addresses of the stylesheets: `zhiwen.css`, then `report.css`.
    pub stylesheets: Vec<String>,
    /// The week before.
    pub previous: Option<String>,
    /// The week after.
    pub next: Option<String>,
    /// The report in other formats.
    pub downloads: Vec<Link>,
}

/// The report as a page in `locale`'s language: charts are SVG with a title, a
/// description and a table; there is no inline style and no script.
///
/// # Errors
/// When the template cannot be rendered.
pub fn html(
    report: &WeeklyReport,
    locale: Locale,
    links: &PageLinks,
) -> Result<String, ReportError> {
    let report = plain::report(report);
    let words = Words(locale);
    let mut large = figures(&report, words);
    let small = large.split_off(LARGE_FIGURES);
    let list = |section| List::new(&report, section, words);
    let shares = |parts| ShareRow::all(parts, &report, words);
    let breakdown = |title, parts| Breakdown::new(title, parts, (&report, words));
    let page = Page {
        words,
        links,
        title: words.title(&report),
        period: words.period(&report),
        state: words.state(&report),
        caution: caution(&report, words),
        summary: summary(&report, words),
        empty: empty(&report, words),
        large,
        small,
        days: chart::days(&report, words),
        parts: chart::parts(report.by_domain.iter().map(|part| part.questions)),
        by_domain: shares(&report.by_domain),
        left_out: words.left_out(&report.by_domain, &report),
        breakdowns: [
            breakdown(words.say("按意图", "By intent"), &report.by_intent),
            breakdown(words.say("按商品", "By product"), &report.by_product),
            breakdown(words.say("按渠道", "By channel"), &report.by_channel),
        ],
        top: list(Section::Top),
        moves: [Section::Rising, Section::New, Section::Fading].map(list),
        tasks: [
            Section::Unanswered,
            Section::PageGaps,
            Section::PackagingAndDelivery,
            Section::PromotionConfusion,
        ]
        .map(list),
        actions: report
            .actions
            .iter()
            .map(|action| ActionRow::new(action, words))
            .collect(),
        compared: words.compared_weeks(&report),
        policy: words.policy(&report),
        report: &report,
    };
    Ok(page.render()?)
}

/// The page.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    words: Words,
    links: &'a PageLinks,
    report: &'a WeeklyReport,
    title: String,
    period: String,
    state: String,
    caution: Option<String>,
    summary: String,
    empty: &'static str,
    large: Vec<Figure>,
    small: Vec<Figure>,
    days: Vec<DayBar>,
    parts: Vec<Part>,
    by_domain: Vec<ShareRow<'a>>,
    /// What is not in that table.
    left_out: Option<String>,
    breakdowns: [Breakdown<'a>; 3],
    top: List<'a>,
    moves: [List<'a>; 3],
    tasks: [List<'a>; 4],
    actions: Vec<ActionRow<'a>>,
    /// The weeks whose buyers are compared there.
    compared: (String, String),
    policy: Vec<String>,
}

/// A section's questions.
struct List<'a> {
    section: Section,
    rows: Vec<Row<'a>>,
    /// What is said when there are none.
    empty: String,
}

impl<'a> List<'a> {
    fn new(report: &'a WeeklyReport, section: Section, words: Words) -> Self {
        let lines = section.lines(report);
        let most = lines
            .iter()
            .map(|line| line.buyers.at_least())
            .max()
            .unwrap_or(0);
        Self {
            section,
            rows: lines
                .iter()
                .map(|line| Row::new(line, most, words))
                .collect(),
            empty: section.empty(report, words),
        }
    }
}

/// A question.
struct Row<'a> {
    line: &'a QuestionLine,
    /// Domain and intent, in people's words.
    kind: String,
    buyers: String,
    before: String,
    bar: String,
    change: String,
    /// The change's direction, and that it may be chance where it may.
    direction: String,
    /// How it moves, where it does by more than chance.
    trend: Option<&'static str>,
    spark: Option<Spark>,
    answered: String,
    /// The share of urgent ones, where it is worth a word.
    urgent: Option<String>,
}

/// From this share of urgent questions on, it is said.
const LEAST_URGENT: f64 = 0.2;

impl<'a> Row<'a> {
    fn new(line: &'a QuestionLine, most: u32, words: Words) -> Self {
        let change = line_change(line);
        let domain = line.domain.as_deref().map(|id| words.domain(id));
        let is_steady = line.trend.is_none_or(|trend| trend == Trend::Steady);
        let certainty = if is_steady { " chance" } else { "" };
        let intent = Some(words.intent(line)).filter(|intent| !intent.is_empty());
        let kinds: Vec<&str> = domain.into_iter().chain(intent).collect();
        Self {
            kind: kinds.join(" · "),
            buyers: number(line.buyers),
            before: number(line.previous_buyers),
            bar: chart::width(line.buyers.at_least(), most),
            change: change.text(words),
            direction: format!("{}{certainty}", change.direction()),
            trend: (!is_steady).then(|| words.trend(line.trend)),
            spark: chart::spark(&line.buyers_by_week, words),
            answered: line
                .told(line.answered_share)
                .map(share)
                .unwrap_or_default(),
            urgent: (line.urgent_share >= LEAST_URGENT).then(|| share(line.urgent_share)),
            line,
        }
    }
}

/// The week's questions by one of their features.
struct Breakdown<'a> {
    title: &'a str,
    rows: Vec<ShareRow<'a>>,
    /// What is in no row.
    left_out: Option<String>,
}

impl<'a> Breakdown<'a> {
    fn new(title: &'a str, parts: &'a [Share], (report, words): (&WeeklyReport, Words)) -> Self {
        Self {
            title,
            rows: ShareRow::all(parts, report, words),
            left_out: words.left_out(parts, report),
        }
    }
}

/// A part of the week's questions.
struct ShareRow<'a> {
    label: Cow<'a, str>,
    questions: String,
    share: String,
    bar: String,
    change: String,
    direction: &'static str,
}

impl<'a> ShareRow<'a> {
    /// Every one of a report's `parts`.
    fn all(parts: &'a [Share], report: &WeeklyReport, words: Words) -> Vec<Self> {
        let row = |part| Self::new(part, report, words);
        parts.iter().map(row).collect()
    }

    fn new(part: &'a Share, report: &WeeklyReport, words: Words) -> Self {
        let (change, whole) = (part_change(part, report), report.totals.questions);
        Self {
            label: words.part(part),
            questions: number(part.questions),
            share: share(f64::from(part.questions) / f64::from(whole.max(1))),
            bar: chart::width(part.questions, whole),
            change: change.text(words),
            direction: change.direction(),
        }
    }
}

/// Something that was changed.
struct ActionRow<'a> {
    line: &'a ActionLine,
    kind: &'a str,
    on: String,
    before: String,
    now: String,
    change: String,
    direction: &'static str,
}

impl<'a> ActionRow<'a> {
    fn new(line: &'a ActionLine, words: Words) -> Self {
        let change = change(line.buyers_now, line.buyers_before);
        Self {
            kind: words.action(&line.kind),
            on: words.day(line.on),
            before: number(line.buyers_before),
            now: number(line.buyers_now),
            change: change.text(words),
            direction: change.direction(),
            line,
        }
    }
}

#[cfg(test)]
mod tests {
    use quick_xml::Reader;
    use quick_xml::events::Event;

    use super::super::samples;
    use super::*;
    use crate::domain::insights::CoverageNote;

    const LOCALES: [Locale; 2] = [Locale::Chinese, Locale::English];

    fn page(report: &WeeklyReport, locale: Locale) -> String {
        let links = PageLinks {
            icon: "/assets/x/icon.svg".to_owned(),
            stylesheets: vec![
                "/assets/x/zhiwen.css".to_owned(),
                "/assets/x/report.css".to_owned(),
            ],
            previous: Some("/v1/insights/weekly/2026-W46?a=1&b=2".to_owned()),
            next: None,
            downloads: vec![Link {
                label: "Excel".to_owned(),
                href: "/v1/insights/weekly/2026-W47.xlsx".to_owned(),
            }],
        };
        html(report, locale, &links).expect("rendered")
    }

    /// The text of a page whose elements are all closed, and its elements with
    /// their attributes.
    fn read(page: &str) -> (String, Vec<(String, Vec<String>)>) {
        let mut reader = Reader::from_str(page);
        let (mut text, mut elements, mut depth) = (String::new(), Vec::new(), 0);
        loop {
            let event = reader.read_event().expect("balanced");
            match &event {
                Event::Start(start) | Event::Empty(start) => {
                    depth += i32::from(matches!(event, Event::Start(_)));
                    let names = start
                        .attributes()
                        .map(|attribute| {
                            attribute.expect("quoted, and once").key.as_ref().to_owned()
                        })
                        .collect();
                    elements.push((start.name().as_ref().to_owned(), names));
                }
                Event::End(_) => depth -= 1,
                Event::Text(held) => text.push_str(held),
                Event::GeneralRef(held) => {
                    let character = held.resolve_char_ref().expect("a reference");
                    text.push(character.expect("by number"));
                }
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(depth, 0);
        (text, elements)
    }

    #[test]
    fn every_page_is_balanced_and_nothing_is_inline() {
        for report in [samples::shop(), samples::nothing(), samples::nasty()] {
            for locale in LOCALES {
                let page = page(&report, locale);
                let (_, elements) = read(&page);
                for (name, attributes) in &elements {
                    assert!(name != "script" && name != "style", "{name}");
                    let is_inline = |name: &String| name == "style" || name.starts_with("on");
                    assert!(!attributes.iter().any(is_inline), "{name} {attributes:?}");
                }
                let pictures = elements.iter().filter(|(name, names)| {
                    name == "svg" && names.iter().any(|name| name == "role")
                });
                let titles = elements.iter().filter(|(name, _)| name == "title").count();
                // One title is the page's own.
                assert_eq!(pictures.count() + 1, titles);
            }
        }
    }

    #[test]
    fn every_text_is_shown_as_it_is() {
        let (text, elements) = read(&page(&samples::nasty(), Locale::Chinese));
        for nasty in samples::NASTY {
            assert!(text.contains(&plain::line(nasty)), "{nasty:?}");
        }
        assert!(!elements.iter().any(|(name, _)| name == "at"));
        assert!(!text.contains(['\u{202e}', '\u{0}']));
    }

    #[test]
    fn figures_are_there_and_named() {
        let (text, _) = read(&page(&samples::shop(), Locale::Chinese));
        for figure in [
            "1,284",
            "612",
            "+18%",
            "88%",
            "47 秒",
            "121",
            "第 2 版",
            "第 1 版口径",
            "2 个百分点",
        ] {
            assert!(text.contains(figure), "{figure}");
        }
        let (text, _) = read(&page(&samples::shop(), Locale::English));
        for figure in ["1,284", "+18%", "Revision 2", "version 1 of the policy"] {
            assert!(text.contains(figure), "{figure}");
        }
    }

    #[test]
    fn intents_are_named_in_the_pages_language() {
        let (text, _) = read(&page(&samples::shop(), Locale::English));
        assert!(text.contains("When it ships") && !text.contains("发货时间"));
        let (text, _) = read(&page(&samples::shop(), Locale::Chinese));
        assert!(text.contains("发货时间"));
    }

    #[test]
    fn weeks_that_are_empty_or_run_say_so() {
        let (text, _) = read(&page(&samples::nothing(), Locale::Chinese));
        assert!(text.contains("本周没有提问。") && !text.contains("问得最多"));
        let mut report = samples::shop();
        report.has_ended = false;
        report.made_at = samples::time("2026-11-18T16:30:00Z");
        let (text, _) = read(&page(&report, Locale::Chinese));
        assert!(text.contains("截至目前 · 2026-11-19 00:30") && text.contains("未到"));
    }

    #[test]
    fn a_week_without_knowledge_says_so() {
        let mut report = samples::shop();
        report.coverage_note = Some(CoverageNote::NothingApproved);
        for locale in LOCALES {
            let (text, _) = read(&page(&report, locale));
            let said = caution(&report, Words(locale)).unwrap_or_default();
            assert!(text.contains(&said), "{said}");
        }
    }

    #[test]
    fn a_section_without_questions_says_so() {
        let mut report = samples::shop();
        report.rising.clear();
        report.unanswered.clear();
        for locale in LOCALES {
            let (text, _) = read(&page(&report, locale));
            for section in [Section::Rising, Section::Unanswered] {
                assert!(text.contains(&section.empty(&report, Words(locale))));
            }
            assert!(!text.contains(&Section::New.empty(&report, Words(locale))));
        }
    }
}
