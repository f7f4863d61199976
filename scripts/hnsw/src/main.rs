//! What an HNSW graph gives: build time, latency, recall, with and without a
//! filter. `cd scripts/hnsw && cargo run --release -- 50000 texts.txt`, with the
//! same texts and the same static encoder as the example `vector_scale`.

use std::time::{Duration, Instant};

use hnsw_rs::prelude::{Distance, FilterT, Hnsw};
use simsimd::SpatialSimilarity as _;
use zhiwen_models::lexical::{StaticEncoder, TrainOptions};
use zhiwen_models::text::Normalized;

const QUESTIONS: usize = 200;
const PRODUCTS: usize = 100;
const NEIGHBOURS: usize = 16;
const BUILD_WIDTH: usize = 200;

/// The crate's own distance of unit vectors panics where rounding leaves it below 0.
struct Cosine;

impl Distance<f32> for Cosine {
    fn eval(&self, left: &[f32], right: &[f32]) -> f32 {
        (1.0 - dot(left, right)).max(0.0)
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().unwrap().parse().unwrap();
    let lines = std::fs::read_to_string(arguments.next().unwrap()).unwrap();
    let mut lines: Vec<&str> = lines.lines().collect();
    let asked = lines.split_off(lines.len() - QUESTIONS);
    let texts: Vec<Normalized> = lines[..count]
        .iter()
        .map(|text| Normalized::new(text))
        .collect();
    let (encoder, _) = StaticEncoder::train(&texts, &[], &TrainOptions::default());
    let vectors = encoder.encode_all(&texts);
    let asked: Vec<Vec<f32>> = asked
        .iter()
        .map(|text| encoder.encode_one(&Normalized::new(text)))
        .collect();

    let graph = Hnsw::new(NEIGHBOURS, count, 16, BUILD_WIDTH, Cosine);
    let started = Instant::now();
    for (place, vector) in vectors.iter().enumerate() {
        graph.insert((vector, place));
    }
    let built = started.elapsed();
    println!(
        "{count} vectors: built in {built:.1?} on one thread, {:.2?} an insertion",
        built / u32::try_from(count).unwrap()
    );
    for products in [PRODUCTS, 50, 10, 1] {
        for width in [64, 128, 256] {
            measure(&graph, &vectors, &asked, (products, width));
        }
    }
}

fn measure(
    graph: &Hnsw<'_, f32, Cosine>,
    vectors: &[Vec<f32>],
    asked: &[Vec<f32>],
    (products, width): (usize, usize),
) {
    let lets_through = |place: &usize| product(*place) < products;
    let filter: Option<&dyn FilterT> = (products < PRODUCTS).then_some(&lets_through);
    let (mut times, mut shared, mut wanted) = (Vec::new(), 0, 0);
    for vector in asked {
        let started = Instant::now();
        let found = graph.search_filter(vector, 20, width, filter);
        times.push(started.elapsed());
        let mut exact: Vec<(f32, usize)> = (0..vectors.len())
            .filter(lets_through)
            .map(|place| (dot(vector, &vectors[place]), place))
            .filter(|(cosine, _)| *cosine > 0.0)
            .collect();
        exact.sort_by(|left, right| right.0.total_cmp(&left.0));
        exact.truncate(10);
        let worst = exact.last().map_or(0.0, |(cosine, _)| *cosine) - 1e-6;
        let right = found
            .iter()
            .take(10)
            .filter(|found| dot(vector, &vectors[found.d_id]) >= worst);
        shared += right.count();
        wanted += exact.len();
    }
    times.sort_unstable();
    let (median, slow): (Duration, Duration) =
        (times[times.len() / 2], times[times.len() * 95 / 100]);
    println!(
        "{products:3} % let through, width {width}: median {median:.2?}, p95 {slow:.2?}, recall@10 {:.3}",
        shared as f64 / wanted as f64
    );
}

/// One in `PRODUCTS` vectors is of each, in no order.
fn product(place: usize) -> usize {
    (place.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) % PRODUCTS
}

fn dot(left: &[f32], right: &[f32]) -> f32 {
    f32::dot(left, right).unwrap_or(0.0) as f32
}
