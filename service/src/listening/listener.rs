//! Reads threads that have new messages.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use std::sync::atomic::Ordering;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use zhiwen_models::cluster::Meaning;
use zhiwen_models::privacy::Masked;
use zhiwen_models::text::Normalized;

use super::compass::{Compass, Learned, of_intent};
use super::coverage::meanings;
use super::encoding::{self, encoded};
use super::reading::questions;
use super::{Listening, lock};
use crate::catalog::{Catalog, Searchable};
use crate::domain::causes::with_causes;
use crate::domain::ids::ShopId;
use crate::domain::listening::{HeardQuestion, Wording, WordingKey};
use crate::domain::message::{Author, Message};
use crate::domain::policy::ListeningPolicy;
use crate::language::base;
use crate::store::{ReadThread, Store, StoreError};

/// How often the store is asked for messages that nobody told of.
const POLL: Duration = Duration::from_millis(250);

/// Threads read in one step.
const STEP: u32 = 200;

/// A thread's latest messages: what came before them was read before.
const MOST_MESSAGES: u32 = 2_000;

/// What reading needs.
pub struct Listener {
    /// Storage.
    pub store: Arc<dyn Store>,
    /// The shops' languages and products.
    pub catalog: Arc<Catalog>,
    /// Told when messages came in.
    pub listening: Arc<Listening>,
}

impl Listener {
    /// Reads until `stop` turns true.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                read = self.read_all() => if let Err(error) = read {
                    tracing::warn!(
                        error = %with_causes(&error),
                        "messages cannot be read"
                    );
                },
                _ = stop.changed() => return,
            }
            tokio::select! {
                () = self.listening.heard.notified() => {}
                () = tokio::time::sleep(POLL) => {}
                _ = stop.changed() => return,
            }
        }
    }

    /// Reads what is unread, of every shop in turn, until nothing is.
    async fn read_all(&self) -> Result<(), StoreError> {
        // Before the first classifier is there, questions would stay without intent.
        if base::trained().is_none() {
            return Ok(());
        }
        let mut read_of = HashMap::new();
        loop {
            let mut was_read = false;
            for revision in self.store.shop_revisions().await? {
                let seen = read_of.get(&revision.shop);
                if seen == Some(&revision.messages) || revision.messages == 0 {
                    continue;
                }
                // One shop that cannot be read keeps no other from being heard.
                let read = self.read_some(&revision.shop).await;
                let read = read.unwrap_or_else(|error| {
                    tracing::warn!(
                        shop = %revision.shop,
                        error = %with_causes(&error),
                        "messages of a shop cannot be read"
                    );
                    false
                });
                if read {
                    was_read = true;
                } else {
                    read_of.insert(revision.shop, revision.messages);
                }
            }
            if !was_read {
                return Ok(());
            }
        }
    }

    /// Reads some of a shop's unread threads; `false` when there is none, or
    /// when the shop's index is not ready.
    async fn read_some(&self, shop: &ShopId) -> Result<bool, StoreError> {
        let Ok(searchable) = self.catalog.searchable(shop) else {
            return Ok(false);
        };
        let unread = self.store.unread_threads(shop, STEP).await?;
        if unread.is_empty() {
            return Ok(false);
        }
        let (_, policy) = self.store.policy(shop).await?;
        let mut threads = Vec::with_capacity(unread.len());
        let mut messages = Vec::with_capacity(unread.len());
        for unread in unread {
            let said = self
                .store
                .messages(shop, &unread.thread, MOST_MESSAGES)
                .await?;
            let said = without_cut_burst(said);
            let since = said.first().map_or(Timestamp::MIN, |first| first.at);
            threads.push(ReadThread {
                thread: unread.thread,
                changed: unread.changed,
                since,
            });
            messages.push(said);
        }
        let work = move || {
            let heard = hear(&searchable, &policy, &mut threads, &messages);
            (threads, heard)
        };
        let Ok((threads, heard)) = spawn_blocking(work).await else {
            // The runtime is ending; they are unread still.
            return Ok(false);
        };
        let mut wordings = wordings(&heard);
        self.place(shop, &heard, &mut wordings).await?;
        self.store
            .write_questions(shop, &threads, &heard, &wordings)
            .await?;
        Ok(true)
    }
}

impl Listener {
    /// Puts new wordings where they belong, as far as the last clustering tells.
    async fn place(
        &self,
        shop: &ShopId,
        heard: &[HeardQuestion],
        wordings: &mut Vec<Wording>,
    ) -> Result<(), StoreError> {
        let ledger = self.listening.ledger(shop).await?;
        wordings.retain(|wording| ledger.wording_of(wording.key).is_none());
        if wordings.is_empty() {
            return Ok(());
        }
        let Ok(searchable) = self.catalog.searchable(shop) else {
            return Ok(());
        };
        let texts: Vec<Normalized> = wordings
            .iter()
            .map(|wording| Normalized::new(wording.text.as_str()))
            .collect();
        let intents: HashMap<WordingKey, String> = heard
            .iter()
            .filter_map(|question| {
                let (intent, _) = question.classified.intent.as_ref()?;
                Some((question.wording, intent.as_str().to_owned()))
            })
            .collect();
        let keys: Vec<WordingKey> = wordings.iter().map(|wording| wording.key).collect();
        let shown: Vec<Masked> = wordings
            .iter()
            .map(|wording| wording.text.clone())
            .collect();
        let (vectors, encoder) = encoded(&searchable, &texts, encoding::NONE).await;
        let fingerprint = encoder.map_or(0, |(_, fingerprint)| fingerprint);
        let entry = self.listening.entry(shop);
        let folder = self.listening.folder().to_owned();
        let shop = shop.clone();
        let work = move || {
            let meant = |asks_meanings: bool| -> Vec<Meaning> {
                if asks_meanings {
                    let texts = shown.iter().map(Masked::as_str);
                    return meanings(&searchable, texts, Timestamp::now());
                }
                let intents = keys.iter().map(|key| intents.get(key));
                let meaning = |intent: Option<&String>| of_intent(intent.map(String::as_str));
                intents.map(meaning).collect()
            };
            // What is looked up is so before others have to wait for the compass.
            let asked = lock(&entry.compass).as_ref().map(Compass::asks_meanings);
            let mut meanings = asked.map(&meant);
            let mut slot = lock(&entry.compass);
            let is_edited = entry.is_edited.swap(false, Ordering::Relaxed);
            let made = match slot.take() {
                Some(compass) if is_edited => Some(compass.renewed(&ledger, &searchable)),
                Some(compass) => Some(compass),
                None => Learned::load(&folder, &shop)
                    .map(|learned| Compass::of_ledger(learned, &ledger, &searchable)),
            };
            let compass = slot.insert(made?);
            let asks_meanings = compass.asks_meanings();
            if asked != Some(asks_meanings) {
                meanings = None;
            }
            let meanings = meanings.unwrap_or_else(|| meant(asks_meanings));
            let width = vectors.len() / texts.len().max(1);
            let has_vectors = width > 0 && compass.takes(fingerprint);
            let places = texts.iter().enumerate().map(|(row, text)| {
                let vector = if has_vectors {
                    &vectors[row * width..(row + 1) * width]
                } else {
                    &[]
                };
                compass.cluster_of(text, vector, &meanings[row])
            });
            Some(places.collect::<Vec<_>>())
        };
        // Where the runtime is ending, they stay alone until the next clustering.
        if let Ok(Some(places)) = spawn_blocking(work).await {
            for (wording, cluster) in wordings.iter_mut().zip(places) {
                wording.cluster = cluster;
            }
        }
        Ok(())
    }
}

/// The questions of threads. One that makes reading panic would do so again
/// and again: it is given up, and what was read of it before stays.
fn hear(
    searchable: &Searchable,
    policy: &ListeningPolicy,
    threads: &mut [ReadThread],
    messages: &[Vec<Message>],
) -> Vec<HeardQuestion> {
    let mut heard = Vec::new();
    for (thread, messages) in threads.iter_mut().zip(messages) {
        let read = AssertUnwindSafe(|| questions(searchable, policy, messages));
        match catch_unwind(read) {
            Ok(questions) => heard.extend(questions),
            Err(_) => {
                tracing::error!(shop = %searchable.shop.id, "reading a thread panicked");
                thread.since = Timestamp::MAX;
            }
        }
    }
    heard
}

/// Of a thread that is longer than is read at once, the messages from the first
/// reply on: what stands before it may be the end of a question that began earlier.
fn without_cut_burst(mut messages: Vec<Message>) -> Vec<Message> {
    if messages.len() >= MOST_MESSAGES as usize {
        let reply = messages
            .iter()
            .position(|message| message.author != Author::Buyer);
        messages.drain(..reply.unwrap_or(0));
    }
    messages
}

/// The wordings of questions, each once, in the order of their first question.
fn wordings(questions: &[HeardQuestion]) -> Vec<Wording> {
    let mut seen = HashSet::new();
    questions
        .iter()
        .filter(|question| seen.insert(question.wording))
        .map(|question| Wording {
            key: question.wording,
            text: question.text.clone(),
            cluster: None,
            is_pinned: false,
        })
        .collect()
}
