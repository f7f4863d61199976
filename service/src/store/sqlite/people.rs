//! People, and their verbs.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::{FromRow, SqliteConnection};

use super::rows::{made_id, optional_time, sound, time};
use super::{SqliteStore, audit, sessions, shops};
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

    async fn update_person(&self, person: &Person) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        let before = by_id(&mut transaction, &person.shop, person.id).await?;
        let before = before.ok_or(StoreError::NotFound { what: "person" })?;
        update(&mut transaction, person).await?;
        if before.is_active_owner() && !has_owner(&mut transaction, &person.shop).await? {
            return Err(StoreError::LastOwner);
        }
        if person.disabled_at.is_some() || person.password != before.password {
            sessions::end_all(&mut transaction, &person.shop, person.id, None).await?;
        }
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
            } => {
                let found = by_id(&mut transaction, shop, *person).await?;
                let mut found = found.ok_or(StoreError::NotFound { what: "person" })?;
                found.password = Some(password.clone());
                update(&mut transaction, &found).await?;
                sessions::end_all(&mut transaction, shop, *person, None).await?;
            }
            LinkUse::Enter => {}
        }
        Ok(transaction.commit().await?)
    }

    async fn forget_ended(&self, now: Timestamp) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        sessions::forget_ended(&mut transaction, now).await?;
        Ok(transaction.commit().await?)
    }

    async fn sign_in_failures(
        &self,
        shop: &ShopId,
        login: &Login,
    ) -> StoreResult<Option<Failures>> {
        sessions::failures(&mut *self.read().await?, shop, login).await
    }

    async fn note_failure(&self, shop: &ShopId, login: &Login, at: Timestamp) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        sessions::note_failure(&mut transaction, shop, login, at).await?;
        Ok(transaction.commit().await?)
    }

    async fn forget_failures(&self, shop: &ShopId, login: &Login) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        sessions::forget_failures(&mut transaction, shop, login).await?;
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

async fn update(connection: &mut SqliteConnection, person: &Person) -> StoreResult<()> {
    sqlx::query(
        "UPDATE people SET name = ?3, role = ?4, password = ?5, disabled_at = ?6
         WHERE shop = ?1 AND id = ?2",
    )
    .bind(person.shop.as_str())
    .bind(person.id.as_bytes())
    .bind(&person.name)
    .bind(person.role.as_str())
    .bind(&person.password)
    .bind(person.disabled_at.map(Timestamp::as_millisecond))
    .execute(connection)
    .await?;
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
