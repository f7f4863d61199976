//! Who the lines of an exported chat log were taken for, and who may have been taken wrongly.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use zhiwen_models::privacy::mask;

use crate::domain::fault::Locale;
use crate::domain::message::Author;

/// Names of a role that the report lists.
const MOST_LISTED: usize = 10;

/// Names of a role that are counted one by one; a wrong mapping may take every buyer for an agent.
const MOST_COUNTED: usize = 10_000;

/// A buyer speaks with few accounts of a shop; whoever speaks with more others
/// than this, most of whom speak with nobody else, may be the shop.
const MOST_PARTNERS: usize = 3;

/// Characters of a name that the report shows.
const MOST_NAME_CHARACTERS: usize = 60;

/// Who wrote a message, and by what the file tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Voice {
    /// One of the shop's, by name where the file has one.
    Shop(Option<String>),
    /// A buyer, without a doubt.
    Buyer,
    /// Counted as a buyer because the mapping does not list the name.
    Unlisted {
        /// The sender.
        name: String,
        /// Whom or where they speak.
        among: Among,
    },
}

/// Whom an unlisted sender speaks with, as far as the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Among {
    /// Somebody who is none of the shop's either.
    With(String),
    /// Others in this conversation.
    In(String),
}

/// How many messages are whose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Voices {
    /// Messages of buyers.
    pub buyers: u64,
    /// Messages of agents.
    pub agents: u64,
    /// Messages of robots.
    pub robots: u64,
    agent_names: BTreeMap<String, u64>,
    robot_names: BTreeMap<String, u64>,
    /// Unlisted senders with hashes of those they speak with.
    unlisted: BTreeMap<String, BTreeSet<u64>>,
    /// The first unlisted sender of each conversation; hashes of both.
    openers: HashMap<u64, u64>,
    /// What the mapping lists as agents.
    listed: Vec<String>,
}

impl Voices {
    /// Nobody yet; `listed` is what the mapping says of agents by name.
    pub fn new(listed: Vec<String>) -> Self {
        Self {
            listed,
            ..Self::default()
        }
    }

    /// Counts a message.
    pub fn hear(&mut self, author: Author, voice: &Voice) {
        let names = match author {
            Author::Buyer => {
                self.buyers += 1;
                return self.doubt(voice);
            }
            Author::Agent => {
                self.agents += 1;
                &mut self.agent_names
            }
            Author::Automatic => {
                self.robots += 1;
                &mut self.robot_names
            }
        };
        if let Voice::Shop(Some(name)) = voice
            && (names.len() < MOST_COUNTED || names.contains_key(name))
        {
            *names.entry(name.clone()).or_default() += 1;
        }
    }

    /// Notes whom somebody speaks with who is not known to be a buyer.
    fn doubt(&mut self, voice: &Voice) {
        let Voice::Unlisted { name, among } = voice else {
            return;
        };
        let partner = match among {
            Among::With(other) => hash(other),
            Among::In(conversation) => {
                let (conversation, sender) = (hash(conversation), hash(name));
                let opener = *self.openers.entry(conversation).or_insert(sender);
                if opener == sender {
                    return;
                }
                conversation
            }
        };
        self.unlisted
            .entry(name.clone())
            .or_default()
            .insert(partner);
    }

    /// What the report says of it, a line each.
    pub fn lines(&self, locale: Locale) -> Vec<String> {
        let Self {
            buyers,
            agents,
            robots,
            ..
        } = self;
        if buyers + agents + robots == 0 {
            return Vec::new();
        }
        let mut lines = vec![match locale {
            Locale::English => {
                format!("{buyers} of buyers, {agents} of agents, {robots} of robots")
            }
            Locale::Chinese => {
                format!("其中买家 {buyers} 条，客服 {agents} 条，机器人 {robots} 条")
            }
        }];
        let (as_agents, as_robots) = match locale {
            Locale::English => ("taken for agents: ", "taken for robots: "),
            Locale::Chinese => ("按客服计的发送人：", "按机器人计的发送人："),
        };
        for (role, names) in [
            (as_agents, &self.agent_names),
            (as_robots, &self.robot_names),
        ] {
            if !names.is_empty() {
                lines.push(format!("{role}{}", listed(names, locale)));
            }
        }
        lines.extend(self.warnings(locale));
        lines
    }

    /// Of senders who speak like a shop, with the line that would say so.
    fn warnings(&self, locale: Locale) -> Vec<String> {
        let conversations = self.conversations();
        let mut doubtful: Vec<(&String, usize)> = self
            .unlisted
            .iter()
            .filter(|(_, partners)| self.serves(partners, &conversations))
            .map(|(name, partners)| (name, partners.len()))
            .collect();
        if doubtful.is_empty() {
            return Vec::new();
        }
        // Of equal counts by name, as the map has them.
        doubtful.sort_by_key(|(_, partners)| std::cmp::Reverse(*partners));
        doubtful.truncate(MOST_LISTED);
        let mut lines: Vec<String> = doubtful
            .iter()
            .map(|(name, partners)| {
                let name = shown(name);
                match locale {
                    Locale::English => format!(
                        "warning: \"{name}\" is taken for a buyer in conversations with {partners} others"
                    ),
                    Locale::Chinese => {
                        format!("注意：“{name}”在 {partners} 段对话里都按买家计")
                    }
                }
            })
            .collect();
        let names = doubtful.iter().map(|(name, _)| name.as_str());
        let line = self.line_to_paste(names.filter(|name| can_be_pasted(name)));
        lines.push(match (locale, line) {
            (Locale::English, None) => "if that is the shop's account, say so under [senders] of a --mapping (--show-preset prints one to start from)".to_owned(),
            (Locale::English, Some(line)) => format!(
                "if that is the shop's account, say so under [senders] of a --mapping (--show-preset prints one to start from): {line}"
            ),
            (Locale::Chinese, None) => "若是店铺账号，请在映射文件的 [senders] 里写明，再用 --mapping 指定（--show-preset 可取出预设来改）".to_owned(),
            (Locale::Chinese, Some(line)) => format!(
                "若是店铺账号，请在映射文件的 [senders] 里写明，再用 --mapping 指定（--show-preset 可取出预设来改）：{line}"
            ),
        });
        lines
    }

    /// The mapping's agents with `names`; `None` without any.
    fn line_to_paste<'a>(&'a self, names: impl Iterator<Item = &'a str>) -> Option<String> {
        let mut names = names.peekable();
        names.peek()?;
        let quoted = |name: &str| toml::Value::String(name.to_owned()).to_string();
        let listed = self.listed.iter().map(|name| quoted(name));
        let all: Vec<String> = listed.chain(names.map(quoted)).collect();
        Some(format!("agent = [{}]", all.join(", ")))
    }

    /// In how many conversations each unlisted sender is, by the hash of the name.
    fn conversations(&self) -> HashMap<u64, usize> {
        let mut conversations: HashMap<u64, usize> = HashMap::new();
        for (name, partners) in &self.unlisted {
            *conversations.entry(hash(name)).or_default() += partners.len();
        }
        for opener in self.openers.values() {
            *conversations.entry(*opener).or_default() += 1;
        }
        conversations
    }

    /// Whether most of many `partners` speak with nobody else, as buyers do. A
    /// buyer whom several accounts of the shop serve speaks with who speaks with many.
    fn serves(&self, partners: &BTreeSet<u64>, conversations: &HashMap<u64, usize>) -> bool {
        let is_single = |partner: &&u64| {
            let other = self.openers.get(*partner).unwrap_or(*partner);
            conversations.get(other).is_none_or(|count| *count <= 1)
        };
        let singles = partners.iter().filter(is_single).count();
        partners.len() > MOST_PARTNERS && 2 * singles > partners.len()
    }
}

/// Whether a mapping that says `name` means this sender alone: nothing of it
/// is masked or cut, and no star stands for other names.
fn can_be_pasted(name: &str) -> bool {
    shown(name) == name && !name.contains('*') && !name.chars().any(char::is_control)
}

/// The most frequent names with their counts.
fn listed(names: &BTreeMap<String, u64>, locale: Locale) -> String {
    let mut most: Vec<(&String, &u64)> = names.iter().collect();
    most.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    most.truncate(MOST_LISTED);
    let more = names.len() - most.len();
    let told = most.iter().map(|(name, count)| match locale {
        Locale::English => format!("{} {count}", shown(name)),
        Locale::Chinese => format!("{} {count} 条", shown(name)),
    });
    let told: Vec<String> = told.collect();
    match (locale, more) {
        (Locale::English, 0) => told.join(", "),
        (Locale::Chinese, 0) => told.join("、"),
        (Locale::English, more) => format!("{} and {more} more", told.join(", ")),
        (Locale::Chinese, more) => format!("{}，另有 {more} 个", told.join("、")),
    }
}

/// A name as the report shows it: what looks personal in it is masked.
fn shown(name: &str) -> String {
    let masked = mask(name);
    masked.as_str().chars().take(MOST_NAME_CHARACTERS).collect()
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unlisted(name: &str, among: Among) -> Voice {
        let name = name.to_owned();
        Voice::Unlisted { name, among }
    }

    #[test]
    fn lists_the_shops_names_and_no_buyers() {
        let mut voices = Voices::default();
        assert!(voices.lines(Locale::Chinese).is_empty());
        for number in 0..12 {
            for _ in number..12 {
                let name = Some(format!("店:{number:02}"));
                voices.hear(Author::Agent, &Voice::Shop(name));
            }
        }
        voices.hear(
            Author::Automatic,
            &Voice::Shop(Some("店:机器人".to_owned())),
        );
        voices.hear(Author::Automatic, &Voice::Shop(None));
        voices.hear(Author::Buyer, &Voice::Buyer);
        voices.hear(
            Author::Buyer,
            &unlisted("tb1", Among::With("店".to_owned())),
        );
        let lines = voices.lines(Locale::Chinese);
        assert_eq!(lines[0], "其中买家 2 条，客服 78 条，机器人 2 条");
        assert!(
            lines[1].starts_with("按客服计的发送人：店:00 12 条、店:01 11 条、"),
            "{lines:?}"
        );
        assert!(lines[1].ends_with("店:09 3 条，另有 2 个"), "{lines:?}");
        assert_eq!(lines[2..], ["按机器人计的发送人：店:机器人 1 条"]);
        let lines = voices.lines(Locale::English);
        assert_eq!(lines[0], "2 of buyers, 78 of agents, 2 of robots");
        assert!(lines[1].ends_with("店:09 3 and 2 more"), "{lines:?}");
    }

    #[test]
    fn warns_of_who_speaks_with_many_as_a_buyer() {
        let mut voices = Voices::new(vec!["*:*".to_owned()]);
        for number in 0..9 {
            let buyer = format!("tb{number}");
            // One of the buyers comes back, with other words.
            for _ in 0..2 {
                voices.hear(
                    Author::Buyer,
                    &unlisted(&buyer, Among::With("云岭茶铺".to_owned())),
                );
                voices.hear(
                    Author::Buyer,
                    &unlisted("云岭茶铺", Among::With(buyer.clone())),
                );
            }
        }
        let lines = voices.lines(Locale::Chinese);
        assert_eq!(
            lines[1..],
            [
                "注意：“云岭茶铺”在 9 段对话里都按买家计",
                "若是店铺账号，请在映射文件的 [senders] 里写明，再用 --mapping 指定（--show-preset 可取出预设来改）：agent = [\"*:*\", \"云岭茶铺\"]",
            ]
        );
    }

    #[test]
    fn who_comes_second_into_many_conversations_is_no_common_buyer() {
        let mut voices = Voices::default();
        for number in 0..5 {
            let conversation = format!("c{number}");
            let buyer = format!("tb{number}");
            for name in [buyer.as_str(), "云岭茶铺", buyer.as_str()] {
                voices.hear(
                    Author::Buyer,
                    &unlisted(name, Among::In(conversation.clone())),
                );
            }
        }
        let lines = voices.lines(Locale::English);
        assert_eq!(
            lines[1],
            "warning: \"云岭茶铺\" is taken for a buyer in conversations with 5 others"
        );
        assert!(lines[2].ends_with("agent = [\"云岭茶铺\"]"), "{lines:?}");
        assert_eq!(lines.len(), 3);
    }

    /// Of `shops`, each in conversations with all of `buyers`.
    fn heard(shops: &[&str], buyers: &[String]) -> Voices {
        let mut voices = Voices::default();
        for shop in shops {
            for buyer in buyers {
                for (name, other) in [(buyer.as_str(), *shop), (*shop, buyer.as_str())] {
                    voices.hear(
                        Author::Buyer,
                        &unlisted(name, Among::With(other.to_owned())),
                    );
                }
            }
        }
        voices
    }

    #[test]
    fn a_buyer_whom_many_accounts_serve_is_not_the_shop() {
        let shops = ["店:一", "店:二", "店:三", "店:四"];
        let mut voices = heard(&shops, &["tb0".to_owned()]);
        for shop in shops {
            for number in 0..5 {
                let buyer = format!("{shop}的{number}");
                for (name, other) in [(buyer.as_str(), shop), (shop, buyer.as_str())] {
                    voices.hear(
                        Author::Buyer,
                        &unlisted(name, Among::With(other.to_owned())),
                    );
                }
            }
        }
        let lines = voices.lines(Locale::Chinese);
        assert_eq!(lines.len(), 1 + shops.len() + 1, "{lines:?}");
        assert!(lines.iter().all(|line| !line.contains("tb0")), "{lines:?}");
    }

    #[test]
    fn only_a_name_that_means_one_sender_is_offered_for_pasting() {
        let buyers: Vec<String> = (0..5).map(|number| format!("tb{number}")).collect();
        for (shop, expected) in [
            ("云岭\"茶\"铺", Some("云岭\"茶\"铺")),
            ("云岭*铺", None),
            ("13812345678", None),
        ] {
            let lines = heard(&[shop], &buyers).lines(Locale::Chinese);
            assert_eq!(lines.len(), 3, "{lines:?}");
            let offered = lines[2].split_once('：').map(|(_, line)| {
                let read: toml::Table = toml::from_str(line).expect("a line of TOML");
                read["agent"][0].as_str().map(str::to_owned)
            });
            assert_eq!(offered.flatten().as_deref(), expected, "{shop:?}");
        }
        let long = "云".repeat(MOST_NAME_CHARACTERS + 1);
        let lines = heard(&[&long], &buyers).lines(Locale::English);
        assert!(!lines[2].contains("agent ="), "{lines:?}");
    }
}
