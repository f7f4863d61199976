//! `POST /v1/browser-tokens`: a token that a page may hold, in place of an API key.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::json::Json;
use crate::auth::browser::{BrowserToken, MintedBy};
use crate::auth::{Caller, MakingBrowserTokens};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::AgentId;
use crate::domain::origin::Origin;
use crate::error::ApiError;
use crate::state::AppState;

const LIFETIME_SECONDS: i64 = 900;
const SHORTEST_SECONDS: i64 = 60;
const LONGEST_SECONDS: i64 = 3_600;

/// What a token is wanted for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BrowserTokenRequest {
    /// Whose pages may use it: scheme, host and port, exactly as their
    /// browsers send it in `Origin`.
    #[schema(example = "https://desk.example.com")]
    pub origin: String,
    /// The agent who uses it; goes on record with each suggestion.
    #[serde(default)]
    pub agent: Option<String>,
    /// How long it lives: 60 to 3,600, 900 when absent.
    #[serde(default)]
    pub lifetime_seconds: Option<i64>,
}

/// A token.
#[derive(Debug, Serialize, ToSchema)]
pub struct BrowserTokenResponse {
    /// The token, as `Authorization: Bearer` takes it.
    #[schema(example = "zwb_…")]
    pub token: String,
    /// When it ends.
    #[schema(value_type = String)]
    pub expires_at: Timestamp,
}

/// Makes a short-lived token for a page. It opens suggestions and feedback
/// alone, from its origin alone, and ends early with the key that made it.
#[utoipa::path(post, path = "/v1/browser-tokens", operation_id = "make_browser_token", tag = "suggestions", security(("key" = ["suggest"])),
    request_body = BrowserTokenRequest,
    responses((status = 200, body = BrowserTokenResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn create(
    caller: Caller<MakingBrowserTokens>,
    state: web::Data<AppState>,
    body: Json<BrowserTokenRequest>,
) -> Result<HttpResponse, ApiError> {
    let wanted = parse(body.value)?;
    let shop = state.shop(&caller.shop).await?;
    let token = BrowserToken {
        shop: caller.shop,
        origin: wanted.origin,
        agent: wanted.agent,
        minted_by: MintedBy::Key(caller.by),
        expires_at: end(state.clock.now(), wanted.lifetime),
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(BrowserTokenResponse {
            token: token.seal(&shop.secret)?,
            expires_at: token.expires_at,
        }))
}

/// What the request says.
struct Wanted {
    origin: Origin,
    agent: Option<AgentId>,
    lifetime: SignedDuration,
}

fn parse(request: BrowserTokenRequest) -> Result<Wanted, ApiError> {
    let origin = Origin::parse(&request.origin).map_err(|fault| FieldError::new("origin", fault));
    let agent = request.agent.as_deref().map(AgentId::parse).transpose();
    let agent = agent.map_err(|fault| FieldError::new("agent", fault));
    let seconds = request.lifetime_seconds.unwrap_or(LIFETIME_SECONDS);
    let lifetime = if (SHORTEST_SECONDS..=LONGEST_SECONDS).contains(&seconds) {
        Ok(SignedDuration::from_secs(seconds))
    } else {
        Err(FieldError::new(
            "lifetime_seconds",
            Fault::outside(SHORTEST_SECONDS, LONGEST_SECONDS),
        ))
    };
    match (origin, agent, lifetime) {
        (Ok(origin), Ok(agent), Ok(lifetime)) => Ok(Wanted {
            origin,
            agent,
            lifetime,
        }),
        (origin, agent, lifetime) => Err(ApiError::InvalidFields(
            [origin.err(), agent.err(), lifetime.err()]
                .into_iter()
                .flatten()
                .collect(),
        )),
    }
}

/// When a token made `now` ends. Whole seconds, as the token keeps them.
fn end(now: Timestamp, lifetime: SignedDuration) -> Timestamp {
    let seconds = now.as_second().saturating_add(lifetime.as_secs());
    Timestamp::from_second(seconds).unwrap_or(now)
}
