//! Sessions and one-time links.

use jiff::Timestamp;
use sqlx::{FromRow, SqliteConnection};

use super::rows::{exact_bytes, made_id, sound, time};
use crate::domain::ids::{PersonId, ShopId};
use crate::domain::person::{Link, LinkPurpose, Role, SecretHash, Session};
use crate::store::{StoreError, StoreResult};

/// Failures are forgotten after this long.
const FAILURES_KEPT_MILLISECONDS: i64 = 24 * 3600 * 1000;

#[derive(FromRow)]
struct SessionRow {
    hash: Vec<u8>,
    shop: String,
    person: Vec<u8>,
    created_at: i64,
    seen_at: i64,
    expires_at: i64,
}

/// Keeps a session.
pub(super) async fn create(
    connection: &mut SqliteConnection,
    session: &Session,
) -> StoreResult<()> {
    sqlx::query(
        "INSERT INTO sessions (hash, shop, person, created_at, seen_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )
    .bind(session.hash.0.as_slice())
    .bind(session.shop.as_str())
    .bind(session.person.as_bytes())
    .bind(session.created_at.as_millisecond())
    .bind(session.seen_at.as_millisecond())
    .bind(session.expires_at.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// The session of that hash.
pub(super) async fn by_hash(
    connection: &mut SqliteConnection,
    hash: SecretHash,
) -> StoreResult<Option<Session>> {
    let row: Option<SessionRow> = sqlx::query_as("SELECT * FROM sessions WHERE hash = ?1")
        .bind(hash.0.as_slice())
        .fetch_optional(connection)
        .await?;
    row.map(|row| {
        Ok(Session {
            hash: SecretHash(exact_bytes("session hash", row.hash)?),
            shop: sound("shop id", ShopId::parse(&row.shop))?,
            person: made_id("person id", &row.person, PersonId::parse)?,
            created_at: time(row.created_at)?,
            seen_at: time(row.seen_at)?,
            expires_at: time(row.expires_at)?,
        })
    })
    .transpose()
}

/// Notes that a session was used.
pub(super) async fn touch(
    connection: &mut SqliteConnection,
    hash: SecretHash,
    at: Timestamp,
) -> StoreResult<()> {
    sqlx::query("UPDATE sessions SET seen_at = max(seen_at, ?2) WHERE hash = ?1")
        .bind(hash.0.as_slice())
        .bind(at.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends a session.
pub(super) async fn end(connection: &mut SqliteConnection, hash: SecretHash) -> StoreResult<()> {
    sqlx::query("DELETE FROM sessions WHERE hash = ?1")
        .bind(hash.0.as_slice())
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends all sessions of a person but that of `kept`.
pub(super) async fn end_all(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    person: PersonId,
    kept: Option<SecretHash>,
) -> StoreResult<()> {
    sqlx::query("DELETE FROM sessions WHERE shop = ?1 AND person = ?2 AND hash IS NOT ?3")
        .bind(shop.as_str())
        .bind(person.as_bytes())
        .bind(kept.map(|hash| hash.0.to_vec()))
        .execute(connection)
        .await?;
    Ok(())
}

#[derive(FromRow)]
struct LinkRow {
    hash: Vec<u8>,
    purpose: String,
    shop: Option<String>,
    role: Option<String>,
    person: Option<Vec<u8>>,
    made_by: String,
    created_at: i64,
    expires_at: i64,
}

impl LinkRow {
    fn into_link(self) -> StoreResult<Link> {
        let shop = self.shop.unwrap_or_default();
        let shop = || sound("shop id", ShopId::parse(&shop));
        let role = self.role.unwrap_or_default();
        let person = self.person.unwrap_or_default();
        let person = || made_id("person id", &person, PersonId::parse);
        let purpose = match self.purpose.as_str() {
            "begin" => LinkPurpose::Begin,
            "join" => LinkPurpose::Join {
                shop: shop()?,
                role: sound("role", Role::parse(&role))?,
            },
            "choose_password" => LinkPurpose::ChoosePassword {
                shop: shop()?,
                person: person()?,
            },
            "enter" => LinkPurpose::Enter {
                shop: shop()?,
                person: person()?,
            },
            other => {
                return Err(StoreError::Corrupt {
                    what: "link purpose",
                    detail: other.to_owned(),
                });
            }
        };
        Ok(Link {
            hash: SecretHash(exact_bytes("link hash", self.hash)?),
            purpose,
            by: self.made_by,
            created_at: time(self.created_at)?,
            expires_at: time(self.expires_at)?,
        })
    }
}

/// Keeps a one-time link.
pub(super) async fn create_link(connection: &mut SqliteConnection, link: &Link) -> StoreResult<()> {
    let (purpose, shop, role, person) = match &link.purpose {
        LinkPurpose::Begin => ("begin", None, None, None),
        LinkPurpose::Join { shop, role } => ("join", Some(shop), Some(role), None),
        LinkPurpose::ChoosePassword { shop, person } => {
            ("choose_password", Some(shop), None, Some(person))
        }
        LinkPurpose::Enter { shop, person } => ("enter", Some(shop), None, Some(person)),
    };
    sqlx::query(
        "INSERT INTO links (hash, purpose, shop, role, person, made_by, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
    .bind(link.hash.0.as_slice())
    .bind(purpose)
    .bind(shop.map(ShopId::as_str))
    .bind(role.map(|role| role.as_str()))
    .bind(person.map(|person| person.as_bytes().to_vec()))
    .bind(&link.by)
    .bind(link.created_at.as_millisecond())
    .bind(link.expires_at.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// The link of that hash.
pub(super) async fn link_by_hash(
    connection: &mut SqliteConnection,
    hash: SecretHash,
) -> StoreResult<Option<Link>> {
    let row: Option<LinkRow> = sqlx::query_as("SELECT * FROM links WHERE hash = ?1")
        .bind(hash.0.as_slice())
        .fetch_optional(connection)
        .await?;
    row.map(LinkRow::into_link).transpose()
}

/// A shop's links.
pub(super) async fn links(
    connection: &mut SqliteConnection,
    shop: &ShopId,
) -> StoreResult<Vec<Link>> {
    let rows: Vec<LinkRow> =
        sqlx::query_as("SELECT * FROM links WHERE shop = ?1 ORDER BY expires_at, hash")
            .bind(shop.as_str())
            .fetch_all(connection)
            .await?;
    rows.into_iter().map(LinkRow::into_link).collect()
}

/// Removes a shop's link.
pub(super) async fn withdraw_link(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    hash: SecretHash,
) -> StoreResult<()> {
    let removed = sqlx::query("DELETE FROM links WHERE shop = ?1 AND hash = ?2")
        .bind(shop.as_str())
        .bind(hash.0.as_slice())
        .execute(connection)
        .await?;
    was_removed(removed.rows_affected())
}

/// Removes a link that is there.
pub(super) async fn use_up_link(
    connection: &mut SqliteConnection,
    hash: SecretHash,
) -> StoreResult<()> {
    let removed = sqlx::query("DELETE FROM links WHERE hash = ?1")
        .bind(hash.0.as_slice())
        .execute(connection)
        .await?;
    was_removed(removed.rows_affected())
}

fn was_removed(links: u64) -> StoreResult<()> {
    match links {
        0 => Err(StoreError::NotFound { what: "link" }),
        _ => Ok(()),
    }
}

/// Forgets what ended before `now`.
pub(super) async fn forget_ended(
    connection: &mut SqliteConnection,
    now: Timestamp,
) -> StoreResult<()> {
    let now = now.as_millisecond();
    for (statement, before) in [
        ("DELETE FROM sessions WHERE expires_at < ?1", now),
        ("DELETE FROM links WHERE expires_at < ?1", now),
        (
            "DELETE FROM sign_in_failures WHERE last_at < ?1",
            now - FAILURES_KEPT_MILLISECONDS,
        ),
    ] {
        sqlx::query(statement)
            .bind(before)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
