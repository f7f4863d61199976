//! A mapping with a file's columns: makes a message of each record.

use jiff::tz::TimeZone;
use zhiwen_models::privacy::mask;

use super::html;
use super::mapping::{Mapping, MappingError, Names, Roles, Rule};
use super::pattern::{Pattern, is_any};
use super::times::TimeForm;
use super::voices::{Among, Voice};
use crate::domain::fault::{Fault, FieldError, Hint};
use crate::listening::intake::RawMessage;

/// Characters of a value that a refusal quotes.
const MOST_QUOTED: usize = 40;

/// Values of a role that a refusal lists.
const MOST_ROLES_LISTED: usize = 32;

/// Characters that are masked for this; a cell may have a megabyte.
const MOST_LOOKED_AT: usize = 1_000;

/// A mapping whose columns are found in a file.
#[derive(Debug)]
pub struct Bound {
    mapping: Mapping,
    columns: Vec<String>,
    places: Places,
    skip: Vec<BoundRule>,
    automatic: Vec<BoundRule>,
    zone: TimeZone,
}

/// Where each part of a message stands among the cells.
#[derive(Debug, Default)]
struct Places {
    text: usize,
    time: usize,
    role: Option<usize>,
    sender: Option<usize>,
    receiver: Option<usize>,
    id: Option<usize>,
    conversation: Option<usize>,
    consumer: Option<usize>,
    agent: Option<usize>,
    channel: Option<usize>,
    product: Option<usize>,
    order: Option<usize>,
}

#[derive(Debug)]
struct BoundRule {
    place: usize,
    values: Vec<Pattern>,
}

/// What a record is.
#[derive(Debug, PartialEq)]
pub enum Reading {
    /// A message; its `id` is empty where the file has none, its `at` is RFC 3339.
    Message(Box<RawMessage>),
    /// No message: a notice, a picture, a blank.
    Skipped,
    /// Something is wrong with it; fields as the file calls them.
    Refused(Vec<FieldError>),
}

impl Bound {
    /// Finds the mapping's columns among `columns`; `zone` is the shop's.
    ///
    /// # Errors
    /// When one is not there that must be.
    pub fn new(mapping: Mapping, columns: &[String], zone: TimeZone) -> Result<Self, MappingError> {
        let find = |field: &str, names: &Names| find(columns, field, names);
        let given = &mapping.columns;
        let needed = |field: &str, names: &Names| {
            find(field, names)?.ok_or_else(|| no_column(columns, field, names))
        };
        let mut places = Places {
            text: needed("text", &given.text)?,
            time: needed("time", &given.time)?,
            role: find("role", &given.role)?,
            sender: find("sender", &given.sender)?,
            receiver: find("receiver", &given.receiver)?,
            id: find("id", &given.id)?,
            conversation: find("conversation", &given.conversation)?,
            consumer: find("consumer", &given.consumer)?,
            agent: find("agent", &given.agent)?,
            channel: find("channel", &given.channel)?,
            product: find("product", &given.product)?,
            order: find("order", &given.order)?,
        };
        if mapping.roles.is_none() {
            places.role = None;
        }
        if places.role.is_none() && (places.sender.is_none() || mapping.senders.is_none()) {
            let names = [given.role.as_slice(), given.sender.as_slice()].concat();
            return Err(no_column(columns, "role, sender", &Names::AnyOf(names)));
        }
        let skip = bind_rules(columns, "skip", &mapping.skip)?;
        let automatic = bind_rules(columns, "automatic", &mapping.automatic)?;
        let zone = mapping.zone.clone().unwrap_or(zone);
        Ok(Self {
            mapping,
            columns: columns.to_vec(),
            places,
            skip,
            automatic,
            zone,
        })
    }

    /// What the record of these cells is.
    pub fn read(&self, cells: &[String]) -> Reading {
        let holds = |rule: &BoundRule| is_any(&rule.values, cell(cells, Some(rule.place)));
        let text = cell(cells, Some(self.places.text));
        if self.skip.iter().any(holds) {
            return Reading::Skipped;
        }
        let text = if self.mapping.is_html {
            html::to_text(text)
        } else {
            text.to_owned()
        };
        if text.trim().is_empty() {
            return Reading::Skipped;
        }
        let mut faults = Vec::new();
        let at = self.time(cells).unwrap_or_else(|fault| {
            faults.push(FieldError::new("at", fault));
            String::new()
        });
        let role = self.role(cells).unwrap_or_else(|fault| {
            faults.push(FieldError::new("role", fault));
            ""
        });
        if !faults.is_empty() {
            return Reading::Refused(faults);
        }
        let is_automatic = role == "agent" && self.automatic.iter().any(holds);
        let role = if is_automatic { "automatic" } else { role };
        Reading::Message(Box::new(self.message(cells, role, (text, at))))
    }

    /// Who wrote a record that is a message of `role`, as far as the file says.
    pub fn voice(&self, cells: &[String], role: &str) -> Voice {
        let places = &self.places;
        let get = |place| filled(cell(cells, place));
        let sender = get(places.sender);
        let is_told_by_name = places.role.is_none();
        if role != "buyer" {
            return Voice::Shop(if is_told_by_name {
                sender
            } else {
                get(places.agent).or(sender)
            });
        }
        let Some(name) = sender.filter(|_| is_told_by_name) else {
            return Voice::Buyer;
        };
        let among = match (get(places.consumer), get(places.receiver)) {
            (Some(consumer), _) if consumer == name => None,
            (Some(consumer), _) => Some(Among::With(consumer)),
            (None, Some(receiver)) if self.is_of_shop(&receiver) => None,
            (None, Some(receiver)) => Some(Among::With(receiver)),
            (None, None) => get(places.conversation).map(Among::In),
        };
        among.map_or(Voice::Buyer, |among| Voice::Unlisted { name, among })
    }

    fn is_of_shop(&self, name: &str) -> bool {
        let senders = self.mapping.senders.as_ref();
        senders
            .is_some_and(|senders| is_any(&senders.agent, name) || is_any(&senders.automatic, name))
    }

    /// The senders whom the mapping lists as agents.
    pub fn listed_agents(&self) -> Vec<String> {
        let senders = self.mapping.senders.as_ref();
        let agents = senders.into_iter().flat_map(|senders| &senders.agent);
        agents.map(ToString::to_string).collect()
    }

    fn message(&self, cells: &[String], role: &str, (text, at): (String, String)) -> RawMessage {
        let places = &self.places;
        let get = |place| filled(cell(cells, place));
        let is_buyer = role == "buyer";
        let (buyer, other) = if is_buyer {
            (places.sender, places.receiver)
        } else {
            (places.receiver, places.sender)
        };
        let channel = get(places.channel).map(|name| {
            let known = self.mapping.channel_names.get(&name);
            known.cloned().unwrap_or(name)
        });
        RawMessage {
            id: get(places.id).unwrap_or_default(),
            conversation_id: get(places.conversation),
            role: role.to_owned(),
            text,
            at,
            consumer_id: get(places.consumer).or_else(|| get(buyer)),
            agent_id: if is_buyer {
                None
            } else {
                get(places.agent).or_else(|| get(other))
            },
            channel: channel.or_else(|| self.mapping.constants.channel.clone()),
            product_id: get(places.product).or_else(|| self.mapping.constants.product.clone()),
            order_id: get(places.order),
        }
    }

    fn time(&self, cells: &[String]) -> Result<String, Fault> {
        let text = cell(cells, Some(self.places.time));
        if text.trim().is_empty() {
            return Err(Fault::Missing);
        }
        let forms = &self.mapping.times;
        let time = forms.iter().find_map(|form| form.read(text, &self.zone));
        time.map(|time| time.to_string()).ok_or_else(|| {
            let examples: Vec<String> = forms.iter().map(TimeForm::example).collect();
            Fault::Unknown {
                value: quoted(text),
                expected: Hint::new(examples.join(" 或 "), examples.join(" or ")),
            }
        })
    }

    fn role(&self, cells: &[String]) -> Result<&'static str, Fault> {
        if let (Some(place), Some(roles)) = (self.places.role, &self.mapping.roles) {
            let value = cell(cells, Some(place));
            let kinds = [
                ("buyer", &roles.buyer),
                ("agent", &roles.agent),
                ("automatic", &roles.automatic),
            ];
            let kind = kinds.iter().find(|(_, values)| is_any(values, value));
            return match kind {
                Some((role, _)) => Ok(*role),
                None if value.trim().is_empty() => Err(Fault::Missing),
                None => Err(unknown_role(roles, value)),
            };
        }
        let sender = cell(cells, self.places.sender);
        if sender.trim().is_empty() {
            return Err(Fault::Missing);
        }
        let Some(senders) = &self.mapping.senders else {
            return Err(Fault::Missing);
        };
        Ok(if is_any(&senders.automatic, sender) {
            "automatic"
        } else if is_any(&senders.agent, sender) {
            "agent"
        } else {
            "buyer"
        })
    }

    /// The file's column of a message's field, for who mends the file.
    pub fn column_of<'a>(&'a self, field: &'a str) -> &'a str {
        let places = &self.places;
        let place = match field {
            "text" => Some(places.text),
            "at" => Some(places.time),
            "role" => places.role.or(places.sender),
            "id" => places.id,
            "conversation_id" => places.conversation,
            "consumer_id" => places.consumer.or(places.sender),
            "agent_id" => places.agent.or(places.sender),
            "channel" => places.channel,
            "product_id" => places.product,
            "order_id" => places.order,
            _ => None,
        };
        let column = place.and_then(|place| self.columns.get(place));
        column.map_or(field, String::as_str)
    }
}

fn cell(cells: &[String], place: Option<usize>) -> &str {
    place
        .and_then(|place| cells.get(place))
        .map_or("", String::as_str)
}

/// A value as a refusal quotes it. In a file of the wrong columns it may be a
/// message: it is masked, and then cut, so that no number is cut past knowing.
fn quoted(value: &str) -> String {
    let start: String = value.chars().take(MOST_LOOKED_AT).collect();
    let masked = mask(&start);
    masked.as_str().chars().take(MOST_QUOTED).collect()
}

/// A value of the role column that the mapping does not list, with those that
/// it does and how it would.
fn unknown_role(roles: &Roles, value: &str) -> Fault {
    let value = quoted(value);
    let known: Vec<String> = [&roles.buyer, &roles.agent, &roles.automatic]
        .into_iter()
        .flatten()
        .take(MOST_ROLES_LISTED)
        .map(ToString::to_string)
        .collect();
    let chinese = format!(
        "{}；其他叫法请写进映射文件的 [roles]，例如 agent = [{value:?}]（buyer 是买家，agent 是客服，automatic 是机器人）",
        known.join("、")
    );
    let english = format!(
        "{}, or list it under [roles] of the mapping, such as agent = [{value:?}]: the roles are buyer, agent and automatic",
        known.join(", ")
    );
    Fault::Unknown {
        value,
        expected: Hint::new(chinese, english),
    }
}

fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn find(columns: &[String], field: &str, names: &Names) -> Result<Option<usize>, MappingError> {
    let place = |name: &String| columns.iter().position(|column| column == name);
    match names {
        Names::One(name) => match place(name) {
            None => Err(no_column(columns, field, names)),
            found => Ok(found),
        },
        Names::AnyOf(names) => Ok(names.iter().find_map(place)),
    }
}

fn bind_rules(
    columns: &[String],
    field: &str,
    rules: &[Rule],
) -> Result<Vec<BoundRule>, MappingError> {
    let mut bound = Vec::new();
    for rule in rules {
        if let Some(place) = find(columns, field, &rule.column)? {
            let values = rule.values.clone();
            bound.push(BoundRule { place, values });
        }
    }
    Ok(bound)
}

fn no_column(columns: &[String], field: &str, names: &Names) -> MappingError {
    MappingError::NoColumn {
        field: field.to_owned(),
        names: names.as_slice().to_vec(),
        // Where a file has no header, its first message stands there.
        has: columns.iter().map(|column| quoted(column)).collect(),
    }
}
