//! `zhiwen eval cluster`.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::encoder::{EncoderChoice, open};
use super::output::OutputArgs;
use super::share;
use crate::evaluation::cluster::{ClusterTask, Referenced, measure};
use crate::evaluation::dataset::{DatasetError, Header, Names, Table};
use crate::language::EncoderSource;

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
    /// none (words alone), bert:FOLDER or distilled:FILE
    #[arg(long, default_value = "none")]
    encoder: EncoderChoice,
    /// Measure stability too: cluster this share of the questions first, then all
    #[arg(long, value_name = "SHARE", value_parser = share)]
    previous_share: Option<f64>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(args: &ClusterArgs, output: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let encoder = match open(&args.encoder).await? {
        EncoderSource::Shared(encoder) => Some(encoder),
        EncoderSource::None | EncoderSource::Failed | EncoderSource::Own => None,
    };
    let report = measure(&ClusterTask {
        texts: read(&args.file, args)?,
        encoder,
        previous_share: args.previous_share,
    })
    .await?;
    args.output.print("clusters", &report, output)
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
