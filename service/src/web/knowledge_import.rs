//! `/knowledge/import`: a file of knowledge, tried out first and imported once its report is confirmed.

use std::collections::HashMap;

use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::console::{Frame, Room, Visit, done};
use super::knowledge_changes::{ChangeView, shortened, shown};
use super::knowledge_columns::{ColumnView, columns};
use super::knowledge_upload::{Kept, Sent, receive};
use super::knowledge_view::{Group, Names, field_name, item_path};
use super::language::Language;
use super::lists::leave_to;
use super::page_with_status;
use crate::auth::{Form, KeepingKnowledge, audit};
use crate::domain::knowledge::KnowledgeContent;
use crate::error::ApiError;
use crate::formats::{Format, MOST_ROWS};
use crate::knowledge::diff::{FieldChange, diff};
use crate::knowledge::import::{ImportCallbacks, ImportError, ImportOptions, ImportSource, import};
use crate::knowledge::products::unknown_products_message;
use crate::knowledge::report::{ChangedEntry, ImportReport, RefusedRow};
use crate::pool::aside;
use crate::state::AppState;
use crate::store::Written;

/// Entries of each list that the page shows.
const MOST_SHOWN: usize = 50;

/// What old and new texts may weigh on the page, in bytes.
const ROOM_FOR_TEXTS: usize = 60_000;

#[derive(Template)]
#[template(path = "knowledge_import.html")]
struct ImportPage {
    frame: Frame,
    columns: Vec<ColumnView>,
    intents: Vec<Group>,
    formats: [&'static str; 4],
    most_megabytes: usize,
    most_rows: u64,
    /// Why nothing was read, or written.
    problem: String,
    trial: Option<Trial>,
}

/// What an import of a file would do.
struct Trial {
    /// The file's name as it was sent.
    name: String,
    kept: Kept,
    added: u64,
    changed: u64,
    unchanged: u64,
    refused: u64,
    added_items: Vec<(String, String)>,
    changed_items: Vec<Changed>,
    refused_rows: Vec<Refusal>,
    has_more_refused: bool,
    /// What is to be told of products that the shop does not have; may be empty.
    unknown_products: String,
}

/// An item that would say something else.
struct Changed {
    path: String,
    id: String,
    /// The fields that differ.
    names: String,
    /// What they said and would say; empty where there is no room for it.
    changes: Vec<ChangeView>,
}

/// A row that is not imported.
struct Refusal {
    row: u64,
    id: String,
    reasons: Vec<String>,
}

impl Trial {
    /// Whether an import would write anything.
    fn has_work(&self) -> bool {
        self.added + self.changed > 0
    }
}

/// `GET /knowledge/import`: asks for a file.
///
/// # Errors
/// When the person may not change knowledge.
pub async fn show(
    visit: Visit<KeepingKnowledge>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    answer(&visit, &state, (String::new(), None)).await
}

/// `POST /knowledge/import/try`: says what an import of a file would do.
///
/// # Errors
/// When the person may not change knowledge, the file is too large, or the disk
/// does not take it.
pub async fn try_out(
    visit: Visit<KeepingKnowledge>,
    state: web::Data<AppState>,
    parts: Multipart,
) -> Result<HttpResponse, ApiError> {
    let _place = state.transfers.try_acquire()?;
    let Sent { name, kept } = match receive(&visit.visitor, &state, parts).await? {
        Ok(sent) => sent,
        Err(error) => {
            let problem = error.message(visit.language.0);
            return answer(&visit, &state, (problem, None)).await;
        }
    };
    let options = ImportOptions {
        dry_run: true,
        skip_refused: false,
        by: visit.visitor.by(),
        locale: visit.language.0,
    };
    match run(&visit, &state, &kept, options).await {
        Ok(report) => {
            if report.added + report.changed == 0 {
                kept.forget(&state).await;
            }
            let trial = trial(&visit, &state, report, (name, kept)).await?;
            answer(&visit, &state, (String::new(), Some(trial))).await
        }
        Err(ApiError::InvalidFile { detail }) => {
            kept.forget(&state).await;
            answer(&visit, &state, (detail, None)).await
        }
        Err(error) => Err(error),
    }
}

/// `POST /knowledge/import`: imports the file that was tried out.
///
/// # Errors
/// When the person may not change knowledge, or the store fails.
pub async fn confirm(
    visit: Visit<KeepingKnowledge>,
    form: Form<KeepingKnowledge>,
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let _place = state.transfers.try_acquire()?;
    let fields = &form.fields;
    let person = visit.visitor.person().id;
    let kept = Kept::find(&state, person, [fields.get("file"), fields.get("format")]).await;
    let Some(kept) = kept else {
        let problem = visit.language.say(
            "上传的文件只保留一小时，服务重启或再次上传后也会清掉。请重新选择文件。",
            "An uploaded file is kept for an hour, or until the next upload or a restart. Please choose the file again.",
        );
        return answer(&visit, &state, (problem.to_owned(), None)).await;
    };
    let options = ImportOptions {
        dry_run: false,
        skip_refused: fields.is_ticked("skip_refused"),
        by: visit.visitor.by(),
        locale: visit.language.0,
    };
    let report = run(&visit, &state, &kept, options).await?;
    if !report.written {
        let problem = visit.language.say(
            "有问题的行还在，所以什么都没有写入。改好文件重新上传，或勾选“跳过有问题的行”。",
            "Some rows have problems, so nothing was imported. Fix the file and upload it again, or check “Skip rows with problems”.",
        );
        let name = fields.get("name").to_owned();
        let trial = trial(&visit, &state, report, (name, kept)).await?;
        return answer(&visit, &state, (problem.to_owned(), Some(trial))).await;
    }
    state.catalog.store_changed();
    kept.forget(&state).await;
    let ImportReport {
        added,
        changed,
        unchanged,
        refused,
        unknown_products,
        ..
    } = report;
    audit::about(&request, format!("+{added} ~{changed}"));
    let path = format!(
        "/knowledge?added={added}&changed={changed}&unchanged={unchanged}&refused={refused}&unregistered={}",
        unknown_products.len()
    );
    Ok(done(&path, "imported"))
}

/// Imports a file that was sent, or tries it out, aside from other requests.
async fn run(
    visit: &Visit<KeepingKnowledge>,
    state: &web::Data<AppState>,
    kept: &Kept,
    options: ImportOptions,
) -> Result<ImportReport, ApiError> {
    let shop = state.shop(visit.visitor.shop()).await?;
    let (format, path) = (kept.format, kept.path(state));
    let state = state.clone().into_inner();
    let work = async move {
        let source = ImportSource {
            shop: &shop,
            path: &path,
            format,
        };
        let callbacks = ImportCallbacks {
            progress: &|_| {},
            reply: None,
        };
        let (store, clock) = (state.store.as_ref(), state.clock.as_ref());
        import(store, source, &options, clock, callbacks).await
    };
    let written: Result<Written<ImportReport>, ImportError> = aside(work).await?;
    match written? {
        Written::Now(report) => Ok(report),
        // There is no key, so there is no reply of before.
        Written::Before(_) => Err(ApiError::IdempotencyMismatch),
    }
}

/// The trial of a report, with what changed items say differently.
async fn trial(
    visit: &Visit<KeepingKnowledge>,
    state: &AppState,
    mut report: ImportReport,
    file: (String, Kept),
) -> Result<Trial, ApiError> {
    let shop = visit.visitor.shop();
    let zone = state.shop(shop).await?.zone();
    let changes = std::mem::take(&mut report.changes);
    let compare = async move {
        let compared = changes.into_iter().map(|change| {
            let raw = |content: &KnowledgeContent| content.to_raw(&change.id, &zone);
            let differing = diff(&raw(&change.before), &raw(&change.after));
            (change.id.to_string(), differing)
        });
        compared.collect()
    };
    let compared: Compared = aside(compare).await?;
    let names = Names::of(state, shop, visit.language);
    Ok(Trial::of(report, file, (compared, &names, visit.language)))
}

/// What the first changed items say differently, by their ids.
type Compared = HashMap<String, Vec<FieldChange>>;

/// Changed items with what they said and would say, as long as there is room.
fn changed_items(
    entries: Vec<ChangedEntry>,
    (mut compared, names, language): (Compared, &Names, Language),
) -> Vec<Changed> {
    let mut room = ROOM_FOR_TEXTS;
    let changed = |entry: ChangedEntry| {
        let fields = entry.fields.iter();
        let fields: Vec<String> = fields.map(|field| field_name(field, language)).collect();
        let changes = match compared.remove(&entry.id) {
            Some(changes) if room > 0 => shortened(shown(changes, names, language), &mut room),
            _ => Vec::new(),
        };
        Changed {
            path: item_path(&entry.id),
            id: entry.id,
            names: fields.join(language.say("、", ", ")),
            changes,
        }
    };
    entries.into_iter().take(MOST_SHOWN).map(changed).collect()
}

impl Trial {
    fn of(
        report: ImportReport,
        (name, kept): (String, Kept),
        (compared, names, language): (Compared, &Names, Language),
    ) -> Self {
        let added = report.added_ids.into_iter().take(MOST_SHOWN);
        let refused = report.refused_rows.into_iter().take(MOST_SHOWN);
        let unknown = unknown_products_message(&report.unknown_products, language.0);
        Self {
            name,
            kept,
            added: report.added,
            changed: report.changed,
            unchanged: report.unchanged,
            refused: report.refused,
            added_items: added.map(|id| (item_path(&id), id)).collect(),
            changed_items: changed_items(report.changed_items, (compared, names, language)),
            refused_rows: refused.map(|row| refusal(row, language)).collect(),
            has_more_refused: report.refused > MOST_SHOWN as u64,
            unknown_products: unknown.unwrap_or_default(),
        }
    }
}

fn refusal(row: RefusedRow, language: Language) -> Refusal {
    let reasons = row.errors.into_iter().map(|error| match error.column {
        Some(column) => format!(
            "{}{}{}",
            field_name(&column, language),
            language.say("：", ": "),
            error.message
        ),
        None => error.message,
    });
    Refusal {
        row: row.row,
        id: row.id.unwrap_or_default(),
        reasons: reasons.collect(),
    }
}

async fn answer(
    visit: &Visit<KeepingKnowledge>,
    state: &AppState,
    (problem, trial): (String, Option<Trial>),
) -> Result<HttpResponse, ApiError> {
    let language = visit.language;
    let status = if problem.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let mut frame = visit.frame(state, Room::Knowledge).await?;
    leave_to(&mut frame, "/knowledge/import");
    let template = ImportPage {
        frame,
        columns: columns(language),
        intents: Names::of(state, visit.visitor.shop(), language).intents(""),
        formats: Format::ALL.map(Format::extension),
        most_megabytes: state.settings.server.import_limit_bytes >> 20,
        most_rows: MOST_ROWS,
        problem,
        trial,
    };
    page_with_status(&template, language, status)
}
