//! Text of the measuring data, which has no licence and must not be committed.

use std::collections::HashSet;
use std::path::Path;

use super::source::Source;

/// Shorter pieces are phrases that anybody writes.
const SHORTEST: usize = 20;

/// One line in so many is looked for.
const SAMPLE_OF: usize = 3;

/// Pieces of the files below `folder`: cells and sentences, whole lines where
/// there are none. Empty when the folder is not there.
pub fn pieces_of(folder: &Path) -> Vec<String> {
    let mut pieces = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            pieces.extend(pieces_of(&path));
        } else if path.file_name().is_some_and(|name| name != "README.md") {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            pieces.extend(text.lines().step_by(SAMPLE_OF).flat_map(pieces_of_line));
        }
    }
    pieces
}

fn pieces_of_line(line: &str) -> impl Iterator<Item = String> {
    line.split(['\t', ',', '"', '，'])
        .map(str::trim)
        .filter(|piece| piece.chars().count() >= SHORTEST && is_sentence(piece))
        .map(str::to_owned)
}

/// A label such as `product.compatibility` is everybody's.
fn is_sentence(piece: &str) -> bool {
    !piece.is_ascii() || piece.contains(' ')
}

/// Where `sources` repeat one of `pieces`.
pub fn repeated(sources: &[Source], pieces: &[String]) -> Vec<String> {
    // Whatever starts anywhere in a source, by its first characters.
    let mut starts = HashSet::new();
    for source in sources {
        let characters: Vec<char> = source.text.chars().collect();
        starts.extend(characters.windows(SHORTEST).map(<[char]>::to_vec));
    }
    let candidates = pieces.iter().filter(|piece| {
        let start: Vec<char> = piece.chars().take(SHORTEST).collect();
        starts.contains(&start)
    });
    let mut faults = Vec::new();
    for piece in candidates {
        for source in sources.iter().filter(|source| source.text.contains(piece)) {
            faults.push(format!(
                "{}: has a line of the measuring data: {piece:?}",
                source.path
            ));
        }
    }
    faults.sort();
    faults.dedup();
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_copied_line_and_leaves_a_common_phrase() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let inside = folder.path().join("set");
        std::fs::create_dir(&inside).expect("made");
        let line =
            "7\tproduct.compatibility\t这双鞋我上周买的现在还没有收到货请问是怎么回事\t好的\n";
        std::fs::write(inside.join("rows.tsv"), line).expect("written");
        let pieces = pieces_of(folder.path());
        assert_eq!(pieces.len(), 1, "{pieces:?}");
        let source = |text: &str| Source {
            path: "a.csv".to_owned(),
            text: text.to_owned(),
        };
        let copied = format!("x,{},y", pieces[0]);
        assert_eq!(repeated(&[source(&copied)], &pieces).len(), 1);
        assert!(repeated(&[source("这双鞋我上周买的，好的")], &pieces).is_empty());
        assert!(pieces_of(Path::new("no such folder")).is_empty());
    }
}
