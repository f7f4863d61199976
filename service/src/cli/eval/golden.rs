//! `zhiwen eval FILE --shop S` and `zhiwen eval fit FILE --shop S`.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use zhiwen_index::fusion::Fusion;

use super::output::OutputArgs;
use super::retrieve::{print_difference, print_failures};
use crate::catalog::{Knowledge, Searchable, standalone};
use crate::cli::shop::find_shop;
use crate::evaluation::fit::{Fitted, fit as fit_weights};
use crate::evaluation::knowledge::{Columns, questions, read};
use crate::evaluation::reliability;
use crate::evaluation::retrieve::{self, ask, report};
use crate::language::examples::Material;
use crate::language::{Language, ShopEncoder, base};
use crate::settings::Settings;
use crate::startup::encoders;
use crate::store::{self, Store};

/// A golden set and the shop that it is asked of.
#[derive(Debug, clap::Args)]
pub struct GoldenArgs {
    /// Questions: columns text and id (of the right items, parted by |, empty
    /// where none answers), and if there are any, context, product, channel, intent
    file: Option<PathBuf>,
    /// The shop's id
    #[arg(long)]
    shop: Option<String>,
    /// Compare with the search by words alone, by a paired bootstrap
    #[arg(long)]
    versus_lexical: bool,
    /// The precision that a threshold has to keep
    #[arg(long, default_value_t = 0.8, value_parser = super::share)]
    promise: f64,
    /// Write the reliability diagram to this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

/// A golden set to fit weights on.
#[derive(Debug, clap::Args)]
pub struct FitArgs {
    /// As of `zhiwen eval FILE`
    file: PathBuf,
    /// The shop's id
    #[arg(long)]
    shop: String,
    /// The precision that the threshold is set for
    #[arg(long, default_value_t = 0.8, value_parser = super::share)]
    promise: f64,
    /// Measure and print only
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(
    settings: &Settings,
    args: &GoldenArgs,
    output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let (Some(file), Some(shop)) = (&args.file, &args.shop) else {
        return Err("a golden set and --shop are needed: zhiwen eval FILE --shop S".into());
    };
    let bench = Bench::open(settings, shop).await?;
    let asked = questions(&read(file)?, &Columns::default())?;
    let searchable = bench.searchable().await?;
    let threshold = bench.threshold(settings);
    let now = Some(Timestamp::now());
    let answered = ask(&searchable, &asked, now).await?;
    let figures = report(&asked, &answered, threshold, args.promise);
    args.output.print("golden set", &figures, output)?;
    if let Some(path) = &args.svg {
        let svg = reliability::diagram(&retrieve::outcomes(&answered), "golden set");
        std::fs::write(path, svg)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    if args.versus_lexical {
        let lexical = bench.language.with(ShopEncoder::None, Fusion::default());
        let lexical = bench.searchable_with(lexical).await?;
        let lexical = ask(&lexical, &asked, now).await?;
        let figures = report(&asked, &lexical, threshold, args.promise);
        args.output.print("by words alone", &figures, output)?;
        print_difference(&lexical, &answered, output)?;
    }
    print_failures(&asked, &answered, args.output.failures, output)
}

pub(super) async fn fit(
    settings: &Settings,
    args: &FitArgs,
    output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let bench = Bench::open(settings, &args.shop).await?;
    let asked = questions(&read(&args.file)?, &Columns::default())?;
    let searchable = bench.searchable().await?;
    let now = Timestamp::now();
    let fitted: Fitted = fit_weights(&searchable, &asked, args.promise, now).await?;
    args.output.print("fit", &fitted.report, output)?;
    if let Some(reason) = &fitted.refused {
        return Err(format!("the fitted weights are not put in use: {reason}").into());
    }
    if args.dry_run {
        return Ok(());
    }
    let model = fitted.model(now)?;
    let shop = &bench.knowledge.shop.id;
    let version = bench.store.add_model(shop, &model).await?;
    Ok(writeln!(output, "fusion version {version} is in use")?)
}

/// A shop's knowledge and language, in an index of its own: a running
/// service goes on undisturbed.
struct Bench {
    store: Arc<dyn Store>,
    knowledge: Knowledge,
    language: Arc<Language>,
    folder: tempfile::TempDir,
}

impl Bench {
    async fn open(settings: &Settings, shop: &str) -> Result<Self, Box<dyn Error>> {
        let store = store::open(&settings.store_url).await?;
        let shop = find_shop(store.as_ref(), shop).await?;
        tokio::task::spawn_blocking(base::get_or_train).await?;
        let encoders = encoders::open(&settings.encoder).await?;
        let language = Language::load(store.as_ref(), &shop.id, 0, &encoders).await?;
        let material = Material::read(store.as_ref(), &shop.id).await?;
        let vocabulary = store.vocabulary(&shop.id).await?;
        Ok(Self {
            knowledge: Knowledge {
                shop,
                items: material.items,
                vocabulary,
            },
            store,
            language: Arc::new(language),
            folder: tempfile::tempdir()?,
        })
    }

    fn threshold(&self, settings: &Settings) -> f32 {
        let own = self.language.minimum_confidence();
        own.unwrap_or(settings.answering.minimum_confidence)
    }

    async fn searchable(&self) -> Result<Searchable, Box<dyn Error>> {
        let folder = self.folder.path().join("index");
        let language = Arc::clone(&self.language);
        Ok(standalone(folder, self.knowledge.clone(), language).await?)
    }

    async fn searchable_with(&self, language: Language) -> Result<Searchable, Box<dyn Error>> {
        let folder = self.folder.path().join("other");
        Ok(standalone(folder, self.knowledge.clone(), Arc::new(language)).await?)
    }
}

#[cfg(test)]
impl GoldenArgs {
    /// Whether the line named this file and shop.
    pub(super) fn is_of(&self, file: &str, shop: &str) -> bool {
        self.file.as_deref() == Some(std::path::Path::new(file))
            && self.shop.as_deref() == Some(shop)
    }
}
