//! Units, each with what it measures and its size in that measure's base unit.

/// What a figure measures; figures are compared within one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// In hours; a month counts 30 days, a year 365 or 12 months, whichever agrees.
    Duration,
    /// In yuan.
    Yuan,
    /// In dollars.
    Dollar,
    /// In euros.
    Euro,
    /// In pounds.
    Pound,
    /// In per cent.
    Percent,
    /// In per cent off the price: 八折 is 20.
    Discount,
    /// In grams.
    Mass,
    /// In millilitres.
    Volume,
    /// In millimetres.
    Length,
    /// In degrees Celsius.
    Temperature,
    /// In watts.
    Power,
    /// In milliampere-hours.
    Charge,
    /// In decibels.
    Loudness,
    /// In pieces of the counter that is named.
    Count(&'static str),
    /// In minutes since midnight.
    TimeOfDay,
    /// Month × 100 + day.
    Date,
}

/// A unit that was found after a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Unit {
    /// What it measures.
    pub measure: Measure,
    /// Its size in the base unit.
    pub size: f64,
    /// Whether it counts working days only.
    pub is_working_days: bool,
}

const HOUR: f64 = 1.0;
const DAY: f64 = 24.0;

/// Spellings, longest first where one starts another.
const UNITS: &[(&str, Measure, f64)] = &[
    ("个工作日", Measure::Duration, DAY),
    ("工作日", Measure::Duration, DAY),
    ("business days", Measure::Duration, DAY),
    ("business day", Measure::Duration, DAY),
    ("working days", Measure::Duration, DAY),
    ("working day", Measure::Duration, DAY),
    ("分钟", Measure::Duration, HOUR / 60.0),
    ("秒", Measure::Duration, HOUR / 3600.0),
    ("minutes", Measure::Duration, HOUR / 60.0),
    ("minute", Measure::Duration, HOUR / 60.0),
    ("mins", Measure::Duration, HOUR / 60.0),
    ("min", Measure::Duration, HOUR / 60.0),
    ("seconds", Measure::Duration, HOUR / 3600.0),
    ("个小时", Measure::Duration, HOUR),
    ("个钟头", Measure::Duration, HOUR),
    ("小时", Measure::Duration, HOUR),
    ("钟头", Measure::Duration, HOUR),
    ("hours", Measure::Duration, HOUR),
    ("hour", Measure::Duration, HOUR),
    ("hrs", Measure::Duration, HOUR),
    ("hr", Measure::Duration, HOUR),
    ("h", Measure::Duration, HOUR),
    ("天", Measure::Duration, DAY),
    ("日内", Measure::Duration, DAY),
    ("days", Measure::Duration, DAY),
    ("day", Measure::Duration, DAY),
    ("周", Measure::Duration, DAY * 7.0),
    ("个星期", Measure::Duration, DAY * 7.0),
    ("星期", Measure::Duration, DAY * 7.0),
    ("个礼拜", Measure::Duration, DAY * 7.0),
    ("weeks", Measure::Duration, DAY * 7.0),
    ("week", Measure::Duration, DAY * 7.0),
    ("个月", Measure::Duration, DAY * 30.0),
    ("months", Measure::Duration, DAY * 30.0),
    ("month", Measure::Duration, DAY * 30.0),
    ("年", Measure::Duration, DAY * 365.0),
    ("years", Measure::Duration, DAY * 365.0),
    ("year", Measure::Duration, DAY * 365.0),
    ("块钱", Measure::Yuan, 1.0),
    ("块", Measure::Yuan, 1.0),
    ("元", Measure::Yuan, 1.0),
    ("rmb", Measure::Yuan, 1.0),
    ("yuan", Measure::Yuan, 1.0),
    ("dollars", Measure::Dollar, 1.0),
    ("percent", Measure::Percent, 1.0),
    ("%", Measure::Percent, 1.0),
    ("公斤", Measure::Mass, 1000.0),
    ("千克", Measure::Mass, 1000.0),
    ("kg", Measure::Mass, 1000.0),
    ("斤", Measure::Mass, 500.0),
    ("毫克", Measure::Mass, 0.001),
    ("mg", Measure::Mass, 0.001),
    ("克", Measure::Mass, 1.0),
    ("grams", Measure::Mass, 1.0),
    ("g", Measure::Mass, 1.0),
    ("lbs", Measure::Mass, 453.6),
    ("lb", Measure::Mass, 453.6),
    ("oz", Measure::Mass, 28.35),
    ("毫升", Measure::Volume, 1.0),
    ("ml", Measure::Volume, 1.0),
    ("升", Measure::Volume, 1000.0),
    ("litres", Measure::Volume, 1000.0),
    ("litre", Measure::Volume, 1000.0),
    ("liters", Measure::Volume, 1000.0),
    ("liter", Measure::Volume, 1000.0),
    ("l", Measure::Volume, 1000.0),
    ("毫米", Measure::Length, 1.0),
    ("mm", Measure::Length, 1.0),
    ("厘米", Measure::Length, 10.0),
    ("公分", Measure::Length, 10.0),
    ("cm", Measure::Length, 10.0),
    ("米", Measure::Length, 1000.0),
    ("m", Measure::Length, 1000.0),
    ("英寸", Measure::Length, 25.4),
    ("inches", Measure::Length, 25.4),
    ("inch", Measure::Length, 25.4),
    ("℃", Measure::Temperature, 1.0),
    ("°c", Measure::Temperature, 1.0),
    ("摄氏度", Measure::Temperature, 1.0),
    ("度", Measure::Temperature, 1.0),
    ("千瓦", Measure::Power, 1000.0),
    ("kw", Measure::Power, 1000.0),
    ("瓦", Measure::Power, 1.0),
    ("watts", Measure::Power, 1.0),
    ("w", Measure::Power, 1.0),
    ("毫安时", Measure::Charge, 1.0),
    ("毫安", Measure::Charge, 1.0),
    ("mah", Measure::Charge, 1.0),
    ("分贝", Measure::Loudness, 1.0),
    ("db", Measure::Loudness, 1.0),
    ("积分", Measure::Count("积分"), 1.0),
    ("points", Measure::Count("积分"), 1.0),
    ("times", Measure::Count("次"), 1.0),
    ("sheets", Measure::Count("张"), 1.0),
    ("pieces", Measure::Count("件"), 1.0),
    ("pcs", Measure::Count("件"), 1.0),
    ("people", Measure::Count("人"), 1.0),
    ("cups", Measure::Count("杯"), 1.0),
    ("capsules", Measure::Count("粒"), 1.0),
    ("次", Measure::Count("次"), 1.0),
    ("件", Measure::Count("件"), 1.0),
    ("片", Measure::Count("片"), 1.0),
    ("张", Measure::Count("张"), 1.0),
    ("只", Measure::Count("只"), 1.0),
    ("袋", Measure::Count("袋"), 1.0),
    ("条", Measure::Count("条"), 1.0),
    ("双", Measure::Count("双"), 1.0),
    ("瓶", Measure::Count("瓶"), 1.0),
    ("盒", Measure::Count("盒"), 1.0),
    ("粒", Measure::Count("粒"), 1.0),
    ("颗", Measure::Count("颗"), 1.0),
    ("包", Measure::Count("包"), 1.0),
    ("支", Measure::Count("支"), 1.0),
    ("根", Measure::Count("根"), 1.0),
    ("人", Measure::Count("人"), 1.0),
    ("杯", Measure::Count("杯"), 1.0),
    ("层", Measure::Count("层"), 1.0),
    ("档", Measure::Count("档"), 1.0),
    ("套", Measure::Count("套"), 1.0),
    ("箱", Measure::Count("箱"), 1.0),
    ("卷", Measure::Count("卷"), 1.0),
    ("抽", Measure::Count("抽"), 1.0),
    ("份", Measure::Count("份"), 1.0),
    ("期", Measure::Count("期"), 1.0),
    ("倍", Measure::Count("倍"), 1.0),
];

/// The unit that starts at `at` of folded `text`, and where it ends.
pub(super) fn unit(text: &[char], at: usize) -> Option<(Unit, usize)> {
    let starts_with = |at: usize, spelling: &str| {
        spelling
            .chars()
            .enumerate()
            .all(|(offset, character)| text.get(at + offset) == Some(&character))
    };
    UNITS.iter().find_map(|&(spelling, measure, size)| {
        let end = at + spelling.chars().count();
        let ends_a_word = !spelling.ends_with(|last: char| last.is_ascii_alphabetic())
            || text.get(end).is_none_or(|next| !next.is_ascii_alphabetic());
        (starts_with(at, spelling) && ends_a_word).then(|| {
            let is_working_days = spelling.contains("工作日")
                || spelling.starts_with("business")
                || spelling.starts_with("working");
            // 日内 is 日 and a bound, which is read by itself.
            let end = if spelling == "日内" { end - 1 } else { end };
            let unit = Unit {
                measure,
                size,
                is_working_days,
            };
            (unit, end)
        })
    })
}
