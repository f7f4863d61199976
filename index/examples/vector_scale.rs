//! Vectors at scale, by the index's own search: latency, recall, and how soon a
//! change is found. `cargo run --release -p zhiwen-index --example vector_scale -- 200000 texts.txt`
//!
//! `texts.txt` has a text a line, repeated with numbers where there are too
//! few. Every item has one wording; the questions are texts that were left out.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "an example that prints figures"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use zhiwen_index::entry::{Entry, Filter, Question, Scope};
use zhiwen_index::schema::{ShopIndex, Snapshot};
use zhiwen_index::search::{nearest_only, payload};
use zhiwen_index::vectors::{TableIdentity, VectorTable};
use zhiwen_index::wordings::wording_key;
use zhiwen_models::lexical::{StaticEncoder, TrainOptions};
use zhiwen_models::text::Normalized;

const QUESTIONS: usize = 200;
const PRODUCTS: usize = 100;

struct Asked {
    question: Question,
    /// Cosines with every item, by the encoder's own floating-point vectors.
    exact: Vec<f32>,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let items: usize = arguments.next().unwrap().parse().unwrap();
    let lines = std::fs::read_to_string(arguments.next().unwrap()).unwrap();
    let mut lines: Vec<&str> = lines.lines().collect();
    let asked = lines.split_off(lines.len() - QUESTIONS);
    let texts: Vec<Normalized> = (0..items)
        .map(|item| match item / lines.len() {
            0 => Normalized::new(lines[item]),
            round => Normalized::new(&format!("{} {round}号", lines[item % lines.len()])),
        })
        .collect();
    let (encoder, _) = StaticEncoder::train(&texts, &[], &TrainOptions::default());
    let vectors = encoder.encode_all(&texts);
    let folder = tempfile::tempdir().unwrap();
    let index = ShopIndex::create(folder.path()).unwrap();
    let started = Instant::now();
    let table = fill(&index, &texts, &vectors);
    let built = started.elapsed();
    let started = Instant::now();
    index.attach(Arc::clone(&table)).unwrap();
    let attached = started.elapsed();
    println!("{items} vectors: indexed in {built:.1?}, attached in {attached:.1?}");
    let asked: Vec<Asked> = asked
        .iter()
        .map(|text| {
            let text = Normalized::new(text);
            let vector = encoder.encode_one(&text);
            let exact = vectors.iter().map(|other| dot(&vector, other)).collect();
            let vector = Some((1, vector));
            let question = Question {
                text,
                vector,
                ..Question::default()
            };
            Asked { question, exact }
        })
        .collect();
    let snapshot = index.snapshot();
    for products in [PRODUCTS, 50, 10, 1] {
        measure(&snapshot, &asked, products);
    }
    beside_another(&snapshot, &asked);
    println!("a change is found after {:.1?}", change(&index, &table));
}

fn fill(index: &ShopIndex, texts: &[Normalized], vectors: &[Vec<f32>]) -> Arc<VectorTable> {
    let table = VectorTable::new(TableIdentity {
        fingerprint: 1,
        dimensions: TrainOptions::default().dimensions,
    });
    let mut writer = index.writer().unwrap();
    for (item, (text, vector)) in texts.iter().zip(vectors).enumerate() {
        table.insert(wording_key(text), vector);
        writer.upsert(&entry(item, text.clone())).unwrap();
    }
    writer.commit(1).unwrap();
    writer.finish().unwrap();
    index.reload().unwrap();
    Arc::new(table)
}

fn entry(item: usize, title: Normalized) -> Entry {
    Entry {
        id: item.to_string(),
        title,
        phrasings: Vec::new(),
        answer: Normalized::default(),
        tags: Normalized::default(),
        intent: None,
        scope: Scope {
            products: vec![product(item)],
            ..Scope::default()
        },
        payload: item.to_string(),
    }
}

/// One in `PRODUCTS` items is of each, in no order.
fn product(item: usize) -> String {
    (item.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40)
        .rem_euclid(PRODUCTS)
        .to_string()
}

fn filter(products: usize) -> Filter {
    let named = (0..products).map(|product| product.to_string()).collect();
    Filter {
        status: Some(0),
        at_ms: Some(1),
        products: (products < PRODUCTS).then_some(named),
        ..Filter::default()
    }
}

fn measure(snapshot: &Snapshot, asked: &[Asked], products: usize) {
    let filter = filter(products);
    let (mut times, mut shared, mut wanted) = (Vec::new(), 0, 0);
    for asked in asked {
        let started = Instant::now();
        let found = nearest_only(snapshot, &asked.question, &filter).unwrap();
        times.push(started.elapsed());
        let found: Vec<usize> = found[..found.len().min(10)]
            .iter()
            .map(|address| payload(snapshot, *address).unwrap().parse().unwrap())
            .collect();
        let mut best: Vec<usize> = (0..asked.exact.len())
            .filter(|item| asked.exact[*item] > 0.0)
            .filter(|item| product(*item).parse::<usize>().unwrap() < products)
            .collect();
        best.sort_by(|left, right| asked.exact[*right].total_cmp(&asked.exact[*left]));
        best.truncate(10);
        // Of items with the same text either will do.
        let worst = best.last().map_or(0.0, |item| asked.exact[*item]);
        let right = found
            .iter()
            .filter(|item| asked.exact[**item] >= worst - 1e-6);
        shared += right.count();
        wanted += best.len();
    }
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    let recall = shared as f64 / wanted as f64;
    let (median, slow) = quantiles(times);
    println!(
        "{products:3} % let through: median {median:.2?}, p95 {slow:.2?}, recall@10 {recall:.3}"
    );
}

/// The same while another thread searches without a pause.
fn beside_another(snapshot: &Snapshot, asked: &[Asked]) {
    let is_over = AtomicBool::new(false);
    let filter = filter(PRODUCTS);
    let search = |asked: &Asked| {
        let started = Instant::now();
        nearest_only(snapshot, &asked.question, &filter).unwrap();
        started.elapsed()
    };
    let times = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                for asked in asked {
                    search(asked);
                }
            }
        });
        let times = asked.iter().map(search).collect();
        is_over.store(true, Ordering::Relaxed);
        times
    });
    let (median, slow) = quantiles(times);
    println!("beside another search: median {median:.2?}, p95 {slow:.2?}");
}

/// From the first byte written to the item's being found by its vector.
fn change(index: &ShopIndex, table: &VectorTable) -> Duration {
    let started = Instant::now();
    let mut vector = vec![0.0; table.identity().dimensions];
    vector[3] = 1.0;
    let text = Normalized::new("此前没有的一句话");
    let mut writer = index.writer().unwrap();
    table.insert(wording_key(&text), &vector);
    writer.upsert(&entry(7, text)).unwrap();
    writer.commit(2).unwrap();
    index.reload().unwrap();
    let snapshot = index.snapshot();
    let question = Question {
        vector: Some((1, vector)),
        ..Question::default()
    };
    let found = nearest_only(&snapshot, &question, &filter(PRODUCTS)).unwrap();
    assert_eq!(payload(&snapshot, found[0]).unwrap(), "7");
    started.elapsed()
}

fn quantiles(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 95 / 100])
}

fn dot(left: &[f32], right: &[f32]) -> f32 {
    left.iter()
        .zip(right)
        .map(|(left, right)| left * right)
        .sum()
}
