//! `zhiwen key create|list|revoke`.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::auth::audit;
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
                last_used_on: None,
            };
            store.create_key(&key).await?;
            writeln!(output, "{}", presented.reveal())?;
            let deed = ("zhiwen key create", key.prefix.as_str());
            audit::note_at_terminal(store, &key.shop, deed, key.created_at).await?;
        }
        KeyCommand::List { shop } => {
            let shop = find_shop(store, shop).await?;
            for key in store.keys(&shop.id).await? {
                list_line(&key, output)?;
            }
        }
        KeyCommand::Revoke { shop, prefix } => {
            let shop = find_shop(store, shop).await?;
            let now = clock.now();
            store.revoke_key(&shop.id, prefix, now).await?;
            writeln!(output, "{prefix} is withdrawn")?;
            let deed = ("zhiwen key revoke", prefix.as_str());
            audit::note_at_terminal(store, &shop.id, deed, now).await?;
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
    let used = match key.last_used_on {
        Some(day) => format!("used {day}"),
        None => "never used".to_owned(),
    };
    writeln!(
        output,
        "{}…  {}  {state}  {used}  {}",
        key.prefix,
        scopes.join(","),
        key.name
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::civil::date;

    use super::*;
    use crate::knowledge::testing::fixture;

    #[tokio::test]
    async fn a_key_is_made_listed_withdrawn_and_on_record() {
        let fixture = fixture().await;
        let store = Arc::clone(&fixture.store);
        let run = async |command| {
            let (args, mut output) = (KeyArgs { command }, Vec::new());
            let done = run(store.as_ref(), &fixture.clock, &args, &mut output).await;
            done.expect("done");
            String::from_utf8(output).expect("text").trim().to_owned()
        };
        let shop = || "hemu".to_owned();
        let key = run(KeyCommand::Create {
            shop: shop(),
            scopes: vec!["suggest".to_owned()],
            name: "插件".to_owned(),
            expires: None,
        });
        let prefix = key.await[..11].to_owned();
        let list = async || run(KeyCommand::List { shop: shop() }).await;
        let line = format!("{prefix}…  suggest  open  never used  插件");
        assert_eq!(list().await, line);
        let id = &fixture.shop.id;
        let noted = store.note_key_use(id, &prefix, date(2026, 10, 1)).await;
        noted.expect("noted");
        let line = format!("{prefix}…  suggest  open  used 2026-10-01  插件");
        assert_eq!(list().await, line);
        run(KeyCommand::Revoke {
            shop: shop(),
            prefix: prefix.clone(),
        })
        .await;
        let log = store.audit(id, None, 9).await.expect("read");
        let log: Vec<(&str, &str, &str)> = log
            .iter()
            .map(|entry| (&*entry.by, &*entry.action, &*entry.subject))
            .collect();
        let expected = [
            ("terminal", "zhiwen key revoke", prefix.as_str()),
            ("terminal", "zhiwen key create", prefix.as_str()),
        ];
        assert_eq!(log, expected);
    }
}
