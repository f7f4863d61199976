//! Tests of the queue and the workers with models that do as they are told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use super::*;

/// A piece that makes the model panic.
const PANIC: u32 = 666;
/// A piece that makes the model fail.
const FAIL: u32 = 400;

/// Says the batches it was given; waits before each for a word, if it has a gate.
struct Fake {
    gate: Option<Arc<Mutex<Receiver<()>>>>,
    batches: Sender<Vec<Vec<u32>>>,
}

impl Model for Fake {
    fn forward(&mut self, batch: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, String> {
        self.batches.send(batch.to_vec()).expect("a listener");
        if let Some(gate) = &self.gate {
            gate.lock().expect("a gate").recv().expect("a keeper");
        }
        let has = |piece| batch.iter().flatten().any(|&other| other == piece);
        assert!(!has(PANIC), "told to");
        if has(FAIL) {
            return Err("told to".to_owned());
        }
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let vectors = batch.iter().map(|pieces| vec![pieces[0] as f32]);
        Ok(vectors.collect())
    }
}

struct Setting {
    pool: Pool,
    open: Sender<()>,
    batches: Receiver<Vec<Vec<u32>>>,
    loads: Arc<AtomicUsize>,
}

fn setting(options: PoolOptions, is_gated: bool, most_loads: usize) -> Setting {
    let (open, gate) = channel();
    let (batch, batches) = channel();
    let gate = is_gated.then(|| Arc::new(Mutex::new(gate)));
    let loads = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&loads);
    let load = move || {
        if counted.fetch_add(1, Ordering::SeqCst) >= most_loads {
            return Err("no more");
        }
        Ok(Fake {
            gate: gate.clone(),
            batches: batch.clone(),
        })
    };
    let pool = Pool::start(load, options).expect("started");
    Setting {
        pool,
        open,
        batches,
        loads,
    }
}

fn options(batch: usize, queue: usize) -> PoolOptions {
    PoolOptions {
        workers: 1,
        batch,
        queue,
    }
}

fn message(error: &EncoderError) -> String {
    error.to_string()
}

#[tokio::test]
async fn vectors_come_back_in_the_order_of_the_texts() {
    let setting = setting(options(4, 8), false, 1);
    let texts: Vec<Vec<u32>> = (0..100)
        .map(|number| vec![number; 1 + (number as usize * 7) % 13])
        .collect();
    let vectors = setting.pool.run(texts).await.expect("vectors");
    let expected: Vec<Vec<f32>> = (0_u8..100).map(|number| vec![f32::from(number)]).collect();
    assert_eq!(vectors, expected);
    assert!(setting.batches.try_iter().all(|batch| batch.len() <= 4));
    assert!(setting.pool.run(Vec::new()).await.expect("none").is_empty());
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let setting = setting(options(1, 2), true, 1);
    let pool = &setting.pool;
    let mut under_way = pool.submit(vec![(0, vec![1])]).expect("taken");
    // The worker has it, so the queue is empty.
    setting.batches.recv().expect("a batch");
    under_way.extend(
        pool.submit(vec![(0, vec![2]), (0, vec![3])])
            .expect("taken"),
    );
    let refused = pool.run(vec![vec![4]]).await;
    assert!(
        matches!(refused, Err(EncoderError::Overloaded)),
        "{refused:?}"
    );
    assert_eq!(pool.waiting(), 2);
    for _ in 0..3 {
        setting.open.send(()).expect("opened");
    }
    for (_, receiver) in under_way {
        receiver.await.expect("an answer").expect("a vector");
    }
}

#[tokio::test]
async fn nobody_computes_for_a_caller_who_left() {
    let setting = setting(options(8, 8), true, 1);
    let pool = &setting.pool;
    let first = pool.submit(vec![(0, vec![1])]).expect("taken");
    setting.batches.recv().expect("a batch");
    let leaves = pool.submit(vec![(0, vec![2])]).expect("taken");
    let stays = pool.submit(vec![(0, vec![3])]).expect("taken");
    drop(leaves);
    setting.open.send(()).expect("opened");
    setting.open.send(()).expect("opened");
    for (_, receiver) in first.into_iter().chain(stays) {
        receiver.await.expect("an answer").expect("a vector");
    }
    assert_eq!(setting.batches.recv().expect("a batch"), [vec![3]]);
}

#[tokio::test]
async fn those_who_left_make_room() {
    let setting = setting(options(1, 1), true, 1);
    let pool = &setting.pool;
    let first = pool.submit(vec![(0, vec![1])]).expect("taken");
    setting.batches.recv().expect("a batch");
    drop(pool.submit(vec![(0, vec![2])]).expect("taken"));
    let stays = pool.submit(vec![(0, vec![3])]).expect("taken");
    setting.open.send(()).expect("opened");
    setting.open.send(()).expect("opened");
    for (_, receiver) in first.into_iter().chain(stays) {
        receiver.await.expect("an answer").expect("a vector");
    }
}

#[tokio::test]
async fn a_panic_costs_its_batch_and_a_fresh_model_goes_on() {
    let setting = setting(options(1, 8), false, 2);
    let panicked = setting
        .pool
        .run(vec![vec![PANIC]])
        .await
        .expect_err("told to");
    assert!(message(&panicked).contains("panicked"), "{panicked}");
    let vectors = setting.pool.run(vec![vec![5]]).await.expect("a vector");
    assert_eq!(vectors, [[5.0]]);
    assert_eq!(setting.loads.load(Ordering::SeqCst), 2);
    assert_eq!(setting.pool.alive(), 1);
}

#[tokio::test]
async fn an_error_costs_its_batch_only() {
    let setting = setting(options(1, 8), false, 1);
    let failed = setting
        .pool
        .run(vec![vec![FAIL]])
        .await
        .expect_err("told to");
    assert!(message(&failed).contains("told to"), "{failed}");
    assert!(setting.pool.run(vec![vec![5]]).await.is_ok());
    assert_eq!(setting.loads.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn without_a_model_it_is_unavailable_and_nobody_waits_for_ever() {
    let setting = setting(options(1, 8), true, 1);
    let pool = &setting.pool;
    let waiting = pool
        .submit(vec![(0, vec![PANIC]), (0, vec![7])])
        .expect("taken");
    setting.open.send(()).expect("opened");
    for (_, receiver) in waiting {
        let answer = receiver.await.expect("an answer");
        assert!(
            matches!(answer, Err(EncoderError::Unavailable(_))),
            "{answer:?}"
        );
    }
    let refused = pool.run(vec![vec![8]]).await.expect_err("down");
    assert!(
        message(&refused).contains("no worker has a model"),
        "{refused}"
    );
    assert_eq!(pool.alive(), 0);
}

#[test]
fn a_model_that_cannot_be_loaded_is_told_at_the_start() {
    let refused = Pool::start(|| Err::<Fake, _>("no such file"), options(1, 1));
    assert!(matches!(
        refused.err(),
        Some(StartError::Load("no such file"))
    ));
    let panicking = Pool::start(
        || -> Result<Fake, String> { panic!("told to") },
        options(1, 1),
    );
    assert!(matches!(panicking.err(), Some(StartError::Panicked)));
}

fn jobs_of(lengths: &[usize]) -> VecDeque<Job> {
    let job = |&length: &usize| Job {
        pieces: vec![0; length],
        reply: oneshot::channel().0,
    };
    lengths.iter().map(job).collect()
}

#[test]
fn the_oldest_goes_first_with_those_of_its_length() {
    let mut jobs = jobs_of(&[10, 50, 9, 12, 49, 10]);
    assert_eq!(choose(&jobs, 3), [0, 2, 5]);
    assert_eq!(choose(&jobs, 9), [0, 1, 2, 3, 4, 5]);
    jobs.drain(..1);
    assert_eq!(choose(&jobs, 2), [0, 3]);
}

#[test]
fn long_texts_make_small_batches() {
    let jobs = jobs_of(&[512; 20]);
    assert_eq!(choose(&jobs, 16).len(), MOST_PIECES / 512);
}
