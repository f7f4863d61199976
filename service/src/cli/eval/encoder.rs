//! `--encoder`: which encoder a measurement is made with.

use std::error::Error;
use std::path::PathBuf;
use std::str::FromStr;

use crate::language::EncoderSource;
use crate::settings::{Bert, Encoder};
use crate::startup::encoders;

/// `none`, `bert:FOLDER` or `distilled:FILE`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum EncoderChoice {
    /// No vectors.
    #[default]
    None,
    /// A BERT-shaped model from a folder.
    Bert(PathBuf),
    /// A distilled table from a file.
    Distilled(PathBuf),
}

impl FromStr for EncoderChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "none" => Ok(Self::None),
            Some(("bert", folder)) if !folder.is_empty() => Ok(Self::Bert(folder.into())),
            Some(("distilled", file)) if !file.is_empty() => Ok(Self::Distilled(file.into())),
            _ => Err("expected none, bert:FOLDER or distilled:FILE".to_owned()),
        }
    }
}

/// Starts the encoder. Other than the service, a measurement does not go on without.
///
/// # Errors
/// When it cannot be started.
pub async fn open(choice: &EncoderChoice) -> Result<EncoderSource, Box<dyn Error>> {
    let settings = match choice {
        EncoderChoice::None => Encoder::None,
        EncoderChoice::Bert(folder) => Encoder::Bert(Bert {
            folder: folder.clone(),
            workers: 1,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            batch: 32,
            queue: 1_024,
        }),
        EncoderChoice::Distilled(file) => Encoder::Distilled(file.clone()),
    };
    Ok(encoders::open(&settings).await?)
}
