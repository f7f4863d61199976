//! Tests of the search by signs against the exact one.

use super::*;
use crate::entry::{Entry, Scope};
use crate::schema::ShopIndex;
use crate::vectors::TableIdentity;
use crate::wordings::wording_key;
use zhiwen_models::text::Normalized;

const DIMENSIONS: usize = 256;
const ITEMS: usize = 3_000;
const WORDINGS: usize = 3;

/// Values between −1 and 1, the same for the same seed.
fn noise(seed: usize) -> Vec<f32> {
    let mut state = u64::try_from(seed).expect("64 bits") * 0x9e37_79b9 + 1;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        f32::from(u16::try_from(state >> 48).expect("16 bits")) / 32_768.0 - 1.0
    };
    (0..DIMENSIONS).map(|_| next()).collect()
}

/// Wordings lie around 60 subjects, and closer around their items.
fn vector(item: usize, wording: usize) -> Vec<f32> {
    let parts = [
        noise(item % 60),
        noise(1_000 + item),
        noise(10_000 + item * WORDINGS + wording),
    ];
    (0..DIMENSIONS)
        .map(|at| parts[0][at] + 0.8 * parts[1][at] + 0.5 * parts[2][at])
        .collect()
}

fn filled() -> (tempfile::TempDir, ShopIndex) {
    let folder = tempfile::tempdir().expect("temporary folder");
    let index = ShopIndex::create(folder.path()).expect("created");
    let mut writer = index.writer().expect("first writer");
    let table = Arc::new(VectorTable::new(TableIdentity {
        fingerprint: 1,
        dimensions: DIMENSIONS,
    }));
    for item in 0..ITEMS {
        let mut wordings = Vec::new();
        for wording in 0..WORDINGS {
            let text = Normalized::new(&format!("wording {item} {wording}"));
            assert!(table.insert(wording_key(&text), &vector(item, wording)));
            wordings.push(text);
        }
        let entry = Entry {
            id: item.to_string(),
            title: wordings.remove(0),
            phrasings: wordings,
            answer: Normalized::default(),
            tags: Normalized::default(),
            intent: None,
            scope: Scope {
                status: u64::from(item % 10 == 0),
                ..Scope::default()
            },
            payload: item.to_string(),
        };
        writer.upsert(&entry).expect("added");
    }
    writer.commit(1).expect("committed");
    writer.finish().expect("closed");
    index.reload().expect("reloaded");
    index.attach(table).expect("attached");
    (folder, index)
}

#[test]
fn signs_leave_the_closest_in() {
    let (_folder, index) = filled();
    let snapshot = index.snapshot();
    let vectors = snapshot.vectors.as_ref().expect("attached");
    assert_eq!(vectors.coverage(), (ITEMS * WORDINGS, ITEMS * WORDINGS));
    let rows = vectors.table.read();
    for filter in [
        Filter::default(),
        Filter {
            status: Some(1),
            ..Filter::default()
        },
    ] {
        let mut shared = 0;
        for number in 0..50 {
            let asked: Vec<f32> = vector(number * 59, 1)
                .iter()
                .zip(noise(50_000 + number))
                .map(|(value, noise)| value + noise)
                .collect();
            let probe = vectors.probe(1, &asked).expect("of this length");
            let searcher = &snapshot.searcher;
            let mut exact = Exact::new(&rows, &probe, 20);
            let exact = vectors.scan(searcher, &filter, &mut exact).expect("read");
            let sifted = vectors
                .nearest(searcher, &probe, &filter, 20)
                .expect("read");
            assert_eq!(sifted.len(), 20);
            assert_eq!(sifted[0], exact[0]);
            shared += exact
                .iter()
                .filter(|address| sifted.contains(address))
                .count();
        }
        assert!(shared >= 960, "{shared} of the 1,000 closest");
    }
}
