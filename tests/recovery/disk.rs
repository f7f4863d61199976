//! A full disk: a clear refusal, nothing half done, and on as soon as there is room.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;
use zhiwen_tests::support::process::{Process, make_shop, program};
use zhiwen_tests::support::{Call, Reply, poll_until};

use crate::{PATIENCE, add, item, read, wait_until_found};

/// More than fits into a page of the log that is not full yet.
const LONG_ANSWER: usize = 3_900;

#[tokio::test(flavor = "multi_thread")]
async fn a_small_file_system_that_fills_up() {
    let Some(disk) = SmallDisk::mount() else {
        skip("a tmpfs cannot be mounted here");
        return;
    };
    let key = make_shop(disk.folder(), "a");
    let process = Process::serve(disk.folder());
    fills_up_and_recovers(disk.folder(), &key, process, &disk).await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_may_write_no_more() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let key = make_shop(folder.path(), "a");
    // Without this a write past the limit ends the process by a signal.
    let mut command = Command::new("sh");
    let inner = program(folder.path());
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
    command.arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let process = Process::start(command).expect("started");
    let limit = FileSizeLimit { of: process.id() };
    if !limit.set("unlimited") {
        skip("the limits of a process cannot be changed here");
        return;
    }
    fills_up_and_recovers(folder.path(), &key, process, &limit).await;
}

/// Something that runs full and is emptied again.
trait Disk {
    fn fill(&self);
    fn free(&self);
}

async fn fills_up_and_recovers(folder: &Path, key: &str, process: Process, disk: &dyn Disk) {
    process.wait_until_ready(key).await;
    let before = item("before", "About widgets", "Yes");
    assert_eq!(add(&process, key, &before).await.status, 201);
    wait_until_found(&process, key, "widgets", "before").await;
    let answer = answer_of_a_suggestion(&process, key).await;

    disk.fill();
    let during = item("during", "About gadgets", &"x".repeat(LONG_ANSWER));
    // More than once: a failed write must not leave the store in a state of its own.
    for _ in 0..3 {
        is_unavailable(&create(&process, key, &during).send().await);
    }
    let changed = item("before", "About widgets", &"y".repeat(LONG_ANSWER));
    let path = "/v1/knowledge/before";
    let put = process.call(Method::PUT, path, key).header("if-match", "*");
    is_unavailable(&put.json(&changed).send().await);
    // Nothing is half done, and reading goes on.
    assert_eq!(read(&process, key, "during").await.status, 404);
    let standing = read(&process, key, "before").await.json();
    assert_eq!(
        (&standing["version"], &standing["answer_brief"]),
        (&json!(1), &json!("Yes"))
    );
    answer_of_a_suggestion(&process, key).await;

    disk.free();
    poll_until("the store takes the item", PATIENCE, async || {
        let reply = create(&process, key, &during).send().await;
        assert!(matches!(reply.status, 201 | 503), "{}", reply.text());
        reply.status == 201
    })
    .await;
    let put = process.call(Method::PUT, path, key).header("if-match", "*");
    assert_eq!(put.json(&changed).send().await.status, 200);
    let feedback = format!("/v1/answers/{answer}/feedback");
    let patch = process.call(Method::PATCH, &feedback, key);
    assert_eq!(
        patch
            .json(&json!({ "displayed": true }))
            .send()
            .await
            .status,
        200
    );
    wait_until_found(&process, key, "gadgets", "during").await;
    assert!(process.stop().success());

    let again = Process::serve(folder);
    again.wait_until_ready(key).await;
    for (id, version) in [("before", 2), ("during", 1)] {
        assert_eq!(
            read(&again, key, id).await.json()["version"],
            version,
            "{id}"
        );
    }
}

/// The same request each time, so that it is done once however often it is sent.
fn create(process: &Process, key: &str, item: &serde_json::Value) -> Call {
    let call = process.call(Method::POST, "/v1/knowledge", key);
    call.header("idempotency-key", "create-during").json(item)
}

fn is_unavailable(reply: &Reply) {
    assert_eq!(reply.status, 503, "{}", reply.text());
    assert_eq!(reply.json()["type"], "urn:zhiwen:problem:store-unavailable");
    assert_eq!(reply.header("retry-after"), Some("1"));
}

/// Suggests, which needs no disk; gives the first answer's id.
async fn answer_of_a_suggestion(process: &Process, key: &str) -> String {
    let body = json!({
        "conversation_id": "c",
        "messages": [{ "id": "m", "role": "buyer", "text": "About widgets?" }],
    });
    let call = process.call(Method::POST, "/v1/suggestions", key);
    let reply = call.json(&body).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let id = reply.json()["answers"][0]["id"].as_str().map(str::to_owned);
    id.unwrap_or_else(|| panic!("no answer: {}", reply.text()))
}

/// A file system of a few megabytes, in memory.
struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().expect("temporary folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=24m", "zhiwen-test"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(Self { folder })
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn filler(&self) -> PathBuf {
        self.folder.path().join("filler")
    }
}

impl Disk for SmallDisk {
    fn fill(&self) {
        let mut filler = File::create(self.filler()).expect("created");
        for size in [65_536, 512, 1] {
            let bytes = vec![b'x'; size];
            while filler.write_all(&bytes).is_ok() {}
        }
    }

    fn free(&self) {
        fs::remove_file(self.filler()).expect("removed");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the service may still be ending.
        let _gone = Command::new("umount")
            .arg("--lazy")
            .arg(self.folder.path())
            .status();
    }
}

/// The size that a process may bring a file to.
#[cfg(target_os = "linux")]
struct FileSizeLimit {
    of: u32,
}

#[cfg(target_os = "linux")]
impl FileSizeLimit {
    /// Whether the limit could be set. Only the soft one is, so that it can be raised again.
    fn set(&self, limit: &str) -> bool {
        Command::new("prlimit")
            .args(["--pid", &self.of.to_string(), &format!("--fsize={limit}:")])
            .output()
            .is_ok_and(|output| output.status.success())
    }
}

#[cfg(target_os = "linux")]
impl Disk for FileSizeLimit {
    fn fill(&self) {
        assert!(self.set("0"));
    }

    fn free(&self) {
        assert!(self.set("unlimited"));
    }
}

fn skip(reason: &str) {
    let _closed = writeln!(std::io::stderr(), "skipped: {reason}");
}
