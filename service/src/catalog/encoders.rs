//! Where vectors come from by now: an encoder that was down at the start may
//! come later, and one that is there may fail.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use zhiwen_models::encoder::Encoder;

use crate::domain::language::EncoderState;
use crate::language::EncoderSource;

/// The source of vectors for all shops, and how it does.
pub struct Encoders {
    current: RwLock<Current>,
    is_failing: AtomicBool,
}

struct Current {
    source: EncoderSource,
    /// Grows with each change of the source.
    revision: u64,
}

impl Encoders {
    pub(super) fn new(source: EncoderSource) -> Self {
        Self {
            current: RwLock::new(Current {
                source,
                revision: 1,
            }),
            is_failing: AtomicBool::new(false),
        }
    }

    /// The source in use.
    pub fn source(&self) -> EncoderSource {
        self.with_revision().0
    }

    /// The encoder for all shops, where there is one.
    pub fn shared(&self) -> Option<Arc<dyn Encoder>> {
        match self.source() {
            EncoderSource::Shared(encoder) => Some(encoder),
            EncoderSource::None | EncoderSource::Own | EncoderSource::Failed => None,
        }
    }

    /// Notes whether the source in use gives vectors; whether that is news.
    pub fn note(&self, is_failing: bool) -> bool {
        self.is_failing.swap(is_failing, Ordering::Relaxed) != is_failing
    }

    /// How the source does.
    pub fn state(&self) -> EncoderState {
        match self.source() {
            EncoderSource::None => EncoderState::None,
            EncoderSource::Own => EncoderState::Ready,
            EncoderSource::Failed => EncoderState::Failed,
            EncoderSource::Shared(_) if self.is_failing.load(Ordering::Relaxed) => {
                EncoderState::Failed
            }
            EncoderSource::Shared(_) => EncoderState::Ready,
        }
    }

    /// The source in use, and which in the row of all it is.
    pub(super) fn with_revision(&self) -> (EncoderSource, u64) {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        (current.source.clone(), current.revision)
    }

    pub(super) fn replace(&self, source: EncoderSource) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let revision = current.revision + 1;
        *current = Current { source, revision };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_and_silent_has_failed() {
        for (source, state) in [
            (EncoderSource::None, EncoderState::None),
            (EncoderSource::Own, EncoderState::Ready),
            (EncoderSource::Failed, EncoderState::Failed),
        ] {
            assert_eq!(Encoders::new(source).state(), state);
        }
        let encoders = Encoders::new(EncoderSource::Failed);
        encoders.replace(EncoderSource::None);
        assert_eq!(encoders.with_revision().1, 2);
        assert_eq!(encoders.state(), EncoderState::None);
        assert!(encoders.note(true));
        assert!(!encoders.note(true));
    }
}
