//! Feeds for those who can change something: claims with evidence out of the
//! latest weekly report and of the running week, as far as they hold now.

use std::collections::HashSet;
use std::fmt::Write;

use jiff::Timestamp;
use serde_json::json;

use super::claims::Claim;
use super::present::{stands, with_answers_of_now};
use super::report::{Desk, InsightError, weekly};
use super::standing::standing;
use crate::domain::fault::{Fault, Hint, Locale};
use crate::domain::ids::ShopId;
use crate::domain::insights::{FeedEntry, QuestionLine, WeeklyReport};
use crate::domain::week::Week;

/// Entries of a feed that are handed out.
pub const MOST_ENTRIES: u32 = 100;

/// Entries that are looked through for these: withdrawn ones are among them.
const MOST_KEPT: u32 = 2 * MOST_ENTRIES;

/// Whom a feed is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    /// What rises, is new, confuses, or stays unanswered.
    Operations,
    /// What the detail pages could have said.
    Design,
    /// Packaging, delivery, and what arrived.
    Warehouse,
    /// What agents have no answer for.
    Service,
}

impl Feed {
    /// Every feed.
    pub const ALL: [Self; 4] = [
        Self::Operations,
        Self::Design,
        Self::Warehouse,
        Self::Service,
    ];

    /// Its stable name: `design`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operations => "operations",
            Self::Design => "design",
            Self::Warehouse => "warehouse",
            Self::Service => "service",
        }
    }

    /// Reads its name.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let found = Self::ALL.into_iter().find(|feed| feed.as_str() == text);
        found.ok_or_else(|| Fault::Unknown {
            value: text.chars().take(40).collect(),
            expected: Hint::names(&Self::ALL.map(Self::as_str)),
        })
    }

    /// What people call it.
    pub fn title(self, locale: Locale) -> &'static str {
        match (self, locale) {
            (Self::Operations, Locale::Chinese) => "运营：买家在问什么",
            (Self::Operations, Locale::English) => "Operations: what buyers ask",
            (Self::Design, Locale::Chinese) => "美工：详情页还缺什么",
            (Self::Design, Locale::English) => "Design: what the pages lack",
            (Self::Warehouse, Locale::Chinese) => "仓库：包装、快递与到货",
            (Self::Warehouse, Locale::English) => "Warehouse: packing, couriers, arrivals",
            (Self::Service, Locale::Chinese) => "客服：还没有标准答案的问题",
            (Self::Service, Locale::English) => "Service: questions without an answer",
        }
    }

    /// The sections of a report that it carries.
    fn sections(self, report: &WeeklyReport) -> Vec<(Claim, &[QuestionLine])> {
        match self {
            Self::Operations => vec![
                (Claim::Rising, &report.rising),
                (Claim::New, &report.new),
                (Claim::Promotion, &report.promotion_confusion),
                (Claim::Unanswered, &report.unanswered),
            ],
            Self::Design => vec![(Claim::Page, &report.page_gaps)],
            Self::Warehouse => vec![(Claim::Warehouse, &report.packaging_and_delivery)],
            Self::Service => vec![(Claim::Unanswered, &report.unanswered)],
        }
    }
}

/// A feed as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedState {
    /// Its entries, last changed first.
    pub entries: Vec<FeedEntry>,
    /// When one was last added, changed or withdrawn; `None` where there never was one.
    pub changed_at: Option<Timestamp>,
}

/// A feed's entries as they stand. Entries have ids of their week, claim and
/// question: while the figures move, an entry changes, and no second one
/// appears. What is not claimed any more, because an item answers the question
/// by now or people muted it say, leaves its place and its time behind, so that
/// who has it learns that something changed.
///
/// # Errors
/// When the shop cannot be read.
pub async fn entries(desk: Desk<'_>, shop: &ShopId, feed: Feed) -> Result<FeedState, InsightError> {
    let searchable = desk.catalog.searchable(shop)?;
    let (_, policy) = desk.store.policy(shop).await?;
    let week = Week::of(desk.now, &searchable.shop.zone());
    let standing = standing(desk, shop).await?;
    let mut made = Vec::new();
    for week in [week.plus(-1), week] {
        let report = weekly(desk, shop, week, None).await?;
        let report = with_answers_of_now(&report, &standing);
        for (claim, lines) in feed.sections(&report) {
            // An entry is read outside of the shop's walls: it tells of groups only.
            let is_large = |line: &QuestionLine| line.buyers.at_least() >= policy.smallest_group;
            let lines = lines
                .iter()
                .filter(|line| is_large(line) && stands(line, &standing));
            made.extend(lines.map(|line| entry(&report, claim, line, desk.now)));
        }
    }
    let name = feed.as_str();
    let claimed: HashSet<String> = made.iter().map(|entry| entry.id.clone()).collect();
    let mut kept = desk.store.feed_entries(shop, name, MOST_KEPT).await?;
    made.retain(|entry| !kept.iter().any(|kept| says_the_same(kept, entry)));
    let weeks = [week.plus(-1), week].map(|week| format!("{week}/"));
    let is_gone = |entry: &&FeedEntry| {
        weeks.iter().any(|week| entry.id.starts_with(week))
            && !claimed.contains(&entry.id)
            && !is_withdrawn(entry)
    };
    made.extend(kept.iter().filter(is_gone).map(|entry| FeedEntry {
        updated_at: desk.now,
        ..withdrawn(entry)
    }));
    if !made.is_empty() {
        desk.store.put_feed_entries(shop, name, &made).await?;
        kept = desk.store.feed_entries(shop, name, MOST_KEPT).await?;
    }
    let changed_at = kept.iter().map(|entry| entry.updated_at).max();
    kept.retain(|entry| !is_withdrawn(entry));
    kept.truncate(MOST_ENTRIES as usize);
    Ok(FeedState {
        entries: kept,
        changed_at,
    })
}

/// What is kept of an entry that is said no more: its id, and its times.
fn withdrawn(entry: &FeedEntry) -> FeedEntry {
    FeedEntry {
        title: String::new(),
        text: String::new(),
        tags: Vec::new(),
        data: serde_json::Value::Null,
        ..entry.clone()
    }
}

fn is_withdrawn(entry: &FeedEntry) -> bool {
    entry.data.is_null()
}

fn says_the_same(standing: &FeedEntry, entry: &FeedEntry) -> bool {
    standing.id == entry.id
        && standing.title == entry.title
        && standing.text == entry.text
        && standing.tags == entry.tags
        && standing.data == entry.data
}

fn entry(report: &WeeklyReport, claim: Claim, line: &QuestionLine, now: Timestamp) -> FeedEntry {
    let mut tags = vec![claim.id().to_owned()];
    tags.extend(line.domain.clone());
    tags.extend(line.intent.clone());
    FeedEntry {
        id: format!("{}/{}/{}", report.week, claim.id(), line.cluster),
        title: claim.say(line, report.locale),
        text: evidence(report, line),
        tags,
        published_at: now,
        updated_at: now,
        data: json!({
            "week": report.week,
            "cluster": line.cluster,
            "buyers": line.buyers,
            "previous_buyers": line.previous_buyers,
            "questions": line.questions,
            "buyers_by_week": line.buyers_by_week,
            "p_value": line.p_value,
            "answered_by": line.answered_by,
            "policy_version": report.policy.version,
        }),
    }
}

/// The evidence in a few lines.
fn evidence(report: &WeeklyReport, line: &QuestionLine) -> String {
    let mut text = String::new();
    let is_chinese = report.locale == Locale::Chinese;
    let before = line.previous_buyers.in_words(report.locale);
    // Writing to a string does not fail.
    let _ = if is_chinese {
        writeln!(
            text,
            "{} 位买家，{} 次提问；上周 {before} 位。",
            line.buyers, line.questions
        )
    } else {
        writeln!(
            text,
            "{} buyers, {} questions; {before} buyers the week before.",
            line.buyers, line.questions
        )
    };
    if !line.products.is_empty() {
        let products: Vec<String> = line
            .products
            .iter()
            .map(|product| format!("{}（{}）", product.label, product.buyers))
            .collect();
        let head = if is_chinese {
            "商品："
        } else {
            "Products: "
        };
        let _ = writeln!(text, "{head}{}", products.join("、"));
    }
    if !line.words.is_empty() {
        let head = if is_chinese {
            "买家原话："
        } else {
            "In buyers' words: "
        };
        let words: Vec<String> = line
            .words
            .iter()
            .map(|words| format!("“{words}”"))
            .collect();
        let _ = writeln!(text, "{head}{}", words.join(" "));
    }
    text.trim_end().to_owned()
}
