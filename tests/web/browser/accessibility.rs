//! What axe-core finds that keeps people out of a page.

use std::path::Path;

use serde_json::{Value, json};

use super::{Browser, DESK, Look, PHONE};

/// Rules of the Web Content Accessibility Guidelines up to 2.2 AA, and what is good practice.
const RULES: [&str; 6] = [
    "wcag2a",
    "wcag2aa",
    "wcag21a",
    "wcag21aa",
    "wcag22aa",
    "best-practice",
];

impl Browser {
    /// What of the page as it is now keeps people out, seriously or altogether: in
    /// lines of rule, explanation and places.
    pub async fn accessibility_faults(&self) -> Vec<String> {
        if self.evaluate("return typeof axe;").await == "undefined" {
            // Through the browser's own protocol: the page's policy would not have it.
            let script = json!({"expression": axe()});
            self.command("Runtime.evaluate", script).await;
        }
        let run = format!(
            "axe.run(document, {{
                runOnly: {{ type: 'tag', values: {RULES:?} }},
                resultTypes: ['violations'],
                preload: false,
            }}).then((found) => found.violations)"
        );
        let run = json!({"expression": run, "awaitPromise": true, "returnByValue": true});
        let done = self.command("Runtime.evaluate", run).await;
        let violations = done["result"]["value"].as_array();
        let violations = violations.unwrap_or_else(|| panic!("axe-core fails: {done}"));
        violations
            .iter()
            .filter(|violation| {
                let impact = violation["impact"].as_str();
                matches!(impact, Some("serious" | "critical"))
            })
            .map(in_words)
            .collect()
    }

    /// Looks at the page at a desk and on a phone, by day and by night: nobody is kept
    /// out, nothing is wider than the window, and a picture of each is kept.
    ///
    /// # Panics
    /// With everything that is wrong.
    pub async fn inspect(&self, name: &str) {
        let faults = self.inspection(name).await;
        assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    }

    /// What [`Self::inspect`] finds, for whoever looks at many pages.
    pub async fn inspection(&self, name: &str) -> Vec<String> {
        let mut faults = Vec::new();
        for (place, size) in [("desk", DESK), ("phone", PHONE)] {
            self.resize(size).await;
            for (time, look) in [("light", Look::Light), ("dark", Look::Dark)] {
                self.look(look).await;
                let view = format!("{name}-{place}-{time}");
                self.screenshot(&view).await;
                let found = self.accessibility_faults().await;
                faults.extend(found.into_iter().map(|fault| format!("{view}: {fault}")));
            }
            let wide = "return document.documentElement.scrollWidth - innerWidth;";
            let over = self.evaluate(wide).await.as_i64().unwrap_or(0);
            if over > 0 {
                faults.push(format!(
                    "{name}-{place}: {over} pixels wider than the window"
                ));
            }
        }
        self.resize(DESK).await;
        self.look(Look::Light).await;
        faults
    }
}

fn in_words(violation: &Value) -> String {
    let nodes = violation["nodes"].as_array();
    let places: Vec<String> = nodes
        .into_iter()
        .flatten()
        .map(|node| {
            let summary = node["failureSummary"].as_str().unwrap_or("");
            format!("  {}: {}", node["target"], summary.replace('\n', " "))
        })
        .collect();
    format!(
        "{} {}: {}\n{}",
        violation["impact"],
        violation["id"],
        violation["help"],
        places.join("\n")
    )
}

/// The rules themselves.
fn axe() -> String {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.parent().expect("a workspace");
    let script = std::fs::read_to_string(root.join("vendor/axe/axe.min.js"));
    script.expect("axe-core is in vendor/axe; scripts/axe puts it there")
}
