//! Masking: is personal data found, and is everything else left alone?

use std::collections::BTreeMap;
use std::ops::Range;

use zhiwen_models::privacy::find;

use crate::data;
use crate::personal_data;

const MOST_FALSE_MASKS: f64 = 0.01;
const FLOOR_RECALL_OF_NUMBERS_AND_EMAIL: f64 = 0.99;
const FLOOR_RECALL_OF_ADDRESSES: f64 = 0.93;

/// The platform has masked these chats already: what is found in them is not there.
#[test]
fn chats_without_personal_data_stay_as_they_are() {
    let Some(turns) = turns() else {
        return;
    };
    let masked: Vec<&String> = turns.iter().filter(|turn| !find(turn).is_empty()).collect();
    let share = data::share(masked.len(), turns.len());
    data::say(&format!(
        "chats-zh, {} turns: {:.3} % have a mask that should not be",
        turns.len(),
        share * 100.0
    ));
    assert!(share <= MOST_FALSE_MASKS, "{share}: {masked:?}");
}

#[test]
fn personal_data_is_found_wherever_it_stands_in_a_chat() {
    let Some(turns) = turns() else {
        return;
    };
    let Some(made) = personal_data::make() else {
        return;
    };
    let mut found: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut missed: Vec<String> = Vec::new();
    for (at, made) in made.iter().enumerate() {
        // Far apart, so that neighbours do not come from one chat.
        let before = &turns[at * 7_919 % turns.len()];
        let after = &turns[at * 104_729 % turns.len()];
        let joiner = ["，", " ", "\n", "：", "。"][at % 5];
        let text = format!("{before}{joiner}{}{joiner}{after}", made.value);
        let start = before.len() + joiner.len();
        let is_found = is_covered(&text, start..start + made.value.len());
        let (hits, all) = found.entry(&made.kind).or_default();
        *hits += usize::from(is_found);
        *all += 1;
        if !is_found {
            missed.push(text);
        }
    }
    for (kind, (hits, all)) in found {
        let recall = data::share(hits, all);
        data::say(&format!(
            "masking, {all} values of {kind} in chats: recall {recall:.3}"
        ));
        let floor = match kind {
            "address" => FLOOR_RECALL_OF_ADDRESSES,
            _ => FLOOR_RECALL_OF_NUMBERS_AND_EMAIL,
        };
        assert!(recall >= floor, "{kind} {recall}: {missed:#?}");
    }
}

/// Whether nothing of `range` is left readable.
fn is_covered(text: &str, range: Range<usize>) -> bool {
    let mut readable_from = range.start;
    for finding in find(text) {
        if finding.range.start <= readable_from && finding.range.end > readable_from {
            readable_from = finding.range.end;
        }
    }
    readable_from >= range.end
}

/// Turns of real chats, buyers' and agents'.
fn turns() -> Option<Vec<String>> {
    let folder = data::folder("chats-zh")?;
    let mut turns = Vec::new();
    for file in [
        "trainQuestions.txt",
        "trainAnswers.txt",
        "devQuestions.txt",
        "devAnswers.txt",
    ] {
        for line in data::lines(&folder, file) {
            let parts = line.split(',').map(str::trim);
            turns.extend(parts.filter(|turn| !turn.is_empty()).map(str::to_owned));
        }
    }
    Some(turns)
}
