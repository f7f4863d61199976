//! Text as retrieval sees it: normalised once, cut into terms the same way for knowledge and questions.

mod lexicon;
mod normalize;
mod terms;

pub use lexicon::lexicon_fingerprint;
pub use normalize::Normalized;
pub use terms::{Term, TermKind, terms, visit_terms};
