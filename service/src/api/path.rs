//! The `{id}` of an address as the id that it is, and ids as parts of addresses.

use std::fmt::Write;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::{Ready, ready};

use crate::domain::fault::{Fault, FieldError};
use crate::error::ApiError;

/// The `{id}` of the address.
pub struct Id<T>(pub T);

impl<T: TryFrom<String, Error = Fault>> FromRequest for Id<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let text = web::Path::<String>::from_request(request, payload).into_inner();
        let invalid = |fault| ApiError::field(FieldError::new("id", fault));
        let id = match text {
            // What is not UTF-8 has been read as this character by now.
            Ok(text) if !text.contains('\u{fffd}') => {
                T::try_from(text.into_inner()).map_err(invalid)
            }
            _ => Err(invalid(Fault::malformed(
                "百分号编码的 UTF-8",
                "percent-encoded utf-8",
            ))),
        };
        ready(id.map(Self))
    }
}

/// `text` as one segment of an address.
pub fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_what_an_address_cannot_hold() {
        assert_eq!(segment("a-1_b.c~"), "a-1_b.c~");
        assert_eq!(segment("售/%?"), "%E5%94%AE%2F%25%3F");
    }
}
