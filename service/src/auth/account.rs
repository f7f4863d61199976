//! One's own account: another name, another password.

use jiff::Timestamp;

use super::password;
use super::people::check_password;
use super::sessions::{Sessions, Tried};
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
    Ok(store.rename_person(&person.shop, person.id, &name).await?)
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
    let known = [
        person.login.as_str(),
        person.name.as_str(),
        person.shop.as_str(),
    ];
    let new = check_password(typed.new, &known, &mut errors);
    let (Some(new), []) = (new, errors.as_slice()) else {
        return Err(ApiError::InvalidFields(errors));
    };
    let found = store.person(&person.shop, person.id).await?;
    let found = found.ok_or(ApiError::NotFound { what: "person" })?;
    let (shop, login) = (&found.shop, &found.login);
    if found.password.is_some() {
        let old = Password::typed(typed.old);
        let tried = sessions.try_password((shop, login), Some(&found), old, now);
        match tried.await? {
            Tried::Right => {}
            Tried::Wrong => return Ok(PasswordChange::WrongOld),
            Tried::Wait { seconds } => return Ok(PasswordChange::Wait { seconds }),
        }
    }
    let hash = password::hash(new).await?;
    store.set_password(shop, found.id, &hash).await?;
    sessions.forget();
    Ok(PasswordChange::Changed(sessions.begin(&found, now).await?))
}
