//! `GET /questions/map`: recurring questions as a treemap. The area is how many
//! buyers ask, the shade how many of the questions a human replied to.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::console::{Frame, Room, Visit};
use super::language::Language;
use super::page;
use super::questions_filter::Filters;
use super::questions_parts::{Choice, Flash, Reader, counted, desk, domains, number, percent};
use super::treemap::{Rect, squarify};
use crate::auth::ReadingInsights;
use crate::error::ApiError;
use crate::insights::standing::Row;
use crate::insights::table::{Column, Direction, TableQuery, table};
use crate::state::AppState;

/// Questions with a tile of their own.
const MOST_TILES: usize = 60;

/// The sizes of the picture, on a desk and on a phone, and the type in it, in
/// units of its view box.
const WIDE: (f64, f64) = (1000.0, 600.0);
const TALL: (f64, f64) = (360.0, 720.0);
const FONT: f64 = 14.0;
const LINE: f64 = 18.0;
const PADDING: f64 = 8.0;
const MOST_LINES: usize = 3;

/// The lower ends of the shades, from the worst. People leave few questions
/// without a reply: what tells shops apart is near the upper end.
const SHADES: [f64; 4] = [0.0, 0.5, 0.8, 0.95];

#[derive(Template)]
#[template(path = "questions_map.html")]
struct MapPage {
    frame: Frame,
    flash: Flash,
    supervises: bool,
    counted: String,
    domains: Vec<Choice>,
    tiles: Vec<Tile>,
    /// The same as a phone shows them.
    tall: Vec<Tile>,
    legend: Vec<Shade>,
}

/// A tile, and a row of the table below.
struct Tile {
    href: String,
    label: String,
    buyers: String,
    answered: String,
    title: String,
    /// Its shade, from 1; 0 for the rest.
    shade: usize,
    x: String,
    y: String,
    width: String,
    height: String,
    lines: Vec<Line>,
}

/// A line of text in a tile.
struct Line {
    x: String,
    y: String,
    text: String,
    class: &'static str,
}

struct Shade {
    number: usize,
    name: String,
}

/// What a tile is made of.
struct Content {
    href: String,
    label: String,
    buyers: u32,
    answered_share: Option<f64>,
}

/// The map.
///
/// # Errors
/// When the shop cannot be read.
pub async fn show(
    visit: Visit<ReadingInsights>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let person = visit.visitor.person();
    let reader = Reader::of(&state, person).await?;
    let frame = visit.frame(&state, Room::Questions).await?;
    let domain = visit.query.get("domain").to_owned();
    let query = TableQuery {
        domain: Some(domain.clone()).filter(|domain| !domain.is_empty()),
        sort: (Column::Buyers, Direction::Descending),
        limit: usize::MAX,
        ..TableQuery::default()
    };
    let table = table(desk(&state, &frame), &person.shop, &query).await?;
    let asked = table.rows().filter(|row| {
        let view = &row.view;
        view.line.buyers.at_least() > 0 && reader.may_read(view)
    });
    let asked: Vec<&Row> = asked.collect();
    let language = visit.language;
    let mut contents: Vec<Content> = asked
        .iter()
        .take(MOST_TILES)
        .map(|row| Content::of(row, &reader, language))
        .collect();
    contents.extend(rest(&asked, &domain, language));
    let template = MapPage {
        flash: Flash::of(&frame, "/questions/map"),
        supervises: reader.supervises(),
        counted: counted(&table.standing, &frame),
        domains: domains(&domain, language),
        tiles: tiles(&contents, WIDE, language),
        tall: tiles(&contents, TALL, language),
        legend: legend(),
        frame,
    };
    page(&template, language)
}

impl Content {
    fn of(row: &Row, reader: &Reader, language: Language) -> Self {
        let view = &row.view;
        Self {
            href: format!("/questions/{}", view.cluster.id),
            label: reader.title(view, language),
            buyers: view.line.buyers.at_least(),
            answered_share: Some(view.line.answered_share),
        }
    }
}

/// All questions without a tile of their own, as one.
fn rest(asked: &[&Row], domain: &str, language: Language) -> Option<Content> {
    let rest = asked.get(MOST_TILES..).filter(|rest| !rest.is_empty())?;
    let by_buyers = Filters {
        domain: domain.to_owned(),
        from: MOST_TILES,
        ..Filters::sorted(Column::Buyers, Direction::Descending)
    };
    let count = number(rest.len() as u64);
    Some(Content {
        href: by_buyers.address(),
        label: if language.is_chinese() {
            format!("其余 {count} 个问题")
        } else {
            format!("{count} more questions")
        },
        buyers: rest.iter().map(|row| row.view.line.buyers.at_least()).sum(),
        answered_share: None,
    })
}

fn tiles(contents: &[Content], (width, height): (f64, f64), language: Language) -> Vec<Tile> {
    let weights: Vec<f64> = contents.iter().map(|tile| f64::from(tile.buyers)).collect();
    let frame = Rect {
        x: 0.0,
        y: 0.0,
        width,
        height,
    };
    let places = squarify(&weights, frame);
    let tiles = contents.iter().zip(places);
    tiles
        .map(|(content, place)| tile(content, place, language))
        .collect()
}

fn tile(content: &Content, place: Rect, language: Language) -> Tile {
    let count = number(content.buyers);
    let buyers = match (language.is_chinese(), content.buyers) {
        (true, _) => format!("{count} 位买家"),
        (false, 1) => "1 buyer".to_owned(),
        (false, _) => format!("{count} buyers"),
    };
    let answered = content.answered_share.map(percent);
    let answered = answered.unwrap_or_default();
    let joint = if answered.is_empty() { "" } else { " · " };
    let note = format!("{buyers}{joint}{answered}");
    let mut title = format!("{}{}{buyers}", content.label, language.say("：", ": "));
    if !answered.is_empty() {
        title.push_str(language.say("，人工回复 ", ", answered "));
        title.push_str(&answered);
    }
    Tile {
        lines: lines(&content.label, &note, place),
        href: content.href.clone(),
        label: content.label.clone(),
        buyers: count,
        answered,
        title,
        shade: content.answered_share.map_or(0, shade),
        x: format!("{:.1}", place.x),
        y: format!("{:.1}", place.y),
        width: format!("{:.1}", place.width),
        height: format!("{:.1}", place.height),
    }
}

/// The shade of a share, from 1.
fn shade(share: f64) -> usize {
    SHADES.iter().filter(|from| share >= **from).count().max(1)
}

fn legend() -> Vec<Shade> {
    let ends = SHADES.iter().skip(1).copied().chain([1.0]);
    SHADES
        .iter()
        .zip(ends)
        .zip(1..)
        .map(|((from, to), number)| Shade {
            number,
            name: format!("{:.0}–{:.0}%", from * 100.0, to * 100.0),
        })
        .collect()
}

/// What of a tile's texts fits into it, and where.
fn lines(label: &str, note: &str, place: Rect) -> Vec<Line> {
    let wide = place.width - 2.0 * PADDING;
    let fit = ((place.height - PADDING) / LINE).floor();
    if wide < 2.0 * FONT || fit < 1.0 {
        return Vec::new();
    }
    // A tile of one line has the question alone.
    let fit = fit as usize;
    let has_note = fit > 1 && text_width(note) <= wide;
    let most = if has_note { fit - 1 } else { fit };
    let texts = wrap(label, wide, most.min(MOST_LINES));
    let texts = texts.into_iter().map(|text| (text, "label"));
    let note = has_note.then(|| (note.to_owned(), "note"));
    texts
        .chain(note)
        .zip(1..)
        .map(|((text, class), line)| Line {
            x: format!("{:.1}", place.x + PADDING),
            y: format!("{:.1}", place.y + f64::from(line) * LINE + 1.0),
            text,
            class,
        })
        .collect()
}

/// How wide a text is about, in units of the view box.
fn text_width(text: &str) -> f64 {
    text.chars().map(char_width).sum()
}

/// Latin letters are narrower than ideographs, which fill a square.
fn char_width(character: char) -> f64 {
    let part = match character {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | '\'' | ' ' => 0.34,
        'm' | 'w' | 'M' | 'W' | '%' => 0.9,
        'A'..='Z' => 0.7,
        character if (character as u32) < 0x2000 => 0.58,
        _ => 1.0,
    };
    FONT * part
}

/// `text` in at most so many lines of that width; what does not fit ends in `…`.
fn wrap(text: &str, wide: f64, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() && lines.len() < most {
        let end = fitting(rest, wide);
        if end == rest.len() {
            lines.push(rest.to_owned());
            return lines;
        }
        if lines.len() + 1 == most {
            let end = fitting(rest, wide - FONT);
            lines.push(format!("{}…", rest[..end].trim_end()));
            return lines;
        }
        // Between words where the line has some; never an empty line.
        let is_within_word = rest[end..].starts_with(|next: char| next.is_ascii_alphanumeric());
        let space = rest[..end].rfind(' ').filter(|_| is_within_word);
        let end = space
            .unwrap_or(end)
            .max(rest.chars().next().map_or(1, char::len_utf8));
        lines.push(rest[..end].trim_end().to_owned());
        rest = rest[end..].trim_start();
    }
    lines
}

/// Where the part of `text` ends that fits into a width.
fn fitting(text: &str, wide: f64) -> usize {
    let mut width = 0.0;
    for (at, character) in text.char_indices() {
        width += char_width(character);
        if width > wide {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::Locale;

    #[test]
    fn labels_break_between_words_and_end_where_there_is_no_room() {
        for (text, wide, most, expected) in [
            ("多久发货", 100.0, 2, vec!["多久发货"]),
            ("洗碗机能洗吗", 56.0, 2, vec!["洗碗机能", "洗吗"]),
            ("洗碗机能洗吗可以吗", 56.0, 2, vec!["洗碗机能", "洗吗可…"]),
            ("when will it ship", 75.0, 3, vec!["when will", "it ship"]),
            ("", 75.0, 3, vec![]),
        ] {
            assert_eq!(wrap(text, wide, most), expected, "{text}");
        }
    }

    #[test]
    fn a_tile_is_told_in_its_language() {
        let told = |locale, answered_share| {
            let content = Content {
                href: String::new(),
                label: "K2".to_owned(),
                buyers: 6,
                answered_share,
            };
            let place = Rect {
                x: 0.0,
                y: 0.0,
                width: 1.0,
                height: 1.0,
            };
            tile(&content, place, Language(locale)).title
        };
        assert_eq!(
            told(Locale::Chinese, Some(0.5)),
            "K2：6 位买家，人工回复 50%"
        );
        assert_eq!(
            told(Locale::English, Some(0.5)),
            "K2: 6 buyers, answered 50%"
        );
        assert_eq!(told(Locale::Chinese, None), "K2：6 位买家");
    }

    #[test]
    fn small_tiles_have_no_text_and_none_leaves_its_tile() {
        let place = |width, height| Rect {
            x: 10.0,
            y: 20.0,
            width,
            height,
        };
        assert!(lines("多久发货", "9 位买家", place(30.0, 100.0)).is_empty());
        assert!(lines("多久发货", "9 位买家", place(100.0, 20.0)).is_empty());
        let low = lines("多久发货", "9 位买家", place(100.0, 30.0));
        assert_eq!(
            low.iter().map(|line| line.class).collect::<Vec<_>>(),
            ["label"]
        );
        let high = lines("多久发货", "9 位买家", place(100.0, 60.0));
        let last = high.last().map(|line| (line.y.as_str(), line.class));
        assert_eq!(last, Some(("57.0", "note")));
    }

    #[test]
    fn shades_hold_their_lower_end() {
        for (share, expected) in [(0.0, 1), (0.49, 1), (0.5, 2), (0.8, 3), (0.95, 4), (1.0, 4)] {
            assert_eq!(shade(share), expected);
        }
    }
}
