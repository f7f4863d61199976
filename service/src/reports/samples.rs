//! Reports for tests: a shop's week, a week without questions, and one with
//! texts that break files.

use jiff::Timestamp;
use serde_json::json;

use crate::domain::fault::Locale;
use crate::domain::insights::{
    ActionLine, Count, FeedEntry, PolicyNote, QuestionLine, Share, Totals, Trend, WeeklyReport,
};
use crate::domain::shown::Shown;
use crate::domain::week::Week;

/// Texts that break one format or another.
pub const NASTY: [&str; 9] = [
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "能便宜吗]]>&amp;\"'",
    "\u{202e}倒着写\u{202c} שלום",
    "👨\u{200d}👩\u{200d}👧 三口之家用多大的🍚",
    "a\u{0}b\u{1b}c\u{b}d\u{ffff}e",
    "| 竖线 | **粗体** [链接](javascript:alert(1)) `码` <at id=all></at>",
    "第一行\r\n# 第二行\t后",
    "@所有人 +1 -1 \\ ~~划掉~~ 1. 列表",
];

/// What a row of the sample says, in short.
struct Row(
    &'static str,
    &'static str,
    Option<(&'static str, &'static str)>,
    &'static str,
    [u32; 8],
    Trend,
);

const ROWS: [Row; 15] = [
    Row(
        "c-01",
        "今天拍什么时候发货",
        Some(("warehouse.ship_time", "发货时间")),
        "warehouse",
        [61, 58, 64, 70, 66, 73, 88, 121],
        Trend::Rising,
    ),
    Row(
        "c-02",
        "双十一买的降价了能补差价吗",
        Some(("process.price_protection", "价保差价")),
        "process",
        [0, 0, 2, 3, 4, 9, 31, 97],
        Trend::Rising,
    ),
    Row(
        "c-03",
        "电饭煲两个人用买多大合适",
        Some(("product.size", "尺码型号选择")),
        "product",
        [40, 44, 39, 47, 51, 48, 55, 58],
        Trend::Steady,
    ),
    Row(
        "c-04",
        "K2 能不能一直保温",
        Some(("product.usage", "功能与使用方法")),
        "product",
        [33, 30, 35, 31, 36, 38, 41, 44],
        Trend::Steady,
    ),
    Row(
        "c-05",
        "满减和优惠券可以一起用吗",
        Some(("process.promotion", "活动优惠券")),
        "process",
        [5, 4, 6, 8, 22, 40, 63, 41],
        Trend::Fading,
    ),
    Row(
        "c-06",
        "外箱压坏了里面会不会摔坏",
        Some(("warehouse.packaging", "包装")),
        "warehouse",
        [9, 8, 11, 10, 12, 9, 14, 33],
        Trend::Rising,
    ),
    Row(
        "c-07",
        "内胆涂层会不会掉",
        Some(("product.quality", "质量")),
        "product",
        [21, 25, 22, 28, 26, 30, 27, 29],
        Trend::Steady,
    ),
    Row(
        "c-08",
        "能开专票吗",
        Some(("process.invoice", "发票")),
        "process",
        [18, 20, 17, 22, 19, 24, 23, 25],
        Trend::Steady,
    ),
    Row(
        "c-09",
        "为什么放驿站不送上门",
        Some(("warehouse.courier", "快递选择")),
        "warehouse",
        [14, 12, 16, 15, 13, 18, 20, 22],
        Trend::Steady,
    ),
    Row(
        "c-10",
        "空气炸锅能放锡纸碗吗",
        Some(("product.usage", "功能与使用方法")),
        "product",
        [0, 0, 0, 0, 0, 0, 0, 19],
        Trend::New,
    ),
    Row(
        "c-11",
        "四件套洗了缩水吗",
        Some(("product.quality", "质量")),
        "product",
        [11, 13, 12, 10, 14, 12, 15, 16],
        Trend::Steady,
    ),
    Row(
        "c-12",
        "赠品怎么没有一起发",
        Some(("warehouse.missing_wrong", "少发错发")),
        "warehouse",
        [3, 2, 4, 3, 5, 4, 6, 13],
        Trend::Rising,
    ),
    Row(
        "c-13",
        "新疆能发吗要加运费不",
        Some(("warehouse.delivery_scope", "配送范围运费")),
        "warehouse",
        [8, 9, 7, 10, 9, 8, 11, 12],
        Trend::Steady,
    ),
    Row(
        "c-14",
        "预售尾款什么时候付",
        Some(("process.payment", "支付分期")),
        "process",
        [0, 0, 0, 12, 44, 69, 58, 6],
        Trend::Fading,
    ),
    Row(
        "c-15",
        "破壁机晚上用吵不吵",
        None,
        "product",
        [6, 7, 5, 8, 6, 7, 9, 5],
        Trend::Steady,
    ),
];

fn question(row: &Row) -> QuestionLine {
    let Row(cluster, label, intent, domain, weeks, trend) = row;
    let [.., previous_buyers, buyers] = *weeks;
    let product = match *domain {
        "product" => vec![
            ("cooker-r5-pro", "IH 电饭煲 R5-Pro", buyers / 2 + 1),
            ("kettle-k2", "恒温电水壶 K2", buyers / 5),
        ],
        _ => vec![("kettle-k2", "恒温电水壶 K2", buyers / 3)],
    };
    let words = match *cluster {
        "c-02" => vec![
            "我 11 号买的今天便宜了 60 能退吗",
            "才买三天就降价 补差怎么申请",
        ],
        "c-06" => vec!["箱子角都瘪了 里面有泡沫吗", "快递盒破了个洞 锅会不会磕到"],
        "c-10" => vec!["锡纸碗可以直接放进去烤吗", "放锡纸会不会打火"],
        "c-03" => vec!["两口人 3 升够不够"],
        _ => Vec::new(),
    };
    QuestionLine {
        cluster: (*cluster).to_owned(),
        label: (*label).to_owned(),
        key_phrases: vec!["发货".to_owned(), "补差".to_owned()],
        intent: intent.map(|(id, _)| id.to_owned()),
        intent_label: intent.map(|(_, label)| label.to_owned()),
        domain: Some((*domain).to_owned()),
        products: product
            .into_iter()
            .filter(|(_, _, buyers)| *buyers > 0)
            .map(|(id, label, buyers)| Count {
                id: id.to_owned(),
                label: label.to_owned(),
                buyers,
            })
            .collect(),
        questions: (buyers + buyers / 3).into(),
        buyers: buyers.into(),
        previous_buyers: previous_buyers.into(),
        trend: Some(*trend),
        p_value: (*trend != Trend::New).then(|| {
            if *trend == Trend::Steady {
                0.31
            } else {
                0.0004
            }
        }),
        buyers_by_week: weeks.map(Shown::Exactly).to_vec(),
        answered_share: 0.9 - f64::from(buyers % 7) / 20.0,
        acceptance: (buyers > 20).then_some(0.62),
        urgent_share: if *domain == "warehouse" { 0.35 } else { 0.04 },
        answered_by: (!matches!(*cluster, "c-02" | "c-06" | "c-10" | "c-15"))
            .then(|| format!("hemu-{cluster}")),
        proposals: u32::from(*cluster == "c-06"),
        words: words.into_iter().map(str::to_owned).collect(),
    }
}

fn share(id: &str, label: &str, now: [u32; 3]) -> Share {
    let [questions, buyers, previous_questions] = now;
    Share {
        id: id.to_owned(),
        label: label.to_owned(),
        questions,
        buyers,
        previous_questions: previous_questions.into(),
        rest: None,
    }
}

/// A shop's week after a big promotion.
pub fn shop() -> WeeklyReport {
    let lines: Vec<QuestionLine> = ROWS.iter().map(question).collect();
    let only = |keep: &dyn Fn(&QuestionLine) -> bool| -> Vec<QuestionLine> {
        lines.iter().filter(|line| keep(line)).cloned().collect()
    };
    let intent_is = |line: &QuestionLine, ids: &[&str]| {
        line.intent.as_deref().is_some_and(|id| ids.contains(&id))
    };
    WeeklyReport {
        totals: Totals {
            questions: 1_284,
            buyers: 612,
            conversations: 655,
            answered: 1_130,
            recurring: 1_118,
            covered: 790,
            suggestions: 1_201,
            abstained: 173,
            displayed: 2_410,
            used: 611,
            median_reply_seconds: Some(47),
        },
        previous: Totals {
            questions: 1_091,
            buyers: 540,
            conversations: 561,
            answered: 1_004,
            recurring: 958,
            covered: 741,
            suggestions: 1_010,
            abstained: 122,
            displayed: 2_020,
            used: 498,
            median_reply_seconds: Some(38),
        },
        by_day: vec![248, 201, 176, 170, 162, 181, 146],
        by_domain: vec![
            share("warehouse", "仓配", [470, 231, 350]),
            share("product", "商品", [431, 240, 418]),
            share("process", "流程", [339, 188, 290]),
            share("other", "其他", [44, 41, 33]),
        ],
        by_intent: vec![
            share("warehouse.ship_time", "发货时间", [181, 121, 128]),
            share("process.price_protection", "价保差价", [140, 97, 41]),
            share("product.usage", "功能与使用方法", [118, 80, 102]),
            share("product.size", "尺码型号选择", [96, 58, 90]),
            share("warehouse.packaging", "包装", [52, 33, 20]),
            share("process.promotion", "活动优惠券", [51, 41, 88]),
        ],
        by_product: vec![
            share("cooker-r5-pro", "IH 电饭煲 R5-Pro", [311, 160, 290]),
            share("kettle-k2", "恒温电水壶 K2", [264, 131, 250]),
            share("airfryer-a6", "可视空气炸锅 A6", [142, 77, 0]),
            share("bedding-cotton-60", "60 支长绒棉四件套", [88, 51, 91]),
        ],
        by_channel: vec![
            share("tmall", "天猫", [702, 330, 610]),
            share("jd", "京东", [301, 150, 270]),
            share("douyin", "抖音", [281, 140, 211]),
        ],
        rising: only(&|line| line.trend == Some(Trend::Rising)),
        new: only(&|line| line.trend == Some(Trend::New)),
        fading: only(&|line| line.trend == Some(Trend::Fading)),
        unanswered: only(&|line| line.answered_by.is_none()),
        page_gaps: only(&|line| line.domain.as_deref() == Some("product")),
        packaging_and_delivery: only(&|line| line.domain.as_deref() == Some("warehouse")),
        promotion_confusion: only(&|line| {
            intent_is(line, &["process.promotion", "process.price_protection"])
        }),
        top: lines,
        actions: vec![
            ActionLine {
                id: "a-1".to_owned(),
                kind: "page".to_owned(),
                note: "详情页首屏加上“2–3 人选 3 升”的对照表".to_owned(),
                on: jiff::civil::date(2026, 11, 12),
                cluster: "c-03".to_owned(),
                label: "电饭煲两个人用买多大合适".to_owned(),
                buyers_before: Shown::Exactly(71),
                buyers_now: Shown::Exactly(58),
            },
            ActionLine {
                id: "a-2".to_owned(),
                kind: "packaging".to_owned(),
                note: "铸铁锅换成五层瓦楞外箱".to_owned(),
                on: jiff::civil::date(2026, 11, 18),
                cluster: "c-06".to_owned(),
                label: "外箱压坏了里面会不会摔坏".to_owned(),
                buyers_before: Shown::Exactly(14),
                buyers_now: Shown::Exactly(33),
            },
        ],
        ..nothing()
    }
}

/// A week without questions.
pub fn nothing() -> WeeklyReport {
    let week = Week::parse("2026-W47").expect("valid");
    WeeklyReport {
        shop: "hemu".to_owned(),
        shop_name: "禾木生活".to_owned(),
        locale: Locale::Chinese,
        week,
        from: week.monday(),
        until: week.sunday(),
        time_zone: "Asia/Shanghai".to_owned(),
        revision: 2,
        cause: None,
        has_ended: true,
        made_at: time("2026-11-22T18:05:00Z"),
        policy: PolicyNote {
            version: 1,
            session_gap_minutes: 30,
            burst_gap_seconds: 90,
            counts_automatic_replies: false,
            smallest_group: 5,
            false_discovery_rate: 0.1,
        },
        totals: Totals::default(),
        previous: Totals::default(),
        previous_revision: None,
        coverage_note: None,
        by_day: vec![0; 7],
        by_domain: Vec::new(),
        by_intent: Vec::new(),
        by_product: Vec::new(),
        by_channel: Vec::new(),
        top: Vec::new(),
        rising: Vec::new(),
        new: Vec::new(),
        fading: Vec::new(),
        unanswered: Vec::new(),
        page_gaps: Vec::new(),
        packaging_and_delivery: Vec::new(),
        promotion_confusion: Vec::new(),
        actions: Vec::new(),
    }
}

/// The sample with a text of [`NASTY`] wherever a text can be.
pub fn nasty() -> WeeklyReport {
    let mut report = shop();
    let mut texts = NASTY.iter().cycle().map(|text| (*text).to_owned());
    let mut next = || texts.next().unwrap_or_default();
    report.shop_name = NASTY[0].to_owned();
    for line in report.top.iter_mut().chain(&mut report.unanswered) {
        line.label = next();
        line.words = vec![next(), next()];
        line.key_phrases = vec![next()];
        line.intent_label = Some(next());
        line.domain = Some(next());
        line.answered_by = Some(next());
        line.products
            .iter_mut()
            .for_each(|product| product.label = next());
    }
    for share in report.by_product.iter_mut().chain(&mut report.by_channel) {
        share.label = next();
        share.id = next();
    }
    for action in &mut report.actions {
        action.note = next();
        action.kind = next();
        action.label = next();
    }
    report
}

/// Entries of a feed, the second with texts of [`NASTY`].
pub fn entries() -> Vec<FeedEntry> {
    vec![
        FeedEntry {
            id: "2026-W47/page-gaps/c-03".to_owned(),
            title: "58 位买家下单前问“电饭煲两个人用买多大合适”".to_owned(),
            text: "多数问的是 IH 电饭煲 R5-Pro（30 位买家）。\n上周 55 位，变化不大。\n原话：两口人 3 升够不够".to_owned(),
            tags: vec!["page-gaps".to_owned(), "product".to_owned()],
            published_at: time("2026-11-18T02:00:00Z"),
            updated_at: time("2026-11-22T18:05:00Z"),
            data: json!({ "cluster": "c-03", "buyers": 58, "previous_buyers": 55 }),
        },
        FeedEntry {
            id: "2026-W47/new/坏 <id>&\"#?".to_owned(),
            title: format!("{}{}", NASTY[0], NASTY[5]),
            text: NASTY.join("\n"),
            tags: vec![NASTY[2].to_owned(), "\u{0}".to_owned()],
            published_at: time("2026-11-20T02:00:00.123456Z"),
            updated_at: time("2026-11-20T02:00:00.123456Z"),
            data: json!({ "label": NASTY[0] }),
        },
    ]
}

/// A time as RFC 3339 writes it.
pub fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}
