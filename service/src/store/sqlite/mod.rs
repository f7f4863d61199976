//! The store as one SQLite file: one connection writes, a few read.

mod actions;
mod attempts;
mod audit;
mod candidates;
mod changes;
mod clusters;
mod deliveries;
mod dismissals;
mod errors;
mod insights;
mod jobs;
mod keys;
mod knowledge;
mod language;
mod listening;
mod messages;
mod mined;
mod people;
mod pushes;
mod replies;
mod rows;
mod sessions;
mod shops;
mod suggestions;
mod verbs;
mod vocabulary;
mod wordings;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection, Sqlite, SqliteConnection, Transaction};

use super::{StoreError, StoreResult};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

const READERS: u32 = 4;

/// How long another process, such as a backup, may hold the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a caller waits for a connection. The longest that the writer is
/// held is an import, of a few seconds.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// A store in a file.
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the file at `path`, making it and its folder where they lack, and
    /// brings its schema up to date. A leading `//` is of the URL, not of the
    /// path: `sqlite://data/zhiwen.db` and `sqlite:data/zhiwen.db` are the same.
    ///
    /// # Errors
    /// When the file cannot be made, is no database, or is of a newer schema.
    pub async fn open(path: &str) -> StoreResult<Self> {
        let path = path.strip_prefix("//").unwrap_or(path);
        // An absolute path is a path to SQLite too, whatever it may look like:
        // `:memory:` and `file:…` mean something else to it.
        let path = std::path::absolute(path).map_err(sqlx::Error::Io)?;
        create_file(path.clone()).await.map_err(sqlx::Error::Io)?;

        let options = connect_options(&path);
        let writer = pool_options(1)
            .after_release(|connection, _| Box::pin(is_reusable(connection)))
            .connect_with(options.clone())
            .await?;
        MIGRATIONS
            .run(&writer)
            .await
            .map_err(StoreError::Migration)?;
        let readers = pool_options(READERS)
            .connect_with(options.read_only(true))
            .await?;
        Ok(Self { writer, readers })
    }

    /// Begins a write. Dropped before its commit, by an error or because the
    /// caller is gone, it is rolled back. Every write is in one, even of a
    /// single statement: only a commit of its own reports that it failed.
    async fn write(&self) -> StoreResult<Transaction<'static, Sqlite>> {
        // A deferred transaction would take the lock at its first write, and
        // fail there when another process wrote after its first read.
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// A connection for one statement of reading, or several that may see
    /// different moments.
    async fn read(&self) -> StoreResult<PoolConnection<Sqlite>> {
        Ok(self.readers.acquire().await?)
    }

    /// A connection whose statements all see the same moment.
    async fn read_snapshot(&self) -> StoreResult<Transaction<'static, Sqlite>> {
        Ok(self.readers.begin().await?)
    }
}

/// Makes the file, for its owner alone: the shops' secrets stand in it. The
/// files that SQLite puts beside it have its permissions.
async fn create_file(path: PathBuf) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await?;
    }
    let mut options = tokio::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    options.mode(0o600);
    options.open(path).await?;
    Ok(())
}

fn connect_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        // In WAL mode NORMAL would lose commits that were acknowledged when
        // the power fails.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
}

fn pool_options(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A connection to a file does not go stale.
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// Whether the writer may go back to the pool. A full disk makes SQLite roll
/// back by itself; the rollback that sqlx sends after that fails, and sqlx
/// would take the connection to be in a transaction ever after.
async fn is_reusable(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    // The answer comes after what is queued, the rollback of a dropped
    // transaction among it.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

#[cfg(test)]
mod tests;
