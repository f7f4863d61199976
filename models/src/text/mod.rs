//! Text as retrieval sees it: normalised once, cut into terms the same way for knowledge and questions.

mod lexicon;
mod normalize;
mod terms;

pub(crate) use lexicon::is_stop_word;
pub use lexicon::lexicon_fingerprint;
pub use normalize::Normalized;
pub(crate) use normalize::is_han;
pub use terms::{Term, TermKind, terms, visit_terms};
