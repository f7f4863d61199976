//! Checks of free text: size, lines, control characters.

use std::collections::HashSet;

use super::fault::{Fault, FieldError};

/// Checks of free text.
pub struct Text;

impl Text {
    /// One line: trimmed, not blank, no control characters.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn line(text: &str, most: usize) -> Result<String, Fault> {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return Err(Fault::ControlCharacter);
        }
        Self::sized(text, most)
    }

    /// Several lines: trimmed, not blank, line ends as `\n`, tabs allowed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn lines(text: &str, most: usize) -> Result<String, Fault> {
        let unified = Self::unified(text);
        let text = unified.trim();
        if text
            .chars()
            .any(|character| character.is_control() && !matches!(character, '\n' | '\t'))
        {
            return Err(Fault::ControlCharacter);
        }
        Self::sized(text, most)
    }

    /// Every line end as `\n`.
    pub fn unified(text: &str) -> String {
        text.replace("\r\n", "\n").replace('\r', "\n")
    }

    fn sized(text: &str, most: usize) -> Result<String, Fault> {
        let found = text.chars().count();
        match found {
            0 => Err(Fault::Missing),
            _ if found > most => Err(Fault::TooLong { most, found }),
            _ => Ok(text.to_owned()),
        }
    }
}

/// Checks that `texts` are at most `most` distinct lines of at most `most_characters`.
pub fn check_list(
    field: &str,
    texts: &[String],
    most: usize,
    most_characters: usize,
    errors: &mut Vec<FieldError>,
) {
    if texts.len() > most {
        errors.push(FieldError::new(
            field,
            Fault::TooMany {
                most,
                found: texts.len(),
            },
        ));
    }
    let mut seen = HashSet::new();
    for (at, text) in texts.iter().enumerate() {
        match Text::line(text, most_characters) {
            Err(fault) => errors.push(FieldError::new(format!("{field}[{at}]"), fault)),
            Ok(line) if !seen.insert(line.clone()) => {
                errors.push(FieldError::new(
                    format!("{field}[{at}]"),
                    Fault::Repeated { value: line },
                ));
            }
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unifies_lines_and_refuses_what_no_text_needs() {
        assert_eq!(Text::lines(" a\r\nb\rc\t ", 9), Ok("a\nb\nc".to_owned()));
        assert_eq!(Text::line("a\nb", 9), Err(Fault::ControlCharacter));
        assert_eq!(Text::lines("a\u{0}", 9), Err(Fault::ControlCharacter));
        assert_eq!(Text::line(" \u{3000}", 9), Err(Fault::Missing));
        let fault = Fault::TooLong { most: 2, found: 3 };
        assert_eq!(Text::line("三个字", 2), Err(fault));
    }

    #[test]
    fn names_the_element_at_fault() {
        let texts = ["a", " a", ""].map(str::to_owned);
        let mut errors = Vec::new();
        check_list("words", &texts, 2, 9, &mut errors);
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["words", "words[1]", "words[2]"]);
    }
}
