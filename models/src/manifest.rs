//! Reads the folder of a BERT-shaped sentence model: what it is and how it is to be run.
//!
//! The folder is as sentence-transformers writes it: `config.json`,
//! `model.safetensors`, `vocab.txt`, and optionally `tokenizer_config.json`,
//! `modules.json`, `1_Pooling/config.json` and `sentence_bert_config.json`. Our
//! own `zhiwen-model.toml` is optional and wins over all of them:
//!
//! ```toml
//! name = "bge-small-zh-v1.5"
//! pooling = "cls"               # "cls", "mean" or "max"
//! max_tokens = 128              # longer texts are cut off
//! question_prefix = "为这个句子生成表示以用于检索相关文章："
//! knowledge_prefix = ""
//! ```

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::wordpiece::{Folding, WordPieces};

pub mod weights;

#[cfg(test)]
pub(crate) mod sample;

/// The weights' file.
pub const WEIGHTS: &str = "model.safetensors";
/// The vocabulary's file.
pub const VOCABULARY: &str = "vocab.txt";
/// Our own settings of a model.
pub const MANIFEST: &str = "zhiwen-model.toml";
const CONFIG: &str = "config.json";
const POOLING: &str = "1_Pooling/config.json";
const TOKENIZER: &str = "tokenizer_config.json";
const SENTENCE: &str = "sentence_bert_config.json";
const MODULES: &str = "modules.json";

/// Why a folder is no model that can be run. Each names the file.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file cannot be read.
    #[error("cannot read {file}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{file} is invalid: {reason}")]
    Invalid {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A good model of a kind that is not run here.
    #[error("{file} asks for what is not supported: {reason}")]
    Unsupported {
        /// The file.
        file: PathBuf,
        /// What is asked for.
        reason: String,
    },
    /// The model's library failed on files that looked right.
    #[error("cannot load the model of {folder}: {reason}")]
    NotLoaded {
        /// The folder.
        folder: PathBuf,
        /// What the library says.
        reason: String,
    },
}

/// How the vectors of the pieces become one of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The vector of `[CLS]`.
    Cls,
    /// The mean over all pieces.
    Mean,
    /// The largest value over all pieces.
    Max,
}

/// The shape of a BERT, from `config.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Shape {
    /// `bert`, or it is not run here.
    model_type: String,
    /// The length of the vectors.
    pub hidden_size: usize,
    /// The number of layers.
    pub num_hidden_layers: usize,
    /// The number of heads of attention in each layer.
    pub num_attention_heads: usize,
    /// The width inside a layer.
    pub intermediate_size: usize,
    /// The longest sequence of pieces.
    pub max_position_embeddings: usize,
    /// The number of kinds of segments.
    pub type_vocab_size: usize,
    /// The number of pieces.
    pub vocab_size: usize,
    /// The function between the two halves of a layer.
    #[serde(default = "gelu")]
    pub hidden_act: String,
    #[serde(default = "smallest")]
    layer_norm_eps: f64,
    #[serde(default = "absolute")]
    position_embedding_type: String,
}

fn gelu() -> String {
    "gelu".to_owned()
}

fn absolute() -> String {
    "absolute".to_owned()
}

/// The one value that the model's library has built in.
fn smallest() -> f64 {
    1e-12
}

/// A model's folder, read and found in order; the weights are only looked over.
#[derive(Debug, Clone)]
pub struct ModelFolder {
    /// Where it is.
    pub folder: PathBuf,
    /// Its name for people.
    pub name: String,
    /// The shape of the network.
    pub shape: Shape,
    /// What the names of its tensors start with: nothing or `bert.`.
    pub tensor_prefix: &'static str,
    /// How a text's vector is made.
    pub pooling: Pooling,
    /// The most pieces of a text, with the two ends.
    pub max_tokens: usize,
    /// Goes before what a buyer asks.
    pub question_prefix: String,
    /// Goes before what it is compared with.
    pub knowledge_prefix: String,
    /// Its word pieces.
    pub pieces: WordPieces,
    /// The first eight bytes of a SHA-256 over weights, vocabulary, shape and settings.
    pub fingerprint: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Manifest {
    name: Option<String>,
    pooling: Option<Pooling>,
    max_tokens: Option<usize>,
    question_prefix: String,
    knowledge_prefix: String,
    /// Where the folder was fetched from, which changes no vector.
    #[serde(rename = "source")]
    _source: serde::de::IgnoredAny,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PoolingModes {
    pooling_mode_cls_token: bool,
    pooling_mode_mean_tokens: bool,
    pooling_mode_max_tokens: bool,
    pooling_mode_mean_sqrt_len_tokens: bool,
    pooling_mode_weightedmean_tokens: bool,
    pooling_mode_lasttoken: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TokenizerSettings {
    do_lower_case: Option<bool>,
    strip_accents: Option<bool>,
    tokenize_chinese_chars: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SentenceSettings {
    max_seq_length: Option<usize>,
}

#[derive(Debug, Deserialize)]
struct ModuleEntry {
    r#type: String,
}

impl ModelFolder {
    /// Reads `folder` and checks that everything fits together.
    ///
    /// # Errors
    /// [`ModelError`], which names the file at fault.
    pub fn read(folder: &Path) -> Result<Self, ModelError> {
        let config = read_bytes(folder, CONFIG)?;
        let shape = read_shape(folder, &config)?;
        refuse_other_modules(folder)?;
        let (manifest, manifest_text) = read_manifest(folder)?;
        let pooling = match manifest.pooling {
            Some(pooling) => pooling,
            None => read_pooling(folder)?,
        };
        let sentence: SentenceSettings = read_json(folder, SENTENCE)?.unwrap_or_default();
        let most = shape.max_position_embeddings;
        let max_tokens = match (manifest.max_tokens, sentence.max_seq_length) {
            (Some(tokens), _) if tokens < 3 || tokens > most => {
                let reason = format!("max_tokens is {tokens}, and the model takes 3 to {most}");
                return Err(invalid(folder, MANIFEST, reason));
            }
            (Some(tokens), _) => tokens,
            (None, Some(tokens)) => tokens.clamp(3, most),
            (None, None) => most,
        };
        let vocabulary = read_bytes(folder, VOCABULARY)?;
        let pieces = read_pieces(folder, &vocabulary, &shape)?;
        let tensor_prefix = weights::check(&folder.join(WEIGHTS), &shape)?;
        let name = manifest.name.unwrap_or_else(|| folder_name(folder));
        let settings = format!("{pooling:?} {max_tokens} {:?}", read_folding(folder)?);
        let parts = [
            &config,
            &vocabulary,
            manifest_text.as_bytes(),
            settings.as_bytes(),
        ];
        Ok(Self {
            fingerprint: fingerprint(&folder.join(WEIGHTS), &parts)?,
            folder: folder.to_owned(),
            name,
            shape,
            tensor_prefix,
            pooling,
            max_tokens,
            question_prefix: manifest.question_prefix,
            knowledge_prefix: manifest.knowledge_prefix,
            pieces,
        })
    }
}

fn read_shape(folder: &Path, config: &[u8]) -> Result<Shape, ModelError> {
    let shape: Shape = serde_json::from_slice(config)
        .map_err(|error| invalid(folder, CONFIG, error.to_string()))?;
    let unsupported = |reason: String| Err(unsupported(folder, CONFIG, reason));
    if shape.model_type != "bert" {
        return unsupported(format!("model_type {:?}, not \"bert\"", shape.model_type));
    }
    if shape.position_embedding_type != "absolute" {
        let kind = &shape.position_embedding_type;
        return unsupported(format!("position_embedding_type {kind:?}"));
    }
    if !matches!(shape.hidden_act.as_str(), "gelu" | "relu") {
        return unsupported(format!("hidden_act {:?}", shape.hidden_act));
    }
    if shape.layer_norm_eps > 2e-12 {
        return unsupported(format!(
            "layer_norm_eps {:e}, not 1e-12",
            shape.layer_norm_eps
        ));
    }
    let sizes = [
        shape.hidden_size,
        shape.num_hidden_layers,
        shape.num_attention_heads,
        shape.intermediate_size,
        shape.type_vocab_size,
        shape.vocab_size,
    ];
    let is_sane = sizes.iter().all(|size| (1..=1 << 24).contains(size))
        && (3..=1 << 20).contains(&shape.max_position_embeddings)
        && shape.hidden_size.is_multiple_of(shape.num_attention_heads);
    if !is_sane {
        return Err(invalid(
            folder,
            CONFIG,
            "its sizes make no model".to_owned(),
        ));
    }
    Ok(shape)
}

/// A folder without `modules.json` is a plain BERT.
fn refuse_other_modules(folder: &Path) -> Result<(), ModelError> {
    const KNOWN: [&str; 3] = ["Transformer", "Pooling", "Normalize"];
    let modules: Vec<ModuleEntry> = read_json(folder, MODULES)?.unwrap_or_default();
    let other = modules.iter().find(|module| {
        let last = module.r#type.rsplit('.').next().unwrap_or("");
        !KNOWN.contains(&last)
    });
    match other {
        Some(module) => Err(unsupported(
            folder,
            MODULES,
            format!("a module {:?}", module.r#type),
        )),
        None => Ok(()),
    }
}

fn read_manifest(folder: &Path) -> Result<(Manifest, String), ModelError> {
    let Some(bytes) = read_if_there(folder, MANIFEST)? else {
        return Ok((Manifest::default(), String::new()));
    };
    let text =
        String::from_utf8(bytes).map_err(|error| invalid(folder, MANIFEST, error.to_string()))?;
    let manifest =
        toml::from_str(&text).map_err(|error| invalid(folder, MANIFEST, error.to_string()))?;
    Ok((manifest, text))
}

/// The mean where nothing is said, as sentence-transformers has it.
fn read_pooling(folder: &Path) -> Result<Pooling, ModelError> {
    let Some(modes) = read_json::<PoolingModes>(folder, POOLING)? else {
        return Ok(Pooling::Mean);
    };
    let refused = modes.pooling_mode_mean_sqrt_len_tokens
        || modes.pooling_mode_weightedmean_tokens
        || modes.pooling_mode_lasttoken;
    let chosen = (
        modes.pooling_mode_cls_token,
        modes.pooling_mode_mean_tokens,
        modes.pooling_mode_max_tokens,
    );
    match chosen {
        (true, false, false) if !refused => Ok(Pooling::Cls),
        (false, true, false) if !refused => Ok(Pooling::Mean),
        (false, false, true) if !refused => Ok(Pooling::Max),
        _ => Err(unsupported(
            folder,
            POOLING,
            "a pooling that is not one of cls, mean and max".to_owned(),
        )),
    }
}

fn read_folding(folder: &Path) -> Result<Folding, ModelError> {
    let settings: TokenizerSettings = read_json(folder, TOKENIZER)?.unwrap_or_default();
    let lower_case = settings.do_lower_case.unwrap_or(true);
    Ok(Folding {
        lower_case,
        strip_accents: settings.strip_accents.unwrap_or(lower_case),
        part_chinese: settings.tokenize_chinese_chars.unwrap_or(true),
    })
}

fn read_pieces(folder: &Path, bytes: &[u8], shape: &Shape) -> Result<WordPieces, ModelError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| invalid(folder, VOCABULARY, error.to_string()))?;
    let lines = text.lines().count();
    if lines > shape.vocab_size {
        let reason = format!(
            "{lines} pieces, and {CONFIG} has vocab_size {}",
            shape.vocab_size
        );
        return Err(invalid(folder, VOCABULARY, reason));
    }
    WordPieces::new(text, read_folding(folder)?)
        .map_err(|error| invalid(folder, VOCABULARY, error.to_string()))
}

fn folder_name(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or(folder.as_os_str());
    name.to_string_lossy().into_owned()
}

fn fingerprint(weights: &Path, parts: &[&[u8]]) -> Result<u64, ModelError> {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let unreadable = |source| ModelError::Unreadable {
        file: weights.to_owned(),
        source,
    };
    let mut file = std::fs::File::open(weights).map_err(unreadable)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        hash.update(buffer.get(..read).unwrap_or_default());
    }
    let mut first = [0; 8];
    for (place, byte) in first.iter_mut().zip(hash.finalize()) {
        *place = byte;
    }
    Ok(u64::from_le_bytes(first))
}

fn read_bytes(folder: &Path, name: &str) -> Result<Vec<u8>, ModelError> {
    let file = folder.join(name);
    std::fs::read(&file).map_err(|source| ModelError::Unreadable { file, source })
}

fn read_if_there(folder: &Path, name: &str) -> Result<Option<Vec<u8>>, ModelError> {
    match read_bytes(folder, name) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(ModelError::Unreadable { source, .. })
            if source.kind() == std::io::ErrorKind::NotFound =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn read_json<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<Option<T>, ModelError> {
    let Some(bytes) = read_if_there(folder, name)? else {
        return Ok(None);
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|error| invalid(folder, name, error.to_string()))
}

fn invalid(folder: &Path, name: &str, reason: String) -> ModelError {
    ModelError::Invalid {
        file: folder.join(name),
        reason,
    }
}

fn unsupported(folder: &Path, name: &str, reason: String) -> ModelError {
    ModelError::Unsupported {
        file: folder.join(name),
        reason,
    }
}

#[cfg(test)]
mod tests;
