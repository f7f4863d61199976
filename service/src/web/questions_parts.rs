//! What the pages of recurring questions share: who may read what, what has
//! just been done, and figures as text.

use std::sync::Arc;

use super::console::Frame;
use super::language::Language;
use crate::domain::ids::EditId;
use crate::domain::insights::Trend;
use crate::domain::key::Scope;
use crate::domain::person::Person;
use crate::error::ApiError;
use crate::insights::answers::Answers;
use crate::insights::clusters::ClusterView;
use crate::insights::quotable::Quotable;
use crate::insights::report::Desk;
use crate::insights::standing::Standing;
use crate::pool::aside;
use crate::reports::Words;
use crate::state::AppState;

/// What somebody may read of recurring questions. A supervisor reads them as
/// they were asked. Others read of groups of buyers only, and no words that
/// one buyer alone wrote.
pub enum Reader {
    /// Reads all.
    Supervisor,
    /// Reads of groups.
    Other {
        /// The fewest buyers of eight weeks.
        smallest_group: u32,
        /// Questions whose label several buyers wrote.
        quotable: Quotable,
    },
}

impl Reader {
    /// Of a person.
    ///
    /// # Errors
    /// When the shop cannot be read.
    pub async fn of(state: &AppState, person: &Person) -> Result<Self, ApiError> {
        if person.role.scopes().contains(&Scope::Supervise) {
            return Ok(Self::Supervisor);
        }
        let (_, policy) = state.store.policy(&person.shop).await?;
        let ledger = state.listening.ledger(&person.shop).await?;
        let answers = Answers::now(state.store.as_ref(), &person.shop, &ledger).await?;
        Ok(Self::Other {
            smallest_group: policy.smallest_group,
            quotable: aside(async move { Quotable::of(&ledger, &answers) }).await?,
        })
    }

    /// Whether it is a supervisor, who may change things too.
    pub fn supervises(&self) -> bool {
        matches!(self, Self::Supervisor)
    }

    /// The fewest buyers that a figure or a wording may be of.
    pub fn smallest_group(&self) -> u32 {
        match self {
            Self::Supervisor => 1,
            Self::Other { smallest_group, .. } => *smallest_group,
        }
    }

    /// Whether a question is shown at all.
    pub fn may_read(&self, view: &ClusterView) -> bool {
        self.supervises() || view.buyers_of_eight_weeks >= self.smallest_group()
    }

    /// How a question reads.
    pub fn title(&self, view: &ClusterView, language: Language) -> String {
        let cluster = &view.cluster;
        match self {
            Self::Supervisor => cluster.title().to_owned(),
            Self::Other { quotable, .. } => quotable.words(cluster).unwrap_or_else(|| {
                let unnamed = language.say("（未命名的问题）", "(unnamed question)");
                unnamed.to_owned()
            }),
        }
    }
}

/// What has just been done, and how to undo it.
pub struct Flash {
    /// In words; empty where nothing was.
    pub text: &'static str,
    /// The edits to undo, as `/questions/edits/{…}/undo` takes them; empty
    /// where there is nothing to undo.
    pub undo: String,
    /// The page to come back to.
    pub back: String,
}

impl Flash {
    /// What `done` of the address says: `merged.{edit}`.
    pub fn of(frame: &Frame, back: impl Into<String>) -> Self {
        let (code, edits) = frame.done.split_once('.').unwrap_or((&frame.done, ""));
        let is_edit = |edit: &str| EditId::parse(edit).is_ok();
        let undo = if edits.split('.').all(is_edit) {
            edits
        } else {
            ""
        };
        Self {
            text: said(code, frame.language),
            undo: undo.to_owned(),
            back: back.into(),
        }
    }
}

fn said(code: &str, language: Language) -> &'static str {
    match code {
        "merged" => language.say(
            "已合并。以后重新归类，它们也会在一起。",
            "Merged. They will stay together when questions are regrouped.",
        ),
        "split" => language.say(
            "已拆分。以后重新归类，它们也会分开。",
            "Split. They will stay apart when questions are regrouped.",
        ),
        "renamed" => language.say("已改名。", "Renamed."),
        "muted" => language.say(
            "已静音：不再进周报和待办。",
            "Muted. It no longer appears in reports and queues.",
        ),
        "unmuted" => language.say("已取消静音。", "Unmuted."),
        "pinned" => language.say("已置顶。", "Pinned."),
        "unpinned" => language.say("已取消置顶。", "Unpinned."),
        "acted" => language.say(
            "已记下。到下一周的周报里看效果。",
            "Recorded. See next week's report for its effect.",
        ),
        "reacted" => language.say(
            "已修改。以后的周报按新的内容对比。",
            "Saved. Future reports will use the new details.",
        ),
        "unacted" => language.say("已删除这条记录。", "The record has been deleted."),
        "undone" => language.say("已撤销，恢复原样。", "Undone. Everything is back as it was."),
        "refreshing" => language.say(
            "已开始重新归类，问题多时要几分钟。完成后刷新本页。",
            "Regrouping has started. It can take a few minutes when there are many questions; reload this page afterwards.",
        ),
        _ => "",
    }
}

/// From where a page reads: what came in the last seconds may be missing, but
/// never what the person has just done.
pub fn desk<'a>(state: &'a AppState, frame: &Frame) -> Desk<'a> {
    if frame.done.is_empty() {
        state.desk().lately()
    } else {
        state.desk()
    }
}

/// A word about a question, in a box.
pub struct Chip {
    /// Its class: `good`, `caution`, `bad` or none.
    pub class: &'static str,
    /// The word.
    pub text: &'static str,
}

/// What is to be said of a question at a glance.
pub fn chips(view: &ClusterView, language: Language) -> Vec<Chip> {
    let cluster = &view.cluster;
    let all = [
        (cluster.is_pinned, "", "置顶", "Pinned"),
        (cluster.is_muted, "", "已静音", "Muted"),
        (view.is_gap(), "bad", "缺答案", "No answer"),
        (view.has_proposals(), "caution", "待审核", "To approve"),
        (view.line.trend == Some(Trend::New), "caution", "新", "New"),
        (
            view.line.trend == Some(Trend::Rising),
            "caution",
            "上升",
            "Rising",
        ),
        (view.line.trend == Some(Trend::Fading), "", "回落", "Fading"),
    ];
    let shown = all.into_iter().filter(|(is_so, ..)| *is_so);
    shown
        .map(|(_, class, chinese, english)| Chip {
            class,
            text: language.say(chinese, english),
        })
        .collect()
}

/// An entry of a list to choose from.
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

impl Choice {
    /// One of them; `chosen` is what is chosen.
    pub fn new(value: impl Into<String>, label: impl Into<String>, chosen: &str) -> Self {
        let value = value.into();
        Self {
            is_chosen: value == chosen,
            value,
            label: label.into(),
        }
    }
}

/// The domains to choose from, all before them.
pub fn domains(chosen: &str, language: Language) -> Vec<Choice> {
    [
        ("", "全部", "All"),
        ("product", "商品", "Product"),
        ("process", "流程", "Process"),
        ("warehouse", "仓配", "Warehouse"),
    ]
    .map(|(id, chinese, english)| Choice::new(id, language.say(chinese, english), chosen))
    .into()
}

/// When a page was counted, and by which policy.
pub fn counted(standing: &Arc<Standing>, frame: &Frame) -> String {
    let zone = frame.shop.zone();
    let time = zone.to_datetime(standing.counted_at).strftime("%H:%M");
    let policy = Words(frame.language.0).policy_version(standing.policy_version);
    if frame.language.is_chinese() {
        format!("近 7 天，按{policy}统计 · 统计于 {time}")
    } else {
        format!("The last seven days, by {policy} · counted at {time}")
    }
}

/// A count with its thousands parted: `12,345`.
pub fn number(count: impl Into<u64>) -> String {
    let digits = count.into().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share from 0 to 1 as whole percent: `35%`.
pub fn percent(share: f64) -> String {
    format!("{:.0}%", (share * 100.0).round())
}

/// A change of a count, with its sign: `+12`, `−3`, `0`.
pub fn signed(now: u32, before: u32) -> String {
    match now.cmp(&before) {
        std::cmp::Ordering::Greater => format!("+{}", number(now - before)),
        std::cmp::Ordering::Less => format!("−{}", number(before - now)),
        std::cmp::Ordering::Equal => "0".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(number(1_234_567_u32), "1,234,567");
        assert_eq!(percent(0.345), "35%");
        for (now, before, expected) in [(12, 0, "+12"), (3, 6, "−3"), (4, 4, "0")] {
            assert_eq!(signed(now, before), expected);
        }
    }
}
