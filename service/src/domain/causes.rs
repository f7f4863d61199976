//! An error as one line of a log, with what brought it about.

use std::error::Error;
use std::fmt;

/// Shows an error with its sources, `error: source: source`. The log's JSON
/// lines would show the error alone, and so not which file or statement it was.
pub fn with_causes(error: &dyn Error) -> impl fmt::Display + '_ {
    fmt::from_fn(move |formatter| {
        write!(formatter, "{error}")?;
        let mut source = error.source();
        while let Some(cause) = source {
            write!(formatter, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("shop cannot be indexed")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn every_source_is_told_in_its_order() {
        let error = Outer(std::io::Error::other("disk is full"));
        assert_eq!(
            with_causes(&error).to_string(),
            "shop cannot be indexed: disk is full"
        );
    }
}
