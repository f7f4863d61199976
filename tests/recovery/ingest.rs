//! kill -9 in mid-ingest, again and again: the same command then brings in the rest, once.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use zhiwen::domain::ids::ShopId;
use zhiwen::store::{Store, open};
use zhiwen_tests::support::poll_until;
use zhiwen_tests::support::process::{make_shop, program, succeed};

use crate::PATIENCE;

const CONVERSATIONS: usize = 3_000;
const LINES_EACH: usize = 15;
const KILLS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn every_message_is_there_once_after_kill_nine_in_mid_ingest() {
    let folder = tempfile::tempdir().expect("temporary folder");
    make_shop(folder.path(), "a");
    let file = folder.path().join("chats.csv");
    std::fs::write(&file, log()).expect("written");
    let file = file.display().to_string();
    let arguments = ["ingest", &file, "--shop", "a", "--preset", "shopify"];

    let url = format!("sqlite:{}", folder.path().join("zhiwen.db").display());
    let store = open(&url).await.expect("opened");
    let mut before = 0;
    for kill in 0..KILLS {
        before = kill_in_mid_ingest(folder.path(), &arguments, &store, before).await;
        assert!(before < CONVERSATIONS, "kill {kill} came too late");
    }
    let report = succeed(folder.path(), &arguments);
    let whole = CONVERSATIONS * LINES_EACH;
    assert!(report.contains("0 skipped, 0 refused\n"), "{report}");
    let told: Vec<usize> = report
        .split([' ', ','])
        .filter_map(|word| word.parse().ok())
        .collect();
    assert_eq!(told[0] + told[1], whole, "{report}");
    assert!(told[1] > 0, "nothing was kept before a kill: {report}");
    check(&store).await;
    println!("after {KILLS} kills: {report}");
}

/// Starts the command, and kills it once it has added to what is there; says
/// how many conversations there are then.
async fn kill_in_mid_ingest(
    folder: &Path,
    arguments: &[&str],
    store: &Arc<dyn Store>,
    before: usize,
) -> usize {
    let mut child = program(folder)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program can be started");
    poll_until("some are kept", PATIENCE, async || {
        threads(store).await > before
    })
    .await;
    child.kill().expect("it was started");
    child.wait().expect("it has ended");
    threads(store).await
}

async fn threads(store: &Arc<dyn Store>) -> usize {
    let shop = ShopId::parse("a").expect("an id");
    store
        .unread_threads(&shop, u32::MAX)
        .await
        .expect("readable")
        .len()
}

/// Every line is kept, in its conversation, once.
async fn check(store: &Arc<dyn Store>) {
    let shop = ShopId::parse("a").expect("an id");
    let unread = store
        .unread_threads(&shop, u32::MAX)
        .await
        .expect("readable");
    assert_eq!(unread.len(), CONVERSATIONS);
    for thread in unread {
        let messages = store
            .messages(&shop, &thread.thread, 1_000)
            .await
            .expect("readable");
        let mut texts: BTreeMap<&str, usize> = BTreeMap::new();
        for message in &messages {
            *texts.entry(message.text.as_str()).or_default() += 1;
        }
        assert_eq!(messages.len(), LINES_EACH, "{texts:?}");
        // The buyer said it twice in the same second.
        assert_eq!(texts.get("anybody there"), Some(&2), "{texts:?}");
        assert_eq!(texts.len(), LINES_EACH - 1, "{texts:?}");
    }
}

/// A log without message ids.
fn log() -> String {
    let mut text = "Conversation ID,Sent at,Sender type,Message\n".to_owned();
    for conversation in 0..CONVERSATIONS {
        for line in 0..LINES_EACH {
            let said = match line {
                0 | 1 => "anybody there".to_owned(),
                _ => format!("word {line} about the kettle"),
            };
            let second = if line < 2 { 0 } else { line };
            writeln!(
                text,
                "c{conversation},2026-11-02 12:00:{second:02},customer,{said}"
            )
            .expect("written");
        }
    }
    text
}
