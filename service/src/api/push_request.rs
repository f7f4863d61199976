//! What is asked of a place that notices are pushed to, as the target that it means.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::PushId;
use crate::domain::push::{
    Day, NoticeKind, PushKind, PushSecret, PushTarget, PushUrl, WeeklySchedule,
};
use crate::domain::text::Text;

const MOST_NAME_CHARACTERS: usize = 80;

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

/// What stands in a request for both a new and a changed target.
struct Wishes {
    name: Option<String>,
    notices: BTreeSet<NoticeKind>,
    schedule: Option<WeeklySchedule>,
    is_on: bool,
}

/// The target that a request to make one means, for a shop in `zone`. Digests
/// that were due before `now` are not pushed to it.
///
/// # Errors
/// Every fault, by field.
pub fn new_target(
    request: PushRequest,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<PushTarget, Vec<FieldError>> {
    let mut faults = Vec::new();
    let wishes = wishes(&request, &mut faults);
    if request.kind.is_none() {
        faults.push(FieldError::new("kind", Fault::Missing));
    }
    let url = PushUrl::parse(request.url.as_deref().unwrap_or(""));
    let url = sound("url", url, &mut faults);
    let kind = request.kind.unwrap_or(PushKind::Webhook);
    let secret = secret(kind, request.secret.as_deref(), &mut faults);
    match (wishes.name, url, wishes.schedule) {
        (Some(name), Some(url), Some(schedule)) if faults.is_empty() => Ok(PushTarget {
            id: PushId::make(),
            kind,
            name,
            url,
            secret: secret.or_else(|| (kind == PushKind::Webhook).then(PushSecret::make)),
            notices: wishes.notices,
            schedule,
            is_on: wishes.is_on,
            last_week: Some(schedule.latest_due(zone, now)),
            created_at: now,
        }),
        _ => Err(faults),
    }
}

/// `target` as a request changes it.
///
/// # Errors
/// Every fault, by field.
pub fn changed_target(
    request: PushRequest,
    target: PushTarget,
) -> Result<PushTarget, Vec<FieldError>> {
    let mut faults = Vec::new();
    let wishes = wishes(&request, &mut faults);
    if request.kind.is_some_and(|kind| kind != target.kind) {
        let expected = "the kind that it was made as".to_owned();
        faults.push(FieldError::new("kind", Fault::Malformed { expected }));
    }
    let url = match request.url.as_deref() {
        Some(url) => sound("url", PushUrl::parse(url), &mut faults),
        None => Some(target.url),
    };
    let secret = match request.secret.as_deref() {
        Some(text) => secret(target.kind, Some(text), &mut faults),
        None => target.secret,
    };
    match (wishes.name, url, wishes.schedule) {
        (Some(name), Some(url), Some(schedule)) if faults.is_empty() => Ok(PushTarget {
            name,
            url,
            secret,
            notices: wishes.notices,
            schedule,
            is_on: wishes.is_on,
            ..target
        }),
        _ => Err(faults),
    }
}

fn wishes(request: &PushRequest, faults: &mut Vec<FieldError>) -> Wishes {
    let name = Text::line(&request.name, MOST_NAME_CHARACTERS);
    let asked = request.notices.as_deref();
    let notices: BTreeSet<NoticeKind> = asked
        .unwrap_or(&[NoticeKind::Weekly])
        .iter()
        .copied()
        .collect();
    if notices.is_empty() {
        faults.push(FieldError::new("notices", Fault::Missing));
    }
    if notices.contains(&NoticeKind::Test) {
        let fault = Fault::Unknown {
            value: NoticeKind::Test.as_str().to_owned(),
            expected: "weekly, alarm".to_owned(),
        };
        faults.push(FieldError::new("notices", fault));
    }
    Wishes {
        name: sound("name", name, faults),
        notices,
        schedule: sound("weekly.time", schedule(request.weekly.as_ref()), faults),
        is_on: request.on.unwrap_or(true),
    }
}

fn schedule(weekly: Option<&WeeklyBody>) -> Result<WeeklySchedule, Fault> {
    let Some(weekly) = weekly else {
        return Ok(WeeklySchedule::default());
    };
    let time = Time::strptime("%H:%M", weekly.time.trim()).map_err(|_| Fault::Malformed {
        expected: "a time such as 09:00".to_owned(),
    })?;
    Ok(WeeklySchedule {
        day: weekly.day,
        time,
    })
}

/// The secret, `None` where it is absent or empty.
fn secret(kind: PushKind, text: Option<&str>, faults: &mut Vec<FieldError>) -> Option<PushSecret> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    if kind == PushKind::Wecom {
        let expected = "absent: bots of WeCom have none".to_owned();
        faults.push(FieldError::new("secret", Fault::Malformed { expected }));
        return None;
    }
    sound("secret", PushSecret::parse(text), faults)
}

fn sound<T>(field: &str, read: Result<T, Fault>, faults: &mut Vec<FieldError>) -> Option<T> {
    read.map_err(|fault| faults.push(FieldError::new(field, fault)))
        .ok()
}
