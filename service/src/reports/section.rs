//! The lists of questions that a report has, and who they are for.

use super::words::Words;
use crate::domain::fault::Locale;
use crate::domain::insights::{QuestionLine, WeeklyReport};

/// A list of questions in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// By buyers, most first.
    Top,
    /// Asked significantly more.
    Rising,
    /// Never asked before.
    New,
    /// Asked significantly less.
    Fading,
    /// Without an approved answer.
    Unanswered,
    /// What the detail page could have said.
    PageGaps,
    /// Packaging, delivery and what arrived.
    PackagingAndDelivery,
    /// Prices and promotions that confuse.
    PromotionConfusion,
}

impl Section {
    /// In the order of reading.
    pub const ALL: [Self; 8] = [
        Self::Top,
        Self::Rising,
        Self::New,
        Self::Fading,
        Self::Unanswered,
        Self::PageGaps,
        Self::PackagingAndDelivery,
        Self::PromotionConfusion,
    ];

    /// The stable id: `page-gaps`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Top => "top",
            Self::Rising => "rising",
            Self::New => "new",
            Self::Fading => "fading",
            Self::Unanswered => "unanswered",
            Self::PageGaps => "page-gaps",
            Self::PackagingAndDelivery => "packaging-and-delivery",
            Self::PromotionConfusion => "promotion-confusion",
        }
    }

    /// What it is called.
    pub fn title(self, words: Words) -> &'static str {
        match self {
            Self::Top => words.say("问得最多", "Most asked"),
            Self::Rising => words.say("明显上升", "Rising"),
            Self::New => words.say("新出现", "New"),
            Self::Fading => words.say("明显回落", "Fading"),
            Self::Unanswered => words.say("还没有答案", "Without an answer"),
            Self::PageGaps => words.say("详情页没说清", "Gaps of the detail page"),
            Self::PackagingAndDelivery => words.say("包装与配送", "Packaging and delivery"),
            Self::PromotionConfusion => words.say("活动看不懂", "Confusing promotions"),
        }
    }

    /// What it is good for, in one sentence.
    pub fn purpose(self, words: Words) -> &'static str {
        match self {
            Self::Top => words.say(
                "按提问买家数排列，看大家最关心什么。",
                "By buyers who asked: what they care about most.",
            ),
            Self::Rising => words.say(
                "问的买家比上周多，且不是偶然。",
                "More buyers than last week, by more than chance.",
            ),
            Self::New => words.say("本周第一次有人问。", "Asked for the first time this week."),
            Self::Fading => words.say(
                "问的买家比上周少，且不是偶然。",
                "Fewer buyers than last week, by more than chance.",
            ),
            Self::Unanswered => words.say(
                "给主管：这一周里，知识库还没有已审核的答案；补上一条就能帮到这些买家。",
                "For the supervisor: no approved item answered these in that week.",
            ),
            Self::PageGaps => words.say(
                "给美工：买家下单前还在问，详情页上写明就不用问了。",
                "For the designer: asked before ordering; the page could have said it.",
            ),
            Self::PackagingAndDelivery => words.say(
                "给仓库：包装、发货、快递和到货情况。",
                "For the warehouse: packaging, shipping, couriers and what arrived.",
            ),
            Self::PromotionConfusion => words.say(
                "给运营：价格、优惠券和活动规则哪里让人糊涂。",
                "For operations: where prices, coupons and promotion rules confuse.",
            ),
        }
    }

    /// What is said when nothing is in it: that no question of so many buyers is,
    /// for smaller ones are in no section and in the totals all the same.
    pub fn empty(self, report: &WeeklyReport, words: Words) -> String {
        let group = report.policy.smallest_group;
        match words.0 {
            Locale::Chinese => self.empty_in_chinese(group, !report.top.is_empty()),
            Locale::English => self.empty_in_english(group, !report.top.is_empty()),
        }
    }

    fn empty_in_chinese(self, group: u32, has_questions: bool) -> String {
        let about = match self {
            Self::Rising => return "本周没有明显上升的问题。".to_owned(),
            Self::Fading => return "本周没有明显回落的问题。".to_owned(),
            Self::Unanswered if has_questions => {
                return format!("本周 {group} 位以上买家问的常见问题都有已审核的答案。");
            }
            Self::New => "新问题",
            Self::Top | Self::Unanswered => "常见问题",
            Self::PageGaps => "下单前的商品问题",
            Self::PackagingAndDelivery => "包装、配送问题",
            Self::PromotionConfusion => "价格、活动问题",
        };
        format!("本周没有 {group} 位以上买家问的{about}。")
    }

    fn empty_in_english(self, group: u32, has_questions: bool) -> String {
        let about = match self {
            Self::Rising => return "Nothing rose this week.".to_owned(),
            Self::Fading => return "Nothing faded this week.".to_owned(),
            Self::Unanswered if has_questions => {
                return format!(
                    "Every question that {group} buyers or more asked this week has an approved answer."
                );
            }
            Self::New => "new question",
            Self::Top | Self::Unanswered => "question",
            Self::PageGaps => "question about the goods before ordering",
            Self::PackagingAndDelivery => "question about packaging or delivery",
            Self::PromotionConfusion => "question about prices or promotions",
        };
        format!("No {about} was asked by {group} buyers or more this week.")
    }

    /// Its questions.
    pub fn lines(self, report: &WeeklyReport) -> &[QuestionLine] {
        match self {
            Self::Top => &report.top,
            Self::Rising => &report.rising,
            Self::New => &report.new,
            Self::Fading => &report.fading,
            Self::Unanswered => &report.unanswered,
            Self::PageGaps => &report.page_gaps,
            Self::PackagingAndDelivery => &report.packaging_and_delivery,
            Self::PromotionConfusion => &report.promotion_confusion,
        }
    }
}

/// Every question of a report once, with the sections that it stands in; by
/// buyers, most first.
pub fn questions(report: &WeeklyReport) -> Vec<(&QuestionLine, Vec<Section>)> {
    let mut found: Vec<(&QuestionLine, Vec<Section>)> = Vec::new();
    for section in Section::ALL {
        for line in section.lines(report) {
            match found
                .iter_mut()
                .find(|(held, _)| held.cluster == line.cluster)
            {
                Some((_, sections)) => sections.push(section),
                None => found.push((line, vec![section])),
            }
        }
    }
    found.sort_by_key(|(line, _)| std::cmp::Reverse(line.buyers.at_least()));
    found
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn of_a_small_week_nothing_is_said_that_its_totals_deny() {
        let mut report = samples::shop();
        report.unanswered.clear();
        let empty = |section: Section, report: &WeeklyReport| {
            [Locale::Chinese, Locale::English].map(|locale| section.empty(report, Words(locale)))
        };
        let [chinese, english] = empty(Section::Unanswered, &report);
        assert_eq!(chinese, "本周 5 位以上买家问的常见问题都有已审核的答案。");
        assert_eq!(
            english,
            "Every question that 5 buyers or more asked this week has an approved answer."
        );
        report.top.clear();
        for section in [Section::Top, Section::Unanswered] {
            let [chinese, english] = empty(section, &report);
            assert_eq!(chinese, "本周没有 5 位以上买家问的常见问题。");
            assert_eq!(
                english,
                "No question was asked by 5 buyers or more this week."
            );
        }
        report.policy.smallest_group = 8;
        let [chinese, _] = empty(Section::PackagingAndDelivery, &report);
        assert_eq!(chinese, "本周没有 8 位以上买家问的包装、配送问题。");
    }
}
