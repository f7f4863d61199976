//! What a measurement is made with, and what it is compared with.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use zhiwen_index::fusion::Fusion;

use super::encoder::EncoderChoice;

/// The weights of a score's parts: `shipped` or a file in the form of `config/fusion.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FusionChoice {
    /// Those that come with the service.
    Shipped,
    /// Those of a file.
    File(PathBuf),
}

impl FromStr for FusionChoice {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "shipped" => Self::Shipped,
            file => Self::File(file.into()),
        })
    }
}

impl fmt::Display for FusionChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shipped => formatter.write_str("shipped weights"),
            Self::File(path) => {
                let name = path.file_name().unwrap_or(path.as_os_str());
                formatter.write_str(&name.to_string_lossy())
            }
        }
    }
}

impl FusionChoice {
    /// The weights.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self) -> Result<Fusion, Box<dyn Error>> {
        match self {
            Self::Shipped => Ok(Fusion::default()),
            Self::File(path) => read(path),
        }
    }
}

fn read(path: &Path) -> Result<Fusion, Box<dyn Error>> {
    let shown = path.display();
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let fusion = Fusion::from_toml(&text);
    Ok(fusion.map_err(|error| format!("{shown} has no weights: {error}"))?)
}

/// What answers are measured with. What is not given is as it is live.
#[derive(Debug, Clone, Default, PartialEq, clap::Args)]
pub struct SetupArgs {
    /// none, static, configured, bert:FOLDER, distilled:FILE or remote:URL#MODEL
    #[arg(long, value_name = "ENCODER")]
    pub encoder: Option<EncoderChoice>,
    /// The weights of a score's parts: shipped, or a file like config/fusion.toml
    #[arg(long, value_name = "FILE")]
    pub fusion: Option<FusionChoice>,
    /// The threshold that precision, coverage and accuracy are given at
    #[arg(long, value_name = "CONFIDENCE", value_parser = super::confidence)]
    pub threshold: Option<f32>,
}

/// What answers are compared with, by a paired bootstrap. What is not given is
/// as in the first measurement.
#[derive(Debug, Clone, Default, PartialEq, clap::Args)]
pub struct AgainstArgs {
    /// Compare with this encoder, by a paired bootstrap
    #[arg(long, value_name = "ENCODER")]
    against: Option<EncoderChoice>,
    /// Compare with these weights
    #[arg(long, value_name = "FILE")]
    against_fusion: Option<FusionChoice>,
    /// Compare with this threshold
    #[arg(long, value_name = "CONFIDENCE", value_parser = super::confidence)]
    against_threshold: Option<f32>,
    /// Compare with the search by words alone and the weights that come with
    /// the service
    #[arg(long, conflicts_with_all = ["against", "against_fusion"])]
    versus_lexical: bool,
}

impl AgainstArgs {
    /// What `first` is compared with; `None` where nothing is.
    pub fn second(&self, first: &SetupArgs) -> Option<SetupArgs> {
        let (encoder, fusion) = if self.versus_lexical {
            (Some(EncoderChoice::None), Some(FusionChoice::Shipped))
        } else {
            (self.against.clone(), self.against_fusion.clone())
        };
        let is_asked = encoder.is_some() || fusion.is_some() || self.against_threshold.is_some();
        is_asked.then(|| SetupArgs {
            encoder: encoder.or_else(|| first.encoder.clone()),
            fusion: fusion.or_else(|| first.fusion.clone()),
            threshold: self.against_threshold.or(first.threshold),
        })
    }
}

impl SetupArgs {
    /// What tells this from `other`, for the head of a column.
    pub fn name_beside(&self, other: &Self) -> String {
        let mut names = Vec::new();
        if self.encoder != other.encoder {
            let encoder = self.encoder.as_ref();
            names.push(encoder.map_or_else(|| "in use".to_owned(), ToString::to_string));
        }
        if self.fusion != other.fusion {
            let fusion = self.fusion.as_ref();
            names.push(fusion.map_or_else(|| "weights in use".to_owned(), ToString::to_string));
        }
        if self.threshold != other.threshold {
            let threshold = self.threshold;
            names.push(threshold.map_or_else(
                || "threshold in use".to_owned(),
                |threshold| format!("from {threshold}"),
            ));
        }
        if names.is_empty() {
            return "the same".to_owned();
        }
        names.join(", ")
    }

    /// Whether the same answers come of both, whatever becomes of them.
    pub fn finds_as(&self, other: &Self) -> bool {
        self.encoder == other.encoder && self.fusion == other.fusion
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        setup: SetupArgs,
        #[command(flatten)]
        against: AgainstArgs,
    }

    fn columns(line: &str) -> Option<(String, String)> {
        let words = std::iter::once("eval").chain(line.split_whitespace());
        let line = Line::try_parse_from(words).expect("parsed");
        let second = line.against.second(&line.setup)?;
        Some((
            line.setup.name_beside(&second),
            second.name_beside(&line.setup),
        ))
    }

    #[test]
    fn columns_are_named_by_what_differs() {
        for (line, first, second) in [
            ("--against none", "in use", "words alone"),
            ("--encoder bert:m/a --against bert:m/b", "a", "b"),
            (
                "--threshold 0.4 --against-threshold 0.5",
                "from 0.4",
                "from 0.5",
            ),
            (
                "--encoder none --against-fusion w.toml",
                "weights in use",
                "w.toml",
            ),
            (
                "--versus-lexical",
                "in use, weights in use",
                "words alone, shipped weights",
            ),
            ("--encoder none --against none", "the same", "the same"),
        ] {
            let named = columns(line).expect(line);
            assert_eq!(named, (first.to_owned(), second.to_owned()), "{line}");
        }
        assert_eq!(columns("--encoder none --threshold 0.3"), None);
    }

    #[test]
    fn a_file_of_weights_is_read_or_named() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("weights.toml");
        let mut fusion = Fusion::default();
        fusion.hybrid.relevance.cosine = 0.0;
        std::fs::write(&path, fusion.to_toml().expect("toml")).expect("written");
        assert_eq!(
            FusionChoice::File(path.clone()).read().expect("read"),
            fusion
        );
        std::fs::write(&path, "[lexical]").expect("written");
        let error = FusionChoice::File(path).read().expect_err("incomplete");
        assert!(
            error.to_string().contains("weights.toml has no weights"),
            "{error}"
        );
    }
}
