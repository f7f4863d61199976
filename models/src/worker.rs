//! Threads that each own a model, behind one bounded queue.
//!
//! A request is one text's pieces. A free worker takes the request that waits
//! longest and the others that are nearest to it in length, so that little of a
//! batch is padding. Whoever no longer waits for an answer is not computed for;
//! a full queue is refused at once; a panic costs its batch, not the worker.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::encoder::EncoderError;

/// A model as a worker runs it.
pub trait Model {
    /// One vector a sequence of pieces, in their order.
    ///
    /// # Errors
    /// What went wrong, for the log.
    fn forward(&mut self, batch: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, String>;
}

/// How many workers there are and how much they take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolOptions {
    /// The number of threads that each own a model.
    pub workers: usize,
    /// The most texts of one forward pass.
    pub batch: usize,
    /// The most texts that wait; with more, requests are refused.
    pub queue: usize,
}

/// The most pieces of one forward pass, padding included: bounds its memory and
/// the time that a short text waits behind long ones.
const MOST_PIECES: usize = 4096;

/// The workers and their queue. Dropped, it waits for the batches under way.
pub struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    options: PoolOptions,
}

/// What comes back for one text.
type Answer = Result<Vec<f32>, EncoderError>;

/// Where the answers of a batch go.
type Replies = Vec<oneshot::Sender<Answer>>;

struct Job {
    pieces: Vec<u32>,
    reply: oneshot::Sender<Answer>,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

struct Queue {
    jobs: VecDeque<Job>,
    /// Workers with a model.
    alive: usize,
    is_closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // No code panics while it holds the lock.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pool {
    /// Starts the workers; each calls `load` on its own thread, now and after a
    /// panic. Returns when all have a model.
    ///
    /// # Errors
    /// The first error of `load`, or the system's that gives no thread.
    pub fn start<M, E, F>(load: F, options: PoolOptions) -> Result<Self, StartError<E>>
    where
        M: Model,
        E: Send + 'static,
        F: Fn() -> Result<M, E> + Send + Sync + 'static,
    {
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue {
                jobs: VecDeque::new(),
                alive: options.workers.max(1),
                is_closed: false,
            }),
            changed: Condvar::new(),
        });
        let mut pool = Self {
            shared: Arc::clone(&shared),
            threads: Vec::new(),
            options,
        };
        let load = Arc::new(load);
        let (report, reports) = mpsc::channel();
        for number in 0..options.workers.max(1) {
            let (shared, load, report) = (Arc::clone(&shared), Arc::clone(&load), report.clone());
            let thread = std::thread::Builder::new()
                .name(format!("model-{number}"))
                .spawn(move || match catch_unwind(AssertUnwindSafe(|| load())) {
                    Ok(Ok(model)) => {
                        let _whoever_starts = report.send(Ok(()));
                        drop(report);
                        work(model, load.as_ref(), &shared, options.batch.max(1));
                    }
                    Ok(Err(error)) => {
                        let _whoever_starts = report.send(Err(StartError::Load(error)));
                    }
                    Err(_) => {
                        let _whoever_starts = report.send(Err(StartError::Panicked));
                    }
                })
                .map_err(StartError::Thread)?;
            pool.threads.push(thread);
        }
        drop(report);
        reports.into_iter().collect::<Result<(), _>>()?;
        Ok(pool)
    }

    /// One vector a text. Many texts are handed over batch by batch, so that
    /// they do not fill the queue; then the order is theirs all the same.
    ///
    /// # Errors
    /// [`EncoderError::Overloaded`] at once when the queue is full,
    /// [`EncoderError::Unavailable`] when no worker has a model or its batch failed.
    pub async fn run(&self, texts: Vec<Vec<u32>>) -> Result<Vec<Vec<f32>>, EncoderError> {
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&text| texts.get(text).map_or(0, Vec::len));
        let mut texts: Vec<Option<Vec<u32>>> = texts.into_iter().map(Some).collect();
        let mut vectors = vec![Vec::new(); texts.len()];
        let mut waiting = VecDeque::new();
        let batch = self.options.batch.max(1);
        // Enough for every worker to find its next batch, and never all of the queue.
        let under_way = (batch * (self.threads.len() + 1)).min(self.options.queue);
        for some in order.chunks(batch) {
            while !waiting.is_empty() && waiting.len() + some.len() > under_way {
                receive(&mut waiting, &mut vectors).await?;
            }
            let taken = some.iter().filter_map(|&text| {
                let pieces = texts.get_mut(text)?.take()?;
                Some((text, pieces))
            });
            waiting.extend(self.submit(taken.collect())?);
        }
        while !waiting.is_empty() {
            receive(&mut waiting, &mut vectors).await?;
        }
        Ok(vectors)
    }

    /// The number of texts that wait, for metrics.
    pub fn waiting(&self) -> usize {
        self.shared.lock().jobs.len()
    }

    /// The number of workers that have a model.
    pub fn alive(&self) -> usize {
        self.shared.lock().alive
    }

    fn submit(&self, texts: Vec<(usize, Vec<u32>)>) -> Result<Vec<Waiting>, EncoderError> {
        let mut receivers = Vec::with_capacity(texts.len());
        let mut queue = self.shared.lock();
        if queue.alive == 0 {
            return Err(EncoderError::Unavailable(
                "no worker has a model".to_owned(),
            ));
        }
        // A batch that could never fit is taken by an empty queue.
        if !queue.jobs.is_empty() && queue.jobs.len() + texts.len() > self.options.queue {
            queue.jobs.retain(|job| !job.reply.is_closed());
            if queue.jobs.len() + texts.len() > self.options.queue {
                return Err(EncoderError::Overloaded);
            }
        }
        for (text, pieces) in texts {
            let (reply, receiver) = oneshot::channel();
            queue.jobs.push_back(Job { pieces, reply });
            receivers.push((text, receiver));
        }
        drop(queue);
        self.shared.changed.notify_all();
        Ok(receivers)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.is_closed = true;
        queue.jobs.clear();
        drop(queue);
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            let _panicked_or_done = thread.join();
        }
    }
}

/// Why the workers did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError<E> {
    /// A model could not be loaded.
    #[error(transparent)]
    Load(E),
    /// The model's library panicked while loading.
    #[error("the model's library panicked while loading")]
    Panicked,
    /// The system gives no thread.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
}

/// A text's place and where its vector comes from.
type Waiting = (usize, oneshot::Receiver<Answer>);

async fn receive(
    waiting: &mut VecDeque<Waiting>,
    vectors: &mut [Vec<f32>],
) -> Result<(), EncoderError> {
    if let Some((text, receiver)) = waiting.pop_front() {
        let vector = receiver
            .await
            .map_err(|_| EncoderError::Unavailable("the worker stopped".to_owned()))??;
        if let Some(place) = vectors.get_mut(text) {
            *place = vector;
        }
    }
    Ok(())
}

/// What a worker does until the pool is dropped or its model is lost.
fn work<M, E>(mut model: M, load: &dyn Fn() -> Result<M, E>, shared: &Shared, batch: usize)
where
    M: Model,
{
    while let Some((pieces, replies)) = next_batch(shared, batch) {
        match catch_unwind(AssertUnwindSafe(|| model.forward(&pieces))) {
            Ok(Ok(vectors)) if vectors.len() == replies.len() => {
                for (reply, vector) in replies.into_iter().zip(vectors) {
                    let _gone = reply.send(Ok(vector));
                }
            }
            Ok(Ok(_)) => fail(replies, "the model gave another number of vectors"),
            Ok(Err(reason)) => fail(replies, &reason),
            Err(_) => {
                fail(replies, "the model panicked");
                // What a panic left behind is not to be trusted.
                match catch_unwind(AssertUnwindSafe(load)) {
                    Ok(Ok(fresh)) => model = fresh,
                    Ok(Err(_)) | Err(_) => {
                        retire(shared);
                        return;
                    }
                }
            }
        }
    }
}

fn fail(replies: Replies, reason: &str) {
    for reply in replies {
        let _gone = reply.send(Err(EncoderError::Unavailable(reason.to_owned())));
    }
}

/// The last worker answers those that wait: nobody else will.
fn retire(shared: &Shared) {
    let mut queue = shared.lock();
    queue.alive = queue.alive.saturating_sub(1);
    if queue.alive == 0 {
        let replies = queue.jobs.drain(..).map(|job| job.reply).collect();
        drop(queue);
        fail(replies, "no worker has a model");
    }
}

/// The oldest request and those nearest to it in length; `None` when the pool
/// is dropped.
fn next_batch(shared: &Shared, batch: usize) -> Option<(Vec<Vec<u32>>, Replies)> {
    let mut queue = shared.lock();
    loop {
        if queue.is_closed {
            return None;
        }
        queue.jobs.retain(|job| !job.reply.is_closed());
        if !queue.jobs.is_empty() {
            break;
        }
        queue = shared
            .changed
            .wait(queue)
            .unwrap_or_else(PoisonError::into_inner);
    }
    let chosen = choose(&queue.jobs, batch);
    let mut taken = Vec::with_capacity(chosen.len());
    // From the back, so that the places before stay as they are.
    for place in chosen.into_iter().rev() {
        taken.extend(queue.jobs.remove(place));
    }
    drop(queue);
    taken.reverse();
    Some(taken.into_iter().map(|job| (job.pieces, job.reply)).unzip())
}

/// The places, ascending, of the first job and of those nearest to it in length.
fn choose(jobs: &VecDeque<Job>, batch: usize) -> Vec<usize> {
    let first = jobs.front().map_or(0, |job| job.pieces.len());
    let mut places: Vec<usize> = (0..jobs.len()).collect();
    let length = |place: usize| jobs.get(place).map_or(0, |job| job.pieces.len());
    if jobs.len() > batch {
        // Stable: the older of two that are equally near.
        places.sort_by_key(|&place| length(place).abs_diff(first));
        places.truncate(batch);
    }
    let mut chosen = Vec::with_capacity(places.len());
    let mut longest = 0;
    for place in places {
        let with_it = longest.max(length(place));
        if chosen.is_empty() || with_it * (chosen.len() + 1) <= MOST_PIECES {
            longest = with_it;
            chosen.push(place);
        }
    }
    chosen.sort_unstable();
    chosen
}

#[cfg(test)]
mod tests;
