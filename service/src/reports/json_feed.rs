//! JSON Feed 1.1 (jsonfeed.org/version/1.1).

use serde::Serialize;
use serde_json::json;

use super::feed::FeedInfo;
use super::plain;
use super::words::Words;
use crate::domain::insights::FeedEntry;

/// A feed as the format has it.
#[derive(Serialize)]
struct Feed<'a> {
    version: &'static str,
    title: &'a str,
    home_page_url: &'a str,
    feed_url: &'a str,
    language: &'static str,
    authors: [Author<'a>; 1],
    items: Vec<Item>,
}

#[derive(Serialize)]
struct Author<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct Item {
    id: String,
    title: String,
    content_text: String,
    date_published: String,
    date_modified: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    /// The figures: what is not of the format stands under a name of our own.
    #[serde(rename = "_zhiwen")]
    extension: serde_json::Value,
}

/// The feed as JSON Feed 1.1, to be served as `application/feed+json`, in the
/// order of `entries`. An entry's figures stand under `_zhiwen.figures`.
pub fn json_feed(info: &FeedInfo, entries: &[FeedEntry]) -> String {
    let items = entries
        .iter()
        .map(|entry| {
            let entry = plain::entry(entry);
            Item {
                id: info.entry_id(&entry.id),
                title: entry.title,
                content_text: entry.text,
                date_published: entry.published_at.to_string(),
                date_modified: entry.updated_at.to_string(),
                tags: entry.tags,
                extension: json!({ "figures": entry.data }),
            }
        })
        .collect();
    let (title, author) = (plain::line(&info.title), plain::line(&info.author));
    let feed = Feed {
        version: "https://jsonfeed.org/version/1.1",
        title: &title,
        home_page_url: &info.home_url,
        feed_url: &info.self_url,
        language: Words(info.locale).tag(),
        authors: [Author { name: &author }],
        items,
    };
    // By way of a value, which is always written.
    json!(feed).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::{feed, samples};
    use super::*;

    #[test]
    fn is_as_the_format_has_it() {
        let text = json_feed(&feed::sample(), &samples::entries());
        let value: serde_json::Value = serde_json::from_str(&text).expect("json");
        let members: Vec<&str> = value
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        for required in ["version", "title", "items"] {
            assert!(members.contains(&required), "{members:?}");
        }
        for item in value["items"].as_array().expect("items") {
            assert!(item["id"].as_str().is_some_and(|id| id.starts_with("urn:")));
            assert!(item["content_text"].is_string());
        }
        insta::assert_json_snapshot!("json_feed", value);
    }

    #[test]
    fn may_be_empty() {
        let value: serde_json::Value =
            serde_json::from_str(&json_feed(&feed::sample(), &[])).expect("json");
        assert_eq!(value["items"], json!([]));
    }
}
