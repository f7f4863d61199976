//! `zhiwen model`: fetches, checks and lists models, trains a shop's own, distils.

use std::error::Error;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};

use super::distill;
use super::shop::find_shop;
use crate::connectors::Secret;
use crate::connectors::hub::{self, Fetched, Hub, HubOptions, Model, Repository, Revision};
use crate::domain::language::ModelKind;
use crate::domain::time::Clock;
use crate::evaluation::pairs;
use crate::language::EncoderSource;
use crate::settings::{Bert, Encoder, Settings};
use crate::startup::encoders;
use crate::store;
use crate::training::train;

/// Fetch, check, train and list models.
#[derive(Debug, clap::Args)]
pub struct ModelArgs {
    #[command(subcommand)]
    command: ModelCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ModelCommand {
    /// Fetch a BERT-shaped sentence model from a hub or its mirror
    Fetch(FetchArgs),
    /// Check a model's folder: its files against their checksums, and a forward pass
    Check {
        /// The folder
        folder: PathBuf,
    },
    /// List the models in the data folder, and a shop's own
    List {
        /// The shop's id
        #[arg(long)]
        shop: Option<String>,
    },
    /// Train a shop's classifier and static encoder on what it has by now
    Train(TrainArgs),
    /// Put a version of a shop's model in use, or none
    Use(UseArgs),
    /// Make a static table of a BERT's word vectors, which serves a hundred times as fast
    Distill(distill::DistillArgs),
}

#[derive(Debug, clap::Args)]
struct FetchArgs {
    /// The repository, such as BAAI/bge-small-zh-v1.5
    repository: Repository,
    /// Which state of it: a branch, a tag or a commit
    #[arg(long, default_value_t)]
    revision: Revision,
    /// The hub's or mirror's address (language.hub)
    #[arg(long, value_name = "URL")]
    hub: Option<String>,
    /// The folder to make; models/NAME in the data folder when absent
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct TrainArgs {
    /// The shop's id
    #[arg(long)]
    shop: String,
    /// Pairs of the same meaning to learn from as well: columns left and right
    /// (or sentence1, sentence2) and label, 1 or 0; or no header
    #[arg(long, value_name = "FILE")]
    pairs: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct UseArgs {
    /// classifier, encoder or fusion
    kind: String,
    /// Its version, or none for what comes with the service
    version: String,
    /// The shop's id
    #[arg(long)]
    shop: String,
}

/// Does what `args` say.
///
/// # Errors
/// Whatever kept it from doing that, for people to read.
pub async fn run(
    settings: &Settings,
    clock: &dyn Clock,
    args: ModelArgs,
    output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    match args.command {
        ModelCommand::Fetch(args) => fetch(settings, args, output).await,
        ModelCommand::Check { folder } => check(&folder, output).await,
        ModelCommand::List { shop } => list(settings, shop.as_deref(), output).await,
        ModelCommand::Train(args) => train_shop(settings, clock, &args, output).await,
        ModelCommand::Use(args) => use_version(settings, &args, output).await,
        ModelCommand::Distill(args) => distill::run(settings, &args, output).await,
    }
}

async fn fetch(
    settings: &Settings,
    args: FetchArgs,
    output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let target = args.to.unwrap_or_else(|| {
        let name = args.repository.name();
        models_folder(settings).join(name)
    });
    let options = HubOptions {
        endpoint: args.hub.unwrap_or_else(|| settings.models_hub.clone()),
        token: settings.models_hub_token.as_deref().map(Secret::new),
        ..HubOptions::default()
    };
    let model = Model {
        repository: args.repository,
        revision: args.revision,
    };
    let bar = progress_bar();
    let listener = |progress: hub::Progress<'_>| {
        if let Some(total) = progress.total {
            bar.set_length(total);
        }
        bar.set_position(progress.done);
        bar.set_message(progress.file.to_owned());
    };
    let fetched = Hub::new(&options)?.fetch(&model, &target, &listener).await;
    bar.finish_and_clear();
    let what = match fetched? {
        Fetched::New(_) => "is fetched",
        Fetched::AlreadyThere(_) => "was there already",
    };
    writeln!(output, "{} {what}: {}", model.repository, target.display())?;
    writeln!(output, "to use it, set:")?;
    writeln!(output, "  ZHIWEN_ENCODER__KIND=bert")?;
    Ok(writeln!(
        output,
        "  ZHIWEN_ENCODER__PATH={}",
        target.display()
    )?)
}

pub(super) fn progress_bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) =
        ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta} {msg}")
    {
        bar.set_style(style);
    }
    bar
}

async fn check(folder: &Path, output: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    if folder.join(hub::RECORD).is_file() {
        let verified = folder.to_owned();
        let source = tokio::task::spawn_blocking(move || hub::verify(&verified)).await??;
        writeln!(
            output,
            "{} files are as {} had them",
            source.files.len(),
            source.repo
        )?;
    } else {
        writeln!(output, "the folder was not fetched by zhiwen: no checksums")?;
    }
    let settings = Encoder::Bert(Bert {
        folder: folder.to_owned(),
        workers: 1,
        threads: 1,
        batch: 1,
        queue: 1,
    });
    if let EncoderSource::Shared(encoder) = encoders::open(&settings).await? {
        let identity = encoder.identity();
        writeln!(
            output,
            "{}: {} dimensions, fingerprint {:016x}, a forward pass gives a vector",
            identity.name, identity.dimensions, identity.fingerprint
        )?;
    }
    Ok(())
}

async fn list(
    settings: &Settings,
    shop: Option<&str>,
    output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let folder = models_folder(settings);
    for name in folders(&folder)? {
        writeln!(output, "{}", folder.join(name).display())?;
    }
    let Some(shop) = shop else { return Ok(()) };
    let store = store::open(&settings.store_url).await?;
    let shop = find_shop(store.as_ref(), shop).await?;
    for model in store.models(&shop.id).await? {
        let in_use = if model.is_used { "in use" } else { "" };
        writeln!(
            output,
            "{} {} {} {} bytes {in_use} {}",
            model.kind.as_str(),
            model.version,
            model.at,
            model.size_bytes,
            model.report
        )?;
    }
    Ok(())
}

/// Folders in `folder` that are models: what begins with a dot is unfinished.
fn folders(folder: &Path) -> std::io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() && !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

async fn train_shop(
    settings: &Settings,
    clock: &dyn Clock,
    args: &TrainArgs,
    output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let store = store::open(&settings.store_url).await?;
    let shop = find_shop(store.as_ref(), &args.shop).await?;
    let mut all = Vec::new();
    for path in &args.pairs {
        all.extend(pairs::read(path)?);
    }
    let encoders = encoders::open(&settings.encoder).await?;
    let report = train(store.as_ref(), &shop.id, clock.now(), &encoders, &all).await?;
    Ok(writeln!(
        output,
        "{}",
        serde_json::to_string_pretty(&report)?
    )?)
}

async fn use_version(
    settings: &Settings,
    args: &UseArgs,
    output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let kind = ModelKind::try_from(args.kind.clone()).map_err(|fault| fault.to_string())?;
    let version = match args.version.as_str() {
        "none" => None,
        number => Some(
            number
                .parse()
                .map_err(|_| format!("version {number:?} is neither a number nor none"))?,
        ),
    };
    let store = store::open(&settings.store_url).await?;
    let shop = find_shop(store.as_ref(), &args.shop).await?;
    store.use_model(&shop.id, kind, version).await?;
    Ok(writeln!(
        output,
        "{} {} is in use",
        args.kind, args.version
    )?)
}

fn models_folder(settings: &Settings) -> PathBuf {
    settings.data_folder.join("models")
}
