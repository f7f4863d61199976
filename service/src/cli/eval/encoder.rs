//! `--encoder` and `--against`: which encoder a measurement is made with.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use zhiwen_models::encoder::Encoder;

use crate::language::EncoderSource;
use crate::settings::{self, Bert, Remote, Settings};
use crate::startup::encoders;

/// `none`, `static`, `configured`, `bert:FOLDER`, `distilled:FILE` or `remote:URL#MODEL`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum EncoderChoice {
    /// No vectors.
    #[default]
    None,
    /// A static one, of the shop or trained for the measurement.
    Static,
    /// The one that the settings name.
    Configured,
    /// A BERT-shaped model from a folder.
    Bert(PathBuf),
    /// A distilled table from a file.
    Distilled(PathBuf),
    /// A server with an OpenAI-compatible `/embeddings`.
    Remote {
        /// The address before `/embeddings`.
        url: String,
        /// The model's name there.
        model: String,
    },
}

impl FromStr for EncoderChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = match text.split_once(':') {
            None => match text {
                "none" => Some(Self::None),
                "static" => Some(Self::Static),
                "configured" => Some(Self::Configured),
                _ => None,
            },
            Some(("bert", folder)) if !folder.is_empty() => Some(Self::Bert(folder.into())),
            Some(("distilled", file)) if !file.is_empty() => Some(Self::Distilled(file.into())),
            Some(("remote", server)) => server
                .split_once('#')
                .filter(|(url, model)| reqwest::Url::parse(url).is_ok() && !model.is_empty())
                .map(|(url, model)| Self::Remote {
                    url: url.to_owned(),
                    model: model.to_owned(),
                }),
            Some(_) => None,
        };
        known.ok_or_else(|| {
            "expected none, static, configured, bert:FOLDER, distilled:FILE or remote:URL#MODEL"
                .to_owned()
        })
    }
}

impl fmt::Display for EncoderChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => formatter.write_str("words alone"),
            Self::Static => formatter.write_str("static"),
            Self::Configured => formatter.write_str("configured"),
            Self::Bert(path) | Self::Distilled(path) => {
                let name = path.file_name().unwrap_or(path.as_os_str());
                formatter.write_str(&name.to_string_lossy())
            }
            Self::Remote { model, .. } => formatter.write_str(model),
        }
    }
}

/// Starts the encoder. Other than the service, a measurement does not go on without.
///
/// # Errors
/// When it cannot be started.
pub async fn open(
    choice: &EncoderChoice,
    settings: &Settings,
) -> Result<EncoderSource, Box<dyn Error>> {
    let chosen = match choice {
        EncoderChoice::None => settings::Encoder::None,
        EncoderChoice::Static => settings::Encoder::Static,
        EncoderChoice::Configured => settings.encoder.clone(),
        EncoderChoice::Bert(folder) => settings::Encoder::Bert(Bert {
            folder: folder.clone(),
            workers: 1,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            batch: 32,
            queue: 1_024,
        }),
        EncoderChoice::Distilled(file) => settings::Encoder::Distilled(file.clone()),
        EncoderChoice::Remote { url, model } => settings::Encoder::Remote(Remote {
            key: key_for(url, &settings.encoder),
            url: url.clone(),
            model: model.clone(),
        }),
    };
    Ok(encoders::open(&chosen).await?)
}

/// Starts an encoder that needs no shop; `None` for words alone.
///
/// # Errors
/// When it cannot be started, or is a shop's own.
pub async fn shared(
    choice: &EncoderChoice,
    settings: &Settings,
) -> Result<Option<Arc<dyn Encoder>>, Box<dyn Error>> {
    match open(choice, settings).await? {
        EncoderSource::Shared(encoder) => Ok(Some(encoder)),
        EncoderSource::None | EncoderSource::Failed => Ok(None),
        EncoderSource::Own => Err("a static encoder is a shop's own: there is none here".into()),
    }
}

/// The settings' key, for the server that it is of and for no other.
fn key_for(url: &str, configured: &settings::Encoder) -> String {
    match configured {
        settings::Encoder::Remote(remote) if remote.url == url => remote.key.clone(),
        settings::Encoder::Remote(_)
        | settings::Encoder::None
        | settings::Encoder::Static
        | settings::Encoder::Bert(_)
        | settings::Encoder::Distilled(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_and_named() {
        for (text, name) in [
            ("none", "words alone"),
            ("static", "static"),
            ("configured", "configured"),
            ("bert:models/bge-small-zh", "bge-small-zh"),
            ("distilled:/data/small.table", "small.table"),
            ("remote:http://localhost:8080/v1#bge-m3", "bge-m3"),
        ] {
            let choice: EncoderChoice = text.parse().expect(text);
            assert_eq!(choice.to_string(), name);
        }
        for text in [
            "",
            "bert:",
            "bert",
            "remote:localhost",
            "remote:http://a/v1#",
            "word2vec:x",
        ] {
            assert!(text.parse::<EncoderChoice>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_key_goes_to_its_own_server_alone() {
        let configured = settings::Encoder::Remote(Remote {
            url: "https://one.example/v1".to_owned(),
            model: "m".to_owned(),
            key: "secret".to_owned(),
        });
        assert_eq!(key_for("https://one.example/v1", &configured), "secret");
        assert_eq!(key_for("https://two.example/v1", &configured), "");
        assert_eq!(
            key_for("https://one.example/v1", &settings::Encoder::Static),
            ""
        );
    }
}
