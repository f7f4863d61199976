//! The weekly report as Markdown: for a wiki, a mail, a repository.

use std::fmt::Write;

use super::figures::{caution, change, empty, figures, line_change, part_change, summary};
use super::plain;
use super::section::Section;
use super::words::{Words, number, share};
use crate::domain::fault::Locale;
use crate::domain::insights::{AnswerState, QuestionLine, Share, WeeklyReport};

/// The report as Markdown (CommonMark with GitHub's tables), in `locale`'s
/// language. Labels and quotes are escaped: they are text, never markup.
pub fn markdown(report: &WeeklyReport, locale: Locale) -> String {
    let report = plain::report(report);
    let mut page = Page {
        words: Words(locale),
        text: String::new(),
    };
    page.head(&report);
    if report.totals.questions > 0 {
        page.totals(&report);
        page.days(&report);
        for section in Section::ALL {
            page.section(&report, section);
        }
        page.shares(&report);
    }
    page.actions(&report);
    page.policy(&report);
    if report.totals.questions > 0 {
        page.meanings(&report);
    }
    page.text
}

/// `text` as Markdown that shows it as it is.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            // Entities, because not every reader takes HTML after a backslash as text.
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => {
                escaped.push('\\');
                escaped.push(character);
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// A page being written.
struct Page {
    words: Words,
    text: String,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn block(&mut self, block: &str) {
        self.line(block);
        self.line("");
    }

    fn table(&mut self, head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        self.line(&format!("| {} |", head.join(" | ")));
        // The first column is text, the others are figures or end a row.
        let rules: Vec<&str> = head.iter().map(|_| "---").collect();
        self.line(&format!("| {} |", rules.join(" | ")));
        for row in rows {
            self.line(&format!("| {} |", row.join(" | ")));
        }
        self.line("");
    }

    fn head(&mut self, report: &WeeklyReport) {
        let words = self.words;
        let title = escape(&words.title(report));
        self.block(&format!("# {title}"));
        let state = words.state(report);
        self.block(&format!("{} · {state}", words.period(report)));
        if report.totals.questions == 0 {
            self.block(empty(report, words));
            return;
        }
        self.block(&format!("**{}**", summary(report, words)));
        if let Some(caution) = caution(report, words) {
            self.block(&format!("> {caution}"));
        }
    }

    fn totals(&mut self, report: &WeeklyReport) {
        let words = self.words;
        self.block(words.say("## 总览", "## Totals"));
        let head = [
            words.say("指标", "Figure"),
            words.say("本周", "This week"),
            words.say("上周", "Last week"),
            words.say("变化", "Change"),
        ];
        let rows = figures(report, words).into_iter().map(|figure| {
            vec![
                figure.label.to_owned(),
                figure.now.text(words),
                figure.before.text(words),
                figure.change,
            ]
        });
        self.table(&head, rows);
    }

    fn days(&mut self, report: &WeeklyReport) {
        let words = self.words;
        let days: Vec<&str> = (0..report.by_day.len())
            .map(|day| words.weekday(day))
            .collect();
        let counts = report.by_day.iter().map(|count| number(*count)).collect();
        self.block(words.say("## 每天的提问", "## Questions by day"));
        self.table(&days, [counts]);
    }

    fn section(&mut self, report: &WeeklyReport, section: Section) {
        let words = self.words;
        let lines = section.lines(report);
        self.block(&format!("## {}", section.title(words)));
        if lines.is_empty() {
            self.block(&section.empty(report, words));
            return;
        }
        self.block(section.purpose(words));
        let head = [
            words.say("问题", "Question"),
            words.say("买家", "Buyers"),
            words.say("上周", "Last week"),
            words.say("变化", "Change"),
            words.say("走势", "Trend"),
            words.say("有答案", "Has an answer"),
            words.say("商品", "Products"),
        ];
        self.table(&head, lines.iter().map(|line| row(line, words)));
        if section != Section::Top {
            self.quotes(lines);
        }
    }

    /// Buyers' own words, under the section that somebody acts on.
    fn quotes(&mut self, lines: &[QuestionLine]) {
        let quoted = || lines.iter().filter(|line| !line.words.is_empty());
        if quoted().next().is_none() {
            return;
        }
        self.block(self.words.say("买家原话：", "In buyers' own words:"));
        for line in quoted() {
            let quotes: Vec<String> = line
                .words
                .iter()
                .map(|quote| match self.words.0 {
                    Locale::Chinese => format!("“{}”", escape(quote)),
                    Locale::English => format!("\"{}\"", escape(quote)),
                })
                .collect();
            self.line(&format!("- {}: {}", escape(&line.label), quotes.join(" ")));
        }
        self.line("");
    }

    fn shares(&mut self, report: &WeeklyReport) {
        let words = self.words;
        let label = words.say("名称", "Name");
        let head = [
            label,
            words.say("提问", "Questions"),
            words.say("买家", "Buyers"),
            words.say("占比", "Share"),
            words.say("变化", "Change"),
        ];
        for (title, shares) in [
            (words.say("## 按领域", "## By domain"), &report.by_domain),
            (words.say("## 按意图", "## By intent"), &report.by_intent),
            (words.say("## 按商品", "## By product"), &report.by_product),
            (words.say("## 按渠道", "## By channel"), &report.by_channel),
        ] {
            if shares.is_empty() {
                continue;
            }
            self.block(title);
            let rows = shares.iter().map(|part| share_row(part, report, words));
            self.table(&head, rows);
            if let Some(left_out) = words.left_out(shares, report) {
                self.block(&left_out);
            }
        }
    }

    fn actions(&mut self, report: &WeeklyReport) {
        let (words, actions) = (self.words, &report.actions);
        if actions.is_empty() {
            return;
        }
        self.block(words.say("## 改动之后", "## After changes"));
        let (before, now) = words.compared_weeks(report);
        let head = [
            words.say("改动", "Change made"),
            words.say("生效日", "Since"),
            words.say("针对的问题", "Question"),
            &before,
            &now,
            words.say("变化", "Change"),
        ];
        let rows = actions.iter().map(|action| {
            vec![
                format!(
                    "{}: {}",
                    escape(words.action(&action.kind)),
                    escape(&action.note)
                ),
                words.day(action.on),
                escape(&action.label),
                number(action.buyers_before),
                number(action.buyers_now),
                change(action.buyers_now, action.buyers_before).text(words),
            ]
        });
        self.table(&head, rows);
    }

    fn policy(&mut self, report: &WeeklyReport) {
        self.block(
            self.words
                .say("## 数字怎么来的", "## How the figures are made"),
        );
        for line in self.words.policy(report) {
            // Writing to a string does not fail.
            let _ = writeln!(self.text, "- {}", escape(&line));
        }
    }

    /// What each of the totals counts.
    fn meanings(&mut self, report: &WeeklyReport) {
        let words = self.words;
        self.line("");
        self.block(words.say("## 指标是什么意思", "## What the figures mean"));
        let joint = words.say("：", ": ");
        for figure in figures(report, words) {
            self.line(&format!("- **{}**{joint}{}", figure.label, figure.meaning));
        }
    }
}

fn row(line: &QuestionLine, words: Words) -> Vec<String> {
    let products: Vec<String> = line
        .products
        .iter()
        .map(|product| format!("{} {}", escape(&product.label), number(product.buyers)))
        .collect();
    vec![
        escape(&line.label),
        number(line.buyers),
        number(line.previous_buyers),
        line_change(line).text(words),
        words.trend(line.trend).to_owned(),
        match line.answer_state() {
            AnswerState::Answered => words.say("有", "yes").to_owned(),
            AnswerState::ToApprove => words.lacking(AnswerState::ToApprove).to_owned(),
            AnswerState::Missing => words.say("**没有**", "**no**").to_owned(),
        },
        products.join(words.say("、", ", ")),
    ]
}

fn share_row(part: &Share, report: &WeeklyReport, words: Words) -> Vec<String> {
    let whole = report.totals.questions;
    vec![
        escape(&words.part(part)),
        number(part.questions),
        number(part.buyers),
        share(f64::from(part.questions) / f64::from(whole.max(1))),
        part_change(part, report).text(words),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::domain::insights::CoverageNote;

    #[test]
    fn a_week_reads_well() {
        let report = samples::shop();
        insta::assert_snapshot!("week_zh", markdown(&report, Locale::Chinese));
        insta::assert_snapshot!("week_en", markdown(&report, Locale::English));
    }

    #[test]
    fn every_figure_is_explained_at_the_end() {
        let text = markdown(&samples::shop(), Locale::Chinese);
        let (_, end) = text.split_once("## 指标是什么意思").expect("a part");
        for figure in figures(&samples::shop(), Words(Locale::Chinese)) {
            let line = format!("- **{}**：{}\n", figure.label, figure.meaning);
            assert!(end.contains(&line), "{line}");
        }
    }

    #[test]
    fn what_a_table_leaves_out_is_said_below_it() {
        let mut report = samples::shop();
        report.by_channel.truncate(1);
        let text = markdown(&report, Locale::Chinese);
        let (_, after) = text.split_once("## 按渠道").expect("a table");
        let (table, _) = after.split_once("##").expect("more");
        assert!(table.contains("少于 5 位买家的项不列"), "{table}");
        let (_, after) = text.split_once("## 按领域").expect("a table");
        let (table, _) = after.split_once("##").expect("more");
        assert!(!table.contains("不列"), "{table}");
    }

    #[test]
    fn an_empty_week_says_so() {
        let mut report = samples::nothing();
        insta::assert_snapshot!("empty_zh", markdown(&report, Locale::Chinese));
        report.has_ended = false;
        let text = markdown(&report, Locale::English);
        assert!(
            text.contains("Nothing has been asked this week so far."),
            "{text}"
        );
        assert!(text.contains("So far · 2026-11-23 02:05"), "{text}");
    }

    #[test]
    fn a_week_without_knowledge_says_so() {
        let mut report = samples::shop();
        report.coverage_note = Some(CoverageNote::NothingApproved);
        let text = markdown(&report, Locale::Chinese);
        assert!(
            text.contains("\n> 这一周结束时还没有审核通过的知识"),
            "{text}"
        );
    }

    #[test]
    fn labels_are_text_and_never_markup() {
        let text = markdown(&samples::nasty(), Locale::Chinese);
        for markup in [
            "<script",
            "<at ",
            "[链接](",
            " **粗体**",
            "\u{202e}",
            "\u{0}",
            "\n# 第二行",
        ] {
            assert!(!text.contains(markup), "{markup:?} in {text}");
        }
        let columns = |line: &str| line.replace("\\|", "").matches('|').count();
        for lines in text.split("\n\n").filter(|block| block.starts_with('|')) {
            let mut widths = lines.lines().map(columns);
            let first = widths.next();
            assert!(widths.all(|width| Some(width) == first), "{lines}");
        }
    }
}
