//! The text of a message that is kept as HTML.

/// Tags that end a line.
const LINE_ENDS: [&str; 6] = ["br", "/p", "/div", "/li", "/tr", "/blockquote"];

const ENTITIES: [(&str, char); 7] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("#39", '\''),
    ("nbsp", ' '),
];

/// What people see of `html`: without tags, with line ends where blocks end.
pub fn to_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        let special = &rest[at..];
        let after = if special.starts_with('<') {
            tag(special, &mut text)
        } else {
            entity(special, &mut text)
        };
        rest = after;
    }
    text.push_str(rest);
    text.trim().to_owned()
}

/// Takes a tag from `rest`; a `<` that begins none stays.
fn tag<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let inside = &rest[1..];
    let is_tag =
        inside.starts_with(|first: char| first.is_ascii_alphabetic() || "/!".contains(first));
    match inside.find('>').filter(|_| is_tag) {
        Some(end) => {
            let name = inside[..end].split([' ', '\n']).next().unwrap_or("");
            let name = name.trim_end_matches('/').to_ascii_lowercase();
            if LINE_ENDS.contains(&name.as_str()) {
                text.push('\n');
            }
            &inside[end + 1..]
        }
        None => {
            text.push('<');
            inside
        }
    }
}

/// Takes an entity from `rest`; a `&` that begins none stays.
fn entity<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let inside = &rest[1..];
    let known = ENTITIES.iter().find_map(|(name, character)| {
        let after = inside.strip_prefix(name)?.strip_prefix(';')?;
        Some((*character, after))
    });
    let (character, after) = known.unwrap_or(('&', inside));
    text.push(character);
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_people_see() {
        for (html, text) in [
            (
                "<p>Hi, does it fit?</p><p>Thanks</p>",
                "Hi, does it fit?\nThanks",
            ),
            ("a<br/>b<BR>c", "a\nb\nc"),
            ("<a href=\"x>y\">link</a>", "y\">link"),
            (
                "3 < 5 &amp; 7 &gt; 2 &copy; R&D",
                "3 < 5 & 7 > 2 &copy; R&D",
            ),
            ("<img src=x>", ""),
            ("温度<60度", "温度<60度"),
        ] {
            assert_eq!(to_text(html), text, "{html}");
        }
    }
}
