//! `zhiwen eval FILE --shop S` and `zhiwen eval fit FILE --shop S`.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use super::against::{AgainstArgs, SetupArgs};
use super::encoder::{EncoderChoice, open};
use super::output::OutputArgs;
use super::sheet::{Measured, Sheet, answers};
use crate::catalog::{Knowledge, standalone};
use crate::cli::shop::find_shop;
use crate::evaluation::fit::{Fitted, fit as fit_weights};
use crate::evaluation::knowledge::{Columns, questions, read};
use crate::language::examples::Material;
use crate::language::{Language, ShopEncoder, base};
use crate::settings::Settings;
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
    #[command(flatten)]
    setup: SetupArgs,
    #[command(flatten)]
    against: AgainstArgs,
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
    let bench = Bench::open(settings, shop, args.setup.encoder.as_ref()).await?;
    let asked = questions(&read(file)?, &Columns::default(), &bench.knowledge)?;
    let now = Some(Timestamp::now());
    let language = bench.language_of(&args.setup)?;
    let first = Measured {
        setup: args.setup.clone(),
        threshold: bench.threshold(settings, &args.setup),
        answered: answers(&bench.knowledge, language, &asked, now).await?,
    };
    let second = match args.against.second(&args.setup) {
        Some(setup) if setup.finds_as(&first.setup) => Some(Measured {
            threshold: bench.threshold(settings, &setup),
            setup,
            answered: first.answered.clone(),
        }),
        Some(setup) => {
            let encoder = setup.encoder.as_ref();
            let other = Bench::open(settings, shop, encoder).await?;
            let language = other.language_of(&setup)?;
            Some(Measured {
                threshold: bench.threshold(settings, &setup),
                setup,
                answered: answers(&bench.knowledge, language, &asked, now).await?,
            })
        }
        None => None,
    };
    let sheet = Sheet {
        title: "golden set",
        questions: &asked,
        promise: args.promise,
        svg: args.svg.as_deref(),
        output: &args.output,
    };
    sheet.print(&first, second.as_ref(), output)
}

pub(super) async fn fit(
    settings: &Settings,
    args: &FitArgs,
    output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let bench = Bench::open(settings, &args.shop, None).await?;
    let asked = questions(&read(&args.file)?, &Columns::default(), &bench.knowledge)?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("index");
    let language = Arc::clone(&bench.language);
    let searchable = standalone(path, bench.knowledge.clone(), language).await?;
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

/// A shop's knowledge and language, read once: a running service goes on
/// undisturbed.
struct Bench {
    store: Arc<dyn Store>,
    knowledge: Knowledge,
    language: Arc<Language>,
}

impl Bench {
    /// With `encoder`, or with the one that the settings name.
    async fn open(
        settings: &Settings,
        shop: &str,
        encoder: Option<&EncoderChoice>,
    ) -> Result<Self, Box<dyn Error>> {
        let store = store::open(&settings.store_url).await?;
        let shop = find_shop(store.as_ref(), shop).await?;
        tokio::task::spawn_blocking(base::get_or_train).await?;
        let choice = encoder.unwrap_or(&EncoderChoice::Configured);
        let source = open(choice, settings).await?;
        let language = Language::load(store.as_ref(), &shop.id, 0, &source).await?;
        has_its_encoder(choice, language.encoder())?;
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
        })
    }

    fn threshold(&self, settings: &Settings, setup: &SetupArgs) -> f32 {
        let own = setup.threshold.or(self.language.minimum_confidence());
        own.unwrap_or(settings.answering.minimum_confidence)
    }

    /// The shop's language with the weights of `setup`.
    fn language_of(&self, setup: &SetupArgs) -> Result<Arc<Language>, Box<dyn Error>> {
        let Some(fusion) = &setup.fusion else {
            return Ok(Arc::clone(&self.language));
        };
        let encoder = self.language.encoder().clone();
        Ok(Arc::new(self.language.with(encoder, fusion.read()?)))
    }
}

/// A shop that has trained none yet has no static encoder to measure.
fn has_its_encoder(choice: &EncoderChoice, encoder: &ShopEncoder) -> Result<(), String> {
    match (choice, encoder) {
        (EncoderChoice::Static, ShopEncoder::None) => {
            Err("the shop has no encoder of its own in use: zhiwen model train".to_owned())
        }
        _ => Ok(()),
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
