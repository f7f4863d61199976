//! The OpenAPI document as the reference page shows it.

use serde_json::Value;

use super::curl::{Call, command};
use super::prose::Prose;
use super::schema::{Row, Schemas, list, text};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Where examples call, when the document names no server.
const LOCAL: &str = "http://127.0.0.1:8080";

/// The schema of problem bodies: explained once, not at each operation.
const PROBLEM: &str = "#/components/schemas/Problem";

/// The whole reference.
#[derive(Debug)]
pub struct Reference {
    /// The API's name.
    pub title: String,
    /// Its version.
    pub version: String,
    /// What it is.
    pub description: Prose,
    /// Operations by tag.
    pub groups: Vec<Group>,
}

/// The operations of a tag.
#[derive(Debug)]
pub struct Group {
    /// The tag.
    pub name: String,
    /// What it is about.
    pub description: Prose,
    /// Its operations, short paths first.
    pub operations: Vec<Operation>,
}

/// A method on a path.
#[derive(Debug)]
pub struct Operation {
    /// Its name in the page's address.
    pub anchor: String,
    /// The method, in capitals.
    pub method: String,
    /// The path.
    pub path: String,
    /// What it does, in a line.
    pub summary: String,
    /// What else there is to know.
    pub description: Prose,
    /// Whether it is on its way out.
    pub is_deprecated: bool,
    /// Any one of these opens it; `None` where no key is needed.
    pub scopes: Option<Vec<String>>,
    /// What goes into path, query and headers.
    pub parameters: Vec<Parameter>,
    /// What the body may be.
    pub bodies: Vec<Content>,
    /// What comes back.
    pub responses: Vec<Answer>,
    /// How to call it.
    pub curl: String,
}

/// A parameter.
#[derive(Debug)]
pub struct Parameter {
    /// path, query or header.
    pub location: String,
    /// The rest.
    pub row: Row,
}

/// A body of one media type.
#[derive(Debug)]
pub struct Content {
    /// The media type.
    pub media_type: String,
    /// What the whole is, where it is no object.
    pub kind: String,
    /// Its fields.
    pub rows: Vec<Row>,
}

/// A response.
#[derive(Debug)]
pub struct Answer {
    /// The status, or `default`.
    pub status: String,
    /// What it says.
    pub description: Prose,
    /// Whether its body is a problem.
    pub is_problem: bool,
    /// Its bodies.
    pub contents: Vec<Content>,
}

impl Reference {
    /// Reads an OpenAPI 3.1 document. What it lacks stays empty.
    pub fn read(document: &Value) -> Self {
        let info = document.get("info").unwrap_or(&Value::Null);
        let mut groups: Vec<Group> = list(document, "tags")
            .map(|tag| group(text(tag, "name").unwrap_or(""), text(tag, "description")))
            .collect();
        for (tag, operation) in operations(document) {
            match groups.iter_mut().find(|group| group.name == tag) {
                Some(group) => group.operations.push(operation),
                None => {
                    let mut group = group(&tag, None);
                    group.operations.push(operation);
                    groups.push(group);
                }
            }
        }
        groups.retain(|group| !group.operations.is_empty());
        for group in &mut groups {
            // Collections before what is inside them.
            let depth = |operation: &Operation| operation.path.matches('/').count();
            group.operations.sort_by_key(depth);
        }
        Self {
            title: text(info, "title").unwrap_or("").to_owned(),
            version: text(info, "version").unwrap_or("").to_owned(),
            description: Prose::read(text(info, "description").unwrap_or("")),
            groups,
        }
    }
}

fn group(name: &str, description: Option<&str>) -> Group {
    Group {
        name: name.to_owned(),
        description: Prose::read(description.unwrap_or("")),
        operations: Vec::new(),
    }
}

/// Every operation with its first tag, in the document's order of paths.
fn operations(document: &Value) -> Vec<(String, Operation)> {
    let paths = document.get("paths").and_then(Value::as_object);
    let mut found = Vec::new();
    for (path, item) in paths.into_iter().flatten() {
        for method in METHODS {
            if let Some(value) = item.get(method) {
                let tag = list(value, "tags").find_map(Value::as_str);
                let operation = operation(document, method, path, item, value);
                found.push((tag.unwrap_or("other").to_owned(), operation));
            }
        }
    }
    found
}

fn operation(document: &Value, method: &str, path: &str, item: &Value, value: &Value) -> Operation {
    let schemas = Schemas::of(document);
    let parameters: Vec<&Value> = list(item, "parameters")
        .chain(list(value, "parameters"))
        .map(|parameter| schemas.resolve(parameter))
        .collect();
    let request = value.get("requestBody").map(|body| schemas.resolve(body));
    let scopes = scopes(value.get("security").or_else(|| document.get("security")));
    let server = list(document, "servers").find_map(|server| text(server, "url"));
    let call = Call {
        method: &method.to_ascii_uppercase(),
        path,
        is_secured: scopes.is_some(),
        parameters: parameters.clone(),
        body: request.and_then(first_body),
    };
    Operation {
        anchor: anchor(method, path),
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        summary: summary(value).trim_end_matches('.').to_owned(),
        description: Prose::read(text(value, "description").unwrap_or("")),
        is_deprecated: value.get("deprecated") == Some(&Value::Bool(true)),
        curl: command(
            &call,
            server
                .filter(|url| url.starts_with("http"))
                .unwrap_or(LOCAL),
            schemas,
        ),
        scopes,
        parameters: parameters
            .iter()
            .map(|parameter| read_parameter(parameter, schemas))
            .collect(),
        bodies: request
            .map(|body| contents(body, schemas))
            .unwrap_or_default(),
        responses: responses(value, schemas),
    }
}

fn summary(value: &Value) -> &str {
    text(value, "summary")
        .or_else(|| text(value, "operationId"))
        .unwrap_or("")
}

/// `post-v1-answers-id-feedback`.
fn anchor(method: &str, path: &str) -> String {
    let words: Vec<String> = path
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    format!("{method}-{}", words.join("-"))
}

/// The scopes that open an operation; `None` where it is open to all.
fn scopes(security: Option<&Value>) -> Option<Vec<String>> {
    let requirements = security?.as_array()?;
    let is_open = |requirement: &Value| requirement.as_object().is_none_or(|one| one.is_empty());
    if requirements.is_empty() || requirements.iter().any(is_open) {
        return None;
    }
    let mut scopes: Vec<String> = requirements
        .iter()
        .filter_map(Value::as_object)
        .flat_map(|requirement| requirement.values())
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    scopes.dedup();
    Some(scopes)
}

fn first_body(request: &Value) -> Option<(&str, &Value)> {
    let content = request.get("content")?.as_object()?;
    let (media_type, body) = content.iter().next()?;
    Some((media_type, body.get("schema").unwrap_or(&Value::Null)))
}

fn read_parameter(parameter: &Value, schemas: Schemas<'_>) -> Parameter {
    let schema = parameter.get("schema").unwrap_or(&Value::Null);
    let name = text(parameter, "name").unwrap_or("");
    let row = schemas.row(name, schema, text(parameter, "description").unwrap_or(""));
    Parameter {
        location: text(parameter, "in").unwrap_or("").to_owned(),
        row: Row {
            is_required: parameter.get("required") == Some(&Value::Bool(true)),
            example: super::schema::example(parameter)
                .map(super::schema::plain)
                .or(row.example),
            ..row
        },
    }
}

fn contents(holder: &Value, schemas: Schemas<'_>) -> Vec<Content> {
    let content = holder.get("content").and_then(Value::as_object);
    content
        .into_iter()
        .flatten()
        .map(|(media_type, body)| {
            let schema = body.get("schema").unwrap_or(&Value::Null);
            Content {
                media_type: media_type.clone(),
                kind: schemas.row("", schema, "").kind,
                rows: schemas.rows(schema),
            }
        })
        .collect()
}

fn responses(operation: &Value, schemas: Schemas<'_>) -> Vec<Answer> {
    let responses = operation.get("responses").and_then(Value::as_object);
    responses
        .into_iter()
        .flatten()
        .map(|(status, response)| {
            let response = schemas.resolve(response);
            let is_problem = response
                .get("content")
                .and_then(Value::as_object)
                .is_some_and(|content| content.values().any(is_problem));
            Answer {
                status: status.clone(),
                description: Prose::read(text(response, "description").unwrap_or("")),
                is_problem,
                contents: if is_problem {
                    Vec::new()
                } else {
                    contents(response, schemas)
                },
            }
        })
        .collect()
}

fn is_problem(body: &Value) -> bool {
    body.get("schema").and_then(|schema| text(schema, "$ref")) == Some(PROBLEM)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn groups_operations_by_tag_with_their_scopes() {
        let document = json!({
            "info": {"title": "T", "version": "1"},
            "tags": [{"name": "b", "description": "Bs."}, {"name": "unused"}],
            "paths": {
                "/a/{id}": {
                    "get": {"tags": ["a"], "summary": "Reads.", "responses": {"200": {"description": "ok"}}},
                    "patch": {"tags": ["b"], "security": [{"key": ["suggest"]}, {"key": ["admin"]}]},
                },
                "/b": {"get": {"tags": ["b"], "security": [], "deprecated": true}},
            },
        });
        let reference = Reference::read(&document);
        let shown: Vec<String> = reference
            .groups
            .iter()
            .flat_map(|group| {
                group.operations.iter().map(|operation| {
                    let scopes = operation.scopes.as_ref().map(|scopes| scopes.join("|"));
                    format!("{} {} {scopes:?}", group.name, operation.anchor)
                })
            })
            .collect();
        assert_eq!(
            shown,
            [
                "b get-b None",
                "b patch-a-id Some(\"suggest|admin\")",
                "a get-a-id None",
            ]
        );
    }

    #[test]
    fn an_empty_document_is_an_empty_reference() {
        assert!(Reference::read(&Value::Null).groups.is_empty());
        assert!(
            Reference::read(&json!({"paths": {"/x": {"get": 1}}}))
                .groups
                .len()
                == 1
        );
    }

    #[test]
    fn a_problem_is_not_spelt_out_at_each_operation() {
        let document = json!({"paths": {"/x": {"get": {"responses": {"default": {
            "description": "A problem",
            "content": {"application/problem+json": {"schema": {"$ref": PROBLEM}}},
        }}}}}});
        let reference = Reference::read(&document);
        let answer = &reference.groups[0].operations[0].responses[0];
        assert!(answer.is_problem && answer.contents.is_empty());
    }
}
