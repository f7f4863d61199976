//! One HTTP exchange: a call with what every test wants on it, and the reply in a form to snapshot.

use reqwest::header::HeaderMap;
use reqwest::{Body, RequestBuilder};
use serde_json::{Map, Value, json};

/// Headers that are part of what the API promises.
const SHOWN_HEADERS: [&str; 7] = [
    "allow",
    "content-disposition",
    "etag",
    "idempotent-replayed",
    "location",
    "retry-after",
    "www-authenticate",
];

/// A request that is being put together.
pub struct Call(RequestBuilder);

impl Call {
    /// A call with a request id, so that problem bodies are the same in every run.
    pub fn new(request: RequestBuilder) -> Self {
        Self(request.header("x-request-id", "test-request"))
    }

    /// A call that is put together already.
    pub fn from_inner(request: RequestBuilder) -> Self {
        Self(request)
    }

    /// Sends the key.
    pub fn key(self, key: &str) -> Self {
        Self(self.0.bearer_auth(key))
    }

    /// Adds a header.
    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    /// Sends JSON.
    pub fn json(self, value: &Value) -> Self {
        Self(self.0.json(value))
    }

    /// Sends bytes as they are.
    pub fn body(self, content_type: &str, bytes: impl Into<Body>) -> Self {
        Self(self.0.header("content-type", content_type).body(bytes))
    }

    /// The request under it, for what this type does not have.
    pub fn into_inner(self) -> RequestBuilder {
        self.0
    }

    /// Sends it and reads the whole reply.
    pub async fn send(self) -> Reply {
        let response = self.0.send().await.expect("the service replies");
        Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            bytes: response.bytes().await.expect("the body ends").to_vec(),
        }
    }
}

/// A reply.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Reply {
    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    /// A problem in a line: status, name, then each field with its message,
    /// or the detail where no field is at fault.
    ///
    /// # Panics
    /// When it is not a problem of the form that all have.
    pub fn problem(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{self:?}"
        );
        let body = self.json();
        let text = |name: &str| body[name].as_str().unwrap_or("").to_owned();
        let kind = text("type");
        let name = kind.strip_prefix("urn:zhiwen:problem:");
        let name = name.unwrap_or_else(|| panic!("type is {kind:?}"));
        assert_eq!(body["status"], self.status);
        assert_eq!(self.header("x-request-id"), Some(&*text("request_id")));
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        let fields: Vec<String> = errors
            .iter()
            .map(|error| {
                let part = |name: &str| error[name].as_str().unwrap_or("").to_owned();
                format!("{}: {}", part("field"), part("message"))
            })
            .collect();
        let what = match fields.is_empty() {
            true => text("detail"),
            false => fields.join("; "),
        };
        format!("{} {name}: {what}", self.status)
    }

    /// Status, the headers that the API promises, and the body; what differs
    /// from run to run is replaced: ids that the service makes by `[uuid]`,
    /// keys' shown parts by `[key]`, scores by `[number]`.
    pub fn snapshot(&self) -> Value {
        let mut shown = Map::new();
        shown.insert("status".to_owned(), json!(self.status));
        for name in SHOWN_HEADERS {
            if let Some(value) = self.header(name) {
                shown.insert(name.to_owned(), json!(value));
            }
        }
        let content_type = self.header("content-type").unwrap_or("");
        let is_json = content_type.starts_with("application/") && content_type.contains("json");
        if is_json && content_type != "application/x-ndjson" {
            shown.insert("body".to_owned(), redacted(self.json()));
        } else if !self.bytes.is_empty() {
            shown.insert("content-type".to_owned(), json!(content_type));
            shown.insert("body".to_owned(), json!(self.text()));
        }
        Value::Object(shown)
    }
}

fn redacted(value: Value) -> Value {
    match value {
        Value::String(text) if is_uuid(&text) => json!("[uuid]"),
        Value::String(text) if text.starts_with("zw_") => json!("[key]"),
        Value::Number(number) if number.is_f64() => json!("[number]"),
        Value::Array(values) => values.into_iter().map(redacted).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, redacted(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12]
        && text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
