//! Every kind of problem that the API answers with, and what a caller does about it.

use super::prose::Prose;

/// A kind of problem.
#[derive(Debug)]
pub struct ProblemKind {
    /// The end of its `type`.
    pub name: &'static str,
    /// The status it comes with.
    pub status: u16,
    meaning: &'static str,
    remedy: &'static str,
}

impl ProblemKind {
    /// When it comes.
    pub fn meaning(&self) -> Prose {
        Prose::read(self.meaning)
    }

    /// What to do about it.
    pub fn remedy(&self) -> Prose {
        Prose::read(self.remedy)
    }
}

const fn kind(
    status: u16,
    name: &'static str,
    meaning: &'static str,
    remedy: &'static str,
) -> ProblemKind {
    ProblemKind {
        name,
        status,
        meaning,
        remedy,
    }
}

/// All kinds, by status.
pub const PROBLEMS: &[ProblemKind] = &[
    kind(
        400,
        "invalid-body",
        "The body cannot be read as what the endpoint takes.",
        "Correct what `detail` and `errors` name; a repetition fails again.",
    ),
    kind(
        400,
        "invalid-query",
        "The query string has an unknown or malformed parameter; `errors` names it where it is known.",
        "Correct the parameter.",
    ),
    kind(
        401,
        "unauthorized",
        "There is no key, or the key is malformed, unknown, expired or revoked.",
        "Send `Authorization: Bearer zw_…` with a key that is valid now.",
    ),
    kind(
        401,
        "invalid-token",
        "The browser token is malformed or has expired, or what made it is no more valid.",
        "Make a new one with `POST /v1/browser-tokens`; the panel asks for it by itself.",
    ),
    kind(
        403,
        "forbidden-token",
        "The browser token is of another origin, or the endpoint is not open to pages.",
        "Make the token for the origin of the page that uses it; call other endpoints from a server, with a key.",
    ),
    kind(
        403,
        "forbidden",
        "The key is valid but lacks the scope.",
        "Use a key with one of the scopes that `detail` names.",
    ),
    kind(
        403,
        "forbidden-role",
        "A person is signed in whose role may not do this.",
        "Ask an owner for one of the roles that `detail` names, under Settings · People.",
    ),
    kind(
        403,
        "form-expired",
        "A page's form or script did not prove that it comes from the caller's own page.",
        "Load the page anew; a script sends the page's token as `X-Form-Token`.",
    ),
    kind(
        404,
        "not-found",
        "The shop that the key opens has no such thing.",
        "Check the id, and that the key is of the right shop.",
    ),
    kind(
        404,
        "no-route",
        "The service has no such path.",
        "Check the path against this page.",
    ),
    kind(
        405,
        "method-not-allowed",
        "The path takes other methods.",
        "Check the method against this page.",
    ),
    kind(
        409,
        "exists",
        "There is one of that id already.",
        "Choose another id, or change the one that is there.",
    ),
    kind(
        412,
        "version-conflict",
        "Somebody changed the item since it was read.",
        "Read it again, apply the change to what stands now, and repeat.",
    ),
    kind(
        413,
        "too-large",
        "The body is larger than the service takes.",
        "Send less at once.",
    ),
    kind(
        415,
        "unsupported-media-type",
        "The endpoint does not take this `Content-Type`.",
        "Send the type that `detail` names.",
    ),
    kind(
        422,
        "invalid-fields",
        "Some values do not hold; `errors` names each field.",
        "Correct the fields; messages come in the language of `Accept-Language`.",
    ),
    kind(
        422,
        "invalid-file",
        "The file as a whole cannot be imported or exported.",
        "Correct what `detail` names.",
    ),
    kind(
        422,
        "import-refused",
        "Rows of the file are refused; `report` names each. Nothing was written.",
        "Mend the rows, or write the others with `skip_refused=true`.",
    ),
    kind(
        422,
        "idempotency-mismatch",
        "The `Idempotency-Key` came before with another request.",
        "Use a new key for a new request, and the same key only to repeat one.",
    ),
    kind(
        428,
        "precondition-required",
        "A change has to say which version it is based on.",
        "Send the ETag that was read as `If-Match`, or `If-Match: *` to overwrite.",
    ),
    kind(
        500,
        "internal",
        "Something went wrong inside the service.",
        "Report `request_id`: the log has the cause under it.",
    ),
    kind(
        503,
        "overloaded",
        "As much work waits as the service accepts.",
        "Repeat after `Retry-After` seconds.",
    ),
    kind(
        503,
        "index-building",
        "The shop’s index is being built, at a first start or after an upgrade.",
        "Repeat after `Retry-After` seconds; `/readyz` shows how far it is.",
    ),
    kind(
        503,
        "store-unavailable",
        "The disk is full or the database is out of reach. Nothing was written.",
        "Repeat after `Retry-After` seconds.",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use actix_web::ResponseError;
    use actix_web::body::to_bytes;
    use serde_json::Value;

    use super::*;
    use crate::domain::fault::Hint;
    use crate::domain::person::Role;
    use crate::error::ApiError;
    use crate::store::StoreError;

    /// One error of each kind. A new variant does not compile here until it is listed.
    fn one_of_each() -> Vec<ApiError> {
        use ApiError as E;
        let next = |error: &E| match error {
            E::InvalidBody { .. } => Some(E::InvalidQuery {
                field: None,
                detail: Hint::new("", ""),
            }),
            E::InvalidQuery { .. } => Some(E::InvalidFields(Vec::new())),
            E::InvalidFields(_) => Some(E::TooLarge { limit: 1 }),
            E::TooLarge { .. } => Some(E::UnsupportedMediaType {
                expected: String::new(),
            }),
            E::UnsupportedMediaType { .. } => Some(E::Unauthorized { what: "unknown" }),
            E::Unauthorized { .. } => Some(E::InvalidToken { what: "expired" }),
            E::InvalidToken { .. } => Some(E::ForbiddenToken { what: "elsewhere" }),
            E::ForbiddenToken { .. } => Some(E::Forbidden { scopes: &[] }),
            E::Forbidden { .. } => Some(E::ForbiddenRole {
                role: Role::Agent,
                scopes: &[],
            }),
            E::ForbiddenRole { .. } => Some(E::FormExpired),
            E::FormExpired => Some(E::NotFound { what: "item" }),
            E::NotFound { .. } => Some(E::NoRoute),
            E::NoRoute => Some(E::MethodNotAllowed { methods: "GET" }),
            E::MethodNotAllowed { .. } => Some(E::Exists { what: "item" }),
            E::Exists { .. } => Some(E::VersionConflict { current: 2 }),
            E::VersionConflict { .. } => Some(E::PreconditionRequired),
            E::PreconditionRequired => Some(E::IdempotencyMismatch),
            E::IdempotencyMismatch => Some(E::InvalidFile {
                detail: String::new(),
            }),
            E::InvalidFile { .. } => Some(E::ImportRefused(Box::default())),
            E::ImportRefused(_) => Some(E::Overloaded),
            E::Overloaded => Some(E::IndexBuilding { done: 0, total: 1 }),
            E::IndexBuilding { .. } => Some(E::StoreUnavailable(StoreError::IdempotencyMismatch)),
            E::StoreUnavailable(_) => Some(E::DiskUnavailable(std::io::Error::other("full"))),
            E::DiskUnavailable(_) => Some(E::internal("cause")),
            E::Internal(_) => None,
        };
        let first = E::InvalidBody {
            field: None,
            detail: String::new(),
        };
        let mut errors = vec![first];
        while let Some(error) = errors.last().and_then(next) {
            errors.push(error);
        }
        errors
    }

    #[actix_web::test]
    async fn every_error_is_listed_with_its_status() {
        let mut met = BTreeSet::new();
        for error in one_of_each() {
            let body = to_bytes(error.error_response().into_body()).await.ok();
            let problem: Value = serde_json::from_slice(&body.expect("a body")).expect("json");
            let listed = PROBLEMS
                .iter()
                .find(|kind| problem["type"] == format!("urn:zhiwen:problem:{}", kind.name));
            let listed = listed.unwrap_or_else(|| panic!("{problem} is not listed"));
            assert_eq!(problem["status"], listed.status, "{}", listed.name);
            met.insert(listed.name);
        }
        assert_eq!(
            met.len(),
            PROBLEMS.len(),
            "a kind is listed that never comes"
        );
    }
}
