//! The measuring data: where it is, and what happens where it is not.

use std::io::Write;
use std::path::PathBuf;

/// The folder of a data set beside the project; `None` where it is absent,
/// which a developer may accept and a build server may not.
pub fn folder(set: &str) -> Option<PathBuf> {
    let folder = root().join("../shared/data").join(set);
    if folder.is_dir() {
        return Some(folder);
    }
    skip(&format!("../shared/data/{set} is not there"));
    None
}

/// The workspace's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Says that a test measures nothing.
///
/// # Panics
/// Where measuring is required.
pub fn skip(reason: &str) {
    let is_required = std::env::var("CI").is_ok_and(|value| !value.is_empty())
        || std::env::var("ZHIWEN_REQUIRE_DATA").is_ok_and(|value| value == "1");
    assert!(
        !is_required,
        "{reason}, and CI or ZHIWEN_REQUIRE_DATA says that it must be"
    );
    say(&format!("skipped: {reason}"));
}

/// Prints a line that is seen without `--nocapture` too.
pub fn say(line: &str) {
    let _closed = writeln!(std::io::stderr(), "{line}");
}

/// A file's lines.
pub fn lines(folder: &std::path::Path, file: &str) -> Vec<String> {
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(str::to_owned).collect()
}

/// A share as it is compared and printed.
pub fn share(part: usize, whole: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are small")]
    let share = part as f64 / whole.max(1) as f64;
    share
}
