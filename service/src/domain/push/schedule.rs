//! When the digest of a week is pushed.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::week::Week;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the days' names say it")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// When the digest of a week is pushed: on a day of the week after, local time of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeeklySchedule {
    /// The day.
    pub day: Day,
    /// The time of that day, in whole minutes.
    pub time: Time,
}

impl Default for WeeklySchedule {
    /// Monday at nine.
    fn default() -> Self {
        Self {
            day: Day::Monday,
            time: Time::constant(9, 0, 0, 0),
        }
    }
}

impl WeeklySchedule {
    /// The latest week whose digest is due by `now` in `zone`. A local time
    /// that a change of clocks leaves out is taken as much later.
    pub fn latest_due(&self, zone: &TimeZone, now: Timestamp) -> Week {
        let this_week = Week::of(now, zone);
        let day = this_week
            .monday()
            .saturating_add(i64::from(self.day as u8).days());
        let moment = zone.to_ambiguous_timestamp(day.to_datetime(self.time));
        let last_week = this_week.plus(-1);
        match moment.compatible() {
            Ok(moment) if moment <= now => last_week,
            _ => last_week.plus(-1),
        }
    }
}

/// The week whose digest is to be pushed now, if one is: the digest of a week
/// is due at the scheduled day and time of the week after, and stays so until
/// it was sent or the next one is due. Of several that were missed, the
/// latest alone is sent. A week that is still to come was sent by a clock that
/// was ahead, and holds nothing up.
pub fn is_weekly_due(
    schedule: &WeeklySchedule,
    zone: &TimeZone,
    last_sent: Option<Week>,
    now: Timestamp,
) -> Option<Week> {
    let latest = schedule.latest_due(zone, now);
    last_sent
        // A schedule that was moved to a later day makes the latest one earlier.
        .is_none_or(|last_sent| last_sent < latest || last_sent > latest.plus(1))
        .then_some(latest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn week(text: &str) -> Week {
        Week::parse(text).expect("a week")
    }

    #[test]
    fn a_digest_is_due_from_its_moment_until_it_was_sent() {
        let shanghai = TimeZone::get("Asia/Shanghai").expect("bundled");
        let schedule = WeeklySchedule {
            day: Day::Tuesday,
            time: Time::constant(9, 30, 0, 0),
        };
        let check = |last: Option<&str>, now: &str, due: Option<&str>| {
            let found = is_weekly_due(&schedule, &shanghai, last.map(week), time(now));
            assert_eq!(found, due.map(week), "{last:?} at {now}");
        };
        // Tuesday 24 November 2026, 09:30 in Shanghai, is in week 48.
        check(Some("2026-W46"), "2026-11-24T01:29:59Z", None);
        check(Some("2026-W46"), "2026-11-24T01:30:00Z", Some("2026-W47"));
        check(Some("2026-W47"), "2026-11-24T01:30:00Z", None);
        // Late, but before the next one is due.
        check(Some("2026-W46"), "2026-11-29T12:00:00Z", Some("2026-W47"));
        check(Some("2026-W46"), "2026-12-01T01:00:00Z", Some("2026-W47"));
        // Of several missed, the latest.
        check(Some("2026-W40"), "2026-12-01T01:30:00Z", Some("2026-W48"));
        // The schedule was moved to a later day; the clock was a year ahead.
        check(Some("2026-W48"), "2026-12-01T01:00:00Z", None);
        check(Some("2027-W47"), "2026-11-24T01:30:00Z", Some("2026-W47"));
        // Sunday evening in UTC is Monday in Shanghai: another week.
        check(Some("2026-W47"), "2026-11-29T17:00:00Z", None);
        check(None, "2026-11-24T01:00:00Z", Some("2026-W46"));
        // Over the new year, in a year of 53 weeks.
        check(Some("2026-W52"), "2027-01-05T01:30:00Z", Some("2026-W53"));
    }

    #[test]
    fn a_moment_that_the_clocks_leave_out_comes_later() {
        let berlin = TimeZone::get("Europe/Berlin").expect("bundled");
        let schedule = WeeklySchedule {
            day: Day::Sunday,
            time: Time::constant(2, 30, 0, 0),
        };
        // On 29 March 2026 clocks go from 02:00 to 03:00: 02:30 is taken as 03:30.
        let (last, due) = (Some(week("2026-W11")), Some(week("2026-W12")));
        let before = time("2026-03-29T01:29:00Z");
        assert_eq!(is_weekly_due(&schedule, &berlin, last, before), None);
        let after = time("2026-03-29T01:30:00Z");
        assert_eq!(is_weekly_due(&schedule, &berlin, last, after), due);
    }
}
