//! Products and synonyms.

use sqlx::{FromRow, SqliteConnection};

use super::rows::{from_json, sound, to_json};
use super::shops;
use crate::domain::ids::{ProductId, ShopId};
use crate::domain::shop::{Product, Synonyms, Vocabulary};
use crate::store::{StoreError, StoreResult};

#[derive(FromRow)]
struct ProductRow {
    id: String,
    name: String,
    category: Option<String>,
    aliases: String,
}

impl ProductRow {
    fn into_product(self) -> StoreResult<Product> {
        Ok(Product {
            id: sound("product id", ProductId::parse(&self.id))?,
            name: self.name,
            category: self.category,
            aliases: from_json("product aliases", &self.aliases)?,
        })
    }
}

/// A shop's products and synonyms; call it in a transaction, so that they
/// are of the revision that they are said to be of.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    shop: &ShopId,
) -> StoreResult<Vocabulary> {
    let revision = shops::vocabulary_revision(&mut *connection, shop).await?;
    let products: Vec<ProductRow> = sqlx::query_as(
        "SELECT id, name, category, aliases FROM products WHERE shop = ?1 ORDER BY id",
    )
    .bind(shop.as_str())
    .fetch_all(&mut *connection)
    .await?;
    let products: StoreResult<_> = products.into_iter().map(ProductRow::into_product).collect();
    Ok(Vocabulary {
        revision,
        products: products?,
        synonyms: synonyms(connection, shop).await?,
    })
}

/// Adds or replaces products. The revision stays where nothing changes, so
/// that a nightly import of the same list rebuilds no index.
pub(super) async fn put_products(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    products: &[Product],
) -> StoreResult<()> {
    let mut changed = 0;
    for product in products {
        let put = sqlx::query(
            "INSERT INTO products (shop, id, name, category, aliases)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (shop, id) DO UPDATE SET
                 name = excluded.name, category = excluded.category, aliases = excluded.aliases
             WHERE name IS NOT excluded.name
                 OR category IS NOT excluded.category
                 OR aliases IS NOT excluded.aliases",
        )
        .bind(shop.as_str())
        .bind(product.id.as_str())
        .bind(&product.name)
        .bind(&product.category)
        .bind(to_json("product aliases", &product.aliases)?)
        .execute(&mut *connection)
        .await?;
        changed += put.rows_affected();
    }
    if changed > 0 {
        shops::advance_vocabulary(connection, shop).await?;
    }
    Ok(())
}

/// Removes a product.
pub(super) async fn delete_product(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    id: &ProductId,
) -> StoreResult<()> {
    let deleted = sqlx::query("DELETE FROM products WHERE shop = ?1 AND id = ?2")
        .bind(shop.as_str())
        .bind(id.as_str())
        .execute(&mut *connection)
        .await?;
    match deleted.rows_affected() {
        0 => Err(StoreError::NotFound { what: "product" }),
        _ => shops::advance_vocabulary(connection, shop).await,
    }
}

/// Replaces all synonym groups; the revision stays where they are the same.
pub(super) async fn replace_synonyms(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    groups: &[Synonyms],
) -> StoreResult<()> {
    if synonyms(&mut *connection, shop).await? == groups {
        return Ok(());
    }
    sqlx::query("DELETE FROM synonyms WHERE shop = ?1")
        .bind(shop.as_str())
        .execute(&mut *connection)
        .await?;
    for (position, group) in (0_u32..).zip(groups) {
        sqlx::query("INSERT INTO synonyms (shop, position, words) VALUES (?1, ?2, ?3)")
            .bind(shop.as_str())
            .bind(position)
            .bind(to_json("synonyms", &group.words)?)
            .execute(&mut *connection)
            .await?;
    }
    shops::advance_vocabulary(connection, shop).await
}

async fn synonyms(connection: &mut SqliteConnection, shop: &ShopId) -> StoreResult<Vec<Synonyms>> {
    let groups: Vec<String> =
        sqlx::query_scalar("SELECT words FROM synonyms WHERE shop = ?1 ORDER BY position")
            .bind(shop.as_str())
            .fetch_all(connection)
            .await?;
    groups
        .iter()
        .map(|words| {
            Ok(Synonyms {
                words: from_json("synonyms", words)?,
            })
        })
        .collect()
}
