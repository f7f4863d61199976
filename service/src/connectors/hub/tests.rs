//! Fetching models from a hub of the tests' own.

mod scene;

use std::sync::Mutex;

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use self::scene::{COMMIT, CONFIG, POOLING, REPO, Scene, Turn, VOCAB, blob, sha256, weights};
use super::*;

fn check_model(scene: &Scene) {
    let target = scene.target();
    assert_eq!(scene.left(), ["bge"]);
    assert_eq!(
        fs::read(target.join("model.safetensors")).unwrap(),
        weights()
    );
    assert_eq!(fs::read_to_string(target.join("vocab.txt")).unwrap(), VOCAB);
    let mut names: Vec<String> = fs::read_dir(&target)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "1_Pooling",
            "config.json",
            "model.safetensors",
            "vocab.txt",
            RECORD
        ]
    );
    verify(&target).unwrap();
}

#[tokio::test]
async fn a_model_is_fetched_checked_and_recorded() {
    let scene = Scene::start([]).await.list_all().await;
    let heard = Mutex::new(Vec::new());
    let listener =
        |progress: Progress<'_>| heard.lock().unwrap().push((progress.done, progress.total));
    let Fetched::New(source) = scene.fetch_heard(1, &listener).await.unwrap() else {
        panic!("there was none before");
    };
    check_model(&scene);
    assert_eq!(source.commit.as_deref(), Some(COMMIT));
    assert_eq!(source.files.len(), 4);
    assert_eq!(source.files["model.safetensors"], sha256(&weights()));
    assert_eq!(verify(&scene.target()).unwrap(), source);
    let total = (CONFIG.len() + VOCAB.len() + POOLING.len() + weights().len()) as u64;
    let heard = heard.into_inner().unwrap();
    assert_eq!(heard.last(), Some(&(total, Some(total))));
    assert!(heard.is_sorted(), "nothing started over");
    let record = fs::read_to_string(scene.target().join(RECORD)).unwrap();
    assert!(
        record.contains("question_prefix = \"为这个句子"),
        "{record}"
    );
    assert!(!record.contains("hf_token"));
}

#[tokio::test]
async fn the_token_stays_with_the_hub() {
    let scene = Scene::start([]).await.list_all().await;
    scene.fetch(1).await.unwrap();
    for request in scene.hub_requests().await {
        assert_eq!(request.headers["authorization"], "Bearer hf_token");
    }
    let heads = scene.store.heads();
    assert_eq!(heads.len(), 1);
    assert!(!heads[0].contains("authorization") && !heads[0].contains("hf_token"));
}

#[tokio::test]
async fn what_is_there_is_not_fetched_again() {
    let scene = Scene::start([]).await.list_all().await;
    let Fetched::New(source) = scene.fetch(1).await.unwrap() else {
        panic!("there was none before");
    };
    let requests = scene.hub_requests().await.len();
    let again = scene.fetch(1).await.unwrap();
    assert_eq!(again, Fetched::AlreadyThere(source));
    assert_eq!(scene.hub_requests().await.len(), requests);

    fs::write(scene.target().join("vocab.txt"), "other").unwrap();
    let error = scene.fetch(1).await.unwrap_err();
    assert!(error.to_string().contains("vocab.txt"), "{error}");
}

#[tokio::test]
async fn a_folder_with_something_else_is_left_as_it_is() {
    let scene = Scene::start([]).await.list_all().await;
    fs::create_dir(scene.target()).unwrap();
    fs::write(scene.target().join("mine"), "").unwrap();
    let error = scene.fetch(1).await.unwrap_err();
    assert!(matches!(error, HubError::Occupied(_)), "{error}");
    fs::remove_dir_all(scene.target()).unwrap();
    fs::write(scene.target(), "a file").unwrap();
    let error = scene.fetch(1).await.unwrap_err();
    assert!(matches!(error, HubError::Occupied(_)), "{error}");
    fs::remove_file(scene.target()).unwrap();
    fs::create_dir(scene.target()).unwrap();
    scene.fetch(1).await.unwrap();
    check_model(&scene);
}

#[tokio::test]
async fn a_broken_connection_is_taken_up_again() {
    let turns = [Turn::HangUpAfter(150_000), Turn::HangUpAfter(100_000)];
    let scene = Scene::start(turns).await.list_all().await;
    // Two attempts, and three requests: each brought something.
    scene.fetch(2).await.unwrap();
    check_model(&scene);
    let heads = scene.store.heads();
    assert_eq!(heads.len(), 3);
    assert!(!heads[0].contains("range:"));
    for head in &heads[1..] {
        assert!(head.contains("range: bytes="), "{head}");
        assert!(head.contains("if-range: \"v1\""), "{head}");
    }
}

#[tokio::test]
async fn a_later_call_goes_on_where_an_earlier_one_ended() {
    let scene = Scene::start([Turn::HangUpAfter(150_000)])
        .await
        .list_all()
        .await;
    let error = scene.fetch(1).await.unwrap_err();
    assert!(matches!(error, HubError::Unreachable(_)), "{error}");
    assert!(!scene.target().exists());
    scene.fetch(1).await.unwrap();
    check_model(&scene);
    assert!(scene.store.heads()[1].contains("range: bytes="));
    let requests = scene.hub_requests().await;
    let config = format!("/{COMMIT}/config.json");
    let of_config = requests
        .iter()
        .filter(|it| it.url.path().ends_with(&config));
    assert_eq!(of_config.count(), 1, "whole files are not fetched again");
}

#[tokio::test]
async fn parts_of_two_versions_are_not_put_together() {
    let turns = [Turn::HangUpAfter(150_000)];
    let scene = Scene::start(turns).await.list_all().await;
    scene.fetch(1).await.unwrap_err();
    let part = scene
        .folder
        .path()
        .join(".bge.staging/model.safetensors.part");
    let length = fs::metadata(&part).unwrap().len();
    fs::write(&part, vec![7; usize::try_from(length).unwrap()]).unwrap();
    scene.fetch(1).await.unwrap();
    check_model(&scene);
    let ranges = scene
        .store
        .heads()
        .iter()
        .map(|head| head.contains("range:"))
        .collect::<Vec<_>>();
    assert_eq!(ranges, [false, true, false]);
}

#[tokio::test]
async fn a_wrong_checksum_is_refused_and_leaves_nothing() {
    let scene = Scene::start([Turn::Wrongly, Turn::Wrongly])
        .await
        .list_all()
        .await;
    let error = scene.fetch(1).await.unwrap_err();
    assert!(
        matches!(&error, HubError::Corrupt(path) if path == "model.safetensors"),
        "{error}"
    );
    assert_eq!(scene.left(), [""; 0]);
}

#[tokio::test]
async fn a_file_of_another_size_is_refused() {
    let siblings = json!([
        { "rfilename": "config.json", "size": CONFIG.len() - 1, "blobId": blob(CONFIG) },
        { "rfilename": "model.safetensors" }, { "rfilename": "vocab.txt" },
    ]);
    let scene = Scene::start([]).await.list(siblings).await;
    let error = scene.fetch(3).await.unwrap_err();
    assert!(
        matches!(&error, HubError::Corrupt(path) if path == "config.json"),
        "{error}"
    );
    assert_eq!(scene.left(), [""; 0]);
}

#[tokio::test]
async fn checksums_may_come_with_the_files() {
    let names = [
        "config.json",
        "vocab.txt",
        "model.safetensors",
        "1_Pooling/config.json",
    ];
    let siblings: Vec<Value> = names
        .iter()
        .map(|name| json!({ "rfilename": name }))
        .collect();
    let scene = Scene::start([]).await.list(json!(siblings)).await;
    scene.fetch(1).await.unwrap();
    check_model(&scene);

    let scene = Scene::start([Turn::Wrongly])
        .await
        .list(json!(siblings))
        .await;
    assert!(matches!(scene.fetch(1).await, Err(HubError::Corrupt(_))));
}

#[tokio::test]
async fn a_file_without_a_checksum_is_refused() {
    let names = [
        "config.json",
        "vocab.txt",
        "model.safetensors",
        "modules.json",
    ];
    let siblings: Vec<Value> = names
        .iter()
        .map(|name| json!({ "rfilename": name }))
        .collect();
    let scene = Scene::start([]).await.list(json!(siblings)).await;
    let at = format!("/{REPO}/resolve/{COMMIT}/modules.json");
    scene
        .answer(&at, ResponseTemplate::new(200).set_body_string("[]"))
        .await;
    let error = scene.fetch(1).await.unwrap_err();
    assert!(
        matches!(&error, HubError::Unverifiable(path) if path == "modules.json"),
        "{error}"
    );
    assert_eq!(scene.left(), [""; 0]);
}

#[tokio::test]
async fn what_is_no_model_is_said_before_anything_is_fetched() {
    let only_torch = json!([
        { "rfilename": "config.json" }, { "rfilename": "vocab.txt" },
        { "rfilename": "pytorch_model.bin" },
    ]);
    let outside = json!([
        { "rfilename": "config.json" }, { "rfilename": "vocab.txt" },
        { "rfilename": "model.safetensors" }, { "rfilename": "../../evil" },
    ]);
    for (siblings, part) in [
        (only_torch, "lacks model.safetensors: its weights"),
        (outside, "\"../../evil\""),
        (json!("none"), "no files"),
    ] {
        let scene = Scene::start([]).await.list(siblings).await;
        let error = scene.fetch(1).await.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert_eq!(scene.hub_requests().await.len(), 1);
        assert_eq!(scene.left(), [""; 0]);
    }
}

#[tokio::test]
async fn what_the_hub_does_not_give_is_named() {
    for (status, requests, part) in [
        (404, 1, "hub has no BAAI/bge-small-zh-v1.5 at main"),
        (401, 1, "without a token that may read it"),
        (503, 3, "status 503"),
    ] {
        let scene = Scene::start([]).await;
        let at = format!("/api/models/{REPO}/revision/main");
        scene.answer(&at, ResponseTemplate::new(status)).await;
        let error = scene.fetch(3).await.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert_eq!(scene.hub_requests().await.len(), requests);
    }
}

#[tokio::test]
async fn redirections_in_circles_end() {
    let scene = Scene::start([]).await;
    let at = format!("/api/models/{REPO}/revision/main");
    let away = ResponseTemplate::new(307).insert_header("location", format!("{at}?x").as_str());
    scene.answer(&at, away).await;
    let error = scene.fetch(3).await.unwrap_err();
    assert!(matches!(error, HubError::Redirect(_)), "{error}");
}
