//! Tests of measurements beside others, from the command line to the figures.

use clap::Parser;
use serde_json::Value;

use super::{EvalArgs, run};
use crate::settings::Settings;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    eval: EvalArgs,
}

const ITEMS: &str = "id,title\nrefund,怎么申请退款\ninvoice,可以开电子发票吗\nship,什么时候发货\n";
const QUESTIONS: &str = "text,id\n我要申请退款,refund\n电子发票怎么开,invoice\n几时发货呀,ship\n能开发票不,invoice\n今天天气如何,\n";
const LABELLED: &str = "text,label\n怎么退款,refund\n申请退款,refund\n退款流程,refund\n开发票,invoice\n电子发票,invoice\n发票抬头,invoice\n";

/// What the line prints as JSON; `@` in it stands for the folder of the files.
async fn figures(line: &str) -> Result<Value, String> {
    let folder = tempfile::tempdir().expect("temporary folder");
    for (name, text) in [
        ("items.csv", ITEMS),
        ("questions.csv", QUESTIONS),
        ("labelled.csv", LABELLED),
    ] {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    let line = line.replace('@', &format!("{}/", folder.path().display()));
    let words = ["eval"].into_iter().chain(line.split_whitespace());
    let parsed = Line::try_parse_from(words).map_err(|error| error.to_string())?;
    let settings = Settings::load(None, &[]).expect("the default settings");
    let mut output = Vec::new();
    run(&settings, parsed.eval, &mut output)
        .await
        .map_err(|error| error.to_string())?;
    Ok(serde_json::from_slice(&output).expect("json and nothing else"))
}

const RETRIEVE: &str = "retrieve --items @items.csv --questions @questions.csv --json -";

#[tokio::test(flavor = "multi_thread")]
async fn two_encoders_are_measured_on_the_same_questions() {
    let line = format!("{RETRIEVE} --encoder none --against static");
    let both = figures(&line).await.expect("measured");
    assert_eq!(both["first"]["name"], "words alone");
    assert_eq!(both["second"]["name"], "static");
    let alone = figures(&format!("{RETRIEVE} --encoder static")).await;
    assert_eq!(both["second"]["figures"], alone.expect("measured"));
    for measure in ["recall_at_1", "mean_reciprocal_rank"] {
        let figure = |which: &str| both[which]["figures"][measure].as_f64().expect("a figure");
        let difference = both["gains"][measure]["difference"].as_f64();
        let wanted = figure("second") - figure("first");
        assert!(
            (difference.expect("a gain") - wanted).abs() < 1e-9,
            "{both}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thresholds_are_measured_on_the_same_answers() {
    let line = format!("{RETRIEVE} --threshold 0 --against-threshold 1");
    let both = figures(&line).await.expect("measured");
    assert_eq!(both["first"]["name"], "from 0");
    let gains = &both["gains"];
    assert_eq!(gains["coverage"]["difference"], -1.0, "{both}");
    assert_eq!(gains["coverage"]["holds"], true);
    assert_eq!(gains["recall_at_1"]["difference"], 0.0);
    assert_eq!(gains["recall_at_1"]["holds"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn weights_of_a_file_are_compared_with_those_that_are_shipped() {
    let line = format!("{RETRIEVE} --against-fusion @nowhere.toml");
    let error = figures(&line).await.expect_err("no such file");
    assert!(error.contains("nowhere.toml"), "{error}");
    let line = format!("{RETRIEVE} --against-fusion shipped");
    let both = figures(&line).await.expect("measured");
    assert_eq!(both["first"]["figures"], both["second"]["figures"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn classification_and_clusters_are_compared_too() {
    for (line, measure) in [
        (
            "classify --train @labelled.csv --test @labelled.csv --against none --json -",
            "macro_f1",
        ),
        (
            "classify --train @labelled.csv --test @labelled.csv --shots 2 --against none --json -",
            "mean_accuracy",
        ),
        ("cluster @labelled.csv --against none --json -", "v_measure"),
    ] {
        let both = figures(line).await.expect(line);
        assert_eq!(both["gains"][measure]["difference"], 0.0, "{line}");
        let figures = [&both["first"], &both["second"]].map(|side| &side["figures"][measure]);
        assert_eq!(figures[0], figures[1], "{line}");
        assert!(figures[0].is_number(), "{line}");
    }
    let error = figures("cluster @labelled.csv --encoder static").await;
    assert!(error.is_err_and(|error| error.contains("a shop's own")));
}
