//! Items with contents that break careless formats, and helpers for their tests.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;

use jiff::tz::TimeZone;

use crate::domain::ids::KnowledgeId;
use crate::domain::knowledge::{KnowledgeContent, RawKnowledge};

use super::fault::FileError;
use super::{Format, Row, Writer, read};

const PIECES: [&str; 40] = [
    "=1+1",
    "'",
    "\"",
    ",",
    "，",
    ";",
    "|",
    "\\",
    "\\#",
    "# 一",
    "## 二",
    "### 简短回答",
    "- 三",
    "* 四",
    "- id: x",
    "\n",
    "\n\n",
    "\n## ",
    "\n### 详细回答\n",
    "\n\\",
    "\n- domain: y",
    "\n```\n",
    "😀👨‍👩‍👧",
    "שלום",
    "\u{202e}abc",
    "发票",
    "亲，",
    " ",
    "\t",
    "_x000D_",
    "_x005F_",
    "&amp;",
    "<b>",
    "@a",
    "＝B1",
    "+86",
    "null",
    "1001",
    "2026-11-11",
    "\u{feff}",
];

/// `count` valid items, the same for the same `seed`.
pub fn nasty(seed: u64, count: usize) -> Vec<RawKnowledge> {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    (0..count).map(|at| item(&mut random, at)).collect()
}

fn item(random: &mut Random, at: usize) -> RawKnowledge {
    let zone = TimeZone::get("Asia/Shanghai").expect("bundled");
    let raw = RawKnowledge {
        status: Some(["draft", "approved"][random.below(2)].to_owned()),
        domain: ["product", "process", "warehouse"][random.below(3)].to_owned(),
        title: format!("{}问{}", line(random), line(random)),
        phrasings: (0..random.below(4)).map(|_| line(random)).collect(),
        answer_brief: Some(format!("{}答{}", text(random), text(random))),
        answer_consultative: (random.below(2) == 0).then(|| text(random)),
        products: [&["a,b"][..], &["k1", "k，2"], &[]][random.below(3)]
            .iter()
            .map(ToString::to_string)
            .collect(),
        channels: [&["web"][..], &["jd", "pdd"], &[]][random.below(3)]
            .iter()
            .map(ToString::to_string)
            .collect(),
        valid_from: (random.below(2) == 0).then(|| "2026-11-11 20:00:05".to_owned()),
        valid_until: (random.below(2) == 0).then(|| "2026-11-12 00:00".to_owned()),
        source: (random.below(2) == 0).then(|| line(random)),
        tags: (0..random.below(3))
            .map(|_| line(random).replace('|', "/"))
            .collect(),
        ..RawKnowledge::default()
    };
    let id = KnowledgeId::parse(&format!("=编号,{at}")).expect("valid");
    let content = KnowledgeContent::parse(&raw, &zone).expect("valid");
    content.to_raw(&id, &zone)
}

fn text(random: &mut Random) -> String {
    let count = 1 + random.below(8);
    (0..count)
        .map(|_| PIECES[random.below(PIECES.len())])
        .collect()
}

/// Begins and ends with what no check takes away, in half of the cases.
fn line(random: &mut Random) -> String {
    let text = text(random).replace(['\n', '\t'], " ");
    let text = text.trim();
    if text.is_empty() {
        "x".to_owned()
    } else {
        text.chars().take(40).collect::<String>().trim().to_owned()
    }
}

struct Random(u64);

impl Random {
    /// Xorshift: good enough for samples, and the same everywhere.
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % most
    }
}

/// Writes `items` to `path`.
pub fn write(format: Format, path: &Path, items: &[RawKnowledge]) {
    let file = File::create(path).expect("made");
    let mut writer = Writer::new(format, file).expect("begun");
    for item in items {
        writer.push(item).expect("written");
    }
    writer.finish().expect("finished");
}

/// All rows of a file of these bytes.
pub fn read_bytes(format: Format, bytes: &[u8]) -> Result<Vec<Row>, FileError> {
    let directory = tempfile::tempdir().expect("made");
    let path = directory.path().join("file");
    std::fs::write(&path, bytes).expect("written");
    read_all(format, &path)
}

/// All rows of a file.
pub fn read_all(format: Format, path: &Path) -> Result<Vec<Row>, FileError> {
    let mut rows = Vec::new();
    read(format, path, &mut |row| {
        rows.push(row);
        ControlFlow::Continue(())
    })?;
    Ok(rows)
}

/// Writes `items` and reads them again.
pub fn read_back(format: Format, items: &[RawKnowledge]) -> Vec<Row> {
    let directory = tempfile::tempdir().expect("made");
    let path = directory.path().join("file");
    write(format, &path, items);
    read_all(format, &path).expect("readable")
}
