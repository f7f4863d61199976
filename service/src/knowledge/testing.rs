//! A store with one shop, for the tests of the use cases.

use std::sync::Arc;

use jiff::Timestamp;
use tempfile::TempDir;

use crate::domain::fault::Locale;
use crate::domain::ids::ShopId;
use crate::domain::shop::{Shop, ShopSecret};
use crate::domain::time::Clock;
use crate::formats::Format;
use crate::store::{KnowledgeFilter, Store, open};

use super::export::export;

/// A time that stands still.
pub struct FixedClock(Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A store in a directory of its own.
pub struct Fixture {
    /// Where the store and the test's files are.
    pub directory: TempDir,
    /// The store.
    pub store: Arc<dyn Store>,
    /// Its only shop.
    pub shop: Shop,
    /// Now.
    pub clock: FixedClock,
}

/// An empty store with one shop in Shanghai.
pub async fn fixture() -> Fixture {
    let directory = tempfile::tempdir().expect("made");
    let url = format!("sqlite:{}", directory.path().join("store.db").display());
    let store = open(&url).await.expect("opened");
    let now = Timestamp::from_second(1_800_000_000).expect("valid");
    let shop = Shop {
        id: ShopId::parse("hemu").expect("valid"),
        name: "禾木".to_owned(),
        time_zone: "Asia/Shanghai".to_owned(),
        locale: Locale::Chinese,
        secret: ShopSecret::make(),
        created_at: now,
    };
    store.create_shop(&shop).await.expect("made");
    Fixture {
        directory,
        store,
        shop,
        clock: FixedClock(now),
    }
}

/// The bytes of an export.
pub async fn exported(fixture: &Fixture, format: Format, filter: &KnowledgeFilter) -> Vec<u8> {
    let path = fixture.directory.path().join("export");
    let file = std::fs::File::create(&path).expect("made");
    let store = fixture.store.as_ref();
    export(store, &fixture.shop, filter, (format, file), &|_| {})
        .await
        .expect("exported");
    std::fs::read(&path).expect("written")
}
