//! `zhiwen key create|list|revoke`.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::domain::fault::Fault;
use crate::domain::key::{ApiKey, PresentedKey, Scope};
use crate::domain::text::Text;
use crate::domain::time::{Clock, parse_time};
use crate::store::{Store, StoreError};

use super::shop::{ShopFailure, find_shop};

/// Make, list and withdraw API keys.
#[derive(Debug, clap::Args)]
pub struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, clap::Subcommand)]
enum KeyCommand {
    /// Make a key and print it, this once
    Create {
        /// The shop's id
        #[arg(long)]
        shop: String,
        /// What it may do: suggest, ingest, knowledge, insights, supervise, admin
        #[arg(long, value_delimiter = ',', required = true)]
        scopes: Vec<String>,
        /// What it is for
        #[arg(long, default_value = "")]
        name: String,
        /// When it ends: RFC 3339, or local to the shop; never when absent
        #[arg(long)]
        expires: Option<String>,
    },
    /// List a shop's keys
    List {
        /// The shop's id
        #[arg(long)]
        shop: String,
    },
    /// Withdraw a key; it stops opening within two seconds
    Revoke {
        /// The shop's id
        #[arg(long)]
        shop: String,
        /// The key's shown part, as `key list` prints it
        prefix: String,
    },
}

/// Why a key was not made or withdrawn.
#[derive(Debug, thiserror::Error)]
pub enum KeyFailure {
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
/// When the shop or a value is not there, or the store fails.
pub async fn run(
    store: &dyn Store,
    clock: &dyn Clock,
    args: &KeyArgs,
    output: &mut dyn Write,
) -> Result<(), KeyFailure> {
    match &args.command {
        KeyCommand::Create {
            shop,
            scopes,
            name,
            expires,
        } => {
            let shop = find_shop(store, shop).await?;
            let invalid = |flag| move |fault| KeyFailure::Invalid { flag, fault };
            let scopes = scopes
                .iter()
                .map(|scope| Scope::parse(scope))
                .collect::<Result<BTreeSet<_>, _>>()
                .map_err(invalid("scopes"))?;
            let name = if name.is_empty() {
                Ok(String::new())
            } else {
                Text::line(name, 100)
            };
            let expires_at = expires
                .as_deref()
                .map(|time| parse_time(time, &shop.zone()))
                .transpose()
                .map_err(invalid("expires"))?;
            let presented = PresentedKey::make();
            let key = ApiKey {
                shop: shop.id,
                prefix: presented.prefix().to_owned(),
                hash: presented.hash(),
                name: name.map_err(invalid("name"))?,
                scopes,
                created_at: clock.now(),
                expires_at,
                revoked_at: None,
            };
            store.create_key(&key).await?;
            writeln!(output, "{}", presented.reveal())?;
        }
        KeyCommand::List { shop } => {
            let shop = find_shop(store, shop).await?;
            for key in store.keys(&shop.id).await? {
                list_line(&key, output)?;
            }
        }
        KeyCommand::Revoke { shop, prefix } => {
            let shop = find_shop(store, shop).await?;
            store.revoke_key(&shop.id, prefix, clock.now()).await?;
            writeln!(output, "{prefix} is withdrawn")?;
        }
    }
    Ok(())
}

fn list_line(key: &ApiKey, output: &mut dyn Write) -> io::Result<()> {
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    let state = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("withdrawn {at}"),
        (None, Some(at)) => format!("until {at}"),
        (None, None) => "open".to_owned(),
    };
    writeln!(
        output,
        "{}…  {}  {}  {}",
        key.prefix,
        scopes.join(","),
        state,
        key.name
    )
}
