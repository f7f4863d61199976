//! Words that say what the number or the name after them is.

use super::view::{BARRIER, View};

/// What a cue announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    Phone,
    Order,
    Tracking,
    Card,
    Identity,
    Qq,
    Wechat,
    /// The word is there, but it announces a fact about a product.
    Product,
}

/// A cue in front of a position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cue {
    pub(super) topic: Topic,
    /// Whether the cue can only mean that the value follows: `微信号:` but not `微信`.
    pub(super) explicit: bool,
}

/// Longest distance between a cue and its value, in characters.
const LONGEST_GAP: usize = 14;

/// Fillers between cue and value, the longer ones first.
const FILLERS: &[&str] = &[
    "号码是",
    "号码",
    "账号",
    "帐号",
    "编号",
    "number",
    "改成",
    "改为",
    "换成",
    "就是",
    "is",
    "id",
    "no",
    "at",
    "号",
    "码",
    "是",
    "为",
    "我",
    "的",
    ":",
    "=",
    "#",
    ".",
    "(",
    "-",
];

/// Cue words; where two end alike the longer one comes first.
const WORDS: &[(&str, Topic)] = &[
    ("快递单", Topic::Tracking),
    ("运单", Topic::Tracking),
    ("物流单", Topic::Tracking),
    ("面单", Topic::Tracking),
    ("快递", Topic::Tracking),
    ("物流", Topic::Tracking),
    ("tracking", Topic::Tracking),
    ("服务单", Topic::Order),
    ("订单", Topic::Order),
    ("退款单", Topic::Order),
    ("单", Topic::Order),
    ("order", Topic::Order),
    ("身份证", Topic::Identity),
    ("身份", Topic::Identity),
    ("证件", Topic::Identity),
    ("passport", Topic::Identity),
    ("银行卡", Topic::Card),
    ("储蓄卡", Topic::Card),
    ("信用卡", Topic::Card),
    ("借记卡", Topic::Card),
    ("卡", Topic::Card),
    ("card", Topic::Card),
    ("电话", Topic::Phone),
    ("手机", Topic::Phone),
    ("座机", Topic::Phone),
    ("固话", Topic::Phone),
    ("联系方式", Topic::Phone),
    ("phone", Topic::Phone),
    ("mobile", Topic::Phone),
    ("cell", Topic::Phone),
    ("tel", Topic::Phone),
    ("call me", Topic::Phone),
    ("text me", Topic::Phone),
    ("reach me", Topic::Phone),
    ("whatsapp", Topic::Phone),
    ("qq群", Topic::Qq),
    ("扣扣群", Topic::Qq),
    ("qq", Topic::Qq),
    ("扣扣", Topic::Qq),
    ("球球", Topic::Qq),
    ("企鹅", Topic::Qq),
    ("加q", Topic::Qq),
    ("群", Topic::Qq),
    ("微信", Topic::Wechat),
    ("薇信", Topic::Wechat),
    ("威信", Topic::Wechat),
    ("徽信", Topic::Wechat),
    ("微 信", Topic::Wechat),
    ("v信", Topic::Wechat),
    ("微x", Topic::Wechat),
    ("wechat", Topic::Wechat),
    ("weixin", Topic::Wechat),
    ("vx", Topic::Wechat),
    ("wx", Topic::Wechat),
    ("加v", Topic::Wechat),
    ("我v", Topic::Wechat),
    ("条码", Topic::Product),
    ("条形码", Topic::Product),
    ("型号", Topic::Product),
    ("货号", Topic::Product),
    ("款号", Topic::Product),
    ("商品编号", Topic::Product),
    ("商品id", Topic::Product),
    ("sku", Topic::Product),
    ("barcode", Topic::Product),
];

/// Words that mean the thing itself as often as they announce a value: they need a
/// filler such as `号` or `:` behind them.
const VAGUE: &[&str] = &[
    "订单",
    "单",
    "卡",
    "群",
    "微信",
    "wechat",
    "快递",
    "物流",
    "身份",
    "条码",
    "条形码",
    "型号",
    "货号",
    "款号",
];

/// The cue whose value would start at `at`.
pub(super) fn before(view: &View, at: usize) -> Option<Cue> {
    let mut end = at;
    let mut fillers = 0_usize;
    while at - end <= LONGEST_GAP {
        if let Some(found) = word_before(view, end) {
            let (word, topic) = found;
            let explicit = fillers > 0 || !VAGUE.contains(&word);
            return Some(Cue { topic, explicit });
        }
        if view.before(end) == ' ' {
            end -= 1;
            continue;
        }
        end = FILLERS
            .iter()
            .find_map(|filler| view.word_start(end, filler))?;
        fillers += 1;
    }
    None
}

/// Whether an order or a parcel is spoken of close around `range`.
pub(super) fn order_nearby(view: &View, range: &std::ops::Range<usize>) -> bool {
    const REACH: usize = 12;
    const MARKS: &[&str] = &[
        "单", "快递", "物流", "包裹", "签收", "韵达", "圆通", "中通", "申通", "顺丰", "邮政",
        "order", "parcel", "tracking",
    ];
    let mark = |at: usize| view.first_word(at, MARKS).is_some();
    let reaches = |at: &usize| view.at(*at) != BARRIER;
    let mut before = (range.start.saturating_sub(REACH)..range.start)
        .rev()
        .take_while(reaches);
    let mut behind = (range.end..range.end + REACH).take_while(reaches);
    before.any(mark) || behind.any(mark)
}

fn word_before(view: &View, end: usize) -> Option<(&'static str, Topic)> {
    let last = view.before(end).to_ascii_lowercase();
    WORDS.iter().copied().find(|(word, _)| {
        word.ends_with(last)
            && view.word_start(end, word).is_some_and(|start| {
                let latin = word.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
                !(latin && view.before(start).is_ascii_alphabetic())
            })
    })
}
