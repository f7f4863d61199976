//! Finding as people do: by what a thing is, is called, or says.

use std::fmt;

use serde_json::{Value, json};
use thirtyfour::error::WebDriverResult;
use thirtyfour::{By, WebDriver, WebElement};

/// What somebody looks for.
pub enum Sought<'a> {
    /// A role and an accessible name.
    Role(&'a str, &'a str),
    /// A field's label.
    Label(&'a str),
    /// Words that can be seen.
    Text(&'a str),
    /// A CSS selector.
    Css(&'a str),
}

impl fmt::Display for Sought<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role, name) => write!(formatter, "{role} {name:?}"),
            Self::Label(label) => write!(formatter, "field labelled {label:?}"),
            Self::Text(text) => write!(formatter, "text {text:?}"),
            Self::Css(selector) => write!(formatter, "{selector}"),
        }
    }
}

/// Roles of what is filled in, as Chromium names them.
const FIELDS: [&str; 14] = [
    "textbox",
    "searchbox",
    "combobox",
    "listbox",
    "checkbox",
    "radio",
    "switch",
    "slider",
    "spinbutton",
    "Date",
    "DateTime",
    "InputTime",
    "ColorWell",
    "ComboBoxSelect",
];

/// All that is there now, within `root` or the whole page.
///
/// # Errors
/// When the page is being left.
pub async fn all(
    window: &WebDriver,
    root: Option<&WebElement>,
    sought: &Sought<'_>,
) -> WebDriverResult<Vec<WebElement>> {
    let nodes = match sought {
        Sought::Css(selector) => {
            return match root {
                Some(root) => root.find_all(By::Css(*selector)).await,
                None => window.find_all(By::Css(*selector)).await,
            };
        }
        Sought::Text(text) => return by_text(window, root, text).await,
        Sought::Role(role, name) => {
            let nodes = query(window, root, json!({"role": role})).await?;
            named(nodes, name, |_| true)
        }
        Sought::Label(label) => {
            let nodes = query(window, root, json!({"accessibleName": label})).await?;
            let fields = named(nodes, label, |role| FIELDS.contains(&role));
            if fields.is_empty() {
                // A field for a file is a button to Chromium.
                let buttons = query(window, root, json!({"role": "button"})).await?;
                named(buttons, label, |_| true)
            } else {
                fields
            }
        }
    };
    let mut found = Vec::new();
    for node in nodes {
        found.push(element_of(window, &node).await?);
    }
    Ok(found)
}

/// What there is of the kind that was sought, for the sentence that says that it was not found.
pub async fn candidates(window: &WebDriver, sought: &Sought<'_>) -> Vec<String> {
    let wanted = match sought {
        Sought::Role(role, _) => json!({"role": role}),
        _ => json!({}),
    };
    let is_field = |node: &Value| FIELDS.contains(&text_of(node, "role").as_str());
    let nodes = query(window, None, wanted).await.unwrap_or_default();
    nodes
        .iter()
        .filter(|node| match sought {
            Sought::Role(..) => true,
            Sought::Label(_) => is_field(node),
            Sought::Text(_) | Sought::Css(_) => text_of(node, "role") == "heading",
        })
        .map(|node| format!("{} {:?}", text_of(node, "role"), text_of(node, "name")))
        .take(40)
        .collect()
}

/// A node's role or name.
pub fn text_of(node: &Value, part: &str) -> String {
    let text = node[part]["value"].as_str().unwrap_or("");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn named(nodes: Vec<Value>, name: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<Value> {
    nodes
        .into_iter()
        .filter(|node| text_of(node, "name") == name && is_wanted(&text_of(node, "role")))
        .collect()
}

/// What Chromium tells assistive technology, hidden parts left out and shadow trees taken in.
async fn query(
    window: &WebDriver,
    root: Option<&WebElement>,
    mut wanted: Value,
) -> WebDriverResult<Vec<Value>> {
    wanted["objectId"] = match root {
        Some(root) => json!(root.cdp_remote_object_id().await?),
        None => {
            let document = json!({"expression": "document"});
            let document = window.cdp().send_raw("Runtime.evaluate", document).await?;
            document["result"]["objectId"].clone()
        }
    };
    let mut reply = window
        .cdp()
        .send_raw("Accessibility.queryAXTree", wanted)
        .await?;
    let nodes = reply["nodes"].take();
    Ok(serde_json::from_value::<Vec<Value>>(nodes)?
        .into_iter()
        .filter(|node| node["ignored"] != true && node["backendDOMNodeId"].is_u64())
        .collect())
}

/// The element behind a node.
async fn element_of(window: &WebDriver, node: &Value) -> WebDriverResult<WebElement> {
    let node = json!({"backendNodeId": node["backendDOMNodeId"]});
    let object = window.cdp().send_raw("DOM.resolveNode", node).await?;
    // The two protocols number elements apart: the page hands it from one to the other.
    let hand_over = json!({
        "objectId": object["object"]["objectId"],
        "functionDeclaration": "function () { globalThis.zhiwenFound = this; }",
    });
    window
        .cdp()
        .send_raw("Runtime.callFunctionOn", hand_over)
        .await?;
    let take = "const found = globalThis.zhiwenFound; delete globalThis.zhiwenFound; return found;";
    window.execute(take, Vec::new()).await?.element()
}

async fn by_text(
    window: &WebDriver,
    root: Option<&WebElement>,
    text: &str,
) -> WebDriverResult<Vec<WebElement>> {
    const SMALLEST: &str = r#"
        const [root, wanted] = arguments;
        const plain = (text) => text.replace(/\s+/g, " ").trim();
        const has = (element) => plain(element.textContent).includes(wanted);
        const found = [];
        const descend = (element) => {
            const inner = [...element.children].filter(has);
            inner.forEach(descend);
            if (inner.length === 0 && element.checkVisibility({ visibilityProperty: true })) {
                found.push(element);
            }
        };
        const search = (tree) => {
            [...tree.children].filter(has).forEach(descend);
            for (const element of tree.querySelectorAll("*")) {
                if (element.shadowRoot) {
                    search(element.shadowRoot);
                }
            }
        };
        search(root ?? document.documentElement);
        if (found.length === 0 && root && has(root) && root.checkVisibility()) {
            found.push(root);
        }
        return found;
    "#;
    let root = root.map_or(Ok(Value::Null), WebElement::to_json)?;
    let found = window.execute(SMALLEST, vec![root, json!(text)]).await?;
    found.elements()
}
