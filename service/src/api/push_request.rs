//! What is asked of a place that notices are pushed to.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::push::{Day, NoticeKind, PushKind, PushWishes, WeeklySchedule};

/// A place that notices are pushed to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PushRequest {
    /// The system; stays what it was made as.
    #[serde(default)]
    pub kind: Option<PushKind>,
    /// What people call it, at most 80 characters.
    #[schema(example = "运营群")]
    pub name: String,
    /// The address, as the bot's page shows it.
    #[serde(default)]
    #[schema(example = "https://open.feishu.cn/open-apis/bot/v2/hook/…")]
    pub url: Option<String>,
    /// What pushes are signed with: 签名校验 of Feishu, 加签 of DingTalk, or a
    /// webhook's own. WeCom has none.
    #[serde(default)]
    pub secret: Option<String>,
    /// The kinds of notices that it wants: `weekly` when absent. Tests always come.
    #[serde(default)]
    pub notices: Option<Vec<NoticeKind>>,
    /// When the digest of a week is pushed; Monday at nine when absent.
    #[serde(default)]
    pub weekly: Option<WeeklyBody>,
    /// Whether anything is pushed; `true` when absent.
    #[serde(default)]
    pub on: Option<bool>,
}

/// A day and a time of the week after, local to the shop.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WeeklyBody {
    /// The day.
    pub day: Day,
    /// The time.
    #[schema(example = "09:00")]
    pub time: String,
}

impl From<WeeklySchedule> for WeeklyBody {
    fn from(schedule: WeeklySchedule) -> Self {
        Self {
            day: schedule.day,
            time: schedule.time.strftime("%H:%M").to_string(),
        }
    }
}

impl From<PushRequest> for PushWishes {
    fn from(request: PushRequest) -> Self {
        Self {
            kind: request.kind,
            name: request.name,
            url: request.url,
            secret: request.secret,
            notices: request.notices,
            weekly: request.weekly.map(|weekly| (weekly.day, weekly.time)),
            is_on: request.on,
        }
    }
}
