//! People, and their verbs.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::{FromRow, SqliteConnection};

use super::rows::{made_id, optional_time, sound, time};
use super::{SqliteStore, attempts, audit, sessions, shops};
use crate::domain::ids::{PersonId, ShopId};
use crate::domain::person::{
    AuditEntry, Failures, Link, LinkUse, Login, Person, Role, SecretHash, Session,
};
use crate::store::{PeopleStore, StoreError, StoreResult};

#[derive(FromRow)]
struct PersonRow {
    shop: String,
    id: Vec<u8>,
    login: String,
    name: String,
    role: String,
    password: Option<String>,
    created_at: i64,
    disabled_at: Option<i64>,
}

impl PersonRow {
    fn into_person(self) -> StoreResult<Person> {
        Ok(Person {
            shop: sound("shop id", ShopId::parse(&self.shop))?,
            id: made_id("person id", &self.id, PersonId::parse)?,
            login: sound("login", Login::parse(&self.login))?,
            name: self.name,
            role: sound("role", Role::parse(&self.role))?,
            password: self.password,
            created_at: time(self.created_at)?,
            disabled_at: optional_time(self.disabled_at)?,
        })
    }
}

#[async_trait]
impl PeopleStore for SqliteStore {
    async fn create_person(&self, person: &Person) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        create(&mut transaction, person).await?;
        Ok(transaction.commit().await?)
    }

    async fn rename_person(&self, shop: &ShopId, id: PersonId, name: &str) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        let renamed = sqlx::query("UPDATE people SET name = ?3 WHERE shop = ?1 AND id = ?2")
            .bind(shop.as_str())
            .bind(id.as_bytes())
            .bind(name)
            .execute(&mut *transaction)
            .await?;
        was_there(renamed.rows_affected())?;
        Ok(transaction.commit().await?)
    }

    async fn set_person_role(&self, shop: &ShopId, id: PersonId, role: Role) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        let before = by_id(&mut transaction, shop, id).await?;
        sqlx::query("UPDATE people SET role = ?3 WHERE shop = ?1 AND id = ?2")
            .bind(shop.as_str())
            .bind(id.as_bytes())
            .bind(role.as_str())
            .execute(&mut *transaction)
            .await?;
        keep_owner(&mut transaction, before).await?;
        Ok(transaction.commit().await?)
    }

    async fn lock_person_out(&self, shop: &ShopId, id: PersonId, at: Timestamp) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        let before = by_id(&mut transaction, shop, id).await?;
        sqlx::query(
            "UPDATE people SET disabled_at = coalesce(disabled_at, ?3)
             WHERE shop = ?1 AND id = ?2",
        )
        .bind(shop.as_str())
        .bind(id.as_bytes())
        .bind(at.as_millisecond())
        .execute(&mut *transaction)
        .await?;
        keep_owner(&mut transaction, before).await?;
        sessions::end_all(&mut transaction, shop, id, None).await?;
        Ok(transaction.commit().await?)
    }

    async fn let_person_in(&self, shop: &ShopId, id: PersonId) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        let changed =
            sqlx::query("UPDATE people SET disabled_at = NULL WHERE shop = ?1 AND id = ?2")
                .bind(shop.as_str())
                .bind(id.as_bytes())
                .execute(&mut *transaction)
                .await?;
        was_there(changed.rows_affected())?;
        Ok(transaction.commit().await?)
    }

    async fn set_password(&self, shop: &ShopId, id: PersonId, hash: &str) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        set_password(&mut transaction, shop, id, hash).await?;
        Ok(transaction.commit().await?)
    }

    async fn people(&self, shop: &ShopId) -> StoreResult<Vec<Person>> {
        let rows: Vec<PersonRow> =
            sqlx::query_as("SELECT * FROM people WHERE shop = ?1 ORDER BY login")
                .bind(shop.as_str())
                .fetch_all(&mut *self.read().await?)
                .await?;
        rows.into_iter().map(PersonRow::into_person).collect()
    }

    async fn person(&self, shop: &ShopId, id: PersonId) -> StoreResult<Option<Person>> {
        by_id(&mut *self.read().await?, shop, id).await
    }

    async fn person_by_login(&self, shop: &ShopId, login: &Login) -> StoreResult<Option<Person>> {
        let row: Option<PersonRow> =
            sqlx::query_as("SELECT * FROM people WHERE shop = ?1 AND login = ?2")
                .bind(shop.as_str())
                .bind(login.as_str())
                .fetch_optional(&mut *self.read().await?)
                .await?;
        row.map(PersonRow::into_person).transpose()
    }

    async fn create_session(&self, session: &Session) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        sessions::create(&mut transaction, session).await?;
        Ok(transaction.commit().await?)
    }

    async fn session(&self, hash: SecretHash) -> StoreResult<Option<(Session, Person)>> {
        let mut snapshot = self.read_snapshot().await?;
        let Some(session) = sessions::by_hash(&mut snapshot, hash).await? else {
            return Ok(None);
        };
        let person = by_id(&mut snapshot, &session.shop, session.person).await?;
        Ok(person.map(|person| (session, person)))
    }

    async fn touch_session(&self, hash: SecretHash, at: Timestamp) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        sessions::touch(&mut transaction, hash, at).await?;
        Ok(transaction.commit().await?)
    }

    async fn end_session(&self, hash: SecretHash) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        sessions::end(&mut transaction, hash).await?;
        Ok(transaction.commit().await?)
    }

    async fn end_sessions(
        &self,
        shop: &ShopId,
        person: PersonId,
        kept: Option<SecretHash>,
    ) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        sessions::end_all(&mut transaction, shop, person, kept).await?;
        Ok(transaction.commit().await?)
    }

    async fn create_link(&self, link: &Link) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        sessions::create_link(&mut transaction, link).await?;
        Ok(transaction.commit().await?)
    }

    async fn link(&self, hash: SecretHash) -> StoreResult<Option<Link>> {
        sessions::link_by_hash(&mut *self.read().await?, hash).await
    }

    async fn links(&self, shop: &ShopId) -> StoreResult<Vec<Link>> {
        sessions::links(&mut *self.read().await?, shop).await
    }

    async fn withdraw_link(&self, shop: &ShopId, hash: SecretHash) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        sessions::withdraw_link(&mut transaction, shop, hash).await?;
        Ok(transaction.commit().await?)
    }

    async fn use_link(&self, hash: SecretHash, change: &LinkUse) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        sessions::use_up_link(&mut transaction, hash).await?;
        match change {
            LinkUse::Begin { shop, owner } => {
                shops::create(&mut transaction, shop).await?;
                create(&mut transaction, owner).await?;
            }
            LinkUse::Join(person) => create(&mut transaction, person).await?,
            LinkUse::ChoosePassword {
                shop,
                person,
                password,
            } => set_password(&mut transaction, shop, *person, password).await?,
            LinkUse::Enter => {}
        }
        Ok(transaction.commit().await?)
    }

    async fn forget_ended(&self, now: Timestamp) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        sessions::forget_ended(&mut transaction, now).await?;
        Ok(transaction.commit().await?)
    }

    async fn begin_attempt(
        &self,
        shop: &ShopId,
        login: &Login,
        at: Timestamp,
    ) -> StoreResult<Option<Failures>> {
        let mut transaction = self.write().await?;
        let before = attempts::begin(&mut transaction, shop, login, at).await?;
        transaction.commit().await?;
        Ok(before)
    }

    async fn take_attempt_back(
        &self,
        shop: &ShopId,
        login: &Login,
        before: Option<Failures>,
    ) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        attempts::take_back(&mut transaction, shop, login, before).await?;
        Ok(transaction.commit().await?)
    }

    async fn forget_failures(&self, shop: &ShopId, login: &Login) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        attempts::forget(&mut transaction, shop, login).await?;
        Ok(transaction.commit().await?)
    }

    async fn append_audit(&self, shop: &ShopId, entry: &AuditEntry) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        audit::append(&mut transaction, shop, entry).await?;
        Ok(transaction.commit().await?)
    }

    async fn audit(
        &self,
        shop: &ShopId,
        before: Option<u64>,
        limit: u32,
    ) -> StoreResult<Vec<AuditEntry>> {
        audit::before(&mut *self.read().await?, shop, before, limit).await
    }
}

async fn create(connection: &mut SqliteConnection, person: &Person) -> StoreResult<()> {
    let made = sqlx::query(
        "INSERT INTO people
             (shop, id, login, name, role, password, created_at, disabled_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO NOTHING",
    )
    .bind(person.shop.as_str())
    .bind(person.id.as_bytes())
    .bind(person.login.as_str())
    .bind(&person.name)
    .bind(person.role.as_str())
    .bind(&person.password)
    .bind(person.created_at.as_millisecond())
    .bind(person.disabled_at.map(Timestamp::as_millisecond))
    .execute(connection)
    .await?;
    match made.rows_affected() {
        0 => Err(StoreError::Exists { what: "person" }),
        _ => Ok(()),
    }
}

/// Another password; all sessions of the person end.
async fn set_password(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    id: PersonId,
    hash: &str,
) -> StoreResult<()> {
    let changed = sqlx::query("UPDATE people SET password = ?3 WHERE shop = ?1 AND id = ?2")
        .bind(shop.as_str())
        .bind(id.as_bytes())
        .bind(hash)
        .execute(&mut *connection)
        .await?;
    was_there(changed.rows_affected())?;
    sessions::end_all(connection, shop, id, None).await
}

fn was_there(people: u64) -> StoreResult<()> {
    match people {
        0 => Err(StoreError::NotFound { what: "person" }),
        _ => Ok(()),
    }
}

/// Whether the change of a person who was `before` may stand.
async fn keep_owner(connection: &mut SqliteConnection, before: Option<Person>) -> StoreResult<()> {
    let before = before.ok_or(StoreError::NotFound { what: "person" })?;
    if before.is_active_owner() && !has_owner(connection, &before.shop).await? {
        return Err(StoreError::LastOwner);
    }
    Ok(())
}

/// Whether an owner of the shop can sign in.
async fn has_owner(connection: &mut SqliteConnection, shop: &ShopId) -> StoreResult<bool> {
    let found = sqlx::query_scalar(
        "SELECT EXISTS
             (SELECT 1 FROM people WHERE shop = ?1 AND role = ?2 AND disabled_at IS NULL)",
    )
    .bind(shop.as_str())
    .bind(Role::Owner.as_str())
    .fetch_one(connection)
    .await?;
    Ok(found)
}

async fn by_id(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    id: PersonId,
) -> StoreResult<Option<Person>> {
    let row: Option<PersonRow> = sqlx::query_as("SELECT * FROM people WHERE shop = ?1 AND id = ?2")
        .bind(shop.as_str())
        .bind(id.as_bytes())
        .fetch_optional(connection)
        .await?;
    row.map(PersonRow::into_person).transpose()
}
