//! Hands normalised text to tantivy as ready terms, so that no text enters the index unnormalised.

use tantivy::tokenizer::{PreTokenizedString, Token};
use zhiwen_models::text::{Normalized, TermKind, visit_terms};

/// The terms of `texts`, in order.
pub(crate) fn tokenized<'a>(texts: impl IntoIterator<Item = &'a Normalized>) -> PreTokenizedString {
    tokenized_without(None, texts)
}

/// The terms of a long text: a single Han character in it says next to
/// nothing, yet its postings would be the longest of all.
pub(crate) fn tokenized_long(text: &Normalized) -> PreTokenizedString {
    tokenized_without(Some(TermKind::HanCharacter), [text])
}

fn tokenized_without<'a>(
    left_out: Option<TermKind>,
    texts: impl IntoIterator<Item = &'a Normalized>,
) -> PreTokenizedString {
    let mut tokens = Vec::new();
    for text in texts {
        visit_terms(text, |term, kind| {
            if left_out == Some(kind) {
                return;
            }
            tokens.push(Token {
                offset_from: 0,
                offset_to: 0,
                position: tokens.len(),
                text: term.to_owned(),
                position_length: 1,
            });
        });
    }
    PreTokenizedString {
        // Fields are not stored: the text itself is not needed.
        text: String::new(),
        tokens,
    }
}
