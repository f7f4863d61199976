//! Failed attempts to sign in.

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::rows::time;
use crate::domain::ids::ShopId;
use crate::domain::person::{Failures, Login};
use crate::store::StoreResult;

/// Logins of which failures are kept, in all shops: names that people make up
/// have no end, of shops as of logins. Whoever would have one forgotten before
/// its time has to fail as often with others.
const MOST_LOGINS: u32 = 20_000;

/// Counts an attempt unless it has to wait; gives the failures before it.
pub(super) async fn begin(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    login: &Login,
    at: Timestamp,
) -> StoreResult<Option<Failures>> {
    let before = failures(connection, shop, login).await?;
    if before.is_some_and(|before| before.wait_seconds(at) > 0) {
        return Ok(before);
    }
    let with_this = Failures::one_more(before, at);
    sqlx::query(
        "INSERT INTO sign_in_failures (shop, login, count, last_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (shop, login)
             DO UPDATE SET count = excluded.count, last_at = excluded.last_at",
    )
    .bind(shop.as_str())
    .bind(login.as_str())
    .bind(with_this.count)
    .bind(with_this.last_at.as_millisecond())
    .execute(&mut *connection)
    .await?;
    if before.is_none() {
        forget_oldest(connection, shop, login).await?;
    }
    Ok(before)
}

async fn failures(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    login: &Login,
) -> StoreResult<Option<Failures>> {
    let row: Option<(u32, i64)> = sqlx::query_as(
        "SELECT count, last_at FROM sign_in_failures WHERE shop = ?1 AND login = ?2",
    )
    .bind(shop.as_str())
    .bind(login.as_str())
    .fetch_optional(connection)
    .await?;
    row.map(|(count, last_at)| {
        let last_at = time(last_at)?;
        Ok(Failures { count, last_at })
    })
    .transpose()
}

/// Forgets those beyond the most, whose last failure is the oldest, but not
/// the one that has just failed, should the clock have been set back.
async fn forget_oldest(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    login: &Login,
) -> StoreResult<()> {
    sqlx::query(
        "DELETE FROM sign_in_failures
         WHERE (shop, login) IN
                 (SELECT shop, login FROM sign_in_failures
                  ORDER BY last_at DESC LIMIT -1 OFFSET ?3)
             AND NOT (shop = ?1 AND login = ?2)",
    )
    .bind(shop.as_str())
    .bind(login.as_str())
    .bind(MOST_LOGINS)
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes an attempt back. The time of the last failure is the one before, too,
/// unless another attempt was made meanwhile.
pub(super) async fn take_back(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    login: &Login,
    before: Option<Failures>,
) -> StoreResult<()> {
    sqlx::query(
        "UPDATE sign_in_failures
         SET count = count - 1, last_at = iif(count - 1 = ?3, ?4, last_at)
         WHERE shop = ?1 AND login = ?2",
    )
    .bind(shop.as_str())
    .bind(login.as_str())
    .bind(before.map(|before| before.count))
    .bind(before.map(|before| before.last_at.as_millisecond()))
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM sign_in_failures WHERE shop = ?1 AND login = ?2 AND count < 1")
        .bind(shop.as_str())
        .bind(login.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets the failed attempts of that login.
pub(super) async fn forget(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    login: &Login,
) -> StoreResult<()> {
    sqlx::query("DELETE FROM sign_in_failures WHERE shop = ?1 AND login = ?2")
        .bind(shop.as_str())
        .bind(login.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::SqliteStore;
    use crate::store::suite::fixtures::{shop, time};

    #[tokio::test]
    async fn of_very_many_logins_the_oldest_are_forgotten() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("zhiwen.db");
        let store = SqliteStore::open(&path.to_string_lossy()).await;
        let store = store.expect("opened");
        let mut transaction = store.write().await.expect("begun");
        sqlx::query(
            "WITH RECURSIVE made_up (number) AS
                 (SELECT 1 UNION ALL SELECT number + 1 FROM made_up WHERE number < ?1)
             INSERT INTO sign_in_failures (shop, login, count, last_at)
             SELECT 'shop-' || number, 'nobody', 4, number FROM made_up",
        )
        .bind(MOST_LOGINS)
        .execute(&mut *transaction)
        .await
        .expect("filled");
        let (shop, login) = (shop().id, |text| Login::parse(text).expect("valid"));
        // The newest, and one of before all others: the clock has been set back.
        for (login, at) in [
            (login("anna"), time(0)),
            (login("zoe"), Timestamp::UNIX_EPOCH),
        ] {
            for count in [None, Some(1)] {
                let before = begin(&mut transaction, &shop, &login, at).await;
                let before = before.expect("begun").map(|before| before.count);
                assert_eq!(before, count, "{login}");
            }
        }
        let kept: Vec<String> =
            sqlx::query_scalar("SELECT shop FROM sign_in_failures ORDER BY last_at, shop LIMIT 2")
                .fetch_all(&mut *transaction)
                .await
                .expect("read");
        // Of those that were filled in, the first has gone.
        assert_eq!(kept, [shop.to_string(), "shop-2".to_owned()]);
    }
}
