//! What lists on pages share: which part of a list is shown, the tabs above it, and times.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::console::Frame;
use super::language::Language;
use crate::auth::Fields;

/// A place within a room.
pub struct Tab {
    /// Its address.
    pub path: &'static str,
    /// Its name.
    pub name: &'static str,
    /// How much waits there; empty where that is not counted.
    pub count: String,
    /// `page` where it is the page shown, else `false`.
    pub current: &'static str,
}

/// The tabs of `names`, a path with both its names each; `here` is the path shown.
pub fn tabs(
    names: &[(&'static str, [&'static str; 2])],
    here: &str,
    language: Language,
) -> Vec<Tab> {
    let tab = |(path, names): &(&'static str, [&'static str; 2])| Tab {
        path,
        name: language.say(names[0], names[1]),
        count: String::new(),
        current: if *path == here { "page" } else { "false" },
    };
    names.iter().map(tab).collect()
}

/// The part of a list that a page shows.
pub struct Part {
    /// The number of the first entry shown, from 1; 0 where there is none.
    pub first: usize,
    /// The number of the last.
    pub last: usize,
    /// How many there are.
    pub total: usize,
    /// The address of the part before; empty on the first.
    pub previous: String,
    /// The address of the part after; empty on the last.
    pub next: String,
}

impl Part {
    /// The part from `from` on, at most `size` of `total`, of the list at
    /// `path`, which has its other choices in it.
    pub fn of(path: &str, from: usize, size: usize, total: usize) -> Self {
        let joint = if path.contains('?') { '&' } else { '?' };
        let at = |from: usize| match from {
            0 => path.to_owned(),
            from => format!("{path}{joint}from={from}"),
        };
        let end = from.saturating_add(size).min(total);
        Self {
            first: if from < end { from + 1 } else { 0 },
            last: end,
            total,
            previous: if from == 0 {
                String::new()
            } else {
                at(from.saturating_sub(size))
            },
            next: if end < total { at(end) } else { String::new() },
        }
    }

    /// Whether there is more than what is shown.
    pub fn is_cut(&self) -> bool {
        !self.previous.is_empty() || !self.next.is_empty()
    }
}

/// The place in a list that the address names; 0 where it names none.
pub fn place(query: &Fields) -> usize {
    query.get("from").parse().unwrap_or(0).min(1_000_000)
}

/// `from`, or where the last part begins if the list has become shorter than that.
pub fn within(from: usize, size: usize, total: usize) -> usize {
    if from < total {
        from
    } else {
        total.saturating_sub(1) / size * size
    }
}

/// `2026-11-11 20:00` in the shop's time zone.
pub fn minute(time: Timestamp, zone: &TimeZone) -> String {
    let local = zone.to_datetime(time);
    local.strftime("%Y-%m-%d %H:%M").to_string()
}

/// Where a page that answers a form is left for the other language: forms'
/// addresses cannot be opened.
pub fn leave_to(frame: &mut Frame, path: &str) {
    let start = "/language?".to_owned();
    let length = start.len();
    let mut address = form_urlencoded::Serializer::for_suffix(start, length);
    address
        .append_pair("to", frame.language.say("en", "zh-CN"))
        .append_pair("back", path);
    frame.other_language = address.finish();
}

/// `id` as a part of an address.
pub fn segment(id: &str) -> String {
    form_urlencoded::byte_serialize(id.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: usize, total: usize, expected: (usize, usize, &str, &str)) {
        let part = Part::of("/queues/write", from, 10, total);
        let found = (
            part.first,
            part.last,
            part.previous.as_str(),
            part.next.as_str(),
        );
        assert_eq!(found, expected, "{from} of {total}");
    }

    #[test]
    fn a_part_leads_to_its_neighbours() {
        check(0, 0, (0, 0, "", ""));
        check(0, 10, (1, 10, "", ""));
        check(0, 11, (1, 10, "", "/queues/write?from=10"));
        check(10, 11, (11, 11, "/queues/write", ""));
        check(20, 11, (0, 11, "/queues/write?from=10", ""));
        let kind = Part::of("/a?kind=x", 10, 10, 30);
        assert_eq!(kind.next, "/a?kind=x&from=20");
        assert!(kind.is_cut());
    }

    #[test]
    fn what_is_left_of_a_shorter_list_is_shown() {
        for (from, total, expected) in [(0, 0, 0), (10, 11, 10), (10, 10, 0), (30, 21, 20)] {
            assert_eq!(within(from, 10, total), expected, "{from} of {total}");
        }
    }

    #[test]
    fn an_id_stays_one_segment() {
        assert_eq!(segment("a/b?c"), "a%2Fb%3Fc");
    }
}
