//! Users' own wordings against standard questions: is the right one found, and how high?

use std::sync::Arc;

use zhiwen::catalog::standalone;
use zhiwen::evaluation;
use zhiwen::evaluation::retrieve::{ask, report};
use zhiwen::language::{Language, ShopEncoder};
use zhiwen_index::entry::{Entry, Filter, Question, Scope};
use zhiwen_index::fusion::Fusion;
use zhiwen_index::schema::{ShopIndex, Snapshot};
use zhiwen_index::search::search;
use zhiwen_models::lexical::{Pair, StaticEncoder, TrainOptions};
use zhiwen_models::text::Normalized;

use crate::data;

const FLOOR_HIT_AT_1: f64 = 0.65;
const FLOOR_HIT_AT_5: f64 = 0.875;
const FLOOR_MEAN_RECIPROCAL_RANK: f64 = 0.75;

/// As many as the service compares wordings of.
const DEPTH: usize = 20;

#[test]
fn standard_questions_are_found_by_other_wordings() {
    let Some(folder) = data::folder("faq-zh") else {
        return;
    };
    let (_folder, index) = indexed(&rows(&folder, "faq.tsv"));
    let snapshot = index.snapshot();
    let queries = rows(&folder, "queries.tsv");
    let ranks: Vec<Option<usize>> = queries
        .iter()
        .map(|(id, wording)| rank_of(&snapshot, id, wording))
        .collect();

    let within = |most: usize| {
        let hits = ranks.iter().flatten().filter(|rank| **rank <= most);
        data::share(hits.count(), ranks.len())
    };
    #[expect(clippy::cast_precision_loss, reason = "ranks are small")]
    let reciprocals: f64 = ranks.iter().flatten().map(|rank| 1.0 / *rank as f64).sum();
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are small")]
    let mean_reciprocal_rank = reciprocals / ranks.len() as f64;
    data::say(&format!(
        "faq-zh, {} questions, only standard questions indexed: hit@1 {:.3}, hit@5 {:.3}, MRR {mean_reciprocal_rank:.3}",
        ranks.len(),
        within(1),
        within(5),
    ));
    assert!(within(1) >= FLOOR_HIT_AT_1, "hit@1 {}", within(1));
    assert!(within(5) >= FLOOR_HIT_AT_5, "hit@5 {}", within(5));
    assert!(
        mean_reciprocal_rank >= FLOOR_MEAN_RECIPROCAL_RANK,
        "MRR {mean_reciprocal_rank}"
    );
}

const FLOOR_FUSED_HIT_AT_1: f64 = 0.68;
const FLOOR_FUSED_HIT_AT_5: f64 = 0.875;
const FLOOR_FUSED_MEAN_RECIPROCAL_RANK: f64 = 0.765;

/// The static encoder learns from pairs of other trades; the fusion's weights
/// were fitted on such pairs too.
#[tokio::test(flavor = "multi_thread")]
async fn words_and_vectors_together_find_more() {
    let (Some(faq), Some(pairs)) = (data::folder("faq-zh"), data::folder("pairs-zh")) else {
        return;
    };
    let read = |file: &str| evaluation::knowledge::read(&faq.join(file)).expect("a table");
    let columns = evaluation::knowledge::Columns::default();
    let knowledge = evaluation::knowledge::items(&read("faq.tsv"), &columns).expect("items");
    let queries = read("queries.tsv");
    let asked = evaluation::knowledge::questions(&queries, &columns, &knowledge).expect("asked");
    let learned: Vec<Pair> = [
        "bank_train.csv",
        "bank_dev.csv",
        "finance_train.txt",
        "finance_dev.txt",
        "general_dev.txt",
    ]
    .iter()
    .flat_map(|file| evaluation::pairs::read(&pairs.join(file)).expect("pairs"))
    .collect();
    let titles = knowledge.items.iter().map(|item| &item.content.title);
    let texts: Vec<Normalized> = titles.map(|title| Normalized::new(title)).collect();
    let (encoder, _) = StaticEncoder::train(&texts, &learned, &TrainOptions::default());
    let encoder = ShopEncoder::Own(Arc::new(encoder));
    let language = Arc::new(Language::of_parts(encoder, Fusion::default()));
    let folder = tempfile::tempdir().expect("temporary folder");
    let searchable = standalone(folder.path().join("index"), knowledge, language).await;
    let searchable = searchable.expect("indexed");
    let answered = ask(&searchable, &asked, None).await.expect("searched");
    let figures = report(&asked, &answered, 0.4, 0.8);
    data::say(&format!(
        "faq-zh, words and vectors: hit@1 {:.3}, hit@5 {:.3}, MRR {:.3}",
        figures.recall_at_1, figures.recall_at_5, figures.mean_reciprocal_rank
    ));
    assert!(figures.recall_at_1 >= FLOOR_FUSED_HIT_AT_1);
    assert!(figures.recall_at_5 >= FLOOR_FUSED_HIT_AT_5);
    assert!(figures.mean_reciprocal_rank >= FLOOR_FUSED_MEAN_RECIPROCAL_RANK);
}

/// Rows of a file of two columns with a header: id, text.
fn rows(folder: &std::path::Path, file: &str) -> Vec<(String, String)> {
    let rows = data::lines(folder, file);
    let pairs = rows.iter().skip(1).filter_map(|row| row.split_once('\t'));
    pairs
        .map(|(id, text)| (id.to_owned(), text.to_owned()))
        .collect()
}

fn indexed(questions: &[(String, String)]) -> (tempfile::TempDir, ShopIndex) {
    let folder = tempfile::tempdir().expect("temporary folder");
    let index = ShopIndex::create(folder.path()).expect("created");
    let mut writer = index.writer().expect("first writer");
    for (id, question) in questions {
        let entry = Entry {
            id: id.clone(),
            title: Normalized::new(question),
            phrasings: Vec::new(),
            answer: Normalized::default(),
            tags: Normalized::default(),
            intent: None,
            scope: Scope::default(),
            payload: id.clone(),
        };
        writer.upsert(&entry).expect("added");
    }
    writer.commit(1).expect("committed");
    writer.finish().expect("closed");
    index.reload().expect("reloaded");
    (folder, index)
}

/// The place of the right answer, from 1; `None` when it is not among the first.
fn rank_of(snapshot: &Snapshot, id: &str, wording: &str) -> Option<usize> {
    let question = Question {
        text: Normalized::new(wording),
        ..Question::default()
    };
    let hits = search(snapshot, &question, &Filter::default(), DEPTH).expect("searchable");
    hits.iter()
        .position(|hit| hit.payload == id)
        .map(|at| at + 1)
}
