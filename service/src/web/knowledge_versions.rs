//! `/knowledge/{id}/versions`: who wrote what when, what two versions say differently, and the way back.

use actix_web::{HttpResponse, web};
use askama::Template;
use jiff::tz::TimeZone;

use super::console::{Frame, Room, Visit, done};
use super::knowledge_changes::{ChangeView, shown};
use super::knowledge_view::{Chip, Names, author, chip, id_of, item_path, may_keep, page_of_item};
use super::language::Language;
use super::lists::minute;
use super::page;
use crate::auth::{Form, KeepingKnowledge, Searching};
use crate::domain::ids::KnowledgeId;
use crate::error::ApiError;
use crate::knowledge::diff::{FieldChange, diff};
use crate::knowledge::edit::{Edit, Expected, revert as revert_item};
use crate::knowledge::view::{View, history};
use crate::state::AppState;

const ROWS: u32 = 50;

#[derive(Template)]
#[template(path = "knowledge_versions.html")]
struct VersionsPage {
    frame: Frame,
    may_keep: bool,
    title: String,
    path: String,
    here: String,
    edit_path: String,
    /// The version that stands.
    standing: u32,
    versions: Vec<VersionRow>,
    /// The address of older versions; empty where there are none.
    older: String,
    /// The address of the newest; empty where they are shown.
    newest: String,
    from: u32,
    to: u32,
    /// `None` where there is but one version.
    changes: Option<Vec<ChangeView>>,
}

struct VersionRow {
    number: u32,
    path: String,
    at: String,
    by: String,
    chip: Chip,
    title: String,
    is_standing: bool,
    is_from: bool,
    is_to: bool,
}

/// `GET /knowledge/{id}/versions`, with what `from` and `to` say differently:
/// the newest and the one before it where the address names none.
///
/// # Errors
/// When the person may not search, there is no such item or version, or the store fails.
pub async fn show(
    visit: Visit<Searching>,
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = id_of(&path)?;
    let (shop, language) = (visit.visitor.shop(), visit.language);
    let no_item = || ApiError::NotFound {
        what: "knowledge item",
    };
    let item = state
        .store
        .knowledge(shop, &id)
        .await?
        .ok_or_else(no_item)?;
    let number = |name: &str| visit.query.get(name).parse::<u32>().ok();
    let before = number("before");
    let wanted = (before, ROWS + 1);
    let found = history(state.store.as_ref(), (shop, &id), wanted, state.clock.now());
    let mut found = found.await?.ok_or_else(no_item)?;
    let goes_on = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let here = page_of_item(id.as_str(), "versions");
    let oldest = found.last().filter(|_| goes_on);
    let to = number("to").unwrap_or(item.version);
    let from = number("from").unwrap_or_else(|| to.saturating_sub(1).max(1));
    let frame = visit.frame(&state, Room::Knowledge).await?;
    let zone = frame.shop.zone();
    let names = Names::of(&state, shop, language);
    let template = VersionsPage {
        may_keep: may_keep(&visit.visitor),
        title: item.content.title,
        path: item_path(id.as_str()),
        edit_path: page_of_item(id.as_str(), "edit"),
        standing: item.version,
        older: oldest.map_or_else(String::new, |view| {
            format!("{here}?before={}", view.item.version)
        }),
        newest: before.map_or_else(String::new, |_| here.clone()),
        changes: if from == to {
            None
        } else {
            let changes = compare(&visit, &state, &id, [from, to]).await?;
            Some(shown(changes, &names, language))
        },
        versions: found
            .into_iter()
            .map(|view| row(view, (from, to, item.version), &zone, language))
            .collect(),
        here,
        from,
        to,
        frame,
    };
    page(&template, language)
}

fn row(
    view: View,
    (from, to, standing): (u32, u32, u32),
    zone: &TimeZone,
    language: Language,
) -> VersionRow {
    let item = view.item;
    let content = item.content;
    VersionRow {
        path: format!("{}?version={}", item_path(item.id.as_str()), item.version),
        at: minute(item.updated_at, zone),
        by: author(&item.updated_by, language),
        chip: chip((content.status, content.window), item.updated_at, language),
        title: content.title,
        is_standing: item.version == standing,
        is_from: item.version == from,
        is_to: item.version == to,
        number: item.version,
    }
}

async fn compare(
    visit: &Visit<Searching>,
    state: &AppState,
    id: &KnowledgeId,
    versions: [u32; 2],
) -> Result<Vec<FieldChange>, ApiError> {
    let shop = visit.visitor.shop();
    let zone = state.shop(shop).await?.zone();
    let version = async |version| {
        let found = state.store.knowledge_version(shop, id, version);
        let item = found.await?.ok_or(ApiError::NotFound { what: "version" })?;
        Ok::<_, ApiError>(item.content.to_raw(&item.id, &zone))
    };
    let (before, after) = (version(versions[0]).await?, version(versions[1]).await?);
    Ok(state.pool.run(shop, move || diff(&before, &after)).await?)
}

/// `POST /knowledge/{id}/versions`: gives the item what it said at `version`,
/// as the version after the one that stood when the page was shown.
///
/// # Errors
/// When the person may not change knowledge, there is no such version, or the store fails.
pub async fn revert(
    form: Form<KeepingKnowledge>,
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = id_of(&path)?;
    let number = |name: &str| {
        let number = form.fields.get(name).parse::<u32>();
        number.map_err(|_| ApiError::FormExpired)
    };
    let (version, standing) = (number("version")?, number("standing")?);
    let edit = Edit {
        shop: form.visitor.shop(),
        id: &id,
        expected: &Expected::Versions(vec![standing]),
        by: &form.visitor.by(),
        at: state.clock.now(),
    };
    let here = page_of_item(id.as_str(), "versions");
    match revert_item(state.store.as_ref(), edit, version).await {
        Ok(_) => {
            state.catalog.store_changed();
            Ok(done(&here, "reverted"))
        }
        Err(error) => match ApiError::from(error) {
            ApiError::VersionConflict { .. } => Ok(done(&here, "changed-meanwhile")),
            error => Err(error),
        },
    }
}
