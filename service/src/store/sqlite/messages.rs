//! Messages as they come in, and which threads have not been read since.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use sqlx::{FromRow, QueryBuilder, SqliteConnection};
use zhiwen_models::privacy::Masked;

use super::rows::{from_word, optional_id, sound, time, word};
use crate::domain::ids::{AgentId, ChannelId, MessageId, ProductId, ShopId};
use crate::domain::message::{Message, MessageSource, Taken, Thread};
use crate::domain::suggestion::Pseudonym;
use crate::store::{ReadThread, StoreError, StoreResult, UnreadThread};

/// Rows of one statement: a statement a row costs more than the row.
const ROWS: usize = 200;

/// Keeps messages whose id is not on record yet, and says what became of each.
pub(super) async fn take(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    messages: &[Message],
    at: Timestamp,
) -> StoreResult<Taken> {
    let mut taken = Taken::default();
    let mut changed = BTreeSet::new();
    let messages: Vec<&Message> = messages.iter().collect();
    for (chunk_at, chunk) in messages.chunks(ROWS).enumerate() {
        let mut new = insert(connection, shop, chunk, (at, chunk_at * ROWS)).await?;
        for (place, message) in chunk.iter().enumerate() {
            let key = (message.thread.as_str(), message.id.as_str());
            if new.remove(&(key.0.to_owned(), key.1.to_owned())) {
                taken.new += 1;
                changed.insert(&message.thread);
            } else {
                match compare(connection, shop, message).await? {
                    Known::Same => taken.known += 1,
                    Known::Guessed => {
                        complete(connection, shop, message).await?;
                        taken.known += 1;
                        changed.insert(&message.thread);
                    }
                    Known::Other => taken.conflicts.push(chunk_at * ROWS + place),
                }
            }
        }
    }
    mark_unread(connection, shop, &changed).await?;
    Ok(taken)
}

/// Keeps the turns that a suggestion was asked with. What is on record under a
/// turn's id stays as it is: it is not the chat client's to set right here.
pub(super) async fn hear(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    turns: &[&Message],
    at: Timestamp,
) -> StoreResult<()> {
    let mut changed = BTreeSet::new();
    for (chunk_at, chunk) in turns.chunks(ROWS).enumerate() {
        let new = insert(connection, shop, chunk, (at, chunk_at * ROWS)).await?;
        let is_new =
            |turn: &Message| new.contains(&(turn.thread.as_str().to_owned(), turn.id.to_string()));
        let threads = chunk.iter().filter(|turn| is_new(turn));
        changed.extend(threads.map(|turn| &turn.thread));
    }
    if changed.is_empty() {
        return Ok(());
    }
    mark_unread(connection, shop, &changed).await
}

/// Inserts those that are not there; gives thread and id of each that was not.
async fn insert(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    messages: &[&Message],
    (at, first_place): (Timestamp, usize),
) -> StoreResult<HashSet<(String, String)>> {
    let mut words = Vec::with_capacity(messages.len());
    for message in messages {
        let author = word("author", &message.author)?;
        let source = word("message source", &message.source)?;
        words.push((author, source));
    }
    let mut insert = QueryBuilder::new(
        "INSERT INTO messages (shop, thread, id, at, author, text, consumer, agent, channel,
             product, order_ref, source, received_at, place) ",
    );
    let places = i64::try_from(first_place).unwrap_or(i64::MAX)..;
    let rows = messages.iter().zip(&words).zip(places);
    insert.push_values(rows, |mut row, ((message, (author, source)), place)| {
        row.push_bind(shop.as_str())
            .push_bind(message.thread.as_str())
            .push_bind(message.id.as_str())
            .push_bind(message.at.as_millisecond())
            .push_bind(author.as_str())
            .push_bind(message.text.as_str())
            .push_bind(
                message
                    .consumer
                    .as_ref()
                    .map(|consumer| consumer.0.as_str()),
            )
            .push_bind(message.agent.as_ref().map(AgentId::as_str))
            .push_bind(message.channel.as_ref().map(ChannelId::as_str))
            .push_bind(message.product.as_ref().map(ProductId::as_str))
            .push_bind(message.order.as_ref().map(|order| order.0.as_str()))
            .push_bind(source.as_str())
            .push_bind(at.as_millisecond())
            .push_bind(place);
    });
    insert.push(" ON CONFLICT (shop, thread, id) DO NOTHING RETURNING thread, id");
    let new: Vec<(String, String)> = insert.build_query_as().fetch_all(connection).await?;
    Ok(new.into_iter().collect())
}

/// How a message compares with the one on record under its id.
enum Known {
    /// It says the same.
    Same,
    /// It says the same; what is on record of it was guessed from a suggestion.
    Guessed,
    /// It says something else.
    Other,
}

async fn compare(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    message: &Message,
) -> StoreResult<Known> {
    let (text, author, source): (String, String, String) = sqlx::query_as(
        "SELECT text, author, source FROM messages WHERE shop = ?1 AND thread = ?2 AND id = ?3",
    )
    .bind(shop.as_str())
    .bind(message.thread.as_str())
    .bind(message.id.as_str())
    .fetch_one(connection)
    .await?;
    let is_guessed = from_word::<MessageSource>("message source", source)?
        == MessageSource::Suggestion
        && message.source == MessageSource::Message;
    // A suggestion's turns do not tell a robot from an agent.
    let is_by_another = !is_guessed && author != word("author", &message.author)?;
    Ok(if text != message.text.as_str() || is_by_another {
        Known::Other
    } else if is_guessed {
        Known::Guessed
    } else {
        Known::Same
    })
}

/// Takes over what a message says of itself.
async fn complete(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    message: &Message,
) -> StoreResult<()> {
    sqlx::query(
        "UPDATE messages SET at = ?4, author = ?5, source = ?6,
             consumer = coalesce(?7, consumer), agent = coalesce(?8, agent),
             channel = coalesce(?9, channel), product = coalesce(?10, product),
             order_ref = coalesce(?11, order_ref)
         WHERE shop = ?1 AND thread = ?2 AND id = ?3",
    )
    .bind(shop.as_str())
    .bind(message.thread.as_str())
    .bind(message.id.as_str())
    .bind(message.at.as_millisecond())
    .bind(word("author", &message.author)?)
    .bind(word("message source", &message.source)?)
    .bind(
        message
            .consumer
            .as_ref()
            .map(|consumer| consumer.0.as_str()),
    )
    .bind(message.agent.as_ref().map(AgentId::as_str))
    .bind(message.channel.as_ref().map(ChannelId::as_str))
    .bind(message.product.as_ref().map(ProductId::as_str))
    .bind(message.order.as_ref().map(|order| order.0.as_str()))
    .execute(connection)
    .await?;
    Ok(())
}

async fn mark_unread(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    threads: &BTreeSet<&Thread>,
) -> StoreResult<()> {
    let revision: Option<i64> = sqlx::query_scalar(
        "UPDATE shops SET message_revision = message_revision + ?2 WHERE shop = ?1
         RETURNING message_revision",
    )
    .bind(shop.as_str())
    .bind(i64::from(!threads.is_empty()))
    .fetch_optional(&mut *connection)
    .await?;
    let revision = revision.ok_or(StoreError::NotFound { what: "shop" })?;
    let threads: Vec<&&Thread> = threads.iter().collect();
    for chunk in threads.chunks(ROWS) {
        let mut mark = QueryBuilder::new("INSERT INTO threads (shop, thread, changed) ");
        mark.push_values(chunk, |mut row, thread| {
            row.push_bind(shop.as_str())
                .push_bind(thread.as_str())
                .push_bind(revision);
        });
        mark.push(" ON CONFLICT (shop, thread) DO UPDATE SET changed = excluded.changed");
        mark.build().execute(&mut *connection).await?;
    }
    Ok(())
}

/// Says that every thread is to be read again.
pub(super) async fn mark_all_unread(
    connection: &mut SqliteConnection,
    shop: &ShopId,
) -> StoreResult<()> {
    sqlx::query("UPDATE shops SET message_revision = message_revision + 1 WHERE shop = ?1")
        .bind(shop.as_str())
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "UPDATE threads SET changed =
             (SELECT message_revision FROM shops WHERE shops.shop = threads.shop)
         WHERE shop = ?1",
    )
    .bind(shop.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

/// Threads with messages that were not read yet.
pub(super) async fn unread(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    limit: u32,
) -> StoreResult<Vec<UnreadThread>> {
    let rows: Vec<(String, u64)> = sqlx::query_as(
        "SELECT thread, changed FROM threads WHERE shop = ?1 AND changed > read
         ORDER BY changed LIMIT ?2",
    )
    .bind(shop.as_str())
    .bind(limit)
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(thread, changed)| UnreadThread {
            thread: Thread::from_stored(thread),
            changed,
        })
        .collect())
}

/// Says that threads were read as far as they had come.
pub(super) async fn mark_read(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    threads: &[ReadThread],
) -> StoreResult<()> {
    for thread in threads {
        sqlx::query("UPDATE threads SET read = max(read, ?3) WHERE shop = ?1 AND thread = ?2")
            .bind(shop.as_str())
            .bind(thread.thread.as_str())
            .bind(i64::try_from(thread.changed).unwrap_or(i64::MAX))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

#[derive(FromRow)]
struct MessageRow {
    id: String,
    at: i64,
    author: String,
    text: String,
    consumer: Option<String>,
    agent: Option<String>,
    channel: Option<String>,
    product: Option<String>,
    order_ref: Option<String>,
    source: String,
}

impl MessageRow {
    fn into_message(self, thread: Thread) -> StoreResult<Message> {
        Ok(Message {
            thread,
            id: sound("message id", MessageId::parse(&self.id))?,
            at: time(self.at)?,
            author: from_word("author", self.author)?,
            text: Masked::from_stored(self.text),
            consumer: self.consumer.map(Pseudonym),
            agent: optional_id("agent id", self.agent, AgentId::parse)?,
            channel: optional_id("channel id", self.channel, ChannelId::parse)?,
            product: optional_id("product id", self.product, ProductId::parse)?,
            order: self.order_ref.map(Pseudonym),
            source: from_word("message source", self.source)?,
        })
    }
}

/// A thread's latest messages, by time.
pub(super) async fn of_thread(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    thread: &Thread,
    limit: u32,
) -> StoreResult<Vec<Message>> {
    let rows: Vec<MessageRow> = sqlx::query_as(
        "SELECT id, at, author, text, consumer, agent, channel, product, order_ref, source
         FROM messages WHERE shop = ?1 AND thread = ?2 
         ORDER BY at DESC, received_at DESC, place DESC LIMIT ?3",
    )
    .bind(shop.as_str())
    .bind(thread.as_str())
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .rev()
        .map(|row| row.into_message(thread.clone()))
        .collect()
}
