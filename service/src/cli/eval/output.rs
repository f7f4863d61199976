//! Figures as a table for people and as JSON for programs.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

/// Where figures go beside the terminal.
#[derive(Debug, clap::Args)]
pub struct OutputArgs {
    /// Write the figures as JSON to this file, - for standard output
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Show so many of the failures
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub failures: usize,
}

impl OutputArgs {
    /// Prints `report` as a table, and writes it as JSON where that is wanted.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn print<T: Serialize>(
        &self,
        title: &str,
        report: &T,
        output: &mut dyn Write,
    ) -> Result<(), Box<dyn Error>> {
        let value = serde_json::to_value(report)?;
        let json = serde_json::to_string_pretty(&value)?;
        match &self.json {
            Some(path) if path.as_os_str() == "-" => return Ok(writeln!(output, "{json}")?),
            Some(path) => std::fs::write(path, format!("{json}\n"))
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?,
            None => {}
        }
        writeln!(output, "{title}")?;
        let mut rows = Vec::new();
        flatten("", &value, &mut rows);
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, figure) in rows {
            writeln!(output, "  {name:width$}  {figure}")?;
        }
        Ok(())
    }
}

fn flatten(prefix: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = name.replace('_', " ");
                let name = if prefix.is_empty() {
                    name
                } else {
                    format!("{prefix}: {name}")
                };
                flatten(&name, value, rows);
            }
        }
        Value::Number(number) if number.is_f64() => {
            let figure = number.as_f64().unwrap_or(0.0);
            rows.push((prefix.to_owned(), format!("{figure:.3}")));
        }
        Value::String(text) => rows.push((prefix.to_owned(), text.clone())),
        Value::Null => rows.push((prefix.to_owned(), "–".to_owned())),
        other => rows.push((prefix.to_owned(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prints_a_table_of_plain_names() {
        let args = OutputArgs {
            json: None,
            failures: 0,
        };
        let report = json!({"recall_at_1": 0.51234, "questions": 3, "promise": {"threshold": 0.4}});
        let mut output = Vec::new();
        args.print("faq", &report, &mut output).expect("printed");
        let text = String::from_utf8(output).expect("utf-8");
        assert_eq!(
            text,
            "faq\n  promise: threshold  0.400\n  questions           3\n  recall at 1         0.512\n"
        );
    }
}
