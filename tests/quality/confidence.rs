//! Questions to the demo shops, a good third of which nothing answers: are answers from the threshold on right, and are they given?

use jiff::Timestamp;
use reqwest::Method;
use zhiwen::cli::shop;
use zhiwen::domain::key::Scope;
use zhiwen::evaluation;
use zhiwen::evaluation::retrieve::{Answered, GoldenQuestion, ask, outcomes};
use zhiwen::language::base;
use zhiwen_models::metrics::{expected_calibration_error, reliability_bins, selection_at};
use zhiwen_tests::support::{App, Shop, spawn_app};

use crate::data;

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
            precision: 0.9,
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
            precision: 0.78,
            coverage: 0.74,
            abstention: 0.88,
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
            let asked = questions(demo.language, part);
            let answered = ask(&searchable, &asked, Some(at)).await.expect("searched");
            let name = format!("{} {part}", demo.language);
            let figures = figures(&name, &answered, threshold);
            if part == "held-out" {
                let floors = &demo.floors;
                assert!(figures.precision >= floors.precision, "{name}: precision");
                assert!(figures.coverage >= floors.coverage, "{name}: coverage");
                assert!(
                    figures.abstention >= floors.abstention,
                    "{name}: abstention"
                );
            }
        }
    }
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

fn questions(language: &str, part: &str) -> Vec<GoldenQuestion> {
    let path = format!("tests/quality/confidence/{language}-{part}.csv");
    let table = evaluation::knowledge::read(&data::root().join(path)).expect("part of the project");
    let columns = evaluation::knowledge::Columns::default();
    evaluation::knowledge::questions(&table, &columns).expect("questions")
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
        "{name}, {} questions, {} without an answer: from {threshold:.2} up precision {:.3}, coverage {:.3}, abstention {:.3}; calibration error {:.3}",
        answered.len(),
        unknown.len(),
        figures.precision,
        figures.coverage,
        figures.abstention,
        expected_calibration_error(&outcomes, 10),
    ));
    for bin in reliability_bins(&outcomes, 5) {
        data::say(&format!(
            "  {:.1} to {:.1}: {} answers, said {:.2}, right {:.2}",
            bin.above, bin.up_to, bin.count, bin.mean_confidence, bin.accuracy
        ));
    }
    figures
}
