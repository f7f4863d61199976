//! `/queues/approve` and `/queues/write`: answers that wait for the supervisor.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::console::{Frame, Room, Visit, done};
use super::language::Language;
use super::lists::{Part, Tab, leave_to, segment};
use super::queue_cards::{GapCard, Maker, ProposalCard, answered_just_now, left_gap, queue_tabs};
use super::queue_form::{ItemForm, filled, problems};
use super::queue_place::{APPROVE, CARDS, Flash, Spot, WRITE};
use super::{page_with_status, see_other};
use crate::auth::{Form, Supervising, audit};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::{CandidateId, ClusterId, ShopId};
use crate::domain::job::JobKind;
use crate::domain::knowledge::RawKnowledge;
use crate::error::ApiError;
use crate::insights::labels::Labels;
use crate::insights::phrasings::settle;
use crate::insights::queues::{Gap, Made, Proposal, Supervisor, gaps, proposals};
use crate::insights::report::Desk;
use crate::state::AppState;
use crate::store::Decision;

/// Why an answer is not taken over: the audit log has the word.
const REASONS: [(&str, [&str; 2]); 4] = [
    ("wrong", ["答得不对", "The answer is wrong"]),
    ("outdated", ["已经过时", "The answer is out of date"]),
    (
        "single",
        ["只适用于个别买家", "It only applies to individual buyers"],
    ),
    (
        "needless",
        ["不需要写进知识", "It does not belong in the knowledge base"],
    ),
];

/// Why an answer was not taken over, as people read it; `None` where no word of
/// the log says so.
pub fn reason_name(word: &str, language: Language) -> Option<&'static str> {
    let (_, names) = REASONS.iter().find(|(known, _)| *known == word)?;
    Some(language.say(names[0], names[1]))
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
    spot: Spot,
    /// The address of what the forms come back to.
    back: String,
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
    spot: Spot,
    /// The address of what the forms come back to.
    back: String,
    has_problems: bool,
}

/// What was sent and cannot be taken: the card, what was filled in, and what is wrong.
struct Refused<Id> {
    id: Id,
    raw: RawKnowledge,
    problems: Vec<(String, String)>,
    spot: Spot,
}

impl<Id: std::fmt::Display> Refused<Id> {
    /// The form as it was sent.
    fn form(&self, labels: Labels<'_>) -> ItemForm {
        ItemForm {
            problems: self.problems.clone(),
            ..ItemForm::new(&self.id.to_string(), &self.raw, labels)
        }
    }
}

/// `GET /queues`: the first queue.
pub async fn index() -> HttpResponse {
    see_other(APPROVE)
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
            let refused = Refused {
                id,
                raw,
                problems: problems(error, visit.language)?,
                spot: Spot::of(&form.fields),
            };
            return approve_page(&visit, &state, Some(refused)).await;
        }
    };
    after_change(&state, form.visitor.shop()).await?;
    audit::about(&request, item.as_str());
    let word = format!("{word}.{}", segment(item.as_str()));
    Ok(done(&Spot::of(&form.fields).address(APPROVE), &word))
}

/// `POST /queues/approve/{id}/dismiss`: takes an answer off the queue.
///
/// # Errors
/// When there is none of that id, no reason is given, or the store fails.
pub async fn dismiss(
    form: Form<Supervising>,
    state: web::Data<AppState>,
    path: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id = found(CandidateId::parse(&path))?;
    let reason = form.fields.get("reason");
    let reason = REASONS.iter().find(|(known, _)| *known == reason);
    let missing = || ApiError::field(FieldError::new("reason", Fault::Missing));
    let (reason, _) = reason.ok_or_else(missing)?;
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
    let back = Spot::of(&form.fields).address(APPROVE);
    Ok(done(&back, &format!("dismissed.{id}")))
}

/// `POST /queues/approve/{id}/reopen`: puts an answer that was dismissed back.
///
/// # Errors
/// When there is none of that id or the store fails.
pub async fn reopen(
    form: Form<Supervising>,
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = found(CandidateId::parse(&path))?;
    let store = state.store.as_ref();
    store.reopen_candidate(form.visitor.shop(), id).await?;
    let back = Spot::of(&form.fields).address(APPROVE);
    Ok(done(&back, "reopened"))
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
            let refused = Refused {
                id,
                raw,
                problems: problems(error, visit.language)?,
                spot: Spot::of(&form.fields),
            };
            return write_page(&visit, &state, Some(refused)).await;
        }
    };
    after_change(&state, form.visitor.shop()).await?;
    audit::about(&request, item.as_str());
    let word = format!("written.{}", segment(item.as_str()));
    Ok(done(&Spot::of(&form.fields).address(WRITE), &word))
}

async fn approve_page(
    visit: &Visit<Supervising>,
    state: &AppState,
    refused: Option<Refused<CandidateId>>,
) -> Result<HttpResponse, ApiError> {
    let shop = visit.visitor.shop();
    let mut frame = visit.frame(state, Room::Queues).await?;
    let desk = desk(state, &frame);
    let searchable = state.catalog.searchable(shop)?;
    let maker = maker(desk, (shop, visit.language), Labels::of(&searchable)).await?;
    let spot = spot(visit, refused.as_ref());
    let most = if refused.is_some() {
        usize::MAX
    } else {
        spot.most()
    };
    let found = proposals(desk, shop, most).await?;
    let waiting = [found.total, gaps(desk, shop, 0).await?.total];
    let (cards, part) = if let Some(refused) = &refused {
        leave_to(&mut frame, &spot.address(APPROVE));
        let card = refused_proposal((state, shop), &maker, found.first, refused).await?;
        (vec![card], Part::of(APPROVE, 0, CARDS, 1))
    } else {
        let (mut shown, part) = spot.cut(APPROVE, found, |one| one.view.cluster.id);
        let drafts = shown.iter_mut().map(|one| &mut one.draft);
        settle(desk, shop, drafts.collect()).await?;
        (shown.iter().map(|one| maker.proposal(one)).collect(), part)
    };
    let reasons = REASONS.iter();
    let template = ApprovePage {
        tabs: queue_tabs(visit.language, APPROVE, waiting),
        flash: Flash::of(&frame),
        cards,
        part,
        reasons: reasons
            .map(|(word, names)| (*word, visit.language.say(names[0], names[1])))
            .collect(),
        spot,
        back: spot.address(APPROVE),
        has_problems: refused.is_some(),
        frame,
    };
    page_with_status(&template, visit.language, status(refused.as_ref()))
}

/// The card that was sent, though its answer may have left the queue meanwhile.
async fn refused_proposal(
    (state, shop): (&AppState, &ShopId),
    maker: &Maker<'_>,
    found: Vec<Proposal>,
    refused: &Refused<CandidateId>,
) -> Result<ProposalCard, ApiError> {
    let form = refused.form(maker.labels);
    let mut found = found.into_iter();
    if let Some(mut proposal) = found.find(|one| one.candidate.id == refused.id) {
        settle(state.desk(), shop, vec![&mut proposal.draft]).await?;
        return Ok(ProposalCard {
            form: form.offering(&proposal.draft),
            ..maker.proposal(&proposal)
        });
    }
    let candidate = state.store.candidate(shop, refused.id).await?;
    let candidate = candidate.ok_or(ApiError::NotFound { what: "answer" })?;
    let ledger = state.listening.ledger(shop).await?;
    let cluster = ledger.cluster(candidate.cluster);
    let cluster = cluster.ok_or(ApiError::NotFound { what: "question" })?;
    Ok(maker.left_proposal(&candidate, cluster, form))
}

async fn write_page(
    visit: &Visit<Supervising>,
    state: &AppState,
    refused: Option<Refused<ClusterId>>,
) -> Result<HttpResponse, ApiError> {
    let shop = visit.visitor.shop();
    let mut frame = visit.frame(state, Room::Queues).await?;
    let desk = desk(state, &frame);
    let searchable = state.catalog.searchable(shop)?;
    let maker = maker(desk, (shop, visit.language), Labels::of(&searchable)).await?;
    let spot = spot(visit, refused.as_ref());
    let most = if refused.is_some() {
        usize::MAX
    } else {
        spot.most()
    };
    let found = gaps(desk, shop, most).await?;
    let waiting = [proposals(desk, shop, 0).await?.total, found.total];
    let (cards, part) = if let Some(refused) = &refused {
        leave_to(&mut frame, &spot.address(WRITE));
        let card = refused_gap((state, shop), &maker, found.first, refused).await?;
        (vec![card], Part::of(WRITE, 0, CARDS, 1))
    } else {
        let (mut shown, part) = spot.cut(WRITE, found, |one| one.view.cluster.id);
        let drafts = shown.iter_mut().map(|one| &mut one.draft);
        settle(desk, shop, drafts.collect()).await?;
        (shown.iter().map(|one| maker.gap(one)).collect(), part)
    };
    let template = WritePage {
        tabs: queue_tabs(visit.language, WRITE, waiting),
        flash: Flash::of(&frame),
        cards,
        part,
        spot,
        back: spot.address(WRITE),
        has_problems: refused.is_some(),
        frame,
    };
    page_with_status(&template, visit.language, status(refused.as_ref()))
}

/// The card that was sent, though its question may have left the queue meanwhile.
async fn refused_gap(
    (state, shop): (&AppState, &ShopId),
    maker: &Maker<'_>,
    found: Vec<Gap>,
    refused: &Refused<ClusterId>,
) -> Result<GapCard, ApiError> {
    let form = refused.form(maker.labels);
    let mut found = found.into_iter();
    if let Some(mut gap) = found.find(|one| one.view.cluster.id == refused.id) {
        settle(state.desk(), shop, vec![&mut gap.draft]).await?;
        return Ok(GapCard {
            form: form.offering(&gap.draft),
            ..maker.gap(&gap)
        });
    }
    let ledger = state.listening.ledger(shop).await?;
    let cluster = ledger.cluster(refused.id);
    let cluster = cluster.ok_or(ApiError::NotFound { what: "question" })?;
    Ok(left_gap(cluster, form))
}

/// Where the person works: as the address says, or the form that was sent.
fn spot<Id>(visit: &Visit<Supervising>, refused: Option<&Refused<Id>>) -> Spot {
    match refused {
        Some(refused) => refused.spot,
        None => Spot::of(&visit.query),
    }
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

fn status<Id>(refused: Option<&Refused<Id>>) -> StatusCode {
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
