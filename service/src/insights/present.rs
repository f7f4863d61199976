//! A week's report read later: what answers its questions by now. The report
//! itself goes on saying what held at the week's end.

use super::standing::{Row, Standing};
use crate::domain::ids::ClusterId;
use crate::domain::insights::{AnswerState, QuestionLine, WeeklyReport};

/// The report with the answers of now: which item answers each question, and
/// what waits for approval. What has an answer by now is unanswered no more, and
/// what lost its answer is. A question that stands no more, merged into another
/// say, keeps what it had.
pub fn with_answers_of_now(report: &WeeklyReport, standing: &Standing) -> WeeklyReport {
    let mut report = report.clone();
    report.change_lines(|line| {
        if let Some(row) = row(line, standing) {
            let now = &row.view.line;
            line.answered_by.clone_from(&now.answered_by);
            line.proposals = now.proposals;
        }
    });
    list_unanswered(&mut report);
    report
}

/// Makes the section of what has no answer agree with the lines of the others.
/// What fades is hardly asked any more, and needs none.
fn list_unanswered(report: &mut WeeklyReport) {
    let others = [
        &report.top,
        &report.rising,
        &report.new,
        &report.page_gaps,
        &report.packaging_and_delivery,
        &report.promotion_confusion,
    ];
    let others = others.into_iter().flatten();
    report.unanswered = missing(&report.unanswered, others);
}

/// What of both lists nothing answers, each question once, the most asked first.
fn missing<'a>(
    listed: &'a [QuestionLine],
    others: impl Iterator<Item = &'a QuestionLine>,
) -> Vec<QuestionLine> {
    let mut missing: Vec<QuestionLine> = Vec::new();
    let listed = listed.iter().filter(|line| line.answered_by.is_none());
    let others = others.filter(|line| line.answer_state() == AnswerState::Missing);
    for line in listed.chain(others) {
        if missing.iter().all(|held| held.cluster != line.cluster) {
            missing.push(line.clone());
        }
    }
    missing.sort_by(|left, right| {
        let asked = |line: &QuestionLine| (line.buyers.at_least(), line.questions.at_least());
        let by_asked = asked(right).cmp(&asked(left));
        by_asked.then_with(|| left.cluster.cmp(&right.cluster))
    });
    missing
}

/// Whether a question stands: nobody merged it into another or muted it since.
pub fn stands(line: &QuestionLine, standing: &Standing) -> bool {
    row(line, standing).is_some_and(|row| !row.view.cluster.is_muted)
}

fn row<'a>(line: &QuestionLine, standing: &'a Standing) -> Option<&'a Row> {
    standing.row(ClusterId::parse(&line.cluster).ok()?)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{Asked, ledger};
    use super::*;
    use crate::domain::shown::Shown;

    #[test]
    fn what_lost_its_answer_is_listed_once_and_in_its_place() {
        let asked = Asked {
            cluster: "a",
            days_ago: 0,
            buyers: 1,
        };
        let ledger = ledger(&[asked]);
        let any = QuestionLine::quiet(ledger.clusters().next().expect("one"));
        let line = |cluster: &str, buyers: u32| QuestionLine {
            cluster: cluster.to_owned(),
            buyers: Shown::Exactly(buyers),
            questions: Shown::Exactly(buyers),
            answered_by: None,
            ..any.clone()
        };
        let lines = [("a", 30), ("b", 20), ("c", 10), ("d", 9), ("e", 8)];
        let [lost, kept, page, mut waiting, mut answered] =
            lines.map(|(cluster, buyers)| line(cluster, buyers));
        waiting.proposals = 1;
        answered.answered_by = Some("k".to_owned());
        let listed = [kept.clone(), answered.clone()];
        let others = [page, waiting, lost.clone(), lost, kept, answered];
        let missing = missing(&listed, others.iter());
        let clusters: Vec<&str> = missing.iter().map(|line| line.cluster.as_str()).collect();
        assert_eq!(clusters, ["a", "b", "c"]);
    }
}
