//! What feeds claim of a question, in a sentence.

use crate::domain::fault::Locale;
use crate::domain::insights::QuestionLine;

/// What is claimed of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// It is asked more.
    Rising,
    /// It was not asked before.
    New,
    /// A price or promotion confuses.
    Promotion,
    /// No item answers it.
    Unanswered,
    /// The detail page could have said it.
    Page,
    /// It is about packaging, delivery or what arrived.
    Warehouse,
}

impl Claim {
    /// Its stable name: `rising`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Rising => "rising",
            Self::New => "new",
            Self::Promotion => "promotion",
            Self::Unanswered => "unanswered",
            Self::Page => "page",
            Self::Warehouse => "warehouse",
        }
    }

    /// The claim in one sentence, in the language of the shop.
    pub fn say(self, line: &QuestionLine, locale: Locale) -> String {
        let QuestionLine { label, buyers, .. } = line;
        let before = line.previous_buyers.in_words(locale);
        match (self, locale) {
            (Self::Rising, Locale::Chinese) => {
                format!("“{label}”问的人变多：{buyers} 位买家，上周 {before} 位")
            }
            (Self::Rising, Locale::English) => {
                format!("“{label}” is asked more: {buyers} buyers, {before} the week before")
            }
            (Self::New, Locale::Chinese) => format!("新问题“{label}”：{buyers} 位买家在问"),
            (Self::New, Locale::English) => format!("New: “{label}”, asked by {buyers} buyers"),
            (Self::Promotion, Locale::Chinese) => {
                format!("价格与活动让人疑惑：{buyers} 位买家问“{label}”")
            }
            (Self::Promotion, Locale::English) => {
                format!("Prices or promotions confuse: {buyers} buyers asked “{label}”")
            }
            (Self::Unanswered, Locale::Chinese) => {
                format!("“{label}”还没有标准答案：{buyers} 位买家在问")
            }
            (Self::Unanswered, Locale::English) => {
                format!("No answer yet for “{label}”, asked by {buyers} buyers")
            }
            (Self::Page, Locale::Chinese) => {
                format!("{buyers} 位买家下单前问“{label}”，详情页可以写清楚")
            }
            (Self::Page, Locale::English) => {
                format!("{buyers} buyers asked “{label}” before ordering: the page could say it")
            }
            (Self::Warehouse, Locale::Chinese) => {
                let about = handling(line.intent.as_deref(), locale);
                format!("{buyers} 位买家{about}：“{label}”")
            }
            (Self::Warehouse, Locale::English) => {
                let about = handling(line.intent.as_deref(), locale);
                format!("{buyers} buyers {about}: “{label}”")
            }
        }
    }
}

/// What buyers do who ask with an intent of the warehouse's; of an intent that
/// the shop added, no more than that it is the warehouse's.
fn handling(intent: Option<&str>, locale: Locale) -> &'static str {
    let (chinese, english) = match intent.unwrap_or("") {
        "warehouse.ship_time" => ("来问什么时候发货", "asked when it ships"),
        "warehouse.ship_urge" => ("来催发货", "urged shipment"),
        "warehouse.tracking" => ("来问物流到哪了", "asked where their parcel is"),
        "warehouse.delivery_delay" => ("说派送慢了", "said that delivery is late"),
        "warehouse.delivery_slot" => (
            "来问预约配送或自提",
            "asked about appointments or pick-up points",
        ),
        "warehouse.courier" => ("来问发什么快递", "asked which courier it is"),
        "warehouse.delivery_scope" => (
            "来问配送范围或运费",
            "asked about the delivery area or shipping fee",
        ),
        "warehouse.not_received" => (
            "说显示签收却没收到",
            "did not get what is marked as delivered",
        ),
        "warehouse.damaged" => ("说收到时破损", "said that it arrived damaged"),
        "warehouse.missing_wrong" => ("说少发或错发", "said that an item is missing or wrong"),
        "warehouse.packaging" => ("来问包装", "asked about packaging"),
        "warehouse.return_pickup" => (
            "来问退换怎么取件或寄回",
            "asked about picking up or sending back a return",
        ),
        _ => ("来问仓配", "asked the warehouse's questions"),
    };
    match locale {
        Locale::Chinese => chinese,
        Locale::English => english,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use zhiwen_models::privacy::Masked;

    use super::*;
    use crate::domain::ids::ClusterId;
    use crate::domain::listening::Cluster;
    use crate::domain::taxonomy::Intent;

    #[test]
    fn a_claim_of_the_warehouse_says_what_the_question_is_about() {
        let cluster = Cluster {
            id: ClusterId::make(),
            label: Masked::from_stored("礼盒 · 包装 · 送礼".to_owned()),
            name: None,
            key_phrases: Vec::new(),
            is_muted: false,
            is_pinned: false,
            answered_by: None,
            created_at: Timestamp::UNIX_EPOCH,
            retired_at: None,
        };
        let line = |intent: &str| QuestionLine {
            intent: Some(intent.to_owned()),
            buyers: 7.into(),
            ..QuestionLine::quiet(&cluster)
        };
        for (intent, chinese, english) in [
            (
                "warehouse.packaging",
                "7 位买家来问包装：“礼盒 · 包装 · 送礼”",
                "7 buyers asked about packaging: “礼盒 · 包装 · 送礼”",
            ),
            (
                "warehouse.damaged",
                "7 位买家说收到时破损：“礼盒 · 包装 · 送礼”",
                "7 buyers said that it arrived damaged: “礼盒 · 包装 · 送礼”",
            ),
            (
                "warehouse.shop_gloves",
                "7 位买家来问仓配：“礼盒 · 包装 · 送礼”",
                "7 buyers asked the warehouse's questions: “礼盒 · 包装 · 送礼”",
            ),
        ] {
            let said = |locale| Claim::Warehouse.say(&line(intent), locale);
            assert_eq!(said(Locale::Chinese), chinese);
            assert_eq!(said(Locale::English), english);
        }
        let of_others = handling(None, Locale::Chinese);
        let intents = Intent::built_in().map(|(_, intent)| intent.id.as_str());
        for id in intents.filter(|id| id.starts_with("warehouse.")) {
            assert_ne!(handling(Some(id), Locale::Chinese), of_others, "{id}");
        }
    }
}
