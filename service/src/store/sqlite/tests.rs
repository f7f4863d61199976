//! What only SQLite promises: the file, its settings, its failures.

use std::error::Error;
use std::sync::Arc;

use sqlx::AssertSqlSafe;
use tempfile::TempDir;

use super::SqliteStore;
use crate::domain::ids::ShopId;
use crate::domain::suggestion::SuggestionRecord;
use crate::store::suite::fixtures::{items, new_shop, revision, shop, suggestion, time, version};
use crate::store::{NewVersion, Store, StoreError, open, suite};

type TestResult = Result<(), Box<dyn Error>>;

fn url(folder: &TempDir) -> String {
    format!("sqlite:{}", path(folder))
}

fn path(folder: &TempDir) -> String {
    let path = folder.path().join("made/on/opening/zhiwen.db");
    path.to_string_lossy().into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passes_the_suite() -> TestResult {
    let folder = TempDir::new()?;
    suite::run(open(&url(&folder)).await?).await;
    Ok(())
}

#[tokio::test]
async fn keeps_everything_over_a_restart() -> TestResult {
    let folder = TempDir::new()?;
    let (shop, new) = (shop(), version("k", "x", time(1)));
    let store = open(&url(&folder)).await?;
    store.create_shop(&shop).await?;
    store.create_knowledge(&shop.id, &new, None).await?;
    drop(store);
    let store = open(&url(&folder)).await?;
    let found = store.knowledge(&shop.id, &new.id).await?;
    assert_eq!(found.map(|item| item.content), Some(new.content));
    assert_eq!(store.shops().await?[0].secret.0, shop.secret.0);
    assert_eq!(store.shop_revisions().await?[0].knowledge, 1);
    Ok(())
}

#[tokio::test]
async fn sets_what_durability_needs() -> TestResult {
    let folder = TempDir::new()?;
    let store = SqliteStore::open(&path(&folder)).await?;
    for pool in [&store.writer, &store.readers] {
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous")
            .fetch_one(pool)
            .await?;
        let journal_mode: String = sqlx::query_scalar("PRAGMA journal_mode")
            .fetch_one(pool)
            .await?;
        let foreign_keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys")
            .fetch_one(pool)
            .await?;
        let found = (synchronous, journal_mode.as_str(), foreign_keys);
        assert_eq!(found, (2, "wal", 1));
    }
    let refused = sqlx::query("DELETE FROM shops")
        .execute(&store.readers)
        .await;
    assert!(matches!(
        refused.map_err(StoreError::from),
        Err(StoreError::Full(_))
    ));
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn keeps_the_files_to_their_owner() -> TestResult {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new()?;
    let store = SqliteStore::open(&path(&folder)).await?;
    store.create_shop(&shop()).await?;
    for suffix in ["", "-wal", "-shm"] {
        let file = std::fs::metadata(format!("{}{suffix}", path(&folder)))?;
        assert_eq!(file.permissions().mode() & 0o777, 0o600, "{suffix}");
    }
    Ok(())
}

#[tokio::test]
async fn refuses_a_newer_schema() -> TestResult {
    let folder = TempDir::new()?;
    let store = SqliteStore::open(&path(&folder)).await?;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'of a later release', true, x'00', 0)",
    )
    .execute(&store.writer)
    .await?;
    drop(store);
    let refused = open(&url(&folder)).await;
    assert!(matches!(refused.err(), Some(StoreError::Migration(_))));
    Ok(())
}

#[tokio::test]
async fn refuses_what_is_no_database() -> TestResult {
    let folder = TempDir::new()?;
    let folder_url = format!("sqlite:{}", folder.path().display());
    let refused = open(&folder_url).await.err();
    assert!(matches!(refused, Some(StoreError::Unavailable(_))));

    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "nothing that SQLite could read ".repeat(1_000))?;
    let refused = open(&format!("sqlite:{}", file.display())).await.err();
    assert!(matches!(refused, Some(StoreError::Database(_))));

    let beneath_a_file = open(&format!("sqlite:{}/zhiwen.db", file.display())).await;
    assert!(beneath_a_file.is_err());
    for url in ["", "sqlite", "sqlite:", "mysql:zhiwen"] {
        let refused = open(url).await.err();
        assert!(matches!(refused, Some(StoreError::UnknownScheme(_))));
    }
    Ok(())
}

/// At a statement that writes a single row a full disk makes SQLite roll back
/// by itself, at one that writes many it does not: after both the writer works.
#[tokio::test]
async fn says_that_it_is_full_and_recovers() -> TestResult {
    let folder = TempDir::new()?;
    let sqlite = Arc::new(SqliteStore::open(&path(&folder)).await?);
    let store: Arc<dyn Store> = Arc::clone(&sqlite) as Arc<dyn Store>;
    let shop = new_shop(&store).await;
    let versions: Vec<NewVersion> = (0..1_000)
        .map(|number| version(&format!("k-{number}"), "x", time(1)))
        .collect();
    let records: Vec<(ShopId, SuggestionRecord)> =
        (0..1_000).map(|_| (shop.clone(), suggestion())).collect();
    for _ in 0..2 {
        limit_pages(&sqlite, 40).await?;
        let refused = store.import_knowledge(&shop, &versions, None).await;
        assert!(matches!(refused, Err(StoreError::Full(_))));
        limit_pages(&sqlite, 40).await?;
        let refused = store.record_suggestions(&records).await;
        assert!(matches!(refused, Err(StoreError::Full(_))));
    }
    limit_pages(&sqlite, 1_000_000).await?;
    assert_eq!(revision(&store, &shop).await.knowledge, 0);
    assert!(items(&store, &shop).await.is_empty());
    let first = records[0].1.id;
    assert_eq!(store.suggestion(&shop, first).await?, None);

    store.import_knowledge(&shop, &versions, None).await?;
    store.record_suggestions(&records).await?;
    assert_eq!(items(&store, &shop).await.len(), versions.len());
    assert!(store.suggestion(&shop, first).await?.is_some());
    Ok(())
}

/// Makes the file as full as a disk would.
async fn limit_pages(store: &SqliteStore, most: u32) -> TestResult {
    let limit = format!("PRAGMA max_page_count = {most}");
    sqlx::query(AssertSqlSafe(limit))
        .fetch_one(&store.writer)
        .await?;
    Ok(())
}

#[tokio::test]
async fn says_that_another_process_holds_the_file() -> TestResult {
    let folder = TempDir::new()?;
    let store = Arc::new(SqliteStore::open(&path(&folder)).await?);
    sqlx::query("PRAGMA busy_timeout = 0")
        .execute(&store.writer)
        .await?;
    let other = SqliteStore::open(&path(&folder)).await?;
    let held = other.write().await?;
    let refused = store.create_shop(&shop()).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
    // Those who read do not wait.
    assert!(store.shops().await?.is_empty());
    held.rollback().await?;
    store.create_shop(&shop()).await?;
    Ok(())
}
