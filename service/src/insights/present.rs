//! A week's report read later: what answers its questions by now. The report
//! itself goes on saying what held at the week's end.

use super::standing::{Row, Standing};
use crate::domain::ids::ClusterId;
use crate::domain::insights::{QuestionLine, WeeklyReport};

/// The report with the answers of now: which item answers each question, and
/// what waits for approval. What has an answer by now is unanswered no more. A
/// question that stands no more, merged into another say, keeps what it had.
pub fn with_answers_of_now(report: &WeeklyReport, standing: &Standing) -> WeeklyReport {
    let mut report = report.clone();
    report.change_lines(|line| {
        if let Some(row) = row(line, standing) {
            let now = &row.view.line;
            line.answered_by.clone_from(&now.answered_by);
            line.proposals = now.proposals;
        }
    });
    report.unanswered.retain(|line| line.answered_by.is_none());
    report
}

/// Whether a question stands: nobody merged it into another or muted it since.
pub fn stands(line: &QuestionLine, standing: &Standing) -> bool {
    row(line, standing).is_some_and(|row| !row.view.cluster.is_muted)
}

fn row<'a>(line: &QuestionLine, standing: &'a Standing) -> Option<&'a Row> {
    standing.row(ClusterId::parse(&line.cluster).ok()?)
}
