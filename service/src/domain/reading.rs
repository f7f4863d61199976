//! What a reader of JSON or TOML found wrong, as people would say it in Chinese.

use super::fault::{Fault, Hint, Locale};

const MOST_QUOTED_CHARACTERS: usize = 40;

/// How the sentences begin in which a reader says that the text is no JSON.
const NO_JSON: [&str; 10] = [
    "expected ",
    "invalid escape",
    "invalid number",
    "invalid unicode",
    "control character",
    "key must be",
    "lone ",
    "trailing ",
    "unexpected end",
    "recursion limit",
];

/// How the sentences begin in which a reader of TOML names a key or a value.
const TOML_SENTENCES: [&str; 8] = [
    "unknown field `",
    "unknown variant `",
    "missing field `",
    "duplicate key",
    "invalid type: ",
    "invalid value: ",
    "invalid length ",
    "data did not match any variant",
];

/// The reader's sentence in Chinese, with the place that it names.
pub fn in_chinese(detail: &str) -> String {
    let (sentence, place) = split_place(detail);
    let said = fault(sentence);
    match place {
        Some((line, column)) => format!("{said}（第 {line} 行第 {column} 列）"),
        None => said,
    }
}

/// What a reader of TOML says, without the line that it quotes; what it says of
/// TOML itself is left in its own words.
pub fn toml_in_chinese(detail: &str) -> String {
    let place = detail
        .split_once(" at line ")
        .and_then(|(_, rest)| rest.split_once(", column "))
        .and_then(|(line, rest)| {
            let column = rest.split(|letter: char| !letter.is_ascii_digit()).next()?;
            Some(format!("第 {line} 行第 {column} 列："))
        });
    let said = TOML_SENTENCES
        .iter()
        .filter_map(|start| detail.rfind(start))
        .max()
        .and_then(|at| detail.get(at..));
    // There is no path beside the sentence that would name what is missing.
    let missing = said
        .and_then(|said| said.strip_prefix("missing field `"))
        .and_then(|rest| rest.split('`').next());
    if let Some(missing) = missing {
        return format!("缺少 {missing}");
    }
    match (place, said) {
        (Some(place), Some(said)) => format!("{place}{}", fault(said)),
        (None, Some(said)) => fault(said),
        (_, None) => detail.to_owned(),
    }
}

/// A sentence such as `expected value at line 1 column 5`, parted before its place.
fn split_place(detail: &str) -> (&str, Option<(u64, u64)>) {
    let parted = detail
        .rsplit_once(" at line ")
        .and_then(|(sentence, place)| {
            let (line, column) = place.split_once(" column ")?;
            Some((sentence, (line.parse().ok()?, column.parse().ok()?)))
        });
    match parted {
        Some((sentence, place)) => (sentence, Some(place)),
        None => (detail, None),
    }
}

fn fault(sentence: &str) -> String {
    if sentence.starts_with("missing field ") {
        Fault::Missing.message(Locale::Chinese)
    } else if let Some(rest) = sentence.strip_prefix("unknown field ") {
        known(rest).map_or_else(
            || "没有这个字段".to_owned(),
            |(_, known)| format!("没有这个字段，可以用：{known}"),
        )
    } else if let Some(rest) = sentence.strip_prefix("unknown variant ") {
        known(rest).map_or_else(
            || "不认识".to_owned(),
            |(value, known)| {
                let value = quoted(value);
                let expected = Hint::new(known, "");
                Fault::Unknown { value, expected }.message(Locale::Chinese)
            },
        )
    } else if sentence.starts_with("duplicate field ") || sentence.starts_with("duplicate key") {
        "重复出现".to_owned()
    } else if let Some(rest) = wrong_value(sentence) {
        let expected = rest.rsplit_once(", expected ").map(|(_, words)| words);
        expected.map_or_else(
            || "类型不对".to_owned(),
            |words| Fault::malformed(kind(words), "").message(Locale::Chinese),
        )
    } else if sentence.starts_with("data did not match any variant") {
        "类型不对".to_owned()
    } else if sentence.starts_with("EOF while parsing") {
        "JSON 不完整，到这里就断了".to_owned()
    } else if sentence.starts_with("failed to parse") {
        // Of all that is read as text, only times are told in these words.
        "不是可识别的时间，请写成 2026-11-11T20:00:00+08:00".to_owned()
    } else if sentence.starts_with("number out of range") {
        "数字太大".to_owned()
    } else if NO_JSON.iter().any(|start| sentence.starts_with(start)) {
        "不是正确的 JSON".to_owned()
    } else {
        let detail = sentence.to_owned();
        Fault::Unreadable { detail }.message(Locale::Chinese)
    }
}

fn wrong_value(sentence: &str) -> Option<&str> {
    ["invalid type: ", "invalid value: ", "invalid length "]
        .iter()
        .find_map(|start| sentence.strip_prefix(start))
}

/// The name that is not known and the names that are, from
/// `` `old`, expected one of `new`, `kept` ``.
fn known(rest: &str) -> Option<(&str, String)> {
    let (value, names) = rest.rsplit_once(", expected ")?;
    let names = names.strip_prefix("one of ").unwrap_or(names);
    let names: Vec<&str> = names.split('`').skip(1).step_by(2).collect();
    Some((value.trim_matches('`'), names.join("、")))
}

fn quoted(value: &str) -> String {
    value.chars().take(MOST_QUOTED_CHARACTERS).collect()
}

/// What a reader expected in place of a value.
fn kind(words: &str) -> String {
    match words {
        "a string" | "a borrowed string" | "string" => "文字".to_owned(),
        "a boolean" => "true 或 false".to_owned(),
        "a sequence" => "列表".to_owned(),
        "a map" => "对象".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "不小于 0 的整数，例如 7".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "整数，例如 7".to_owned(),
        "f32" | "f64" => "数字，例如 0.5".to_owned(),
        words if words.starts_with("struct ") => "对象".to_owned(),
        words => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reader_says_is_said_in_chinese() {
        for (detail, chinese) in [
            (
                "unknown variant `packing`, expected one of `training`, `listing` at line 1 column 69",
                "“packing”不认识，可以填：training、listing（第 1 行第 69 列）",
            ),
            (
                "unknown variant `webhok`, expected `webhook` or `wecom` at line 1 column 9",
                "“webhok”不认识，可以填：webhook、wecom（第 1 行第 9 列）",
            ),
            (
                "missing field `name` at line 1 column 2",
                "不能为空（第 1 行第 2 列）",
            ),
            (
                "unknown field `colour`, expected one of `id`, `role`",
                "没有这个字段，可以用：id、role",
            ),
            (
                "unknown field `colour`, there are no fields",
                "没有这个字段",
            ),
            (
                "invalid type: string \"a at line 7\", expected u32 at line 2 column 14",
                "格式不对，应为：不小于 0 的整数，例如 7（第 2 行第 14 列）",
            ),
            (
                "invalid type: integer `7`, expected a string at line 1 column 3",
                "格式不对，应为：文字（第 1 行第 3 列）",
            ),
            (
                "EOF while parsing a value at line 1 column 19",
                "JSON 不完整，到这里就断了（第 1 行第 19 列）",
            ),
            (
                "expected `,` or `}` at line 3 column 1",
                "不是正确的 JSON（第 3 行第 1 列）",
            ),
            ("something else", "无法读取：something else"),
        ] {
            assert_eq!(in_chinese(detail), chinese, "{detail}");
        }
    }

    #[test]
    fn a_reader_of_toml_is_understood_as_well() {
        let unknown = "TOML parse error at line 3, column 1   | 3 | texte = \"x\"   | ^^^^^ unknown field `texte`, expected `text` or `time`";
        assert_eq!(
            toml_in_chinese(unknown),
            "第 3 行第 1 列：没有这个字段，可以用：text、time"
        );
        let missing = "TOML parse error at line 1, column 1   | 1 | html = true   | ^^^^ missing field `columns`";
        assert_eq!(toml_in_chinese(missing), "缺少 columns");
        let broken = "TOML parse error at line 1, column 3   | 1 | a b   |   ^ key with no value";
        assert_eq!(toml_in_chinese(broken), broken);
    }
}
