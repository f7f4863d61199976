//! Tags that buyers' questions give them: live ones say what they did of late,
//! modelled ones what the classifier makes of all they asked.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use crate::domain::language::Urgency;
use crate::domain::listening::Outcome;
use crate::domain::queue::{Tag, TagSource};
use crate::listening::{Fact, Ledger, Name};

const DAY_MS: i64 = 24 * 3_600_000;

/// What a buyer did within so many days is live.
const LIVE_DAYS: i64 = 7;

/// A modelled tag needs so many questions of its intents, and this share of all.
const FEWEST_OF_INTENTS: u32 = 2;
const LEAST_SHARE: f64 = 0.4;

/// Modelled tags by the intents that make them.
const MODELLED: [(&str, &[&str]); 5] = [
    (
        "price_sensitive",
        &[
            "process.price",
            "process.promotion",
            "process.price_protection",
        ],
    ),
    (
        "quality_minded",
        &[
            "product.quality",
            "product.material",
            "product.authenticity",
            "product.expiry",
        ],
    ),
    (
        "fit_seeker",
        &[
            "product.size",
            "product.compatibility",
            "product.recommendation",
        ],
    ),
    (
        "delivery_minded",
        &[
            "warehouse.ship_time",
            "warehouse.ship_urge",
            "warehouse.tracking",
            "warehouse.delivery_delay",
        ],
    ),
    (
        "after_sales",
        &[
            "process.return",
            "process.exchange",
            "process.refund",
            "process.warranty",
            "product.fault",
            "warehouse.damaged",
        ],
    ),
];

#[derive(Default)]
struct Asked {
    questions: u32,
    by_intent: HashMap<Name, u32>,
    live: BTreeSet<String>,
}

impl Asked {
    fn add(&mut self, ledger: &Ledger, fact: &Fact, now: Timestamp) {
        self.questions += 1;
        if let Some(intent) = fact.intent {
            *self.by_intent.entry(intent).or_default() += 1;
        }
        if now.as_millisecond() - fact.at_ms < LIVE_DAYS * DAY_MS {
            live(ledger, fact, &mut self.live);
        }
    }
}

/// Every buyer's live and modelled tags, by tag.
pub fn tags_of(ledger: &Ledger, now: Timestamp) -> HashMap<Name, Vec<Tag>> {
    let mut asked: HashMap<Name, Asked> = HashMap::new();
    for fact in ledger.all() {
        asked.entry(fact.buyer).or_default().add(ledger, fact, now);
    }
    asked
        .into_iter()
        .map(|(buyer, asked)| (buyer, tags(ledger, &asked)))
        .collect()
}

fn live(ledger: &Ledger, fact: &Fact, tags: &mut BTreeSet<String>) {
    if fact.urgency == Urgency::High {
        tags.insert("urgent".to_owned());
    }
    if fact.outcome == Outcome::Unanswered {
        tags.insert("unanswered".to_owned());
    }
    if fact.outcome == Outcome::AskedAgain {
        tags.insert("asked_again".to_owned());
    }
    if let Some(stage) = fact.stage {
        tags.insert(format!("stage:{}", stage.as_str()));
    }
    if let Some(channel) = fact.channel {
        tags.insert(format!("channel:{}", ledger.channels.get(channel)));
    }
    if let Some(product) = fact.product {
        tags.insert(format!("asked_about:{}", ledger.products.get(product)));
    }
}

fn tags(ledger: &Ledger, asked: &Asked) -> Vec<Tag> {
    let live = asked.live.iter().map(|tag| Tag {
        tag: tag.clone(),
        source: TagSource::Live,
    });
    let modelled = MODELLED.iter().filter(|(_, intents)| {
        let count: u32 = asked
            .by_intent
            .iter()
            .filter(|(intent, _)| intents.contains(&ledger.intents.get(**intent)))
            .map(|(_, count)| count)
            .sum();
        count >= FEWEST_OF_INTENTS && f64::from(count) >= LEAST_SHARE * f64::from(asked.questions)
    });
    let modelled = modelled.map(|(tag, _)| Tag {
        tag: (*tag).to_owned(),
        source: TagSource::Modelled,
    });
    let mut tags: Vec<Tag> = live.chain(modelled).collect();
    tags.sort();
    tags
}

/// One buyer's live and modelled tags, by pseudonym.
pub fn tags_of_buyer(ledger: &Ledger, buyer: &str, now: Timestamp) -> Vec<Tag> {
    let Some(name) = ledger.buyers.find(buyer) else {
        return Vec::new();
    };
    let mut asked = Asked::default();
    for fact in ledger.all().filter(|fact| fact.buyer == name) {
        asked.add(ledger, fact, now);
    }
    tags(ledger, &asked)
}
