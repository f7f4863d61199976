//! Questions to the demo shops and to small ones, a good third of which nothing answers: are answers from the threshold on right, and are they given?

use jiff::Timestamp;
use reqwest::Method;
use serde_json::Value;
use zhiwen::catalog::Knowledge;
use zhiwen::cli::shop;
use zhiwen::domain::key::Scope;
use zhiwen::evaluation;
use zhiwen::evaluation::retrieve::{Answered, GoldenQuestion, ask, outcomes};
use zhiwen::language::base;
use zhiwen_models::metrics::{expected_calibration_error, reliability_bins, selection_at};
use zhiwen_tests::support::{App, Shop, spawn_app};

use crate::{data, small_shops};

/// In the windows of what the demo shops say about late November.
const AT: &str = "2026-11-22T04:00:00Z";

struct Demo {
    language: &'static str,
    files: &'static [&'static str],
    /// The last item of the last file: when it is found, all are.
    last: (&'static str, &'static str),
    floors: Floors,
}

struct Floors {
    /// Of answers from the threshold on.
    precision: f64,
    /// The share of questions with an answer that get a right one.
    coverage: f64,
    /// The share of questions without an answer that get none.
    abstention: f64,
}

const DEMOS: [Demo; 2] = [
    Demo {
        language: "zh",
        files: &["product.csv", "process-warehouse.csv"],
        last: ("退货必须寄到杭州仓吗？", "w-pickup-old-sorting"),
        floors: Floors {
            precision: 0.93,
            coverage: 0.82,
            abstention: 0.92,
        },
    },
    Demo {
        language: "en",
        files: &["knowledge.csv"],
        last: (
            "How should I pack something I'm sending back?",
            "w-return-pack",
        ),
        floors: Floors {
            precision: 0.76,
            coverage: 0.74,
            abstention: 0.85,
        },
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_as_right_as_the_threshold_promises() {
    let app = spawn_app().await;
    let threshold = f64::from(app.service.state.settings.answering.minimum_confidence);
    let at: Timestamp = AT.parse().expect("a time");
    for demo in &DEMOS {
        let shop = filled(&app, demo).await;
        let searchable = app.service.state.catalog.searchable(&shop.id);
        let searchable = searchable.expect("a shop that can be searched");
        for part in ["fitted", "held-out"] {
            let asked = questions(demo, part);
            let answered = ask(&searchable, &asked, Some(at)).await.expect("searched");
            let name = format!("{} {part}", demo.language);
            let figures = figures(&name, &answered, threshold);
            if part == "held-out" {
                figures.hold(&demo.floors, &name);
            }
        }
    }
}

/// Six to nine items with one or two wordings each, and no intents: what is
/// fitted to well-kept demo shops alone abstains here from half of all it knows.
#[tokio::test(flavor = "multi_thread")]
async fn answers_of_small_shops_are_as_right_too() {
    let app = spawn_app().await;
    let threshold = f64::from(app.service.state.settings.answering.minimum_confidence);
    let zh = Floors {
        precision: 0.85,
        coverage: 0.46,
        abstention: 0.78,
    };
    let en = Floors {
        precision: 0.84,
        coverage: 0.52,
        abstention: 0.84,
    };
    for (language, floors) in [("zh", zh), ("en", en)] {
        for set in ["tuned", "held_out"] {
            let (mut answered, mut of_products) = (Vec::new(), Vec::new());
            for file in small_shops::files(set, language) {
                let text = std::fs::read_to_string(&file).expect("a small shop");
                let data: Value = serde_json::from_str(&text).expect("JSON");
                // Nearly all of its questions name a product: told apart by itself.
                let answered = match &data["products"] {
                    Value::Array(_) => &mut of_products,
                    _ => &mut answered,
                };
                let id = file.file_stem().unwrap_or_default().to_string_lossy();
                let id = id.replace('_', "-");
                let shop = small_shops::shop_with_knowledge(&app, &id, &data).await;
                let searchable = app.service.state.catalog.searchable(&shop.id);
                let searchable = searchable.expect("a shop that can be searched");
                let asked = asked_of(&data);
                answered.extend(ask(&searchable, &asked, None).await.expect("searched"));
            }
            if !of_products.is_empty() {
                let name = format!("small shops that name products, {set} {language}");
                figures(&name, &of_products, threshold);
            }
            let name = format!("small shops, {set} {language}");
            let figures = figures(&name, &answered, threshold);
            if set == "held_out" {
                figures.hold(&floors, &name);
            }
        }
    }
}

impl Floors {
    fn hold(&self, floors: &Floors, name: &str) {
        assert!(self.precision >= floors.precision, "{name}: precision");
        assert!(self.coverage >= floors.coverage, "{name}: coverage");
        assert!(self.abstention >= floors.abstention, "{name}: abstention");
    }
}

/// The messages that ask something, small talk left out.
fn asked_of(data: &Value) -> Vec<GoldenQuestion> {
    let items = data["items"].as_array().expect("items");
    let messages = data["messages"].as_array().expect("messages");
    let asking = messages
        .iter()
        .filter(|message| message["asks"].is_string());
    asking
        .map(|message| GoldenQuestion {
            text: message["text"].as_str().unwrap_or_default().to_owned(),
            context: None,
            product: None,
            channel: None,
            right: items
                .iter()
                .filter(|item| item["key"] == message["asks"])
                .filter_map(|item| item["key"].as_str().map(str::to_owned))
                .collect(),
            intent: None,
        })
        .collect()
}

/// The demo shop with its products, synonyms and knowledge, searchable.
async fn filled<'a>(app: &'a App, demo: &Demo) -> Shop<'a> {
    let state = &app.service.state;
    let read = |file: &str| {
        let path = data::root().join("config/demo").join(demo.language);
        std::fs::read_to_string(path.join(file)).expect("part of the project")
    };
    let toml = read("shop.toml");
    let put = shop::put(state.store.as_ref(), app.clock.as_ref(), &toml);
    let id = put.await.expect("a shop").id;
    tokio::task::spawn_blocking(base::get_or_train)
        .await
        .expect("the classifier is trained");
    let key = app.key(id.as_str(), &Scope::ALL, None).await;
    let shop = Shop { app, id, key };
    state.catalog.store_changed();
    for file in demo.files {
        let call = shop.call(Method::POST, "/v1/knowledge/imports");
        let reply = call.body("text/csv", read(file)).send().await;
        assert_eq!(reply.status, 200, "{file}");
    }
    let (title, last) = demo.last;
    shop.wait_until_searchable(title, last, 1).await;
    shop
}

fn questions(demo: &Demo, part: &str) -> Vec<GoldenQuestion> {
    let path = format!("tests/quality/confidence/{}-{part}.csv", demo.language);
    let table = evaluation::knowledge::read(&data::root().join(path)).expect("part of the project");
    let columns = evaluation::knowledge::Columns::default();
    evaluation::knowledge::questions(&table, &columns, &known(demo)).expect("questions")
}

/// The items that a question may name.
fn known(demo: &Demo) -> Knowledge {
    let folder = data::root().join("config/demo").join(demo.language);
    let columns = evaluation::knowledge::Columns::default();
    let mut files = demo.files.iter().map(|file| {
        let table = evaluation::knowledge::read(&folder.join(file)).expect("a table");
        evaluation::knowledge::items(&table, &columns).expect("items")
    });
    let mut known = files.next().expect("a file");
    known.items.extend(files.flat_map(|more| more.items));
    known
}

/// Prints the figures of `answered` at `threshold` and gives them.
fn figures(name: &str, answered: &[Answered], threshold: f64) -> Floors {
    let is_given = |answered: &&Answered| answered.confidence() >= threshold;
    let (known, unknown): (Vec<&Answered>, Vec<&Answered>) =
        answered.iter().partition(|answered| answered.is_answerable);
    let right = known.iter().copied().filter(|answered| answered.is_right());
    let outcomes = outcomes(answered);
    let figures = Floors {
        precision: selection_at(&outcomes, threshold).precision,
        coverage: data::share(right.filter(is_given).count(), known.len()),
        abstention: 1.0
            - data::share(
                unknown.iter().copied().filter(is_given).count(),
                unknown.len(),
            ),
    };
    data::say(&format!(
        "{name}, {} questions, {} without an answer: from {threshold:.2} up precision {:.3}, coverage {:.3}, abstention {:.3}; calibration error {:.3}, Brier {:.4}",
        answered.len(),
        unknown.len(),
        figures.precision,
        figures.coverage,
        figures.abstention,
        expected_calibration_error(&outcomes, 10),
        brier(answered),
    ));
    for bin in reliability_bins(&outcomes, 5) {
        data::say(&format!(
            "  {:.1} to {:.1}: {} answers, said {:.2}, right {:.2}",
            bin.above, bin.up_to, bin.count, bin.mean_confidence, bin.accuracy
        ));
    }
    figures
}

/// The mean square of what was said less what was right.
fn brier(answered: &[Answered]) -> f64 {
    let squares = answered.iter().map(|answered| {
        let right = f64::from(u8::from(answered.is_right()));
        (answered.confidence() - right).powi(2)
    });
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are small")]
    let count = answered.len().max(1) as f64;
    squares.sum::<f64>() / count
}
