//! Classification: shop questions without training on labelled chats, and data
//! sets of other trades with their own training parts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use zhiwen::evaluation::classify::{
    ClassifyReport, ClassifyTask, Labelled, classify, few_shot, hold_out,
};
use zhiwen::evaluation::dataset::{Header, Names, Table};
use zhiwen::language::base;
use zhiwen_models::classifier::examples::day_one;
use zhiwen_models::classifier::shop::{self, Earlier, Speaker, Turn, understand};
use zhiwen_models::encoder::Encoder;

use crate::data;

const FLOOR_DOMAIN: f64 = 0.80;
const FLOOR_INTENT: f64 = 0.71;
const FLOOR_LEXICAL_FULL: f64 = 0.895;
const FLOOR_LEXICAL_TEN_SHOT: f64 = 0.70;
#[cfg(feature = "bert")]
const FLOOR_MINILM_FULL: f64 = 0.92;
#[cfg(feature = "bert")]
const FLOOR_MINILM_TEN_SHOT: f64 = 0.82;
#[cfg(feature = "bert")]
const FLOOR_MINILM_MATTHEWS: f64 = 0.64;

#[test]
fn shop_questions_are_classified_without_labelled_chats() {
    let Some(folder) = data::folder("intent-zh") else {
        return;
    };
    let classifier = base::get_or_train();
    let (mut domains, mut intents, mut all) = (0, 0, 0);
    for line in data::lines(&folder, "jd_turns.jsonl") {
        let row: Value = serde_json::from_str(&line).expect("JSON lines");
        let meant = texts(&row["intents"]);
        if meant.iter().all(|intent| intent.starts_with("other.")) {
            continue;
        }
        let context = texts(&row["context"]);
        let before: Vec<Earlier<'_>> = context.iter().filter_map(|line| earlier(line)).collect();
        let turn = Turn {
            text: row["text"].as_str().expect("a text"),
            before: &before,
            vector: None,
        };
        let understanding = understand(&classifier, turn);
        let label = understanding.ranked.first().map_or(0, |(label, _)| *label);
        let found = &classifier.labels()[label];
        let domain = |intent: &str| intent.split('.').next().map(str::to_owned);
        all += 1;
        domains += usize::from(meant.iter().any(|intent| domain(intent) == domain(found)));
        intents += usize::from(texts(&row["acceptable"]).contains(found));
    }
    let (domain, intent) = (data::share(domains, all), data::share(intents, all));
    data::say(&format!(
        "intent-zh, {all} turns that ask: domain {domain:.3}, intent {intent:.3}"
    ));
    assert!(domain >= FLOOR_DOMAIN, "domain {domain}");
    assert!(intent >= FLOOR_INTENT, "intent {intent}");
}

/// A start does not examine the classifier that comes with the service: what
/// an examination gave is written down, and goes stale when examples change.
#[test]
fn the_day_one_calibration_is_what_an_examination_gives() {
    let set = day_one();
    let trained = shop::train(&set.examples, &set.cues);
    let found = trained.classifier.calibration();
    data::say(&format!(
        "day one, {} examples by cross-validation: accuracy {:.3}, calibration error {:.3}, {found:?}",
        trained.report.examples, trained.report.accuracy, trained.report.expected_calibration_error
    ));
    let is_near = |left: f32, right: f32| (left - right).abs() <= 0.02 * right.abs();
    assert!(
        is_near(found.temperature, shop::DAY_ONE.temperature),
        "{found:?}"
    );
    assert!(
        is_near(found.threshold, shop::DAY_ONE.threshold),
        "{found:?}"
    );
}

fn texts(value: &Value) -> Vec<String> {
    let values = value.as_array().cloned().unwrap_or_default();
    values
        .iter()
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect()
}

fn earlier(line: &str) -> Option<Earlier<'_>> {
    let (who, text) = line.split_once(": ")?;
    let speaker = match who {
        "买家" => Speaker::Buyer,
        _ => Speaker::Agent,
    };
    Some(Earlier { speaker, text })
}

#[tokio::test(flavor = "multi_thread")]
async fn bank_questions_are_classified_by_words_alone() {
    let Some(file) = file("intent-en", "bank_train.csv") else {
        return;
    };
    let (full, ten_shot) = bank(&file, None).await;
    data::say(&format!(
        "intent-en by words, held-back fifth: full {full:.3}, 10-shot {ten_shot:.3}"
    ));
    assert!(full >= FLOOR_LEXICAL_FULL, "full {full}");
    assert!(ten_shot >= FLOOR_LEXICAL_TEN_SHOT, "10-shot {ten_shot}");
}

#[cfg(feature = "bert")]
#[tokio::test(flavor = "multi_thread")]
async fn bank_questions_are_classified_with_minilm() {
    let (Some(file), Some(encoder)) = (file("intent-en", "bank_train.csv"), minilm()) else {
        return;
    };
    let (full, ten_shot) = bank(&file, Some(encoder)).await;
    data::say(&format!(
        "intent-en with MiniLM, held-back fifth: full {full:.3}, 10-shot {ten_shot:.3}"
    ));
    assert!(full >= FLOOR_MINILM_FULL, "full {full}");
    assert!(ten_shot >= FLOOR_MINILM_TEN_SHOT, "10-shot {ten_shot}");
}

#[cfg(feature = "bert")]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_out_of_scope_is_told_with_minilm() {
    let (Some(train), Some(test), Some(encoder)) = (
        file("intent-oos-en", "health_shop_train.csv"),
        file("intent-oos-en", "health_shop_test.csv"),
        minilm(),
    ) else {
        return;
    };
    let task = ClassifyTask {
        train: read(&train),
        test: read(&test),
        out_of_scope: Some("NO_NODES_DETECTED".to_owned()),
        encoder: Some(encoder),
    };
    let report = measured(&task).await;
    let scope = report.with_threshold.expect("the test part has strangers");
    data::say(&format!(
        "intent-oos-en with MiniLM: in scope {:.3}, out of scope {:.3}, Matthews {:.3}",
        scope.in_scope_accuracy, scope.out_of_scope_recall, scope.matthews_correlation
    ));
    let matthews = scope.matthews_correlation;
    assert!(matthews >= FLOOR_MINILM_MATTHEWS, "Matthews {matthews}");
}

/// Accuracy on a held-back fifth, trained on the rest and on ten texts a label.
async fn bank(file: &Path, encoder: Option<Arc<dyn Encoder>>) -> (f64, f64) {
    let (train, test) = hold_out(read(file), 5, 0);
    let task = |train| ClassifyTask {
        train,
        test: test.clone(),
        out_of_scope: None,
        encoder: encoder.clone(),
    };
    let few = few_shot(train.clone(), 10, 0).0;
    let full = measured(&task(train)).await.accuracy;
    let ten_shot = measured(&task(few)).await.accuracy;
    (full, ten_shot)
}

async fn measured(task: &ClassifyTask) -> ClassifyReport {
    classify(task).await.expect("the encoder works").report
}

fn read(file: &Path) -> Vec<Labelled> {
    let table = Table::read(file, Header::FirstRow).expect("a table");
    let column = |usual| table.column(Names { given: None, usual }).expect("there");
    let texts = column(&["text", "sentence"]);
    let labels = column(&["label", "category"]);
    let labelled = texts.into_iter().zip(labels);
    labelled
        .map(|(text, label)| Labelled {
            text: text.to_owned(),
            label: label.to_owned(),
        })
        .collect()
}

fn file(set: &str, name: &str) -> Option<PathBuf> {
    Some(data::folder(set)?.join(name))
}

/// MiniLM from the folder that `scripts/minilm` makes.
#[cfg(feature = "bert")]
fn minilm() -> Option<Arc<dyn Encoder>> {
    use zhiwen_models::bert::{BertEncoder, BertOptions};

    let folder = data::root().join("vendor/models/all-MiniLM-L6-v2");
    if !folder.is_dir() {
        data::skip("scripts/minilm has not been run");
        return None;
    }
    let options = BertOptions {
        batch: 32,
        queue: 4_096,
        ..BertOptions::default()
    };
    let encoder = BertEncoder::open(&folder, options).expect("MiniLM can be loaded");
    Some(Arc::new(encoder))
}
