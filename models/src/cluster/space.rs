//! The space in which questions are compared, learned from a shop's questions:
//! by pairs where there are few of them, by density where there are many.

use super::latent_space::LatentSpace;
use super::pair_space::PairSpace;
use super::parallel::map_rows;
use crate::lexical::FileError;
use crate::text::Normalized;

/// Up to so many distinct questions each pair is judged by itself, by what is
/// known of the two: their density says little yet (docs/QUALITY.md).
const FEW: usize = 1_000;

/// Places of intents.
pub(super) const INTENTS: usize = 64;

/// The item that answers a question, by a key of its id, and how far that counts
/// against being like a question that another item answers.
pub type Answer = (u64, f32);

/// What is known of a question beside its words.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Meaning {
    /// Its intents with their probabilities, the likeliest first; an intent is a
    /// place below 64.
    pub intents: Vec<(usize, f32)>,
    /// The item that would answer it, and how probably that is right.
    pub answer: Option<(String, f32)>,
    /// Its text without the products that it names, where it names any: they say
    /// what is asked about and not what is asked.
    pub rest: Option<Normalized>,
}

/// A mapping of questions to vectors, learned from a shop's questions, for
/// those and for newcomers.
#[derive(Debug, Clone)]
pub struct Space(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Few(PairSpace),
    Many(LatentSpace),
}

/// Why bytes are no space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpaceError {
    /// They end early, or are of another version.
    #[error("space of questions is damaged")]
    Damaged,
    /// The words in it cannot be read.
    #[error("words of the space of questions cannot be read")]
    Words(#[from] FileError),
}

const FEW_MARK: &[u8; 4] = b"few1";
const MANY_MARK: &[u8; 4] = b"lat1";

impl Space {
    /// Learns from distinct questions. `vectors` are those of the shop's encoder,
    /// row after row in the order of `texts`, or empty where it has none.
    /// `meanings` are what they mean, as far as is known, in the same order; `None`
    /// where that will not be known: words alone are too little to judge a pair by.
    pub fn learn(texts: &[Normalized], vectors: &[f32], meanings: Option<&[Meaning]>) -> Self {
        Self(match meanings {
            Some(meanings) if Self::is_for_few(texts.len()) => {
                Kind::Few(PairSpace::learn(texts, vectors, meanings))
            }
            _ => Kind::Many(LatentSpace::learn(texts, vectors)),
        })
    }

    /// Whether pairs of so many questions are judged, by all of a [`Meaning`]; of
    /// more, the likeliest intent alone is looked at.
    pub fn is_for_few(questions: usize) -> bool {
        questions <= FEW
    }

    /// The dot product from which two questions more probably ask the same than
    /// not, both placed with vectors of the encoder, or one without; `None`
    /// where only their density tells.
    pub fn alike(&self, has_vectors: bool) -> Option<f32> {
        match &self.0 {
            Kind::Few(space) => Some(space.alike(has_vectors)),
            Kind::Many(_) => None,
        }
    }

    /// Which item answers each question, and how far that counts against its
    /// being like one that another item answers; empty where only density tells.
    pub fn answers(&self, meanings: &[Meaning]) -> Vec<Option<Answer>> {
        match &self.0 {
            Kind::Few(space) => meanings
                .iter()
                .map(|meaning| space.answer(meaning))
                .collect(),
            Kind::Many(_) => Vec::new(),
        }
    }

    /// The one of a single question; see [`Space::answers`].
    pub fn answer(&self, meaning: &Meaning) -> Option<Answer> {
        match &self.0 {
            Kind::Few(space) => space.answer(meaning),
            Kind::Many(_) => None,
        }
    }

    /// The length of a vector.
    pub fn dimensions(&self) -> usize {
        match &self.0 {
            Kind::Few(space) => space.dimensions(),
            Kind::Many(space) => space.dimensions(),
        }
    }

    /// The vector of a question that was learned from, some ten microseconds.
    /// `vector` is that of the shop's encoder, of the length it was learned
    /// with; one of another length, as where the encoder is down, is left out.
    /// Zeros where nothing is said.
    pub fn place(&self, text: &Normalized, vector: &[f32], meaning: &Meaning) -> Vec<f32> {
        match &self.0 {
            Kind::Few(space) => space.place(text, vector, meaning),
            Kind::Many(space) => space.place(text, vector, meaning),
        }
    }

    /// The vector of a question that was not learned from. A word that none of
    /// those had ("it exploded") turns it away from all of them, by its rarity:
    /// left out, the rest of the question would be like many.
    pub fn place_newcomer(&self, text: &Normalized, vector: &[f32], meaning: &Meaning) -> Vec<f32> {
        match &self.0 {
            Kind::Few(space) => space.place(text, vector, meaning),
            Kind::Many(space) => space.place_newcomer(text, vector, meaning),
        }
    }

    /// The vectors of many questions, row after row. `vectors` and `meanings`
    /// may be empty where nothing is known.
    pub fn place_all(
        &self,
        texts: &[Normalized],
        vectors: &[f32],
        meanings: &[Meaning],
    ) -> Vec<f32> {
        let width = vectors.len() / texts.len().max(1);
        let unknown = Meaning::default();
        let placed = map_rows(texts.len(), |row| {
            let vector = vectors.get(row * width..(row + 1) * width);
            let meaning = meanings.get(row).unwrap_or(&unknown);
            self.place(&texts[row], vector.unwrap_or(&[]), meaning)
        });
        placed.concat()
    }

    /// The space as bytes for [`Space::from_bytes`].
    pub fn to_bytes(&self) -> Vec<u8> {
        match &self.0 {
            Kind::Few(space) => [FEW_MARK.as_slice(), &space.to_bytes()].concat(),
            Kind::Many(space) => [MANY_MARK.as_slice(), &space.to_bytes()].concat(),
        }
    }

    /// The space that [`Space::to_bytes`] wrote.
    ///
    /// # Errors
    /// When `bytes` are something else, of another make or lexicon, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SpaceError> {
        let (mark, rest) = bytes.split_first_chunk().ok_or(SpaceError::Damaged)?;
        Ok(Self(match mark {
            FEW_MARK => Kind::Few(PairSpace::from_bytes(rest).ok_or(SpaceError::Damaged)?),
            MANY_MARK => Kind::Many(LatentSpace::from_bytes(rest)?),
            _ => return Err(SpaceError::Damaged),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexical::matrix::dot;

    /// Questions of `count` wordings, and the first of them again and again.
    fn texts(count: usize) -> Vec<Normalized> {
        const ABOUT: [&str; 4] = ["破壁机怎么洗", "破壁机好清洗吗", "怎么退款", "退款怎么办理"];
        (0..count)
            .map(|number| match number / ABOUT.len() {
                0 => Normalized::new(ABOUT[number]),
                round => Normalized::new(&format!("{} {round}", ABOUT[number % ABOUT.len()])),
            })
            .collect()
    }

    fn both() -> [Vec<Normalized>; 2] {
        [texts(4), texts(FEW + 200)]
    }

    #[test]
    fn a_word_never_heard_turns_a_newcomer_away() {
        for texts in both() {
            let space = Space::learn(&texts, &[], Some(&[]));
            let unknown = Meaning::default();
            let routine = space.place(&Normalized::new("破壁机怎么洗"), &[], &unknown);
            let alike = |text: &str| -> f32 {
                let placed = space.place_newcomer(&Normalized::new(text), &[], &unknown);
                dot(&placed, &routine) / dot(&routine, &routine)
            };
            assert!(
                alike("破壁机怎么清洗") > 0.75,
                "{}",
                alike("破壁机怎么清洗")
            );
            assert!(alike("破壁机炸裂") < 0.6, "{}", alike("破壁机炸裂"));
        }
    }

    #[test]
    fn is_the_same_after_bytes_and_goes_on_without_its_encoder() {
        let meaning = Meaning {
            intents: vec![(3, 0.75), (5, 0.25)],
            answer: Some(("k-refund".to_owned(), 0.9)),
            rest: None,
        };
        for texts in both() {
            let vectors: Vec<f32> = texts.iter().flat_map(|_| [0.6, 0.8]).collect();
            for vectors in [&vectors[..], &[]] {
                let space = Space::learn(&texts, vectors, Some(&[]));
                let again = Space::from_bytes(&space.to_bytes()).expect("read");
                assert_eq!(space.alike(true), again.alike(true));
                assert_eq!(space.alike(true).is_some(), Space::is_for_few(texts.len()));
                let meanings = vec![meaning.clone(); texts.len()];
                let placed = space.place_all(&texts, vectors, &meanings);
                assert_eq!(placed, again.place_all(&texts, vectors, &meanings));
                assert_eq!(placed.len(), texts.len() * space.dimensions());
                let alone = space.place(&texts[0], &[], &meaning);
                assert_eq!(alone.len(), space.dimensions());
            }
        }
        for damaged in [&[1, 0][..], &[9, 0, 0, 0, 1], b"few1\0\0\0\0\0"] {
            let error = Space::from_bytes(damaged).err();
            assert_eq!(error, Some(SpaceError::Damaged), "{damaged:?}");
        }
    }
}
