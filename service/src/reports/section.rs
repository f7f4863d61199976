//! The lists of questions that a report has, and who they are for.

use super::words::Words;
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
                "给主管：知识库里没有已审核的答案，补上一条就能帮到这些买家。",
                "For the supervisor: no approved item answers these yet.",
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

    /// What is said when nothing is in it.
    pub fn empty(self, words: Words) -> &'static str {
        match self {
            Self::Top => words.say("本周没有常见问题。", "No recurring question this week."),
            Self::Rising => words.say("本周没有明显上升的问题。", "Nothing rose this week."),
            Self::New => words.say("本周没有新出现的问题。", "Nothing new this week."),
            Self::Fading => words.say("本周没有明显回落的问题。", "Nothing faded this week."),
            Self::Unanswered => words.say(
                "本周的常见问题都有已审核的答案。",
                "Every recurring question has an approved answer.",
            ),
            Self::PageGaps => words.say(
                "本周没有下单前反复被问到的商品问题。",
                "No recurring question about the goods before ordering.",
            ),
            Self::PackagingAndDelivery => words.say(
                "本周没有关于包装和配送的常见问题。",
                "No recurring question about packaging or delivery.",
            ),
            Self::PromotionConfusion => words.say(
                "本周没有关于价格和活动的常见问题。",
                "No recurring question about prices or promotions.",
            ),
        }
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
