//! `zhiwen eval retrieve`.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use zhiwen_index::fusion::Fusion;
use zhiwen_models::lexical::{StaticEncoder, TrainOptions};
use zhiwen_models::text::Normalized;

use super::against::{AgainstArgs, FusionChoice, SetupArgs};
use super::encoder::{EncoderChoice, shared};
use super::output::OutputArgs;
use super::sheet::{Measured, Sheet, answers};
use crate::catalog::Knowledge;
use crate::evaluation::knowledge::{Columns, items, questions, read};
use crate::evaluation::pairs;
use crate::evaluation::retrieve::GoldenQuestion;
use crate::language::{Language, ShopEncoder};
use crate::settings::Settings;

/// Measure retrieval on items and questions.
#[derive(Debug, clap::Args)]
pub struct RetrieveArgs {
    /// Items: a column of ids and one of titles, and if there are any, of
    /// phrasings parted by | and of answers
    #[arg(long, value_name = "FILE")]
    items: PathBuf,
    /// Questions: a column of texts and one of the right items' ids, parted by
    /// |, empty where no item answers
    #[arg(long, value_name = "FILE")]
    questions: PathBuf,
    /// Pairs of the same meaning to train a static encoder on: columns left and
    /// right (or sentence1, sentence2) and label, 1 or 0; or no header
    #[arg(long, value_name = "FILE")]
    pairs: Vec<PathBuf>,
    #[command(flatten)]
    setup: SetupArgs,
    #[command(flatten)]
    against: AgainstArgs,
    /// The column of ids in both files
    #[arg(long, value_name = "NAME")]
    id: Option<String>,
    /// The items' column of titles
    #[arg(long, value_name = "NAME")]
    title: Option<String>,
    /// The questions' column of texts
    #[arg(long, value_name = "NAME")]
    text: Option<String>,
    /// The precision that a threshold has to keep
    #[arg(long, default_value_t = 0.8, value_parser = super::share)]
    promise: f64,
    /// Write the reliability diagram to this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

/// What precision and coverage are given at, as of the settings that come with the service.
const THRESHOLD: f32 = 0.4;

pub(super) async fn run(
    settings: &Settings,
    args: &RetrieveArgs,
    output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let columns = |text: &Option<String>| Columns {
        id: args.id.clone(),
        text: text.clone(),
    };
    let knowledge = items(&read(&args.items)?, &columns(&args.title))?;
    let table = read(&args.questions)?;
    let asked = questions(&table, &columns(&args.text), &knowledge)?;
    let mut bench = Bench {
        settings,
        knowledge: &knowledge,
        asked: &asked,
        pairs: &args.pairs,
        own: None,
    };
    let mut nowhere = std::io::sink();
    let said: &mut dyn Write = if args.output.is_for_programs() {
        &mut nowhere
    } else {
        &mut *output
    };
    let first = bench.measured(args.first(), said).await?;
    let second = match args.against.second(&first.setup) {
        Some(setup) if setup.finds_as(&first.setup) => Some(Measured {
            threshold: setup.threshold.unwrap_or(THRESHOLD),
            setup,
            answered: first.answered.clone(),
        }),
        Some(setup) => Some(bench.measured(setup, said).await?),
        None => None,
    };
    let sheet = Sheet {
        title: "retrieval",
        questions: &asked,
        promise: args.promise,
        svg: args.svg.as_deref(),
        output: &args.output,
    };
    sheet.print(&first, second.as_ref(), output)
}

impl RetrieveArgs {
    /// Without a word on it, pairs are there to train a static encoder on.
    fn first(&self) -> SetupArgs {
        let usual = if self.pairs.is_empty() {
            EncoderChoice::None
        } else {
            EncoderChoice::Static
        };
        let setup = self.setup.clone();
        SetupArgs {
            encoder: setup.encoder.or(Some(usual)),
            fusion: setup.fusion.or(Some(FusionChoice::Shipped)),
            threshold: setup.threshold.or(Some(THRESHOLD)),
        }
    }
}

/// A data set with what it is measured with.
struct Bench<'a> {
    settings: &'a Settings,
    knowledge: &'a Knowledge,
    asked: &'a [GoldenQuestion],
    pairs: &'a [PathBuf],
    /// The static encoder, once it is trained.
    own: Option<Arc<StaticEncoder>>,
}

impl Bench<'_> {
    async fn measured(
        &mut self,
        setup: SetupArgs,
        output: &mut dyn Write,
    ) -> Result<Measured, Box<dyn Error>> {
        let encoder = match setup.encoder.as_ref().unwrap_or(&EncoderChoice::None) {
            EncoderChoice::Static => ShopEncoder::Own(self.own(output).await?),
            choice => shared(choice, self.settings)
                .await?
                .map_or(ShopEncoder::None, ShopEncoder::Shared),
        };
        let fusion = match &setup.fusion {
            Some(fusion) => fusion.read()?,
            None => Fusion::default(),
        };
        let language = Arc::new(Language::of_parts(encoder, fusion));
        Ok(Measured {
            threshold: setup.threshold.unwrap_or(THRESHOLD),
            setup,
            answered: answers(self.knowledge, language, self.asked, None).await?,
        })
    }

    /// The static encoder of these items and pairs.
    async fn own(&mut self, output: &mut dyn Write) -> Result<Arc<StaticEncoder>, Box<dyn Error>> {
        if let Some(own) = &self.own {
            return Ok(Arc::clone(own));
        }
        let mut all = Vec::new();
        for path in self.pairs {
            all.extend(pairs::read(path)?);
        }
        let titles = self.knowledge.items.iter().map(|item| &item.content.title);
        let texts: Vec<Normalized> = titles.map(|title| Normalized::new(title)).collect();
        let started = std::time::Instant::now();
        let train = move || StaticEncoder::train(&texts, &all, &TrainOptions::default());
        let (encoder, training) = tokio::task::spawn_blocking(train).await?;
        writeln!(
            output,
            "static encoder: {} pairs, {} features, {:.1} s; held back: hit@1 {:.3} → {:.3}",
            training.pairs,
            training.features,
            started.elapsed().as_secs_f64(),
            training.before.hit_at_1,
            training.after.hit_at_1,
        )?;
        let own = Arc::new(encoder);
        self.own = Some(Arc::clone(&own));
        Ok(own)
    }
}
