//! People: one-time links, what their use makes, and changes of a person.

use jiff::Timestamp;

use super::{audit, password};
use crate::domain::fault::{Fault, FieldError, Hint, Locale};
use crate::domain::ids::{PersonId, ShopId};
use crate::domain::person::{
    Link, LinkPurpose, LinkUse, Login, Password, Person, Role, Secret, person_name,
};
use crate::domain::shop::{Shop, ShopSecret};
use crate::domain::text::Text;
use crate::domain::time::plus_seconds;
use crate::error::ApiError;
use crate::store::{Store, StoreError, StoreResult};

/// How long a one-time link is good for.
const LINK_SECONDS: i64 = 48 * 3600;

/// Who makes links on the command line.
pub const TERMINAL: &str = "terminal";

/// The path of a link's page.
pub fn link_path(secret: &Secret) -> String {
    format!("/welcome/{}", secret.reveal())
}

/// Makes a one-time link.
///
/// # Errors
/// When the store fails.
pub async fn make_link(
    store: &dyn Store,
    purpose: LinkPurpose,
    by: &str,
    now: Timestamp,
) -> StoreResult<Secret> {
    let secret = Secret::make();
    let link = Link {
        hash: secret.hash(),
        purpose,
        by: by.to_owned(),
        created_at: now,
        expires_at: plus_seconds(now, LINK_SECONDS),
    };
    store.create_link(&link).await?;
    Ok(secret)
}

/// What the terminal should say at the start: a link for each shop that nobody
/// can sign in to as its owner, or the one that makes the first shop.
///
/// # Errors
/// When the store fails.
pub async fn first_links(
    store: &dyn Store,
    now: Timestamp,
) -> StoreResult<Vec<(Option<Shop>, Secret)>> {
    let shops = store.shops().await?;
    if shops.is_empty() {
        let secret = make_link(store, LinkPurpose::Begin, TERMINAL, now).await?;
        return Ok(vec![(None, secret)]);
    }
    let mut links = Vec::new();
    for shop in shops {
        let people = store.people(&shop.id).await?;
        if !people.iter().any(Person::is_active_owner) {
            let purpose = LinkPurpose::Join {
                shop: shop.id.clone(),
                role: Role::Owner,
            };
            let secret = make_link(store, purpose, TERMINAL, now).await?;
            let deed = ("zhiwen serve", Role::Owner.as_str());
            audit::note_at_terminal(store, &shop.id, deed, now).await?;
            links.push((Some(shop), secret));
        }
    }
    Ok(links)
}

/// What is filled in to make a person.
pub struct NewPerson<'a> {
    /// What the person will sign in with.
    pub login: &'a str,
    /// The name that others read; empty takes the login.
    pub name: &'a str,
    /// The password, twice.
    pub password: [&'a str; 2],
}

/// What is filled in to make a shop.
pub struct NewShop<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its time zone.
    pub time_zone: &'a str,
    /// The language of its people.
    pub locale: Locale,
}

/// Makes a person by a link.
///
/// # Errors
/// Every field at fault; not found when the link has been used meanwhile;
/// exists when the login or the shop's id is taken.
pub async fn join(
    store: &dyn Store,
    link: &Link,
    new: (&NewPerson<'_>, Option<&NewShop<'_>>),
    now: Timestamp,
) -> Result<Person, ApiError> {
    let mut errors = Vec::new();
    let (new, new_shop) = new;
    let shop = new_shop.map(|shop| check_shop(shop, now, &mut errors));
    let login = Login::parse(new.login);
    let login = login.and_then(not_of_a_program);
    let login = login.map_err(|fault| errors.push(FieldError::new("login", fault)));
    let name = match new.name.trim() {
        "" => Ok(new.login.trim().to_owned()),
        name => person_name(name).map_err(|error| errors.push(error)),
    };
    let known = known_of(new, new_shop, &link.purpose);
    let password = check_password(new.password, &known, &mut errors);
    let (Ok(login), Ok(name), Some(password), [], shop) =
        (login, name, password, errors.as_slice(), shop.flatten())
    else {
        return Err(ApiError::InvalidFields(errors));
    };
    let (shop_id, role) = match (&link.purpose, &shop) {
        (LinkPurpose::Begin, Some(shop)) => (shop.id.clone(), Role::Owner),
        (LinkPurpose::Join { shop, role }, _) => (shop.clone(), *role),
        _ => return Err(ApiError::NotFound { what: "link" }),
    };
    let person = Person {
        shop: shop_id,
        id: PersonId::make(),
        login,
        name,
        role,
        password: Some(password::hash(password).await?),
        created_at: now,
        disabled_at: None,
    };
    let change = match shop {
        Some(shop) => LinkUse::Begin {
            shop: Box::new(shop),
            owner: person.clone(),
        },
        None => LinkUse::Join(person.clone()),
    };
    match store.use_link(link.hash, &change).await {
        Ok(()) => Ok(person),
        Err(StoreError::Exists { what }) => Err(taken(what, &person)),
        Err(error) => Err(error.into()),
    }
}

/// What anybody knows of a new person, which makes no password.
fn known_of<'a>(
    new: &NewPerson<'a>,
    shop: Option<&NewShop<'a>>,
    purpose: &'a LinkPurpose,
) -> Vec<&'a str> {
    let mut known = vec![new.login, new.name];
    if let LinkPurpose::Join { shop, .. } = purpose {
        known.push(shop.as_str());
    }
    if let Some(shop) = shop {
        known.extend([shop.id, shop.name]);
    }
    known
}

/// A login that the audit log could take for the command line or a key is taken.
fn not_of_a_program(login: Login) -> Result<Login, Fault> {
    if login.as_str() == TERMINAL || login.as_str().starts_with("zw_") {
        let value = login.to_string();
        return Err(Fault::Taken { value });
    }
    Ok(login)
}

fn taken(what: &'static str, person: &Person) -> ApiError {
    let (field, value) = match what {
        "shop" => ("shop", person.shop.to_string()),
        _ => ("login", person.login.to_string()),
    };
    ApiError::field(FieldError::new(field, Fault::Taken { value }))
}

fn check_shop(shop: &NewShop<'_>, now: Timestamp, errors: &mut Vec<FieldError>) -> Option<Shop> {
    let id = ShopId::parse(shop.id).map_err(|fault| errors.push(FieldError::new("shop", fault)));
    let name = Text::line(shop.name, 100)
        .map_err(|fault| errors.push(FieldError::new("shop_name", fault)));
    if jiff::tz::TimeZone::get(shop.time_zone).is_err() {
        let fault = Fault::Unknown {
            value: shop.time_zone.chars().take(40).collect(),
            expected: Hint::new(
                "IANA 时区，例如 Asia/Shanghai",
                "an IANA time zone such as Asia/Shanghai",
            ),
        };
        errors.push(FieldError::new("time_zone", fault));
    }
    Some(Shop {
        id: id.ok()?,
        name: name.ok()?,
        time_zone: shop.time_zone.to_owned(),
        locale: shop.locale,
        secret: ShopSecret::make(),
        created_at: now,
    })
}

/// A password that was typed twice, of somebody of whom `known` is known.
pub(super) fn check_password(
    typed: [&str; 2],
    known: &[&str],
    errors: &mut Vec<FieldError>,
) -> Option<Password> {
    if typed[0] != typed[1] {
        errors.push(FieldError::new("password_again", Fault::Differs));
    }
    Password::parse(typed[0], known)
        .map_err(|fault| errors.push(FieldError::new("password", fault)))
        .ok()
}

/// Another password by a link: all sessions of the person end.
///
/// # Errors
/// Fields at fault; not found when the link has been used meanwhile.
pub async fn choose_password(
    store: &dyn Store,
    link: &Link,
    typed: [&str; 2],
) -> Result<Person, ApiError> {
    let LinkPurpose::ChoosePassword { shop, person } = &link.purpose else {
        return Err(ApiError::NotFound { what: "link" });
    };
    let found = store.person(shop, *person).await?;
    let found = found.ok_or(ApiError::NotFound { what: "person" })?;
    let known = [found.login.as_str(), found.name.as_str(), shop.as_str()];
    let mut errors = Vec::new();
    let password = check_password(typed, &known, &mut errors);
    let (Some(password), []) = (password, errors.as_slice()) else {
        return Err(ApiError::InvalidFields(errors));
    };
    let change = LinkUse::ChoosePassword {
        shop: shop.clone(),
        person: *person,
        password: password::hash(password).await?,
    };
    store.use_link(link.hash, &change).await?;
    store.forget_failures(shop, &found.login).await?;
    Ok(found)
}

/// What is changed of a person by the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonChange {
    /// Another role.
    Role(Role),
    /// The person may not sign in any more.
    LockOut,
    /// The person may sign in again.
    LetIn,
}

/// Changes a person's role, locks the person out or lets the person in again.
///
/// # Errors
/// When there is no such person, or the shop would be left without an owner.
pub async fn change(
    store: &dyn Store,
    shop: &ShopId,
    id: PersonId,
    change: PersonChange,
    now: Timestamp,
) -> Result<(), ApiError> {
    let changed = match change {
        PersonChange::Role(role) => store.set_person_role(shop, id, role),
        PersonChange::LockOut => store.lock_person_out(shop, id, now),
        PersonChange::LetIn => store.let_person_in(shop, id),
    };
    Ok(changed.await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_signs_as_the_command_line_or_as_a_key() {
        for (login, is_free) in [
            ("anna", true),
            ("terminal.anna", true),
            ("Terminal", false),
            ("zw_abcdefgh", false),
        ] {
            let checked = Login::parse(login).and_then(not_of_a_program);
            assert_eq!(checked.is_ok(), is_free, "{login}");
        }
    }
}
