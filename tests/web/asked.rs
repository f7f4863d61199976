//! A shop that eleven buyers wrote to a moment ago, all within one week.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::chats::{ask, question};
use crate::site::Site;

/// Questions that were asked, one a buyer.
pub const QUESTIONS: usize = 11;

/// What there is after [`asked`].
pub struct Asked {
    /// The week that all of it was asked in: `2026-W47`.
    pub week: String,
    /// The question of the dishwasher, which agents answer.
    pub dishwasher: String,
    /// The question of the engraving, which nobody answers.
    pub engraving: String,
}

/// Has the buyers ask, and waits until that is heard.
pub async fn asked(site: &Site) -> Asked {
    let past = Timestamp::now() - SignedDuration::from_secs(120);
    let minute = past.as_second() - past.as_second().rem_euclid(60);
    let minute = Timestamp::from_second(minute).expect("a time");
    ask(site, minute).await;
    let zone = TimeZone::get("Asia/Shanghai").expect("a known zone");
    let date = minute.to_zoned(zone).date().iso_week_date();
    Asked {
        week: format!("{}-W{:02}", date.year(), date.week()),
        dishwasher: question(site, "洗碗机").await.id,
        engraving: question(site, "刻字").await.id,
    }
}
