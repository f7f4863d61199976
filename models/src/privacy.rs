//! Masking of personal data: text in, text with typed placeholders out.
//!
//! [`mask`] comes before anything is stored, indexed, logged or sent. It is a scanner
//! over characters, linear in the length of the text, without any model. What the
//! platforms have masked already (`[订单x]`, `[ORDERID_10005629]`) stays as it is.
//!
//! Left readable on purpose: service numbers (400, 800, 12315), article numbers,
//! numbers in links, prices, dates, and places no finer than a district or a town.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

mod address;
mod checks;
mod cues;
mod english;
mod groups;
mod handles;
mod latin;
mod names;
mod numbers;
mod places;
mod view;

use view::{BARRIER, View, any_digit};

/// Text in which personal data has been replaced by typed placeholders. Made by
/// [`mask`], or by [`Masked::from_stored`] from what was masked before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Masked(String);

impl Masked {
    /// Takes back a text that a store holds. Contract: `text` came out of
    /// [`Masked::as_str`] before; it is not looked at again.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text with its placeholders.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text with its placeholders, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl AsRef<str> for Masked {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One piece of personal data in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// Where it is, in bytes of the original.
    pub range: Range<usize>,
}

/// Kinds of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Mobile or landline number, with its extension.
    Phone,
    /// Resident's identity card.
    IdCard,
    /// Payment card.
    BankCard,
    /// E-mail address.
    Email,
    /// WeChat id.
    Wechat,
    /// QQ number, a person's or a group's.
    Qq,
    /// Postal address from its widest part to its finest.
    Address,
    /// Name of a person.
    Name,
    /// Order number, and any other number of sixteen digits or more.
    Order,
    /// Carrier's tracking number, and any other number of twelve to fifteen digits.
    Tracking,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Phone,
        Self::IdCard,
        Self::BankCard,
        Self::Email,
        Self::Wechat,
        Self::Qq,
        Self::Address,
        Self::Name,
        Self::Order,
        Self::Tracking,
    ];

    /// What stands in a masked text instead.
    pub fn placeholder(self) -> &'static str {
        match self {
            Self::Phone => "[电话]",
            Self::IdCard => "[身份证]",
            Self::BankCard => "[银行卡]",
            Self::Email => "[邮箱]",
            Self::Wechat => "[微信]",
            Self::Qq => "[QQ]",
            Self::Address => "[地址]",
            Self::Name => "[姓名]",
            Self::Order => "[订单号]",
            Self::Tracking => "[单号]",
        }
    }

    /// The placeholder without its brackets.
    fn label(self) -> &'static str {
        self.placeholder().trim_matches(['[', ']'])
    }
}

/// Replaces personal data by placeholders and leaves every other byte as it is.
/// Masking a masked text changes nothing.
pub fn mask(text: &str) -> Masked {
    let mut masked = String::with_capacity(text.len());
    let mut copied = 0;
    for finding in find(text) {
        masked.push_str(&text[copied..finding.range.start]);
        masked.push_str(finding.kind.placeholder());
        copied = finding.range.end;
    }
    masked.push_str(&text[copied..]);
    Masked(masked)
}

/// Whether `text` may be a person's name in Chinese, and nothing else: most
/// surnames begin everyday words ("解锁", "包税") as well and do not count.
pub(crate) fn may_be_name(text: &str) -> bool {
    let view = View::new(text);
    names::certain_name_end(&view, 0) == Some(view.len())
}

/// Finds personal data: in order, without overlaps.
pub fn find(text: &str) -> Vec<Finding> {
    let mut view = View::new(text);
    let mut findings = Vec::new();
    for _ in 0..MOST_ROUNDS {
        let hits = scan(&mut view);
        if hits.is_empty() {
            break;
        }
        findings.extend(hits.into_iter().map(|hit| Finding {
            kind: hit.kind,
            range: view.bytes(&hit.range),
        }));
    }
    findings.sort_unstable_by_key(|finding| finding.range.start);
    findings
}

/// A find can uncover another, as a placeholder ends what stands before it; scanning
/// again until nothing comes up is what makes masking idempotent. Two rounds are usual.
const MOST_ROUNDS: usize = 8;

/// A match, in characters of the view.
#[derive(Debug)]
struct Hit {
    kind: Kind,
    range: Range<usize>,
}

impl Hit {
    fn new(kind: Kind, range: Range<usize>) -> Self {
        Self { kind, range }
    }
}

/// What a matcher says about a position.
enum Step {
    Found(Hit),
    /// Nothing before this position.
    Past(usize),
}

fn scan(view: &mut View) -> Vec<Hit> {
    let mut hits = Vec::new();
    for at in 0..view.len() {
        if matches!(view.at(at), '@' | '(' | '艾')
            && let Some(hit) = handles::email(view, at)
        {
            view.cover(hit.range.clone());
            hits.push(hit);
        }
    }
    let mut at = 0;
    let mut addresses = address::Scanner::default();
    while at < view.len() {
        match step(view, at, &mut addresses) {
            Step::Found(hit) => {
                view.cover(hit.range.clone());
                at = hit.range.end;
                hits.extend(neighbours(view, &hit));
                hits.push(hit);
            }
            Step::Past(next) => at = next.max(at + 1),
        }
    }
    hits
}

fn step(view: &View, at: usize, addresses: &mut address::Scanner) -> Step {
    let c = view.at(at);
    if c == BARRIER {
        return Step::Past(at + 1);
    }
    if handles::is_word_start(view, at) {
        match handles::step(view, at) {
            Step::Past(end) if end <= at => {}
            done => return done,
        }
        if let Some(hit) = english::find_at(view, at) {
            return Step::Found(hit);
        }
    }
    if let Some(hit) = names::find_at(view, at) {
        return Step::Found(hit);
    }
    if let Some(hit) = addresses.find_at(view, at) {
        return Step::Found(hit);
    }
    if matches!(c, '+' | '(') || any_digit(c).is_some() {
        return numbers::step(view, at);
    }
    Step::Past(at + 1)
}

/// Names that stand beside a phone number, as in a pasted delivery address.
fn neighbours(view: &mut View, hit: &Hit) -> Vec<Hit> {
    if hit.kind != Kind::Phone {
        return Vec::new();
    }
    let found = names::beside(view, &hit.range);
    for name in &found {
        view.cover(name.range.clone());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_in_order_with_the_bytes_of_the_original() {
        fn check(text: &str, expected: &[(Kind, &str)]) {
            let found: Vec<_> = find(text)
                .into_iter()
                .map(|finding| (finding.kind, &text[finding.range]))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
        check("", &[]);
        check(
            "😀张三，１３８ 1234 5678，a@b.cn",
            &[
                (Kind::Name, "张三"),
                (Kind::Phone, "１３８ 1234 5678"),
                (Kind::Email, "a@b.cn"),
            ],
        );
        check(
            "收件人：李四\n电话：0571-88886666\n地址：杭州市文三路1号",
            &[
                (Kind::Name, "李四"),
                (Kind::Phone, "0571-88886666"),
                (Kind::Address, "杭州市文三路1号"),
            ],
        );
    }

    #[test]
    fn leaves_the_platforms_placeholders() {
        for text in [
            "#E-s[数字x]#E-s2[数字x]",
            "[订单编号:[ORDERID_10002486]，订单金额:[金额x]，下单时间:[日期x] [时间x]]",
            "配送员:[姓名x]，电话:[电话x]",
            "收件人[姓名x]的[地址x]",
            "[[数字x]",
            "[商品快照]",
        ] {
            assert_eq!(mask(text).as_str(), text);
        }
    }

    #[test]
    fn masking_twice_changes_nothing() {
        const PIECES: [&str; 24] = [
            "13812345678",
            "138 1234 ",
            "[电话]",
            "[姓名x]",
            "[",
            "]",
            "收件人：",
            "张三",
            "浙江省杭州市西湖区文一西路88号",
            "3幢2单元",
            "订单号",
            "SF1234567890123",
            "vx: abc123",
            "一三八一二三四五六七八",
            "a_b@qq.com",
            "12 High Street, ",
            "my name is ",
            "Tom ",
            "，",
            "-",
            "x",
            "先生",
            "收",
            "http://a.cn/?t=",
        ];
        let mut state = 1_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..6 {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                text.push_str(PIECES[(state >> 40) as usize % PIECES.len()]);
            }
            let masked = mask(&text);
            assert_eq!(mask(masked.as_str()), masked, "{text}");
        }
    }

    #[test]
    fn takes_time_in_proportion_to_the_text() {
        for unit in [
            "1",
            "一",
            "香",
            "路",
            "1 ",
            "a@",
            "[",
            "收件人",
            "北京",
            "地址",
            "a1",
        ] {
            let text = unit.repeat(300_000 / unit.len());
            assert!(mask(&text).as_str().len() <= text.len() + 16, "{unit}");
        }
    }

    #[test]
    fn a_masked_text_is_shown_and_stored_as_text() {
        let masked = mask("电话13812345678");
        assert_eq!(masked.to_string(), "电话[电话]");
        assert_eq!(Masked::from_stored(masked.to_string()), masked);
    }
}
