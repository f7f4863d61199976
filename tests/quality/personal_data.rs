//! Made-up personal data from the Python package Faker, which knows no rule of this project.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::data;

/// Values of each kind.
const VALUES_OF_A_KIND: &str = "400";

/// A value and the kind of data it is.
pub struct Made {
    /// phone, id_card, bank_card, email, address.
    pub kind: String,
    /// The value.
    pub value: String,
}

/// The same values on every run; `None` where Faker is not installed.
pub fn make() -> Option<Vec<Made>> {
    let python = python()?;
    let output = Command::new(python)
        .arg(data::root().join("tests/quality/faker_zh.py"))
        .arg(VALUES_OF_A_KIND)
        .output()
        .expect("python runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines = String::from_utf8(output.stdout).expect("text");
    let made = lines.lines().map(|line| {
        let row: Value = serde_json::from_str(line).expect("JSON lines");
        let text = |name: &str| row[name].as_str().expect("a text").to_owned();
        Made {
            kind: text("kind"),
            value: text("value"),
        }
    });
    Some(made.collect())
}

/// The environment that `scripts/test` makes in the target folder.
fn python() -> Option<PathBuf> {
    let binary = std::env::current_exe().expect("a test binary");
    let target = binary.ancestors().nth(3).expect("target/debug/deps");
    let python = target.join("faker/bin/python");
    if python.is_file() {
        return Some(python);
    }
    data::skip(&format!(
        "{} is not there: run `make test` once, it installs the package faker",
        python.display()
    ));
    None
}
