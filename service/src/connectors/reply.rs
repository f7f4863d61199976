//! Reading a reply that may be longer than it should.

use reqwest::Response;

/// Why a reply's body was not read.
#[derive(Debug)]
pub(super) enum BodyError {
    /// It is longer than asked for.
    TooLong,
    /// The connection broke.
    Broken(reqwest::Error),
}

/// The whole body, of `most` bytes at most: what a server sends is not to fill
/// the memory.
pub(super) async fn body_within(mut reply: Response, most: usize) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(chunk) = reply.chunk().await.map_err(BodyError::Broken)? {
        if body.len() + chunk.len() > most {
            return Err(BodyError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The first `most` bytes of the body; the rest is not read.
pub(super) async fn start_of_body(mut reply: Response, most: usize) -> reqwest::Result<Vec<u8>> {
    let mut body = Vec::new();
    while body.len() < most {
        let Some(chunk) = reply.chunk().await? else {
            break;
        };
        let room = chunk.len().min(most - body.len());
        body.extend_from_slice(&chunk[..room]);
    }
    Ok(body)
}
