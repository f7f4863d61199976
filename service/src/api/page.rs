//! Lists in pages: a limit, and a cursor that only this service reads.

use std::fmt::Write;

use crate::domain::fault::{Fault, FieldError};
use crate::error::ApiError;
use crate::settings::Settings;

const USUAL_LIMIT: u32 = 50;

/// The most items of a page, as asked for.
///
/// # Errors
/// When it is 0 or over the limit of the settings.
pub fn limit(asked: Option<u32>, settings: &Settings) -> Result<u32, ApiError> {
    let most = settings.page_limit;
    let limit = asked.unwrap_or(USUAL_LIMIT.min(most));
    if (1..=most).contains(&limit) {
        Ok(limit)
    } else {
        Err(ApiError::field(FieldError::new(
            "limit",
            Fault::outside(1, most),
        )))
    }
}

/// Where a list goes on, read by `parse` from the text that [`Page::cut`] was given.
///
/// # Errors
/// When it is no cursor of such a list.
pub fn cursor<T>(
    text: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, ApiError> {
    let Some(text) = text else {
        return Ok(None);
    };
    match decode(text).as_deref().and_then(parse) {
        Some(place) => Ok(Some(place)),
        None => {
            let fault =
                Fault::malformed("这个列表给出的 next_cursor", "a next_cursor of this list");
            Err(ApiError::field(FieldError::new("cursor", fault)))
        }
    }
}

/// A page, and where the list goes on.
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to hand in for the next page; `None` when this is the last.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page of at most `limit` of `found`, which has one more where the list
    /// goes on; `place` says where an item stands.
    pub fn cut(mut found: Vec<T>, limit: u32, place: impl Fn(&T) -> String) -> Self {
        let limit = limit as usize;
        let goes_on = found.len() > limit;
        found.truncate(limit);
        let last = found.last().filter(|_| goes_on);
        Self {
            next_cursor: last.map(|item| encode(&place(item))),
            items: found,
        }
    }
}

fn encode(place: &str) -> String {
    place.bytes().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn decode(text: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = text
        .as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
            }
            _ => None,
        })
        .collect();
    String::from_utf8(bytes?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_and_goes_on() {
        let page = Page::cut(vec!["a", "售后-01", "c"], 2, ToString::to_string);
        assert_eq!(page.items, ["a", "售后-01"]);
        let next = page.next_cursor.expect("goes on");
        let place = cursor(Some(&next), |text| Some(text.to_owned()))
            .ok()
            .flatten();
        assert_eq!(place.as_deref(), Some("售后-01"));
        assert_eq!(
            Page::cut(vec![1, 2], 2, ToString::to_string).next_cursor,
            None
        );
        for text in ["x", "zz", "ff", "€€"] {
            assert!(cursor(Some(text), |_| Some(())).is_err(), "{text}");
        }
    }
}
