//! Calendar weeks: ISO 8601, Monday to Sunday, in a shop's own time zone.

use std::fmt;

use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::fault::Fault;

/// A week of the ISO calendar: `2026-W47`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Week {
    /// Its Monday.
    monday: Date,
}

impl Week {
    /// Reads `2026-W47`.
    ///
    /// # Errors
    /// When it is of another form, or the year has no such week.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let malformed = || Fault::malformed("2026-W47 这样的周", "a week such as 2026-W47");
        let (year, week) = text.trim().split_once("-W").ok_or_else(malformed)?;
        if year.len() != 4 || week.len() != 2 {
            return Err(malformed());
        }
        let year = year.parse().map_err(|_| malformed())?;
        let week = week.parse().map_err(|_| malformed())?;
        let day = ISOWeekDate::new(year, week, Weekday::Monday).map_err(|_| malformed())?;
        Ok(Self { monday: day.date() })
    }

    /// The week that holds `time` in `zone`.
    pub fn of(time: Timestamp, zone: &TimeZone) -> Self {
        let day = zone.to_datetime(time).date();
        let back = i64::from(day.weekday().to_monday_zero_offset());
        Self {
            monday: day.saturating_sub(back.days()),
        }
    }

    /// Its Monday.
    pub fn monday(self) -> Date {
        self.monday
    }

    /// Its Sunday.
    pub fn sunday(self) -> Date {
        self.monday.saturating_add(6.days())
    }

    /// The week that is `weeks` later, or earlier where negative.
    #[must_use]
    pub fn plus(self, weeks: i64) -> Self {
        Self {
            monday: self.monday.saturating_add((7 * weeks).days()),
        }
    }

    /// Its first moment in `zone`.
    pub fn start(self, zone: &TimeZone) -> Timestamp {
        zone.to_ambiguous_timestamp(self.monday.at(0, 0, 0, 0))
            .compatible()
            .unwrap_or(Timestamp::MAX)
    }

    /// The first moment after it in `zone`.
    pub fn end(self, zone: &TimeZone) -> Timestamp {
        self.plus(1).start(zone)
    }
}

impl fmt::Display for Week {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = self.monday.iso_week_date();
        write!(formatter, "{:04}-W{:02}", day.year(), day.week())
    }
}

impl TryFrom<String> for Week {
    type Error = Fault;

    fn try_from(text: String) -> Result<Self, Fault> {
        Self::parse(&text)
    }
}

impl From<Week> for String {
    fn from(week: Week) -> Self {
        week.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_from_monday_to_sunday_in_the_shops_zone() {
        let zone = TimeZone::get("Asia/Shanghai").expect("bundled");
        let week = Week::parse("2026-W47").expect("valid");
        assert_eq!(week.monday().to_string(), "2026-11-16");
        assert_eq!(week.sunday().to_string(), "2026-11-22");
        assert_eq!(week.start(&zone).to_string(), "2026-11-15T16:00:00Z");
        assert_eq!(week.end(&zone).to_string(), "2026-11-22T16:00:00Z");
        for (time, expected) in [
            ("2026-11-15T15:59:59Z", "2026-W46"),
            ("2026-11-15T16:00:00Z", "2026-W47"),
            ("2026-11-22T15:59:59Z", "2026-W47"),
            ("2026-12-31T16:00:00Z", "2026-W53"),
            ("2027-01-03T16:00:00Z", "2027-W01"),
        ] {
            let time = time.parse().expect("valid");
            assert_eq!(Week::of(time, &zone).to_string(), expected, "{time}");
        }
        assert_eq!(week.plus(-1).to_string(), "2026-W46");
    }

    #[test]
    fn refuses_what_is_no_week() {
        for text in [
            "", "2026-47", "2026-W7", "2026-W00", "2026-W54", "2025-W53", "26-W01",
        ] {
            assert!(Week::parse(text).is_err(), "{text}");
        }
        assert!(Week::parse("2026-W53").is_ok());
    }
}
