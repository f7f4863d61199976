//! Figures as a table for people and as JSON for programs.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::Write;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Value, json};

use crate::evaluation::compare::{Gain, Gains};

/// Where figures go beside the terminal.
#[derive(Debug, clap::Args)]
pub struct OutputArgs {
    /// Write the figures as JSON to this file, - for standard output
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Show so many of the failures
    #[arg(long, default_value_t = 10, value_name = "N")]
    failures: usize,
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
        if self.writes_json_only(&value, output)? {
            return Ok(());
        }
        writeln!(output, "{title}")?;
        let rows = rows(&value);
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, figure) in rows {
            writeln!(output, "  {name:width$}  {figure}")?;
        }
        Ok(())
    }

    /// Prints two reports side by side with what the second gains, and writes
    /// them as JSON where that is wanted.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn print_beside<T: Serialize>(
        &self,
        title: &str,
        beside: &Beside<'_, T>,
        output: &mut dyn Write,
    ) -> Result<(), Box<dyn Error>> {
        let reports = [
            serde_json::to_value(&beside.first.1)?,
            serde_json::to_value(&beside.second.1)?,
        ];
        let [first, second] = &reports;
        let value = json!({
            "first": {"name": beside.first.0, "figures": first},
            "second": {"name": beside.second.0, "figures": second},
            "gains": beside.gains,
        });
        if self.writes_json_only(&value, output)? {
            return Ok(());
        }
        let (before, after) = (rows(first), rows(second));
        let mut lines =
            vec![[title, &beside.first.0, &beside.second.0, "95 % interval"].map(str::to_owned)];
        let names = before.iter().chain(&after).map(|(name, _)| name.clone());
        for name in names.collect::<BTreeSet<String>>() {
            let gain = beside
                .gains
                .iter()
                .find(|(measure, _)| plain(measure) == name);
            let said = gain.map(|(_, gain)| said(gain)).unwrap_or_default();
            lines.push([
                format!("  {name}"),
                figure(&before, &name),
                figure(&after, &name),
                said,
            ]);
        }
        let width = |column: usize| {
            let widths = lines.iter().map(|line| line[column].chars().count());
            widths.max().unwrap_or(0)
        };
        let widths = [width(0), width(1), width(2)];
        for [name, before, after, said] in &lines {
            let line = format!(
                "{name:0$}  {before:>1$}  {after:>2$}  {said}",
                widths[0], widths[1], widths[2]
            );
            writeln!(output, "{}", line.trim_end())?;
        }
        Ok(())
    }

    /// Whether standard output is JSON and nothing else.
    pub fn is_for_programs(&self) -> bool {
        self.json
            .as_ref()
            .is_some_and(|path| path.as_os_str() == "-")
    }

    /// How many failures are shown.
    pub fn failures_shown(&self) -> usize {
        if self.is_for_programs() {
            0
        } else {
            self.failures
        }
    }

    /// Writes the figures as JSON where that is wanted; whether nothing else is.
    fn writes_json_only(
        &self,
        value: &Value,
        output: &mut dyn Write,
    ) -> Result<bool, Box<dyn Error>> {
        let json = serde_json::to_string_pretty(value)?;
        match &self.json {
            Some(path) if path.as_os_str() == "-" => {
                writeln!(output, "{json}")?;
                return Ok(true);
            }
            Some(path) => std::fs::write(path, format!("{json}\n"))
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?,
            None => {}
        }
        Ok(false)
    }
}

/// Two measurements of the same questions.
pub struct Beside<'a, T> {
    /// The first one's name and figures.
    pub first: (String, T),
    /// The second one's.
    pub second: (String, T),
    /// What the second gains over the first.
    pub gains: &'a Gains,
}

fn rows(value: &Value) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    flatten("", value, &mut rows);
    rows
}

fn figure(rows: &[(String, String)], wanted: &str) -> String {
    let found = rows.iter().find(|(name, _)| name == wanted);
    found.map(|(_, figure)| figure.clone()).unwrap_or_default()
}

/// A measure's name as a table shows it.
fn plain(measure: &str) -> String {
    measure.replace('.', ": ").replace('_', " ")
}

fn said(gain: &Gain) -> String {
    let verdict = if gain.holds { "holds" } else { "may be chance" };
    format!(
        "{:+.3} ({:+.3} to {:+.3}) {verdict}",
        gain.difference, gain.low, gain.high
    )
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
            "faq\n  recall at 1         0.512\n  questions           3\n  promise: threshold  0.400\n"
        );
    }

    fn beside(gains: &Gains) -> Beside<'_, Value> {
        let report =
            |recall: f64| json!({"recall_at_1": recall, "questions": 40, "with": {"f": recall}});
        Beside {
            first: ("words alone".to_owned(), report(0.5)),
            second: ("static".to_owned(), report(0.75)),
            gains,
        }
    }

    #[test]
    fn prints_two_columns_with_what_the_second_gains() {
        let gain = |difference: f64, low: f64| Gain {
            difference,
            low,
            high: 0.4,
            holds: low > 0.0,
        };
        let gains = Gains::from([
            ("recall_at_1", gain(0.25, 0.1)),
            ("with.f", gain(0.25, -0.1)),
        ]);
        let mut args = OutputArgs {
            json: None,
            failures: 0,
        };
        let mut output = Vec::new();
        args.print_beside("faq", &beside(&gains), &mut output)
            .expect("printed");
        let lines = [
            "faq            words alone  static  95 % interval",
            "  questions             40      40",
            "  recall at 1        0.500   0.750  +0.250 (+0.100 to +0.400) holds",
            "  with: f            0.500   0.750  +0.250 (-0.100 to +0.400) may be chance",
        ];
        let text = String::from_utf8(output).expect("utf-8");
        assert_eq!(text.lines().collect::<Vec<_>>(), lines);

        args.json = Some("-".into());
        let mut output = Vec::new();
        args.print_beside("faq", &beside(&gains), &mut output)
            .expect("printed");
        let value: Value = serde_json::from_slice(&output).expect("json and nothing else");
        assert_eq!(value["second"]["figures"]["recall_at_1"], 0.75);
        assert_eq!(value["gains"]["with.f"]["holds"], false);
        assert_eq!(value["first"]["name"], "words alone");
    }
}
