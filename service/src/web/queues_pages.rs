//! `/queues/approve` and `/queues/write`: answers that wait for the supervisor.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::console::{Frame, Room, Visit, done};
use super::language::Language;
use super::lists::{Part, Tab, leave_to, place, segment};
use super::queue_cards::{GapCard, Maker, ProposalCard, answered_just_now, queue_tabs};
use super::queue_form::{ItemForm, filled, problems};
use super::{page_with_status, see_other};
use crate::auth::{Form, Supervising, audit};
use crate::domain::fault::Fault;
use crate::domain::ids::{CandidateId, ClusterId, ShopId};
use crate::domain::job::JobKind;
use crate::domain::knowledge::RawKnowledge;
use crate::error::ApiError;
use crate::insights::labels::Labels;
use crate::insights::queues::{Made, Supervisor, gaps, proposals};
use crate::insights::report::Desk;
use crate::state::AppState;
use crate::store::Decision;

/// Cards of a page: each has a whole form.
const CARDS: usize = 10;

/// Why an answer is not taken over: the audit log has the word.
const REASONS: [(&str, [&str; 2]); 4] = [
    ("wrong", ["答得不对", "It is wrong"]),
    ("outdated", ["已经过时", "It is out of date"]),
    (
        "single",
        ["只适用于个别买家", "It holds for single buyers only"],
    ),
    ("needless", ["不需要写进知识", "It needs no item"]),
];

/// Why an answer was not taken over, as people read it; `None` where no word of
/// the log says so.
pub fn reason_name(word: &str, language: Language) -> Option<&'static str> {
    let (_, names) = REASONS.iter().find(|(known, _)| *known == word)?;
    Some(language.say(names[0], names[1]))
}

/// What was just done, with the item that came of it.
struct Flash {
    text: &'static str,
    /// The item's address; empty where there is none.
    item: String,
}

#[derive(Template)]
#[template(path = "queues_approve.html")]
struct ApprovePage {
    frame: Frame,
    tabs: Vec<Tab>,
    flash: Flash,
    cards: Vec<ProposalCard>,
    part: Part,
    reasons: Vec<(&'static str, &'static str)>,
    /// Whether only the answers to one question are shown.
    is_of_one: bool,
    has_problems: bool,
}

#[derive(Template)]
#[template(path = "queues_write.html")]
struct WritePage {
    frame: Frame,
    tabs: Vec<Tab>,
    flash: Flash,
    cards: Vec<GapCard>,
    part: Part,
    /// Whether only one question is shown.
    is_of_one: bool,
    has_problems: bool,
}

/// What was sent and cannot be taken: the card, what was filled in, and what is wrong.
struct Refused {
    id: String,
    raw: RawKnowledge,
    problems: Vec<(String, String)>,
}

impl Refused {
    /// The form as it was sent.
    fn form(&self, labels: Labels<'_>) -> ItemForm {
        ItemForm {
            problems: self.problems.clone(),
            ..ItemForm::new(&self.id, &self.raw, labels)
        }
    }
}

/// `GET /queues`: the first queue.
pub async fn index() -> HttpResponse {
    see_other("/queues/approve")
}

/// `GET /queues/approve`: answers that agents gave, best first; those to one
/// question with `question`.
///
/// # Errors
/// When the shop cannot be read.
pub async fn list_proposals(
    visit: Visit<Supervising>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    approve_page(&visit, &state, None).await
}

/// `GET /queues/write`: questions that nothing answers, by buyers; one with `question`.
///
/// # Errors
/// When the shop cannot be read.
pub async fn list_gaps(
    visit: Visit<Supervising>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    write_page(&visit, &state, None).await
}

/// `POST /queues/approve/{id}`: makes an answer an item as it was edited.
///
/// # Errors
/// When there is none of that id or the store fails.
pub async fn approve(
    (visit, form): (Visit<Supervising>, Form<Supervising>),
    state: web::Data<AppState>,
    path: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id = found(CandidateId::parse(&path))?;
    let raw = filled(&form.fields);
    let by = form.visitor.by();
    let made = supervisor(&state, form.visitor.shop(), &by)
        .approve(id, Some(raw.clone()))
        .await;
    let (word, item) = match made.map_err(ApiError::from) {
        Ok(Made::Now(item)) => ("approved", item.id),
        Ok(Made::Before(item)) => ("before", item),
        Err(error) => {
            let problems = problems(error, visit.language)?;
            let id = id.to_string();
            let refused = Refused { id, raw, problems };
            return approve_page(&visit, &state, Some(refused)).await;
        }
    };
    after_change(&state, form.visitor.shop()).await?;
    audit::about(&request, item.as_str());
    let word = format!("{word}.{}", segment(item.as_str()));
    Ok(done("/queues/approve", &word))
}

/// `POST /queues/approve/{id}/dismiss`: takes an answer off the queue.
///
/// # Errors
/// When there is none of that id, the reason is unknown, or the store fails.
pub async fn dismiss(
    form: Form<Supervising>,
    state: web::Data<AppState>,
    path: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id = found(CandidateId::parse(&path))?;
    let reason = form.fields.get("reason");
    let reason = REASONS.iter().find(|(known, _)| *known == reason);
    let (reason, _) = reason.ok_or(ApiError::NotFound { what: "reason" })?;
    let by = form.visitor.by();
    let decision = Decision {
        by: &by,
        at: state.clock.now(),
    };
    let store = state.store.as_ref();
    store
        .dismiss_candidate(form.visitor.shop(), id, decision)
        .await?;
    audit::about(&request, format!("{id} {reason}"));
    Ok(done("/queues/approve", "dismissed"))
}

/// `POST /queues/write/{cluster}`: writes the answer to a question.
///
/// # Errors
/// When there is no such question or the store fails.
pub async fn write(
    (visit, form): (Visit<Supervising>, Form<Supervising>),
    state: web::Data<AppState>,
    path: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id = found(ClusterId::parse(&path))?;
    let raw = filled(&form.fields);
    let by = form.visitor.by();
    let made = supervisor(&state, form.visitor.shop(), &by)
        .write(id, &raw)
        .await;
    let item = match made.map_err(ApiError::from) {
        Ok(item) => item.id,
        Err(error) => {
            let problems = problems(error, visit.language)?;
            let id = id.to_string();
            let refused = Refused { id, raw, problems };
            return write_page(&visit, &state, Some(refused)).await;
        }
    };
    after_change(&state, form.visitor.shop()).await?;
    audit::about(&request, item.as_str());
    let word = format!("written.{}", segment(item.as_str()));
    Ok(done("/queues/write", &word))
}

async fn approve_page(
    visit: &Visit<Supervising>,
    state: &AppState,
    refused: Option<Refused>,
) -> Result<HttpResponse, ApiError> {
    let here = "/queues/approve";
    let shop = visit.visitor.shop();
    let mut frame = visit.frame(state, Room::Queues).await?;
    let desk = desk(state, &frame);
    let searchable = state.catalog.searchable(shop)?;
    let maker = maker(desk, (shop, visit.language), Labels::of(&searchable)).await?;
    let (from, only) = (place(&visit.query), visit.query.get("question"));
    let is_whole = refused.is_none() && only.is_empty();
    let most = if is_whole { from + CARDS } else { usize::MAX };
    let mut found = proposals(desk, shop, most).await?;
    if let Some(refused) = &refused {
        found
            .first
            .retain(|one| one.candidate.id.to_string() == refused.id);
    } else if !only.is_empty() {
        found
            .first
            .retain(|one| one.view.cluster.id.to_string() == only);
    }
    let waiting = [found.total, gaps(desk, shop, 0).await?.total];
    let skipped = if is_whole { from } else { 0 };
    let shown = found.first.iter().skip(skipped).take(CARDS);
    let mut cards: Vec<ProposalCard> = shown.map(|one| maker.proposal(one)).collect();
    if let Some(refused) = &refused {
        let card = cards
            .first_mut()
            .ok_or(ApiError::NotFound { what: "answer" })?;
        card.form = refused.form(maker.labels);
        leave_to(&mut frame, here);
    }
    let total = if is_whole { found.total } else { cards.len() };
    let reasons = REASONS.iter();
    let template = ApprovePage {
        tabs: queue_tabs(visit.language, here, waiting),
        flash: flash(&frame),
        cards,
        part: Part::of(here, skipped, CARDS, total),
        reasons: reasons
            .map(|(word, names)| (*word, visit.language.say(names[0], names[1])))
            .collect(),
        is_of_one: !is_whole,
        has_problems: refused.is_some(),
        frame,
    };
    page_with_status(&template, visit.language, status(refused.as_ref()))
}

async fn write_page(
    visit: &Visit<Supervising>,
    state: &AppState,
    refused: Option<Refused>,
) -> Result<HttpResponse, ApiError> {
    let here = "/queues/write";
    let shop = visit.visitor.shop();
    let mut frame = visit.frame(state, Room::Queues).await?;
    let desk = desk(state, &frame);
    let searchable = state.catalog.searchable(shop)?;
    let maker = maker(desk, (shop, visit.language), Labels::of(&searchable)).await?;
    let from = place(&visit.query);
    let only = match &refused {
        Some(refused) => refused.id.as_str(),
        None => visit.query.get("question"),
    };
    let is_whole = only.is_empty();
    let most = if is_whole { from + CARDS } else { usize::MAX };
    let mut found = gaps(desk, shop, most).await?;
    if !is_whole {
        found
            .first
            .retain(|one| one.view.cluster.id.to_string() == only);
    }
    let waiting = [proposals(desk, shop, 0).await?.total, found.total];
    let skipped = if is_whole { from } else { 0 };
    let shown = found.first.iter().skip(skipped).take(CARDS);
    let mut cards: Vec<GapCard> = shown.map(|one| maker.gap(one)).collect();
    if let Some(refused) = &refused {
        let card = cards
            .first_mut()
            .ok_or(ApiError::NotFound { what: "question" })?;
        card.form = refused.form(maker.labels);
        leave_to(&mut frame, here);
    }
    let total = if is_whole { found.total } else { cards.len() };
    let template = WritePage {
        tabs: queue_tabs(visit.language, here, waiting),
        flash: flash(&frame),
        cards,
        part: Part::of(here, skipped, CARDS, total),
        is_of_one: !is_whole,
        has_problems: refused.is_some(),
        frame,
    };
    page_with_status(&template, visit.language, status(refused.as_ref()))
}

async fn maker<'a>(
    desk: Desk<'_>,
    (shop, language): (&ShopId, Language),
    labels: Labels<'a>,
) -> Result<Maker<'a>, ApiError> {
    let zone = desk.catalog.searchable(shop)?.shop.zone();
    Ok(Maker {
        labels: Labels {
            locale: language.0,
            ..labels
        },
        language,
        zone,
        answered: answered_just_now(desk, shop).await?,
    })
}

/// Right after a change the page must show it.
fn desk<'a>(state: &'a AppState, frame: &Frame) -> Desk<'a> {
    let desk = state.desk();
    if frame.done.is_empty() {
        desk.lately()
    } else {
        desk
    }
}

fn supervisor<'a>(state: &'a AppState, shop: &'a ShopId, by: &'a str) -> Supervisor<'a> {
    Supervisor {
        desk: state.desk(),
        shop,
        by,
    }
}

/// An id of the path: what is none is of nothing.
fn found<T>(id: Result<T, Fault>) -> Result<T, ApiError> {
    id.map_err(|_| ApiError::NotFound { what: "entry" })
}

fn status(refused: Option<&Refused>) -> StatusCode {
    match refused {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    }
}

/// Knowledge changed: it is indexed, and which questions it answers is told anew.
async fn after_change(state: &AppState, shop: &ShopId) -> Result<(), ApiError> {
    state.catalog.store_changed();
    let now = state.clock.now();
    state
        .store
        .ask_job(shop, JobKind::ClusterQuestions, now)
        .await?;
    state.trainer.job_asked();
    Ok(())
}

fn flash(frame: &Frame) -> Flash {
    let (word, item) = frame.done.split_once('.').unwrap_or((&frame.done, ""));
    let text = match word {
        "approved" => frame.say(
            "已采用，成了一条生效的知识。",
            "Approved: it is an item in effect now.",
        ),
        "before" => frame.say(
            "这条回答之前已被采用，没有重复新建。",
            "It had been approved before; nothing was made twice.",
        ),
        "dismissed" => frame.say("已移出待审核。", "It is off the queue."),
        "written" => frame.say(
            "已写好，成了一条生效的知识。",
            "Written: it is an item in effect now.",
        ),
        _ => "",
    };
    Flash {
        text,
        item: match item {
            "" => String::new(),
            item => format!("/knowledge/{}", segment(item)),
        },
    }
}
