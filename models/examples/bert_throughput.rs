//! How much of a model's bare speed its workers pass on:
//! `cargo run --release -p zhiwen-models --features bert --example bert_throughput -- FOLDER [TEXTS]`,
//! where TEXTS has a text a line; without it they are made up.
//!
//! Bare: as many threads as there are workers, each with a model of its own and
//! nothing to do but forward passes of a full batch. Served: 32 callers who each
//! ask for one text at a time. Both see the same texts; the rounds alternate, and
//! the medians are compared.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a measurement at a desk"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;

use zhiwen_models::bert::{Bert, BertEncoder, BertOptions};
use zhiwen_models::encoder::{Encoder, Side};
use zhiwen_models::manifest::ModelFolder;
use zhiwen_models::text::Normalized;
use zhiwen_models::worker::Model;

const ROUNDS: usize = 9;
const TEXTS: usize = 768;
const CALLERS: usize = 32;

/// The lines of a file, over and over.
fn lines(path: &str) -> Vec<Normalized> {
    let text = std::fs::read_to_string(path).expect("a file of texts");
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let lines = lines.into_iter().cycle();
    lines.take(TEXTS).map(Normalized::new).collect()
}

/// Texts of some 5 to 30 pieces, as buyers write them.
fn made_up() -> Vec<Normalized> {
    const PARTS: [&str; 6] = [
        "is the blue one still in stock",
        "when will my parcel be shipped",
        "I ordered it on Monday and nobody has answered me since",
        "can I return it",
        "what is the size of the box in inches, please",
        "thank you",
    ];
    let text = |number: usize| {
        let parts = [0, 7, 3].map(|step| PARTS[(number * (step + 1) + step) % PARTS.len()]);
        Normalized::new(&format!("{number} {}", parts[..1 + number % 3].join(", ")))
    };
    (0..TEXTS).map(text).collect()
}

/// A thread with a model, which says how long the batches took that it is told to do.
fn bare_thread(folder: Arc<ModelFolder>, batches: Vec<Vec<Vec<u32>>>) -> Sender<Sender<()>> {
    let (start, starts) = channel::<Sender<()>>();
    std::thread::spawn(move || {
        let mut model = Bert::load(&folder, 1).expect("a model");
        for done in starts {
            for batch in &batches {
                model.forward(batch).expect("vectors");
            }
            drop(done);
        }
    });
    start
}

/// The texts' pieces in full batches, dealt out to the threads.
fn deal(
    folder: &ModelFolder,
    texts: &[Normalized],
    options: BertOptions,
) -> Vec<Vec<Vec<Vec<u32>>>> {
    let sequences: Vec<Vec<u32>> = texts
        .iter()
        .map(|text| folder.pieces.sequence(text.as_str(), folder.max_tokens))
        .collect();
    let batches: Vec<Vec<Vec<u32>>> = sequences
        .chunks(options.batch)
        .map(<[Vec<u32>]>::to_vec)
        .collect();
    (0..options.workers)
        .map(|worker| {
            let own = batches.iter().skip(worker).step_by(options.workers);
            own.cloned().collect()
        })
        .collect()
}

async fn serve(encoder: &Arc<BertEncoder>, texts: &Arc<Vec<Normalized>>) {
    let next = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (encoder, texts, next) = (encoder.clone(), texts.clone(), next.clone());
            tokio::spawn(async move {
                while let Some(text) = texts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let text = std::slice::from_ref(text);
                    encoder
                        .encode(Side::Question, text)
                        .await
                        .expect("a vector");
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.expect("done");
    }
}

fn median(rates: &mut [f64]) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

async fn measure(folder: &Path, texts: Vec<Normalized>, options: BertOptions) {
    let read = Arc::new(ModelFolder::read(folder).expect("a model"));
    let encoder = Arc::new(BertEncoder::open(folder, options).expect("a model"));
    let texts = Arc::new(texts);
    let threads: Vec<_> = deal(&read, &texts, options)
        .into_iter()
        .map(|batches| bare_thread(read.clone(), batches))
        .collect();
    let mut bare = Vec::new();
    let mut served = Vec::new();
    for round in 0..=ROUNDS {
        let start = Instant::now();
        let (done, finished) = channel();
        for thread in &threads {
            thread.send(done.clone()).expect("a thread");
        }
        drop(done);
        // Ends when every thread has dropped its side.
        let _closed = finished.recv();
        let bare_seconds = start.elapsed().as_secs_f64();
        let start = Instant::now();
        serve(&encoder, &texts).await;
        let served_seconds = start.elapsed().as_secs_f64();
        // The first warms up.
        if round > 0 {
            bare.push(TEXTS as f64 / bare_seconds);
            served.push(TEXTS as f64 / served_seconds);
        }
    }
    let (bare, served) = (median(&mut bare), median(&mut served));
    println!(
        "{} workers, batch {}: bare {bare:.0}/s, served {served:.0}/s, ratio {:.2}",
        options.workers,
        options.batch,
        served / bare
    );
}

#[tokio::main]
async fn main() {
    let folder = std::env::args().nth(1).map(PathBuf::from);
    let folder = folder.expect("usage: bert_throughput FOLDER [TEXTS]");
    let file = std::env::args().nth(2);
    let texts = file.as_deref().map_or_else(made_up, lines);
    for (workers, batch) in [(1, 16), (2, 8), (2, 16)] {
        let options = BertOptions {
            workers,
            batch,
            ..BertOptions::default()
        };
        measure(&folder, texts.clone(), options).await;
    }
}
