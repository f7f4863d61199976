//! An operation as a command that can be pasted into a shell.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::schema::{Schemas, example, list, plain, text};

/// A sample value nests this deep.
const MOST_DEPTH: usize = 6;

/// What a command is made of.
pub struct Call<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The path, with `{names}` in it.
    pub path: &'a str,
    /// Whether a key is needed.
    pub is_secured: bool,
    /// The parameters as in the document.
    pub parameters: Vec<&'a Value>,
    /// The media type and schema of the body.
    pub body: Option<(&'a str, &'a Value)>,
}

/// The command.
pub fn command(call: &Call<'_>, base: &str, schemas: Schemas<'_>) -> String {
    let mut lines = vec![format!(
        "curl{} {}",
        verb(call),
        quoted(&address(call, base))
    )];
    if call.is_secured {
        lines.push("-H \"Authorization: Bearer $ZHIWEN_KEY\"".to_owned());
    }
    let mut is_get_said = false;
    for parameter in required(call) {
        let (name, value) = (text(parameter, "name").unwrap_or(""), value_of(parameter));
        match text(parameter, "in") {
            Some("header") => lines.push(format!("-H {}", quoted(&format!("{name}: {value}")))),
            Some("query") => {
                let pair = quoted(&format!("{name}={value}"));
                // Said twice, curl warns.
                let get = if is_get_said { "" } else { "--get " };
                is_get_said = true;
                lines.push(format!("{get}--data-urlencode {pair}"));
            }
            _ => {}
        }
    }
    if let Some((media_type, schema)) = call.body {
        lines.push(format!(
            "-H {}",
            quoted(&format!("Content-Type: {media_type}"))
        ));
        lines.push(body(media_type, schema, schemas));
    }
    lines.join(" \\\n  ")
}

fn verb(call: &Call<'_>) -> String {
    // A body makes curl post.
    let is_implied = match call.method {
        "GET" => call.body.is_none(),
        "POST" => call.body.is_some(),
        _ => false,
    };
    if is_implied {
        String::new()
    } else {
        format!(" -X {}", call.method)
    }
}

fn required<'a>(call: &'a Call<'a>) -> impl Iterator<Item = &'a Value> {
    call.parameters
        .iter()
        .copied()
        .filter(|parameter| parameter.get("required").and_then(Value::as_bool) == Some(true))
}

/// The address, with an example or the parameter's name in capitals in place of `{name}`.
fn address(call: &Call<'_>, base: &str) -> String {
    let mut path = call.path.to_owned();
    for parameter in &call.parameters {
        if text(parameter, "in") == Some("path") {
            let name = text(parameter, "name").unwrap_or("");
            path = path.replace(&format!("{{{name}}}"), &value_of(parameter));
        }
    }
    format!("{}{path}", base.trim_end_matches('/'))
}

fn value_of(parameter: &Value) -> String {
    let own = example(parameter).or_else(|| parameter.get("schema").and_then(example));
    own.map_or_else(
        || match text(parameter, "name").unwrap_or("") {
            "If-Match" => "\"1\"".to_owned(),
            _ if is_integer(parameter) => "1".to_owned(),
            name => name.to_ascii_uppercase(),
        },
        plain,
    )
}

fn is_integer(parameter: &Value) -> bool {
    let kind = parameter
        .get("schema")
        .and_then(|schema| schema.get("type"));
    kind.and_then(Value::as_str) == Some("integer")
}

fn body(media_type: &str, schema: &Value, schemas: Schemas<'_>) -> String {
    if media_type.ends_with("json") {
        let sample = sample(schema, schemas, MOST_DEPTH);
        let text = serde_json::to_string_pretty(&sample).unwrap_or_default();
        return format!("-d {}", quoted(&text));
    }
    let mut file = "knowledge".to_owned();
    if let Some(extension) = extension(media_type) {
        // Writing to a string does not fail.
        let _written = write!(file, ".{extension}");
    }
    format!("--data-binary @{file}")
}

fn extension(media_type: &str) -> Option<&'static str> {
    match media_type {
        "text/csv" => Some("csv"),
        "text/markdown" => Some("md"),
        "application/x-ndjson" | "application/jsonl" => Some("jsonl"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => Some("xlsx"),
        _ => None,
    }
}

/// A value of the schema: what is required, and what has an example.
fn sample(schema: &Value, schemas: Schemas<'_>, depth: usize) -> Value {
    let bare = schemas.bare(schema);
    if let Some(example) = example(schema).or_else(|| example(bare)) {
        return example.clone();
    }
    if let Some(choice) = list(bare, "enum").next() {
        return choice.clone();
    }
    if let Some(items) = bare.get("items") {
        let is_deep = depth == 0;
        return Value::Array(if is_deep {
            Vec::new()
        } else {
            vec![sample(items, schemas, depth - 1)]
        });
    }
    if let Some(properties) = bare.get("properties").and_then(Value::as_object) {
        return sample_object(bare, properties, schemas, depth);
    }
    let kind = match bare.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).next(),
        kind => kind.and_then(Value::as_str),
    };
    match kind {
        Some("integer" | "number") => Value::from(1),
        Some("boolean") => Value::from(true),
        Some("object") => Value::Object(Map::new()),
        _ => Value::from("…"),
    }
}

fn sample_object(
    schema: &Value,
    properties: &Map<String, Value>,
    schemas: Schemas<'_>,
    depth: usize,
) -> Value {
    let is_required = |name: &str| list(schema, "required").any(|one| one == name);
    let is_shown = |name: &str, property: &Value| {
        let has_example = property.get("example").is_some() || property.get("examples").is_some();
        is_required(name) || has_example
    };
    // Where nothing stands out, everything is shown.
    let is_plain = !properties
        .iter()
        .any(|(name, property)| is_shown(name, property));
    let mut object = Map::new();
    for (name, property) in properties {
        if depth > 0 && (is_plain || is_shown(name, property)) {
            object.insert(name.clone(), sample(property, schemas, depth - 1));
        }
    }
    Value::Object(object)
}

/// A text that a shell takes as it stands.
fn quoted(text: &str) -> String {
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "-_./:=@,".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_post_carries_what_is_required_and_what_has_an_example() {
        let document = json!({"components": {"schemas": {"Message": {
            "type": "object",
            "required": ["role", "text"],
            "properties": {
                "role": {"type": "string", "enum": ["buyer", "agent"]},
                "text": {"type": "string", "example": "what's this?"},
                "at": {"type": "string"},
            },
        }}}});
        let schema = json!({
            "type": "object",
            "required": ["messages"],
            "properties": {
                "messages": {"type": "array", "items": {"$ref": "#/components/schemas/Message"}},
                "channel": {"type": ["string", "null"], "example": "jd"},
                "limit": {"type": "integer"},
            },
        });
        let call = Call {
            method: "POST",
            path: "/v1/suggestions",
            is_secured: true,
            parameters: Vec::new(),
            body: Some(("application/json", &schema)),
        };
        let command = command(&call, "http://localhost:1/", Schemas::of(&document));
        assert!(command.starts_with("curl http://localhost:1/v1/suggestions \\\n"));
        assert!(command.contains("Bearer $ZHIWEN_KEY"));
        assert!(command.contains(r"what'\''s this?"));
        assert!(command.contains("\"channel\": \"jd\""));
        assert!(!command.contains("limit"));
    }

    #[test]
    fn a_body_without_required_fields_shows_them_all() {
        let schema = json!({"properties": {
            "displayed": {"type": ["boolean", "null"]},
            "used": {"enum": ["copied", "sent"]},
        }});
        let sample = sample(&schema, Schemas::of(&Value::Null), 1);
        assert_eq!(sample, json!({"displayed": true, "used": "copied"}));
    }

    #[test]
    fn parameters_go_where_they_belong() {
        let parameters = [
            json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}),
            json!({"name": "q", "in": "query", "required": true, "example": "怎么 退货"}),
            json!({"name": "limit", "in": "query", "required": false}),
            json!({"name": "If-Match", "in": "header", "required": true}),
        ];
        let call = Call {
            method: "DELETE",
            path: "/v1/things/{id}",
            is_secured: false,
            parameters: parameters.iter().collect(),
            body: None,
        };
        assert_eq!(
            command(&call, "http://h", Schemas::of(&Value::Null)),
            "curl -X DELETE http://h/v1/things/ID \\\n  \
             --get --data-urlencode 'q=怎么 退货' \\\n  -H 'If-Match: \"1\"'"
        );
    }
}
