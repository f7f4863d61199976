//! The live calls: computing on the pool's threads, an encoder that takes its time between.

use std::sync::Arc;
use std::time::Duration;

use zhiwen_models::encoder::{Encoder, Side};
use zhiwen_models::text::Normalized;

use super::{AnsweringError, Encoded, Moment, Policy, Retrieved, Suggestion, begin, find, finish};
use crate::catalog::Searchable;
use crate::domain::causes::with_causes;
use crate::domain::suggestion::{Degraded, SuggestionRecord};
use crate::language::ShopEncoder;
use crate::pool::{Pool, PoolError};

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The pool is full, or the work panicked.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// The search failed.
    #[error(transparent)]
    Answering(#[from] AnsweringError),
}

/// Where live calls compute.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// Threads of their own.
    pub pool: &'a Pool,
    /// How long an encoder may take.
    pub encode_timeout: Duration,
}

/// Makes a suggestion with its record.
///
/// # Errors
/// When the pool is full or the index cannot be read.
pub async fn suggest(
    bench: Bench<'_>,
    searchable: Searchable,
    moment: Moment,
    policy: Policy,
) -> Result<(Suggestion, SuggestionRecord), LiveError> {
    let shop = searchable.shop.id.clone();
    let record = |suggestion: &Suggestion, moment: &Moment, searchable: &Searchable| {
        super::record(suggestion, moment, searchable)
    };
    let ShopEncoder::Shared(encoder) = searchable.encoder().clone() else {
        let work = move || {
            let begun = begin(&searchable, &moment, policy);
            let encoded = begun
                .prepared
                .as_ref()
                .map_or(Encoded::Lexical, |prepared| {
                    encode_at_once(&searchable, &prepared.text)
                });
            let suggestion = finish(&searchable, begun, encoded, &moment, policy)?;
            let record = record(&suggestion, &moment, &searchable);
            Ok::<_, AnsweringError>((suggestion, record))
        };
        return Ok(bench.pool.run(&shop, work).await??);
    };
    let work = move || (begin(&searchable, &moment, policy), searchable, moment);
    let (begun, searchable, moment) = bench.pool.run(&shop, work).await?;
    let encoded = match &begun.prepared {
        Some(prepared) => encode(encoder, &prepared.text, bench.encode_timeout).await,
        None => Encoded::Lexical,
    };
    let work = move || {
        let suggestion = finish(&searchable, begun, encoded, &moment, policy)?;
        let record = record(&suggestion, &moment, &searchable);
        Ok::<_, AnsweringError>((suggestion, record))
    };
    Ok(bench.pool.run(&shop, work).await??)
}

/// What is searched for, owned: it travels to another thread.
pub type OwnedQuery = Box<dyn for<'a> Fn(&'a Searchable) -> super::Prepared + Send>;

/// Searches as a person does.
///
/// # Errors
/// When the pool is full or the index cannot be read.
pub async fn search(
    bench: Bench<'_>,
    searchable: Searchable,
    prepare_query: OwnedQuery,
) -> Result<(Retrieved, Vec<Degraded>), LiveError> {
    let shop = searchable.shop.id.clone();
    let mut degraded = Vec::new();
    if searchable.lacks_vectors {
        degraded.push(Degraded::Encoder);
    }
    let ShopEncoder::Shared(encoder) = searchable.encoder().clone() else {
        let work = move || {
            let prepared = prepare_query(&searchable);
            let encoded = encode_at_once(&searchable, &prepared.text);
            find(&searchable, prepared, encoded)
        };
        let retrieved = bench.pool.run(&shop, work).await??;
        return Ok((retrieved, degraded));
    };
    let work = move || (prepare_query(&searchable), searchable);
    let (prepared, searchable) = bench.pool.run(&shop, work).await?;
    let encoded = encode(encoder, &prepared.text, bench.encode_timeout).await;
    if encoded == Encoded::Degraded && degraded.is_empty() {
        degraded.push(Degraded::Encoder);
    }
    let work = move || find(&searchable, prepared, encoded);
    Ok((bench.pool.run(&shop, work).await??, degraded))
}

/// A person's query with the borrowed parts of `query` made its own.
pub fn owned(
    make: impl for<'a> Fn(&'a Searchable) -> super::Prepared + Send + 'static,
) -> OwnedQuery {
    Box::new(make)
}

/// The vector of an encoder that answers in microseconds.
fn encode_at_once(searchable: &Searchable, text: &Normalized) -> Encoded {
    match searchable.encoder() {
        ShopEncoder::Own(encoder) => {
            Encoded::Vector(encoder.encode_one(text), encoder.identity().clone())
        }
        ShopEncoder::None => Encoded::Lexical,
        ShopEncoder::Shared(_) => Encoded::Degraded,
    }
}

/// The vector of an encoder that may be slow, full or down.
async fn encode(encoder: Arc<dyn Encoder>, text: &Normalized, timeout: Duration) -> Encoded {
    let texts = std::slice::from_ref(text);
    match tokio::time::timeout(timeout, encoder.encode(Side::Question, texts)).await {
        Ok(Ok(vectors)) => match vectors.rows().next() {
            Some(vector) => Encoded::Vector(vector.to_vec(), encoder.identity().clone()),
            None => Encoded::Degraded,
        },
        Ok(Err(error)) => {
            tracing::warn!(
                error = %with_causes(&error),
                "question is searched without a vector"
            );
            Encoded::Degraded
        }
        Err(_) => {
            tracing::warn!("encoder took too long: question is searched without a vector");
            Encoded::Degraded
        }
    }
}
