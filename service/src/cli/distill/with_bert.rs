//! Distilling, in a program that can run the teacher.

use std::collections::HashSet;
use std::path::Path;
use std::time::Instant;

use zhiwen_models::bert::Bert;
use zhiwen_models::classifier::examples::day_one;
use zhiwen_models::distill::{
    Corpus, DistillOptions, DistillReport, FEWEST_TEXTS, distill, frequent_words,
};
use zhiwen_models::distilled::DistilledEncoder;
use zhiwen_models::manifest::ModelFolder;
use zhiwen_models::text::Normalized;
use zhiwen_models::worker::Model;

use super::counted::Counted;
use super::{DistillArgs, Error, PathBuf, Settings, TABLE, Write};
use crate::cli::model::models_folder;
use crate::cli::shop::find_shop;
use crate::evaluation::dataset::{Header, Names, Table};
use crate::language::examples::Material;
use crate::language::heard::Heard;
use crate::language::wordings;
use crate::store;

/// Words of the texts that get a vector of their own.
const MOST_WORDS: usize = 5_000;

/// More texts take longer and teach no more.
const MOST_TEXTS: usize = 20_000;

pub(in crate::cli) async fn run(
    settings: &Settings,
    args: &DistillArgs,
    output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let target = target(settings, args);
    let material = Gathered::of(settings, args).await?;
    let (from, to) = (args.from.clone(), target.clone());
    let options = DistillOptions {
        dimensions: args.dimensions,
        ..DistillOptions::default()
    };
    let work = move || make(&from, &to, material, options);
    let made = tokio::task::spawn_blocking(work)
        .await?
        .map_err(|error| error as Box<dyn Error>)?;
    print(&made, &target, output)
}

/// Where the table goes.
fn target(settings: &Settings, args: &DistillArgs) -> PathBuf {
    if let Some(to) = &args.to {
        return to.clone();
    }
    // `.` and `..` have a name too.
    let from = args.from.canonicalize();
    let from = from.as_ref().unwrap_or(&args.from);
    let name = from.file_name().unwrap_or("model".as_ref());
    let file = format!("{}-distilled.{TABLE}", name.to_string_lossy());
    models_folder(settings).join(file)
}

fn print(made: &Made, target: &Path, output: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let report = made.report;
    writeln!(
        output,
        "{}: {} word pieces, {} phrases, fitted to {} texts{}",
        target.display(),
        report.pieces,
        report.phrases,
        report.fitted_texts,
        if made.has_examples {
            " (with the examples that come with zhiwen)"
        } else {
            ""
        }
    )?;
    match report.held_back_cosine {
        Some(cosine) => writeln!(
            output,
            "  cosine with the teacher, texts held back  {cosine:.3}"
        )?,
        None => writeln!(
            output,
            "  cosine with the teacher                   not known: {} texts are too few, {FEWEST_TEXTS} are needed: give --shop or --texts",
            made.texts
        )?,
    }
    writeln!(
        output,
        "  texts a second, teacher and table         {:.0} and {:.0}: {:.0} times",
        made.teacher_speed,
        made.table_speed,
        made.table_speed / made.teacher_speed.max(1e-9)
    )?;
    writeln!(output, "to use it, set:")?;
    writeln!(output, "  ZHIWEN_ENCODER__KIND=distilled")?;
    Ok(writeln!(
        output,
        "  ZHIWEN_ENCODER__PATH={}",
        target.display()
    )?)
}

struct Made {
    report: DistillReport,
    /// Distinct texts that there were to fit to.
    texts: usize,
    has_examples: bool,
    teacher_speed: f64,
    table_speed: f64,
}

fn make(
    from: &Path,
    to: &Path,
    material: Gathered,
    options: DistillOptions,
) -> Result<Made, Box<dyn Error + Send + Sync>> {
    let folder = ModelFolder::read(from)?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut teacher = Bert::load(&folder, threads)?;
    let Gathered {
        mut words,
        mut texts,
    } = material;
    let has_examples = texts.len() < FEWEST_TEXTS;
    if has_examples {
        texts.extend(known_examples(&folder));
    }
    words.extend(frequent_words(&texts, MOST_WORDS));
    let mut progress = Counted::new("pieces and texts");
    let distilled = distill(
        &mut teacher,
        &folder,
        Corpus {
            words: &words,
            texts: &texts,
        },
        options,
        &mut |done, total| progress.advance(done, total),
    )?;
    progress.finish();
    let (teacher_speed, table_speed) = speeds(&mut teacher, &folder, &distilled.encoder, &texts)?;
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let unfinished = to.with_extension("part");
    std::fs::write(&unfinished, distilled.encoder.to_bytes())?;
    std::fs::rename(&unfinished, to)?;
    Ok(Made {
        report: distilled.report,
        texts: texts.len(),
        has_examples,
        teacher_speed,
        table_speed,
    })
}

/// Buyers' questions that come with the service, as far as the model can spell
/// them: an English one knows few Chinese words.
fn known_examples(folder: &ModelFolder) -> impl Iterator<Item = Normalized> {
    let is_known = |text: &Normalized| {
        let sequence = folder.pieces.sequence(text.as_str(), folder.max_tokens);
        !sequence.contains(&folder.pieces.unknown())
    };
    let examples = day_one().examples.iter().map(|example| &example.text);
    examples.filter(move |text| is_known(text)).cloned()
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

/// What a table is made for.
struct Gathered {
    /// Words that get vectors of their own whatever the texts say.
    words: Vec<Normalized>,
    /// Texts to fit to, each once.
    texts: Vec<Normalized>,
}

impl Gathered {
    async fn of(settings: &Settings, args: &DistillArgs) -> Result<Self, Box<dyn Error>> {
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
            texts.extend(Heard::read(store.as_ref(), &shop.id).await?.texts());
            for product in store.vocabulary(&shop.id).await?.products {
                words.push(Normalized::new(&product.name));
                words.extend(product.aliases.iter().map(|alias| Normalized::new(alias)));
            }
        }
        let mut seen = HashSet::new();
        texts.retain(|text| !text.is_empty() && seen.insert(text.clone()));
        texts.truncate(MOST_TEXTS);
        Ok(Self { words, texts })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        distill: DistillArgs,
    }

    #[test]
    fn without_a_target_the_table_is_among_the_models() {
        let flags = [("data.folder", "/srv/zhiwen".to_owned())];
        let settings = Settings::load(None, &flags).expect("valid");
        for (line, expected) in [
            (
                "distill --from m/bge-small-zh-v1.5/",
                "/srv/zhiwen/models/bge-small-zh-v1.5-distilled.table",
            ),
            ("distill --from m/bge --to here.table", "here.table"),
        ] {
            let line = Line::try_parse_from(line.split(' ')).expect("parsed");
            assert_eq!(target(&settings, &line.distill), PathBuf::from(expected));
        }
    }

    fn printed(held_back_cosine: Option<f32>) -> String {
        let made = Made {
            report: DistillReport {
                pieces: 9,
                phrases: 2,
                fitted_texts: 0,
                held_back_cosine,
            },
            texts: 12,
            has_examples: true,
            teacher_speed: 100.0,
            table_speed: 20_000.0,
        };
        let mut output = Vec::new();
        print(&made, Path::new("x.table"), &mut output).expect("printed");
        String::from_utf8(output).expect("utf-8")
    }

    #[test]
    fn quality_is_printed_or_why_it_is_not_known() {
        let known = printed(Some(0.912));
        assert!(known.contains("texts held back  0.912\n"), "{known}");
        let unknown = printed(None);
        assert!(unknown.contains("12 texts are too few, 50 are needed"));
        assert!(unknown.contains("100 and 20000: 200 times"), "{unknown}");
    }
}
