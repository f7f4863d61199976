//! Putting the values of several sources together, key by key.

use std::path::Path;

use toml::Value;

use super::{PREFIX, SettingsError};

/// A file's values.
pub(super) fn parse(path: &Path, text: &str) -> Result<Value, SettingsError> {
    text.parse::<toml::Table>()
        .map(Value::Table)
        .map_err(|error| SettingsError::Malformed {
            path: path.to_owned(),
            detail: error.to_string(),
        })
}

/// Puts `given`'s values in place of those in `values`, which has every key.
pub(super) fn merge(values: &mut Value, given: Value, prefix: &str) -> Result<(), SettingsError> {
    match (values, given) {
        (Value::Table(known), Value::Table(given)) => {
            for (name, value) in given {
                let key = if prefix.is_empty() {
                    name.clone()
                } else {
                    format!("{prefix}.{name}")
                };
                let slot = known.get_mut(&name).ok_or_else(|| unknown(&key))?;
                merge(slot, value, &key)?;
            }
        }
        (slot, value) => *slot = value,
    }
    Ok(())
}

fn unknown(key: &str) -> SettingsError {
    SettingsError::Invalid {
        key: key.to_owned(),
        detail: "there is no such setting".to_owned(),
    }
}

/// Refuses `ZHIWEN_SERVER_PORT`, which was meant to be `ZHIWEN_SERVER__PORT`.
pub(super) fn refuse_single_underscore(
    values: &Value,
    name: &str,
    shown: &str,
) -> Result<(), SettingsError> {
    for (section, keys) in values.as_table().into_iter().flatten() {
        for (key, _) in keys.as_table().into_iter().flatten() {
            if name == format!("{section}_{key}") {
                let right = format!("{PREFIX}{section}__{key}").to_uppercase();
                return Err(SettingsError::Invalid {
                    key: shown.to_owned(),
                    detail: format!("there is no such setting, {right} is meant"),
                });
            }
        }
    }
    Ok(())
}

/// Sets one value from its text, read as the type that the default has.
pub(super) fn set(
    values: &mut Value,
    key: &str,
    text: &str,
    shown: &str,
) -> Result<(), SettingsError> {
    let mut slot = values;
    for part in key.split('.') {
        slot = slot.get_mut(part).ok_or_else(|| unknown(shown))?;
    }
    let wrong = |expected: &str| SettingsError::Invalid {
        key: shown.to_owned(),
        detail: format!("\"{text}\" is not {expected}"),
    };
    *slot = match slot {
        Value::String(_) => Value::String(text.to_owned()),
        Value::Integer(_) => Value::Integer(text.parse().map_err(|_| wrong("a whole number"))?),
        Value::Float(_) => Value::Float(text.parse().map_err(|_| wrong("a number"))?),
        Value::Boolean(_) => Value::Boolean(text.parse().map_err(|_| wrong("true or false"))?),
        // None of ours holds blanks or commas.
        Value::Array(_) => {
            let parts = text.split([',', ' ']).filter(|part| !part.is_empty());
            Value::Array(parts.map(|part| Value::String(part.to_owned())).collect())
        }
        _ => return Err(unknown(shown)),
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_written_with_commas() {
        let file = "[panel]\nframe_ancestors = [\"https://a.example\"]\n";
        let mut values = parse(Path::new("a.toml"), file).expect("toml");
        let text = "https://b.example, http://c.example:81";
        set(&mut values, "panel.frame_ancestors", text, "shown").expect("set");
        let expected = Value::from(vec!["https://b.example", "http://c.example:81"]);
        assert_eq!(values["panel"]["frame_ancestors"], expected);
        set(&mut values, "panel.frame_ancestors", "", "shown").expect("set");
        assert_eq!(values["panel"]["frame_ancestors"], Value::Array(Vec::new()));
    }
}
