//! What signing in and the audit log ask of storage.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreResult;
use crate::domain::ids::{PersonId, ShopId};
use crate::domain::person::{
    AuditEntry, Failures, Link, LinkUse, Login, Person, Role, SecretHash, Session,
};

/// Storage of people, sessions, one-time links and the audit log. Errors are as
/// of [`super::Store`].
#[async_trait]
pub trait PeopleStore {
    /// Adds a person. [`super::StoreError::Exists`] when the shop has one of that login.
    async fn create_person(&self, person: &Person) -> StoreResult<()>;
    /// Gives a person another name. Each change of a person is a verb of its
    /// own, so that none takes back what another has changed meanwhile.
    /// [`super::StoreError::NotFound`] when there is no such person.
    async fn rename_person(&self, shop: &ShopId, id: PersonId, name: &str) -> StoreResult<()>;
    /// Gives a person another role. [`super::StoreError::NotFound`] when there is
    /// none; [`super::StoreError::LastOwner`] when no other owner could sign in.
    async fn set_person_role(&self, shop: &ShopId, id: PersonId, role: Role) -> StoreResult<()>;
    /// Locks a person out and ends the person's sessions; one who is locked out
    /// stays so since the first time. Errors as of [`Self::set_person_role`].
    async fn lock_person_out(&self, shop: &ShopId, id: PersonId, at: Timestamp) -> StoreResult<()>;
    /// Lets a person in again. [`super::StoreError::NotFound`] when there is none.
    async fn let_person_in(&self, shop: &ShopId, id: PersonId) -> StoreResult<()>;
    /// Gives a person another password, by its hash, and ends the person's
    /// sessions. [`super::StoreError::NotFound`] when there is none.
    async fn set_password(&self, shop: &ShopId, id: PersonId, hash: &str) -> StoreResult<()>;
    /// A shop's people, by login.
    async fn people(&self, shop: &ShopId) -> StoreResult<Vec<Person>>;
    /// A person.
    async fn person(&self, shop: &ShopId, id: PersonId) -> StoreResult<Option<Person>>;
    /// The person of that login.
    async fn person_by_login(&self, shop: &ShopId, login: &Login) -> StoreResult<Option<Person>>;

    /// Keeps a session.
    async fn create_session(&self, session: &Session) -> StoreResult<()>;
    /// The session of that hash with its person, whether it has ended or not.
    async fn session(&self, hash: SecretHash) -> StoreResult<Option<(Session, Person)>>;
    /// Notes that a session was used.
    async fn touch_session(&self, hash: SecretHash, at: Timestamp) -> StoreResult<()>;
    /// Ends a session; one that is not there has ended.
    async fn end_session(&self, hash: SecretHash) -> StoreResult<()>;
    /// Ends all sessions of a person but that of `kept`.
    async fn end_sessions(
        &self,
        shop: &ShopId,
        person: PersonId,
        kept: Option<SecretHash>,
    ) -> StoreResult<()>;

    /// Keeps a one-time link.
    async fn create_link(&self, link: &Link) -> StoreResult<()>;
    /// The link of that hash, whether it has ended or not.
    async fn link(&self, hash: SecretHash) -> StoreResult<Option<Link>>;
    /// A shop's links that are not used up, those that end first before others;
    /// some may have ended.
    async fn links(&self, shop: &ShopId) -> StoreResult<Vec<Link>>;
    /// Takes a link back. [`super::StoreError::NotFound`] when the shop has none of
    /// that hash.
    async fn withdraw_link(&self, shop: &ShopId, hash: SecretHash) -> StoreResult<()>;
    /// Uses a link up and does what its use changes, both or neither.
    /// [`super::StoreError::NotFound`] when it has been used.
    async fn use_link(&self, hash: SecretHash, change: &LinkUse) -> StoreResult<()>;
    /// Forgets sessions and links that ended before `now`, and failures older
    /// than a day.
    async fn forget_ended(&self, now: Timestamp) -> StoreResult<()>;

    /// Counts an attempt to sign in with that login as a failure, unless the
    /// failures before it keep it waiting at `at`: by [`Failures::wait_seconds`]
    /// of those, which it gives, it may be made or not. Where very many logins
    /// have failed, those that did longest ago are forgotten.
    async fn begin_attempt(
        &self,
        shop: &ShopId,
        login: &Login,
        at: Timestamp,
    ) -> StoreResult<Option<Failures>>;
    /// Takes an attempt back whose password nobody looked at. `before` is what
    /// its beginning gave.
    async fn take_attempt_back(
        &self,
        shop: &ShopId,
        login: &Login,
        before: Option<Failures>,
    ) -> StoreResult<()>;
    /// Forgets the failures of that login.
    async fn forget_failures(&self, shop: &ShopId, login: &Login) -> StoreResult<()>;

    /// Appends to the audit log; the entry's sequence is given here, whatever it says.
    async fn append_audit(&self, shop: &ShopId, entry: &AuditEntry) -> StoreResult<()>;
    /// Entries before the sequence `before` (all when `None`), newest first, at
    /// most `limit`.
    async fn audit(
        &self,
        shop: &ShopId,
        before: Option<u64>,
        limit: u32,
    ) -> StoreResult<Vec<AuditEntry>>;
}
