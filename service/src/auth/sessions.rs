//! Sessions: signing in with a password, the cookie, and who a cookie is of.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use jiff::Timestamp;
use quick_cache::sync::Cache;

use super::{audit, password};
use crate::domain::ids::ShopId;
use crate::domain::person::{Failures, Login, Password, Person, Secret, SecretHash, Session};
use crate::domain::time::plus_seconds;
use crate::error::ApiError;
use crate::settings::Console;
use crate::store::{Store, StoreError};

/// The cookie's name.
pub const COOKIE: &str = "zhiwen_session";

/// For how long a session is trusted without asking the store: the longest that
/// one that was ended elsewhere still opens.
const TRUSTED_FOR: Duration = Duration::from_secs(2);

/// A session's use is noted this often.
const TOUCHED_EVERY_SECONDS: i64 = 300;

/// A person whose session holds now.
#[derive(Debug)]
pub struct SignedIn {
    /// The person.
    pub person: Person,
    /// The session.
    pub session: Session,
    /// What the forms of the session carry.
    pub form_token: String,
}

/// What became of an attempt to sign in.
pub enum Attempt {
    /// It holds: the cookie's secret.
    SignedIn(Secret),
    /// The login or the password is not right.
    Wrong,
    /// Too many failed: the next is looked at after so many seconds.
    Wait {
        /// How many.
        seconds: i64,
    },
}

/// What became of a password that was typed.
pub(super) enum Tried {
    /// It is the person's.
    Right,
    /// It is not.
    Wrong,
    /// It was not looked at: too many before it were wrong.
    Wait {
        /// For how long the next is not.
        seconds: i64,
    },
}

/// Knows sessions.
pub struct Sessions {
    store: Arc<dyn Store>,
    cache: Cache<[u8; 32], (Instant, Arc<SignedIn>)>,
    idle: Duration,
    longest: Duration,
    is_https: bool,
}

impl Sessions {
    /// Looks sessions up in `store`.
    pub fn new(store: Arc<dyn Store>, console: &Console) -> Self {
        Self {
            store,
            cache: Cache::new(4_096),
            idle: console.session_idle,
            longest: console.session_longest,
            is_https: console.is_https(),
        }
    }

    /// Whose session a cookie's secret is of, if it holds at `now`.
    ///
    /// # Errors
    /// When the store cannot say.
    pub async fn of(
        &self,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<Option<Arc<SignedIn>>, StoreError> {
        let hash = secret.hash();
        let signed_in = match self.cache.get(&hash.0) {
            Some((looked_up, signed_in)) if looked_up.elapsed() < TRUSTED_FOR => signed_in,
            _ => {
                let Some((session, person)) = self.store.session(hash).await? else {
                    self.cache.remove(&hash.0);
                    return Ok(None);
                };
                let form_token = secret.form_token();
                let signed_in = Arc::new(SignedIn {
                    person,
                    session,
                    form_token,
                });
                let kept = (Instant::now(), Arc::clone(&signed_in));
                self.cache.insert(hash.0, kept);
                signed_in
            }
        };
        let session = &signed_in.session;
        let unused = now.as_second() - session.seen_at.as_second();
        let is_over = session.expires_at <= now
            || unused > i64::try_from(self.idle.as_secs()).unwrap_or(i64::MAX)
            || signed_in.person.disabled_at.is_some();
        if is_over {
            return Ok(None);
        }
        if unused > TOUCHED_EVERY_SECONDS {
            self.store.touch_session(hash, now).await?;
            self.cache.remove(&hash.0);
        }
        Ok(Some(signed_in))
    }

    /// Tries a login and a password.
    ///
    /// # Errors
    /// When the store or the hashing fails.
    pub async fn sign_in(
        &self,
        shop: &ShopId,
        login: &Login,
        typed: Password,
        now: Timestamp,
    ) -> Result<Attempt, ApiError> {
        let person = self.store.person_by_login(shop, login).await?;
        let person = person.filter(|person| person.disabled_at.is_none());
        let tried = self.try_password((shop, login), person.as_ref(), typed, now);
        let tried = tried.await?;
        match (tried, person) {
            (Tried::Wait { seconds }, _) => Ok(Attempt::Wait { seconds }),
            (Tried::Right, Some(person)) => {
                let secret = self.begin(&person, now).await?;
                audit::note(self.store.as_ref(), &person, (audit::SIGNED_IN, ""), now).await;
                Ok(Attempt::SignedIn(secret))
            }
            (Tried::Right | Tried::Wrong, _) => Ok(Attempt::Wrong),
        }
    }

    /// Tries a password of a login, whether it is of a `person` or of nobody.
    ///
    /// # Errors
    /// When the store or the hashing fails.
    pub(super) async fn try_password(
        &self,
        (shop, login): (&ShopId, &Login),
        person: Option<&Person>,
        typed: Password,
        now: Timestamp,
    ) -> Result<Tried, ApiError> {
        // Counted before it is looked at, or many at once would each be the first.
        let before = self.store.begin_attempt(shop, login, now).await?;
        let seconds = before.map_or(0, |before| before.wait_seconds(now));
        if seconds > 0 {
            return Ok(Tried::Wait { seconds });
        }
        let hash = person.and_then(|person| person.password.clone());
        match password::is_right(typed, hash).await {
            Ok(true) => {
                self.store.forget_failures(shop, login).await?;
                Ok(Tried::Right)
            }
            Ok(false) => {
                let waits = Failures::one_more(before, now).wait_seconds(now) > 0;
                if let (true, Some(person)) = (waits, person) {
                    self.note_wait(person.clone(), now);
                }
                Ok(Tried::Wrong)
            }
            Err(error) => {
                // Nobody learned anything by it.
                self.store.take_attempt_back(shop, login, before).await?;
                Err(error)
            }
        }
    }

    /// Notes that wrong passwords brought a wait, where the login is somebody's:
    /// those that are nobody's have no end. Beside the reply, whose time would
    /// else tell which it was.
    fn note_wait(&self, person: Person, now: Timestamp) {
        let store = Arc::clone(&self.store);
        tokio::spawn(async move {
            audit::note(store.as_ref(), &person, (audit::HAS_TO_WAIT, ""), now).await;
        });
    }

    /// Begins a session of a person who has proved to be that one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn begin(&self, person: &Person, now: Timestamp) -> Result<Secret, StoreError> {
        let secret = Secret::make();
        let longest = i64::try_from(self.longest.as_secs()).unwrap_or(i64::MAX);
        let session = Session {
            hash: secret.hash(),
            shop: person.shop.clone(),
            person: person.id,
            created_at: now,
            seen_at: now,
            expires_at: plus_seconds(now, longest),
        };
        self.store.create_session(&session).await?;
        Ok(secret)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end(&self, hash: SecretHash) -> Result<(), StoreError> {
        self.cache.remove(&hash.0);
        self.store.end_session(hash).await
    }

    /// Forgets what is known of a person's sessions, after the person changed.
    pub fn forget(&self) {
        self.cache.clear();
    }

    /// The cookie that carries a session.
    pub fn cookie(&self, secret: &Secret) -> Cookie<'static> {
        let seconds = i64::try_from(self.longest.as_secs()).unwrap_or(i64::MAX);
        let mut cookie = self.bare_cookie(secret.reveal().to_owned());
        cookie.set_max_age(CookieDuration::seconds(seconds));
        cookie
    }

    /// What takes the cookie away.
    pub fn no_cookie(&self) -> Cookie<'static> {
        let mut cookie = self.bare_cookie(String::new());
        cookie.set_max_age(CookieDuration::ZERO);
        cookie
    }

    /// Lax, not strict: who follows a link from a chat is signed in.
    fn bare_cookie(&self, value: String) -> Cookie<'static> {
        Cookie::build(COOKIE, value)
            .path("/")
            .http_only(true)
            .secure(self.is_https)
            .same_site(SameSite::Lax)
            .finish()
    }
}
