//! Texts as they may stand in any file: one line, without what cannot be seen.

use crate::domain::insights::{Count, FeedEntry, QuestionLine, Share, WeeklyReport};

/// `text` on one line: control characters, marks that turn the direction of
/// what follows and code points that XML has no place for are left out, line
/// ends and tabs become a space.
pub fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' if line.ends_with(' ') => {}
            '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => line.push(' '),
            hidden if is_hidden(hidden) => {}
            seen => line.push(seen),
        }
    }
    line.trim().to_owned()
}

/// Lines of `text`, each made presentable; blank ones are left out.
pub fn lines(text: &str) -> Vec<String> {
    text.lines()
        .map(line)
        .filter(|line| !line.is_empty())
        .collect()
}

/// Whether a character is not to be shown. Overrides and isolates of the
/// writing direction reorder whatever stands next to a buyer's words; the
/// joiners of emoji and of scripts stay.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(character, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// `report` with all its texts made presentable.
pub fn report(report: &WeeklyReport) -> WeeklyReport {
    let mut report = report.clone();
    clean(&mut report.shop_name);
    for shares in [
        &mut report.by_domain,
        &mut report.by_intent,
        &mut report.by_product,
        &mut report.by_channel,
    ] {
        shares.iter_mut().for_each(share);
    }
    for questions in [
        &mut report.top,
        &mut report.rising,
        &mut report.new,
        &mut report.fading,
        &mut report.unanswered,
        &mut report.page_gaps,
        &mut report.packaging_and_delivery,
        &mut report.promotion_confusion,
    ] {
        questions.iter_mut().for_each(question);
    }
    for action in &mut report.actions {
        for text in [
            &mut action.id,
            &mut action.kind,
            &mut action.note,
            &mut action.cluster,
            &mut action.label,
        ] {
            clean(text);
        }
    }
    report
}

/// `entry` with all its texts made presentable.
pub fn entry(entry: &FeedEntry) -> FeedEntry {
    let mut entry = entry.clone();
    clean(&mut entry.title);
    entry.text = lines(&entry.text).join("\n");
    entry.tags.iter_mut().for_each(clean);
    entry.tags.retain(|tag| !tag.is_empty());
    entry
}

fn clean(text: &mut String) {
    *text = line(text);
}

fn share(share: &mut Share) {
    clean(&mut share.id);
    clean(&mut share.label);
}

fn question(question: &mut QuestionLine) {
    clean(&mut question.cluster);
    clean(&mut question.label);
    question.key_phrases.iter_mut().for_each(clean);
    for text in [
        &mut question.intent,
        &mut question.intent_label,
        &mut question.domain,
        &mut question.answered_by,
    ]
    .into_iter()
    .flatten()
    {
        clean(text);
    }
    for Count { id, label, .. } in &mut question.products {
        clean(id);
        clean(label);
    }
    question.words.iter_mut().for_each(clean);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_can_be_seen() {
        for (text, expected) in [
            ("多久发货？", "多久发货？"),
            (" a\tb\r\nc ", "a b c"),
            ("\u{0}\u{1b}[31m红\u{7f}", "[31m红"),
            ("\u{202e}倒写\u{202c}", "倒写"),
            ("שלום 👨\u{200d}👩\u{200d}👧", "שלום 👨\u{200d}👩\u{200d}👧"),
            ("\u{feff}a\u{ffff}", "a"),
            ("a\u{2028}b", "a b"),
        ] {
            assert_eq!(line(text), expected, "{text:?}");
        }
        assert_eq!(lines("一\n\n \u{0}\n二\r\n"), ["一", "二"]);
    }
}
