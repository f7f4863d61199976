//! A classifier that reads a question's vector beside its words, for the one
//! encoder whose vectors it has learned with.

use zhiwen_models::classifier::{Classifier, ClassifierError};
use zhiwen_models::encoder::Identity;

/// A classifier with the encoder that it needs.
#[derive(Debug, Clone)]
pub struct VectorClassifier {
    /// The encoder's fingerprint: vectors of another would mislead it.
    pub encoder: u64,
    /// Trained with vectors.
    pub classifier: Classifier,
}

impl VectorClassifier {
    /// Whether it has learned with the vectors of `encoder`.
    pub fn suits(&self, encoder: &Identity) -> bool {
        self.encoder == encoder.fingerprint
    }

    /// The fingerprint, then the classifier.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.encoder.to_le_bytes().to_vec();
        bytes.extend(self.classifier.to_bytes());
        bytes
    }

    /// Reads what [`VectorClassifier::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the bytes are of something else, of another make, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ClassifierError> {
        let (encoder, classifier) = bytes
            .split_first_chunk::<8>()
            .ok_or(ClassifierError::Foreign)?;
        Ok(Self {
            encoder: u64::from_le_bytes(*encoder),
            classifier: Classifier::from_bytes(classifier)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use zhiwen_index::fusion::Fusion;
    use zhiwen_models::classifier::{Example, Options, train};
    use zhiwen_models::text::Normalized;

    use super::*;
    use crate::language::{Language, Reading, ShopEncoder};

    const ENCODER: u64 = 7;
    const INVOICE: [f32; 2] = [1.0, 0.0];
    const RETURN: [f32; 2] = [0.0, 1.0];

    fn classifier(has_vectors: bool) -> Classifier {
        let example = |text: &str, label: &str, vector: [f32; 2]| Example {
            text: Normalized::new(text),
            context: Vec::new(),
            label: label.to_owned(),
            weight: 1.0,
            vector: has_vectors.then(|| vector.to_vec()),
        };
        let mut examples = Vec::new();
        for number in 0..6 {
            let invoice = format!("发票开具{number}");
            examples.push(example(&invoice, "process.invoice", INVOICE));
            let back = format!("退货寄回{number}");
            examples.push(example(&back, "process.return", RETURN));
        }
        train(&examples, &[], &Options::default()).classifier
    }

    fn language(learned: VectorClassifier) -> Language {
        Language::of_parts(ShopEncoder::None, Fusion::default())
            .with_classifiers(classifier(false), learned)
    }

    fn learned() -> VectorClassifier {
        VectorClassifier {
            encoder: ENCODER,
            classifier: classifier(true),
        }
    }

    fn identity(fingerprint: u64) -> Identity {
        Identity {
            name: "stub".to_owned(),
            fingerprint,
            dimensions: 2,
        }
    }

    fn first(reading: &Reading) -> &str {
        reading
            .ranked
            .first()
            .map_or("", |(intent, _)| intent.as_str())
    }

    /// No word of it was learned: what it is about stands in its vector alone.
    const UNHEARD: &str = "抬头税号那张单子";

    #[test]
    fn a_vector_tells_what_words_cannot() {
        let language = language(learned());
        let read = |vector: &[f32]| {
            let read = language.read_with_vector(UNHEARD, &[], (vector, &identity(ENCODER)));
            read.expect("read with its vector")
        };
        assert_eq!(first(&read(&INVOICE)), "process.invoice");
        assert_eq!(first(&read(&RETURN)), "process.return");
        // Words alone say the same of it whichever was meant, and hardly more than a guess.
        let by_words = language.read(UNHEARD, &[]);
        let by_vector = read(&INVOICE);
        assert!(by_words.ranked[0].1 < by_vector.ranked[0].1);
    }

    #[test]
    fn nothing_is_read_with_a_vector_of_another_encoder() {
        let language = language(learned());
        let other = identity(ENCODER + 1);
        assert_eq!(
            language.read_with_vector(UNHEARD, &[], (&INVOICE, &other)),
            None
        );
        let silent = [0.0, 0.0];
        assert_eq!(
            language.read_with_vector(UNHEARD, &[], (&silent, &identity(ENCODER))),
            None
        );
    }

    #[test]
    fn comes_back_from_its_bytes() {
        let learned = learned();
        let read = VectorClassifier::from_bytes(&learned.to_bytes()).expect("read");
        assert!(read.suits(&identity(ENCODER)));
        assert!(!read.suits(&identity(ENCODER + 1)));
        assert_eq!(read.classifier.to_bytes(), learned.classifier.to_bytes());
        assert_eq!(
            VectorClassifier::from_bytes(&[1, 2]).err(),
            Some(ClassifierError::Foreign)
        );
        // A classifier of words alone has no encoder before it.
        let words = classifier(false).to_bytes();
        assert!(VectorClassifier::from_bytes(&words).is_err());
    }
}
