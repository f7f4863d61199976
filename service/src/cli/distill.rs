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
    /// The file to write; models/NAME-distilled.table in the data folder when absent
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// The shop whose knowledge and questions the table is fitted to, and whose
    /// words and products get vectors of their own
    #[arg(long)]
    shop: Option<String>,
    /// Texts to fit the table to as well: a column text, question, sentence or title
    #[arg(long, value_name = "FILE")]
    texts: Vec<PathBuf>,
    /// The length of the table's vectors
    #[arg(long, default_value_t = 256)]
    dimensions: usize,
}

/// What a table's name ends with.
pub(super) const TABLE: &str = "table";

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
mod counted;
#[cfg(feature = "bert")]
mod with_bert;
#[cfg(feature = "bert")]
pub(super) use with_bert::run;
