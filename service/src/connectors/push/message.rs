//! A notice as Markdown that the bots of all systems read alike.

use crate::domain::fault::Locale;
use crate::domain::push::Notice;

/// The most bytes of a title: what a phone shows of it.
const MOST_TITLE_BYTES: usize = 150;

/// How a system lays a message out.
pub(super) struct Layout {
    /// Put before each line.
    pub bullet: &'static str,
    /// The most that all may measure.
    pub most: usize,
    /// What a text measures.
    pub measure: fn(&str) -> usize,
}

/// The title on one line, without markup, of at most a few dozen characters.
pub(super) fn title(notice: &Notice) -> String {
    shortened(&plain(&notice.title), MOST_TITLE_BYTES, str::len)
}

/// The notice's lines between `head` and `tail`. Lines that do not fit are left
/// out, and it is said how many; nothing is cut within a character.
pub(super) fn lines(notice: &Notice, layout: &Layout, head: &str, tail: &str) -> String {
    let measure = layout.measure;
    let reserved = measure(head) + measure(tail) + measure(&left_out(notice, usize::MAX));
    let mut room = layout.most.saturating_sub(reserved);
    let mut text = head.to_owned();
    for (place, line) in notice.lines.iter().enumerate() {
        let line = format!("{}{}\n", layout.bullet, plain(line));
        let cost = measure(&line);
        if cost <= room {
            room -= cost;
            text.push_str(&line);
            continue;
        }
        // A first line that is too long is better cut than left out.
        let shown = if place == 0 {
            text.push_str(&shortened(&line, room, measure));
            text.push('\n');
            1
        } else {
            place
        };
        let rest = notice.lines.len() - shown;
        if rest > 0 {
            text.push_str(&left_out(notice, rest));
        }
        break;
    }
    text.push_str(tail);
    text.trim_end().to_owned()
}

/// A link in Markdown to where the reader finds more, on a line of its own.
pub(super) fn link(notice: &Notice) -> String {
    let Some(url) = &notice.url else {
        return String::new();
    };
    let url: String = url
        .chars()
        .map(|character| match character {
            '(' => "%28".to_owned(),
            ')' => "%29".to_owned(),
            '<' => "%3C".to_owned(),
            '>' => "%3E".to_owned(),
            ' ' => "%20".to_owned(),
            other => other.to_string(),
        })
        .collect();
    format!("\n[{}]({url})", link_text(notice))
}

/// What a link to more is called.
pub(super) fn link_text(notice: &Notice) -> &'static str {
    match notice.locale {
        Locale::Chinese => "查看详情",
        Locale::English => "Open",
    }
}

/// What `text` measures within JSON, quotes aside.
pub(super) fn measure_in_json(text: &str) -> usize {
    text.chars()
        .map(|character| match character {
            '"' | '\\' | '\n' | '\t' | '\r' => 2,
            character if character.is_control() => 6,
            character => character.len_utf8(),
        })
        .sum()
}

fn left_out(notice: &Notice, lines: usize) -> String {
    match notice.locale {
        Locale::Chinese => format!("……另有 {lines} 条\n"),
        Locale::English => format!("… and {lines} more\n"),
    }
}

/// `text` as one line without markup: what Markdown and the systems' tags are
/// made of becomes its full-width twin. Buyers' words are among the lines, and
/// must not ring everybody's phone (`<at id=all>`, `<@all>`) or hide a link.
fn plain(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words
        .join(" ")
        .chars()
        .filter(|character| !character.is_control())
        .map(|character| match character {
            '<' => '＜',
            '>' => '＞',
            '[' => '［',
            ']' => '］',
            '*' => '＊',
            '_' => '＿',
            '`' => '｀',
            '~' => '～',
            '#' => '＃',
            '\\' => '＼',
            other => other,
        })
        .collect()
}

/// `text`, or as much of its start as measures at most `most`, an ellipsis included.
fn shortened(text: &str, most: usize, measure: fn(&str) -> usize) -> String {
    let text = text.trim_end();
    if measure(text) <= most {
        return text.to_owned();
    }
    let mut room = most.saturating_sub(measure("…"));
    let mut buffer = [0; 4];
    let mut short: String = text
        .chars()
        .take_while(|character| {
            let cost = measure(character.encode_utf8(&mut buffer));
            let fits = cost <= room;
            room = room.saturating_sub(cost);
            fits
        })
        .collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::super::tests::notice;
    use super::*;

    const LAYOUT: Layout = Layout {
        bullet: "- ",
        most: 100,
        measure: str::len,
    };

    #[test]
    fn nothing_in_a_line_is_markup() {
        let bad = "<at id=all></at> **x** [a](b) `c` # <@all>\n\u{7}> q";
        assert_eq!(
            plain(bad),
            "＜at id=all＞＜/at＞ ＊＊x＊＊ ［a］(b) ｀c｀ ＃ ＜@all＞ ＞ q"
        );
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_counted() {
        let mut notice = notice();
        notice.lines = vec!["三十字节的一行字啊".to_owned(); 9];
        let text = lines(&notice, &LAYOUT, "# t\n", "\n[x](y)");
        assert!(text.len() <= 100, "{}", text.len());
        assert_eq!(text, "# t\n- 三十字节的一行字啊\n……另有 8 条\n\n[x](y)");
        notice.locale = Locale::English;
        let text = lines(&notice, &LAYOUT, "", "");
        assert!(text.ends_with("\n… and 7 more"), "{text}");
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_between_characters() {
        let mut notice = notice();
        notice.lines = vec!["运".repeat(200)];
        for most in 60..120 {
            let layout = Layout { most, ..LAYOUT };
            let text = lines(&notice, &layout, "# t\n", "");
            assert!(text.len() <= most, "{} of {most}", text.len());
            assert!(text.ends_with("运…"), "{text}");
        }
    }

    #[test]
    fn measures_as_json_does() {
        for text in ["运费", "a\"b\\c\nd\te\r", "🧾\u{1}"] {
            let json = serde_json::to_string(text).unwrap();
            assert_eq!(measure_in_json(text), json.len() - 2, "{text:?}");
        }
    }
}
