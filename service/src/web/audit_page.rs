//! `/settings/audit`: who changed what, newest first.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use askama::Template;

use super::account_page::settings_tabs;
use super::audit_words::{About, words};
use super::console::{Frame, Room, Visit, role_name};
use super::language::Language;
use super::lists::{Tab, minute, segment};
use super::page;
use super::queues_pages::reason_name;
use crate::auth::Administering;
use crate::auth::people::TERMINAL;
use crate::domain::ids::ShopId;
use crate::domain::person::{AuditEntry, Role};
use crate::error::ApiError;
use crate::state::AppState;

const HERE: &str = "/settings/audit";

/// Entries of a page.
const ROWS: usize = 100;

/// Entries read at a time, and how many are looked through for those of one
/// person before the page is cut.
const READ: usize = 500;
const MOST_READ: usize = 5_000;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    tabs: Vec<Tab>,
    rows: Vec<Row>,
    /// Who may be filtered by.
    authors: Vec<Author>,
    /// Whether only one person's are shown.
    is_filtered: bool,
    is_first: bool,
    /// The address of the first page of these.
    first: String,
    /// The address of what is older; empty where there is nothing.
    older: String,
}

struct Author {
    by: String,
    name: String,
    is_chosen: bool,
}

struct Row {
    at: String,
    by: String,
    /// The name behind the login or the key; empty where there is none.
    name: String,
    action: String,
    subject: String,
    /// Where the subject is shown; empty where it has no page.
    address: String,
}

/// `GET /settings/audit`: entries before `before`, those of `by` alone.
///
/// # Errors
/// When the store fails.
pub async fn show(
    visit: Visit<Administering>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let shop = visit.visitor.shop();
    let frame = visit.frame(&state, Room::Settings).await?;
    let (by, before) = (visit.query.get("by"), visit.query.get("before"));
    let before: Option<u64> = before.parse().ok();
    let (entries, rest) = read(&state, shop, by, before).await?;
    let names = names(&state, shop, visit.language).await?;
    let zone = frame.shop.zone();
    let address = |before: Option<u64>| {
        let mut pairs = Vec::new();
        if !by.is_empty() {
            pairs.push(format!("by={}", segment(by)));
        }
        if let Some(before) = before {
            pairs.push(format!("before={before}"));
        }
        match pairs.is_empty() {
            true => HERE.to_owned(),
            false => format!("{HERE}?{}", pairs.join("&")),
        }
    };
    let row = |entry: &AuditEntry| {
        let (action, about) = words(&entry.action, visit.language);
        Row {
            at: minute(entry.at, &zone),
            by: entry.by.clone(),
            name: names.besides(&entry.by),
            action,
            address: subject_address(&entry.subject, about),
            subject: names.subject(entry, visit.language),
        }
    };
    let template = AuditPage {
        tabs: settings_tabs(frame.role, visit.language, HERE),
        rows: entries.iter().map(row).collect(),
        authors: names.authors(by),
        is_filtered: !by.is_empty(),
        is_first: before.is_none(),
        first: address(None),
        older: rest.map_or_else(String::new, |before| address(Some(before))),
        frame,
    };
    page(&template, visit.language)
}

/// The entries of a page, and the sequence before which there may be more.
async fn read(
    state: &AppState,
    shop: &ShopId,
    by: &str,
    before: Option<u64>,
) -> Result<(Vec<AuditEntry>, Option<u64>), ApiError> {
    let (mut entries, mut before, mut seen) = (Vec::new(), before, 0);
    // One more than a page tells whether there is another.
    let most = if by.is_empty() { ROWS + 1 } else { READ };
    loop {
        let found = state.store.audit(shop, before, most as u32).await?;
        let is_last = found.len() < most;
        for entry in found {
            if entries.len() == ROWS {
                return Ok((entries, before));
            }
            seen += 1;
            before = Some(entry.sequence);
            if by.is_empty() || entry.by == by {
                entries.push(entry);
            }
        }
        if is_last {
            return Ok((entries, None));
        }
        if seen >= MOST_READ {
            return Ok((entries, before));
        }
    }
}

/// Who stands behind the log's authors.
struct Names {
    /// Of each login and each key's shown part.
    of: HashMap<String, String>,
    /// Those that a page can be filtered by, in order.
    order: Vec<String>,
    /// Of each place that notices are pushed to, by its id.
    pushes: HashMap<String, String>,
}

async fn names(state: &AppState, shop: &ShopId, language: Language) -> Result<Names, ApiError> {
    let mut all = Names {
        of: HashMap::new(),
        order: Vec::new(),
        pushes: HashMap::new(),
    };
    for place in state.store.pushes(shop).await? {
        all.pushes.insert(place.id.to_string(), place.name);
    }
    for person in state.store.people(shop).await? {
        all.order.push(person.login.to_string());
        all.of.insert(person.login.to_string(), person.name);
    }
    for key in state.store.keys(shop).await? {
        let name = format!("{} {}", language.say("密钥", "key"), key.name);
        all.of.insert(key.prefix.clone(), name);
        all.order.push(key.prefix);
    }
    let terminal = language.say("服务器命令行", "Server command line");
    all.of.insert(TERMINAL.to_owned(), terminal.to_owned());
    all.order.push(TERMINAL.to_owned());
    Ok(all)
}

impl Names {
    /// What an entry is about, as people call it.
    fn subject(&self, entry: &AuditEntry, language: Language) -> String {
        let place = self.pushes.get(&entry.subject);
        place
            .cloned()
            .unwrap_or_else(|| subject_words(entry, language))
    }

    /// The name of an author where it says more than the log does.
    fn besides(&self, by: &str) -> String {
        let name = self.of.get(by).filter(|name| *name != by);
        name.cloned().unwrap_or_default()
    }

    fn authors(&self, chosen: &str) -> Vec<Author> {
        let author = |by: &String| Author {
            by: by.clone(),
            name: match self.of.get(by) {
                Some(name) if name != by => format!("{} ({by})", name.trim()),
                _ => by.clone(),
            },
            is_chosen: by == chosen,
        };
        let mut authors: Vec<Author> = self.order.iter().map(author).collect();
        if !chosen.is_empty() && !self.order.iter().any(|by| by == chosen) {
            authors.push(Author {
                is_chosen: true,
                ..author(&chosen.to_owned())
            });
        }
        authors
    }
}

fn subject_address(subject: &str, about: About) -> String {
    // A path that has no id, or a subject of several words, is no one thing.
    if subject.is_empty() || subject.contains(' ') {
        return String::new();
    }
    match about {
        About::Item => format!("/knowledge/{}", segment(subject)),
        About::Question => format!("/questions/{}", segment(subject)),
        About::Other => String::new(),
    }
}

/// The subject with the roles and reasons in it as people read them.
fn subject_words(entry: &AuditEntry, language: Language) -> String {
    let word = |word: &str| match entry.action.as_str() {
        "POST /settings/people/invite"
        | "POST /settings/people/{id}/role"
        | "POST /welcome join"
        | "POST /welcome password"
        | "POST /welcome enter"
        | "zhiwen person link"
        | "zhiwen serve" => Role::parse(word).ok().map(|role| role_name(role, language)),
        "POST /queues/approve/{id}/dismiss" => reason_name(word, language),
        _ => None,
    };
    match entry.subject.rsplit_once(' ') {
        Some((what, last)) => word(last).map(|name| format!("{what} · {name}")),
        None => word(&entry.subject).map(str::to_owned),
    }
    .unwrap_or_else(|| entry.subject.clone())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::fault::Locale;

    fn check(action: &str, subject: &str, expected: &str) {
        let entry = AuditEntry {
            sequence: 1,
            at: Timestamp::UNIX_EPOCH,
            by: "anna".to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
        };
        let words = subject_words(&entry, Language(Locale::English));
        assert_eq!(words, expected, "{action} {subject}");
    }

    #[test]
    fn roles_and_reasons_are_said_in_words() {
        check("POST /settings/people/invite", "agent", "Agent");
        let role = "POST /settings/people/{id}/role";
        check(role, "owner supervisor", "owner · Supervisor");
        check("zhiwen person link", "owner", "Owner");
        check("zhiwen person link --login", "owner", "owner");
        let dismiss = "POST /queues/approve/{id}/dismiss";
        check(dismiss, "0190 wrong", "0190 · The answer is wrong");
        check("PUT /v1/knowledge/{id}", "agent", "agent");
    }

    #[test]
    fn a_place_of_pushes_is_called_by_its_name() {
        let names = Names {
            of: HashMap::new(),
            order: Vec::new(),
            pushes: HashMap::from([("0190".to_owned(), "运营群".to_owned())]),
        };
        let entry = |subject: &str| AuditEntry {
            sequence: 1,
            at: Timestamp::UNIX_EPOCH,
            by: "anna".to_owned(),
            action: "PUT /v1/pushes/{id}".to_owned(),
            subject: subject.to_owned(),
        };
        for (subject, expected) in [("0190", "运营群"), ("0191", "0191")] {
            let words = names.subject(&entry(subject), Language(Locale::Chinese));
            assert_eq!(words, expected);
        }
    }

    #[test]
    fn a_subject_with_a_page_is_linked() {
        assert_eq!(subject_address("a/b", About::Item), "/knowledge/a%2Fb");
        assert_eq!(subject_address("", About::Question), "");
        assert_eq!(subject_address("x", About::Other), "");
    }
}
