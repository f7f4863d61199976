//! `POST /v1/messages`: what buyers and agents say, as it happens or afterwards.

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::json::{media_type, parse as parse_json, read_body};
use crate::auth::{Caller, Ingesting};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::message::{Message, Taken};
use crate::domain::shop::Shop;
use crate::error::{ApiError, request_context};
use crate::listening::intake::{RawMessage, parse};
use crate::pool::aside;
use crate::state::AppState;

/// Messages of one request.
const MOST_MESSAGES: usize = 10_000;

/// Refusals that are told one by one.
const MOST_REFUSALS: usize = 100;

/// A batch of messages.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessagesRequest {
    /// At most 10,000, in any order.
    #[schema(value_type = Vec<RawMessage>)]
    pub messages: Vec<serde_json::Value>,
}

/// What became of the messages of a request.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessagesResponse {
    /// Kept now, on disk.
    pub accepted: usize,
    /// On record already, with the same words.
    pub duplicates: usize,
    /// Not kept; the others are.
    pub refused: usize,
    /// Why, at most 100 of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<Refusal>,
}

/// What is wrong with a message that was not kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct Refusal {
    /// Where: `messages[3].text`, counted from 0; of NDJSON `line[3].text`, counted from 1.
    pub field: String,
    /// What is wrong.
    pub message: String,
}

/// Keeps messages. What is answered is on disk; a message that comes again is
/// kept once. One that is malformed, or whose id was used for other words, is
/// refused by its place, and the others are kept.
#[utoipa::path(post, path = "/v1/messages", operation_id = "ingest_messages", tag = "messages", security(("key" = ["ingest"])),
    request_body(description = "A batch as JSON, or one message a line as NDJSON; at most 10,000 messages and 16 MB by default",
        content((MessagesRequest = "application/json"), (String = "application/x-ndjson"))),
    responses((status = 200, body = MessagesResponse),
        (status = 422, description = "Every message is refused", body = crate::error::Problem),
        (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn ingest(
    caller: Caller<Ingesting>,
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let form = Form::of(&request)?;
    let limit = state.settings.server.ingest_limit_bytes;
    let bytes = read_body(payload.into_inner(), limit).await?;
    let shop = state.shop(&caller.shop).await?;
    let now = state.clock.now();
    // Masking ten thousand messages takes longer than an async worker may.
    let batch = aside(async move { form.read(&bytes, &shop, now) }).await??;
    let taken = state
        .store
        .take_messages(&caller.shop, &batch.messages, now)
        .await?;
    state.listening.messages_came();
    batch.answer(form, &taken)
}

/// How the messages are written.
#[derive(Clone, Copy)]
enum Form {
    Json,
    Lines,
}

/// Messages that can be kept, with their places, and what is wrong with the others.
#[derive(Default)]
struct Batch {
    messages: Vec<Message>,
    places: Vec<usize>,
    faults: Vec<(usize, FieldError)>,
}

impl Form {
    fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        match media_type(request).as_deref() {
            Some("application/json") => Ok(Self::Json),
            Some("application/x-ndjson" | "application/jsonl" | "application/x-jsonlines") => {
                Ok(Self::Lines)
            }
            _ => Err(ApiError::UnsupportedMediaType {
                expected: "application/json or application/x-ndjson".to_owned(),
            }),
        }
    }

    fn read(self, bytes: &[u8], shop: &Shop, now: Timestamp) -> Result<Batch, ApiError> {
        let mut batch = Batch::default();
        match self {
            Self::Json => {
                let request: MessagesRequest = parse_json(bytes)?;
                check_count(request.messages.len())?;
                for (place, raw) in request.messages.into_iter().enumerate() {
                    batch.push(place, read_one(serde_json::from_value(raw), shop, now));
                }
            }
            Self::Lines => {
                let lines = (1..).zip(bytes.split(|byte| *byte == b'\n'));
                let lines: Vec<(usize, &[u8])> = lines
                    .filter(|(_, line)| !line.iter().all(u8::is_ascii_whitespace))
                    .collect();
                check_count(lines.len())?;
                for (number, line) in lines {
                    batch.push(number, read_one(serde_json::from_slice(line), shop, now));
                }
            }
        }
        Ok(batch)
    }

    /// The path of a field at fault: `messages[3].text`, of a line `line[3].text`.
    fn path(self, place: usize, field: &str) -> String {
        let name = match self {
            Self::Json => "messages",
            Self::Lines => "line",
        };
        let dot = if field.is_empty() { "" } else { "." };
        format!("{name}[{place}]{dot}{field}")
    }
}

/// A message, or what is wrong with it or with its JSON.
fn read_one(
    raw: serde_json::Result<RawMessage>,
    shop: &Shop,
    now: Timestamp,
) -> Result<Message, Vec<FieldError>> {
    match raw {
        Ok(raw) => parse(&raw, shop, now),
        Err(error) => {
            let detail = error.to_string();
            Err(vec![FieldError::new("", Fault::Unreadable { detail })])
        }
    }
}

fn check_count(found: usize) -> Result<(), ApiError> {
    if found <= MOST_MESSAGES {
        return Ok(());
    }
    let most = MOST_MESSAGES;
    let fault = Fault::TooMany { most, found };
    Err(ApiError::field(FieldError::new("messages", fault)))
}

impl Batch {
    fn push(&mut self, place: usize, parsed: Result<Message, Vec<FieldError>>) {
        match parsed {
            Ok(message) => {
                self.messages.push(message);
                self.places.push(place);
            }
            Err(errors) => self
                .faults
                .extend(errors.into_iter().map(|error| (place, error))),
        }
    }

    fn answer(mut self, form: Form, taken: &Taken) -> Result<HttpResponse, ApiError> {
        for conflict in &taken.conflicts {
            if let Some(place) = self.places.get(*conflict) {
                self.faults
                    .push((*place, FieldError::new("id", Fault::InUse)));
            }
        }
        self.faults.sort_by_key(|(place, _)| *place);
        let mut places: Vec<usize> = self.faults.iter().map(|(place, _)| *place).collect();
        places.dedup();
        self.faults.truncate(MOST_REFUSALS);
        let errors = self.faults.into_iter().map(|(place, error)| FieldError {
            field: form.path(place, &error.field),
            fault: error.fault,
        });
        if taken.new + taken.known == 0 && !places.is_empty() {
            return Err(ApiError::InvalidFields(errors.collect()));
        }
        let locale = request_context().locale;
        Ok(HttpResponse::Ok().json(MessagesResponse {
            accepted: taken.new,
            duplicates: taken.known,
            refused: places.len(),
            refusals: errors
                .map(|error| Refusal {
                    field: error.field,
                    message: error.fault.message(locale),
                })
                .collect(),
        }))
    }
}
