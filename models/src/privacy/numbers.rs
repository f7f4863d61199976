//! Numbers of persons: phones, identity cards, bank cards, orders, tracking numbers.
//!
//! A digit run of thirteen or more is never left standing unless it is known to be a
//! product's fact, because an unknown long number is far more often an order or a
//! mistyped card than something a buyer needs answered. Eleven and twelve digits are
//! masked if they pass a check or an order is spoken of, shorter runs only behind a cue.

use super::checks;
use super::cues::{self, Cue, Topic};
use super::groups::{
    self, CARD_SHAPES, Digits, IDENTITY_SHAPES, MOBILE_SHAPES, ORDER_SHAPES, Script, TRUNK_SHAPES,
    UNDIVIDED,
};
use super::view::{View, any_digit, arabic_digit};
use super::{Hit, Kind, Step};

/// From this many digits on a number is masked without any cue.
const LONG_NUMBER_DIGITS: usize = 11;

/// Shops' ids of products have at most so many digits, JD's and Taobao's twelve.
const LONGEST_PRODUCT_ID: usize = 13;

/// Looks for a number that starts at `at`, where a digit, `+` or `(` stands.
pub(super) fn step(view: &View, at: usize) -> Step {
    let first = view.at(at);
    if first == '+' {
        return international(view, at).map_or(Step::Past(at + 1), Step::Found);
    }
    if arabic_digit(first).is_some() && arabic_digit(view.before(at)).is_none() {
        match arabic(view, at) {
            Step::Past(end) if end <= at + 1 => {}
            done => return done,
        }
    }
    if any_digit(first).is_some() && any_digit(view.before(at)).is_none() {
        return mixed(view, at).map_or(Step::Past(at + 1), Step::Found);
    }
    Step::Past(at + 1)
}

fn arabic(view: &View, at: usize) -> Step {
    let end = view.run(at, usize::MAX - at, |c| c.is_ascii_digit());
    if end - at < 5 && !groups::continues(view, end) {
        return Step::Past(at + 1);
    }
    let digits = Digits::collect(view, at, Script::Arabic);
    let cue = cues::before(view, at);
    let is_product = cue.is_some_and(|cue| cue.topic == Topic::Product && cue.explicit);
    if is_product && end - at <= LONGEST_PRODUCT_ID {
        return Step::Past(end);
    }
    if end - at > digits.len() {
        return Step::Found(Hit::new(Kind::Order, at..end));
    }
    if let Some(hit) = contiguous(view, at..end, &digits, cue) {
        return Step::Found(hit);
    }
    if let Some((kind, count)) = grouped(&digits) {
        let end = digits.end(count);
        let end = if kind == Kind::Phone {
            extension_end(view, end)
        } else {
            end
        };
        let opened = view.before(at) == '(' && view.slice(at..end).contains(&')');
        return Step::Found(Hit::new(kind, at - usize::from(opened)..end));
    }
    if let Some(count) = digits.singles() {
        return match singles(&digits, count) {
            Some(kind) => Step::Found(Hit::new(kind, at..digits.end(count))),
            None => Step::Past(digits.end(count)),
        };
    }
    announced(&digits, end - at, cue).map_or(Step::Past(at + 1), |(kind, count)| {
        Step::Found(Hit::new(kind, at..digits.end(count)))
    })
}

/// A run without separators.
fn contiguous(
    view: &View,
    run: std::ops::Range<usize>,
    digits: &Digits,
    cue: Option<Cue>,
) -> Option<Hit> {
    let count = digits.first_group();
    let values = digits.values(count);
    if values.len() < LONG_NUMBER_DIGITS {
        let trunk =
            values.len() == 10 && (checks::is_landline(values) || matches!(values, [0, 9, ..]));
        return trunk.then(|| Hit::new(Kind::Phone, run.start..extension_end(view, run.end)));
    }
    let kind = long_number(values, cue)?;
    // Unannounced, JD's and Taobao's product ids look like this, and say what is asked about.
    let may_be_product = values.len() <= 12 && kind_by_length(values) == kind;
    if may_be_product && cue.is_none() && !cues::order_nearby(view, &run) {
        return None;
    }
    let end = match kind {
        Kind::Phone => extension_end(view, digits.end(count)),
        _ => digits.end(count),
    };
    Some(Hit::new(kind, run.start..end))
}

/// What a run of eleven digits or more is; nothing if it is a product's fact.
fn long_number(values: &[u8], cue: Option<Cue>) -> Option<Kind> {
    let announced = cue.and_then(|cue| kind_of(cue.topic));
    let ordered = matches!(announced, Some(Kind::Order | Kind::Tracking));
    if matches!(values, [0, 1..=9, ..]) && values.len() == 11 && announced.is_none() {
        return Some(Kind::Phone);
    }
    let mobile = checks::is_mobile(values)
        || matches!(values, [8, 6, rest @ ..] | [0, 0, 8, 6, rest @ ..] | [0, rest @ ..]
            if checks::is_mobile(rest));
    if mobile && !ordered {
        return Some(Kind::Phone);
    }
    if checks::is_identity(values) && (values.len() == 18 || !ordered) {
        return Some(Kind::IdCard);
    }
    if announced.is_some() {
        return announced;
    }
    if checks::is_bank_card(values) {
        Some(Kind::BankCard)
    } else if checks::is_landline(values) {
        Some(Kind::Phone)
    } else if checks::is_article_number(values) || checks::is_timestamp(values) {
        None
    } else {
        Some(kind_by_length(values))
    }
}

/// What an unknown long number most likely is.
fn kind_by_length(values: &[u8]) -> Kind {
    if (12..=15).contains(&values.len()) {
        Kind::Tracking
    } else {
        Kind::Order
    }
}

/// Digits in groups: the kind and how many digits belong to it.
fn grouped(digits: &Digits) -> Option<(Kind, usize)> {
    if digits.group_count() < 2 {
        return None;
    }
    let fits = |shapes: &[&[u8]], test: fn(&[u8]) -> bool| {
        shapes
            .iter()
            .find_map(|shape| digits.shape(0, shape).filter(|v| test(v)).map(<[u8]>::len))
    };
    if let Some(count) = fits(CARD_SHAPES, checks::is_bank_card) {
        return Some((Kind::BankCard, count));
    }
    if let Some(count) = fits(IDENTITY_SHAPES, checks::is_identity) {
        return Some((Kind::IdCard, count));
    }
    let country = match digits.values(4) {
        [8, 6, ..] if digits.first_group() == 2 => 1,
        [0, 0, 8, 6] if digits.first_group() == 4 => 1,
        _ => 0,
    };
    let undivided: Option<&&[u8]> = (country == 1).then_some(&UNDIVIDED);
    for shape in MOBILE_SHAPES.iter().chain(undivided) {
        if let Some(values) = digits.shape(country, shape)
            && checks::is_mobile(values)
        {
            return Some((Kind::Phone, digits.count_through(country + shape.len())));
        }
    }
    if let Some(count) = landline(digits).or_else(|| abroad(digits)) {
        return Some((Kind::Phone, count));
    }
    let is_order = |values: &[u8]| !matches!(values, [1, 9, ..] | [2, 0, ..]);
    fits(ORDER_SHAPES, |_| true)
        .or_else(|| fits(&CARD_SHAPES[..4], is_order))
        .map(|count| (Kind::Order, count))
}

/// Area code, then the subscriber's number in one group or two.
fn landline(digits: &Digits) -> Option<usize> {
    let area = checks::area_code(digits.values(4)).filter(|area| *area == digits.first_group())?;
    (1..=2).find_map(|groups| {
        let count = digits.count_through(1 + groups);
        let fits = digits.group_count() > groups && count > area;
        (fits && checks::is_landline(digits.values(count))).then_some(count)
    })
}

/// North American numbers, and those that start with the trunk prefix 0.
fn abroad(digits: &Digits) -> Option<usize> {
    let american = |values: &[u8]| {
        matches!(values, [2..=9, _, _, 2..=9, ..]) && !checks::is_service_number(values)
    };
    let values = digits.shape(0, &[3, 3, 4]);
    if values.is_some_and(american) && digits.joined_tightly(2) {
        return Some(10);
    }
    if digits.values(1) == [1] && digits.shape(1, &[3, 3, 4]).is_some_and(american) {
        return Some(11);
    }
    let dialled = digits.values(3) == [0, 0, 1] && digits.first_group() == 3;
    if dialled && digits.shape(1, &[3, 3, 4]).is_some() {
        return Some(13);
    }
    let trunk = |values: &&[u8]| matches!(values, [0, 1..=9, ..]);
    let shapes = TRUNK_SHAPES.iter();
    shapes
        .filter_map(|shape| digits.shape(0, shape))
        .find(trunk)
        .map(<[u8]>::len)
}

/// Digits one by one or in pairs, `count` of them until the pattern ends.
fn singles(digits: &Digits, count: usize) -> Option<Kind> {
    let values = digits.values(count);
    if checks::is_mobile(values) {
        Some(Kind::Phone)
    } else if checks::is_identity(values) {
        Some(Kind::IdCard)
    } else if checks::is_bank_card(values) {
        Some(Kind::BankCard)
    } else {
        None
    }
}

/// A number too short to be masked on its own, after a cue.
fn announced(digits: &Digits, run: usize, cue: Option<Cue>) -> Option<(Kind, usize)> {
    let cue = cue?;
    let kind = kind_of(cue.topic)?;
    let whole = digits.len();
    let fewest = match (cue.topic, cue.explicit) {
        (Topic::Phone, _) => 7,
        (Topic::Qq, true) => 5,
        (Topic::Wechat, _) | (Topic::Order | Topic::Tracking, true) => 6,
        (Topic::Card | Topic::Identity, true) => 8,
        _ => 9,
    };
    let public = checks::is_service_number(digits.values(10)) && cue.topic == Topic::Phone;
    if public || (cue.topic == Topic::Qq && digits.values(1) == [0]) {
        return None;
    }
    if run >= fewest {
        return Some((kind, run));
    }
    // Short groups are one number only where the cue leaves no doubt.
    (cue.explicit && run >= 3 && whole >= fewest).then_some((kind, whole))
}

fn kind_of(topic: Topic) -> Option<Kind> {
    match topic {
        Topic::Phone => Some(Kind::Phone),
        Topic::Order => Some(Kind::Order),
        Topic::Tracking => Some(Kind::Tracking),
        Topic::Card => Some(Kind::BankCard),
        Topic::Identity => Some(Kind::IdCard),
        Topic::Qq => Some(Kind::Qq),
        Topic::Wechat => Some(Kind::Wechat),
        Topic::Product => None,
    }
}

/// `+` and a country code.
fn international(view: &View, at: usize) -> Option<Hit> {
    let start = at + 1 + usize::from(view.at(at + 1) == '(');
    arabic_digit(view.at(start))?;
    let digits = Digits::collect(view, start, Script::Arabic);
    let groups = 1..=digits.group_count();
    let count = groups.rev().find_map(|groups| {
        let count = digits.count_through(groups);
        (10..=15).contains(&count).then_some(count)
    })?;
    Some(Hit::new(
        Kind::Phone,
        at..extension_end(view, digits.end(count)),
    ))
}

/// Digits of which some are spelled with Chinese numerals.
fn mixed(view: &View, at: usize) -> Option<Hit> {
    let digits = Digits::collect(view, at, Script::Any);
    if digits.len() < LONG_NUMBER_DIGITS || digits.all_arabic(view, at) {
        return None;
    }
    let run = digits.first_group();
    if run < LONG_NUMBER_DIGITS {
        let shape = MOBILE_SHAPES
            .iter()
            .find_map(|shape| digits.shape(0, shape));
        let one_by_one = digits.singles().map(|count| digits.values(count));
        let values = shape
            .or(one_by_one)
            .filter(|values| checks::is_mobile(values))?;
        return Some(Hit::new(Kind::Phone, at..digits.end(values.len())));
    }
    let values = digits.values(run);
    // 一 belongs to the words around the number as often as to the number.
    for skipped in 0..=(run - LONG_NUMBER_DIGITS).min(3) {
        let rest = &values[skipped..];
        let mobile = rest.len() < 14 && checks::is_mobile(&rest[..LONG_NUMBER_DIGITS]);
        if mobile {
            let end = at + skipped + LONG_NUMBER_DIGITS;
            return Some(Hit::new(Kind::Phone, at + skipped..end));
        }
    }
    let plain = view
        .slice(at..at + run)
        .iter()
        .filter(|c| c.is_ascii_digit())
        .count();
    if plain >= LONG_NUMBER_DIGITS {
        return None;
    }
    let kind = long_number(values, cues::before(view, at))?;
    Some(Hit::new(kind, at..digits.end(run)))
}

/// Where the extension of a phone number ends: `转8001`, `-8001`, `x123`.
fn extension_end(view: &View, end: usize) -> usize {
    let mut at = view.run(end, 1, |c| c == ' ');
    let Some(mark) = view.first_word(at, &["转", "分机", "-", "ext.", "ext", "x"]) else {
        return end;
    };
    at = view.run(mark, 1, |c| c == ' ');
    let last = view.run(at, 7, |c| c.is_ascii_digit());
    if (1..=6).contains(&(last - at)) {
        last
    } else {
        end
    }
}

#[cfg(test)]
mod tests {
    use crate::privacy::mask;

    fn check(text: &str, expected: &str) {
        assert_eq!(mask(text).as_str(), expected, "{text}");
    }

    #[test]
    fn masks_phones() {
        for phone in [
            "13812345678",
            "138 1234 5678",
            "138-1234-5678",
            "1 3 8 1 2 3 4 5 6 7 8",
            "１３８１２３４５６７８",
            "138\u{200b}1234\u{200b}5678",
            "一三八一二三四五六七八",
            "幺三八 一二三四 五六七八",
            "138一二三四5678",
            "+86 138 1234 5678",
            "8613812345678",
            "13812345678转8001",
            "0571-88886666",
            "（010）88886666",
            "010 8888 6666",
            "+44 20 7946 0958",
            "415-555-2671",
            "(415) 555-2671",
        ] {
            let masked = mask(&format!("打{phone}，谢谢"));
            assert!(
                masked.as_str().ends_with("[电话]，谢谢"),
                "{phone}: {masked}"
            );
        }
        check("第一13812345678", "第一[电话]");
        check("座机88886666", "座机[电话]");
        check("call me at 4155552671", "call me at [电话]");
        check("phone number is 4155552671", "phone number is [电话]");
        check("001-415-555-2671x12", "[电话]");
    }

    #[test]
    fn masks_cards() {
        check("11010519491231002X", "[身份证]");
        check("身份证号 110105 19491231 002x", "身份证号 [身份证]");
        check("110105194912310021", "[订单号]");
        check("身份证110105194912310021", "身份证[身份证]");
        check("4111 1111 1111 1111", "[银行卡]");
        check("4111111111111111", "[银行卡]");
        check("4111111111111112", "[订单号]");
        check("卡号4111111111111112", "卡号[银行卡]");
    }

    #[test]
    fn leaves_facts() {
        for text in [
            "500ml",
            "2026-11-11 00:05",
            "满300减50",
            "￥1999.00",
            "拨打12345或95588",
            "400-820-8820",
            "4008208820",
            "电话4008208820",
            "6901234567892",
            "20261111000500",
            "520401029636有货吗",
            "商品编号：100012043978",
            "尺码38 39 40 41 42",
            "120 200 1500 3000",
            "一二三四五",
            "1080*1920",
        ] {
            check(text, text);
        }
    }
}
