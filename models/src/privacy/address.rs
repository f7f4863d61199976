//! Chinese postal addresses: a chain of parts, weighed.
//!
//! An address is a run of parts, each a known province or city, a name with an ending
//! (`文一西路`, `南湖花园`) or a number with a counter (`3幢`, `501室`). It is masked
//! when its weight is enough and it reaches a town, a road or premises; a province, a
//! city or a district alone is what buyers ask about ("发江苏多久") and stays.

use super::cues;
use super::places::{self, Part};
use super::view::{View, is_han};
use super::{Hit, Kind};

/// Longest name of one part, without its ending: district and road run together,
/// as in `沈北新乌鲁木齐路`, have 7.
const LONGEST_NAME: usize = 9;
const LONGEST_ADDRESS: usize = 90;

/// Looks for addresses from left to right.
#[derive(Default)]
pub(super) struct Scanner {
    /// Up to here a chain of parts was followed and found too light: no use to follow
    /// its tail again, and the time stays linear.
    tried: usize,
}

impl Scanner {
    /// The address that starts at `at`, or whose first ending stands there.
    pub(super) fn find_at(&mut self, view: &View, at: usize) -> Option<Hit> {
        let c = view.at(at);
        if at < self.tried || !(is_han(c) || c.is_ascii_alphanumeric()) {
            return None;
        }
        let (start, evidence) = match start_of(view, at) {
            Some(start) => (start, Evidence::Parts),
            None => (cued_start(view, at)?, Evidence::Cue),
        };
        let chain = Chain::follow(view, start);
        if chain.is_address(evidence) {
            let end = postcode_end(view, chain.end);
            return Some(Hit::new(Kind::Address, start..end));
        }
        self.tried = chain.end;
        None
    }
}

/// What speaks for an address.
enum Evidence {
    /// Its parts alone.
    Parts,
    /// Also `地址` in front of it.
    Cue,
}

/// Where a chain starts that may have `at` as its first mark.
fn start_of(view: &View, at: usize) -> Option<usize> {
    let c = view.at(at);
    if !is_han(c) {
        let is_first = !view.before(at).is_ascii_alphanumeric();
        let counted = is_first.then(|| number(view, at)).flatten();
        let building = counted.and_then(|(end, _)| places::counter(view, end));
        return building
            .filter(|(_, part)| matches!(part, Part::Building | Part::Unit))
            .map(|_| at);
    }
    if places::region(view, at).is_some() {
        return Some(at);
    }
    let (_, part) = places::ending(view, at)?;
    let fine = matches!(part, Part::Town | Part::Road | Part::Premises);
    let start = name_start(view, at);
    (fine && start < at).then_some(start)
}

/// The first character of the name that ends before `at`.
fn name_start(view: &View, at: usize) -> usize {
    let mut start = at;
    while at - start < LONGEST_NAME {
        let before = view.before(start);
        if !is_han(before) || places::ends_a_name(view, start - 1) {
            break;
        }
        start -= 1;
    }
    start
}

/// The start of what follows `地址` if `at` is in it.
fn cued_start(view: &View, at: usize) -> Option<usize> {
    if view.at(at) != '址' || !matches!(view.before(at), '地' | '住' | '新') {
        return None;
    }
    let mut start = at + 1;
    let fillers = [
        "改成", "改为", "换成", "就是", "是", "为", "在", ":", " ", ",",
    ];
    for _ in 0..3 {
        start = view.first_word(start, &fillers).unwrap_or(start);
    }
    Some(start)
}

/// A chain of parts with its weight.
struct Chain {
    end: usize,
    weight: u32,
    has_region: bool,
    has_number: bool,
    is_fine: bool,
    last: Option<Part>,
}

impl Chain {
    fn follow(view: &View, start: usize) -> Self {
        let mut chain = Self {
            end: start,
            weight: 0,
            has_region: false,
            has_number: false,
            is_fine: false,
            last: None,
        };
        while chain.end < start + LONGEST_ADDRESS {
            let between = match chain.last {
                Some(_) => view.run(chain.end, 2, is_separator),
                None => start,
            };
            let added = chain.add_region(view, between)
                || chain.add_number(view, between)
                || chain.add_name(view, between);
            if !added {
                break;
            }
        }
        chain
    }

    fn is_address(&self, evidence: Evidence) -> bool {
        let enough = match evidence {
            Evidence::Cue => 3,
            Evidence::Parts if self.has_region || self.has_number => 4,
            Evidence::Parts => 6,
        };
        self.is_fine && self.weight >= enough
    }

    fn add_region(&mut self, view: &View, at: usize) -> bool {
        let wide = matches!(self.last, None | Some(Part::Province | Part::City));
        let Some((end, part, full)) = places::region(view, at).filter(|_| wide) else {
            return false;
        };
        // 昆明路 is a road and 北京东路 another, wherever they are.
        self.has_region |= full || places::ending(view, end).is_none();
        self.push(end, part, 1 + u32::from(full));
        true
    }

    fn add_number(&mut self, view: &View, at: usize) -> bool {
        let Some((end, hyphens)) = number(view, at) else {
            return false;
        };
        let last = self.last;
        if let Some((end, part)) = places::counter(view, end) {
            let on_road = matches!(last, Some(Part::Road | Part::Town | Part::House));
            let weight = match part {
                Part::House if !on_road => return false,
                Part::House | Part::Building | Part::Unit | Part::Road => 2,
                Part::District => 0,
                _ => 1,
            };
            self.has_number |= weight > 0;
            self.is_fine |= matches!(part, Part::Building | Part::Unit);
            self.push(end, part, weight);
            return true;
        }
        let is_whole = !is_han(view.at(end)) && !view.at(end).is_ascii_alphanumeric();
        let fits = match last {
            Some(Part::Building | Part::Unit | Part::Room | Part::House) => {
                !is_measure(view.at(end)) && !view.at(end).is_ascii_alphanumeric()
            }
            Some(Part::Premises | Part::Town) => hyphens > 0,
            Some(Part::Road) => is_whole && at == self.end || hyphens > 0,
            _ => false,
        };
        if !fits || !view.slice(at..end).iter().any(char::is_ascii_digit) {
            return false;
        }
        self.has_number = true;
        self.push(end, Part::Room, if hyphens > 0 { 2 } else { 1 });
        true
    }

    fn add_name(&mut self, view: &View, at: usize) -> bool {
        let joined = self.last.is_some() && at == self.end;
        let numbered = matches!(
            self.last,
            Some(Part::House | Part::Building | Part::Unit | Part::Room)
        );
        let places_known =
            self.has_region && matches!(self.last, Some(Part::City | Part::District));
        for end in at..at + LONGEST_NAME {
            if (end > at || joined)
                && let Some((ending, part)) = places::ending(view, end)
            {
                let name = view.slice(at..end);
                let fits = !numbered || part == Part::Premises && end > at;
                if !fits {
                    return false;
                }
                if !places_known && places::is_generic(name) {
                    continue;
                }
                let weight = if matches!(part, Part::Town | Part::Road | Part::Premises) {
                    2
                } else {
                    1
                };
                self.is_fine |= weight == 2;
                self.push(ending, part, weight);
                return true;
            }
            let c = view.at(end);
            if !is_han(c) || places::ends_a_name(view, end) {
                return false;
            }
        }
        false
    }

    fn push(&mut self, end: usize, part: Part, weight: u32) {
        self.end = end;
        self.last = Some(part);
        self.weight += weight;
    }
}

/// A number as it stands in an address, `88`, `3-2-501`, `A2`, `十二`, `p`: its end and
/// how many hyphens it has.
fn number(view: &View, at: usize) -> Option<(usize, usize)> {
    let mut end = view.run(at, 1, |c| c == '第');
    let start = end;
    end = view.run(end, 2, |c| c.is_ascii_alphabetic());
    end = view.run(end, 5, is_numeral);
    end = view.run(end, 1, |c| c.is_ascii_alphabetic());
    if end == start || view.at(end).is_ascii_digit() {
        return None;
    }
    let mut hyphens = 0;
    while view.at(end) == '-' && hyphens < 4 {
        let next = view.run(end + 1, 5, |c| c.is_ascii_alphanumeric());
        if next == end + 1 || view.at(next).is_ascii_alphanumeric() {
            break;
        }
        hyphens += 1;
        end = next;
    }
    Some((end, hyphens))
}

fn postcode_end(view: &View, end: usize) -> usize {
    let mut at = view.run(end, 2, is_separator);
    at = view.first_word(at, &["邮政编码", "邮编"]).unwrap_or(at);
    at = view.run(at, 2, |c| matches!(c, ':' | ' '));
    let last = view.run(at, 7, |c| c.is_ascii_digit());
    let announced = cues::before(view, at).is_some();
    if last - at == 6 && !announced {
        last
    } else {
        end
    }
}

fn is_numeral(c: char) -> bool {
    c.is_ascii_digit()
        || matches!(
            c,
            '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' | '百' | '零'
        )
}

fn is_measure(c: char) -> bool {
    matches!(
        c,
        '元' | '块' | '个' | '件' | '%' | '天' | '月' | '日' | '点' | '年' | '号' | '次' | '分'
    )
}

fn is_separator(c: char) -> bool {
    matches!(c, ' ' | ',' | '-' | '/' | '\t' | '\n' | '\r' | '·')
}

#[cfg(test)]
mod tests {
    use crate::privacy::mask;

    fn check(text: &str, expected: &str) {
        assert_eq!(mask(text).as_str(), expected, "{text}");
    }

    #[test]
    fn masks_addresses_whole() {
        for address in [
            "浙江省嘉兴市南湖区某某路88号3幢2单元501室",
            "上海市浦东新区世纪大道100号环球大厦29楼",
            "广东深圳南山区科技园南路12号",
            "青海省丰都县魏都哈尔滨街Q座 332111",
            "重慶市渝中區解放碑街道民族路101號",
            "江苏省 苏州市 工业园区 星湖街 328号",
            "余杭区文一西路969号",
            "南湖花园3幢2单元501室",
            "四川省眉山市仁寿县文林镇红星村3组",
            "湖北省武汉市洪山区珞喻路１０３７号，邮编：430074",
        ] {
            check(&format!("寄到{address}，谢谢"), "寄到[地址]，谢谢");
            check(address, "[地址]");
        }
        check("收货地址：花园小区3-2-501", "收货地址：[地址]");
        check("我住3栋2单元501", "我住[地址]");
        check("解放东路[数字x]号", "解放东路[数字x]号");
        check("福建省龙海市石码镇解放东路[数字x]号", "[地址][数字x]号");
    }

    #[test]
    fn leaves_what_is_no_address_or_no_finer_than_a_district() {
        for text in [
            "发江苏多久能到",
            "浙江省杭州市西湖区能送到吗",
            "你们在上海市有店吗",
            "原路退回，5号到账",
            "高速路上堵车",
            "农村能送到吗",
            "小区门口的快递柜",
            "3层纱布，2号色",
            "地址写错了",
            "一单元是什么意思",
        ] {
            check(text, text);
        }
    }
}
