//! Writes a shop's chat log: `generate_chats MESSAGES FILE.(csv|jsonl) [LAST_DAY]`.
//!
//! Eight weeks up to LAST_DAY (2026-11-15, a Sunday, where it is not given), in the
//! columns of the preset `zhiwen`: conversations of three agents on four
//! channels, with questions that stay, peak with a promotion, rise, fade and
//! come up anew, wordings with typing errors, thanks, and invented personal
//! data here and there. What is asked stands in `config/demo/zh/chats.toml`.
//! The same arguments write the same file.

use std::collections::HashMap;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

const MATERIAL: &str = include_str!("../../config/demo/zh/chats.toml");
const SHOP: &str = include_str!("../../config/demo/zh/shop.toml");

const DAYS: usize = 56;
const LAST_DAY: &str = "2026-11-15";
/// The promotion's day, counted back from the last.
const PROMOTION_DAYS_AGO: usize = 4;
const AGENTS: [&str; 3] = ["小美", "阿哲", "木木"];
/// With shares in percent.
const CHANNELS: [(&str, usize); 4] = [("taobao", 55), ("jd", 25), ("pdd", 12), ("douyin", 8)];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let (messages, file, last_day) = match arguments.as_slice() {
        [_, messages, file] => (messages, file, LAST_DAY),
        [_, messages, file, last_day] => (messages, file, last_day.as_str()),
        _ => return Err("usage: generate_chats MESSAGES FILE.(csv|jsonl) [LAST_DAY]".into()),
    };
    let generator = Generator {
        material: toml::from_str(MATERIAL)?,
        aliases: aliases()?,
        last_day: last_day.parse()?,
    };
    let mut output = Output::create(file)?;
    generator.write(messages.parse()?, &mut output)?;
    output.finish()
}

#[derive(Deserialize)]
struct Material {
    greetings: Vec<String>,
    thanks: Vec<String>,
    openers: Vec<String>,
    endings: Vec<String>,
    stalls: Vec<String>,
    robot: String,
    typos: Vec<[String; 2]>,
    questions: Vec<Question>,
}

#[derive(Deserialize)]
struct Question {
    course: Course,
    weight: usize,
    #[serde(default)]
    products: Vec<String>,
    wordings: Vec<String>,
    #[serde(default)]
    answers: Vec<String>,
}

/// How often a question is asked in the course of the weeks.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Course {
    Steady,
    Promotion,
    Rising,
    New,
    Fading,
}

impl Course {
    /// The share of its weight that holds on a day, in percent.
    fn percent(&self, day: usize) -> usize {
        let promotion = DAYS - 1 - PROMOTION_DAYS_AGO;
        match self {
            Self::Steady => 100,
            Self::Promotion => match day.abs_diff(promotion) {
                0 | 1 => 900,
                2..=4 => 400,
                5..=9 => 120,
                _ => 15,
            },
            Self::Rising => 20 + 280 * day / DAYS,
            Self::New => {
                if day >= DAYS - 14 {
                    300
                } else {
                    0
                }
            }
            Self::Fading => 300 - 290 * day / DAYS,
        }
    }
}

/// What buyers call each product.
fn aliases() -> Result<HashMap<String, Vec<String>>, toml::de::Error> {
    #[derive(Deserialize)]
    struct Shop {
        products: Vec<Product>,
    }
    #[derive(Deserialize)]
    struct Product {
        id: String,
        aliases: Vec<String>,
    }
    let shop: Shop = toml::from_str(SHOP)?;
    let products = shop.products.into_iter();
    Ok(products
        .map(|product| (product.id, product.aliases))
        .collect())
}

/// A row, by the fields of the preset `zhiwen`.
#[derive(Serialize)]
struct Row {
    id: String,
    conversation_id: String,
    role: &'static str,
    text: String,
    at: String,
    consumer_id: String,
    agent_id: Option<&'static str>,
    channel: &'static str,
    product_id: Option<String>,
    order_id: Option<String>,
}

enum Output {
    Csv(Box<csv::Writer<BufWriter<File>>>),
    JsonLines(BufWriter<File>),
}

impl Output {
    fn create(path: &str) -> Result<Self, Box<dyn Error>> {
        let file = BufWriter::new(File::create(path)?);
        Ok(if path.ends_with(".csv") {
            Self::Csv(Box::new(csv::Writer::from_writer(file)))
        } else {
            Self::JsonLines(file)
        })
    }

    fn write(&mut self, row: &Row) -> Result<(), Box<dyn Error>> {
        match self {
            Self::Csv(writer) => writer.serialize(row)?,
            Self::JsonLines(file) => {
                serde_json::to_writer(&mut *file, row)?;
                file.write_all(b"\n")?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<(), Box<dyn Error>> {
        match self {
            Self::Csv(mut writer) => Ok(writer.flush()?),
            Self::JsonLines(mut file) => Ok(file.flush()?),
        }
    }
}

struct Generator {
    material: Material,
    aliases: HashMap<String, Vec<String>>,
    last_day: Date,
}

/// Who talks in a conversation, and when next.
struct Talk {
    number: usize,
    at: Timestamp,
    consumer: usize,
    agent: usize,
    channel: &'static str,
    product: Option<String>,
    order: Option<String>,
    rows: Vec<Row>,
}

impl Generator {
    fn write(&self, messages: usize, output: &mut Output) -> Result<(), Box<dyn Error>> {
        let mut dice = Dice(0xc4a7);
        let zone = TimeZone::get("Asia/Shanghai")?;
        let weights: Vec<usize> = (0..DAYS).map(|day| self.day_weight(day)).collect();
        let whole: usize = weights.iter().sum();
        let (mut written, mut due, mut number) = (0, 0, 0);
        for (day, weight) in weights.iter().enumerate() {
            due += weight;
            let goal = messages * due / whole;
            let ago = i64::try_from(DAYS - 1 - day)?;
            let midnight = self
                .last_day
                .checked_sub(ago.days())?
                .to_zoned(zone.clone())?;
            // Conversations of a day begin in its order; one takes five lines.
            let expected = (goal - written) / 5 + 1;
            for place in 0.. {
                if written >= goal {
                    break;
                }
                let second = 8 * 3_600 + 15 * 3_600 * place.min(expected) / (expected + 1);
                let second = i64::try_from(second + dice.roll(600))?;
                let start = midnight.timestamp() + second.seconds();
                for row in self.talk((number, day, start), messages, &mut dice) {
                    if written < messages {
                        output.write(&row)?;
                        written += 1;
                    }
                }
                number += 1;
            }
        }
        Ok(())
    }

    fn day_weight(&self, day: usize) -> usize {
        let questions = self.material.questions.iter();
        questions
            .map(|question| question.weight * question.course.percent(day))
            .sum()
    }

    fn talk(
        &self,
        (number, day, at): (usize, usize, Timestamp),
        messages: usize,
        dice: &mut Dice,
    ) -> Vec<Row> {
        let material = &self.material;
        let mut talk = Talk {
            number,
            at,
            consumer: dice.roll(messages / 12 + 20),
            agent: dice.roll(AGENTS.len()),
            channel: channel(dice),
            product: None,
            order: (dice.roll(4) == 0).then(|| format!("{}", 2_600_000_000_usize + number * 7)),
            rows: Vec::new(),
        };
        if dice.roll(3) == 0 {
            talk.say("buyer", dice.pick(&material.greetings).clone(), dice);
            talk.say("automatic", material.robot.clone(), dice);
        }
        for _ in 0..1 + usize::from(dice.roll(4) == 0) {
            self.ask(day, &mut talk, dice);
        }
        if dice.roll(20) == 0 {
            talk.say("buyer", personal(dice), dice);
            talk.say("agent", "好的，给您记下了".to_owned(), dice);
        }
        if dice.roll(2) == 0 {
            talk.say("buyer", dice.pick(&material.thanks).clone(), dice);
        }
        talk.rows
    }

    /// A question, and what the agent says to it: each agent has answers of
    /// their own, now and then somebody else's, rarely none.
    fn ask(&self, day: usize, talk: &mut Talk, dice: &mut Dice) {
        let question = self.pick_question(day, dice);
        talk.product =
            (!question.products.is_empty()).then(|| dice.pick(&question.products).clone());
        let called = match talk.product.as_ref().and_then(|id| self.aliases.get(id)) {
            Some(aliases) if dice.roll(5) > 0 => dice.pick(aliases).as_str(),
            _ => "这个",
        };
        let wording = dice.pick(&question.wordings).replace("{p}", called);
        let opener = if dice.roll(3) == 0 {
            dice.pick(&self.material.openers).as_str()
        } else {
            ""
        };
        let ending = if dice.roll(2) == 0 {
            dice.pick(&self.material.endings).as_str()
        } else {
            ""
        };
        let mut text = format!("{opener}{wording}{ending}");
        if dice.roll(12) == 0 {
            let [right, wrong] = dice.pick(&self.material.typos);
            text = text.replace(right.as_str(), wrong);
        }
        talk.say("buyer", text, dice);
        if question.answers.is_empty() {
            talk.say("agent", dice.pick(&self.material.stalls).clone(), dice);
        } else if dice.roll(25) > 0 {
            let own = talk.agent % question.answers.len();
            let answer = if dice.roll(5) == 0 {
                dice.pick(&question.answers)
            } else {
                &question.answers[own]
            };
            let answer = answer.replace("{p}", called);
            let dear = if dice.roll(3) == 0 && !answer.contains('亲') {
                "亲，"
            } else {
                ""
            };
            let ending = ["", "哦", "～", "呢"][talk.agent];
            talk.say("agent", format!("{dear}{answer}{ending}"), dice);
        }
    }

    fn pick_question(&self, day: usize, dice: &mut Dice) -> &Question {
        let mut at = dice.roll(self.day_weight(day));
        for question in &self.material.questions {
            let weight = question.weight * question.course.percent(day);
            if at < weight {
                return question;
            }
            at -= weight;
        }
        &self.material.questions[0]
    }
}

impl Talk {
    fn say(&mut self, role: &'static str, text: String, dice: &mut Dice) {
        let pause = match role {
            "automatic" => 1,
            "agent" => 10 + dice.roll(120),
            _ => 5 + dice.roll(60),
        };
        self.at += i64::try_from(pause).unwrap_or(1).seconds();
        self.rows.push(Row {
            id: format!("m{}-{}", self.number, self.rows.len()),
            conversation_id: format!("c{}", self.number),
            role,
            text,
            at: self.at.to_string(),
            consumer_id: format!("buyer_{}", self.consumer),
            agent_id: (role == "agent").then(|| AGENTS[self.agent]),
            channel: self.channel,
            product_id: self.product.clone(),
            order_id: self.order.clone(),
        });
    }
}

fn channel(dice: &mut Dice) -> &'static str {
    let mut at = dice.roll(100);
    for (channel, share) in CHANNELS {
        if at < share {
            return channel;
        }
        at -= share;
    }
    CHANNELS[0].0
}

/// Invented: no number here is anybody's on purpose.
fn personal(dice: &mut Dice) -> String {
    let phone = format!(
        "1{}{:08}",
        [38, 39, 58, 77, 86][dice.roll(5)],
        dice.roll(100_000_000)
    );
    let name = format!(
        "{}{}",
        ["赵", "钱", "孙", "周", "吴", "郑"][dice.roll(6)],
        ["小雨", "明", "海燕", "佳", "志强"][dice.roll(5)]
    );
    let road = ["人民路", "解放路", "中山北路", "学府街"][dice.roll(4)];
    let house = 1 + dice.roll(300);
    match dice.roll(4) {
        0 => format!("我电话{phone}，到了打我"),
        1 => format!("收件人：{name}，{phone}，浙江省嘉兴市南湖区{road}{house}号"),
        2 => format!("发票发我邮箱 user{}@example.com", dice.roll(10_000)),
        _ => format!("加我微信 wx_{}_{} 聊", dice.roll(1_000), dice.roll(1_000)),
    }
}

/// Knuth's MMIX generator: fixed, so that two machines write the same log.
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
