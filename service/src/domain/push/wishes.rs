//! What is asked of a place that notices are pushed to, as the target that it means.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::{Day, NoticeKind, PushKind, PushSecret, PushTarget, PushUrl, WeeklySchedule};
use crate::domain::fault::{Fault, FieldError, Hint};
use crate::domain::ids::PushId;
use crate::domain::text::Text;

const MOST_NAME_CHARACTERS: usize = 80;

/// The most targets of a shop.
const MOST_PUSHES: usize = 50;

/// What is asked of a target, before it is known to hold. What is absent is
/// usual in a new target; address and secret stay as they were in one that is changed.
#[derive(Debug, Clone, Default)]
pub struct PushWishes {
    /// The system; stays what it was made as.
    pub kind: Option<PushKind>,
    /// What people call it.
    pub name: String,
    /// The address.
    pub url: Option<String>,
    /// What pushes are signed with; empty for nothing.
    pub secret: Option<String>,
    /// The kinds of notices; the weekly digest when absent.
    pub notices: Option<Vec<NoticeKind>>,
    /// When the digest of a week is pushed, the time as `09:00`; Monday at nine when absent.
    pub weekly: Option<(Day, String)>,
    /// Whether anything is pushed; it is when absent.
    pub is_on: Option<bool>,
}

/// Those of the wishes that hold.
struct Granted {
    name: Option<String>,
    notices: BTreeSet<NoticeKind>,
    schedule: Option<WeeklySchedule>,
    is_on: bool,
}

impl PushWishes {
    /// Whether a secret is given.
    pub fn has_secret(&self) -> bool {
        let secret = self.secret.as_deref();
        secret.is_some_and(|secret| !secret.trim().is_empty())
    }

    /// The new target that is meant, for a shop in `zone` that has `found`
    /// others. Digests that were due before `now` are not pushed to it. A
    /// webhook without a secret is given one.
    ///
    /// # Errors
    /// Every fault, by field.
    pub fn new_target(
        self,
        zone: &TimeZone,
        found: usize,
        now: Timestamp,
    ) -> Result<PushTarget, Vec<FieldError>> {
        let mut faults = Vec::new();
        let granted = self.granted(&mut faults);
        if self.kind.is_none() {
            faults.push(FieldError::new("kind", Fault::Missing));
        }
        let url = PushUrl::parse(self.url.as_deref().unwrap_or(""));
        let url = sound("url", url, &mut faults);
        let kind = self.kind.unwrap_or(PushKind::Webhook);
        let secret = secret(kind, self.secret.as_deref(), &mut faults);
        if found >= MOST_PUSHES {
            let (most, found) = (MOST_PUSHES, found + 1);
            faults.push(FieldError::new("pushes", Fault::TooMany { most, found }));
        }
        match (granted.name, url, granted.schedule) {
            (Some(name), Some(url), Some(schedule)) if faults.is_empty() => Ok(PushTarget {
                id: PushId::make(),
                kind,
                name,
                url,
                secret: secret.or_else(|| (kind == PushKind::Webhook).then(PushSecret::make)),
                notices: granted.notices,
                schedule,
                is_on: granted.is_on,
                last_week: Some(schedule.latest_due(zone, now)),
                created_at: now,
            }),
            _ => Err(faults),
        }
    }

    /// `target` as it is meant to be.
    ///
    /// # Errors
    /// Every fault, by field.
    pub fn changed_target(self, target: PushTarget) -> Result<PushTarget, Vec<FieldError>> {
        let mut faults = Vec::new();
        let granted = self.granted(&mut faults);
        if self.kind.is_some_and(|kind| kind != target.kind) {
            let fault = Fault::malformed("创建时的类型", "the kind that it was made as");
            faults.push(FieldError::new("kind", fault));
        }
        let url = match self.url.as_deref() {
            Some(url) => sound("url", PushUrl::parse(url), &mut faults),
            None => Some(target.url),
        };
        let secret = match self.secret.as_deref() {
            Some(text) => secret(target.kind, Some(text), &mut faults),
            None => target.secret,
        };
        match (granted.name, url, granted.schedule) {
            (Some(name), Some(url), Some(schedule)) if faults.is_empty() => Ok(PushTarget {
                name,
                url,
                secret,
                notices: granted.notices,
                schedule,
                is_on: granted.is_on,
                ..target
            }),
            _ => Err(faults),
        }
    }

    fn granted(&self, faults: &mut Vec<FieldError>) -> Granted {
        let name = Text::line(&self.name, MOST_NAME_CHARACTERS);
        let asked = self.notices.as_deref();
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
                expected: Hint::names(
                    &[NoticeKind::Weekly, NoticeKind::Alarm].map(NoticeKind::as_str),
                ),
            };
            faults.push(FieldError::new("notices", fault));
        }
        Granted {
            name: sound("name", name, faults),
            notices,
            schedule: sound("weekly.time", schedule(self.weekly.as_ref()), faults),
            is_on: self.is_on.unwrap_or(true),
        }
    }
}

fn schedule(weekly: Option<&(Day, String)>) -> Result<WeeklySchedule, Fault> {
    let Some((day, time)) = weekly else {
        return Ok(WeeklySchedule::default());
    };
    let time = Time::strptime("%H:%M", time.trim())
        .map_err(|_| Fault::malformed("09:00 这样的时间", "a time such as 09:00"))?;
    Ok(WeeklySchedule { day: *day, time })
}

/// The secret, `None` where it is absent or empty.
fn secret(kind: PushKind, text: Option<&str>, faults: &mut Vec<FieldError>) -> Option<PushSecret> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    if kind == PushKind::Wecom {
        let fault = Fault::malformed(
            "留空：企业微信机器人没有密钥",
            "absent: bots of WeCom have none",
        );
        faults.push(FieldError::new("secret", fault));
        return None;
    }
    sound("secret", PushSecret::parse(text), faults)
}

fn sound<T>(field: &str, read: Result<T, Fault>, faults: &mut Vec<FieldError>) -> Option<T> {
    read.map_err(|fault| faults.push(FieldError::new(field, fault)))
        .ok()
}
