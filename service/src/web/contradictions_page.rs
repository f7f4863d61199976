//! `/queues/contradictions`: items that contradict or repeat each other, and items that run out.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;
use jiff::Timestamp;

use super::console::{Frame, Room, Visit};
use super::language::Language;
use super::lists::{Part, Tab, minute, place, segment};
use super::page;
use super::queue_cards::queue_tabs;
use crate::auth::Supervising;
use crate::domain::ids::ShopId;
use crate::domain::suggestion::AnswerForm;
use crate::error::ApiError;
use crate::insights::figures::rounded_down;
use crate::insights::queues::{gaps, proposals};
use crate::insights::review::review;
use crate::knowledge::findings::{Confidence, Detail, Finding, Kind, Shared, Side, Wanted};
use crate::state::AppState;

/// How many days ahead an end is near.
const WITHIN_DAYS: u16 = 14;

/// How many of each kind the page begins with, and how many where it has one
/// kind alone.
const FIRST: usize = 20;
const OF_ONE_KIND: usize = 50;

#[derive(Template)]
#[template(path = "queues_contradictions.html")]
struct ContradictionsPage {
    frame: Frame,
    tabs: Vec<Tab>,
    /// When they were looked for.
    at: String,
    /// Only this kind; all where empty.
    kind: String,
    contradictions: Group,
    duplicates: Group,
    expiring: Group,
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
    let (at, findings) = look(&state, shop).await?;
    let here = "/queues/contradictions";
    let asked = Kind::parse(visit.query.get("kind")).ok();
    let from = place(&visit.query);
    let group = |kind: Kind| {
        let path = format!("{here}?kind={}", kind.as_str());
        let (from, size) = match asked {
            Some(asked) if asked == kind => (from, OF_ONE_KIND),
            Some(_) => (0, 0),
            None => (0, FIRST),
        };
        let of_kind = |finding: &&Finding| finding.detail.kind() == kind;
        let found: Vec<&Finding> = findings.iter().filter(of_kind).collect();
        let shown = found.iter().skip(from).take(size);
        Group {
            part: Part::of(&path, from, size, found.len()),
            pairs: shown.map(|finding| pair(finding, &frame)).collect(),
            all: path,
        }
    };
    let contradictions = group(Kind::Contradiction);
    let desk = state.desk().lately();
    let waiting = [
        proposals(desk, shop, 0).await?.total,
        gaps(desk, shop, 0).await?.total,
    ];
    let mut tabs = queue_tabs(visit.language, here, waiting);
    if let Some(tab) = tabs.iter_mut().find(|tab| tab.path == here) {
        tab.count = contradictions.part.total.to_string();
    }
    let template = ContradictionsPage {
        tabs,
        at: minute(at, &frame.shop.zone()),
        kind: asked.map_or_else(String::new, |kind| kind.as_str().to_owned()),
        contradictions,
        duplicates: group(Kind::Duplicate),
        expiring: group(Kind::Expiring),
        frame,
    };
    page(&template, visit.language)
}

/// What is wrong with the shop's knowledge as it stands.
async fn look(state: &AppState, shop: &ShopId) -> Result<(Timestamp, Arc<Vec<Finding>>), ApiError> {
    let desk = state.desk();
    let wanted = Wanted {
        kind: None,
        at: rounded_down(desk.now),
        within_days: WITHIN_DAYS,
        zone: state.shop(shop).await?.zone(),
    };
    let findings = review(desk, shop, &wanted).await?;
    Ok((wanted.at, findings))
}

fn pair(finding: &Finding, frame: &Frame) -> Pair {
    let zone = frame.shop.zone();
    let (until, has_ended) = match &finding.detail {
        Detail::Expiring {
            until, has_ended, ..
        } => (minute(*until, &zone), *has_ended),
        Detail::Contradiction { .. } | Detail::Duplicate { .. } => (String::new(), false),
    };
    let sides = std::iter::once(&finding.first).chain(finding.second.as_ref());
    Pair {
        sides: sides.map(|side| shown(side, frame.language)).collect(),
        why: finding.why(frame.language.0),
        is_sure: finding.confidence == Confidence::High,
        shared: finding
            .shared
            .as_ref()
            .map_or_else(String::new, |shared| scope(shared, frame)),
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
fn scope(shared: &Shared, frame: &Frame) -> String {
    let zone = frame.shop.zone();
    let mut parts: Vec<String> = Vec::new();
    let products: Vec<&str> = shared.products.iter().map(|id| id.as_str()).collect();
    if !products.is_empty() {
        parts.push(format!(
            "{} {}",
            frame.say("商品", "products"),
            products.join(" ")
        ));
    }
    let channels: Vec<&str> = shared.channels.iter().map(|id| id.as_str()).collect();
    if !channels.is_empty() {
        parts.push(format!(
            "{} {}",
            frame.say("渠道", "channels"),
            channels.join(" ")
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
