//! How the figures of a report are made, and what its tables leave out, in words.

use super::words::{Words, share};
use crate::domain::fault::Locale;
use crate::domain::insights::{Share, WeeklyReport};

impl Words {
    /// Why the rows of a table are fewer than the week's questions; `None` where
    /// they are not.
    pub fn left_out(&self, parts: &[Share], report: &WeeklyReport) -> Option<String> {
        let listed: u32 = parts.iter().map(|part| part.questions).sum();
        if listed >= report.totals.questions {
            return None;
        }
        let group = report.policy.smallest_group;
        let has_rest = parts.iter().any(|part| part.rest.is_some());
        Some(match (self.0, has_rest) {
            (Locale::Chinese, true) => "没认出属于哪一项的提问不在表里。".to_owned(),
            (Locale::Chinese, false) => {
                format!("少于 {group} 位买家的项不列，没认出属于哪一项的提问也不在表里。")
            }
            (Locale::English, true) => {
                "Questions that belong to none of these are left out.".to_owned()
            }
            (Locale::English, false) => format!(
                "Parts of fewer than {group} buyers are left out, and questions that belong to none."
            ),
        })
    }

    /// A version of the policy: `默认口径`, `第 2 版口径`.
    pub fn policy_version(&self, version: u32) -> String {
        match (self.0, version) {
            (Locale::Chinese, 0) => "默认口径".to_owned(),
            (Locale::Chinese, version) => format!("第 {version} 版口径"),
            (Locale::English, 0) => "the default policy".to_owned(),
            (Locale::English, version) => format!("version {version} of the policy"),
        }
    }

    /// What the figures of a report were made by, a line each.
    pub fn policy(&self, report: &WeeklyReport) -> Vec<String> {
        let policy = &report.policy;
        let rate = share(policy.false_discovery_rate);
        let (gap, burst) = (policy.session_gap_minutes, policy.burst_gap_seconds);
        let (version, group) = (self.policy_version(policy.version), policy.smallest_group);
        let zone = &report.time_zone;
        let mut lines = match self.0 {
            Locale::Chinese => vec![
                format!("按{version}统计；一周为周一至周日，时区 {zone}。"),
                format!(
                    "静默超过 {gap} 分钟算另一次会话；同一买家 {burst} 秒内的连发算一个，连着问两件事算两个。"
                ),
                "买家数按去重人数计；认不出买家时，一次会话算一位。".to_owned(),
                if policy.counts_automatic_replies {
                    "机器人的自动回复算作回复。".to_owned()
                } else {
                    "机器人的自动回复不算回复。".to_owned()
                },
                format!(
                    "“上升”“回落”指占比变化超出偶然（双侧精确二项检验，误报比例控制在 {rate} 以内）。"
                ),
                if report.has_ended {
                    "知识覆盖率和答案按当周结束时生效的知识计，之后才生效的不算。".to_owned()
                } else {
                    "知识覆盖率和答案：本周按现在生效的知识计，上周按上周结束时的计。".to_owned()
                },
                format!(
                    "少于 {group} 位买家的问题不引用原话，人数写作 <{group}。原话均已脱敏，只引用不止一位买家写过、问题名称里没有的话；没有这样的话就留空。"
                ),
            ],
            Locale::English => vec![
                format!("Counted by {version}; a week is Monday to Sunday in {zone}."),
                format!(
                    "Silence of more than {gap} minutes parts sessions; a buyer's messages within {burst} seconds count once, and twice where they ask two things."
                ),
                "Buyers are distinct; where the buyer is not known, a conversation counts as one."
                    .to_owned(),
                if policy.counts_automatic_replies {
                    "Automatic replies count as replies.".to_owned()
                } else {
                    "Automatic replies do not count as replies.".to_owned()
                },
                format!(
                    "Rising and fading mean a change of share beyond chance (two-sided exact binomial test, false discovery rate {rate})."
                ),
                if report.has_ended {
                    "Coverage and answers go by the knowledge in effect when each week ended; what came later does not count."
                        .to_owned()
                } else {
                    "Coverage and answers go by the knowledge in effect now; last week's by that at its end."
                        .to_owned()
                },
                format!(
                    "Questions of fewer than {group} buyers are not quoted, their number is written <{group}. Quotes are masked; only what more than one buyer wrote, and the question's name does not say, is quoted, and where there is no such wording there is no quote."
                ),
            ],
        };
        lines.push(self.rest_of(group));
        lines.extend(self.source_of_last_week(report));
        lines
    }

    /// What becomes of the parts that are too small for a row.
    fn rest_of(&self, group: u32) -> String {
        match self.0 {
            Locale::Chinese => format!(
                "按领域、意图、商品、渠道分的表里，少于 {group} 位买家的项合成“其余”一行；合起来仍不到 {group} 位，就把列出的最小一项也并进去。没认出属于哪一项的提问不在表里，所以各行相加可能少于提问总数。"
            ),
            Locale::English => format!(
                "In the tables by domain, intent, product and channel, parts of fewer than {group} buyers are one row of others, with the smallest listed part among them where these have fewer together. Questions that belong to no part are in no row, so that rows may add up to less than all."
            ),
        }
    }

    /// Where the figures of the week before come from; `None` where there are none.
    fn source_of_last_week(&self, report: &WeeklyReport) -> Option<String> {
        (report.previous.questions > 0).then(|| match (self.0, report.previous_revision) {
            (Locale::Chinese, Some(revision)) => {
                format!("总览里上周的数字取自上周周报第 {revision} 版。")
            }
            (Locale::Chinese, None) => {
                "上周没有现成的周报可取，总览里上周的数字按这一版的归类重新统计。".to_owned()
            }
            (Locale::English, Some(revision)) => format!(
                "The totals of last week are those of its report, revision {revision}."
            ),
            (Locale::English, None) => "No report of last week was there to take its totals from: they are counted anew, with the questions of this one."
                .to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::domain::insights::{Cause, Rest};

    #[test]
    fn what_a_table_lacks_is_said() {
        let report = samples::shop();
        let words = Words(Locale::Chinese);
        // All is in it.
        assert_eq!(words.left_out(&report.by_domain, &report), None);
        let mut parts = report.by_domain.clone();
        parts.truncate(2);
        let lacking = words.left_out(&parts, &report).unwrap_or_default();
        assert!(lacking.contains("少于 5 位买家的项不列"), "{lacking}");
        let rest = Rest {
            groups: 2,
            under: Some(5),
        };
        if let Some(part) = parts.last_mut() {
            part.rest = Some(rest);
            assert_eq!(words.part(part), "其余（每项少于 5 位）");
            assert_eq!(
                Words(Locale::English).part(part),
                "Others (under 5 buyers each)"
            );
        }
        let lacking = words.left_out(&parts, &report).unwrap_or_default();
        assert!(!lacking.contains("少于"), "{lacking}");
    }

    #[test]
    fn a_revision_says_why_it_was_made_and_where_last_week_comes_from() {
        let mut report = samples::shop();
        let words = Words(Locale::Chinese);
        report.cause = Some(Cause::Regrouped);
        let state = words.state(&report);
        assert!(
            state.contains("第 2 版") && state.contains("有人要求"),
            "{state}"
        );
        report.cause = Some(Cause::QuestionsChanged);
        assert!(words.state(&report).contains("迟到的消息"));
        let last = |report: &WeeklyReport| words.policy(report).pop().unwrap_or_default();
        assert!(last(&report).contains("重新统计"), "{}", last(&report));
        report.previous_revision = Some(3);
        assert!(last(&report).contains("第 3 版"), "{}", last(&report));
        let empty = samples::nothing();
        assert!(!last(&empty).contains("上周"), "{}", last(&empty));
    }

    #[test]
    fn the_policy_that_nobody_changed_is_the_default() {
        for (version, zh, en) in [
            (0, "默认口径", "the default policy"),
            (2, "第 2 版口径", "version 2 of the policy"),
        ] {
            assert_eq!(Words(Locale::Chinese).policy_version(version), zh);
            assert_eq!(Words(Locale::English).policy_version(version), en);
        }
    }
}
