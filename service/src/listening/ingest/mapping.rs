//! How the columns of an exported chat log become messages, as a TOML file says it.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::Deserialize;

use super::pattern::Pattern;
use super::times::TimeForm;
use crate::domain::fault::{Hint, Locale};

/// A mapping as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMapping {
    description: String,
    columns: Columns,
    #[serde(default)]
    time: RawTime,
    roles: Option<Roles>,
    senders: Option<Senders>,
    #[serde(default)]
    automatic: Vec<Rule>,
    #[serde(default)]
    skip: Vec<Rule>,
    #[serde(default)]
    constants: Constants,
    #[serde(default)]
    channel_names: BTreeMap<String, String>,
    #[serde(default)]
    html: bool,
}

/// Where each part of a message stands.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// What it says.
    pub text: Names,
    /// When.
    pub time: Names,
    /// Who wrote it, as a kind: `买家`, `客服`.
    #[serde(default)]
    pub role: Names,
    /// Who wrote it, as a name.
    #[serde(default)]
    pub sender: Names,
    /// Whom it was written to.
    #[serde(default)]
    pub receiver: Names,
    /// Its id.
    #[serde(default)]
    pub id: Names,
    /// Its conversation.
    #[serde(default)]
    pub conversation: Names,
    /// The buyer.
    #[serde(default)]
    pub consumer: Names,
    /// The agent.
    #[serde(default)]
    pub agent: Names,
    /// The channel.
    #[serde(default)]
    pub channel: Names,
    /// The product.
    #[serde(default)]
    pub product: Names,
    /// The order.
    #[serde(default)]
    pub order: Names,
}

impl Columns {
    /// Every part of a message with the names that its column may have.
    pub fn all(&self) -> [(&'static str, &Names); 12] {
        [
            ("text", &self.text),
            ("time", &self.time),
            ("role", &self.role),
            ("sender", &self.sender),
            ("receiver", &self.receiver),
            ("id", &self.id),
            ("conversation", &self.conversation),
            ("consumer", &self.consumer),
            ("agent", &self.agent),
            ("channel", &self.channel),
            ("product", &self.product),
            ("order", &self.order),
        ]
    }
}

/// The names of a column: one, which the file must have; or several, of which
/// the first that the file has is taken.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Names {
    /// Must be there.
    One(String),
    /// The first that is there.
    AnyOf(Vec<String>),
}

impl Default for Names {
    fn default() -> Self {
        Self::AnyOf(Vec::new())
    }
}

impl Names {
    /// The names.
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::AnyOf(names) => names,
        }
    }

    fn is_given(&self) -> bool {
        !self.as_slice().is_empty()
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTime {
    #[serde(default)]
    format: Names,
    zone: Option<String>,
}

/// Which values of the role column mean whom.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    /// A buyer.
    #[serde(default)]
    pub buyer: Vec<Pattern>,
    /// A human agent.
    #[serde(default)]
    pub agent: Vec<Pattern>,
    /// A robot, or the platform in the shop's name.
    #[serde(default)]
    pub automatic: Vec<Pattern>,
}

/// Which senders are the shop's; all others are buyers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Senders {
    /// Human agents.
    pub agent: Vec<Pattern>,
    /// Robots.
    #[serde(default)]
    pub automatic: Vec<Pattern>,
}

/// Values of a column.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The column.
    pub column: Names,
    /// Any of these.
    pub values: Vec<Pattern>,
}

/// What holds for every message that does not say otherwise.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constants {
    /// The channel.
    pub channel: Option<String>,
    /// The product.
    pub product: Option<String>,
}

/// A mapping that makes sense in itself.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// What exports it is for.
    pub description: String,
    /// Where each part of a message stands.
    pub columns: Columns,
    /// The forms that times may have.
    pub times: Vec<TimeForm>,
    /// The zone of times that do not say theirs; the shop's where there is none.
    pub zone: Option<TimeZone>,
    /// By the role column.
    pub roles: Option<Roles>,
    /// By the sender's name, where the file has no role column.
    pub senders: Option<Senders>,
    /// Which messages of the shop's side nobody wrote by hand.
    pub automatic: Vec<Rule>,
    /// Which records are no messages.
    pub skip: Vec<Rule>,
    /// What holds for every message.
    pub constants: Constants,
    /// Channels by what the file calls them.
    pub channel_names: BTreeMap<String, String>,
    /// Whether texts are HTML.
    pub is_html: bool,
}

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    /// When it is no TOML of that shape, or does not say enough.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let raw: RawMapping = toml::from_str(text).map_err(|error| MappingError::Unreadable {
            detail: error.to_string().trim().replace('\n', " "),
        })?;
        for (field, names) in [("text", &raw.columns.text), ("time", &raw.columns.time)] {
            if !names.is_given() {
                let what = Hint::new(field, field);
                return Err(MappingError::NotGiven { what });
            }
        }
        if !raw.columns.role.is_given() && !raw.columns.sender.is_given() {
            let what = Hint::new("role 或 sender", "role, or sender");
            return Err(MappingError::NotGiven { what });
        }
        if raw.columns.role.is_given() && raw.roles.is_none() {
            let what = Hint::new(
                "[roles]，例如 buyer = [\"买家\"]、agent = [\"客服\"]",
                "[roles], such as buyer = [\"customer\"] and agent = [\"staff\"]",
            );
            return Err(MappingError::NotGiven { what });
        }
        if !raw.columns.role.is_given() && raw.senders.is_none() {
            let what = Hint::new(
                "[senders]，例如 agent = [\"禾木旗舰店:*\"]",
                "[senders], such as agent = [\"Harbor:*\"]",
            );
            return Err(MappingError::NotGiven { what });
        }
        let forms = raw.time.format.as_slice();
        let times = if forms.is_empty() {
            vec![TimeForm::Iso]
        } else {
            forms
                .iter()
                .map(|form| TimeForm::parse(form))
                .collect::<Result<_, _>>()?
        };
        let zone = raw
            .time
            .zone
            .map(|name| TimeZone::get(&name).map_err(|_| MappingError::UnknownZone { name }))
            .transpose()?;
        Ok(Self {
            description: raw.description,
            columns: raw.columns,
            times,
            zone,
            roles: raw.roles,
            senders: raw.senders,
            automatic: raw.automatic,
            skip: raw.skip,
            constants: raw.constants,
            channel_names: raw.channel_names,
            is_html: raw.html,
        })
    }

    /// The columns that it speaks of, each with the names that it may have.
    pub fn wanted(&self) -> Vec<&[String]> {
        let of_rules = self.skip.iter().chain(&self.automatic);
        self.columns
            .all()
            .into_iter()
            .map(|(_, names)| names)
            .chain(of_rules.map(|rule| &rule.column))
            .map(Names::as_slice)
            .collect()
    }
}

/// What is wrong with a mapping, alone or with a file.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// No TOML of a mapping's shape.
    #[error("the mapping cannot be read: {detail}")]
    Unreadable {
        /// Where and why.
        detail: String,
    },
    /// Something that every mapping says.
    #[error("the mapping does not say {}", .what.message(Locale::English))]
    NotGiven {
        /// What.
        what: Hint,
    },
    /// No time can be read by it.
    #[error(
        "\"{form}\" is no form of a time: iso, seconds, milliseconds or a pattern such as %Y/%m/%d %H:%M:%S"
    )]
    TimeForm {
        /// The form.
        form: String,
    },
    /// No time zone of that name.
    #[error("\"{name}\" is no time zone such as Asia/Shanghai")]
    UnknownZone {
        /// The name.
        name: String,
    },
    /// The file has no such column.
    #[error(
        "the file has no column {} for {field}; it has {}: choose a --preset or a --mapping that fits it",
        quoted(.names, " or "), quoted(.has, ", ")
    )]
    NoColumn {
        /// The part of a message.
        field: String,
        /// The names looked for.
        names: Vec<String>,
        /// The columns that the file has.
        has: Vec<String>,
    },
    /// No preset of that name.
    #[error("there is no preset \"{name}\", there are {}", .known.join(", "))]
    UnknownPreset {
        /// The name.
        name: String,
        /// Those that there are.
        known: Vec<&'static str>,
    },
}

impl MappingError {
    /// The error in `locale`'s language, without a full stop.
    pub fn message(&self, locale: Locale) -> String {
        match locale {
            Locale::English => self.to_string(),
            Locale::Chinese => self.chinese(),
        }
    }

    fn chinese(&self) -> String {
        match self {
            Self::Unreadable { detail } => format!("映射文件读不了：{detail}"),
            Self::NotGiven { what } => {
                format!("映射文件缺少 {}", what.message(Locale::Chinese))
            }
            Self::TimeForm { form } => format!(
                "“{form}”不是时间格式，可以写 iso、seconds（秒）、milliseconds（毫秒）或 %Y/%m/%d %H:%M:%S 这样的格式"
            ),
            Self::UnknownZone { name } => format!("没有“{name}”这个时区，例如：Asia/Shanghai"),
            Self::NoColumn { field, names, has } => format!(
                "文件里没有“{}”对应的列（{}），只有：{}；请用 --preset 选合适的预设，或用 --mapping 指定映射文件",
                part_label(field),
                quoted(names, "、"),
                quoted(has, "、")
            ),
            Self::UnknownPreset { name, known } => {
                format!("没有“{name}”这个预设，可以用：{}", known.join("、"))
            }
        }
    }
}

/// What people call a part of a message in Chinese.
fn part_label(field: &str) -> &str {
    match field {
        "text" => "消息内容",
        "time" => "时间",
        "role" => "身份",
        "sender" => "发送人",
        "role, sender" => "身份或发送人",
        "receiver" => "接收人",
        "id" => "消息编号",
        "conversation" => "会话",
        "consumer" => "买家",
        "agent" => "客服",
        "channel" => "渠道",
        "product" => "商品",
        "order" => "订单",
        other => other,
    }
}

/// Names in quotation marks; a file of hundreds of columns is not listed whole.
fn quoted(names: &[String], separator: &str) -> String {
    const MOST_LISTED: usize = 40;
    let listed: Vec<String> = names
        .iter()
        .filter(|name| !name.is_empty())
        .take(MOST_LISTED)
        .map(|name| format!("\"{}\"", name.chars().take(60).collect::<String>()))
        .collect();
    listed.join(separator)
}
