//! Atom (RFC 4287).

use super::feed::FeedInfo;
use super::plain;
use super::words::Words;
use crate::domain::insights::FeedEntry;

/// The feed as Atom, to be served as `application/atom+xml`, in the order of
/// `entries`. The text of an entry is HTML of one paragraph a line.
pub fn atom(info: &FeedInfo, entries: &[FeedEntry]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    let language = Words(info.locale).tag();
    xml.push_str(&format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{language}\">\n"
    ));
    push(&mut xml, 2, "id", &info.id());
    push(&mut xml, 2, "title", &plain::line(&info.title));
    push(&mut xml, 2, "updated", &info.updated_at.to_string());
    xml.push_str(&format!(
        "  <author><name>{}</name></author>\n",
        escape(&plain::line(&info.author))
    ));
    xml.push_str(&format!(
        "  <link rel=\"self\" type=\"application/atom+xml\" href=\"{}\"/>\n",
        escape(&plain::line(&info.self_url))
    ));
    xml.push_str(&format!(
        "  <link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n",
        escape(&plain::line(&info.home_url))
    ));
    push(&mut xml, 2, "generator", "Zhiwen");
    for entry in entries {
        push_entry(&mut xml, info, &plain::entry(entry));
    }
    xml.push_str("</feed>\n");
    xml
}

fn push_entry(xml: &mut String, info: &FeedInfo, entry: &FeedEntry) {
    xml.push_str("  <entry>\n");
    push(xml, 4, "id", &info.entry_id(&entry.id));
    push(xml, 4, "title", &entry.title);
    push(xml, 4, "published", &entry.published_at.to_string());
    push(xml, 4, "updated", &entry.updated_at.to_string());
    for tag in &entry.tags {
        xml.push_str(&format!("    <category term=\"{}\"/>\n", escape(tag)));
    }
    let paragraphs: String = entry
        .text
        .lines()
        .map(|line| format!("<p>{}</p>", escape(line)))
        .collect();
    // Escaped twice: as text within HTML, and the HTML as text within XML.
    xml.push_str(&format!(
        "    <content type=\"html\">{}</content>\n",
        escape(&paragraphs)
    ));
    xml.push_str("  </entry>\n");
}

fn push(xml: &mut String, indent: usize, name: &str, text: &str) {
    let text = escape(text);
    xml.push_str(&format!("{:indent$}<{name}>{text}</{name}>\n", ""));
}

/// `text` as it may stand in an element or an attribute. What XML has no place
/// for is gone already.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use quick_xml::Reader;
    use quick_xml::events::Event;

    use super::super::{feed, samples};
    use super::*;

    /// The names of elements, in order, of XML that is well-formed.
    fn elements(xml: &str) -> Vec<String> {
        let mut reader = Reader::from_str(xml);
        let mut names = Vec::new();
        let mut depth = 0;
        loop {
            match reader.read_event().expect("well-formed") {
                Event::Start(start) => {
                    depth += 1;
                    names.push(start.name().as_ref().to_owned());
                }
                Event::Empty(empty) => {
                    for attribute in empty.attributes() {
                        attribute.expect("an attribute");
                    }
                    names.push(empty.name().as_ref().to_owned());
                }
                Event::End(_) => depth -= 1,
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(depth, 0);
        names
    }

    #[test]
    fn is_well_formed_and_has_what_the_rfc_requires() {
        let xml = atom(&feed::sample(), &samples::entries());
        let names = elements(&xml);
        for (name, count) in [
            ("feed", 1),
            ("entry", 2),
            ("id", 3),
            ("updated", 3),
            ("author", 1),
            ("content", 2),
        ] {
            assert_eq!(
                names.iter().filter(|found| *found == name).count(),
                count,
                "{name}"
            );
        }
        let is_allowed = |c: char| c == '\n' || (!c.is_control() && c != '\u{ffff}');
        assert!(xml.chars().all(is_allowed), "{xml:?}");
        insta::assert_snapshot!("atom", xml);
    }

    #[test]
    fn may_be_empty() {
        let names = elements(&atom(&feed::sample(), &[]));
        assert!(!names.contains(&"entry".to_owned()));
    }
}
