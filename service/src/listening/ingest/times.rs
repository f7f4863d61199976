//! The forms that times have in exports.

use jiff::Timestamp;
use jiff::civil::date;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use super::mapping::MappingError;
use crate::domain::time::{parse_time, to_milliseconds};

/// How a time is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeForm {
    /// `2026-11-11 20:00:30`, `2026/11/11 20:00`, RFC 3339.
    Iso,
    /// Seconds since the Unix epoch; with decimals too.
    Seconds,
    /// Milliseconds since the Unix epoch.
    Milliseconds,
    /// A pattern of `strftime`.
    Pattern(String),
}

impl TimeForm {
    /// Reads a form's name or pattern.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(form: &str) -> Result<Self, MappingError> {
        let known = match form {
            "iso" => Some(Self::Iso),
            "seconds" => Some(Self::Seconds),
            "milliseconds" => Some(Self::Milliseconds),
            _ => None,
        };
        // A pattern that cannot write a time cannot read one.
        let can_write =
            || strtime::format(form, &Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC)).is_ok();
        match known {
            Some(known) => Ok(known),
            None if form.contains('%') && can_write() => Ok(Self::Pattern(form.to_owned())),
            None => Err(MappingError::TimeForm {
                form: form.chars().take(60).collect(),
            }),
        }
    }

    /// The time that `text` says, in `zone` where it does not name its own.
    pub fn read(&self, text: &str, zone: &TimeZone) -> Option<Timestamp> {
        let text = text.trim();
        match self {
            Self::Iso => parse_time(text, zone).ok(),
            Self::Seconds => match text.parse::<i64>() {
                Ok(seconds) => Timestamp::from_second(seconds).ok(),
                Err(_) => decimal_seconds(text),
            },
            Self::Milliseconds => {
                let milliseconds: i64 = text.parse().ok()?;
                Timestamp::from_millisecond(milliseconds).ok()
            }
            Self::Pattern(pattern) => {
                let time = strtime::parse(pattern, text).ok()?;
                if time.offset().is_some() {
                    return time.to_timestamp().ok().map(to_milliseconds);
                }
                let local = time
                    .to_datetime()
                    .or_else(|_| time.to_date().map(|date| date.at(0, 0, 0, 0)))
                    .ok()?;
                let ambiguous = zone.to_ambiguous_timestamp(local);
                ambiguous.compatible().ok().map(to_milliseconds)
            }
        }
    }

    /// What a time of this form looks like, for a message.
    pub fn example(&self) -> String {
        match self {
            Self::Iso => "2026-11-11 20:00:30".to_owned(),
            Self::Seconds => "1794398430".to_owned(),
            Self::Milliseconds => "1794398430000".to_owned(),
            Self::Pattern(pattern) => {
                let time = date(2026, 11, 11).at(20, 0, 30, 0);
                let time = time.to_zoned(TimeZone::UTC);
                let written = time
                    .ok()
                    .and_then(|time| strtime::format(pattern, &time).ok());
                written.unwrap_or_else(|| pattern.clone())
            }
        }
    }
}

/// `1794398430.125`: a spreadsheet or a script that divides milliseconds.
fn decimal_seconds(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.')?;
    let seconds: i64 = whole.parse().ok()?;
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) || seconds < 0 {
        return None;
    }
    let milliseconds: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let time = seconds.checked_mul(1_000)?.checked_add(milliseconds)?;
    Timestamp::from_millisecond(time).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form() {
        let zone = TimeZone::get("Asia/Shanghai").expect("known");
        for (form, text, expected) in [
            ("iso", " 2026/11/11 20:00:30 ", Some("2026-11-11T12:00:30Z")),
            (
                "iso",
                "2026-11-11T20:00:30.5+09:00",
                Some("2026-11-11T11:00:30.5Z"),
            ),
            ("iso", "11.11.2026", None),
            ("seconds", "1794398430", Some("2026-11-11T12:00:30Z")),
            (
                "seconds",
                "1794398430.125",
                Some("2026-11-11T12:00:30.125Z"),
            ),
            ("seconds", "1794398430.", None),
            ("seconds", "1.79e9", None),
            (
                "milliseconds",
                "1794398430125",
                Some("2026-11-11T12:00:30.125Z"),
            ),
            (
                "%d.%m.%Y %H:%M",
                "11.11.2026 20:00",
                Some("2026-11-11T12:00:00Z"),
            ),
            (
                "%Y年%m月%d日 %H:%M:%S",
                "2026年11月11日 20:00:30",
                Some("2026-11-11T12:00:30Z"),
            ),
            ("%Y%m%d", "20261111", Some("2026-11-10T16:00:00Z")),
            (
                "%Y-%m-%d %H:%M:%S %z",
                "2026-11-11 20:00:30 +0000",
                Some("2026-11-11T20:00:30Z"),
            ),
            (
                "%m/%d/%Y %I:%M %p",
                "11/11/2026 8:00 PM",
                Some("2026-11-11T12:00:00Z"),
            ),
            ("%Y-%m-%d", "2026-11-11 20:00", None),
        ] {
            let read = TimeForm::parse(form).expect(form).read(text, &zone);
            let expected = expected.map(|time| time.parse::<Timestamp>().expect("a time"));
            assert_eq!(read, expected, "{form} {text}");
        }
        for form in ["", "ISO", "%", "yyyy-MM-dd"] {
            assert!(TimeForm::parse(form).is_err(), "{form}");
        }
    }

    #[test]
    fn shows_what_it_reads() {
        for (form, example) in [
            ("iso", "2026-11-11 20:00:30"),
            ("seconds", "1794398430"),
            ("milliseconds", "1794398430000"),
            ("%Y年%m月%d日 %H:%M", "2026年11月11日 20:00"),
        ] {
            let form = TimeForm::parse(form).expect(form);
            assert_eq!(form.example(), example);
            assert!(form.read(example, &TimeZone::UTC).is_some(), "{example}");
        }
    }
}
