//! `/queues/contradictions`: items that contradict or repeat each other, and
//! items that run out; what of it is none, and what is archived because of it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use jiff::Timestamp;

use super::console::{Frame, Room, Visit, done};
use super::knowledge_view::{id_of, item_path};
use super::language::Language;
use super::lists::{Part, Tab, minute, place, segment, within};
use super::page;
use super::queue_cards::queue_tabs;
use crate::auth::{Fields, Form, Supervising, audit};
use crate::domain::ids::ShopId;
use crate::domain::knowledge::{KnowledgeContent, Status};
use crate::domain::suggestion::AnswerForm;
use crate::error::ApiError;
use crate::insights::figures::{rounded_down, rounded_up};
use crate::insights::judged::judged;
use crate::insights::labels::Labels;
use crate::insights::queues::{Supervisor, gaps, proposals};
use crate::insights::review::{review, reviewed_before};
use crate::knowledge::edit::{Edit, Expected, replace};
use crate::knowledge::findings::{Confidence, Detail, Finding, Kind, Shared, Side, Wanted};
use crate::state::AppState;

const HERE: &str = "/queues/contradictions";

/// How many days ahead an end is near.
const WITHIN_DAYS: u16 = 14;

/// How many of each kind the page begins with, and how many where it has one
/// kind alone.
const FIRST: usize = 20;
const OF_ONE_KIND: usize = 50;

/// How long a page waits for what may take seconds, where there is something to
/// show meanwhile.
const PATIENCE: Duration = Duration::from_millis(300);

#[derive(Template)]
#[template(path = "queues_contradictions.html")]
struct ContradictionsPage {
    frame: Frame,
    tabs: Vec<Tab>,
    /// When they were looked for.
    at: String,
    /// Whether that was before the last change.
    is_behind: bool,
    flash: Flash,
    /// Only this kind; all where empty.
    kind: String,
    /// The place of the first of that kind.
    from: usize,
    contradictions: Group,
    duplicates: Group,
    expiring: Group,
    /// What somebody judged to be none.
    dismissed: Vec<Pair>,
}

/// What has just been done, and what can be done about it.
struct Flash {
    /// In words; empty where nothing was.
    text: &'static str,
    /// The item's address; empty where it is about none.
    item: String,
    /// Where it is undone; empty where that is nowhere.
    undo: String,
}

/// Findings of a kind.
struct Group {
    part: Part,
    pairs: Vec<Pair>,
    /// The address of all of them.
    all: String,
}

/// A finding: two items, or one that runs out.
struct Pair {
    id: String,
    sides: Vec<Shown>,
    why: String,
    is_sure: bool,
    /// Where and when both hold; empty where they hold everywhere.
    shared: String,
    /// When an item ends.
    until: String,
    has_ended: bool,
}

/// An item of a finding.
struct Shown {
    id: String,
    title: String,
    version: u32,
    form: &'static str,
    /// The sentence around the value: before, the value, after.
    before: String,
    value: String,
    after: String,
    address: String,
}

/// `GET /queues/contradictions`; one kind alone with `kind`.
///
/// # Errors
/// When the store fails or too much is being read already.
pub async fn show(
    visit: Visit<Supervising>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let shop = visit.visitor.shop();
    let frame = visit.frame(&state, Room::Queues).await?;
    let looked = look(&state, shop).await?;
    let judged = judged(state.store.as_ref(), shop, looked.found).await?;
    let searchable = state.catalog.searchable(shop)?;
    let labels = Labels {
        locale: visit.language.0,
        ..Labels::of(&searchable)
    };
    let asked = Kind::parse(visit.query.get("kind")).ok();
    let from = place(&visit.query);
    let group = |kind: Kind| {
        let path = format!("{HERE}?kind={}", kind.as_str());
        let found = of_kind(&judged.open, kind);
        let (from, size) = match asked {
            Some(asked) if asked == kind => (within(from, OF_ONE_KIND, found.len()), OF_ONE_KIND),
            Some(_) => (0, 0),
            None => (0, FIRST),
        };
        let shown = found.iter().skip(from).take(size);
        Group {
            part: Part::of(&path, from, size, found.len()),
            pairs: shown.map(|finding| pair(finding, &frame, labels)).collect(),
            all: path,
        }
    };
    let contradictions = group(Kind::Contradiction);
    let desk = state.desk().lately();
    let waiting = [
        proposals(desk, shop, 0).await?.total,
        gaps(desk, shop, 0).await?.total,
    ];
    let mut tabs = queue_tabs(visit.language, HERE, waiting);
    if let Some(tab) = tabs.iter_mut().find(|tab| tab.path == HERE) {
        tab.count = contradictions.part.total.to_string();
    }
    let dismissed = judged.dismissed.iter().take(OF_ONE_KIND);
    let dismissed = dismissed.map(|finding| pair(finding, &frame, labels));
    let template = ContradictionsPage {
        tabs,
        flash: Flash::of(&frame),
        from,
        dismissed: dismissed.collect(),
        at: minute(looked.at, &frame.shop.zone()),
        is_behind: looked.is_behind,
        kind: asked.map_or_else(String::new, |kind| kind.as_str().to_owned()),
        contradictions,
        duplicates: group(Kind::Duplicate),
        expiring: group(Kind::Expiring),
        frame,
    };
    page(&template, visit.language)
}

/// `POST /queues/contradictions/{id}/dismiss`: says that two items do not
/// contradict or repeat each other, as they stood on the page.
///
/// # Errors
/// When the store fails or too much is being read already.
pub async fn dismiss(
    form: Form<Supervising>,
    state: web::Data<AppState>,
    path: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (shop, by) = (form.visitor.shop(), form.visitor.by());
    let found = look(&state, shop).await?.found;
    let supervisor = Supervisor {
        desk: state.desk(),
        shop,
        by: &by,
    };
    let version = |field: &str| form.fields.get(field).parse::<u32>().unwrap_or(0);
    let versions = (version("first_version"), version("second_version"));
    let back = back(&form.fields);
    let dismissed = supervisor.dismiss_finding(&found, &path, versions).await;
    match dismissed.map_err(ApiError::from) {
        Ok(dismissal) => {
            let (first, second) = (dismissal.first.0, dismissal.second.0);
            audit::about(&request, format!("{first} {second}"));
            Ok(done(&back, &format!("dismissed.{}", dismissal.finding)))
        }
        Err(ApiError::NotFound { .. } | ApiError::VersionConflict { .. }) => {
            Ok(done(&back, "changed"))
        }
        Err(error) => Err(error),
    }
}

/// `POST /queues/contradictions/{id}/restore`: takes that back.
///
/// # Errors
/// When nothing was said of it, or the store fails.
pub async fn restore(
    form: Form<Supervising>,
    state: web::Data<AppState>,
    path: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let store = state.store.as_ref();
    let restored = store.restore_finding(form.visitor.shop(), &path).await?;
    let (first, second) = (restored.first.0, restored.second.0);
    audit::about(&request, format!("{first} {second}"));
    Ok(done(&back(&form.fields), "restored"))
}

/// `POST /queues/contradictions/archive`: archives an item, as it stood on the page.
///
/// # Errors
/// When there is no such item, or the store fails.
pub async fn archive(
    form: Form<Supervising>,
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let shop = form.visitor.shop();
    let id = id_of(form.fields.get("item"))?;
    let version = form.fields.get("version").parse::<u32>();
    let version = version.map_err(|_| ApiError::FormExpired)?;
    let store = state.store.as_ref();
    let item = store.knowledge(shop, &id).await?;
    let item = item.ok_or(ApiError::NotFound {
        what: "knowledge item",
    })?;
    let edit = Edit {
        shop,
        id: &id,
        expected: &Expected::Versions(vec![version]),
        by: &form.visitor.by(),
        at: state.clock.now(),
    };
    let content = KnowledgeContent {
        status: Status::Archived,
        ..item.content
    };
    let back = back(&form.fields);
    match replace(store, edit, content).await.map_err(ApiError::from) {
        Ok(_) => {
            state.catalog.store_changed();
            audit::about(&request, id.as_str());
            Ok(done(&back, &format!("archived.{}", segment(id.as_str()))))
        }
        Err(ApiError::VersionConflict { .. }) => Ok(done(&back, "changed")),
        Err(error) => Err(error),
    }
}

/// The findings of a kind. Two items that contradict each other repeat each
/// other in that alone: they are shown as a contradiction, once.
fn of_kind(open: &[Finding], kind: Kind) -> Vec<&Finding> {
    let items = |finding: &Finding| {
        let second = finding.second.as_ref().map(|side| side.id.clone());
        (finding.first.id.clone(), second)
    };
    let contradicting: HashSet<_> = open
        .iter()
        .filter(|finding| finding.detail.kind() == Kind::Contradiction)
        .map(items)
        .collect();
    let is_shown = |finding: &&Finding| {
        let own = finding.detail.kind();
        own == kind && (own != Kind::Duplicate || !contradicting.contains(&items(finding)))
    };
    open.iter().filter(is_shown).collect()
}

/// The part of the page that a form was sent from.
fn back(fields: &Fields) -> String {
    match (Kind::parse(fields.get("kind")), place(fields)) {
        (Ok(kind), 0) => format!("{HERE}?kind={}", kind.as_str()),
        (Ok(kind), from) => format!("{HERE}?kind={}&from={from}", kind.as_str()),
        (Err(_), _) => HERE.to_owned(),
    }
}

impl Flash {
    /// What `done` of the address says: `dismissed.{finding}`, `archived.{item}`.
    fn of(frame: &Frame) -> Self {
        let (word, id) = frame.done.split_once('.').unwrap_or((&frame.done, ""));
        let text = match word {
            "dismissed" => frame.say(
                "已记下：没有问题，不再列出。知识改动后会重新检查。",
                "Marked as not a problem. It will be checked again if either item changes.",
            ),
            "restored" => frame.say("已撤销，重新列出。", "Undone. It is back on the list."),
            "archived" => frame.say(
                "已归档，不再推荐给客服。可以在它的版本里恢复。",
                "Archived. It is no longer suggested to agents; you can restore it from its versions.",
            ),
            "changed" => frame.say(
                "刚有人改过其中的知识，没有保存。请看看最新的内容。",
                "Someone has just changed one of these items, so nothing was saved. Please check the current version.",
            ),
            _ => "",
        };
        let of = |wanted: &str, address: String| {
            let is_of = word == wanted && !id.is_empty();
            if is_of { address } else { String::new() }
        };
        Self {
            text,
            item: of("archived", item_path(id)),
            undo: of("dismissed", format!("{HERE}/{}/restore", segment(id))),
        }
    }
}

/// What was looked at last.
struct Looked {
    at: Timestamp,
    found: Arc<Vec<Finding>>,
    /// Whether something changed since, and it is being looked at again.
    is_behind: bool,
}

/// What is wrong with the shop's knowledge as it stands; as it stood a while ago
/// where looking takes long, which goes on though nobody waits for it.
async fn look(state: &web::Data<AppState>, shop: &ShopId) -> Result<Looked, ApiError> {
    let desk = state.desk();
    let wanted = Wanted {
        kind: None,
        at: rounded_down(desk.now),
        within_days: WITHIN_DAYS,
        zone: state.shop(shop).await?.zone(),
    };
    let before = reviewed_before(desk, shop, &wanted);
    let looking = tokio::spawn({
        let (state, shop) = (state.clone(), shop.clone());
        async move { review(state.desk(), &shop, &wanted).await }
    });
    let looked = match before {
        None => looking.await,
        Some((at, found)) => match tokio::time::timeout(PATIENCE, looking).await {
            Ok(looked) => looked,
            Err(_) => {
                return Ok(Looked {
                    // They were looked for in the five minutes from then on.
                    at: rounded_up(at).min(desk.now),
                    found,
                    is_behind: true,
                });
            }
        },
    };
    let found = looked.map_err(ApiError::internal)??;
    Ok(Looked {
        // True of the knowledge as it stands, of which none is newer.
        at: desk.now,
        found,
        is_behind: false,
    })
}

fn pair(finding: &Finding, frame: &Frame, labels: Labels<'_>) -> Pair {
    let zone = frame.shop.zone();
    let (until, has_ended) = match &finding.detail {
        Detail::Expiring {
            until, has_ended, ..
        } => (minute(*until, &zone), *has_ended),
        Detail::Contradiction { .. } | Detail::Duplicate { .. } => (String::new(), false),
    };
    let sides = std::iter::once(&finding.first).chain(finding.second.as_ref());
    Pair {
        id: finding.id.clone(),
        sides: sides.map(|side| shown(side, frame.language)).collect(),
        why: finding.why(frame.language.0),
        is_sure: finding.confidence == Confidence::High,
        shared: finding
            .shared
            .as_ref()
            .map_or_else(String::new, |shared| scope(shared, frame, labels)),
        until,
        has_ended,
    }
}

fn shown(side: &Side, language: Language) -> Shown {
    let value = side.value.clone().unwrap_or_default();
    let excerpt = side.excerpt.clone().unwrap_or_default();
    // A value is written somewhere in its sentence; else it stands alone.
    let (before, after) = match excerpt.split_once(value.as_str()) {
        Some((before, after)) => (before.to_owned(), after.to_owned()),
        None => (excerpt, String::new()),
    };
    Shown {
        id: side.id.to_string(),
        title: side.title.clone(),
        version: side.version,
        form: match side.form {
            Some(AnswerForm::Brief) => language.say("简短回答", "Brief answer"),
            Some(AnswerForm::Consultative) => language.say("详细回答", "Consultative answer"),
            None => "",
        },
        before,
        value,
        after,
        address: format!("/knowledge/{}", segment(side.id.as_str())),
    }
}

/// Where and when both items hold, as far as that is not everywhere and always.
fn scope(shared: &Shared, frame: &Frame, labels: Labels<'_>) -> String {
    let zone = frame.shop.zone();
    let mut parts: Vec<String> = Vec::new();
    let joint = frame.say("、", ", ");
    let products = shared.products.iter();
    let products: Vec<String> = products.map(|id| labels.product(id.as_str())).collect();
    if !products.is_empty() {
        parts.push(format!(
            "{} {}",
            frame.say("商品", "products:"),
            products.join(joint)
        ));
    }
    let channels = shared.channels.iter();
    let channels: Vec<String> = channels.map(|id| labels.channel(id.as_str())).collect();
    if !channels.is_empty() {
        parts.push(format!(
            "{} {}",
            frame.say("渠道", "channels:"),
            channels.join(joint)
        ));
    }
    if let Some(from) = shared.window.from {
        parts.push(format!(
            "{} {}",
            frame.say("自", "from"),
            minute(from, &zone)
        ));
    }
    if let Some(until) = shared.window.until {
        parts.push(format!(
            "{} {}",
            frame.say("至", "until"),
            minute(until, &zone)
        ));
    }
    parts.join(" · ")
}
