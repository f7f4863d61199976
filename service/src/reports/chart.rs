//! The geometry of the page's charts.
//!
//! Bars are placed in percent of a picture without a view box: they stretch
//! with the page while texts keep their size. Presentation attributes only,
//! for the page's policy allows no inline style.

use jiff::tz::TimeZone;

use super::words::{Words, number};
use crate::domain::insights::WeeklyReport;
use crate::domain::shown::Shown;

/// Where the bars of a day chart end and start, in percent of its height.
const BARS_TOP: f64 = 12.0;
const BARS_BOTTOM: f64 = 76.0;
/// The part of a day's column that its bar fills.
const BAR_WIDTH: f64 = 0.56;

/// The size of a sparkline and the room around it, in pixels.
pub const SPARK_WIDTH: f64 = 88.0;
/// The height of a sparkline, in pixels.
pub const SPARK_HEIGHT: f64 = 24.0;
const SPARK_MARGIN: f64 = 3.0;

/// A day's bar.
pub struct DayBar {
    /// The day of the week.
    pub name: &'static str,
    /// The day.
    pub date: String,
    /// Its questions.
    pub count: String,
    /// The bar's left edge.
    pub x: String,
    /// Its middle, where the labels stand.
    pub middle: String,
    /// Its upper edge.
    pub y: String,
    /// Where its count stands.
    pub count_y: String,
    /// Its width.
    pub width: String,
    /// Its height.
    pub height: String,
    /// Whether no day has more.
    pub is_peak: bool,
    /// Whether the day has begun.
    pub has_begun: bool,
}

/// The questions of a week's days as bars.
pub fn days(report: &WeeklyReport, words: Words) -> Vec<DayBar> {
    let most = report.by_day.iter().copied().max().unwrap_or(0);
    let column = 100.0 / report.by_day.len().max(1) as f64;
    let zone = TimeZone::get(&report.time_zone).unwrap_or(TimeZone::UTC);
    let today = report.made_at.to_zoned(zone).date();
    let mut date = report.from;
    let mut bars = Vec::with_capacity(report.by_day.len());
    for (place, count) in report.by_day.iter().copied().enumerate() {
        let middle = column * (place as f64 + 0.5);
        let height = (BARS_BOTTOM - BARS_TOP) * fraction(count, most);
        bars.push(DayBar {
            name: words.weekday(place),
            date: words.short_day(date),
            count: number(count),
            x: percent(middle - column * BAR_WIDTH / 2.0),
            middle: percent(middle),
            y: percent(BARS_BOTTOM - height),
            count_y: percent(BARS_BOTTOM - height - 3.0),
            width: percent(column * BAR_WIDTH),
            height: percent(height),
            is_peak: count > 0 && count == most,
            has_begun: report.has_ended || date <= today,
        });
        date = date.tomorrow().unwrap_or(date);
    }
    bars
}

/// A part of a bar that shows a whole.
pub struct Part {
    /// Its left edge.
    pub x: String,
    /// Its width.
    pub width: String,
    /// Its shade, from 1.
    pub shade: usize,
}

/// The shades that parts are told apart by.
const SHADES: usize = 4;

/// `counts` side by side, together as wide as the picture.
pub fn parts(counts: impl Iterator<Item = u32> + Clone) -> Vec<Part> {
    let whole: u32 = counts.clone().sum();
    let mut before = 0;
    counts
        .enumerate()
        .map(|(place, count)| {
            let x = percent(100.0 * fraction(before, whole));
            before += count;
            Part {
                x,
                width: percent(100.0 * fraction(count, whole)),
                shade: place.min(SHADES - 1) + 1,
            }
        })
        .collect()
}

/// The width of a horizontal bar: `count` of `most`.
pub fn width(count: u32, most: u32) -> String {
    percent(100.0 * fraction(count, most))
}

/// The last weeks of a question as a line.
pub struct Spark {
    /// The line's points.
    pub points: String,
    /// Where the last point is.
    pub x: String,
    /// Where the last point is.
    pub y: String,
    /// The counts in words.
    pub counts: String,
}

/// The line of `counts`, the last week at the right; `None` for fewer than two.
pub fn spark(counts: &[Shown], words: Words) -> Option<Spark> {
    let drawn = || counts.iter().map(|count| count.at_least());
    let most = drawn().max().unwrap_or(0);
    let steps = counts.len().checked_sub(1).filter(|steps| *steps > 0)?;
    let (wide, high) = (
        SPARK_WIDTH - 2.0 * SPARK_MARGIN,
        SPARK_HEIGHT - 2.0 * SPARK_MARGIN,
    );
    let points: Vec<(String, String)> = drawn()
        .enumerate()
        .map(|(place, count)| {
            let x = SPARK_MARGIN + wide * place as f64 / steps as f64;
            let y = SPARK_MARGIN + high * (1.0 - fraction(count, most));
            (format!("{x:.1}"), format!("{y:.1}"))
        })
        .collect();
    let (x, y) = points.last().cloned()?;
    let joined: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
    let counts: Vec<String> = counts.iter().map(|count| number(*count)).collect();
    Some(Spark {
        points: joined.join(" "),
        x,
        y,
        counts: counts.join(words.say("、", ", ")),
    })
}

fn fraction(part: u32, whole: u32) -> f64 {
    if whole == 0 {
        0.0
    } else {
        f64::from(part) / f64::from(whole)
    }
}

fn percent(value: f64) -> String {
    format!("{value:.2}%")
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::domain::fault::Locale;

    const WORDS: Words = Words(Locale::Chinese);

    #[test]
    fn the_longest_bar_is_the_busiest_day() {
        let bars = days(&samples::shop(), WORDS);
        assert_eq!(bars.len(), 7);
        assert_eq!((bars[0].height.as_str(), bars[0].is_peak), ("64.00%", true));
        assert_eq!(
            (bars[0].y.as_str(), bars[0].count.as_str()),
            ("12.00%", "248")
        );
        assert_eq!(bars[6].height, "37.68%");
        assert_eq!((bars[6].name, bars[6].date.as_str()), ("周日", "11/22"));
        let empty = days(&samples::nothing(), WORDS);
        assert!(
            empty
                .iter()
                .all(|bar| bar.height == "0.00%" && !bar.is_peak)
        );
    }

    #[test]
    fn days_to_come_are_told_from_days_without_questions() {
        let mut report = samples::nothing();
        report.has_ended = false;
        report.made_at = samples::time("2026-11-18T16:30:00Z");
        let begun: Vec<bool> = days(&report, WORDS)
            .iter()
            .map(|bar| bar.has_begun)
            .collect();
        assert_eq!(begun, [true, true, true, true, false, false, false]);
    }

    #[test]
    fn parts_fill_the_whole() {
        let parts = parts([50, 25, 25, 0, 0].into_iter());
        let edges: Vec<(&str, &str, usize)> = parts
            .iter()
            .map(|part| (part.x.as_str(), part.width.as_str(), part.shade))
            .collect();
        assert_eq!(
            edges,
            [
                ("0.00%", "50.00%", 1),
                ("50.00%", "25.00%", 2),
                ("75.00%", "25.00%", 3),
                ("100.00%", "0.00%", 4),
                ("100.00%", "0.00%", 4),
            ]
        );
    }

    #[test]
    fn a_line_goes_from_edge_to_edge() {
        let line = spark(&[0, 5, 10].map(Shown::Exactly), WORDS).expect("a line");
        assert_eq!(line.points, "3.0,21.0 44.0,12.0 85.0,3.0");
        assert_eq!((line.x.as_str(), line.y.as_str()), ("85.0", "3.0"));
        assert_eq!(
            spark(&[Shown::Exactly(0); 2], WORDS)
                .expect("a line")
                .points,
            "3.0,21.0 85.0,21.0"
        );
        assert!(spark(&[Shown::Exactly(1)], WORDS).is_none() && spark(&[], WORDS).is_none());
    }
}
