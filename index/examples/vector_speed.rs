//! What vectors add to a search: `cargo run --release -p zhiwen-index --example vector_speed -- 10000`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "an example that prints figures"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use zhiwen_index::entry::{Entry, Filter, Question, Scope};
use zhiwen_index::schema::ShopIndex;
use zhiwen_index::search::search;
use zhiwen_index::vectors::{TableIdentity, VectorTable};
use zhiwen_index::wordings::wording_key;
use zhiwen_models::lexical::{StaticEncoder, TrainOptions};
use zhiwen_models::text::Normalized;

const SUBJECTS: [&str; 16] = [
    "炒锅",
    "保温杯",
    "台灯",
    "雨伞",
    "跑鞋",
    "手表",
    "钢笔",
    "床垫",
    "衣柜",
    "转椅",
    "毛毯",
    "枕头",
    "菜刀",
    "水壶",
    "风扇",
    "镜子",
];
const ASPECTS: [&str; 16] = [
    "什么时候发货",
    "怎么退货",
    "能开发票吗",
    "多重",
    "有几种颜色",
    "怎么清洗",
    "保修几年",
    "能放进洗碗机吗",
    "送货上门吗",
    "会不会掉色",
    "尺寸怎么选",
    "用的什么材料",
    "有没有优惠",
    "可以定做吗",
    "坏了怎么修",
    "适合送人吗",
];

fn text(item: usize, wording: usize) -> String {
    let subject = SUBJECTS[item % 16];
    let aspect = ASPECTS[(item / 16 + wording * 5) % 16];
    format!("{subject}{}号{aspect}", item / 256)
}

fn main() {
    let items: usize = std::env::args()
        .nth(1)
        .map_or(10_000, |items| items.parse().unwrap());
    let texts: Vec<Normalized> = (0..items)
        .map(|item| Normalized::new(&text(item, 0)))
        .collect();
    let (encoder, _) = StaticEncoder::train(&texts, &[], &TrainOptions::default());
    let folder = tempfile::tempdir().unwrap();
    let index = ShopIndex::create(folder.path()).unwrap();
    let mut writer = index.writer().unwrap();
    let identity = TableIdentity {
        fingerprint: 1,
        dimensions: TrainOptions::default().dimensions,
    };
    let table = Arc::new(VectorTable::new(identity));
    for item in 0..items {
        let wordings: Vec<Normalized> = (0..4)
            .map(|wording| Normalized::new(&text(item, wording)))
            .collect();
        for wording in &wordings {
            table.insert(wording_key(wording), &encoder.encode_one(wording));
        }
        writer
            .upsert(&Entry {
                id: item.to_string(),
                title: wordings[0].clone(),
                phrasings: wordings[1..].to_vec(),
                answer: Normalized::default(),
                tags: Normalized::default(),
                intent: None,
                scope: Scope::default(),
                payload: item.to_string(),
            })
            .unwrap();
    }
    writer.commit(1).unwrap();
    writer.finish().unwrap();
    index.reload().unwrap();
    let plain = median(&index, items, None);
    let attached = Instant::now();
    index.attach(table).unwrap();
    let attached = attached.elapsed();
    let hybrid = median(&index, items, Some(&encoder));
    let (with, all) = index.snapshot().vector_coverage().unwrap();
    println!("{items} items, {with} of {all} wordings with a vector, attached in {attached:?}");
    println!("median of a search: {plain:?} by words, {hybrid:?} with encoding and vectors");
}

fn median(index: &ShopIndex, items: usize, encoder: Option<&StaticEncoder>) -> Duration {
    let snapshot = index.snapshot();
    let filter = Filter {
        status: Some(0),
        at_ms: Some(1),
        ..Filter::default()
    };
    let mut times: Vec<Duration> = (0..500)
        .map(|number| {
            let words = Normalized::new(&format!("请问一下{}呢", text(number * 37 % items, 1)));
            let start = Instant::now();
            let question = Question {
                vector: encoder.map(|encoder| (1, encoder.encode_one(&words))),
                text: words,
                ..Question::default()
            };
            let hits = search(&snapshot, &question, &filter, 5).unwrap();
            assert!(!hits.is_empty());
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}
