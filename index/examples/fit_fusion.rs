//! Fits the fusion to question pairs of trades that the encoder has not seen,
//! then measures the shipped weights on standard questions:
//! `cargo run --release -p zhiwen-index --example fit_fusion -- ../shared/data`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "an example that prints figures"
)]

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use zhiwen_index::entry::{Entry, Filter, Question, Scope};
use zhiwen_index::fusion::{Example, Found, Fusion, compare, fit};
use zhiwen_index::schema::ShopIndex;
use zhiwen_index::search::search;
use zhiwen_index::vectors::{TableIdentity, VectorTable};
use zhiwen_index::wordings::wording_key;
use zhiwen_models::lexical::{Pair, StaticEncoder, TrainOptions};
use zhiwen_models::text::Normalized;

/// Standard questions, and other wordings with the number of theirs.
struct Task {
    items: Vec<Normalized>,
    questions: Vec<(usize, Normalized)>,
}

fn main() {
    let data = std::env::args().nth(1).unwrap();
    let data = Path::new(&data);
    let trades: [(Vec<Pair>, usize, usize); 3] = [
        (pairs(data, &["bank_train.csv", "bank_dev.csv"]), 150, 12),
        (
            pairs(data, &["finance_train.txt", "finance_dev.txt"]),
            150,
            12,
        ),
        (pairs(data, &["general_dev.txt"]), 1_400, 2),
    ];
    let mut examples = Vec::new();
    for (number, (own, size, count)) in trades.iter().enumerate() {
        let others = trades
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != number);
        let others: Vec<Pair> = others
            .flat_map(|(_, (pairs, _, _))| pairs.clone())
            .collect();
        let tasks = tasks(own, *size, *count);
        let found = examples_of(&tasks, &others, true);
        println!("trade {number}: {:?}", compare(&Fusion::default(), &found));
        examples.push(found);
    }
    let fitted = fit(&Fusion::default(), &examples.concat());
    println!("{}", fitted.to_toml().unwrap());
    let all: Vec<Pair> = trades.into_iter().flat_map(|(pairs, _, _)| pairs).collect();
    let found = examples_of(&[standard_questions(data)], &all, false);
    println!("faq-zh, shipped: {:?}", compare(&Fusion::default(), &found));
}

fn pairs(data: &Path, files: &[&str]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(data.join("pairs-zh").join(file)).unwrap();
        for line in text.trim_start_matches('\u{feff}').lines() {
            let separator = if line.contains('\t') { '\t' } else { ',' };
            let Some((texts, label)) = line.trim_end().rsplit_once(separator) else {
                continue;
            };
            let Some((left, right)) = texts.split_once(separator) else {
                continue;
            };
            if matches!(label, "0" | "1") {
                pairs.push(Pair {
                    left: Normalized::new(left),
                    right: Normalized::new(right),
                    same: label == "1",
                });
            }
        }
    }
    pairs
}

fn standard_questions(data: &Path) -> Task {
    let rows = |file: &str| -> Vec<(String, Normalized)> {
        let text = std::fs::read_to_string(data.join("faq-zh").join(file)).unwrap();
        let rows = text.lines().skip(1).filter_map(|row| row.split_once('\t'));
        rows.map(|(id, text)| (id.to_owned(), Normalized::new(text)))
            .collect()
    };
    let items = rows("faq.tsv");
    let numbers: HashMap<&String, usize> = items.iter().map(|(id, _)| id).zip(0..).collect();
    let questions = rows("queries.tsv").into_iter();
    Task {
        questions: questions.map(|(id, text)| (numbers[&id], text)).collect(),
        items: items.into_iter().map(|(_, text)| text).collect(),
    }
}

/// Texts joined by pairs of one meaning make an item: the one with the most
/// pairs is its standard question, up to ten others ask for it.
fn tasks(pairs: &[Pair], size: usize, count: usize) -> Vec<Task> {
    let mut numbers: HashMap<&Normalized, usize> = HashMap::new();
    let mut texts: Vec<&Normalized> = Vec::new();
    let mut parents: Vec<usize> = Vec::new();
    let mut degrees: Vec<usize> = Vec::new();
    for pair in pairs {
        let [left, right] = [&pair.left, &pair.right].map(|text| {
            *numbers.entry(text).or_insert_with(|| {
                texts.push(text);
                degrees.push(0);
                parents.push(parents.len());
                parents.len() - 1
            })
        });
        if pair.same {
            degrees[left] += 1;
            degrees[right] += 1;
            let (left, right) = (root(&parents, left), root(&parents, right));
            parents[right] = left;
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for text in 0..texts.len() {
        groups.entry(root(&parents, text)).or_default().push(text);
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    groups.retain(|group| (2..=60).contains(&group.len()));
    groups.sort_by_key(|group| wording_key(texts[group[0]]));
    let task = |groups: &[Vec<usize>]| {
        let hubs = groups
            .iter()
            .map(|group| *group.iter().max_by_key(|text| degrees[**text]).unwrap());
        let hubs: Vec<usize> = hubs.collect();
        let questions = groups
            .iter()
            .zip(&hubs)
            .enumerate()
            .flat_map(|(item, (group, hub))| {
                let others = group.iter().filter(move |text| *text != hub).take(10);
                others.map(move |text| (item, *text))
            });
        Task {
            questions: questions
                .map(|(item, text)| (item, texts[text].clone()))
                .collect(),
            items: hubs.iter().map(|hub| texts[*hub].clone()).collect(),
        }
    };
    groups.chunks_exact(size).take(count).map(task).collect()
}

fn root(parents: &[usize], mut text: usize) -> usize {
    while parents[text] != text {
        text = parents[text];
    }
    text
}

/// Every question's candidates by an encoder trained on `pairs`; if `unanswered`, also
/// those of questions whose item was taken out with every second one.
fn examples_of(tasks: &[Task], pairs: &[Pair], unanswered: bool) -> Vec<Example> {
    let titles: Vec<Normalized> = tasks.iter().flat_map(|task| task.items.clone()).collect();
    let (encoder, report) = StaticEncoder::train(&titles, pairs, &TrainOptions::default());
    println!("{report:?}");
    let mut examples = Vec::new();
    for task in tasks {
        examples.extend(asked(task, &encoder, |_| true, |_| true));
        if unanswered {
            examples.extend(asked(
                task,
                &encoder,
                |item| item % 2 == 0,
                |item| item % 2 == 1,
            ));
        }
    }
    examples
}

fn asked(
    task: &Task,
    encoder: &StaticEncoder,
    is_there: impl Fn(usize) -> bool,
    is_asked: impl Fn(usize) -> bool,
) -> Vec<Example> {
    let folder = tempfile::tempdir().unwrap();
    let index = ShopIndex::create(folder.path()).unwrap();
    let table = Arc::new(VectorTable::new(TableIdentity {
        fingerprint: 1,
        dimensions: TrainOptions::default().dimensions,
    }));
    let mut writer = index.writer().unwrap();
    for (item, title) in task
        .items
        .iter()
        .enumerate()
        .filter(|(item, _)| is_there(*item))
    {
        table.insert(wording_key(title), &encoder.encode_one(title));
        let entry = Entry {
            id: item.to_string(),
            title: title.clone(),
            phrasings: Vec::new(),
            answer: Normalized::default(),
            tags: Normalized::default(),
            intent: None,
            scope: Scope::default(),
            payload: item.to_string(),
        };
        writer.upsert(&entry).unwrap();
    }
    writer.commit(1).unwrap();
    writer.finish().unwrap();
    index.reload().unwrap();
    index.attach(table).unwrap();
    let snapshot = index.snapshot();
    let questions = task.questions.iter().filter(|(item, _)| is_asked(*item));
    let example = |(item, text): &(usize, Normalized)| {
        let question = Question {
            text: text.clone(),
            vector: Some((1, encoder.encode_one(text))),
            ..Question::default()
        };
        let hits = search(&snapshot, &question, &Filter::default(), 40).unwrap();
        let found = hits.into_iter().map(|hit| Found {
            is_right: hit.payload == item.to_string(),
            parts: hit.parts,
        });
        Example {
            candidates: found.collect(),
            has_answer: is_there(*item),
        }
    };
    questions.map(example).collect()
}
