//! Times and effective windows. Everything is kept in milliseconds since the Unix epoch.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::fault::Fault;

/// Where the service takes "now" from: the system, or a fixed time in tests.
pub trait Clock: Send + Sync {
    /// The time now, in whole milliseconds.
    fn now(&self) -> Timestamp;
}

/// The system's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        to_milliseconds(Timestamp::now())
    }
}

/// `time` without what is finer than a millisecond, which the store does not keep.
pub fn to_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

/// Reads a time: RFC 3339 with an offset, or a local one in `zone`
/// (`2026-11-11`, `2026-11-11 20:00`, `2026/11/11 20:00:30`).
///
/// # Errors
/// When it is none of these.
pub fn parse_time(text: &str, zone: &TimeZone) -> Result<Timestamp, Fault> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(to_milliseconds(time));
    }
    let dashed = text.replace('/', "-");
    let local = parse_local(&dashed).ok_or_else(|| Fault::NotATime {
        value: text.chars().take(40).collect(),
    })?;
    zone.to_ambiguous_timestamp(local)
        .compatible()
        .map(to_milliseconds)
        .map_err(|_| Fault::NotATime {
            value: text.to_owned(),
        })
}

fn parse_local(text: &str) -> Option<DateTime> {
    const FORMS: [&str; 4] = [
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M",
    ];
    FORMS
        .iter()
        .find_map(|form| DateTime::strptime(form, text).ok())
        .or_else(|| {
            let date = jiff::civil::Date::strptime("%Y-%m-%d", text).ok()?;
            Some(date.at(0, 0, 0, 0))
        })
}

/// `time` as the shop writes it in files: `2026-11-11 20:00` in `zone`, with
/// seconds where they are not zero, with an offset where the local time is
/// ambiguous or finer than a second; reads back to the same time.
pub fn format_time(time: Timestamp, zone: &TimeZone) -> String {
    let local = zone.to_datetime(time);
    let form = if local.second() == 0 && local.subsec_nanosecond() == 0 {
        "%Y-%m-%d %H:%M"
    } else {
        "%Y-%m-%d %H:%M:%S"
    };
    let text = local.strftime(form).to_string();
    if parse_time(&text, zone) == Ok(time) {
        text
    } else {
        time.to_string()
    }
}

/// When an item is in effect: from `from` (included) until `until` (excluded); open where `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Window {
    /// The first moment.
    pub from: Option<Timestamp>,
    /// The first moment after it.
    pub until: Option<Timestamp>,
}

impl Window {
    /// A window.
    ///
    /// # Errors
    /// When it ends at or before its start.
    pub fn new(from: Option<Timestamp>, until: Option<Timestamp>) -> Result<Self, Fault> {
        match (from, until) {
            (Some(from), Some(until)) if until <= from => Err(Fault::WindowEndsBeforeStart),
            _ => Ok(Self { from, until }),
        }
    }

    /// Whether the window holds `time`.
    pub fn contains(&self, time: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= time) && self.until.is_none_or(|until| time < until)
    }

    /// Whether both windows hold some moment.
    pub fn meets(&self, other: &Self) -> bool {
        let is_before = |until: Option<Timestamp>, from: Option<Timestamp>| {
            until.is_some_and(|until| from.is_some_and(|from| until <= from))
        };
        !is_before(self.until, other.from) && !is_before(other.until, self.from)
    }
}

/// `time` plus whole seconds; the latest time there is when that would overflow.
pub fn plus_seconds(time: Timestamp, seconds: i64) -> Timestamp {
    time.checked_add(seconds.seconds())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shanghai() -> TimeZone {
        TimeZone::get("Asia/Shanghai").expect("bundled")
    }

    #[test]
    fn reads_local_and_absolute_times() {
        let expected: Timestamp = "2026-11-11T12:00:00Z".parse().expect("valid");
        for text in [
            "2026-11-11 20:00",
            "2026/11/11 20:00:00",
            "2026-11-11T20:00",
            "2026-11-11T20:00:00+08:00",
            " 2026-11-11T12:00:00Z ",
        ] {
            assert_eq!(parse_time(text, &shanghai()), Ok(expected), "{text}");
        }
        for text in ["", "yesterday", "2026-13-01", "2026-11-11 25:00", "20:00"] {
            assert!(
                matches!(parse_time(text, &shanghai()), Err(Fault::NotATime { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn writes_times_that_read_back() {
        let london = TimeZone::get("Europe/London").expect("bundled");
        for text in [
            "2026-11-11T12:00:00Z",
            "2026-10-25T00:30:00Z",
            "2026-10-25T01:30:00Z",
            "2026-01-01T00:00:01.5Z",
        ] {
            let time: Timestamp = text.parse().expect("valid");
            for zone in [&shanghai(), &london] {
                assert_eq!(
                    parse_time(&format_time(time, zone), zone),
                    Ok(time),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn a_window_holds_its_start_and_not_its_end() {
        let at = |second| Timestamp::from_second(second).expect("valid");
        let window = Window::new(Some(at(10)), Some(at(20))).expect("valid");
        assert!(window.contains(at(10)) && window.contains(at(19)));
        assert!(!window.contains(at(9)) && !window.contains(at(20)));
        assert_eq!(
            Window::new(Some(at(10)), Some(at(10))),
            Err(Fault::WindowEndsBeforeStart)
        );
    }

    #[test]
    fn windows_that_follow_each_other_do_not_meet() {
        let at = |second| Timestamp::from_second(second).expect("valid");
        let window = |from: Option<i64>, until: Option<i64>| Window {
            from: from.map(at),
            until: until.map(at),
        };
        for (one, other, expected) in [
            (window(None, None), window(None, None), true),
            (window(None, Some(10)), window(Some(10), None), false),
            (window(None, Some(11)), window(Some(10), None), true),
            (window(Some(0), Some(10)), window(Some(10), Some(20)), false),
            (window(Some(0), Some(30)), window(Some(10), Some(20)), true),
            (window(Some(20), None), window(Some(0), None), true),
        ] {
            assert_eq!(one.meets(&other), expected, "{one:?} {other:?}");
            assert_eq!(other.meets(&one), expected, "{other:?} {one:?}");
        }
    }
}
