//! A hub that redirects its large file to another host, which breaks
//! connections when told to.

use std::collections::VecDeque;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wiremock::matchers::{path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::super::checksum::hex;
use super::super::{Fetched, Hub, HubError, HubOptions, Listener, Model, Revision};
use crate::connectors::{Retry, Secret};

pub(super) const REPO: &str = "BAAI/bge-small-zh-v1.5";
pub(super) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
pub(super) const CONFIG: &str = r#"{"model_type":"bert"}"#;
pub(super) const VOCAB: &str = "[PAD]\n[UNK]\n好\n";
pub(super) const POOLING: &str = r#"{"pooling_mode_cls_token":true}"#;

pub(super) fn weights() -> Vec<u8> {
    (0..100_000_u32).flat_map(u32::to_le_bytes).collect()
}

pub(super) fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

pub(super) fn blob(content: &str) -> String {
    let header = format!("blob {}\0", content.len());
    hex(&Sha1::new()
        .chain_update(header)
        .chain_update(content)
        .finalize())
}

/// How the host of the large file treats one request.
pub(super) enum Turn {
    /// Replies in full, or from where the range says.
    Well,
    /// Announces the whole file and hangs up after so many bytes.
    HangUpAfter(usize),
    /// Replies as `Well`, with the first byte wrong.
    Wrongly,
}

/// The host of the large file: plain sockets, for a server library would not
/// break its own replies.
pub(super) struct Store {
    address: String,
    /// The heads of the requests so far.
    heads: Arc<Mutex<Vec<String>>>,
}

impl Store {
    pub(super) async fn start(content: Vec<u8>, turns: impl IntoIterator<Item = Turn>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = heads.clone();
        let mut turns: VecDeque<Turn> = turns.into_iter().collect();
        tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(socket.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap().to_lowercase();
                let reply = reply(&content, &head, turns.pop_front().unwrap_or(Turn::Well));
                seen.lock().unwrap().push(head);
                socket.write_all(&reply).await.unwrap();
                socket.shutdown().await.unwrap();
            }
        });
        Self { address, heads }
    }

    pub(super) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn reply(content: &[u8], head: &str, turn: Turn) -> Vec<u8> {
    let from: usize = head.split_once("range: bytes=").map_or(0, |(_, range)| {
        range.split_once('-').unwrap().0.parse().unwrap()
    });
    let same = !head.contains("if-range:") || head.contains("if-range: \"v1\"");
    let (status, from, range) = if from > 0 && same {
        let range = format!("content-range: bytes {from}-{}/{0}\r\n", content.len());
        ("206 Partial Content", from, range)
    } else {
        ("200 OK", 0, String::new())
    };
    let mut body = content[from..].to_vec();
    let length = body.len();
    match turn {
        Turn::Well => {}
        Turn::HangUpAfter(bytes) => body.truncate(bytes),
        Turn::Wrongly => body[0] ^= 1,
    }
    let mut reply = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\netag: \"v1\"\r\n{range}connection: close\r\n\r\n"
    )
    .into_bytes();
    reply.extend(body);
    reply
}

/// A hub, the host of its large file, and a folder for models.
pub(super) struct Scene {
    pub(super) hub: MockServer,
    pub(super) store: Store,
    pub(super) folder: TempDir,
}

impl Scene {
    pub(super) async fn start(turns: impl IntoIterator<Item = Turn>) -> Self {
        let scene = Self {
            hub: MockServer::start().await,
            store: Store::start(weights(), turns).await,
            folder: tempfile::tempdir().unwrap(),
        };
        for (file, content) in [
            ("config.json", CONFIG),
            ("vocab.txt", VOCAB),
            ("1_Pooling/config.json", POOLING),
        ] {
            let tag = format!("\"{}\"", blob(content));
            let reply = ResponseTemplate::new(200)
                .insert_header("etag", tag.as_str())
                .set_body_string(content);
            scene
                .answer(&format!("/{REPO}/resolve/{COMMIT}/{file}"), reply)
                .await;
        }
        let away = ResponseTemplate::new(302)
            .insert_header("location", format!("{}/blob", scene.store.address).as_str())
            .insert_header(
                "x-linked-etag",
                format!("\"{}\"", sha256(&weights())).as_str(),
            );
        scene
            .answer(&format!("/{REPO}/resolve/{COMMIT}/model.safetensors"), away)
            .await;
        scene
    }

    pub(super) async fn answer(&self, at: &str, reply: ResponseTemplate) {
        Mock::given(path(at))
            .respond_with(reply)
            .mount(&self.hub)
            .await;
    }

    /// Has the hub list `siblings`.
    pub(super) async fn list(self, siblings: Value) -> Self {
        let reply = json!({ "id": REPO, "sha": COMMIT, "siblings": siblings });
        Mock::given(path(format!("/api/models/{REPO}/revision/main")))
            .and(query_param("blobs", "true"))
            .respond_with(ResponseTemplate::new(200).set_body_json(reply))
            .mount(&self.hub)
            .await;
        self
    }

    /// Has the hub list the model as it is, and files that nobody wants.
    pub(super) async fn list_all(self) -> Self {
        let content = weights();
        self.list(json!([
            { "rfilename": ".gitattributes", "size": 1, "blobId": blob("x") },
            { "rfilename": "README.md", "size": 1, "blobId": blob("x") },
            { "rfilename": "1_Pooling/config.json", "size": POOLING.len(), "blobId": blob(POOLING) },
            { "rfilename": "config.json", "size": CONFIG.len(), "blobId": blob(CONFIG) },
            { "rfilename": "model.safetensors", "size": content.len(), "blobId": blob("pointer"),
              "lfs": { "sha256": sha256(&content), "size": content.len(), "pointerSize": 135 } },
            { "rfilename": "pytorch_model.bin", "size": 5 },
            { "rfilename": "vocab.txt", "size": VOCAB.len(), "blobId": blob(VOCAB) },
        ]))
        .await
    }

    pub(super) fn target(&self) -> PathBuf {
        self.folder.path().join("bge")
    }

    pub(super) async fn fetch(&self, attempts: u32) -> Result<Fetched, HubError> {
        self.fetch_heard(attempts, &|_| {}).await
    }

    pub(super) async fn fetch_heard(
        &self,
        attempts: u32,
        listener: Listener<'_>,
    ) -> Result<Fetched, HubError> {
        let hub = Hub::new(&HubOptions {
            endpoint: self.hub.uri(),
            token: Some(Secret::new("hf_token")),
            retry: Retry {
                attempts,
                first_pause: Duration::from_millis(1),
                longest_pause: Duration::from_millis(2),
            },
            silence: Duration::from_secs(20),
        })?;
        let model = Model {
            repository: REPO.parse()?,
            revision: Revision::default(),
        };
        hub.fetch(&model, &self.target(), listener).await
    }

    /// What stands in the folder of models, but for the lock.
    pub(super) fn left(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != ".bge.lock").collect()
    }

    pub(super) async fn hub_requests(&self) -> Vec<Request> {
        self.hub.received_requests().await.unwrap()
    }
}
