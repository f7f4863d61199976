//! A JSON schema as the rows of a table, with what it refers to resolved.

use serde_json::Value;

use super::prose::Prose;

/// Objects within objects are shown this deep.
const MOST_DEPTH: usize = 6;

/// A field of a body.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The path of what it is in: `messages[].`, or empty.
    pub within: String,
    /// Its name.
    pub name: String,
    /// Whether it has to be there.
    pub is_required: bool,
    /// Its type in words.
    pub kind: String,
    /// The values it may have, where these are few.
    pub choices: Vec<String>,
    /// What it means.
    pub description: Prose,
    /// A value it may have.
    pub example: Option<String>,
}

/// An OpenAPI document, by which schemas are resolved.
#[derive(Clone, Copy)]
pub struct Schemas<'a> {
    document: &'a Value,
}

impl<'a> Schemas<'a> {
    /// The schemas of `document`.
    pub fn of(document: &'a Value) -> Self {
        Self { document }
    }

    /// What `schema` refers to, through any number of references.
    pub fn resolve(&self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        for _ in 0..MOST_DEPTH {
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
                break;
            };
            let pointer = reference.trim_start_matches('#');
            schema = self.document.pointer(pointer).unwrap_or(&Value::Null);
        }
        schema
    }

    /// The schema without the wrapping that says it may be null or is a reference.
    pub fn bare(&self, schema: &'a Value) -> &'a Value {
        let schema = self.resolve(schema);
        let variants = variants(schema);
        let mut others = variants.iter().filter(|variant| !is_null(variant));
        match (others.next(), others.next()) {
            (Some(only), None) => self.bare(only),
            _ => schema,
        }
    }

    /// The fields of `schema`, those of inner objects after their own.
    pub fn rows(&self, schema: &'a Value) -> Vec<Row> {
        let mut rows = Vec::new();
        self.add_rows(schema, "", &mut Vec::new(), &mut rows);
        rows
    }

    /// A field or parameter as a row.
    pub fn row(&self, name: &str, schema: &'a Value, description: &str) -> Row {
        let bare = self.bare(schema);
        let is_described = !description.trim().is_empty();
        // What is said of the field goes before what is said of its type.
        let own = || variants(schema).into_iter().chain([schema]);
        let own_description = own().find_map(|one| text(one, "description"));
        Row {
            within: String::new(),
            name: name.to_owned(),
            is_required: false,
            kind: self.kind(schema),
            choices: self.choices(schema),
            description: Prose::read(if is_described {
                description
            } else {
                own_description
                    .or_else(|| text(bare, "description"))
                    .unwrap_or("")
            }),
            example: own().find_map(example).or_else(|| example(bare)).map(plain),
        }
    }

    fn add_rows(
        &self,
        schema: &'a Value,
        within: &str,
        above: &mut Vec<&'a Value>,
        rows: &mut Vec<Row>,
    ) {
        let schema = self.bare(schema);
        // A schema may hold itself.
        if above.len() >= MOST_DEPTH || above.iter().any(|one| std::ptr::eq(*one, schema)) {
            return;
        }
        above.push(schema);
        for variant in variants(schema) {
            self.add_rows(variant, within, above, rows);
        }
        if let Some(items) = schema.get("items") {
            let prefix = within.strip_suffix('.').unwrap_or(within);
            self.add_rows(items, &format!("{prefix}[]."), above, rows);
        }
        let required: Vec<&str> = list(schema, "required").filter_map(Value::as_str).collect();
        let is_required = |name: &str| required.contains(&name);
        let properties = schema.get("properties").and_then(Value::as_object);
        let mut properties: Vec<(&String, &Value)> = properties.into_iter().flatten().collect();
        properties.sort_by_key(|(name, _)| !is_required(name));
        for (name, property) in properties {
            rows.push(Row {
                within: within.to_owned(),
                is_required: is_required(name),
                ..self.row(name, property, "")
            });
            self.add_rows(property, &format!("{within}{name}."), above, rows);
        }
        above.pop();
    }

    /// The type in words: `array of string, or null`.
    fn kind(&self, schema: &'a Value) -> String {
        let resolved = self.resolve(schema);
        let bare = self.bare(schema);
        let mut names: Vec<&str> = match bare.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ if bare.get("properties").is_some() => vec!["object"],
            _ if bare.get("enum").is_some() => vec!["string"],
            _ => Vec::new(),
        };
        let may_be_null = names.contains(&"null")
            || variants(resolved)
                .into_iter()
                .chain(variants(bare))
                .any(may_be_null);
        names.retain(|name| *name != "null");
        let mut kind = match bare.get("items") {
            Some(items) if names.contains(&"array") => format!("array of {}", self.kind(items)),
            _ if names.is_empty() => self.kinds_of_variants(bare),
            _ => names.join(" or "),
        };
        if let Some(format) = text(bare, "format").filter(|format| is_telling(format)) {
            kind = format!("{kind} ({format})");
        }
        if may_be_null {
            kind.push_str(", or null");
        }
        kind
    }

    fn kinds_of_variants(&self, schema: &'a Value) -> String {
        let mut kinds: Vec<String> = Vec::new();
        for variant in variants(schema) {
            let kind = self.kind(variant).replace(", or null", "");
            if !is_null(variant) && !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        if kinds.is_empty() {
            "any".to_owned()
        } else {
            kinds.join(" or ")
        }
    }

    fn choices(&self, schema: &'a Value) -> Vec<String> {
        let bare = self.bare(schema);
        let holder = bare.get("items").map_or(bare, |items| self.bare(items));
        let constants = variants(holder)
            .into_iter()
            .filter_map(|variant| variant.get("const"));
        list(holder, "enum")
            .chain(constants)
            .filter(|value| !value.is_null())
            .map(plain)
            .collect()
    }
}

/// The schema's own example, if it has one.
pub fn example(schema: &Value) -> Option<&Value> {
    schema
        .get("example")
        .or_else(|| list(schema, "examples").next())
        .or_else(|| schema.get("default").filter(|value| !value.is_null()))
}

/// A value as people write it: a text without quotation marks.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The text under `key`.
pub fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

/// The elements under `key`; none where there is no list.
pub fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn variants(schema: &Value) -> Vec<&Value> {
    ["allOf", "oneOf", "anyOf"]
        .into_iter()
        .flat_map(|key| list(schema, key))
        .collect()
}

fn may_be_null(schema: &Value) -> bool {
    is_null(schema) || list(schema, "type").any(|kind| kind == "null")
}

fn is_null(schema: &Value) -> bool {
    text(schema, "type") == Some("null")
}

/// How wide a number is stored says nothing to a caller.
fn is_telling(format: &str) -> bool {
    !matches!(
        format,
        "int32" | "int64" | "uint32" | "uint64" | "float" | "double"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({"components": {"schemas": {
            "Request": {
                "type": "object",
                "required": ["messages"],
                "properties": {
                    "messages": {"type": "array", "items": {"$ref": "#/components/schemas/Message"}},
                    "form": {"oneOf": [
                        {"type": "null"},
                        {"$ref": "#/components/schemas/Form", "description": "Wanted `first`."}
                    ]},
                    "limit": {"type": ["integer", "null"], "format": "int32", "example": 3},
                    "value": {"oneOf": [
                        {"type": ["string", "null"]},
                        {"type": "array", "items": {"type": "string"}}
                    ]},
                },
            },
            "Message": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "string", "example": "m-1"},
                    "reply": {"$ref": "#/components/schemas/Message"},
                },
            },
            "Form": {"type": "string", "enum": ["brief", "consultative"], "description": "A form."},
        }}})
    }

    #[test]
    fn resolves_what_a_schema_refers_to() {
        let document = document();
        let schema = json!({"$ref": "#/components/schemas/Request"});
        let rows = Schemas::of(&document).rows(&schema);
        let shown: Vec<String> = rows
            .iter()
            .map(|row| {
                let mark = if row.is_required { "*" } else { "" };
                format!("{}{}{mark}: {}", row.within, row.name, row.kind)
            })
            .collect();
        assert_eq!(
            shown,
            [
                "messages*: array of object",
                "messages[].id*: string",
                "messages[].reply: object",
                "form: string, or null",
                "limit: integer, or null",
                "value: string or array of string, or null",
            ]
        );
        let form = rows.iter().find(|row| row.name == "form").expect("a row");
        assert_eq!(form.choices, ["brief", "consultative"]);
        assert_eq!(form.description, Prose::read("Wanted `first`."));
        let limit = rows.iter().find(|row| row.name == "limit").expect("a row");
        assert_eq!(limit.example.as_deref(), Some("3"));
    }

    #[test]
    fn a_broken_reference_is_anything() {
        let document = document();
        let schema = json!({"$ref": "#/components/schemas/Nothing"});
        let schemas = Schemas::of(&document);
        assert_eq!(schemas.rows(&schema), []);
        assert_eq!(schemas.row("x", &schema, "").kind, "any");
    }
}
