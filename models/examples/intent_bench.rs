//! Measures the day-one classifier of the shop taxonomy on labelled buyer's turns.
//!
//! `intent_bench FILE.jsonl [errors] [key=value …]`: one object a line with `id`, `text`,
//! `context` ("买家: …", "客服: …"), `intents`, `acceptable` and `urgent`. Rows with an
//! even and an odd number are reported apart, so that rules made for the even
//! ones show; `errors` lists even rows only.
#![expect(clippy::print_stdout, reason = "a bench prints")]

use std::time::Instant;

use serde_json::Value;
use zhiwen_models::classifier::shop::{self, Earlier, Speaker, Turn, Understanding, understand};
use zhiwen_models::classifier::situation::Urgency;
use zhiwen_models::classifier::{Classifier, Options, examples, train};
use zhiwen_models::metrics;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (settings, words): (Vec<_>, Vec<_>) = arguments.iter().partition(|a| a.contains('='));
    let mut options = shop::options();
    for setting in settings {
        let (key, value) = setting.split_once('=').ok_or("key=value")?;
        set(&mut options, key, value.parse()?)?;
    }
    let file = words.first().ok_or("a file is wanted")?;
    let set = examples::day_one();
    let start = Instant::now();
    let trained = train(&set.examples, &set.cues, &options);
    let seconds = start.elapsed().as_secs_f64();
    println!("{} examples in {seconds:.1} s", set.examples.len());
    println!("itself: {:?}", trained.report);
    println!("{} bytes", trained.classifier.to_bytes().len());
    let mut rows = Vec::new();
    for line in std::fs::read_to_string(file)?.lines() {
        rows.push(serde_json::from_str(line)?);
    }
    measure(&trained.classifier, &rows, words.len() > 1);
    Ok(())
}

fn set(options: &mut Options, key: &str, value: f32) -> Result<(), Failure> {
    match key {
        "regularization" => options.regularization = value,
        "terms" => options.term_share = value,
        "characters" => options.character_share = value,
        "cues" => options.cue_share = value,
        "minimum" => options.minimum_texts = value as u32,
        "balance" => options.balance = value,
        "copies" => options.noisy_copies = value as usize,
        "noise" => options.noise = value,
        _ => return Err(format!("unknown setting {key}").into()),
    }
    Ok(())
}

/// Counts over a part of the rows.
#[derive(Default)]
struct Tally {
    asking: u32,
    domain: u32,
    intent: u32,
    asked_domain: u32,
    out_of_scope: u32,
    small_talk: u32,
    found: u32,
    both: u32,
    urgent: u32,
    found_urgent: u32,
    both_urgent: u32,
}

fn measure(classifier: &Classifier, rows: &[Value], show: bool) {
    let mut tallies: [Tally; 3] = Default::default();
    let start = Instant::now();
    let mut outcomes = Vec::new();
    for row in rows {
        let found = read(classifier, row);
        outcomes.extend(outcome(classifier, row, &found));
        let number = row["id"].as_str().unwrap_or("").trim_start_matches('j');
        let even = number.parse::<u32>().is_ok_and(|number| number % 2 == 0);
        for at in [0, if even { 1 } else { 2 }] {
            add(&mut tallies[at], classifier, row, &found);
        }
        if show && even {
            show_error(classifier, row, &found);
        }
    }
    let each = start.elapsed().as_secs_f64() / rows.len() as f64;
    println!("{:.0} µs a turn", each * 1e6);
    println!(
        "calibration error {:.3}; for a precision of .8: {:?}; out of scope {:.3} of those asking",
        metrics::expected_calibration_error(&outcomes, 10),
        metrics::threshold_for_precision(&outcomes, 0.8),
        f64::from(tallies[0].out_of_scope) / f64::from(tallies[0].asking.max(1)),
    );
    for (name, tally) in ["all", "even", "odd"].iter().zip(&tallies) {
        let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
        println!(
            "{name}: {} asking: domain {:.3} (without small talk {:.3}), intent {:.3}; small talk recall {:.3}, precision {:.3}; urgent recall {:.3}, precision {:.3}",
            tally.asking,
            share(tally.domain, tally.asking),
            share(tally.asked_domain, tally.asking),
            share(tally.intent, tally.asking),
            share(tally.both, tally.small_talk),
            share(tally.both, tally.found),
            share(tally.both_urgent, tally.urgent),
            share(tally.both_urgent, tally.found_urgent),
        );
    }
}

fn read(classifier: &Classifier, row: &Value) -> Understanding {
    let context = strings(row, "context");
    let before: Vec<Earlier<'_>> = context
        .iter()
        .filter_map(|turn| {
            let (speaker, text) = turn.split_once(": ")?;
            let speaker = if speaker == "买家" {
                Speaker::Buyer
            } else {
                Speaker::Agent
            };
            Some(Earlier { speaker, text })
        })
        .collect();
    let turn = Turn {
        text: row["text"].as_str().unwrap_or(""),
        before: &before,
        vector: None,
    };
    understand(classifier, turn)
}

fn add(tally: &mut Tally, classifier: &Classifier, row: &Value, found: &Understanding) {
    let intents = strings(row, "intents");
    let is_small_talk = intents.iter().all(|intent| intent.starts_with("other."));
    tally.small_talk += u32::from(is_small_talk);
    tally.found += u32::from(found.is_small_talk);
    tally.both += u32::from(is_small_talk && found.is_small_talk);
    let urgent = row["urgent"].as_u64() > Some(0);
    let found_urgent = found.urgency == Urgency::High;
    tally.urgent += u32::from(urgent);
    tally.found_urgent += u32::from(found_urgent);
    tally.both_urgent += u32::from(urgent && found_urgent);
    if intents.iter().any(|intent| intent.starts_with("other.")) {
        return;
    }
    let of = |domain: &str| intents.iter().any(|i| i.split('.').next() == Some(domain));
    tally.asking += 1;
    tally.out_of_scope += u32::from(found.out_of_scope);
    tally.domain += u32::from(of(&found.domain));
    let mut asked = found
        .ranked
        .iter()
        .map(|&(label, _)| &classifier.labels()[label]);
    let asked = asked.find(|label| !label.starts_with("other."));
    tally.asked_domain += u32::from(asked.is_some_and(|l| of(l.split('.').next().unwrap_or(""))));
    let best = &classifier.labels()[found.ranked[0].0];
    tally.intent += u32::from(strings(row, "acceptable").contains(&best.as_str()));
}

/// The confidence in the first intent of a row that asks.
fn outcome(
    classifier: &Classifier,
    row: &Value,
    found: &Understanding,
) -> Option<metrics::Outcome> {
    let (best, confidence) = *found.ranked.first()?;
    let small_talk = |intent: &str| intent.starts_with("other.");
    if found.is_small_talk || strings(row, "intents").into_iter().any(small_talk) {
        return None;
    }
    let best = classifier.labels()[best].as_str();
    Some(metrics::Outcome {
        confidence: f64::from(confidence),
        right: strings(row, "acceptable").contains(&best),
    })
}

fn show_error(classifier: &Classifier, row: &Value, found: &Understanding) {
    let best = &classifier.labels()[found.ranked[0].0];
    let small_talk = strings(row, "intents")
        .iter()
        .all(|intent| intent.starts_with("other."));
    let right = strings(row, "acceptable").contains(&best.as_str());
    if (small_talk && found.is_small_talk) || (!small_talk && right) {
        return;
    }
    println!(
        "{} {} -> {best} {:.2} leans {}\n    {}\n    {}",
        row["id"],
        row["intents"],
        found.ranked[0].1,
        found.leans_on_context,
        row["text"],
        row["context"]
    );
}

fn strings<'a>(row: &'a Value, key: &str) -> Vec<&'a str> {
    let list = row[key].as_array().into_iter().flatten();
    list.filter_map(Value::as_str).collect()
}
