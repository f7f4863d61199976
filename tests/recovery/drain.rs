//! SIGTERM: requests under way are answered, records are written, and it ends well.

use std::io::{Read, Write};
use std::net::TcpStream;

use reqwest::Method;
use serde_json::json;
use zhiwen_tests::support::process::{Process, make_shop};

use crate::{PATIENCE, add, item, read, wait_until_found};

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_request_is_answered_and_what_it_wrote_stays() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let key = make_shop(folder.path(), "a");
    let process = Process::serve(folder.path());
    process.wait_until_ready(&key).await;

    let body = item("slow", "Slow lorry", "Patience").to_string();
    let (first, rest) = body.split_at(body.len() / 2);
    let mut connection = TcpStream::connect(process.address).expect("connected");
    connection.set_read_timeout(Some(PATIENCE)).expect("set");
    let head = format!(
        "POST /v1/knowledge HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\
         Expect: 100-continue\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).expect("sent");
    // The interim reply says that a handler waits for the body.
    let mut interim = [0; 25];
    connection
        .read_exact(&mut interim)
        .expect("an interim reply");
    assert!(interim.starts_with(b"HTTP/1.1 100"), "{interim:?}");
    connection.write_all(first.as_bytes()).expect("sent");

    process.terminate();
    process.wait_for_log("graceful shutdown");
    connection.write_all(rest.as_bytes()).expect("sent");
    let mut reply = String::new();
    connection.read_to_string(&mut reply).expect("a reply");
    assert!(reply.starts_with("HTTP/1.1 201"), "{reply}");
    let status = process.wait();
    assert_eq!(status.code(), Some(0), "{status:?}");

    let again = Process::serve(folder.path());
    assert_eq!(read(&again, &key, "slow").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_wait_are_written_before_the_end() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let key = make_shop(folder.path(), "a");
    let process = Process::serve(folder.path());
    process.wait_until_ready(&key).await;
    let added = add(&process, &key, &item("w", "Do you sell widgets", "Yes")).await;
    assert_eq!(added.status, 201, "{}", added.text());
    wait_until_found(&process, &key, "widgets", "w").await;

    let body = json!({
        "conversation_id": "c",
        "messages": [{ "id": "m", "role": "buyer", "text": "Do you sell widgets?" }],
    });
    let call = process.call(Method::POST, "/v1/suggestions", &key);
    let suggestion = call.json(&body).send().await;
    assert_eq!(suggestion.status, 200, "{}", suggestion.text());
    // Nothing waits for the record: it has 100 ms to be written.
    assert!(process.stop().success());

    let id = suggestion.json()["id"].as_str().expect("an id").to_owned();
    let again = Process::serve(folder.path());
    let path = format!("/v1/suggestions/{id}");
    let record = again.call(Method::GET, &path, &key).send().await;
    assert_eq!(record.status, 200, "{}", record.text());
    assert_eq!(record.json()["conversation_id"], "c");
}
