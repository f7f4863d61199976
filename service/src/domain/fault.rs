//! What can be wrong with a value that a person or a program handed in, in plain words.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The language of a message to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub enum Locale {
    /// Simplified Chinese.
    #[default]
    #[serde(rename = "zh-CN")]
    Chinese,
    /// English.
    #[serde(rename = "en")]
    English,
}

impl Locale {
    /// The locale of a language tag such as `zh-CN`, `zh` or `en-GB`; `None` for other languages.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let language = tag.trim().split(['-', '_', '.', ';']).next().unwrap_or("");
        match language.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }
}

/// One thing wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name as its sender wrote it: `title`, `phrasings[2]`.
    pub field: String,
    /// What is wrong.
    pub fault: Fault,
}

impl FieldError {
    /// `fault` at `field`.
    pub fn new(field: impl Into<String>, fault: Fault) -> Self {
        Self {
            field: field.into(),
            fault,
        }
    }
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A required value is absent or blank.
    Missing,
    /// More characters than allowed.
    TooLong {
        /// The most characters allowed.
        most: usize,
        /// The characters found.
        found: usize,
    },
    /// Fewer characters than needed.
    TooShort {
        /// The fewest characters that do.
        fewest: usize,
        /// The characters found.
        found: usize,
    },
    /// Not what was typed the first time.
    Differs,
    /// The shop would be left without an owner.
    LastOwner,
    /// More elements than allowed.
    TooMany {
        /// The most elements allowed.
        most: usize,
        /// The elements found.
        found: usize,
    },
    /// A control character, which no text of a shop needs.
    ControlCharacter,
    /// Not one of the known values.
    Unknown {
        /// The value found.
        value: String,
        /// What would do, in words.
        expected: String,
    },
    /// The same value twice.
    Repeated {
        /// The value found again.
        value: String,
    },
    /// An approved item has neither a brief nor a consultative answer.
    NoAnswer,
    /// The window ends at or before its start.
    WindowEndsBeforeStart,
    /// The intent belongs to another domain than the item's.
    IntentOutsideDomain {
        /// The intent found.
        intent: String,
        /// The item's domain.
        domain: String,
    },
    /// Not a time that can be read.
    NotATime {
        /// The value found.
        value: String,
    },
    /// A time that is still ahead, of something that has happened.
    InFuture,
    /// The id is on record for something with other content.
    InUse,
    /// Not JSON of the expected shape.
    Unreadable {
        /// Where and why, as the reader says it.
        detail: String,
    },
    /// Given without the field that it belongs to.
    OnlyWith {
        /// That field's name.
        needed: &'static str,
    },
    /// Not of the form the field has.
    Malformed {
        /// What the form is, in words.
        expected: String,
    },
}

impl Fault {
    /// The fault in `locale`'s language, without a full stop.
    pub fn message(&self, locale: Locale) -> String {
        match locale {
            Locale::English => self.to_string(),
            Locale::Chinese => self.chinese(),
        }
    }

    fn chinese(&self) -> String {
        match self {
            Self::Missing => "不能为空".to_owned(),
            Self::TooLong { most, found } => format!("最多 {most} 个字，现在有 {found} 个"),
            Self::TooShort { fewest, found } => format!("至少 {fewest} 个字符，现在有 {found} 个"),
            Self::Differs => "两次输入不一致".to_owned(),
            Self::LastOwner => "店铺至少要留一位店主".to_owned(),
            Self::TooMany { most, found } => format!("最多 {most} 项，现在有 {found} 项"),
            Self::ControlCharacter => "含有看不见的控制字符，请删掉后重试".to_owned(),
            Self::Unknown { value, expected } => format!("“{value}”不认识，可以填：{expected}"),
            Self::Repeated { value } => format!("“{value}”重复出现"),
            Self::NoAnswer => "已审核的知识至少要有一种回答（简短或详细）".to_owned(),
            Self::WindowEndsBeforeStart => "失效时间必须晚于生效时间".to_owned(),
            Self::IntentOutsideDomain { intent, domain } => {
                format!("意图“{intent}”不属于领域“{domain}”")
            }
            Self::NotATime { value } => {
                format!("“{value}”不是可识别的时间，请写成 2026-11-11 20:00")
            }
            Self::InFuture => "不能晚于现在".to_owned(),
            Self::InUse => "这个编号已用于另一条内容不同的记录".to_owned(),
            Self::Unreadable { detail } => format!("无法读取：{detail}"),
            Self::OnlyWith { needed } => format!("要和 {needed} 一起用"),
            Self::Malformed { expected } => format!("格式不对，应为：{expected}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(formatter, "must not be empty"),
            Self::TooLong { most, found } => {
                write!(
                    formatter,
                    "has {found} characters, at most {most} are allowed"
                )
            }
            Self::TooShort { fewest, found } => {
                write!(
                    formatter,
                    "has {found} characters, at least {fewest} are needed"
                )
            }
            Self::Differs => formatter.write_str("is not what was typed the first time"),
            Self::LastOwner => formatter.write_str("would leave the shop without an owner"),
            Self::TooMany { most, found } => {
                write!(
                    formatter,
                    "has {found} elements, at most {most} are allowed"
                )
            }
            Self::ControlCharacter => write!(formatter, "contains a control character"),
            Self::Unknown { value, expected } => {
                write!(formatter, "\"{value}\" is not known, expected {expected}")
            }
            Self::Repeated { value } => write!(formatter, "\"{value}\" occurs twice"),
            Self::NoAnswer => write!(
                formatter,
                "an approved item needs a brief or a consultative answer"
            ),
            Self::WindowEndsBeforeStart => {
                write!(formatter, "the window must end after it starts")
            }
            Self::IntentOutsideDomain { intent, domain } => {
                write!(
                    formatter,
                    "intent \"{intent}\" is not of domain \"{domain}\""
                )
            }
            Self::NotATime { value } => write!(
                formatter,
                "\"{value}\" is not a time such as 2026-11-11 20:00 or 2026-11-11T12:00:00Z"
            ),
            Self::InFuture => formatter.write_str("must not be in the future"),
            Self::InUse => write!(formatter, "is in use for something with other content"),
            Self::Unreadable { detail } => write!(formatter, "cannot be read: {detail}"),
            Self::OnlyWith { needed } => write!(formatter, "is accepted only with {needed}"),
            Self::Malformed { expected } => write!(formatter, "is malformed, expected {expected}"),
        }
    }
}
