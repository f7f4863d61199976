//! What a buyer's turn in a shop is about: small talk or an intent of the taxonomy, its domain, stage and urgency.

use std::collections::BTreeMap;

use super::examples::day_one;
use super::situation::{Stage, Urgency, stage, urgency, usual_stage, without_cards};
use super::{Calibration, Classifier, Cue, Example, Input, Options, Trained, train_as_examined};
use crate::metrics;
use crate::smalltalk::{self, SmallTalk};
use crate::standalone::stands_alone;
use crate::text::Normalized;

/// Who wrote a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Speaker {
    /// The buyer.
    Buyer,
    /// The shop's agent, human or not.
    Agent,
}

/// A turn before the one in question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier<'a> {
    /// Who wrote it.
    pub speaker: Speaker,
    /// As written.
    pub text: &'a str,
}

/// A buyer's turn where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Turn<'a> {
    /// As written.
    pub text: &'a str,
    /// The turns before it, in order; three are enough.
    pub before: &'a [Earlier<'a>],
    /// The unit vector of the turn without its small talk, where the
    /// classifier was trained with vectors.
    pub vector: Option<&'a [f32]>,
}

/// What a turn is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Understanding {
    /// Label indices of the classifier with probabilities that sum to 1, the
    /// likeliest first. Small talk is first where the turn is small talk;
    /// otherwise all of it is 0.
    pub ranked: Vec<(usize, f32)>,
    /// The part of the likeliest label's id before the dot; empty without labels.
    pub domain: String,
    /// The probability of the domain.
    pub domain_probability: f32,
    /// Whether the turn wants nothing that knowledge could answer.
    pub is_small_talk: bool,
    /// See [`super::Classification::scope`]; 1 for recognised small talk.
    pub scope: f32,
    /// Whether `scope` is below the classifier's threshold.
    pub out_of_scope: bool,
    /// When in the life of an order it is asked.
    pub stage: Stage,
    /// How pressed the buyer is.
    pub urgency: Urgency,
    /// Whether the turn is unclear without those before it.
    pub leans_on_context: bool,
}

/// How much a feature of the turn before counts beside one of the turn, where
/// the turn leans on it and where it does not.
const LEANING_WEIGHT: f32 = 1.0;
const STANDING_WEIGHT: f32 = 0.3;

/// How sure recognised small talk is: the precision that its lists reach on real chats.
const SMALL_TALK_PROBABILITY: f32 = 0.9;

/// Options for the shop taxonomy: written examples are cleaner than chats, so
/// cues weigh more and features are dropped more than cross-validation over the
/// examples alone would have it.
pub fn options() -> Options {
    Options {
        cue_share: 2.0,
        noisy_copies: 3,
        noise: 0.5,
        balance: 1.0,
        // Little that buyers write in a shop is of no intent: the threshold
        // promises a precision instead.
        withholds_labels: false,
        ..Options::default()
    }
}

/// Of the intents that are named, the share that is to be right.
const PROMISED_PRECISION: f64 = 0.8;

/// What [`train`] finds out about the day-one examples; `tests/quality` holds
/// that it still does. The examination would take each start half a minute.
pub const DAY_ONE: Calibration = Calibration {
    temperature: 0.765_637,
    threshold: 0.0885,
};

/// The classifier of a shop's first day. Takes seconds.
pub fn day_one_classifier() -> Classifier {
    let set = day_one();
    train_as_examined(&set.examples, &set.cues, &options(), DAY_ONE)
}

/// Trains and examines a classifier of shop questions. It abstains so that the
/// intents that it names keep the promised precision on held-back examples.
pub fn train(examples: &[Example], cues: &[Cue]) -> Trained {
    let mut trained = super::train(examples, cues, &options());
    let promise = metrics::threshold_for_precision(&trained.held_back, PROMISED_PRECISION);
    // Where no threshold keeps the promise, nothing is named but what is certain.
    let threshold = promise.map_or(1.0, |selection| selection.threshold);
    trained.classifier.set_threshold(threshold as f32);
    trained
}

/// What `turn` is about, by a classifier of the shop taxonomy's ids.
pub fn understand(classifier: &Classifier, turn: Turn<'_>) -> Understanding {
    let core = own_words(turn.text);
    let leans_on_context = !stands_alone(turn.text);
    let context: Vec<Normalized> = turn
        .before
        .iter()
        .map(context_text)
        .filter(|text| !text.is_empty())
        .collect();
    let classification = classifier.classify(Input {
        text: &core,
        context: &context,
        context_weight: if leans_on_context {
            LEANING_WEIGHT
        } else {
            STANDING_WEIGHT
        },
        vector: turn.vector,
    });
    let small_talk = small_talk(classifier, turn, &core);
    let ranked = match small_talk {
        Some(kind) => with_small_talk(classifier, classification.ranked, kind),
        None => by_domain(classifier, classification.ranked),
    };
    let best = ranked
        .first()
        .map_or("", |&(label, _)| id(classifier, label));
    let of_domain = ranked
        .iter()
        .filter(|&&(label, _)| domain_of(id(classifier, label)) == domain_of(best));
    let scope = match small_talk {
        Some(_) => 1.0,
        None => classification.scope,
    };
    Understanding {
        domain: domain_of(best).to_owned(),
        domain_probability: of_domain.map(|(_, probability)| probability).sum(),
        is_small_talk: small_talk.is_some(),
        out_of_scope: small_talk.is_none() && classification.out_of_scope,
        scope,
        stage: stage(
            turn.text,
            turn.before,
            usual_stage(best).unwrap_or(Stage::Pre),
        ),
        urgency: urgency(turn.text, turn.before),
        leans_on_context,
        ranked,
    }
}

/// Small talk by its lists. A bare answer to the agent is none where its own
/// words point to the shop's matter: "地址错了" after "did you cancel?".
fn small_talk(classifier: &Classifier, turn: Turn<'_>, core: &Normalized) -> Option<SmallTalk> {
    let agent_before = turn.before.last().filter(|e| e.speaker == Speaker::Agent);
    let listed = smalltalk::recognise(turn.text, agent_before.map(|earlier| earlier.text))?;
    let is_bare_answer = smalltalk::recognise(turn.text, None).is_none();
    let may_answer = matches!(listed, SmallTalk::Acknowledgement | SmallTalk::Given);
    if !may_answer || !is_bare_answer || core.is_empty() {
        return Some(listed);
    }
    let alone = classifier.classify(Input {
        text: core,
        context: &[],
        context_weight: 0.0,
        vector: turn.vector,
    });
    let other: f32 = alone
        .ranked
        .iter()
        .filter(|&&(label, _)| domain_of(id(classifier, label)) == OTHER)
        .map(|(_, probability)| probability)
        .sum();
    let asks = other < ASKING_OTHER && alone.scope > ASKING_SCOPE;
    (!asks).then_some(listed)
}

/// A bare answer asks after all where small talk is less likely than this …
const ASKING_OTHER: f32 = 0.03;
/// … and the turn is as near to an example as this.
const ASKING_SCOPE: f32 = 0.5;

const OTHER: &str = "other";

fn context_text(earlier: &Earlier<'_>) -> Normalized {
    match earlier.speaker {
        Speaker::Buyer => own_words(earlier.text),
        Speaker::Agent => Normalized::new(&without_cards(earlier.text)),
    }
}

fn own_words(turn: &str) -> Normalized {
    let asked = smalltalk::without_small_talk(turn);
    Normalized::new(&without_cards(&asked))
}

/// Puts `kind` first and shares what is left among the others.
fn with_small_talk(
    classifier: &Classifier,
    mut ranked: Vec<(usize, f32)>,
    kind: SmallTalk,
) -> Vec<(usize, f32)> {
    let Some(label) = classifier.label_index(kind.intent_id()) else {
        return ranked;
    };
    let own = ranked.iter().find(|(other, _)| *other == label);
    let own = own.map_or(0.0, |(_, probability)| *probability);
    let wanted = own.max(SMALL_TALK_PROBABILITY);
    let rest = (1.0 - wanted) / (1.0 - own).max(1e-6);
    for (other, probability) in &mut ranked {
        *probability = if *other == label {
            wanted
        } else {
            *probability * rest
        };
    }
    ranked.sort_by(|left, right| right.1.total_cmp(&left.1));
    ranked
}

/// Ranks the intents of the likeliest domain first, each by probability; a turn
/// that the lists do not know as small talk is none.
fn by_domain(classifier: &Classifier, mut ranked: Vec<(usize, f32)>) -> Vec<(usize, f32)> {
    let mut sums: BTreeMap<&str, f32> = BTreeMap::new();
    for (label, probability) in &mut ranked {
        let domain = domain_of(id(classifier, *label));
        if domain == OTHER {
            *probability = 0.0;
        }
        *sums.entry(domain).or_default() += *probability;
    }
    let total: f32 = sums.values().sum();
    if total > 0.0 {
        for (_, probability) in &mut ranked {
            *probability /= total;
        }
    }
    let likeliest = sums.iter().max_by(|left, right| left.1.total_cmp(right.1));
    let likeliest = likeliest.map_or("", |(domain, _)| domain);
    ranked.sort_by(|left, right| {
        let own = |label: usize| domain_of(id(classifier, label)) == likeliest;
        own(right.0)
            .cmp(&own(left.0))
            .then(right.1.total_cmp(&left.1))
    });
    ranked
}

fn id(classifier: &Classifier, label: usize) -> &str {
    classifier.labels().get(label).map_or("", String::as_str)
}

fn domain_of(id: &str) -> &str {
    id.split_once('.').map_or(id, |(domain, _)| domain)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::super::{examples, train};
    use super::*;

    /// Trained once, with fewer passes: tests run unoptimised.
    static CLASSIFIER: LazyLock<Classifier> = LazyLock::new(|| {
        let set = examples::day_one();
        let quick = Options {
            epochs: 4,
            noisy_copies: 0,
            minimum_texts: 3,
            ..options()
        };
        train(&set.examples, &set.cues, &quick).classifier
    });

    fn read(text: &str, before: &[Earlier<'_>]) -> (String, Understanding) {
        let turn = Turn {
            text,
            before,
            vector: None,
        };
        let found = understand(&CLASSIFIER, turn);
        (CLASSIFIER.labels()[found.ranked[0].0].clone(), found)
    }

    #[test]
    fn turns_are_understood_where_they_stand() {
        let asked = [Earlier {
            speaker: Speaker::Buyer,
            text: "发票什么时候能开",
        }];
        let (label, found) = read("那这个呢", &asked);
        assert_eq!(label, "process.invoice");
        assert!(found.leans_on_context);
        let (label, found) = read("收到的杯子碎了两个，怎么还不处理", &[]);
        assert_eq!(label, "warehouse.damaged");
        assert_eq!(found.domain, "warehouse");
        assert_eq!(found.urgency, Urgency::High);
        assert_eq!(found.stage, Stage::Post);
        let (label, _) = read("can I get an invoice for my company", &[]);
        assert_eq!(label, "process.invoice");
    }

    #[test]
    fn small_talk_comes_first_and_only_where_it_is() {
        let (label, found) = read("好的谢谢", &[]);
        assert_eq!(label, "other.acknowledgement");
        assert!(found.is_small_talk && !found.out_of_scope);
        assert!(found.domain_probability >= SMALL_TALK_PROBABILITY);
        let (_, found) = read("亲，可以开发票吗", &[]);
        assert!(!found.is_small_talk);
        let other = found
            .ranked
            .iter()
            .filter(|(label, _)| CLASSIFIER.labels()[*label].starts_with("other."));
        assert!(other.map(|(_, probability)| probability).sum::<f32>() <= f32::EPSILON);
        let sum: f32 = found
            .ranked
            .iter()
            .map(|(_, probability)| probability)
            .sum();
        assert!((sum - 1.0).abs() < 1e-3, "{sum}");
    }
}
