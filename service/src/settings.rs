//! Settings: the default file in the binary, then a file, the environment, and flags.
//!
//! The only reader of the environment. Each source may change single values;
//! a key that no setting has is refused by its name. `ZHIWEN_CONFIG` names the
//! file where no flag does.

mod console;
mod encoder;
mod panel;
mod push;
mod sources;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

pub use console::Console;
pub use encoder::{Bert, Encoder, Language, Remote};
pub use panel::Panel;
pub use push::Pushes;
use sources::{merge, parse, refuse_single_underscore, set};

/// The default file, with every key and its meaning.
pub const DEFAULT_FILE: &str = include_str!("../../config/default.toml");

/// Variables with this prefix and a `__` are settings. Others are not ours to
/// refuse: Kubernetes sets `ZHIWEN_PORT` where a service is called zhiwen.
const PREFIX: &str = "ZHIWEN_";

/// The variable that names the settings file.
const FILE_VARIABLE: &str = "ZHIWEN_CONFIG";

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read settings file {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("settings file {path} is not valid toml: {detail}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why.
        detail: String,
    },
    /// A key is unknown or its value is of the wrong type.
    #[error("setting {key}: {detail}")]
    Invalid {
        /// The key's path.
        key: String,
        /// Why.
        detail: String,
    },
}

/// One value from a flag: the key's path and its value.
pub type Override = (&'static str, String);

/// The settings in force, validated.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Listening.
    pub server: Server,
    /// The data folder.
    pub data_folder: PathBuf,
    /// The store's URL.
    pub store_url: String,
    /// Search threads, one or more.
    pub search_threads: usize,
    /// Searches that may wait.
    pub search_queue: usize,
    /// Answering.
    pub answering: Answering,
    /// Which encoder makes vectors.
    pub encoder: Encoder,
    /// How models learn.
    pub language: Language,
    /// How questions are heard.
    pub listening: Listening,
    /// The hub that models are fetched from.
    pub models_hub: String,
    /// The token for models that are not open to all.
    pub models_hub_token: Option<String>,
    /// How often the store is asked for changes.
    pub index_poll: Duration,
    /// Shops whose index is built at the same time.
    pub concurrent_builds: usize,
    /// Pages for people.
    pub console: Console,
    /// How notices are pushed to outside systems.
    pub push: Pushes,
    /// The page with the panel.
    pub panel: Panel,
    /// The most items of a page.
    pub page_limit: u32,
    /// How long a reply is kept under its Idempotency-Key.
    pub idempotency: Duration,
    /// Logs and traces.
    pub telemetry: Telemetry,
}

/// Listening.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// The address.
    pub host: String,
    /// The port; 0 takes a free one.
    pub port: u16,
    /// Worker threads; 0 takes one a core.
    pub workers: usize,
    /// The most bytes of a JSON body.
    pub body_limit_bytes: usize,
    /// The most bytes of a batch of messages.
    pub ingest_limit_bytes: usize,
    /// The most bytes of an imported file.
    pub import_limit_bytes: usize,
    /// Seconds for requests under way after SIGTERM.
    pub shutdown_grace_seconds: u64,
}

/// Answering.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answering {
    /// Answers below this confidence are not suggested.
    pub minimum_confidence: f32,
    /// Answers of a suggestion when the request does not say.
    pub answers: usize,
    /// A buyer's messages this close together are one question.
    pub burst_gap_seconds: i64,
    /// Records that may wait to be written.
    pub record_queue: usize,
    /// The longest that a record waits for company.
    pub record_delay_milliseconds: u64,
}

/// How questions are heard.
#[derive(Debug, Clone, Copy)]
pub struct Listening {
    /// How often a shop's questions are clustered anew where any came in;
    /// `None` only when asked for.
    pub cluster_every: Option<Duration>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawListening {
    cluster_minutes: u64,
}

/// Logs and traces.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// For people or for machines.
    pub log_format: LogFormat,
    /// What is logged.
    pub log_filter: String,
    /// The OTLP collector's base URL; empty sends nothing.
    pub otlp_endpoint: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// For machines.
    Json,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    server: Server,
    data: RawData,
    store: RawStore,
    search: RawSearch,
    answering: Answering,
    encoder: encoder::RawEncoder,
    language: encoder::RawLanguage,
    listening: RawListening,
    index: RawIndex,
    console: console::RawConsole,
    push: push::RawPushes,
    panel: panel::RawPanel,
    limits: RawLimits,
    telemetry: Telemetry,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawData {
    folder: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStore {
    url: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSearch {
    threads: usize,
    queue: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIndex {
    poll_milliseconds: u64,
    concurrent_builds: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLimits {
    page: u32,
    idempotency_hours: u64,
}

impl Settings {
    /// Reads the default file, `file` or the one that the environment names,
    /// the environment, then `flags`.
    ///
    /// # Errors
    /// When a file cannot be read, a key is unknown, or a value is out of range.
    pub fn load(file: Option<&Path>, flags: &[Override]) -> Result<Self, SettingsError> {
        let variables: Vec<(String, String)> = std::env::vars()
            .filter(|(name, _)| name.starts_with(PREFIX))
            .collect();
        let named = variables.iter().find(|(name, _)| name == FILE_VARIABLE);
        let named = named.map(|(_, path)| Path::new(path));
        Self::from_sources(file.or(named), &variables, flags)
    }

    fn from_sources(
        file: Option<&Path>,
        variables: &[(String, String)],
        flags: &[Override],
    ) -> Result<Self, SettingsError> {
        let mut values = parse(Path::new("default.toml"), DEFAULT_FILE)?;
        if let Some(path) = file {
            let text =
                std::fs::read_to_string(path).map_err(|source| SettingsError::Unreadable {
                    path: path.to_owned(),
                    source,
                })?;
            let given = parse(path, &text)?;
            merge(&mut values, given, "")?;
        }
        for (name, text) in variables {
            let name_of_key = name[PREFIX.len()..].to_ascii_lowercase();
            if name_of_key.contains("__") {
                set(&mut values, &name_of_key.replace("__", "."), text, name)?;
            } else if !text.starts_with("tcp://") {
                refuse_single_underscore(&values, &name_of_key, name)?;
            }
        }
        for (key, text) in flags {
            set(&mut values, key, text, key)?;
        }
        let raw: Raw =
            serde_path_to_error::deserialize(values).map_err(|error| SettingsError::Invalid {
                key: error.path().to_string(),
                detail: error.inner().message().to_owned(),
            })?;
        validate(raw)
    }
}

fn require(holds: bool, key: &str, detail: &str) -> Result<(), SettingsError> {
    if holds {
        Ok(())
    } else {
        Err(SettingsError::Invalid {
            key: key.to_owned(),
            detail: detail.to_owned(),
        })
    }
}

fn validate(raw: Raw) -> Result<Settings, SettingsError> {
    let answering = &raw.answering;
    let confidence = answering.minimum_confidence;
    require(
        (0.0..=1.0).contains(&confidence),
        "answering.minimum_confidence",
        "must be from 0 to 1",
    )?;
    require(
        (1..=10).contains(&answering.answers),
        "answering.answers",
        "must be from 1 to 10",
    )?;
    require(
        answering.burst_gap_seconds >= 0,
        "answering.burst_gap_seconds",
        "must not be negative",
    )?;
    require(
        answering.record_queue > 0,
        "answering.record_queue",
        "must be at least 1",
    )?;
    require(raw.search.queue > 0, "search.queue", "must be at least 1")?;
    require(
        raw.index.poll_milliseconds >= 10,
        "index.poll_milliseconds",
        "must be at least 10",
    )?;
    require(
        raw.index.concurrent_builds > 0,
        "index.concurrent_builds",
        "must be at least 1",
    )?;
    require(
        (1..=1000).contains(&raw.limits.page),
        "limits.page",
        "must be from 1 to 1000",
    )?;
    require(
        raw.server.body_limit_bytes >= 1024,
        "server.body_limit_bytes",
        "must be at least 1024",
    )?;
    let otlp = &raw.telemetry.otlp_endpoint;
    require(
        otlp.is_empty() || reqwest::Url::parse(otlp).is_ok(),
        "telemetry.otlp_endpoint",
        "must be a url or empty",
    )?;
    let store_url = if raw.store.url.is_empty() {
        format!("sqlite:{}", raw.data.folder.join("zhiwen.db").display())
    } else {
        raw.store.url
    };
    let (encoder, language) = encoder::validate(raw.encoder, &raw.language)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Settings {
        server: raw.server,
        data_folder: raw.data.folder,
        store_url,
        search_threads: if raw.search.threads == 0 {
            cores
        } else {
            raw.search.threads
        },
        search_queue: raw.search.queue,
        answering: raw.answering,
        encoder,
        language,
        listening: Listening {
            cluster_every: (raw.listening.cluster_minutes > 0)
                .then(|| Duration::from_secs(raw.listening.cluster_minutes * 60)),
        },
        models_hub_token: Some(raw.language.hub_token).filter(|token| !token.is_empty()),
        models_hub: raw.language.hub,
        index_poll: Duration::from_millis(raw.index.poll_milliseconds),
        concurrent_builds: raw.index.concurrent_builds,
        console: console::validate(&raw.console)?,
        push: push::validate(&raw.push)?,
        panel: panel::validate(raw.panel)?,
        page_limit: raw.limits.page,
        idempotency: Duration::from_secs(raw.limits.idempotency_hours * 3600),
        telemetry: raw.telemetry,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(
        file: Option<&str>,
        variables: &[(&str, &str)],
        flags: &[Override],
    ) -> Result<Settings, String> {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("zhiwen.toml");
        if let Some(text) = file {
            std::fs::write(&path, text).expect("written");
        }
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Settings::from_sources(file.map(|_| path.as_path()), &variables, flags)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn later_sources_win() {
        let file = "[server]\nport = 1\nhost = \"::1\"\n";
        let variables = [("ZHIWEN_SERVER__PORT", "2"), ("ZHIWEN_SEARCH__QUEUE", "7")];
        let flags = [("server.port", "3".to_owned())];
        assert_eq!(
            load(None, &[], &[]).map(|settings| settings.server.port),
            Ok(8080)
        );
        assert_eq!(
            load(Some(file), &[], &[]).map(|settings| settings.server.port),
            Ok(1)
        );
        assert_eq!(
            load(Some(file), &variables, &[]).map(|settings| settings.server.port),
            Ok(2)
        );
        let all = load(Some(file), &variables, &flags).expect("valid");
        assert_eq!(
            (all.server.port, all.server.host.as_str(), all.search_queue),
            (3, "::1", 7)
        );
    }

    #[test]
    fn names_the_key_of_each_fault() {
        for (file, variables, named) in [
            (Some("[server]\nprot = 1\n"), vec![], "server.prot"),
            (Some("[sever]\nport = 1\n"), vec![], "sever"),
            (Some("[server]\nport = \"x\"\n"), vec![], "server.port"),
            (Some("[server\n"), vec![], "zhiwen.toml"),
            (
                None,
                vec![("ZHIWEN_SERVER__PROT", "1")],
                "ZHIWEN_SERVER__PROT",
            ),
            (
                None,
                vec![("ZHIWEN_SERVER__PORT", "many")],
                "ZHIWEN_SERVER__PORT",
            ),
            (
                None,
                vec![("ZHIWEN_SERVER_PORT", "1")],
                "ZHIWEN_SERVER__PORT is meant",
            ),
            (
                None,
                vec![("ZHIWEN_ANSWERING__MINIMUM_CONFIDENCE", "2")],
                "answering.minimum_confidence",
            ),
            (Some("[encoder]\nkind = \"bert\"\n"), vec![], "encoder.path"),
            (
                Some("[encoder]\nkind = \"word2vec\"\n"),
                vec![],
                "encoder.kind",
            ),
            (
                Some("[panel]\nframe_ancestors = [\"https://a.example/x\"]\n"),
                vec![],
                "panel.frame_ancestors",
            ),
        ] {
            let error = load(file, &variables, &[]).expect_err(named);
            assert!(error.contains(named), "{named}: {error}");
        }
    }

    #[test]
    fn leaves_the_variables_of_others_alone() {
        let of_kubernetes = [
            ("ZHIWEN_PORT", "tcp://10.0.0.7:80"),
            ("ZHIWEN_SERVICE_HOST", "10.0.0.7"),
            ("ZHIWEN_SERVER_PORT", "tcp://10.0.0.7:80"),
        ];
        assert_eq!(
            load(None, &of_kubernetes, &[]).map(|settings| settings.server.port),
            Ok(8080)
        );
    }

    #[test]
    fn the_production_file_only_changes_known_keys() {
        let file = include_str!("../../config/production.toml");
        assert!(load(Some(file), &[], &[]).is_ok());
    }
}
