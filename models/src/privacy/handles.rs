//! E-mail addresses, WeChat and QQ ids, numbers with letters in them, and links.

use super::checks;
use super::cues::{self, Topic};
use super::view::{View, is_han};
use super::{Hit, Kind, Step};

/// RFC 5321, 4.5.3.1: the longest local part and the longest domain.
const LONGEST_LOCAL: usize = 64;
const LONGEST_DOMAIN: usize = 255;

/// Providers that people name without `.com` behind them.
const MAIL_PROVIDERS: &[&str] = &[
    "qq", "163", "126", "gmail", "foxmail", "hotmail", "outlook", "sina",
];

/// Letters that carriers put before their numbers.
const CARRIERS: &[&str] = &[
    "sf", "yt", "jt", "jd", "jdv", "jdx", "zto", "sto", "yd", "db", "ems",
];

/// What follows 微信 without being somebody's id.
const NOT_AN_ID: &[&str] = &[
    "iphone", "ipad", "android", "ios", "app", "windows", "http", "www",
];

/// The longest link that is recognised as one.
const LONGEST_LINK: usize = 2_048;

/// The e-mail address whose sign stands at `at`.
pub(super) fn email(view: &View, at: usize) -> Option<Hit> {
    let sign_end = view.first_word(at, &["@", "(at)", "艾特"])?;
    let spaced = usize::from(view.before(at) == ' ' && view.at(sign_end) == ' ');
    let local_end = at - spaced;
    let mut start = local_end;
    while start > 0 && local_end - start < LONGEST_LOCAL && is_local(view.at(start - 1)) {
        start -= 1;
    }
    while start < local_end && !view.at(start).is_ascii_alphanumeric() {
        start += 1;
    }
    if start == local_end {
        return None;
    }
    let end = domain_end(view, sign_end + spaced)?;
    Some(Hit::new(Kind::Email, start..end))
}

/// Looks for an id, an order or a tracking number with letters, or for a link, at the
/// first letter or digit of a word.
pub(super) fn step(view: &View, at: usize) -> Step {
    if let Some(done) = link(view, at) {
        return done;
    }
    let end = view.run(at, LONGEST_LOCAL, is_id);
    let word = view.slice(at..end);
    let digits = word.iter().filter(|c| c.is_ascii_digit()).count();
    if digits == word.len() {
        return Step::Past(at);
    }
    if let Some(kind) = announced(view, at, word, digits) {
        return Step::Found(Hit::new(kind, at..end));
    }
    if let Some((kind, start, end)) = tracking(view, at).or_else(|| glued(view, at, word)) {
        return Step::Found(Hit::new(kind, start..end));
    }
    Step::Past(at)
}

/// A word behind a cue.
fn announced(view: &View, at: usize, word: &[char], digits: usize) -> Option<Kind> {
    let cue = cues::before(view, at)?;
    let starts_with_letter = word.first().is_some_and(char::is_ascii_alphabetic);
    let has_mark = digits > 0 || word.iter().any(|c| matches!(c, '_' | '-'));
    match cue.topic {
        Topic::Wechat => {
            let fits = (5..=20).contains(&word.len()) && starts_with_letter;
            let is_id = fits && view.first_word(at, NOT_AN_ID).is_none();
            (is_id && (cue.explicit || has_mark)).then_some(Kind::Wechat)
        }
        Topic::Order | Topic::Tracking => {
            let kind = if cue.topic == Topic::Order {
                Kind::Order
            } else {
                Kind::Tracking
            };
            let fewest = if cue.explicit { 6 } else { 9 };
            (digits >= fewest && word.len() <= 32).then_some(kind)
        }
        _ => None,
    }
}

/// A carrier's letters and digits in one word, without a cue.
fn tracking(view: &View, at: usize) -> Option<(Kind, usize, usize)> {
    let letters = view.run(at, 6, |c| c.is_ascii_alphabetic());
    let end = view.run(letters, 32, |c| c.is_ascii_digit());
    let count = end - letters;
    if view.at(at) == '1' && matches!(view.at(at + 1), 'Z' | 'z') {
        let end = view.run(at, 19, |c| c.is_ascii_alphanumeric());
        return (end - at == 18).then_some((Kind::Tracking, at, end));
    }
    if letters == at || letters - at > 5 || view.at(end).is_ascii_digit() {
        return None;
    }
    let mut digits = [0_u8; 32];
    for (digit, c) in digits.iter_mut().zip(view.slice(letters..end)) {
        *digit = *c as u8 - b'0';
    }
    if checks::is_mobile(&digits[..count]) || checks::is_identity(&digits[..count]) {
        return None;
    }
    let carrier = CARRIERS
        .iter()
        .any(|word| view.word_end(at, word) == Some(letters));
    if (carrier && count >= 10) || (letters - at <= 4 && (12..=15).contains(&count)) {
        return Some((Kind::Tracking, at, end));
    }
    // Universal Postal Union, S10: two letters, nine digits, two letters.
    let postal_end = view.run(end, 3, |c| c.is_ascii_uppercase());
    let is_postal = letters - at == 2 && count == 9 && postal_end - end == 2;
    is_postal.then_some((Kind::Tracking, at, postal_end))
}

/// An id that is glued to its cue: `vxabc123`, `q12345678`.
fn glued(view: &View, at: usize, word: &[char]) -> Option<(Kind, usize, usize)> {
    let end = at + word.len();
    if let Some(start) = view.first_word(at, &["wechat", "weixin", "vx", "wx"]) {
        let start = view.run(start, 1, |c| matches!(c, '-' | '_'));
        let rest = view.slice(start..end.max(start));
        let is_id = rest.first().is_some_and(char::is_ascii_alphabetic)
            && rest.iter().any(char::is_ascii_digit);
        return (is_id && (6..=20).contains(&rest.len())).then_some((Kind::Wechat, start, end));
    }
    let start = view.first_word(at, &["qq", "q"])?;
    let digits = view.run(start, 13, |c| c.is_ascii_digit());
    let is_id = digits == end && (6..=12).contains(&(digits - start)) && view.at(start) != '0';
    is_id.then_some((Kind::Qq, start, end))
}

/// A link stays as it is, except for a phone or identity number among its parameters.
fn link(view: &View, at: usize) -> Option<Step> {
    let scheme = view.first_word(at, &["https://", "http://", "www."]);
    if scheme.is_none() {
        let host = view.run(at, 64, |c| {
            c.is_ascii_alphanumeric() || matches!(c, '.' | '-')
        });
        let is_host = view.at(host) == '/' && view.slice(at..host).contains(&'.');
        if !is_host || !view.before(host).is_ascii_alphabetic() {
            return None;
        }
    }
    let graphic = view.run(at, LONGEST_LINK, |c| {
        c.is_ascii_graphic() && !matches!(c, ',' | '"')
    });
    // Full-width punctuation is the sentence's, not the link's.
    let limit = (at..graphic)
        .find(|i| !view.is_ascii_at(*i))
        .unwrap_or(graphic);
    let mut end = limit;
    let mut key = at;
    for i in at..limit {
        if matches!(view.at(i), '?' | '&') {
            key = i;
        }
        if view.at(i) == '=' && key > at && view.word_start(i, "id").is_none() {
            let value = view.run(i + 1, 20, |c| c.is_ascii_digit());
            let digits: Vec<u8> = view
                .slice(i + 1..value)
                .iter()
                .map(|c| *c as u8 - b'0')
                .collect();
            if checks::is_mobile(&digits) {
                return Some(Step::Found(Hit::new(Kind::Phone, i + 1..value)));
            }
            if digits.len() == 18 && checks::is_identity(&digits) {
                return Some(Step::Found(Hit::new(Kind::IdCard, i + 1..value)));
            }
        }
        if key == at
            && let Some(page) = view.first_word(i, &[".html", ".htm"])
            && view.at(page).is_ascii_alphanumeric()
        {
            end = page;
            break;
        }
    }
    Some(Step::Past(end.max(at + 1)))
}

fn domain_end(view: &View, at: usize) -> Option<usize> {
    let limit = view.run(at, LONGEST_DOMAIN, |c| {
        c.is_ascii_alphanumeric() || matches!(c, '.' | '-')
    });
    let mut end = limit;
    while end > at && !view.at(end - 1).is_ascii_alphanumeric() {
        end -= 1;
    }
    let domain = view.slice(at..end);
    let dot = domain.iter().rposition(|c| *c == '.');
    let has_suffix = dot.is_some_and(|dot| {
        dot > 0 && domain.len() - dot > 2 && domain[dot + 1].is_ascii_alphabetic()
    });
    if has_suffix {
        return Some(end);
    }
    let provider = MAIL_PROVIDERS
        .iter()
        .find_map(|name| view.word_end(at, name))?;
    let spelled = ["点com", "。com", " .com", " dot com", "点cn", " . com"];
    if let Some(end) = view.first_word(provider, &spelled) {
        return Some(end);
    }
    (provider == end).then_some(end)
}

fn is_local(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-')
}

fn is_id(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// Whether `at` is the first character of a word of letters and digits.
pub(super) fn is_word_start(view: &View, at: usize) -> bool {
    view.at(at).is_ascii_alphanumeric() && !is_id(view.before(at))
        || view.at(at).is_ascii_alphabetic() && is_han(view.before(at))
}

#[cfg(test)]
mod tests {
    use crate::privacy::mask;

    fn check(text: &str, expected: &str) {
        assert_eq!(mask(text).as_str(), expected, "{text}");
    }

    #[test]
    fn masks_mail_and_ids() {
        check("发到a.b+c@mail.example.com吧", "发到[邮箱]吧");
        check("ｚｈａｎｇ＠ｑｑ．ｃｏｍ", "[邮箱]");
        check("13812345678@163.com", "[邮箱]");
        check("zhang @ qq.com", "[邮箱]");
        check("zhang艾特qq点com", "[邮箱]");
        check("zhang(at)example.com", "[邮箱]");
        check("微信号abc_123", "微信号[微信]");
        check("vx: abc123", "vx: [微信]");
        check("加我薇信 abc123", "加我薇信 [微信]");
        check("wechat id is tom_smith", "wechat id is [微信]");
        check("加v：lily8899", "加v：[微信]");
        check("vxabc123", "vx[微信]");
        check("微信是13812345678", "微信是[电话]");
        check("QQ 12345678", "QQ [QQ]");
        check("扣扣：１２３４５６", "扣扣：[QQ]");
        check("加qq群987654321", "加qq群[QQ]");
    }

    #[test]
    fn masks_orders_and_parcels() {
        check("订单号：123456789", "订单号：[订单号]");
        check("order no. 114-1234567-7654321", "order no. [订单号]");
        check("运单号SF1234567890123", "运单号[单号]");
        check("YT1234567890123到哪了", "[单号]到哪了");
        check("RB123456785CN", "[单号]");
        check("1Z999AA10123456784", "[单号]");
        check("快递773012345678到哪了", "快递[单号]到哪了");
        check("订单编号 210101-123456789012345", "订单编号 [订单号]");
    }

    #[test]
    fn leaves_links_and_products() {
        for text in [
            "https://item.jd.com/100012043978.html",
            "item.taobao.com/item.htm?id=520401029636",
            "https://x.cn/p?sku_id=13812345678",
            "微信支付可以吗",
            "微信iPhone12能用吗",
            "加我薇信",
            "@小二",
            "QQ糖500g多少钱",
            "R5-Pro和R6哪个好",
            "订单金额:100",
            "[ORDERID_10005629]",
        ] {
            check(text, text);
        }
        check(
            "https://x.cn/t?tel=13812345678&a=1",
            "https://x.cn/t?tel=[电话]&a=1",
        );
        check(
            "https://item.jd.com/1.html：13812345678",
            "https://item.jd.com/1.html：[电话]",
        );
    }
}
