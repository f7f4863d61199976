//! Pairs of texts that mean the same, or do not: what an encoder learns from.

use std::path::Path;

use zhiwen_models::lexical::Pair;
use zhiwen_models::text::Normalized;

use super::dataset::{DatasetError, Header, Names, Table};

const LEFT: &[&str] = &["left", "sentence1", "text1", "question1", "1"];
const RIGHT: &[&str] = &["right", "sentence2", "text2", "question2", "2"];
const SAME: &[&str] = &["same", "label", "3"];

/// Reads a file of pairs: two texts and 1 where they mean the same, else 0. A
/// file without that column has only pairs that do; one whose first row ends
/// with 0 or 1 has no header.
///
/// # Errors
/// When the file cannot be read, a column lacks, or a label is neither 0 nor 1.
pub fn read(path: &Path) -> Result<Vec<Pair>, DatasetError> {
    let table = Table::read(path, Header::Absent)?;
    let table = if table.is_row_of_data(0, is_label) {
        table
    } else {
        Table::read(path, Header::FirstRow)?
    };
    let column = |usual| table.column(Names { given: None, usual });
    let (lefts, rights) = (column(LEFT)?, column(RIGHT)?);
    let labels = table.optional_column(Names {
        given: None,
        usual: SAME,
    });
    let mut pairs = Vec::with_capacity(lefts.len());
    for (place, (left, right)) in lefts.iter().zip(&rights).enumerate() {
        let label = labels.as_ref().map_or("1", |labels| labels[place].trim());
        if !is_label(label) {
            let detail = format!("label {label:?} is neither 0 nor 1");
            return Err(table.malformed(place, detail));
        }
        pairs.push(Pair {
            left: Normalized::new(left),
            right: Normalized::new(right),
            same: label == "1",
        });
    }
    Ok(pairs)
}

fn is_label(cell: &str) -> bool {
    matches!(cell.trim(), "0" | "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_pairs_with_and_without_a_header() {
        let folder = tempfile::tempdir().expect("temporary folder");
        for (name, text) in [
            (
                "a.csv",
                "sentence1,sentence2,label\n怎么退货,如何退货,1\n怎么退货,几天到,0\n",
            ),
            ("a.txt", "怎么退货\t如何退货\t1\n怎么退货\t几天到\t0\n"),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            let pairs = read(&path).expect(name);
            let same: Vec<bool> = pairs.iter().map(|pair| pair.same).collect();
            assert_eq!(same, [true, false], "{name}");
        }
        let path = folder.path().join("b.csv");
        std::fs::write(&path, "left,right,label\na,b,1\na,b,yes\n").expect("written");
        let error = read(&path).expect_err("no label").to_string();
        assert!(
            error.ends_with("row 3: label \"yes\" is neither 0 nor 1"),
            "{error}"
        );
    }
}
