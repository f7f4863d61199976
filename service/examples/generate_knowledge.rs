//! Writes a large shop for benchmarks: `generate_knowledge ITEMS FILE.jsonl QUESTIONS.txt`.
//!
//! Titles, wordings and answers are drawn from the demo shop, so that terms
//! are as frequent as in real knowledge; every title gets a model number of
//! its own, and half of the items hold for one of 500 products. The same
//! arguments write the same files.

use std::error::Error;
use std::io::{BufWriter, Write};

use zhiwen::domain::knowledge::RawKnowledge;

const FILES: [&str; 2] = [
    include_str!("../../config/demo/zh/product.csv"),
    include_str!("../../config/demo/zh/process-warehouse.csv"),
];
const QUESTIONS: usize = 2_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, items, file, questions] = arguments.as_slice() else {
        return Err("usage: generate_knowledge ITEMS FILE.jsonl QUESTIONS.txt".into());
    };
    let demo = demo()?;
    let mut dice = Dice(0x5eed);
    let mut output = BufWriter::new(std::fs::File::create(file)?);
    for number in 0..items.parse::<usize>()? {
        serde_json::to_writer(&mut output, &item(number, &demo, &mut dice))?;
        output.write_all(b"\n")?;
    }
    output.flush()?;
    let mut output = BufWriter::new(std::fs::File::create(questions)?);
    for _ in 0..QUESTIONS {
        writeln!(output, "{}", dice.pick(&demo.wordings))?;
    }
    Ok(output.flush()?)
}

struct Demo {
    rows: Vec<(String, String)>,
    wordings: Vec<String>,
    answers: Vec<String>,
}

fn demo() -> Result<Demo, Box<dyn Error>> {
    let mut demo = Demo {
        rows: Vec::new(),
        wordings: Vec::new(),
        answers: Vec::new(),
    };
    for text in FILES {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let headers = reader.headers()?.clone();
        let column = |name: &str| {
            headers
                .iter()
                .position(|header| header == name)
                .ok_or("column")
        };
        let (domain, intent, title) = (column("domain")?, column("intent")?, column("title")?);
        let (phrasings, brief) = (column("phrasings")?, column("answer_brief")?);
        for row in reader.records() {
            let row = row?;
            demo.rows
                .push((row[domain].to_owned(), row[intent].to_owned()));
            demo.wordings.push(row[title].to_owned());
            demo.wordings
                .extend(row[phrasings].lines().map(str::to_owned));
            demo.answers.push(row[brief].to_owned());
        }
    }
    Ok(demo)
}

fn item(number: usize, demo: &Demo, dice: &mut Dice) -> RawKnowledge {
    let (domain, intent) = dice.pick(&demo.rows).clone();
    let products = if dice.roll(2) == 0 {
        vec![format!("sku-{}", dice.roll(500))]
    } else {
        Vec::new()
    };
    RawKnowledge {
        id: Some(format!("k-{number}")),
        status: Some("approved".to_owned()),
        domain,
        intent: Some(intent),
        title: format!("{} M{}", dice.pick(&demo.wordings), number % 9_973),
        phrasings: (0..2 + dice.roll(3))
            .map(|_| dice.pick(&demo.wordings).clone())
            .collect(),
        answer_brief: Some(dice.pick(&demo.answers).clone()),
        answer_consultative: (dice.roll(2) == 0)
            .then(|| format!("{}{}", dice.pick(&demo.answers), dice.pick(&demo.answers))),
        products,
        source: Some("基准数据".to_owned()),
        ..RawKnowledge::default()
    }
}

/// Knuth's MMIX generator: fixed, so that two machines measure the same shop.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }
}
