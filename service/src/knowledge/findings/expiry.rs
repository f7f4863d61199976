//! Items that are about to end, or have ended and still stand.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// How many days from `at` to `until` by the calendar of `zone`: 0 for today, less once it is past.
pub(super) fn days_left(until: Timestamp, at: Timestamp, zone: &TimeZone) -> i64 {
    let day = |time: Timestamp| {
        let date = zone.to_datetime(time).date();
        date.to_zoned(TimeZone::UTC)
            .map_or(0, |midnight| midnight.timestamp().as_second())
    };
    (day(until) - day(at)) / 86_400
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_days_of_the_shop() {
        let zone = TimeZone::get("Asia/Shanghai").expect("bundled");
        let time = |text: &str| text.parse::<Timestamp>().expect("valid");
        let at = time("2026-11-11T15:30:00Z");
        assert_eq!(days_left(time("2026-11-11T15:59:00Z"), at, &zone), 0);
        assert_eq!(days_left(time("2026-11-11T16:00:00Z"), at, &zone), 1);
        assert_eq!(days_left(time("2026-11-25T15:00:00Z"), at, &zone), 14);
        assert_eq!(days_left(time("2026-11-10T15:59:00Z"), at, &zone), -1);
    }
}
