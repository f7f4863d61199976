//! Pushes: what is told to outside systems, to whom, and what became of it.

mod address;
mod failure;
mod schedule;
mod wishes;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use address::{PushSecret, PushUrl};
pub use failure::{AttemptEnd, PushFailure, PushFailureReason};
pub use schedule::{Day, WeeklySchedule, is_weekly_due};
pub use wishes::PushWishes;

use super::fault::{Fault, Hint, Locale};
use super::ids::{DeliveryId, NoticeId, PushId, ShopId};
use super::week::Week;

/// What a notice is about.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// The digest of a week.
    Weekly,
    /// A question that jumps.
    Alarm,
    /// Somebody pressed the test button.
    Test,
}

impl NoticeKind {
    /// Its name in a message.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Weekly => "weekly",
            Self::Alarm => "alarm",
            Self::Test => "test",
        }
    }
}

/// What is told. Made of masked texts and figures of groups only: it leaves the house.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Stable: the same notice is pushed once to each target, however often it is sent.
    pub id: NoticeId,
    /// What it is about.
    pub kind: NoticeKind,
    /// One line.
    pub title: String,
    /// One claim a line, plain text: each system's own markup is put around it.
    pub lines: Vec<String>,
    /// The language that it is in.
    pub locale: Locale,
    /// Where the reader finds more.
    pub url: Option<String>,
    /// The same for programs: what the generic webhook hands on.
    pub data: serde_json::Value,
    /// Of which week a weekly digest is.
    pub week: Option<Week>,
    /// When it was made.
    pub at: Timestamp,
}

/// Which system a target is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PushKind {
    /// Any HTTP server: signed JSON as of Standard Webhooks.
    Webhook,
    /// A custom bot of a Feishu or Lark group (飞书群自定义机器人).
    Feishu,
    /// A custom bot of a DingTalk group (钉钉群自定义机器人).
    Dingtalk,
    /// A bot of a WeCom group (企业微信群机器人).
    Wecom,
}

/// Where a shop's notices are pushed.
#[derive(Debug, Clone, PartialEq)]
pub struct PushTarget {
    /// Its id.
    pub id: PushId,
    /// The system.
    pub kind: PushKind,
    /// What people call it.
    pub name: String,
    /// Where.
    pub url: PushUrl,
    /// What pushes are signed with, where they are.
    pub secret: Option<PushSecret>,
    /// The kinds of notices that it wants.
    pub notices: BTreeSet<NoticeKind>,
    /// When the weekly digest is pushed.
    pub schedule: WeeklySchedule,
    /// Whether anything is pushed at all.
    pub is_on: bool,
    /// The latest week whose digest was handed in for it, or was due before it was made.
    pub last_week: Option<Week>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl PushTarget {
    /// Whether a notice of that kind is for it.
    pub fn wants(&self, kind: NoticeKind) -> bool {
        self.is_on && self.notices.contains(&kind)
    }
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is to be tried, for the first time or again.
    Waiting,
    /// The other side took it.
    Delivered,
    /// It was given up.
    Dead,
}

impl DeliveryState {
    const ALL: [(&'static str, Self); 3] = [
        ("waiting", Self::Waiting),
        ("delivered", Self::Delivered),
        ("dead", Self::Dead),
    ];

    /// Reads a state's name.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let found = Self::ALL.into_iter().find(|(name, _)| *name == text.trim());
        found.map(|(_, state)| state).ok_or_else(|| Fault::Unknown {
            value: text.trim().chars().take(40).collect(),
            expected: Hint::names(&Self::ALL.map(|(name, _)| name)),
        })
    }
}

/// One notice for one target, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// The target.
    pub push: PushId,
    /// The notice.
    pub notice: NoticeId,
    /// What the notice is about.
    pub kind: NoticeKind,
    /// The notice's title.
    pub title: String,
    /// How it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next, while it waits.
    pub next_at: Timestamp,
    /// Why the last attempt failed.
    pub failure: Option<PushFailure>,
    /// When it was handed in.
    pub at: Timestamp,
    /// When it was delivered or given up.
    pub ended_at: Option<Timestamp>,
}

/// A delivery that somebody is at, with all that it takes.
#[derive(Debug, Clone, PartialEq)]
pub struct TakenDelivery {
    /// The shop.
    pub shop: ShopId,
    /// Its id.
    pub id: DeliveryId,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// What is told.
    pub notice: Notice,
    /// To whom.
    pub target: PushTarget,
}
