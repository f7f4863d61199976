//! `zhiwen model distill`: a BERT's word vectors as a static table.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;

use crate::settings::Settings;

/// Make a static table of a BERT's word vectors.
#[derive(Debug, clap::Args)]
pub struct DistillArgs {
    /// The BERT's folder
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// The shop whose wordings the table is fitted to, and whose products get
    /// vectors of their own
    #[arg(long)]
    shop: Option<String>,
    /// Texts to fit the table to as well: a column text, question, sentence or title
    #[arg(long, value_name = "FILE")]
    texts: Vec<PathBuf>,
    /// The length of the table's vectors
    #[arg(long, default_value_t = 256)]
    dimensions: usize,
}

#[cfg(not(feature = "bert"))]
pub(super) async fn run(
    _settings: &Settings,
    args: &DistillArgs,
    _output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    Err(format!(
        "{} cannot be read: this program was built without the feature bert",
        args.from.display()
    )
    .into())
}

#[cfg(feature = "bert")]
pub(super) use with_bert::run;

#[cfg(feature = "bert")]
mod with_bert {
    use std::path::Path;
    use std::time::Instant;

    use zhiwen_models::bert::Bert;
    use zhiwen_models::distill::{Corpus, DistillOptions, DistillReport, distill};
    use zhiwen_models::distilled::DistilledEncoder;
    use zhiwen_models::manifest::ModelFolder;
    use zhiwen_models::text::Normalized;
    use zhiwen_models::worker::Model;

    use super::{DistillArgs, Error, Settings, Write};
    use crate::cli::model::progress_bar;
    use crate::cli::shop::find_shop;
    use crate::evaluation::dataset::{Header, Names, Table};
    use crate::language::examples::Material;
    use crate::language::wordings;
    use crate::store;

    pub(in crate::cli) async fn run(
        settings: &Settings,
        args: &DistillArgs,
        output: &mut dyn Write,
    ) -> Result<(), Box<dyn Error>> {
        let (words, texts) = material(settings, args).await?;
        let (from, to) = (args.from.clone(), args.to.clone());
        let options = DistillOptions {
            dimensions: args.dimensions,
            ..DistillOptions::default()
        };
        let work = move || make(&from, &to, &words, &texts, options);
        let made = tokio::task::spawn_blocking(work)
            .await?
            .map_err(|error| error as Box<dyn Error>)?;
        let report = made.report;
        writeln!(
            output,
            "{}: {} word pieces, {} phrases, fitted to {} texts",
            args.to.display(),
            report.pieces,
            report.phrases,
            report.fitted_texts
        )?;
        if let Some(cosine) = report.held_back_cosine {
            writeln!(
                output,
                "  cosine with the teacher, texts held back  {cosine:.3}"
            )?;
        }
        Ok(writeln!(
            output,
            "  texts a second, teacher and table       {:.0} and {:.0}: {:.0} times",
            made.teacher_speed,
            made.table_speed,
            made.table_speed / made.teacher_speed.max(1e-9)
        )?)
    }

    struct Made {
        report: DistillReport,
        teacher_speed: f64,
        table_speed: f64,
    }

    fn make(
        from: &Path,
        to: &Path,
        words: &[Normalized],
        texts: &[Normalized],
        options: DistillOptions,
    ) -> Result<Made, Box<dyn Error + Send + Sync>> {
        let folder = ModelFolder::read(from)?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let mut teacher = Bert::load(&folder, threads)?;
        let bar = progress_bar();
        let distilled = distill(
            &mut teacher,
            &folder,
            Corpus { words, texts },
            options,
            &mut |done, total| {
                bar.set_length(total as u64);
                bar.set_position(done as u64);
            },
        )?;
        bar.finish_and_clear();
        let (teacher_speed, table_speed) =
            speeds(&mut teacher, &folder, &distilled.encoder, texts)?;
        let unfinished = to.with_extension("part");
        std::fs::write(&unfinished, distilled.encoder.to_bytes())?;
        std::fs::rename(&unfinished, to)?;
        Ok(Made {
            report: distilled.report,
            teacher_speed,
            table_speed,
        })
    }

    /// Texts that the speed is measured with, in batches that suit the teacher.
    const TIMED_TEXTS: usize = 256;
    const TIMED_BATCH: usize = 32;

    /// Texts a second of teacher and table, on the same texts one after the other.
    fn speeds(
        teacher: &mut Bert,
        folder: &ModelFolder,
        table: &DistilledEncoder,
        texts: &[Normalized],
    ) -> Result<(f64, f64), Box<dyn Error + Send + Sync>> {
        let sample = [Normalized::new("这个什么时候发货 可以开发票吗")];
        let sample = if texts.is_empty() { &sample[..] } else { texts };
        let timed: Vec<&Normalized> = sample.iter().cycle().take(TIMED_TEXTS).collect();
        let sequences: Vec<Vec<u32>> = timed
            .iter()
            .map(|text| folder.pieces.sequence(text.as_str(), folder.max_tokens))
            .collect();
        let started = Instant::now();
        for batch in sequences.chunks(TIMED_BATCH) {
            teacher.forward(batch)?;
        }
        let of_teacher = TIMED_TEXTS as f64 / started.elapsed().as_secs_f64();
        let started = Instant::now();
        for text in &timed {
            std::hint::black_box(table.encode_one(text));
        }
        let of_table = TIMED_TEXTS as f64 / started.elapsed().as_secs_f64();
        Ok((of_teacher, of_table))
    }

    const TEXTS: &[&str] = &["text", "question", "sentence", "title", "user_question"];

    /// Words that get vectors of their own, and texts to fit to.
    async fn material(
        settings: &Settings,
        args: &DistillArgs,
    ) -> Result<(Vec<Normalized>, Vec<Normalized>), Box<dyn Error>> {
        let (mut words, mut texts) = (Vec::new(), Vec::new());
        for path in &args.texts {
            let table = Table::read(path, Header::FirstRow)?;
            let column = table.column(Names {
                given: None,
                usual: TEXTS,
            })?;
            texts.extend(column.into_iter().map(Normalized::new));
        }
        if let Some(shop) = &args.shop {
            let store = store::open(&settings.store_url).await?;
            let shop = find_shop(store.as_ref(), shop).await?;
            let material = Material::read(store.as_ref(), &shop.id).await?;
            for item in &material.items {
                texts.extend(wordings(item).map(Normalized::new));
            }
            for product in store.vocabulary(&shop.id).await?.products {
                words.push(Normalized::new(&product.name));
                words.extend(product.aliases.iter().map(|alias| Normalized::new(alias)));
            }
        }
        Ok((words, texts))
    }
}
