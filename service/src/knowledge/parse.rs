//! An item as it comes in, over JSON or as a row of a file, with its id.

use jiff::tz::TimeZone;

use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::KnowledgeId;
use crate::domain::knowledge::{KnowledgeContent, RawKnowledge, id_from_title};

/// The id, given or made from the title, where that is one; and what the item
/// says, or everything that is wrong with it. With content there is an id.
///
/// Local times are in `zone`.
pub fn parse_item(
    raw: &RawKnowledge,
    zone: &TimeZone,
) -> (
    Option<KnowledgeId>,
    Result<KnowledgeContent, Vec<FieldError>>,
) {
    let given = raw.id.as_deref().filter(|id| !id.trim().is_empty());
    let mut errors = Vec::new();
    let id = match given {
        Some(id) => KnowledgeId::parse(id)
            .map_err(|fault| errors.push(FieldError::new("id", fault)))
            .ok(),
        // A title that gives no id is refused as a title below.
        None => id_from_title(&raw.title).ok(),
    };
    let content = KnowledgeContent::parse(raw, zone).map_err(|faults| errors.extend(faults));
    // A title of nothing but platform placeholders is one, but gives no id.
    if let (Ok(_), None, None) = (&content, &id, given) {
        errors.push(FieldError::new("id", Fault::Missing));
    }
    match content {
        Ok(content) if errors.is_empty() => (id, Ok(content)),
        _ => (id, Err(errors)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(id: Option<&str>, title: &str, expected: Result<&str, &[&str]>) {
        let raw = RawKnowledge {
            id: id.map(str::to_owned),
            domain: "process".to_owned(),
            title: title.to_owned(),
            ..RawKnowledge::default()
        };
        let (found, content) = parse_item(&raw, &TimeZone::UTC);
        match (expected, content) {
            (Ok(id), Ok(_)) => assert_eq!(found.map(String::from).as_deref(), Some(id)),
            (Err(fields), Err(errors)) => {
                let found: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
                assert_eq!(found, fields);
            }
            (_, content) => panic!("{id:?} {title:?}: {content:?}"),
        }
    }

    #[test]
    fn takes_the_words_that_people_use() {
        let raw = RawKnowledge {
            status: Some(" 已归档 ".to_owned()),
            domain: "仓配".to_owned(),
            title: "几天到".to_owned(),
            ..RawKnowledge::default()
        };
        let (_, content) = parse_item(&raw, &TimeZone::UTC);
        let content = content.expect("valid");
        assert_eq!(
            (content.status.as_str(), content.domain.as_str()),
            ("archived", "warehouse")
        );
    }

    #[test]
    fn takes_the_id_or_makes_it() {
        let made = id_from_title("发票").expect("valid").to_string();
        check(Some(" a "), "发票", Ok("a"));
        check(None, "发票", Ok(&made));
        check(Some(" "), "发票", Ok(&made));
        check(Some("a b"), " ", Err(&["id", "title"]));
        check(None, "", Err(&["title"]));
    }
}
