//! Import of a file: read once, compared with what stands, written in one transaction or not at all.

use std::path::Path;

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::domain::fault::Locale;
use crate::domain::ids::KnowledgeId;
use crate::domain::shop::Shop;
use crate::domain::time::Clock;
use crate::formats::fault::FileError;
use crate::formats::{self, Format};
use crate::store::{KeptReply, Store, StoreError, Written};

use super::plan::{CheckedRow, Plan};
use super::products::unknown_products;
use super::report::{ImportReport, MOST_ENTRIES};

/// Rows compared at once: large enough that look-ups do not dominate, small
/// enough for one query.
const CHUNK_ROWS: usize = 500;
/// Chunks read ahead of the comparison.
const CHUNKS_AHEAD: usize = 2;

/// What is imported, and where.
#[derive(Clone, Copy)]
pub struct ImportSource<'a> {
    /// The shop that it goes to.
    pub shop: &'a Shop,
    /// The file.
    pub path: &'a Path,
    /// How the file is written.
    pub format: Format,
}

/// How it is imported.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Report only, write nothing.
    pub dry_run: bool,
    /// Write the other rows when some are refused; otherwise nothing is written.
    pub skip_refused: bool,
    /// Who the new versions are by.
    pub by: String,
    /// The language of messages.
    pub locale: Locale,
}

/// Whom an import tells what.
#[derive(Clone, Copy)]
pub struct ImportCallbacks<'a> {
    /// How far it is; called every few hundred rows.
    pub progress: &'a (dyn Fn(Progress) + Sync),
    /// Makes the reply that is kept, in the transaction of what is written,
    /// under the caller's Idempotency-Key. Not called when nothing may be
    /// written: the same request then has the same outcome again.
    pub reply: Option<&'a (dyn Fn(&ImportReport) -> KeptReply + Sync)>,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress {
    /// Reading and comparing.
    Reading {
        /// Rows so far.
        rows: u64,
        /// Share of the file, from 0 to 1.
        share: f32,
    },
    /// Everything is read, `items` are being written.
    Writing {
        /// Added and changed items.
        items: usize,
    },
}

/// Why nothing was imported, nor written.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file as a whole cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The reader's thread ended without a word.
    #[error("the reader of the file failed")]
    Reader(#[source] tokio::task::JoinError),
}

/// Imports a file.
///
/// [`Written::Before`] when the reply's Idempotency-Key came before; look it
/// up with [`Store::kept_reply`] before, to save the reading.
///
/// # Errors
/// When the file as a whole cannot be read or the store fails; nothing is
/// written then. Rows that are refused are in the report.
pub async fn import(
    store: &dyn Store,
    source: ImportSource<'_>,
    options: &ImportOptions,
    clock: &dyn Clock,
    callbacks: ImportCallbacks<'_>,
) -> Result<Written<ImportReport>, ImportError> {
    let shop = &source.shop.id;
    let mut plan = Plan::new(options.locale, options.by.clone(), clock.now());
    let (mut chunks, reader) = read_on_thread(source, options.locale);
    let mut rows = 0;
    while let Some(chunk) = chunks.recv().await {
        rows += chunk.len() as u64;
        let share = chunk.last().map_or(0.0, |row| row.share_read);
        let candidates = plan.take(chunk);
        let ids: Vec<KnowledgeId> = candidates
            .iter()
            .map(|candidate| candidate.id().clone())
            .collect();
        if !ids.is_empty() {
            let standing = store.knowledge_by_ids(shop, &ids).await?;
            plan.compare(candidates, &standing);
        }
        (callbacks.progress)(Progress::Reading { rows, share });
    }
    reader.await.map_err(ImportError::Reader)??;

    let (versions, mut report) = plan.finish();
    let named = versions
        .iter()
        .flat_map(|version| &version.content.products);
    report.unknown_products = unknown_products(store, shop, named).await?;
    report.unknown_products.truncate(MOST_ENTRIES);
    report.dry_run = options.dry_run;
    report.written = !options.dry_run && (report.refused == 0 || options.skip_refused);
    if !report.written {
        return Ok(Written::Now(report));
    }
    let reply = callbacks.reply.map(|make| make(&report));
    if versions.is_empty() && reply.is_none() {
        return Ok(Written::Now(report));
    }
    (callbacks.progress)(Progress::Writing {
        items: versions.len(),
    });
    let written = store
        .import_knowledge(shop, &versions, reply.as_ref())
        .await?;
    Ok(match written {
        Written::Now(()) => Written::Now(report),
        Written::Before(reply) => Written::Before(reply),
    })
}

type Chunk = Vec<CheckedRow>;

/// Reads and checks rows on a thread of their own, chunk by chunk; the
/// thread ends when nobody takes them any more.
fn read_on_thread(
    source: ImportSource<'_>,
    locale: Locale,
) -> (Receiver<Chunk>, JoinHandle<Result<(), FileError>>) {
    let (sender, receiver) = channel(CHUNKS_AHEAD);
    let path = source.path.to_owned();
    let format = source.format;
    let zone = source.shop.zone();
    let reader = spawn_blocking(move || {
        let mut chunk = Vec::with_capacity(CHUNK_ROWS);
        formats::read(format, &path, &mut |row| {
            chunk.push(CheckedRow::new(row, &zone, locale));
            if chunk.len() < CHUNK_ROWS {
                return std::ops::ControlFlow::Continue(());
            }
            send(&sender, &mut chunk)
        })?;
        let _ = send(&sender, &mut chunk);
        Ok(())
    });
    (receiver, reader)
}

fn send(sender: &Sender<Chunk>, chunk: &mut Chunk) -> std::ops::ControlFlow<()> {
    let full = std::mem::replace(chunk, Vec::with_capacity(CHUNK_ROWS));
    match sender.blocking_send(full) {
        Ok(()) => std::ops::ControlFlow::Continue(()),
        Err(_) => std::ops::ControlFlow::Break(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::super::testing::{Fixture, exported, fixture};
    use super::*;
    use crate::formats::samples::{nasty, write};
    use crate::store::KnowledgeFilter;

    const QUIET: ImportCallbacks<'_> = ImportCallbacks {
        progress: &|_| {},
        reply: None,
    };

    fn options() -> ImportOptions {
        ImportOptions {
            dry_run: false,
            skip_refused: false,
            by: "import".to_owned(),
            locale: Locale::English,
        }
    }

    /// Imports a file of these bytes.
    async fn run(
        fixture: &Fixture,
        (format, bytes): (Format, &[u8]),
        options: &ImportOptions,
        callbacks: ImportCallbacks<'_>,
    ) -> Result<Written<ImportReport>, ImportError> {
        let path = fixture.directory.path().join("import");
        std::fs::write(&path, bytes).expect("written");
        let source = ImportSource {
            shop: &fixture.shop,
            path: &path,
            format,
        };
        let store = fixture.store.as_ref();
        import(store, source, options, &fixture.clock, callbacks).await
    }

    async fn report(fixture: &Fixture, csv: &str, options: &ImportOptions) -> ImportReport {
        let file = (Format::Csv, csv.as_bytes());
        match run(fixture, file, options, QUIET).await {
            Ok(Written::Now(report)) => report,
            other => panic!("{other:?}"),
        }
    }

    async fn standing(fixture: &Fixture) -> Vec<(String, u32, String)> {
        let filter = KnowledgeFilter::default();
        let items = fixture
            .store
            .list_knowledge(&fixture.shop.id, &filter, 1_000)
            .await
            .expect("readable");
        items
            .into_iter()
            .map(|item| (item.id.to_string(), item.version, item.content.title))
            .collect()
    }

    #[tokio::test]
    async fn export_then_import_changes_nothing() {
        let fixture = fixture().await;
        let items = nasty(11, 1_234);
        let path = fixture.directory.path().join("first");
        write(Format::JsonLines, &path, &items);
        let bytes = std::fs::read(&path).expect("written");
        let first = run(&fixture, (Format::JsonLines, &bytes), &options(), QUIET).await;
        assert!(matches!(first, Ok(Written::Now(report)) if report.added == 1_234));
        let before = standing(&fixture).await;
        for format in Format::ALL {
            let bytes = exported(&fixture, format, &KnowledgeFilter::default()).await;
            let again = run(&fixture, (format, &bytes), &options(), QUIET).await;
            let Ok(Written::Now(report)) = again else {
                panic!("{format:?}: {again:?}");
            };
            let expected = ImportReport {
                written: true,
                unchanged: 1_234,
                ..ImportReport::default()
            };
            assert_eq!(report, expected, "{format:?}");
        }
        assert_eq!(standing(&fixture).await, before);
    }

    #[tokio::test]
    async fn writes_all_or_nothing_unless_told_otherwise() {
        let fixture = fixture().await;
        let good = "id,title,domain\na,1,process\nb,2,process\n";
        let bad = format!("{good}c,3,shop\n");
        let dry = ImportOptions {
            dry_run: true,
            ..options()
        };
        let tried = report(&fixture, good, &dry).await;
        assert_eq!(
            (tried.dry_run, tried.written, tried.added),
            (true, false, 2)
        );
        let refused = report(&fixture, &bad, &options()).await;
        assert_eq!((refused.written, refused.refused), (false, 1));
        assert_eq!(refused.refused_rows[0].row, 4);
        assert_eq!(refused.refused_rows[0].id.as_deref(), Some("c"));
        assert_eq!(standing(&fixture).await, []);
        let skip = ImportOptions {
            skip_refused: true,
            ..options()
        };
        let skipped = report(&fixture, &bad, &skip).await;
        assert_eq!(
            (skipped.written, skipped.added, skipped.refused),
            (true, 2, 1)
        );
        let changed = report(&fixture, &good.replace(",2,", ",zwei,"), &options()).await;
        assert_eq!((changed.changed, changed.unchanged), (1, 1));
        assert_eq!(changed.changed_items[0].fields, ["title"]);
        assert_eq!(
            standing(&fixture).await,
            [
                ("a".to_owned(), 1, "1".to_owned()),
                ("b".to_owned(), 2, "zwei".to_owned())
            ]
        );
    }

    #[tokio::test]
    async fn tells_of_products_that_the_shop_does_not_have() {
        let fixture = fixture().await;
        let csv = "id,title,domain,products\na,1,product,baicha-99\n";
        let dry = ImportOptions {
            dry_run: true,
            ..options()
        };
        for options in [dry, options()] {
            let report = report(&fixture, csv, &options).await;
            assert_eq!(report.unknown_products, ["baicha-99"]);
            let text = report.render(Locale::Chinese);
            assert!(text.contains("商品“baicha-99”还没有登记"), "{text}");
        }
        // What stands already is not told again.
        let report = report(&fixture, csv, &options()).await;
        assert!(report.unknown_products.is_empty());
    }

    #[tokio::test]
    async fn names_row_and_column_of_what_it_refuses() {
        let fixture = fixture().await;
        let csv = "id,title,domain,valid_from,valid_until,answer,status\n\
                   a,1,process,2026-11-11 20:00,2026-11-11 19:00,,\n\
                   b,\u{7}2,process,,,,\n\
                   c,3,process,,,,approved\n\
                   d,4\n\
                   c,5,process,,,,\n\
                   ,发票,process,soon,,,\n";
        let report = report(&fixture, csv, &options()).await;
        let found: Vec<String> = report
            .refused_rows
            .iter()
            .map(|row| format!("{} {:?}", row.row, row.errors[0].column))
            .collect();
        assert_eq!(
            found,
            [
                "2 Some(\"valid_until\")",
                "3 Some(\"title\")",
                "4 Some(\"answer_brief\")",
                "5 None",
                "6 Some(\"id\")",
                "7 Some(\"valid_from\")",
            ]
        );
        assert_eq!(report.refused, 6);
    }

    #[tokio::test]
    async fn a_fault_in_the_last_line_writes_nothing() {
        let fixture = fixture().await;
        let mut csv = "title,domain\n".to_owned();
        for number in 0..2_000 {
            csv.push_str(&format!("问题{number},process\n"));
        }
        let mut damaged = csv.clone().into_bytes();
        damaged.extend(b"\xe5\x8f");
        let skip = ImportOptions {
            skip_refused: true,
            ..options()
        };
        let result = run(&fixture, (Format::Csv, &damaged), &skip, QUIET).await;
        assert!(
            matches!(
                result,
                Err(ImportError::File(FileError::DamagedText { .. }))
            ),
            "{result:?}"
        );
        let open = format!("{csv}\"{}", "x".repeat(5 << 20));
        let result = run(&fixture, (Format::Csv, open.as_bytes()), &skip, QUIET).await;
        assert!(
            matches!(
                result,
                Err(ImportError::File(FileError::RowTooLarge { row: 2_002 }))
            ),
            "{result:?}"
        );
        assert_eq!(standing(&fixture).await, []);
    }

    #[tokio::test]
    async fn keeps_the_reply_and_reports_progress() {
        let fixture = fixture().await;
        let seen = Mutex::new(Vec::new());
        let reply = |report: &ImportReport| KeptReply {
            key: "key".to_owned(),
            fingerprint: [7; 32],
            status: 200,
            body: report.added.to_string(),
            at: fixture.clock.now(),
        };
        let callbacks = ImportCallbacks {
            progress: &|progress| seen.lock().expect("whole").push(progress),
            reply: Some(&reply),
        };
        let file = (Format::Csv, &b"id,title,domain\na,1,process\n"[..]);
        let first = run(&fixture, file, &options(), callbacks).await;
        assert!(matches!(first, Ok(Written::Now(report)) if report.added == 1));
        let again = run(&fixture, file, &options(), callbacks).await;
        assert!(matches!(again, Ok(Written::Before(reply)) if reply.body == "1"));
        let seen = seen.into_inner().expect("whole");
        assert!(matches!(seen[0], Progress::Reading { rows: 1, .. }));
        assert_eq!(seen[1], Progress::Writing { items: 1 });
    }
}
