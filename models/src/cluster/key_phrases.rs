//! The words that set a cluster apart: class-based TF-IDF over readable phrases.

use std::collections::HashMap;

use crate::text::{Normalized, is_han, is_stop_word};

/// The longest run of Han characters that is a phrase.
const MOST_CHARACTERS: usize = 4;

/// A run seen less often than this is chance.
const LEAST_COUNT: f32 = 3.0;

/// Where one longer run has more than this share of a run's occurrences, the
/// run is a piece of that.
const MOST_IN_ONE_LONGER: f32 = 0.75;

/// How much more often than by chance the halves of a run stand together:
/// normalised pointwise mutual information, −1 to 1 (Bouma, 2009).
const LEAST_COHESION: f32 = 0.35;

/// A phrase of a smaller share of a cluster's wordings is a chance companion:
/// a courtesy, or what else a buyer asked in the same breath.
const LEAST_SHARE: f32 = 0.15;

/// Characters that no phrase begins or ends with: they tie phrases together.
const TIES: &str = "的了吗呢吧啊呀哦么嘛哈个我你您他她它们这那是在有和与或就都也还又把被给跟对从到会要能可想请问下没不很太再才着过得地为以之一啥几两";

/// Up to `most` phrases of each cluster, the most telling first. A cluster is
/// its wordings with how often each was asked.
///
/// The weight of a phrase is its share of the cluster's wordings times
/// ln(1 + A / f), where f is its count in all clusters and A the mean of all
/// counts a cluster (Grootendorst, "BERTopic", 2022).
pub fn key_phrases(clusters: &[Vec<(&Normalized, f32)>], most: usize) -> Vec<Vec<String>> {
    let known = Phrases::of(clusters);
    let counted: Vec<HashMap<&str, f32>> = clusters
        .iter()
        .map(|cluster| {
            let mut counts = HashMap::new();
            for (text, weight) in cluster {
                for run in distinct_runs(text.as_str()) {
                    if known.readable.contains_key(run) {
                        // Of a wording asked often its words are not all the cluster's.
                        *counts.entry(run).or_insert(0.0) += weight.max(0.0).ln_1p();
                    }
                }
            }
            counts
        })
        .collect();
    let mut whole: HashMap<&str, f32> = HashMap::new();
    for (phrase, count) in counted.iter().flatten() {
        *whole.entry(phrase).or_default() += count;
    }
    #[expect(clippy::cast_precision_loss, reason = "a mean needs no exact count")]
    let mean = counted.iter().flat_map(HashMap::values).sum::<f32>() / clusters.len().max(1) as f32;
    counted
        .into_iter()
        .zip(clusters)
        .map(|(counts, cluster)| {
            let all: f32 = cluster
                .iter()
                .map(|(_, weight)| weight.max(0.0).ln_1p())
                .sum();
            let mut weighed: Vec<(f32, &str)> = counts
                .into_iter()
                .filter(|(_, count)| *count >= LEAST_SHARE * all)
                .map(|(phrase, count)| {
                    let rarity = (1.0 + mean / whole[phrase].max(f32::MIN_POSITIVE)).ln();
                    (count * rarity * known.readable[phrase], phrase)
                })
                .collect();
            weighed.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(right.1)));
            pick(&weighed, most)
        })
        .collect()
}

/// The first `most`, none of which is a part of another.
fn pick(weighed: &[(f32, &str)], most: usize) -> Vec<String> {
    let mut picked: Vec<&str> = Vec::new();
    for (_, phrase) in weighed {
        if picked.len() == most {
            break;
        }
        let repeats = |held: &&str| shares_a_word(held, phrase);
        if !picked.iter().any(repeats) {
            picked.push(phrase);
        }
    }
    picked.into_iter().map(str::to_owned).collect()
}

/// Whether one says what the other says already.
fn shares_a_word(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left
            .split(' ')
            .any(|word| right.split(' ').any(|other| other == word));
    }
    let pairs = |text: &str| {
        let characters: Vec<char> = text.chars().collect();
        characters
            .windows(2)
            .map(<[char]>::to_vec)
            .collect::<Vec<_>>()
    };
    let held = pairs(left);
    pairs(right).iter().any(|pair| held.contains(pair))
}

/// Runs that read as a unit, each with how much longer ones are worth.
struct Phrases<'a> {
    readable: HashMap<&'a str, f32>,
}

impl<'a> Phrases<'a> {
    fn of(clusters: &[Vec<(&'a Normalized, f32)>]) -> Self {
        let mut counts: HashMap<&str, f32> = HashMap::new();
        let mut texts = 0.0;
        for (text, _) in clusters.iter().flatten() {
            texts += 1.0;
            for run in distinct_runs(text.as_str()) {
                *counts.entry(run).or_default() += 1.0;
            }
        }
        let mut longer: HashMap<&str, f32> = HashMap::new();
        for (run, count) in &counts {
            for part in inner(run) {
                let most = longer.entry(part).or_default();
                *most = most.max(*count);
            }
        }
        let readable = counts
            .iter()
            .filter(|(run, count)| {
                **count >= LEAST_COUNT
                    && reads_alone(run)
                    && longer.get(*run).copied().unwrap_or(0.0) <= MOST_IN_ONE_LONGER * **count
                    && cohesion(run, &counts, texts) >= LEAST_COHESION
            })
            .map(|(run, _)| (*run, length_bonus(run)))
            .collect();
        Self { readable }
    }
}

fn length_bonus(run: &str) -> f32 {
    let units = if run.is_ascii() {
        2 * run.split(' ').count()
    } else {
        run.chars().count()
    };
    #[expect(clippy::cast_precision_loss, reason = "a phrase is short")]
    let units = units as f32;
    units.sqrt()
}

fn reads_alone(run: &str) -> bool {
    if run.is_ascii() {
        return run.split(' ').all(|word| {
            word.len() > 1 && !is_stop_word(word) && !word.bytes().all(|byte| byte.is_ascii_digit())
        });
    }
    let tie = |character: Option<char>| character.is_none_or(|character| TIES.contains(character));
    (2..=MOST_CHARACTERS).contains(&run.chars().count())
        && !tie(run.chars().next())
        && !tie(run.chars().next_back())
}

/// The least normalised pointwise mutual information over the ways to part the
/// run in two; a single English word has no parts.
fn cohesion(run: &str, counts: &HashMap<&str, f32>, texts: f32) -> f32 {
    let whole = counts.get(run).copied().unwrap_or(0.0);
    let cuts = run.char_indices().skip(1).filter(|(at, character)| {
        if run.is_ascii() {
            *character == ' '
        } else {
            run.is_char_boundary(*at)
        }
    });
    cuts.map(|(at, _)| {
        let (left, right) = (run[..at].trim(), run[at..].trim());
        let count = |part: &str| counts.get(part).copied().unwrap_or(whole).max(1.0);
        let surprise = (texts / whole.max(1.0)).ln().max(f32::MIN_POSITIVE);
        (whole * texts / (count(left) * count(right))).ln() / surprise
    })
    .fold(f32::INFINITY, f32::min)
}

/// The two runs that are one character, or one word, shorter.
fn inner(run: &str) -> Vec<&str> {
    if run.is_ascii() {
        return run
            .split_once(' ')
            .map_or(Vec::new(), |(first, second)| vec![first, second]);
    }
    let mut ends = run.char_indices();
    let second = ends.nth(1).map(|(at, _)| at);
    let last = run.char_indices().next_back().map(|(at, _)| at);
    match (second, last) {
        (Some(second), Some(last)) => vec![&run[second..], &run[..last]],
        _ => Vec::new(),
    }
}

/// Runs of Han characters up to one more than a phrase has, English words and pairs of them, each once.
fn distinct_runs(text: &str) -> Vec<&str> {
    let mut runs = Vec::new();
    for piece in text.split(|character: char| !is_han(character)) {
        let starts: Vec<usize> = piece
            .char_indices()
            .map(|(at, _)| at)
            .chain([piece.len()])
            .collect();
        for (place, &start) in starts.iter().enumerate() {
            let ends = starts.iter().skip(place + 1).take(MOST_CHARACTERS + 1);
            runs.extend(ends.map(|&end| &piece[start..end]));
        }
    }
    for piece in text.split(|character: char| {
        !character.is_ascii_alphanumeric() && !matches!(character, ' ' | '\'' | '-')
    }) {
        let mut before: Option<(usize, usize)> = None;
        let mut at = 0;
        for word in piece.split(' ') {
            let range = (at, at + word.len());
            at = range.1 + 1;
            if word.is_empty() {
                before = None;
                continue;
            }
            runs.push(word);
            if let Some((start, _)) = before {
                runs.push(&piece[start..range.1]);
            }
            before = Some(range);
        }
    }
    runs.sort_unstable();
    runs.dedup();
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases(clusters: &[&[&str]]) -> Vec<Vec<String>> {
        let texts: Vec<Vec<Normalized>> = clusters
            .iter()
            .map(|texts| texts.iter().map(|text| Normalized::new(text)).collect())
            .collect();
        let weighed: Vec<Vec<(&Normalized, f32)>> = texts
            .iter()
            .map(|texts| texts.iter().map(|text| (text, 1.0)).collect())
            .collect();
        key_phrases(&weighed, 2)
    }

    #[test]
    fn whole_words_that_set_a_cluster_apart() {
        let found = phrases(&[
            &["保修期多久", "保修期是几年", "有保修期吗", "这款的保修期"],
            &["发票怎么开", "开发票吗", "电子发票什么时候开", "要电子发票"],
            &["can i get a refund", "refund please", "where is my refund"],
        ]);
        assert_eq!(found[0].first().map(String::as_str), Some("保修期"));
        assert!(found[1].contains(&"发票".to_owned()), "{found:?}");
        assert_eq!(found[2].first().map(String::as_str), Some("refund"));
        assert_eq!(phrases(&[&[]]), [Vec::<String>::new()]);
    }
}
