//! `zhiwen model`: fetches, checks and lists models, trains a shop's own, distils.

use std::error::Error;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use zhiwen_models::encoder::Encoder;

use super::distill;
use super::shop::find_shop;
use crate::auth::audit;
use crate::connectors::Secret;
use crate::connectors::hub::{self, Fetched, Hub, HubOptions, Model, Repository, Revision};
use crate::domain::language::{ModelEntry, ModelKind};
use crate::domain::time::Clock;
use crate::evaluation::pairs;
use crate::language::{EncoderSource, Language};
use crate::settings::{self, Bert, Settings};
use crate::startup::encoders;
use crate::store;
use crate::training::{Means, train};

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
    /// classifier, vector_classifier, encoder or fusion
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
        ModelCommand::Use(args) => use_version(settings, clock, &args, output).await,
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

fn progress_bar() -> ProgressBar {
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
    let settings = settings::Encoder::Bert(Bert {
        folder: folder.to_owned(),
        workers: 1,
        threads: 1,
        batch: 1,
        queue: 1,
    });
    match encoders::open(&settings).await? {
        EncoderSource::Shared(encoder) => run_once(encoder.as_ref(), output).await,
        EncoderSource::None | EncoderSource::Own | EncoderSource::Failed => Ok(()),
    }
}

/// A model that loads may still give nothing of use: one text goes all the way.
async fn run_once(encoder: &dyn Encoder, output: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let identity = encoder.identity();
    let name = &identity.name;
    let health = encoder.health().await;
    health.map_err(|error| format!("{name} loads, but a forward pass fails: {error}"))?;
    Ok(writeln!(
        output,
        "{name}: {} dimensions, fingerprint {:016x}, a forward pass gives a vector",
        identity.dimensions, identity.fingerprint
    )?)
}

async fn list(
    settings: &Settings,
    shop: Option<&str>,
    output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let folder = models_folder(settings);
    for name in kept(&folder)? {
        writeln!(output, "{}", folder.join(name).display())?;
    }
    let Some(shop) = shop else { return Ok(()) };
    let store = store::open(&settings.store_url).await?;
    let shop = find_shop(store.as_ref(), shop).await?;
    let models = store.models(&shop.id).await?;
    for model in &models {
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
    let is_weighed = |model: &ModelEntry| model.is_used && model.kind == ModelKind::Fusion;
    if !models.iter().any(is_weighed) {
        return Ok(());
    }
    // The shop's weights hold for one encoder: which one it has by now is known
    // to that encoder alone.
    let source = encoders::start(&settings.encoder).await;
    let language = Language::load(store.as_ref(), &shop.id, 0, &source).await?;
    if language.sets_weights_aside() {
        writeln!(
            output,
            "the fusion in use is set aside: it was fitted with another encoder than the shop has now; fit it anew with zhiwen eval fit"
        )?;
    }
    Ok(())
}

/// Models in `folder`, folders and distilled tables: what begins with a dot is unfinished.
fn kept(folder: &Path) -> std::io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_table = Path::new(&name)
            .extension()
            .is_some_and(|end| end == distill::TABLE);
        if (entry.file_type()?.is_dir() || is_table) && !name.starts_with('.') {
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
    let means = Means {
        encoders: &encoders,
        pairs: &all,
        minimum_confidence: settings.answering.minimum_confidence,
    };
    let report = train(store.as_ref(), &shop.id, clock.now(), means).await?;
    let deed = ("zhiwen model train", "");
    audit::note_at_terminal(store.as_ref(), &shop.id, deed, clock.now()).await?;
    Ok(writeln!(
        output,
        "{}",
        serde_json::to_string_pretty(&report)?
    )?)
}

async fn use_version(
    settings: &Settings,
    clock: &dyn Clock,
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
    let subject = format!("{} {}", args.kind, args.version);
    let deed = ("zhiwen model use", subject.as_str());
    audit::note_at_terminal(store.as_ref(), &shop.id, deed, clock.now()).await?;
    Ok(writeln!(
        output,
        "{} {} is in use",
        args.kind, args.version
    )?)
}

pub(super) fn models_folder(settings: &Settings) -> PathBuf {
    settings.data_folder.join("models")
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use zhiwen_models::encoder::{EncoderError, Identity, Side, Vectors};
    use zhiwen_models::text::Normalized;

    use super::*;

    /// Loads, and gives these values.
    struct Loaded(Identity, Vec<f32>);

    #[async_trait]
    impl Encoder for Loaded {
        fn identity(&self) -> &Identity {
            &self.0
        }

        async fn encode(&self, _: Side, _: &[Normalized]) -> Result<Vectors, EncoderError> {
            Vectors::new(2, self.1.clone())
        }
    }

    #[tokio::test]
    async fn a_model_that_only_loads_is_not_sound() {
        let checked = async |values: Vec<f32>| {
            let identity = Identity {
                name: "small".to_owned(),
                fingerprint: 255,
                dimensions: 2,
            };
            let mut output = Vec::new();
            let outcome = run_once(&Loaded(identity, values), &mut output).await;
            let error = outcome.err().map(|error| error.to_string());
            (String::from_utf8(output).expect("utf-8"), error)
        };
        let (said, error) = checked(vec![0.6, 0.8]).await;
        assert!(said.ends_with("00000000000000ff, a forward pass gives a vector\n"));
        assert_eq!(error, None);
        let (said, error) = checked(vec![f32::NAN, 0.0]).await;
        assert_eq!(said, "");
        assert!(error.is_some_and(|error| error.contains("a forward pass fails")));
    }

    #[test]
    fn folders_and_tables_are_models() {
        let folder = tempfile::tempdir().expect("temporary folder");
        for name in ["b", ".unfinished"] {
            std::fs::create_dir(folder.path().join(name)).expect("made");
        }
        for name in [
            "a-distilled.table",
            "a-distilled.part",
            "day-one.classifier",
        ] {
            std::fs::write(folder.path().join(name), "x").expect("written");
        }
        let kept = kept(folder.path()).expect("read");
        assert_eq!(kept, ["a-distilled.table", "b"]);
        assert!(
            super::kept(&folder.path().join("none"))
                .expect("read")
                .is_empty()
        );
    }
}
