//! Products that items are limited to and the shop does not have: a slip of the pen, or products still to come.

use std::collections::{BTreeSet, HashSet};

use crate::domain::fault::Locale;
use crate::domain::ids::{ProductId, ShopId};
use crate::store::{Store, StoreResult};

/// Ids that a message names.
const MOST_NAMED: usize = 10;

/// Those of `named` that the shop does not have, each once and in order.
///
/// # Errors
/// When the store fails, or there is no such shop.
pub async fn unknown_products<'a>(
    store: &dyn Store,
    shop: &ShopId,
    named: impl Iterator<Item = &'a ProductId>,
) -> StoreResult<Vec<String>> {
    let named: BTreeSet<&str> = named.map(ProductId::as_str).collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let vocabulary = store.vocabulary(shop).await?;
    let known = vocabulary.products.iter();
    let known: HashSet<&str> = known.map(|product| product.id.as_str()).collect();
    let unknown = named.into_iter().filter(|id| !known.contains(id));
    Ok(unknown.map(str::to_owned).collect())
}

/// What a person is told of products that the shop does not have; `None` where it has all.
pub fn unknown_products_message(ids: &[String], locale: Locale) -> Option<String> {
    if ids.is_empty() {
        return None;
    }
    let named = ids.iter().take(MOST_NAMED).map(|id| match locale {
        Locale::English => format!("\"{id}\""),
        Locale::Chinese => format!("“{id}”"),
    });
    let named: Vec<String> = named.collect();
    let more = ids.len() - named.len();
    Some(match locale {
        Locale::English => {
            let more = match more {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!(
                "not registered as products: {}{more}. They are not recognised when buyers name them: register them, or correct the ids",
                named.join(", ")
            )
        }
        Locale::Chinese => {
            let more = match more {
                0 => String::new(),
                more => format!("等 {} 个", more + MOST_NAMED),
            };
            format!(
                "商品{}{more}还没有登记，买家提到时认不出来：请登记商品，或改正编号",
                named.join("、")
            )
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::fixture;
    use super::*;
    use crate::domain::shop::Product;

    #[tokio::test]
    async fn tells_products_that_the_shop_does_not_have() {
        let fixture = fixture().await;
        let (store, shop) = (fixture.store.as_ref(), &fixture.shop.id);
        let id = |text: &str| ProductId::parse(text).expect("valid");
        let product = Product {
            id: id("baicha-1"),
            name: "白茶".to_owned(),
            category: None,
            aliases: Vec::new(),
        };
        store.put_products(shop, &[product]).await.expect("put");
        let named = [id("baicha-99"), id("baicha-1"), id("baicha-99")];
        let unknown = unknown_products(store, shop, named.iter()).await;
        assert_eq!(unknown.expect("read"), ["baicha-99"]);
        let unknown = unknown_products(store, shop, [].iter()).await;
        assert!(unknown.expect("read").is_empty());
    }

    #[test]
    fn names_some_and_counts_the_rest() {
        let ids: Vec<String> = (0..12).map(|number| format!("p{number}")).collect();
        let message = |ids: &[String], locale| unknown_products_message(ids, locale);
        assert_eq!(message(&[], Locale::Chinese), None);
        assert_eq!(
            message(&ids[..1], Locale::Chinese).as_deref(),
            Some("商品“p0”还没有登记，买家提到时认不出来：请登记商品，或改正编号")
        );
        let chinese = message(&ids, Locale::Chinese).expect("told");
        assert!(chinese.contains("“p9”等 12 个还没有登记"), "{chinese}");
        let english = message(&ids, Locale::English).expect("told");
        assert!(english.contains("\"p9\" and 2 more."), "{english}");
    }
}
