//! `zhiwen person link|list`: one-time links for people, from the machine of the service.

use std::io::{self, Write};

use crate::auth::audit;
use crate::auth::people::{TERMINAL, link_path, make_link};
use crate::domain::fault::Fault;
use crate::domain::person::{LinkPurpose, Login, Role};
use crate::domain::time::Clock;
use crate::settings::Settings;
use crate::store::{Store, StoreError};

use super::shop::{ShopFailure, find_shop};

/// Let people in, and list them.
#[derive(Debug, clap::Args)]
pub struct PersonArgs {
    #[command(subcommand)]
    command: PersonCommand,
}

#[derive(Debug, clap::Subcommand)]
enum PersonCommand {
    /// Print a link that works once: for a new person, or for another password
    Link {
        /// The shop's id
        #[arg(long)]
        shop: String,
        /// Who gets another password; absent, the link makes a new person
        #[arg(long)]
        login: Option<String>,
        /// What a new person is: owner, supervisor, agent, operations, designer, warehouse
        #[arg(long, default_value = "owner")]
        role: String,
    },
    /// List a shop's people
    List {
        /// The shop's id
        #[arg(long)]
        shop: String,
    },
}

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
pub enum PersonFailure {
    /// There is no such shop.
    #[error(transparent)]
    Shop(#[from] ShopFailure),
    /// A flag's value does not hold.
    #[error("--{flag}: {fault}")]
    Invalid {
        /// The flag.
        flag: &'static str,
        /// What is wrong.
        fault: Fault,
    },
    /// Nobody has the login.
    #[error("nobody in shop \"{shop}\" has the login \"{login}\"")]
    Nobody {
        /// The shop.
        shop: String,
        /// The login.
        login: String,
    },
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The output cannot be written.
    #[error("output cannot be written")]
    Output(#[from] io::Error),
}

/// Does what `args` say.
///
/// # Errors
/// When the shop, the person or a value is not there, or the store fails.
pub async fn run(
    store: &dyn Store,
    settings: &Settings,
    clock: &dyn Clock,
    args: &PersonArgs,
    output: &mut dyn Write,
) -> Result<(), PersonFailure> {
    match &args.command {
        PersonCommand::Link { shop, login, role } => {
            let shop = find_shop(store, shop).await?.id;
            let (purpose, deed) = match login {
                Some(text) => {
                    let invalid = |fault| PersonFailure::Invalid {
                        flag: "login",
                        fault,
                    };
                    let login = Login::parse(text).map_err(invalid)?;
                    let found = store.person_by_login(&shop, &login).await?;
                    let person = found.ok_or_else(|| PersonFailure::Nobody {
                        shop: shop.to_string(),
                        login: login.to_string(),
                    })?;
                    let purpose = LinkPurpose::ChoosePassword {
                        shop: shop.clone(),
                        person: person.id,
                    };
                    let deed = ("zhiwen person link --login", login.to_string());
                    (purpose, deed)
                }
                None => {
                    let role = Role::parse(role);
                    let role = role.map_err(|fault| PersonFailure::Invalid {
                        flag: "role",
                        fault,
                    })?;
                    let deed = ("zhiwen person link", role.as_str().to_owned());
                    let shop = shop.clone();
                    (LinkPurpose::Join { shop, role }, deed)
                }
            };
            let now = clock.now();
            let secret = make_link(store, purpose, TERMINAL, now).await?;
            writeln!(output, "{}{}", origin(settings), link_path(&secret))?;
            audit::note_at_terminal(store, &shop, (deed.0, &deed.1), now).await?;
        }
        PersonCommand::List { shop } => {
            let shop = find_shop(store, shop).await?.id;
            for person in store.people(&shop).await? {
                let state = person.disabled_at.map_or("", |_| "  disabled");
                writeln!(
                    output,
                    "{}  {}  {}{state}",
                    person.login,
                    person.role.as_str(),
                    person.name
                )?;
            }
        }
    }
    Ok(())
}

/// Where people open the console, by the settings alone.
fn origin(settings: &Settings) -> String {
    let listening = || format!("http://{}:{}", settings.server.host, settings.server.port);
    settings
        .console
        .public_url
        .clone()
        .unwrap_or_else(listening)
}
