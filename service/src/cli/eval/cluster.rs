//! `zhiwen eval cluster`.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::encoder::{EncoderChoice, shared};
use super::output::{Beside, OutputArgs};
use super::share;
use crate::evaluation::cluster::{ClusterTask, Referenced, measure};
use crate::evaluation::compare;
use crate::evaluation::dataset::{DatasetError, Header, Names, Table};
use crate::settings::Settings;

/// Measure clustering on texts with a reference.
#[derive(Debug, clap::Args)]
pub struct ClusterArgs {
    /// CSV, TSV or JSON Lines with a column of texts (text, question, utterance,
    /// user_question, sentence) and one of reference clusters (cluster,
    /// reference_label, label, category, intent, faq_id); rows without a
    /// reference are left out
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The column of texts
    #[arg(long, value_name = "NAME")]
    text: Option<String>,
    /// The column of reference clusters
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// none (words alone), configured, bert:FOLDER, distilled:FILE or remote:URL#MODEL
    #[arg(long, default_value = "none")]
    encoder: EncoderChoice,
    /// Compare with this encoder, by a paired bootstrap over the texts
    #[arg(long, value_name = "ENCODER")]
    against: Option<EncoderChoice>,
    /// Measure stability too: cluster this share of the questions first, then all
    #[arg(long, value_name = "SHARE", value_parser = share)]
    previous_share: Option<f64>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(
    settings: &Settings,
    args: &ClusterArgs,
    output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let mut task = ClusterTask {
        texts: read(&args.file, args)?,
        encoder: shared(&args.encoder, settings).await?,
        previous_share: args.previous_share,
    };
    let found = measure(&task).await?;
    let Some(against) = &args.against else {
        return args.output.print("clusters", &found.report, output);
    };
    task.encoder = shared(against, settings).await?;
    let other = measure(&task).await?;
    let texts = task.texts.iter();
    let reference: Vec<&str> = texts.map(|text| text.cluster.as_str()).collect();
    let gains = compare::groups(&reference, &found.groups, &other.groups);
    let beside = Beside {
        first: (args.encoder.to_string(), found.report),
        second: (against.to_string(), other.report),
        gains: &gains,
    };
    args.output.print_beside("clusters", &beside, output)
}

fn read(path: &Path, args: &ClusterArgs) -> Result<Vec<Referenced>, DatasetError> {
    let table = Table::read(path, Header::FirstRow)?;
    let texts = table.column(Names {
        given: args.text.as_deref(),
        usual: &["text", "question", "utterance", "user_question", "sentence"],
    })?;
    let clusters = table.column(Names {
        given: args.cluster.as_deref(),
        usual: &[
            "cluster",
            "reference_label",
            "label",
            "category",
            "intent",
            "faq_id",
        ],
    })?;
    let rows: Vec<Referenced> = texts
        .into_iter()
        .zip(clusters)
        .filter(|(_, cluster)| !cluster.trim().is_empty())
        .map(|(text, cluster)| Referenced {
            text: text.to_owned(),
            cluster: cluster.to_owned(),
        })
        .collect();
    if rows.is_empty() {
        return Err(DatasetError::Empty(path.to_owned()));
    }
    Ok(rows)
}
