//! ISO weeks: Monday to Sunday, numbered as ISO 8601 has it.

use std::fmt;

use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::fault::Fault;

/// A week of a calendar: `2026-W47`. Weeks are in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IsoWeek {
    year: i16,
    week: i8,
}

impl IsoWeek {
    /// The week that has `date`.
    pub fn of(date: Date) -> Self {
        let date = date.iso_week_date();
        Self {
            year: date.year(),
            week: date.week(),
        }
    }

    /// The week that it is in `zone` at `time`.
    pub fn at(time: Timestamp, zone: &TimeZone) -> Self {
        Self::of(zone.to_datetime(time).date())
    }

    /// Reads `2026-W47`.
    ///
    /// # Errors
    /// When it is of another form, or the year has no such week.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let malformed = || Fault::Malformed {
            expected: "a week such as 2026-W47".to_owned(),
        };
        let (year, week) = text.trim().split_once("-W").ok_or_else(malformed)?;
        let is_number = |part: &str, digits: usize| {
            part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !is_number(year, 4) || !is_number(week, 2) {
            return Err(malformed());
        }
        let year = year.parse().map_err(|_| malformed())?;
        let week = week.parse().map_err(|_| malformed())?;
        ISOWeekDate::new(year, week, Weekday::Monday)
            .map(|_| Self { year, week })
            .map_err(|_| malformed())
    }

    /// Its Monday.
    pub fn monday(self) -> Date {
        ISOWeekDate::new(self.year, self.week, Weekday::Monday)
            .map_or(Date::ZERO, ISOWeekDate::date)
    }

    /// The week before.
    pub fn before(self) -> Self {
        Self::of(self.monday().saturating_sub(1.week()))
    }
}

impl fmt::Display for IsoWeek {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-W{:02}", self.year, self.week)
    }
}

impl TryFrom<String> for IsoWeek {
    type Error = Fault;

    fn try_from(text: String) -> Result<Self, Fault> {
        Self::parse(&text)
    }
}

impl From<IsoWeek> for String {
    fn from(week: IsoWeek) -> Self {
        week.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_only_weeks_that_there_are() {
        for text in ["2026-W01", "2026-W47", "2026-W53", "2027-W52"] {
            let week = IsoWeek::parse(text).expect(text);
            assert_eq!(week.to_string(), text);
            assert_eq!(week.monday().weekday(), Weekday::Monday);
            assert_eq!(IsoWeek::of(week.monday()), week);
        }
        for text in [
            "", "2026", "2026-47", "2026-W00", "2027-W53", "2026-W7", "26-W07", "+026-W07",
        ] {
            assert!(IsoWeek::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn weeks_follow_each_other_over_the_new_year() {
        let first = IsoWeek::parse("2027-W01").expect("valid");
        assert_eq!(first.before().to_string(), "2026-W53");
        assert!(first.before() < first);
        let new_year: Timestamp = "2026-12-31T18:00:00Z".parse().expect("valid");
        let shanghai = TimeZone::get("Asia/Shanghai").expect("bundled");
        // A Friday morning in Shanghai, still of the old year's last week.
        assert_eq!(IsoWeek::at(new_year, &shanghai).to_string(), "2026-W53");
    }
}
