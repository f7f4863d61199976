//! Commands beside a running service: they share its store, and it notices.

use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::Method;
use zhiwen_tests::support::poll_until;
use zhiwen_tests::support::process::{Process, make_shop, program, run, succeed};

use crate::is_found;

/// What the documentation promises, and room for a loaded machine.
const SOON: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn a_key_made_beside_the_service_opens_it_and_a_withdrawn_one_does_not() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let process = Process::serve(folder.path());
    // The shop is new to the service as well.
    let key = make_shop(folder.path(), "a");
    process.wait_until_ready(&key).await;

    let prefix = &key[..11];
    succeed(folder.path(), &["key", "revoke", "--shop", "a", prefix]);
    let withdrawn = Instant::now();
    poll_until("the key is refused", 2 * SOON, async || {
        let call = process.call(Method::GET, "/v1/search?q=x", &key);
        call.send().await.status == 401
    })
    .await;
    println!(
        "a withdrawn key was refused after {:?}",
        withdrawn.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_beside_the_service_is_found_soon() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let key = make_shop(folder.path(), "a");
    let process = Process::serve(folder.path());
    process.wait_until_ready(&key).await;

    let file = folder.path().join("knowledge.csv");
    let text =
        "id,status,domain,title,answer_brief\nw,approved,process,Do you sell widgets,Yes we do\n";
    std::fs::write(&file, text).expect("written");
    let path = file.display().to_string();
    succeed(folder.path(), &["import", &path, "--shop", "a"]);
    let imported = Instant::now();
    poll_until("the import is found", SOON, async || {
        is_found(&process, &key, "widgets", "w").await
    })
    .await;
    println!("an import was found after {:?}", imported.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_service_on_the_same_folder_says_so_and_ends() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let key = make_shop(folder.path(), "a");
    let first = Process::serve(folder.path());
    first.wait_until_ready(&key).await;

    let Err(refusal) = Process::start(program(folder.path())) else {
        panic!("two services on one folder");
    };
    assert_eq!(refusal.status.code(), Some(1), "{refusal:?}");
    assert!(
        refusal.text.contains("in use by another zhiwen"),
        "{refusal:?}"
    );
    // The first one has not noticed.
    assert!(
        first
            .call(Method::GET, "/v1/search?q=x", &key)
            .send()
            .await
            .status
            == 200
    );
    assert!(first.stop().success());
    // Its end frees the folder.
    assert!(Process::serve(folder.path()).stop().success());
}

#[test]
fn what_stands_in_the_way_is_said_with_an_exit_code() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let check = |folder: &Path, arguments: &[&str], said: &str| {
        let output = run(folder, arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
        assert!(error.contains(said), "{arguments:?}: {error}");
    };
    let missing = ["--config", "no-such-file.toml", "config", "check"];
    check(folder.path(), &missing, "no-such-file.toml");
    let nobody = ["health", "--url", "http://127.0.0.1:9"];
    check(folder.path(), &nobody, "service does not answer");
    let no_shop = ["key", "list", "--shop", "nobody"];
    check(folder.path(), &no_shop, "there is no shop \"nobody\"");
    succeed(folder.path(), &["config", "check"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn health_follows_the_service() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let process = Process::serve(folder.path());
    let url = format!("http://{}", process.address);
    succeed(folder.path(), &["health", "--url", &url]);
    assert!(process.stop().success());
    let after = run(folder.path(), &["health", "--url", &url]);
    assert_eq!(after.status.code(), Some(1));
}
