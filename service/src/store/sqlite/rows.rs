//! Between stored values and domain types.

use std::fmt::Display;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::domain::fault::Fault;
use crate::store::{StoreError, StoreResult};

/// What was read as a `what`, or [`StoreError::Corrupt`].
pub(super) fn sound<T>(what: &'static str, read: Result<T, impl Display>) -> StoreResult<T> {
    read.map_err(|fault| StoreError::Corrupt {
        what,
        detail: fault.to_string(),
    })
}

/// A stored time.
pub(super) fn time(milliseconds: i64) -> StoreResult<Timestamp> {
    sound("time", Timestamp::from_millisecond(milliseconds))
}

/// A stored time, if any.
pub(super) fn optional_time(milliseconds: Option<i64>) -> StoreResult<Option<Timestamp>> {
    milliseconds.map(time).transpose()
}

/// A stored id that may be absent.
pub(super) fn optional_id<Id>(
    what: &'static str,
    text: Option<String>,
    parse: fn(&str) -> Result<Id, Fault>,
) -> StoreResult<Option<Id>> {
    text.map(|text| sound(what, parse(&text))).transpose()
}

/// An id of ours, of which the column has the 16 bytes.
pub(super) fn made_id<Id>(
    what: &'static str,
    bytes: &[u8],
    parse: fn(&str) -> Result<Id, Fault>,
) -> StoreResult<Id> {
    let uuid = sound(what, Uuid::from_slice(bytes))?;
    sound(what, parse(&uuid.to_string()))
}

/// Bytes of a fixed number.
pub(super) fn exact_bytes<const N: usize>(
    what: &'static str,
    bytes: Vec<u8>,
) -> StoreResult<[u8; N]> {
    bytes
        .try_into()
        .map_err(|bytes: Vec<u8>| StoreError::Corrupt {
            what,
            detail: format!("{} bytes in place of {N}", bytes.len()),
        })
}

/// `value` as JSON text.
pub(super) fn to_json<T: Serialize + ?Sized>(what: &'static str, value: &T) -> StoreResult<String> {
    sound(what, serde_json::to_string(value))
}

/// A value from JSON text.
pub(super) fn from_json<T: DeserializeOwned>(what: &'static str, text: &str) -> StoreResult<T> {
    sound(what, serde_json::from_str(text))
}

/// The bare word that serde gives a variant without fields: `low_confidence`.
pub(super) fn word<T: Serialize>(what: &'static str, variant: &T) -> StoreResult<String> {
    match sound(what, serde_json::to_value(variant))? {
        serde_json::Value::String(word) => Ok(word),
        other => Err(StoreError::Corrupt {
            what,
            detail: format!("{other} is not a word"),
        }),
    }
}

/// The variant of a bare word.
pub(super) fn from_word<T: DeserializeOwned>(what: &'static str, word: String) -> StoreResult<T> {
    sound(
        what,
        serde_json::from_value(serde_json::Value::String(word)),
    )
}
