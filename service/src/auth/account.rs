//! One's own account: another name, another password.

use jiff::Timestamp;

use super::password;
use super::people::check_password;
use super::sessions::Sessions;
use crate::domain::fault::FieldError;
use crate::domain::person::{Password, Person, Secret, person_name};
use crate::error::ApiError;
use crate::store::Store;

/// What is typed to change one's own password.
pub struct TypedPasswords<'a> {
    /// The one that holds; not asked of a person who has none.
    pub old: &'a str,
    /// The new one, twice.
    pub new: [&'a str; 2],
}

/// What became of an attempt to change one's own password.
pub enum PasswordChange {
    /// It is changed: all sessions of the person have ended, and this is the
    /// cookie's secret of a new one.
    Changed(Secret),
    /// The old one is not right.
    WrongOld,
    /// Too many old ones were not right: the next is looked at after so many seconds.
    Wait {
        /// How many.
        seconds: i64,
    },
}

/// Changes the name that others read.
///
/// # Errors
/// When the name does not hold, the person is gone, or the store fails.
pub async fn rename(store: &dyn Store, person: &Person, name: &str) -> Result<(), ApiError> {
    let name = person_name(name).map_err(ApiError::field)?;
    let found = store.person(&person.shop, person.id).await?;
    let found = found.ok_or(ApiError::NotFound { what: "person" })?;
    let renamed = Person { name, ..found };
    Ok(store.update_person(&renamed).await?)
}

/// Changes one's own password. Wrong old ones count as failures to sign in:
/// who finds a browser open cannot try them all.
///
/// # Errors
/// When the new one does not hold, the person is gone, or the store fails.
pub async fn change_password(
    store: &dyn Store,
    sessions: &Sessions,
    person: &Person,
    typed: &TypedPasswords<'_>,
    now: Timestamp,
) -> Result<PasswordChange, ApiError> {
    let mut errors: Vec<FieldError> = Vec::new();
    let new = check_password(typed.new, &mut errors);
    let (Some(new), []) = (new, errors.as_slice()) else {
        return Err(ApiError::InvalidFields(errors));
    };
    let (shop, login) = (&person.shop, &person.login);
    let found = store.person(shop, person.id).await?;
    let found = found.ok_or(ApiError::NotFound { what: "person" })?;
    if let Some(hash) = &found.password {
        let failures = store.sign_in_failures(shop, login).await?;
        let seconds = failures.map_or(0, |failures| failures.wait_seconds(now));
        if seconds > 0 {
            return Ok(PasswordChange::Wait { seconds });
        }
        // Counted before it is looked at, or many at once would each be the first.
        store.note_failure(shop, login, now).await?;
        let old = Password::typed(typed.old);
        if !password::is_right(old, Some(hash.clone())).await? {
            return Ok(PasswordChange::WrongOld);
        }
        store.forget_failures(shop, login).await?;
    }
    let changed = Person {
        password: Some(password::hash(new).await?),
        ..found
    };
    store.update_person(&changed).await?;
    sessions.forget();
    Ok(PasswordChange::Changed(
        sessions.begin(&changed, now).await?,
    ))
}
