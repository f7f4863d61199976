//! `GET /questions/{id}`: one recurring question with all that is in it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::console::{Frame, Room, Visit};
use super::language::Language;
use super::lists::leave_to;
use super::question_actions::{ActionForm, ActionView, action_views};
use super::question_history::{EditView, edit_views};
use super::question_view::{
    self as view, AnswerView, Count, Course, Fact, Figure, LatestView, ProposalView, WordingView,
};
use super::questions_parts::{Chip, Choice, Flash, Reader, chips, counted, desk};
use super::{page, page_with_status};
use crate::auth::{Fields, Needs, ReadingInsights, Supervising};
use crate::domain::fault::FieldError;
use crate::domain::ids::ClusterId;
use crate::error::ApiError;
use crate::insights::clusters;
use crate::insights::standing::standing;
use crate::state::AppState;

#[derive(Template)]
#[template(path = "question.html")]
struct QuestionPage {
    frame: Frame,
    flash: Flash,
    supervises: bool,
    id: String,
    label: String,
    own_name: String,
    is_muted: bool,
    is_pinned: bool,
    counted: String,
    chips: Vec<Chip>,
    facts: Vec<Fact>,
    figures: Vec<Figure>,
    course: Course,
    wordings: Vec<WordingView>,
    more_wordings: usize,
    products: Vec<Count>,
    answered_by: Option<AnswerView>,
    answers: Vec<AnswerView>,
    is_gap: bool,
    proposals: Vec<ProposalView>,
    actions: Vec<ActionView>,
    /// For an action that is not on record yet.
    new_action: ActionForm,
    edits: Vec<EditView>,
    latest: Vec<LatestView>,
    similar: Vec<Choice>,
    others: Vec<Choice>,
    filled: Filled,
}

/// What was filled in, and what was wrong with it.
#[derive(Default)]
pub struct Filled {
    /// The form's fields.
    pub fields: Fields,
    /// What is wrong, by field.
    pub errors: Vec<FieldError>,
}

impl Filled {
    /// What is wrong with a field; empty when nothing is.
    pub fn problem(&self, field: &str, language: Language) -> String {
        let error = self.errors.iter().find(|error| error.field == field);
        error.map_or_else(String::new, |error| error.fault.message(language.0))
    }
}

/// The page.
///
/// # Errors
/// When there is no such question that the person may read, or the shop cannot be read.
pub async fn show(
    visit: Visit<ReadingInsights>,
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = cluster_id(&path)?;
    let template = make(&visit, &state, (id, Filled::default())).await?;
    page(&template, visit.language)
}

/// The page again after a form that was at fault, with what was filled in.
///
/// # Errors
/// As of [`show`].
pub async fn again(
    visit: &Visit<Supervising>,
    state: &AppState,
    question: (ClusterId, Filled),
) -> Result<HttpResponse, ApiError> {
    let template = make(visit, state, question).await?;
    page_with_status(&template, visit.language, StatusCode::UNPROCESSABLE_ENTITY)
}

/// The question that an address names.
///
/// # Errors
/// When it names none.
pub fn cluster_id(text: &str) -> Result<ClusterId, ApiError> {
    ClusterId::parse(text).map_err(|_| ApiError::NotFound { what: "cluster" })
}

async fn make<N: Needs>(
    visit: &Visit<N>,
    state: &AppState,
    (id, filled): (ClusterId, Filled),
) -> Result<QuestionPage, ApiError> {
    let person = visit.visitor.person();
    let shop = &person.shop;
    let language = visit.language;
    let address = format!("/questions/{id}");
    let mut frame = visit.frame(state, Room::Questions).await?;
    leave_to(&mut frame, &address);
    let desk = desk(state, &frame);
    let reader = Reader::of(state, person).await?;
    let found = clusters::page(desk, shop, id).await?;
    let question = &found.detail.view;
    if !reader.may_read(question) {
        return Err(ApiError::NotFound { what: "cluster" });
    }
    let standing = standing(desk, shop).await?;
    let ledger = state.listening.ledger(shop).await?;
    let supervises = reader.supervises();
    let (similar, others) = if supervises {
        view::others(&standing, question, &reader, language)
    } else {
        (Vec::new(), Vec::new())
    };
    let titles = view::titles(state, shop, &found.detail).await?;
    let searchable = state.catalog.searchable(shop)?;
    let (wordings, more_wordings) = view::wordings(&found.detail, &reader);
    let today = frame.shop.zone().to_datetime(desk.now).date().to_string();
    Ok(QuestionPage {
        flash: Flash::of(&frame, address),
        supervises,
        id: id.to_string(),
        label: reader.title(question, language),
        own_name: question.cluster.name.clone().unwrap_or_default(),
        is_muted: question.cluster.is_muted,
        is_pinned: question.cluster.is_pinned,
        counted: counted(&standing, &frame),
        chips: chips(question, language),
        facts: view::facts(&found.detail, &frame),
        figures: view::figures(question, language),
        course: view::course(&found, &frame, standing.counted_at),
        wordings,
        more_wordings,
        products: view::products(&question.line, &reader, language),
        answered_by: view::answered_by(question, &titles, supervises),
        answers: view::answers(&found.detail.uses, &titles, supervises),
        is_gap: found.is_gap,
        proposals: view::proposals(&found, supervises, language),
        actions: action_views(state, id, (&frame, &filled)).await?,
        new_action: ActionForm::new(&today, (&filled, language)),
        edits: if supervises {
            edit_views(&found.edits, &ledger, &frame)
        } else {
            Vec::new()
        },
        latest: if supervises {
            view::latest(&found.detail, &searchable.terminology, &frame)
        } else {
            Vec::new()
        },
        similar,
        others,
        filled,
        frame,
    })
}

impl QuestionPage {
    /// What is wrong with a field; empty when nothing is.
    fn problem(&self, field: &str) -> String {
        let problem = self.filled.problem(field, self.frame.language);
        if field == "wordings" && !problem.is_empty() {
            let text = self.frame.say(
                "请勾选要拆分出去的问法：至少一种，但不能全选",
                "Select the wordings to split off: at least one, but not all of them",
            );
            return text.to_owned();
        }
        problem
    }

    /// What was filled in, or what to begin with.
    fn value<'a>(&'a self, field: &str, first: &'a str) -> &'a str {
        if self.filled.fields.is_ticked(field) {
            self.filled.fields.get(field)
        } else {
            first
        }
    }

    /// Whether that wording was ticked.
    fn was_ticked(&self, key: &str) -> bool {
        self.filled
            .fields
            .all("wording")
            .any(|ticked| ticked == key)
    }
}
