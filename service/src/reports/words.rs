//! What people call things, in both languages, in one place.

use std::borrow::Cow;

use jiff::civil::Date;

use crate::domain::channel::channel_name;
use crate::domain::fault::Locale;
use crate::domain::insights::{AnswerState, Cause, QuestionLine, Share, Trend, WeeklyReport};
use crate::domain::shown::Shown;
use crate::domain::taxonomy::BuiltIn;
use crate::domain::week::Week;

/// The words of a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words(pub Locale);

impl Words {
    /// The wording in this language. Both stand side by side, so that neither
    /// is forgotten.
    pub fn say<'a>(&self, chinese: &'a str, english: &'a str) -> &'a str {
        match self.0 {
            Locale::Chinese => chinese,
            Locale::English => english,
        }
    }

    /// The language's tag.
    pub fn tag(&self) -> &'static str {
        self.say("zh-CN", "en")
    }

    /// How a question moves; empty where there is nothing to compare with.
    pub fn trend(&self, trend: Option<Trend>) -> &'static str {
        match trend {
            None => "",
            Some(Trend::New) => self.say("新出现", "New"),
            Some(Trend::Rising) => self.say("上升", "Rising"),
            Some(Trend::Steady) => self.say("平稳", "Steady"),
            Some(Trend::Fading) => self.say("回落", "Fading"),
        }
    }

    /// A domain by its id; an unknown id as it is.
    pub fn domain<'a>(&self, id: &'a str) -> &'a str {
        match id {
            "product" => self.say("商品", "Product"),
            "process" => self.say("流程", "Process"),
            "warehouse" => self.say("仓配", "Warehouse"),
            "other" => self.say("其他", "Other"),
            unknown => unknown,
        }
    }

    /// What a part of the questions is called: a domain, a channel or an intent
    /// of ours in this language, all else as the report has it.
    pub fn part<'a>(&self, part: &'a Share) -> Cow<'a, str> {
        if let Some(rest) = part.rest {
            return Cow::Owned(rest.label(self.0));
        }
        Cow::Borrowed(match self.domain(&part.id) {
            unknown if unknown == part.id => self
                .channel_of(&part.id, &part.label)
                .unwrap_or_else(|| self.intent_of(&part.id, &part.label)),
            known => known,
        })
    }

    /// A channel's name by its id; an unknown id as it is.
    pub fn channel<'a>(&self, id: &'a str) -> &'a str {
        channel_name(id, self.0)
    }

    /// A channel that is called as we do in either language, or by its id.
    fn channel_of<'a>(&self, id: &'a str, label: &str) -> Option<&'a str> {
        let names = [Locale::Chinese, Locale::English].map(|locale| channel_name(id, locale));
        (label == id || names.contains(&label)).then(|| self.channel(id))
    }

    /// A question's intent: one of ours in this language, one that the shop
    /// named as the shop did; empty where it is unclear.
    pub fn intent<'a>(&self, line: &'a QuestionLine) -> &'a str {
        let label = line.intent_label.as_deref().unwrap_or("");
        self.intent_of(line.intent.as_deref().unwrap_or(""), label)
    }

    /// A label was made in the shop's language. What is not our name of the
    /// intent in either is the shop's own.
    fn intent_of<'a>(&self, id: &str, label: &'a str) -> &'a str {
        let ours = BuiltIn::of(id).filter(|intent| label == intent.zh || label == intent.en);
        ours.map_or(label, |intent| intent.name(self.0))
    }

    /// What is said of a question that no approved item answers; empty where one does.
    pub fn lacking(&self, state: AnswerState) -> &'static str {
        match state {
            AnswerState::Answered => "",
            AnswerState::ToApprove => self.say("待审核", "to approve"),
            AnswerState::Missing => self.say("缺答案", "no answer"),
        }
    }

    /// The words that set a question apart; empty where its name has them all.
    pub fn key_phrases(&self, line: &QuestionLine) -> String {
        let is_named = |phrase: &String| line.label.contains(phrase.as_str());
        if line.key_phrases.iter().all(is_named) {
            return String::new();
        }
        line.key_phrases.join(self.say("、", ", "))
    }

    /// What an action changed, by its kind's id; an unknown id as it is.
    pub fn action<'a>(&self, kind: &'a str) -> &'a str {
        match kind {
            "page" => self.say("详情页", "Page"),
            "packaging" => self.say("包装", "Packaging"),
            "promotion" => self.say("活动", "Promotion"),
            "knowledge" => self.say("知识", "Knowledge"),
            unknown => unknown,
        }
    }

    /// `12 位买家`, `12 buyers`.
    pub fn buyers(&self, count: impl Into<Shown>) -> String {
        let count = count.into();
        let number = match count {
            Shown::Exactly(count) => number(count),
            few @ Shown::Under(_) => few.in_words(self.0),
        };
        match (self.0, count) {
            (Locale::Chinese, _) => format!("{number} 位买家"),
            (Locale::English, Shown::Exactly(1)) => "1 buyer".to_owned(),
            (Locale::English, _) => format!("{number} buyers"),
        }
    }

    /// `12 个问题`, `12 questions`.
    pub fn questions(&self, count: u32) -> String {
        let number = number(count);
        match (self.0, count) {
            (Locale::Chinese, _) => format!("{number} 个问题"),
            (Locale::English, 1) => "1 question".to_owned(),
            (Locale::English, _) => format!("{number} questions"),
        }
    }

    /// A length of time: `42 秒`, `1 min 20 s`.
    pub fn seconds(&self, seconds: u32) -> String {
        let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        let (hour, minute, second) = (
            self.say("小时", "h"),
            self.say("分", "min"),
            self.say("秒", "s"),
        );
        match (hours, minutes, rest) {
            (0, 0, rest) => format!("{rest} {second}"),
            (0, minutes, 0) => format!("{minutes} {}", self.say("分钟", "min")),
            (0, minutes, rest) => format!("{minutes} {minute} {rest} {second}"),
            (hours, 0, _) => format!("{hours} {hour}"),
            (hours, minutes, _) => format!("{hours} {hour} {minutes} {minute}"),
        }
    }

    /// A day: `11月16日`, `16 Nov`.
    pub fn day(&self, day: Date) -> String {
        match self.0 {
            Locale::Chinese => format!("{}月{}日", day.month(), day.day()),
            Locale::English => day.strftime("%-d %b").to_string(),
        }
    }

    /// A day where there is little room: `11/16`, `16 Nov`.
    pub fn short_day(&self, day: Date) -> String {
        match self.0 {
            Locale::Chinese => format!("{}/{}", day.month(), day.day()),
            Locale::English => self.day(day),
        }
    }

    /// A day of the week from Monday, 0: `周一`, `Mon`.
    pub fn weekday(&self, from_monday: usize) -> &'static str {
        const CHINESE: [&str; 7] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];
        const ENGLISH: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        self.say(CHINESE[from_monday % 7], ENGLISH[from_monday % 7])
    }

    /// What a report is called.
    pub fn title(&self, report: &WeeklyReport) -> String {
        match self.0 {
            Locale::Chinese => format!("{} 买家问题周报", report.shop_name),
            Locale::English => format!("{}: what buyers asked", report.shop_name),
        }
    }

    /// The days of a report: `2026 年第 47 周（11月16日–11月22日）`.
    pub fn period(&self, report: &WeeklyReport) -> String {
        let (from, until) = (self.day(report.from), self.day(report.until));
        let week = report.from.iso_week_date();
        match self.0 {
            Locale::Chinese => format!("{} 年第 {} 周（{from}–{until}）", week.year(), week.week()),
            Locale::English => format!("Week {}, {} ({from} – {until})", week.week(), week.year()),
        }
    }

    /// The weeks whose buyers an action is measured by: the one before the
    /// action's own, and the report's.
    pub fn compared_weeks(&self, report: &WeeklyReport) -> (String, String) {
        let week = |week: Week| format!("W{:02}", week.monday().iso_week_date().week());
        let (before, now) = (week(report.week.plus(-2)), week(report.week));
        match self.0 {
            Locale::Chinese => (
                format!("改动所在周的前一周（{before}）买家"),
                format!("本周（{now}）买家"),
            ),
            Locale::English => (
                format!("Buyers the week before the change's ({before})"),
                format!("Buyers this week ({now})"),
            ),
        }
    }

    /// Whether the week is counted to its end, how often it was counted, and why.
    pub fn state(&self, report: &WeeklyReport) -> String {
        let (made_at, cause) = (self.moment(report), self.cause(report));
        match (self.0, report.has_ended, report.revision) {
            (Locale::Chinese, false, _) => format!("截至目前 · {made_at}"),
            (Locale::English, false, _) => format!("So far · {made_at}"),
            // One without questions, which is not kept.
            (Locale::Chinese, true, 0) => format!("{made_at} 生成"),
            (Locale::English, true, 0) => format!("Made {made_at}"),
            (Locale::Chinese, true, revision) => {
                format!("第 {revision} 版 · {made_at} 生成{cause}")
            }
            (Locale::English, true, revision) => {
                format!("Revision {revision} · made {made_at}{cause}")
            }
        }
    }

    fn cause(&self, report: &WeeklyReport) -> &'static str {
        match report.cause {
            None => "",
            Some(Cause::FirstAsked) => self.say("（第一次查看时）", " (when first asked for)"),
            Some(Cause::QuestionsChanged) => self.say(
                "（因为有迟到的消息，或者口径改过）",
                " (because messages came late, or the policy changed)",
            ),
            Some(Cause::Regrouped) => self.say(
                "（有人要求按当时的归类重出）",
                " (asked for, with the questions of then)",
            ),
        }
    }

    /// When a report was made, on the shop's clock.
    fn moment(&self, report: &WeeklyReport) -> String {
        let zone = jiff::tz::TimeZone::get(&report.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let time = report.made_at.to_zoned(zone);
        time.strftime("%Y-%m-%d %H:%M").to_string()
    }
}

/// A count with its thousands parted: `12,345`; of a few `<5`.
pub fn number(count: impl Into<Shown>) -> String {
    let digits = match count.into() {
        Shown::Exactly(count) => count.to_string(),
        few @ Shown::Under(_) => return few.to_string(),
    };
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share from 0 to 1 as whole percent: `35%`.
pub fn share(share: f64) -> String {
    // Halves go up, as in a workbook; the format alone would go to the even one.
    format!("{:.0}%", (share * 100.0).round())
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn numbers_and_times_read_well() {
        for (count, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(number(count), expected);
        }
        let (chinese, english) = (Words(Locale::Chinese), Words(Locale::English));
        for (seconds, zh, en) in [
            (0, "0 秒", "0 s"),
            (42, "42 秒", "42 s"),
            (60, "1 分钟", "1 min"),
            (80, "1 分 20 秒", "1 min 20 s"),
            (7_260, "2 小时 1 分", "2 h 1 min"),
            (7_201, "2 小时", "2 h"),
        ] {
            assert_eq!(chinese.seconds(seconds), zh);
            assert_eq!(english.seconds(seconds), en);
        }
        assert_eq!(english.buyers(1), "1 buyer");
        assert_eq!(chinese.buyers(1_200), "1,200 位买家");
    }

    #[test]
    fn an_unknown_id_is_shown_as_it_is() {
        assert_eq!(Words(Locale::Chinese).domain("packaging2"), "packaging2");
        assert_eq!(Words(Locale::English).action("else"), "else");
    }

    #[test]
    fn our_intents_are_named_in_both_languages_and_a_shops_as_it_did() {
        let named = |id: &str, label: &str| {
            [Locale::Chinese, Locale::English].map(|locale| {
                let part = Share {
                    id: id.to_owned(),
                    label: label.to_owned(),
                    questions: 1,
                    buyers: 1,
                    previous_questions: Shown::Exactly(0),
                    rest: None,
                };
                Words(locale).part(&part).into_owned()
            })
        };
        let both = ["发货时间", "When it ships"];
        assert_eq!(named("warehouse.ship_time", "发货时间"), both);
        assert_eq!(named("warehouse.ship_time", "When it ships"), both);
        assert_eq!(named("warehouse.ship_time", "几时发"), ["几时发"; 2]);
        assert_eq!(named("product.shop_engraving", "刻字"), ["刻字"; 2]);
        assert_eq!(named("kettle-k2", "发货时间"), ["发货时间"; 2]);
        for label in ["taobao", "淘宝", "Taobao"] {
            assert_eq!(named("taobao", label), ["淘宝", "Taobao"]);
        }
        assert_eq!(named("store-3", "store-3"), ["store-3"; 2]);
        assert_eq!(named("jd", "京东专供壶"), ["京东专供壶"; 2]);
    }

    #[test]
    fn key_phrases_do_not_repeat_the_name() {
        let line = samples::shop().top[0].clone();
        let check = |label: &str, phrases: &[&str], expected: &str| {
            let line = QuestionLine {
                label: label.to_owned(),
                key_phrases: phrases.iter().map(|&phrase| phrase.to_owned()).collect(),
                ..line.clone()
            };
            let found = Words(Locale::Chinese).key_phrases(&line);
            assert_eq!(found, expected, "{label}");
        };
        check("密封圈", &["密封圈"], "");
        check("密封圈 · 硅胶", &["密封圈", "硅胶"], "");
        check("密封圈哪里买", &["密封圈", "硅胶"], "密封圈、硅胶");
        check("密封圈", &[], "");
    }
}
