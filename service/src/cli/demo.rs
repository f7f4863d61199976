//! `zhiwen demo`: the service with two shops to try.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use crate::auth::audit;
use crate::auth::people::{TERMINAL, link_path, make_link};
use crate::domain::ids::PersonId;
use crate::domain::key::{ApiKey, PresentedKey, Scope};
use crate::domain::person::{LinkPurpose, Login, Person, Role};
use crate::domain::shop::Shop;
use crate::domain::time::{Clock, plus_seconds};
use crate::formats::Format;
use crate::knowledge::import::{ImportCallbacks, ImportOptions, ImportSource, import};
use crate::settings::Settings;
use crate::store::{Store, Written};
use crate::{startup, telemetry};

use super::shop::put;

/// The demo's files are part of the binary: they need no checkout.
const SHOPS: [DemoShop; 2] = [
    DemoShop {
        shop: include_str!("../../../config/demo/zh/shop.toml"),
        knowledge: &[
            include_str!("../../../config/demo/zh/product.csv"),
            include_str!("../../../config/demo/zh/process-warehouse.csv"),
        ],
    },
    DemoShop {
        shop: include_str!("../../../config/demo/en/shop.toml"),
        knowledge: &[include_str!("../../../config/demo/en/knowledge.csv")],
    },
];

/// A demo key opens for a month.
const KEY_SECONDS: i64 = 30 * 24 * 3600;

const KEY_NAME: &str = "demo";

struct DemoShop {
    shop: &'static str,
    knowledge: &'static [&'static str],
}

/// Fills the shops, serves, and says where to look.
///
/// # Errors
/// When the service cannot start or fails.
pub async fn run(
    settings: Settings,
    clock: Arc<dyn Clock>,
    output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let telemetry = telemetry::start(&settings.telemetry)?;
    let service = startup::start(settings, Arc::clone(&clock)).await?;
    let store = service.state.store.as_ref();
    let mut told = Vec::new();
    for demo in &SHOPS {
        let shop = put(store, clock.as_ref(), demo.shop).await?;
        let items = fill(store, clock.as_ref(), &shop, demo.knowledge).await?;
        let key = fresh_key(store, clock.as_ref(), &shop).await?;
        let deed = ("zhiwen demo", key.prefix());
        audit::note_at_terminal(store, &shop.id, deed, clock.now()).await?;
        let origin = service.origin();
        let console = format!("{origin}{}", enter(store, clock.as_ref(), &shop).await?);
        let (name, id, key) = (&shop.name, &shop.id, key.reveal());
        told.push(format!(
            "\n  {name} ({id}), {items} items\n    \
             console  {console}  (works once)\n    api key  {key}\n"
        ));
    }
    service.state.catalog.store_changed();
    told.push(format!(
        "\n  API reference  http://{}/docs\n  Stop with Ctrl-C.\n\n",
        service.address
    ));
    // At once: no line of the log comes in between.
    output.write_all(told.concat().as_bytes())?;
    output.flush()?;
    service.wait().await?;
    tokio::task::spawn_blocking(move || drop(telemetry)).await?;
    Ok(())
}

/// Imports the shop's files; says how many items they have.
async fn fill(
    store: &dyn Store,
    clock: &dyn Clock,
    shop: &Shop,
    files: &[&str],
) -> Result<u64, Box<dyn Error>> {
    let mut items = 0;
    for text in files {
        let file = tempfile::Builder::new().suffix(".csv").tempfile()?;
        std::fs::write(file.path(), text)?;
        items += import_file(store, clock, shop, file.path()).await?;
    }
    Ok(items)
}

async fn import_file(
    store: &dyn Store,
    clock: &dyn Clock,
    shop: &Shop,
    path: &Path,
) -> Result<u64, Box<dyn Error>> {
    let source = ImportSource {
        shop,
        path,
        format: Format::Csv,
    };
    let options = ImportOptions {
        dry_run: false,
        skip_refused: false,
        by: KEY_NAME.to_owned(),
        locale: shop.locale,
    };
    let callbacks = ImportCallbacks {
        progress: &|_| (),
        reply: None,
    };
    match import(store, source, &options, clock, callbacks).await? {
        Written::Now(report) if report.refused > 0 => Err(report.render(shop.locale).into()),
        Written::Now(report) => Ok(report.added + report.changed + report.unchanged),
        Written::Before(_) => Ok(0),
    }
}

/// Withdraws the demo keys of earlier starts, whose text nobody has kept, and makes one.
async fn fresh_key(
    store: &dyn Store,
    clock: &dyn Clock,
    shop: &Shop,
) -> Result<PresentedKey, Box<dyn Error>> {
    let now = clock.now();
    for old in store.keys(&shop.id).await? {
        if old.name == KEY_NAME && old.revoked_at.is_none() {
            store.revoke_key(&shop.id, &old.prefix, now).await?;
        }
    }
    let presented = PresentedKey::make();
    let key = ApiKey {
        shop: shop.id.clone(),
        prefix: presented.prefix().to_owned(),
        hash: presented.hash(),
        name: KEY_NAME.to_owned(),
        scopes: BTreeSet::from(Scope::ALL),
        created_at: now,
        expires_at: Some(plus_seconds(now, KEY_SECONDS)),
        revoked_at: None,
        last_used_on: None,
    };
    store.create_key(&key).await?;
    Ok(presented)
}

/// A link that signs the demo's owner in, as which anybody is who sees the terminal.
async fn enter(
    store: &dyn Store,
    clock: &dyn Clock,
    shop: &Shop,
) -> Result<String, Box<dyn Error>> {
    let (login, now) = (
        Login::parse(KEY_NAME).map_err(|fault| fault.to_string())?,
        clock.now(),
    );
    let person = match store.person_by_login(&shop.id, &login).await? {
        Some(person) => person,
        None => {
            let person = Person {
                shop: shop.id.clone(),
                id: PersonId::make(),
                login,
                name: KEY_NAME.to_owned(),
                role: Role::Owner,
                password: None,
                created_at: now,
                disabled_at: None,
            };
            store.create_person(&person).await?;
            person
        }
    };
    let purpose = LinkPurpose::Enter {
        shop: shop.id.clone(),
        person: person.id,
    };
    Ok(link_path(&make_link(store, purpose, TERMINAL, now).await?))
}
