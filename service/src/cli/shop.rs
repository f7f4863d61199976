//! `zhiwen shop put FILE|list`, and the shop that `--shop` names.

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::PathBuf;

use serde::Deserialize;

use crate::auth::audit;
use crate::domain::fault::{Fault, FieldError, Hint, Locale};
use crate::domain::ids::ShopId;
use crate::domain::shop::{Product, Shop, ShopSecret, Synonyms};
use crate::domain::text::Text;
use crate::domain::time::Clock;
use crate::store::{Store, StoreError};

const MOST_SHOPS_NAMED: usize = 10;

/// Make and list shops.
#[derive(Debug, clap::Args)]
pub struct ShopArgs {
    #[command(subcommand)]
    command: ShopCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ShopCommand {
    /// Make a shop, or bring it to what a file says: name, products, synonyms
    Put {
        /// A file like config/demo/zh/shop.toml
        file: PathBuf,
    },
    /// List shops
    List,
}

/// Why there is no such shop, or none was made.
#[derive(Debug, thiserror::Error)]
pub enum ShopFailure {
    /// The text is no id.
    #[error("--shop {0}")]
    NotAnId(Fault),
    /// No shop has the id.
    #[error("{}", no_shop(.id, .others, *.locale))]
    None {
        /// The id.
        id: ShopId,
        /// The first shops that there are.
        others: Vec<ShopId>,
        /// Their language, if they have one in common.
        locale: Locale,
    },
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is not a shop's.
    #[error("shop file: {0}")]
    Malformed(String),
    /// Values in the file do not hold.
    #[error("shop file: {}", lines(.0))]
    Invalid(Vec<FieldError>),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The output cannot be written.
    #[error("output cannot be written")]
    Output(#[from] io::Error),
}

/// A shop's file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShopFile {
    id: String,
    name: String,
    time_zone: String,
    locale: Locale,
    #[serde(default)]
    products: Vec<Product>,
    #[serde(default)]
    synonyms: Vec<Synonyms>,
}

/// Does what `args` say.
///
/// # Errors
/// When the file does not hold or the store fails.
pub async fn run(
    store: &dyn Store,
    clock: &dyn Clock,
    args: &ShopArgs,
    output: &mut dyn Write,
) -> Result<(), ShopFailure> {
    match &args.command {
        ShopCommand::Put { file } => {
            let text = std::fs::read_to_string(file).map_err(|source| ShopFailure::Unreadable {
                path: file.clone(),
                source,
            })?;
            let shop = put(store, clock, &text).await?;
            writeln!(output, "shop \"{}\" is as {} says", shop.id, file.display())?;
            let deed = ("zhiwen shop put", shop.id.as_str());
            audit::note_at_terminal(store, &shop.id, deed, clock.now()).await?;
        }
        ShopCommand::List => {
            for shop in store.shops().await? {
                writeln!(output, "{}  {}  {}", shop.id, shop.time_zone, shop.name)?;
            }
        }
    }
    Ok(())
}

/// Brings a shop to what its file's text says.
///
/// # Errors
/// When the text does not hold or the store fails; nothing is written where
/// the text does not hold.
pub async fn put(store: &dyn Store, clock: &dyn Clock, text: &str) -> Result<Shop, ShopFailure> {
    let file: ShopFile =
        toml::from_str(text).map_err(|error| ShopFailure::Malformed(error.to_string()))?;
    let (shop, products, synonyms) = check(file, clock).map_err(ShopFailure::Invalid)?;
    match store.create_shop(&shop).await {
        Err(StoreError::Exists { .. }) => store.update_shop(&shop).await?,
        outcome => outcome?,
    }
    let kept: HashSet<&str> = products.iter().map(|product| product.id.as_str()).collect();
    for standing in store.vocabulary(&shop.id).await?.products {
        if !kept.contains(standing.id.as_str()) {
            store.delete_product(&shop.id, &standing.id).await?;
        }
    }
    store.put_products(&shop.id, &products).await?;
    store.replace_synonyms(&shop.id, &synonyms).await?;
    // The secret is the one that stands, not the one made above.
    find_shop(store, shop.id.as_str()).await
}

fn check(
    file: ShopFile,
    clock: &dyn Clock,
) -> Result<(Shop, Vec<Product>, Vec<Synonyms>), Vec<FieldError>> {
    let mut errors = Vec::new();
    let id = ShopId::parse(&file.id).map_err(|fault| errors.push(FieldError::new("id", fault)));
    let name =
        Text::line(&file.name, 100).map_err(|fault| errors.push(FieldError::new("name", fault)));
    if jiff::tz::TimeZone::get(&file.time_zone).is_err() {
        let expected = Hint::new(
            "IANA 时区，例如 Asia/Shanghai",
            "an IANA time zone such as Asia/Shanghai",
        );
        errors.push(FieldError::new(
            "time_zone",
            Fault::Unknown {
                value: file.time_zone.clone(),
                expected,
            },
        ));
    }
    let mut seen = HashSet::new();
    for (at, product) in file.products.iter().enumerate() {
        if !seen.insert(product.id.as_str()) {
            let fault = Fault::Repeated {
                value: product.id.to_string(),
            };
            errors.push(FieldError::new(format!("products[{at}].id"), fault));
        }
        nest(&format!("products[{at}]"), product.check(), &mut errors);
    }
    for (at, group) in file.synonyms.iter().enumerate() {
        nest(&format!("synonyms[{at}]"), group.check(), &mut errors);
    }
    match (id, name) {
        (Ok(id), Ok(name)) if errors.is_empty() => {
            let shop = Shop {
                id,
                name,
                time_zone: file.time_zone,
                locale: file.locale,
                secret: ShopSecret::make(),
                created_at: clock.now(),
            };
            Ok((shop, file.products, file.synonyms))
        }
        _ => Err(errors),
    }
}

fn nest(prefix: &str, checked: Result<(), Vec<FieldError>>, errors: &mut Vec<FieldError>) {
    let inner = checked.err().into_iter().flatten();
    errors.extend(
        inner.map(|error| FieldError::new(format!("{prefix}.{}", error.field), error.fault)),
    );
}

fn lines(errors: &[FieldError]) -> String {
    let lines: Vec<String> = errors
        .iter()
        .map(|error| format!("{} {}", error.field, error.fault))
        .collect();
    lines.join("; ")
}

/// The shop of the id `text`.
///
/// # Errors
/// When it is no id or there is no such shop.
pub async fn find_shop(store: &dyn Store, text: &str) -> Result<Shop, ShopFailure> {
    let id = ShopId::parse(text).map_err(ShopFailure::NotAnId)?;
    let shops = store.shops().await?;
    if let Some(shop) = shops.iter().find(|shop| shop.id == id) {
        return Ok(shop.clone());
    }
    let is_chinese = |shop: &Shop| shop.locale == Locale::Chinese;
    let locale = if !shops.is_empty() && shops.iter().all(is_chinese) {
        Locale::Chinese
    } else {
        Locale::English
    };
    let others = shops.into_iter().take(MOST_SHOPS_NAMED);
    let others = others.map(|shop| shop.id).collect();
    Err(ShopFailure::None { id, others, locale })
}

fn no_shop(id: &ShopId, others: &[ShopId], locale: Locale) -> String {
    let others: Vec<&str> = others.iter().map(ShopId::as_str).collect();
    match locale {
        _ if others.is_empty() => {
            format!("there is no shop \"{id}\", nor any other: zhiwen shop put makes one")
        }
        Locale::Chinese => format!("没有店铺“{id}”，可以用：{}", others.join("、")),
        Locale::English => format!("there is no shop \"{id}\", there are {}", others.join(", ")),
    }
}
