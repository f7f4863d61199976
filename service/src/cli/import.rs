//! `zhiwen import FILE --shop S`: brings a file of knowledge into a shop.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use indicatif::ProgressBar;

use crate::auth::audit;
use crate::domain::fault::Locale;
use crate::domain::time::Clock;
use crate::formats::Format;
use crate::formats::fault::FileError;
use crate::knowledge::import::{
    ImportCallbacks, ImportError, ImportOptions, ImportSource, Progress, import,
};
use crate::store::{Store, Written};

use super::file_fault::file_fault;
use super::progress::{BAR_STEPS, advance, progress_bar};
use super::shop::{ShopFailure, find_shop};

/// Bring a file of knowledge into a shop.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// A .csv, .xlsx, .jsonl or .md file
    pub file: PathBuf,
    /// The shop's id
    #[arg(long)]
    pub shop: String,
    /// csv, xlsx, jsonl or markdown, where the file's name does not tell
    #[arg(long)]
    pub format: Option<String>,
    /// Print what would be added, changed and refused; write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Write the other rows when some are refused
    #[arg(long)]
    pub skip_refused: bool,
}

/// Why an import from the command line did not do all that it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ImportFailure {
    /// There is no such shop.
    #[error(transparent)]
    Shop(#[from] ShopFailure),
    /// The file as a whole cannot be read; in the shop's language.
    #[error("{message}")]
    File {
        /// What to tell the person.
        message: String,
    },
    /// Some rows are refused; the report says which.
    #[error("{}", refused_message(*.refused, *.written, *.locale))]
    Refused {
        /// How many.
        refused: u64,
        /// Whether the other rows are in the store.
        written: bool,
        /// The shop's language.
        locale: Locale,
    },
    /// The store did not do it, or the reader failed.
    #[error(transparent)]
    Import(ImportError),
    /// The report could not be printed.
    #[error("the report cannot be printed")]
    Output(#[from] io::Error),
}

/// Imports as `args` say and prints the report to `output`.
///
/// # Errors
/// When the file, the shop or the store does not allow it, or any row is refused.
pub async fn run(
    store: Arc<dyn Store>,
    clock: &dyn Clock,
    args: &ImportArgs,
    output: &mut dyn Write,
) -> Result<(), ImportFailure> {
    let shop = find_shop(store.as_ref(), &args.shop).await?;
    let locale = shop.locale;
    let format = match &args.format {
        Some(name) => Format::from_name(name),
        None => Format::from_file_name(&args.file),
    }
    .map_err(|error| file_failure(&error, args, locale))?;
    let options = ImportOptions {
        dry_run: args.dry_run,
        skip_refused: args.skip_refused,
        by: "import".to_owned(),
        locale,
    };
    let source = ImportSource {
        shop: &shop,
        path: &args.file,
        format,
    };
    let bar = progress_bar();
    let callbacks = ImportCallbacks {
        progress: &|progress| show(&bar, progress),
        reply: None,
    };
    let imported = import(store.as_ref(), source, &options, clock, callbacks).await;
    bar.finish_and_clear();
    let report = match imported {
        Ok(Written::Now(report)) => report,
        // There is no key, so there is no reply of before.
        Ok(Written::Before(_)) => return Ok(()),
        Err(ImportError::File(error)) => return Err(file_failure(&error, args, locale)),
        Err(error @ (ImportError::Store(_) | ImportError::Reader(_))) => {
            return Err(ImportFailure::Import(error));
        }
    };
    writeln!(output, "{}", report.render(locale))?;
    if report.written && report.added + report.changed > 0 {
        let subject = format!("+{} ~{}", report.added, report.changed);
        let deed = ("zhiwen import", subject.as_str());
        let noted = audit::note_at_terminal(store.as_ref(), &shop.id, deed, clock.now());
        noted
            .await
            .map_err(|error| ImportFailure::Import(error.into()))?;
    }
    if report.refused > 0 {
        return Err(ImportFailure::Refused {
            refused: report.refused,
            written: report.written,
            locale,
        });
    }
    Ok(())
}

fn file_failure(error: &FileError, args: &ImportArgs, locale: Locale) -> ImportFailure {
    ImportFailure::File {
        message: file_fault(error, &args.file, locale),
    }
}

fn refused_message(refused: u64, written: bool, locale: Locale) -> String {
    match (locale, written) {
        (Locale::English, true) => format!("{refused} rows are refused, the others are written"),
        (Locale::English, false) => format!(
            "{refused} rows are refused; mend them, or write the others with --skip-refused"
        ),
        (Locale::Chinese, true) => format!("有 {refused} 行被拒绝，其余已写入"),
        (Locale::Chinese, false) => {
            format!("有 {refused} 行被拒绝；请改好后重试，或加 --skip-refused 只写入其余各行")
        }
    }
}

fn show(bar: &ProgressBar, progress: Progress) {
    match progress {
        Progress::Reading { rows, share } => advance(bar, share, rows),
        Progress::Writing { items } => {
            bar.set_position(BAR_STEPS);
            bar.set_message(format!("→ {items}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::export;
    use crate::knowledge::testing::fixture;

    #[tokio::test]
    async fn imports_exports_and_imports_again() {
        let fixture = fixture().await;
        let path = fixture.directory.path().join("知识.csv");
        let args = |name: &str, dry_run: bool| ImportArgs {
            file: fixture.directory.path().join(name),
            shop: "hemu".to_owned(),
            format: None,
            dry_run,
            skip_refused: false,
        };
        let import = async |args: &ImportArgs| {
            let mut output = Vec::new();
            let store = Arc::clone(&fixture.store);
            let done = run(store, &fixture.clock, args, &mut output).await;
            let error = done.err().map(|error| error.to_string());
            (String::from_utf8(output).expect("text"), error)
        };
        std::fs::write(&path, "编号,标准问题,领域\na,发票,流程\nb,,流程\n").expect("written");
        let (output, error) = import(&args("知识.csv", false)).await;
        assert_eq!(
            output,
            "没有写入：新增 1，更改 0，未变 0，拒绝 1\n第 3 行 (b): 标准问题 不能为空\n"
        );
        let error = error.expect("refused");
        assert!(error.starts_with("有 1 行被拒绝"), "{error}");
        std::fs::write(&path, "编号,标准问题,领域\na,发票,流程\n").expect("written");
        let (output, error) = import(&args("知识.csv", true)).await;
        assert_eq!(
            (output.as_str(), error),
            (
                "试运行，没有写入：新增 1，更改 0，未变 0，拒绝 0\n新增 a\n",
                None
            )
        );
        import(&args("知识.csv", false)).await;

        let mut output = Vec::new();
        let export_args = export::ExportArgs {
            file: fixture.directory.path().join("out.xlsx"),
            shop: "hemu".to_owned(),
            format: None,
            status: Some("draft".to_owned()),
        };
        export::run(Arc::clone(&fixture.store), &export_args, &mut output)
            .await
            .expect("exported");
        assert_eq!(
            String::from_utf8(output).expect("text"),
            "已导出 1 条知识\n"
        );
        let (output, error) = import(&args("out.xlsx", false)).await;
        assert_eq!(
            (output.as_str(), error),
            ("已写入：新增 0，更改 0，未变 1，拒绝 0\n", None)
        );
        // What wrote nothing is not on record.
        let log = fixture.store.audit(&fixture.shop.id, None, 9).await;
        let log = log.expect("read");
        let log: Vec<&str> = log.iter().map(|entry| entry.subject.as_str()).collect();
        assert_eq!(log, ["+1 ~0"]);
    }

    #[tokio::test]
    async fn says_what_stands_in_the_way() {
        let fixture = fixture().await;
        let error = async |file: &str, shop: &str| {
            let args = ImportArgs {
                file: fixture.directory.path().join(file),
                shop: shop.to_owned(),
                format: None,
                dry_run: false,
                skip_refused: false,
            };
            let store = Arc::clone(&fixture.store);
            run(store, &fixture.clock, &args, &mut Vec::new())
                .await
                .expect_err("impossible")
                .to_string()
        };
        std::fs::write(fixture.directory.path().join("a.csv"), "").expect("written");
        assert_eq!(error("a.csv", "hemu").await, "文件是空的");
        assert!(error("a.pdf", "hemu").await.starts_with("不认识“a.pdf”"));
        let missing = error("b.csv", "hemu").await;
        assert!(
            missing.starts_with("没有这个文件：") && missing.ends_with("b.csv"),
            "{missing}"
        );
        assert_eq!(
            error("a.csv", "other").await,
            "没有店铺“other”，可以用：hemu"
        );
        assert!(
            error("a.csv", "A B")
                .await
                .starts_with("--shop is malformed")
        );
    }
}
