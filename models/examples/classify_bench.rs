//! Measures the classifier on labelled text files: full, ten-shot, and with texts out of scope.
//!
//! `classify_bench intent  FILE.csv [vectors=FILE.f32] [key=value …]`: text and label
//! columns; a fifth is held back; full and ten examples a label, five samples.
//! `classify_bench scope TRAIN.csv TEST.csv OUT_LABEL [vectors=A.f32,B.f32] [key=value …]`.
//! `hints=WEIGHT` adds each label's name as an example of that weight.
//! Vectors are rows of little-endian 32-bit floats in the order of the file.
#![expect(clippy::print_stdout, reason = "a bench prints")]

use std::time::Instant;

use zhiwen_models::classifier::{Classifier, Cue, Example, Input, Options, Trained, train};
use zhiwen_models::metrics;
use zhiwen_models::text::Normalized;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (settings, files): (Vec<_>, Vec<_>) = arguments.iter().partition(|a| a.contains('='));
    let mut options = Options::default();
    let mut vectors: Vec<String> = Vec::new();
    let mut hints = 0.0;
    for setting in settings {
        let (key, value) = setting.split_once('=').ok_or("key=value")?;
        match key {
            "vectors" => vectors = value.split(',').map(str::to_owned).collect(),
            "hints" => hints = value.parse()?,
            _ => set(&mut options, key, value.parse()?)?,
        }
    }
    let files: Vec<&str> = files.iter().map(|file| file.as_str()).collect();
    match files[..] {
        ["intent", file] => intent(&read(file, vectors.first())?, &options, hints),
        ["scope", first, second, out] => scope(
            &read(first, vectors.first())?,
            &read(second, vectors.get(1))?,
            out,
            &options,
        ),
        _ => return Err("see the head of the source for the arguments".into()),
    }
    Ok(())
}

fn set(options: &mut Options, key: &str, value: f32) -> Result<(), Failure> {
    match key {
        "regularization" => options.regularization = value,
        "epochs" => options.epochs = value as usize,
        "terms" => options.term_share = value,
        "characters" => options.character_share = value,
        "cues" => options.cue_share = value,
        "vector" => options.vector_share = value,
        "minimum" => options.minimum_texts = value as u32,
        "balance" => options.balance = value,
        "copies" => options.noisy_copies = value as usize,
        "noise" => options.noise = value,
        _ => return Err(format!("unknown setting {key}").into()),
    }
    Ok(())
}

fn read(file: &str, vectors: Option<&String>) -> Result<Vec<Example>, Failure> {
    let mut examples = Vec::new();
    for record in csv::Reader::from_path(file)?.records() {
        let record = record?;
        examples.push(Example {
            text: Normalized::new(&record[0]),
            context: Vec::new(),
            label: record[1].to_owned(),
            weight: 1.0,
            vector: None,
        });
    }
    if let Some(vectors) = vectors {
        let bytes = std::fs::read(vectors)?;
        let length = bytes.len() / examples.len();
        for (example, row) in examples.iter_mut().zip(bytes.chunks_exact(length)) {
            let row = row.chunks_exact(4);
            let row = row.filter_map(|four| Some(f32::from_le_bytes(four.try_into().ok()?)));
            example.vector = Some(row.collect());
        }
    }
    Ok(examples)
}

/// A fixed shuffle, so that every run holds back the same fifth.
fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&at| {
        let mut mixed = (at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (seed << 17);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    });
    order
}

fn intent(all: &[Example], options: &Options, hints: f32) {
    let order = shuffled(all.len(), 7);
    let (held_back, pool) = order.split_at(all.len() / 5);
    let test: Vec<&Example> = held_back.iter().map(|&at| &all[at]).collect();
    let mut sum = 0.0;
    for sample in 0..5_u64 {
        let mut chosen: Vec<Example> = Vec::new();
        for at in shuffled(pool.len(), 100 + sample) {
            let example = &all[pool[at]];
            if chosen.iter().filter(|c| c.label == example.label).count() < 10 {
                chosen.push(example.clone());
            }
        }
        if hints > 0.0 {
            add_label_names(&mut chosen, hints);
        }
        let (trained, seconds) = timed(&chosen, options);
        sum += report("ten-shot", &trained, &test, seconds);
    }
    println!("ten-shot mean of five: {:.4}", sum / 5.0);
    let chosen: Vec<Example> = pool.iter().map(|&at| all[at].clone()).collect();
    let (trained, seconds) = timed(&chosen, options);
    report("full", &trained, &test, seconds);
}

fn add_label_names(chosen: &mut Vec<Example>, weight: f32) {
    let mut labels: Vec<String> = chosen.iter().map(|c| c.label.clone()).collect();
    labels.sort();
    labels.dedup();
    for label in labels {
        chosen.push(Example {
            text: Normalized::new(&label.replace(['_', '?'], " ")),
            context: Vec::new(),
            label,
            weight,
            vector: None,
        });
    }
}

fn timed(examples: &[Example], options: &Options) -> (Trained, f64) {
    let start = Instant::now();
    let cues: Vec<Cue> = Vec::new();
    let trained = train(examples, &cues, options);
    (trained, start.elapsed().as_secs_f64())
}

fn label_of(classifier: &Classifier, example: &Example) -> (String, f32, f32) {
    let result = classifier.classify(Input {
        text: &example.text,
        context: &example.context,
        context_weight: 0.0,
        vector: example.vector.as_deref(),
    });
    let (label, probability) = result.ranked[0];
    (
        classifier.labels()[label].clone(),
        probability,
        result.scope,
    )
}

fn report(name: &str, trained: &Trained, test: &[&Example], seconds: f64) -> f64 {
    let start = Instant::now();
    let outcomes: Vec<metrics::Outcome> = test
        .iter()
        .map(|example| {
            let (label, probability, _) = label_of(&trained.classifier, example);
            metrics::Outcome {
                confidence: f64::from(probability),
                right: label == example.label,
            }
        })
        .collect();
    let each = start.elapsed().as_secs_f64() / test.len() as f64;
    let accuracy = metrics::selection_at(&outcomes, 0.0).precision;
    println!(
        "{name}: accuracy {accuracy:.4}, calibration error {:.4}, trained in {seconds:.1} s, \
         {:.0} µs a text, {} bytes; itself {:?}",
        metrics::expected_calibration_error(&outcomes, 10),
        each * 1e6,
        trained.classifier.to_bytes().len(),
        trained.report,
    );
    accuracy
}

fn scope(train_part: &[Example], test: &[Example], out: &str, options: &Options) {
    let (trained, seconds) = timed(train_part, options);
    let truth: Vec<&str> = test.iter().map(|example| example.label.as_str()).collect();
    let found: Vec<(String, f32, f32)> = test
        .iter()
        .map(|example| label_of(&trained.classifier, example))
        .collect();
    println!("trained in {seconds:.1} s; itself {:?}", trained.report);
    let chosen = trained.classifier.threshold();
    for threshold in [0.0, chosen] {
        let predicted: Vec<&str> = found
            .iter()
            .map(|(label, _, scope)| if *scope < threshold { out } else { label })
            .collect();
        let in_scope = truth.iter().zip(&predicted).filter(|(t, _)| **t != out);
        let (right, all) = in_scope.fold((0_u32, 0_u32), |(right, all), (t, p)| {
            (right + u32::from(t == p), all + 1)
        });
        println!(
            "threshold {threshold:.3}: in-scope accuracy {:.4}, out-of-scope recall {:.4}, MCC {:.4}",
            f64::from(right) / f64::from(all),
            metrics::recall(&truth, &predicted, &out),
            metrics::matthews_correlation(&truth, &predicted),
        );
    }
}
