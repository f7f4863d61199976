//! What can be wrong with a value that a person or a program handed in, in plain words.

use std::borrow::Cow;
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

/// What would do in place of a value that does not, in the words of both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    chinese: Cow<'static, str>,
    english: Cow<'static, str>,
}

impl Hint {
    /// The words of both languages.
    pub fn new(
        chinese: impl Into<Cow<'static, str>>,
        english: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            chinese: chinese.into(),
            english: english.into(),
        }
    }

    /// Names that are the same in both languages, such as ids.
    pub fn names(names: &[&str]) -> Self {
        Self::new(names.join("、"), names.join(", "))
    }

    /// Ids, each with what people call it in Chinese, which does as well.
    pub fn labelled(names: &[(&str, &str)]) -> Self {
        let chinese: Vec<String> = names
            .iter()
            .map(|(id, label)| format!("{id}（{label}）"))
            .collect();
        let english: Vec<&str> = names.iter().map(|(id, _)| *id).collect();
        Self::new(chinese.join("、"), english.join(", "))
    }

    /// A number or length within bounds.
    pub fn range(least: impl fmt::Display, most: impl fmt::Display) -> Self {
        Self::new(format!("{least} 到 {most}"), format!("{least} to {most}"))
    }

    /// The hint in `locale`'s language.
    pub fn message(&self, locale: Locale) -> &str {
        match locale {
            Locale::Chinese => &self.chinese,
            Locale::English => &self.english,
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
        /// What would do.
        expected: Hint,
    },
    /// The same value twice.
    Repeated {
        /// The value found again.
        value: String,
    },
    /// Somebody or something else has the name.
    Taken {
        /// The name.
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
        /// What the form is.
        expected: Hint,
    },
    /// The very thing that something is done to.
    Itself,
    /// A wording that another item has as its title or a phrasing.
    OfAnother {
        /// The wording.
        value: String,
        /// That item's title.
        item: String,
    },
    /// A password that is among the first that somebody tries.
    Guessable,
}

impl Fault {
    /// Not of the form the field has, which the words of both languages say.
    pub fn malformed(
        chinese: impl Into<Cow<'static, str>>,
        english: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Malformed {
            expected: Hint::new(chinese, english),
        }
    }

    /// A number outside its bounds, which are the first and the last that do.
    pub fn outside(least: impl fmt::Display, most: impl fmt::Display) -> Self {
        Self::Malformed {
            expected: Hint::range(least, most),
        }
    }

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
            Self::Unknown { value, expected } => {
                let expected = expected.message(Locale::Chinese);
                format!("“{value}”不认识，可以填：{expected}")
            }
            Self::Repeated { value } => format!("“{value}”重复出现"),
            Self::Taken { value } => format!("“{value}”已被占用，请换一个"),
            Self::NoAnswer => "已审核的知识至少要有一种回答（简短或详细）".to_owned(),
            Self::WindowEndsBeforeStart => "失效时间必须晚于生效时间".to_owned(),
            Self::IntentOutsideDomain { intent, domain } => {
                format!("意图“{intent}”不属于领域“{domain}”，应为以 {domain}. 开头的意图，或留空")
            }
            Self::NotATime { value } => {
                format!("“{value}”不是可识别的时间，请写成 2026-11-11 20:00")
            }
            Self::InFuture => "不能晚于现在".to_owned(),
            Self::InUse => "这个编号已用于另一条内容不同的记录".to_owned(),
            Self::Unreadable { detail } => format!("无法读取：{detail}"),
            Self::OnlyWith { needed } => format!("要和 {needed} 一起用"),
            Self::Malformed { expected } => {
                let expected = expected.message(Locale::Chinese);
                format!("格式不对，应为：{expected}")
            }
            Self::Itself => "不能是它自己，请另选一个".to_owned(),
            Self::OfAnother { value, item } => {
                format!("“{value}”已是知识“{item}”的问法：请去掉，或改那一条知识")
            }
            Self::Guessable => {
                "太容易被猜到：不要用常见密码、连续或重复的字符，也不要只用登录名、店铺编号或产品名"
                    .to_owned()
            }
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
                let expected = expected.message(Locale::English);
                write!(formatter, "\"{value}\" is not known, expected {expected}")
            }
            Self::Repeated { value } => write!(formatter, "\"{value}\" occurs twice"),
            Self::Taken { value } => write!(formatter, "\"{value}\" is taken, choose another"),
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
            Self::Malformed { expected } => {
                let expected = expected.message(Locale::English);
                write!(formatter, "is malformed, expected {expected}")
            }
            Self::Itself => formatter.write_str("must be another than itself"),
            Self::OfAnother { value, item } => write!(
                formatter,
                "\"{value}\" is a wording of item \"{item}\": remove it, or edit that item"
            ),
            Self::Guessable => formatter.write_str(
                "is too easy to guess: use no common password, no run or repetition of characters, and more than the login, the shop's id or the product's name",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_in_the_language_of_its_sentence() {
        let labels = [("product", "商品"), ("process", "流程")];
        for (fault, chinese, english) in [
            (
                Fault::malformed("整数", "a whole number"),
                "格式不对，应为：整数",
                "is malformed, expected a whole number",
            ),
            (
                Fault::outside(1, 50),
                "格式不对，应为：1 到 50",
                "is malformed, expected 1 to 50",
            ),
            (
                Fault::Unknown {
                    value: "售后".to_owned(),
                    expected: Hint::labelled(&labels),
                },
                "“售后”不认识，可以填：product（商品）、process（流程）",
                "\"售后\" is not known, expected product, process",
            ),
        ] {
            assert_eq!(fault.message(Locale::Chinese), chinese);
            assert_eq!(fault.message(Locale::English), english);
        }
    }
}
