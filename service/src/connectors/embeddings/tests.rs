//! The client against a server that replies as told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use wiremock::matchers::{body_partial_json, header, method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::*;

const LONG: Duration = Duration::from_secs(3600);

/// Replies with a vector a text that tells the text's length, last text first.
struct Lengths;

impl Lengths {
    fn vector(text: &str) -> Value {
        json!([text.chars().count(), 1])
    }
}

impl Respond for Lengths {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = request.body_json().unwrap();
        let texts = body["input"].as_array().unwrap();
        let mut data: Vec<Value> = (0..)
            .zip(texts)
            .map(|(index, text): (usize, _)| {
                json!({ "index": index, "embedding": Self::vector(text.as_str().unwrap()) })
            })
            .collect();
        data.reverse();
        ResponseTemplate::new(200).set_body_json(json!({ "object": "list", "data": data }))
    }
}

fn options(server: &MockServer) -> EmbeddingsOptions {
    EmbeddingsOptions {
        retry: Retry {
            attempts: 3,
            first_pause: Duration::from_millis(1),
            longest_pause: Duration::from_millis(2),
        },
        breaker: BreakerOptions {
            failures: 100,
            pause: LONG,
        },
        ..EmbeddingsOptions::new(&format!("{}/v1", server.uri()), "small")
    }
}

/// An encoder that has come to know its dimensions; the server is bare again.
async fn connected(server: &MockServer, options: EmbeddingsOptions) -> RemoteEncoder {
    Mock::given(path("/v1/embeddings"))
        .respond_with(Lengths)
        .mount(server)
        .await;
    let encoder = RemoteEncoder::connect(options).await.unwrap();
    server.reset().await;
    encoder
}

async fn reply_once(server: &MockServer, reply: ResponseTemplate) {
    Mock::given(method("POST"))
        .respond_with(reply)
        .up_to_n_times(1)
        .mount(server)
        .await;
}

async fn reply_well(server: &MockServer) {
    Mock::given(method("POST"))
        .respond_with(Lengths)
        .mount(server)
        .await;
}

async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

fn texts(texts: &[&str]) -> Vec<Normalized> {
    texts.iter().map(|text| Normalized::new(text)).collect()
}

fn check_row(row: &[f32], length: f32) {
    let norm = length.hypot(1.0);
    assert!((row[0] - length / norm).abs() < 1e-6, "{row:?}");
    assert!((row[1] - 1.0 / norm).abs() < 1e-6, "{row:?}");
}

#[tokio::test]
async fn gives_unit_vectors_in_order_and_sends_what_the_server_wants() {
    let server = MockServer::start().await;
    let encoder = connected(
        &server,
        EmbeddingsOptions {
            api_key: Some(Secret::new("sk-1")),
            dimensions: Some(2),
            question_prefix: "q: ".to_owned(),
            ..options(&server)
        },
    )
    .await;
    Mock::given(method("POST"))
        .and(path("/v1/embeddings"))
        .and(header("authorization", "Bearer sk-1"))
        .and(body_partial_json(
            json!({ "model": "small", "dimensions": 2, "input": ["q: 包邮吗", "q: a"] }),
        ))
        .respond_with(Lengths)
        .expect(1)
        .mount(&server)
        .await;
    let vectors = encoder
        .encode(Side::Question, &texts(&["包邮吗", "", "a"]))
        .await
        .unwrap();
    assert_eq!((vectors.len(), vectors.dimensions()), (3, 2));
    let rows: Vec<&[f32]> = vectors.rows().collect();
    check_row(rows[0], 6.0);
    assert_eq!(rows[1], [0.0, 0.0], "nothing is known of an empty text");
    check_row(rows[2], 4.0);
    assert_eq!(encoder.identity().name, "remote:small");
    assert!(!format!("{encoder:?} {:?}", options(&server)).contains("sk-1"));
}

#[tokio::test]
async fn no_text_is_no_request() {
    let server = MockServer::start().await;
    let encoder = connected(&server, options(&server)).await;
    for none in [texts(&[]), texts(&["", " "])] {
        let vectors = encoder.encode(Side::Knowledge, &none).await.unwrap();
        assert_eq!(vectors.len(), none.len());
    }
    assert_eq!(requests(&server).await, 0);
}

#[tokio::test]
async fn many_texts_go_in_batches() {
    let server = MockServer::start().await;
    let encoder = connected(
        &server,
        EmbeddingsOptions {
            batch: 3,
            ..options(&server)
        },
    )
    .await;
    reply_well(&server).await;
    let seven: Vec<String> = (1..8).map(|length| "好".repeat(length)).collect();
    let seven: Vec<Normalized> = seven.iter().map(|text| Normalized::new(text)).collect();
    let vectors = encoder.encode(Side::Knowledge, &seven).await.unwrap();
    for (row, length) in vectors.rows().zip(1_u8..) {
        check_row(row, f32::from(length));
    }
    let sizes: Vec<usize> = server
        .received_requests()
        .await
        .unwrap()
        .iter()
        .map(|request| {
            request.body_json::<Value>().unwrap()["input"]
                .as_array()
                .unwrap()
                .len()
        })
        .collect();
    assert_eq!(sizes, [3, 3, 1]);
}

#[tokio::test]
async fn fingerprints_differ_with_all_that_makes_a_vector() {
    let base = EmbeddingsOptions::new("https://a.example/v1", "small");
    let with = |change: fn(&mut EmbeddingsOptions)| {
        let mut options = base.clone();
        change(&mut options);
        options.fingerprint(2)
    };
    let same = base.fingerprint(2);
    assert_eq!(with(|options| options.base_url.push('/')), same);
    assert_eq!(with(|options| options.batch = 99), same);
    assert_eq!(
        with(|options| options.api_key = Some(Secret::new("k"))),
        same
    );
    let others = [
        base.fingerprint(3),
        with(|options| options.base_url.push_str("/v2")),
        with(|options| options.model.push('2')),
        with(|options| options.question_prefix.push('q')),
        with(|options| options.knowledge_prefix.push('q')),
    ];
    for (at, other) in others.iter().enumerate() {
        assert_ne!(*other, same);
        assert!(!others[..at].contains(other));
    }
}

#[tokio::test]
async fn tries_again_what_may_pass() {
    let server = MockServer::start().await;
    let encoder = connected(&server, options(&server)).await;
    for status in [503, 429] {
        reply_once(&server, ResponseTemplate::new(status)).await;
    }
    reply_well(&server).await;
    let vectors = encoder.encode(Side::Question, &texts(&["好"])).await;
    assert_eq!(vectors.unwrap().len(), 1);
    assert_eq!(requests(&server).await, 3);
}

#[tokio::test]
async fn gives_up_after_its_attempts() {
    let server = MockServer::start().await;
    let encoder = connected(&server, options(&server)).await;
    for (status, overloaded) in [(500, false), (429, true)] {
        server.reset().await;
        Mock::given(method("POST"))
            .respond_with(ResponseTemplate::new(status))
            .mount(&server)
            .await;
        let outcome = encoder.encode(Side::Question, &texts(&["好"])).await;
        let found = matches!(outcome, Err(EncoderError::Overloaded));
        assert_eq!(found, overloaded, "{outcome:?}");
        assert_eq!(requests(&server).await, 3);
    }
}

#[tokio::test]
async fn waits_as_long_as_the_server_asks() {
    let server = MockServer::start().await;
    let encoder = connected(&server, options(&server)).await;
    reply_once(
        &server,
        ResponseTemplate::new(429).insert_header("retry-after", "1"),
    )
    .await;
    reply_well(&server).await;
    let start = Instant::now();
    encoder
        .encode(Side::Question, &texts(&["好"]))
        .await
        .unwrap();
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn does_not_wait_past_the_deadline() {
    let server = MockServer::start().await;
    let encoder = connected(&server, options(&server)).await;
    reply_once(
        &server,
        ResponseTemplate::new(503).insert_header("retry-after", "3600"),
    )
    .await;
    let outcome = encoder.encode(Side::Question, &texts(&["好"])).await;
    assert!(
        matches!(outcome, Err(EncoderError::Unavailable(_))),
        "{outcome:?}"
    );
    assert_eq!(requests(&server).await, 1);
}

#[tokio::test]
async fn a_slow_server_is_cut_short_and_tried_again() {
    let server = MockServer::start().await;
    let encoder = connected(
        &server,
        EmbeddingsOptions {
            request_timeout: Duration::from_millis(200),
            ..options(&server)
        },
    )
    .await;
    reply_once(&server, ResponseTemplate::new(200).set_delay(LONG)).await;
    reply_well(&server).await;
    let vectors = encoder.encode(Side::Question, &texts(&["好"])).await;
    assert_eq!(vectors.unwrap().len(), 1);
    assert_eq!(requests(&server).await, 2);
}

#[tokio::test]
async fn a_refusal_is_not_tried_again() {
    let server = MockServer::start().await;
    let encoder = connected(&server, options(&server)).await;
    for status in [400, 401, 403, 302] {
        server.reset().await;
        // What it echoes must not come to light.
        let reply = ResponseTemplate::new(status)
            .insert_header("location", "/elsewhere")
            .set_body_string("wrong key sk-1 for 好");
        Mock::given(method("POST"))
            .respond_with(reply)
            .mount(&server)
            .await;
        match encoder.encode(Side::Question, &texts(&["好"])).await {
            Err(EncoderError::Unavailable(reason)) => assert_eq!(
                reason,
                format!("embeddings server refused with status {status}")
            ),
            other => panic!("{other:?}"),
        }
        assert_eq!(requests(&server).await, 1);
    }
}

#[tokio::test]
async fn a_malformed_reply_is_said_to_be_one() {
    let server = MockServer::start().await;
    let encoder = connected(&server, options(&server)).await;
    for body in [
        "not json",
        r#"{"data":[]}"#,
        r#"{"data":[{"index":0,"embedding":[1,2,3]}]}"#,
        r#"{"data":[{"index":7,"embedding":[1,2]}]}"#,
    ] {
        server.reset().await;
        reply_once(&server, ResponseTemplate::new(200).set_body_string(body)).await;
        let outcome = encoder.encode(Side::Question, &texts(&["好"])).await;
        assert!(
            matches!(outcome, Err(EncoderError::Malformed(_))),
            "{body}: {outcome:?}"
        );
        assert_eq!(requests(&server).await, 1);
    }
}

#[tokio::test]
async fn a_server_that_keeps_failing_is_left_alone() {
    let server = MockServer::start().await;
    let encoder = connected(
        &server,
        EmbeddingsOptions {
            breaker: BreakerOptions {
                failures: 2,
                pause: LONG,
            },
            ..options(&server)
        },
    )
    .await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(500))
        .mount(&server)
        .await;
    for _ in 0..3 {
        let outcome = encoder.encode(Side::Question, &texts(&["好"])).await;
        assert!(
            matches!(outcome, Err(EncoderError::Unavailable(_))),
            "{outcome:?}"
        );
    }
    assert_eq!(requests(&server).await, 2, "no request once it is open");
}

#[tokio::test]
async fn a_server_that_has_recovered_is_used_again() {
    let server = MockServer::start().await;
    let encoder = connected(
        &server,
        EmbeddingsOptions {
            retry: Retry {
                attempts: 1,
                ..options(&server).retry
            },
            breaker: BreakerOptions {
                failures: 1,
                pause: Duration::ZERO,
            },
            ..options(&server)
        },
    )
    .await;
    for _ in 0..2 {
        reply_once(&server, ResponseTemplate::new(500)).await;
    }
    reply_well(&server).await;
    for works in [false, false, true, true] {
        let outcome = encoder.encode(Side::Question, &texts(&["好"])).await;
        assert_eq!(outcome.is_ok(), works, "{outcome:?}");
    }
}

#[tokio::test]
async fn a_text_that_the_server_refuses_does_not_count_against_it() {
    let server = MockServer::start().await;
    let encoder = connected(
        &server,
        EmbeddingsOptions {
            breaker: BreakerOptions {
                failures: 1,
                pause: LONG,
            },
            ..options(&server)
        },
    )
    .await;
    reply_once(&server, ResponseTemplate::new(413)).await;
    reply_well(&server).await;
    let question = texts(&["好"]);
    assert!(encoder.encode(Side::Question, &question).await.is_err());
    assert!(encoder.encode(Side::Question, &question).await.is_ok());
}

/// Tells that a request has come, and lets it wait.
struct Held(std::sync::Mutex<Option<oneshot::Sender<()>>>);

impl Respond for Held {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        if let Some(come) = self.0.lock().unwrap().take() {
            come.send(()).unwrap();
        }
        ResponseTemplate::new(200).set_delay(LONG)
    }
}

#[tokio::test]
async fn one_call_too_many_is_told_so_at_once() {
    let server = MockServer::start().await;
    let encoder = connected(
        &server,
        EmbeddingsOptions {
            calls: 1,
            ..options(&server)
        },
    )
    .await;
    let encoder = Arc::new(encoder);
    let (come, has_come) = oneshot::channel();
    let held = Held(std::sync::Mutex::new(Some(come)));
    Mock::given(method("POST"))
        .respond_with(held)
        .up_to_n_times(1)
        .mount(&server)
        .await;
    reply_well(&server).await;
    let first = tokio::spawn({
        let encoder = encoder.clone();
        async move { encoder.encode(Side::Question, &texts(&["好"])).await }
    });
    has_come.await.unwrap();
    let second = encoder.encode(Side::Question, &texts(&["好"])).await;
    assert!(
        matches!(second, Err(EncoderError::Overloaded)),
        "{second:?}"
    );
    // A caller that goes makes room.
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    let third = encoder.encode(Side::Question, &texts(&["好"])).await;
    assert!(third.is_ok(), "{third:?}");
}

#[tokio::test]
async fn what_cannot_work_is_refused_when_connecting() {
    let server = MockServer::start().await;
    reply_well(&server).await;
    let refused = |change: fn(&mut EmbeddingsOptions)| {
        let mut options = options(&server);
        change(&mut options);
        async {
            RemoteEncoder::connect(options)
                .await
                .unwrap_err()
                .to_string()
        }
    };
    for (fault, part) in [
        (refused(|it| it.model.clear()).await, "no name"),
        (refused(|it| it.batch = 0).await, "at least 1"),
        (refused(|it| it.base_url.clear()).await, "no URL"),
        (
            refused(|it| it.api_key = Some(Secret::new("a\nb"))).await,
            "no header",
        ),
        (
            refused(|it| it.dimensions = Some(5)).await,
            "length 2 instead of 5",
        ),
    ] {
        assert!(fault.contains(part), "{fault}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let error = RemoteEncoder::connect(EmbeddingsOptions::new(&url, "small"))
        .await
        .unwrap_err();
    assert!(matches!(error, EmbeddingsError::Unreachable(_)), "{error}");
    assert!(!error.to_string().contains("127.0.0.1"));
}
