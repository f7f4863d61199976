//! The weekly report: one pass over the ledger, then lines and sections.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::answers::{Answers, Waiting};
use super::labels::Labels;
use super::lines::{Lines, QuestionFigures};
use super::quotable::Quotable;
use super::shares::Shares;
use super::tally::{Calendar, Tally, count, tally};
use crate::domain::ids::ClusterId;
use crate::domain::insights::{
    ActionLine, CoverageNote, QuestionLine, Totals, Trend, WeeklyReport,
};
use crate::domain::policy::ListeningPolicy;
use crate::domain::queue::Action;
use crate::domain::shop::Shop;
use crate::domain::taxonomy::{Intent, Stage};
use crate::domain::week::Week;
use crate::listening::{Fact, Ledger, Name};
use crate::store::{AnswerUse, Period, SuggestionTotals};

/// Lines of a section.
const MOST_LINES: usize = 20;

/// Intents about what something costs: where a promotion confuses, it shows here.
const PRICE_INTENTS: [&str; 4] = [
    "process.price",
    "process.promotion",
    "process.price_protection",
    "process.membership",
];

/// What a report is made of.
pub struct Sources<'a> {
    /// The shop.
    pub shop: &'a Shop,
    /// Its questions.
    pub ledger: &'a Ledger,
    /// Names of intents and products.
    pub labels: Labels<'a>,
    /// The policy with its version.
    pub policy: (u32, &'a ListeningPolicy),
    /// What became of suggestions, of the week and of the one before.
    pub suggestions: [SuggestionTotals; 2],
    /// How answers of the week were taken.
    pub uses: &'a [AnswerUse],
    /// The items that answered questions, at the end of the week and of the one before.
    pub answers: [&'a Answers; 2],
    /// The answers of agents that waited for approval.
    pub waiting: &'a Waiting,
    /// Actions of the two weeks.
    pub actions: &'a [Action],
    /// Whether any item at all was approved when the week ended, or is now.
    pub had_approved: bool,
    /// The totals of the week before as its report is kept, and the report's
    /// revision; `None` where they are to be counted.
    pub previous: Option<(u32, Totals)>,
    /// The time now.
    pub now: Timestamp,
}

/// The report of `week`, as revision 0.
pub fn report(week: Week, sources: &Sources<'_>) -> WeeklyReport {
    let zone = sources.shop.zone();
    let calendar = Calendar::until(week, &zone);
    let tallies = tally(sources.ledger, &calendar);
    let quotable = Quotable::of(sources.ledger, sources.answers[0]);
    let totals = totals_of(sources, week, &zone, 0);
    // Trends compare counts of the same clusters, whatever was said last week.
    let counted_before = totals_of(sources, week.plus(-1), &zone, 1);
    let lines = Lines {
        ledger: sources.ledger,
        quotable: &quotable,
        labels: &sources.labels,
        smallest_group: sources.policy.1.smallest_group,
        false_discovery_rate: sources.policy.1.false_discovery_rate,
        uses: sources.uses,
        answers: sources.answers[0],
        waiting: sources.waiting,
        buyers: (totals.buyers, counted_before.buyers),
        week_start_ms: calendar.last_start_ms(),
    };
    let mut figures = lines.figures(&tallies);
    figures.retain(|figures| !figures.is_muted);
    let has_ended = sources.now >= week.end(&zone);
    for figures in &mut figures {
        // Half a week is no less than a whole one.
        if !has_ended && figures.line.trend.is_some_and(|trend| trend != Trend::New) {
            figures.line.trend = Some(Trend::Steady);
            figures.line.p_value = None;
        }
    }
    let smallest_group = sources.policy.1.smallest_group;
    let (shown, gone): (Vec<QuestionFigures>, Vec<QuestionFigures>) = figures
        .into_iter()
        .partition(|figures| figures.line.buyers.at_least() >= smallest_group);
    let figures = shown;
    let shares = Shares {
        ledger: sources.ledger,
        periods: [period(week, &zone), period(week.plus(-1), &zone)],
        smallest_group,
        locale: sources.shop.locale,
    };
    let intent = |fact: &Fact| Some(sources.ledger.intents.get(fact.intent?).to_owned());
    let domain = |fact: &Fact| {
        let intent = Intent::parse(sources.ledger.intents.get(fact.intent?)).ok()?;
        Some(intent.domain()?.as_str().to_owned())
    };
    let product = |fact: &Fact| Some(sources.ledger.products.get(fact.product?).to_owned());
    let channel = |fact: &Fact| Some(sources.ledger.channels.get(fact.channel?).to_owned());
    let report = WeeklyReport {
        shop: sources.shop.id.to_string(),
        shop_name: sources.shop.name.clone(),
        locale: sources.shop.locale,
        week,
        from: week.monday(),
        until: week.sunday(),
        time_zone: sources.shop.time_zone.clone(),
        revision: 0,
        cause: None,
        has_ended,
        made_at: sources.now,
        policy: sources.policy.1.note(sources.policy.0),
        by_day: by_day(sources.ledger, week, &zone),
        by_domain: shares.by(&domain, &|id| sources.labels.domain(id)),
        by_intent: shares.by(&intent, &|id| sources.labels.intent(id)),
        by_product: shares.by(&product, &|id| sources.labels.product(id)),
        by_channel: shares.by(&channel, &|id| sources.labels.channel(id)),
        top: section(&figures, |_| true),
        rising: section(&figures, |figures| {
            figures.line.trend == Some(Trend::Rising)
        }),
        new: section(&figures, |figures| figures.line.trend == Some(Trend::New)),
        fading: fading(figures.iter().chain(&gone), smallest_group),
        unanswered: section(&figures, |figures| figures.line.answered_by.is_none()),
        page_gaps: section(&figures, |figures| {
            figures.is_of("product") && figures.stage == Some(Stage::Pre)
        }),
        packaging_and_delivery: section(&figures, |figures| figures.is_of("warehouse")),
        promotion_confusion: section(&figures, |figures| {
            let intent = figures.line.intent.as_deref().unwrap_or("");
            PRICE_INTENTS.contains(&intent)
        }),
        actions: actions(sources, (&tallies, &quotable), week, &zone),
        totals,
        previous: sources.previous.map_or(counted_before, |(_, kept)| kept),
        previous_revision: sources.previous.map(|(revision, _)| revision),
        coverage_note: (totals.recurring > 0 && !sources.had_approved)
            .then_some(CoverageNote::NothingApproved),
    };
    report.without_few()
}

/// A hash of the week's questions with what messages say of them: equal as long
/// as no message came late and none was withdrawn. What a model or the shop's
/// vocabulary reads in them (intent, urgency, product) does not count, for a
/// thread that goes on is read again as a whole by those of then; nor do
/// suggestions, people's names for clusters and the like: a week that is over
/// says what it said.
pub fn fingerprint(ledger: &Ledger, week: Week, zone: &TimeZone) -> u64 {
    // Addition does not mind the order that the questions came in.
    ledger
        .questions(period(week, zone))
        .map(|fact| {
            let key = ledger.wording(fact).map_or(0, |wording| wording.key.0);
            let mut hash = Sha256::new();
            hash.update(fact.at_ms.to_le_bytes());
            hash.update(key.to_le_bytes());
            hash.update(fact.reply_ms.unwrap_or(-1).to_le_bytes());
            hash.update([fact.outcome as u8]);
            // Places of names differ from start to start; the names do not.
            hash.update(ledger.buyers.get(fact.buyer));
            hash.update([0]);
            hash.update(fact.channel.map_or("", |name| ledger.channels.get(name)));
            let digest = hash.finalize();
            u64::from_le_bytes(std::array::from_fn(|at| digest[at]))
        })
        .fold(1, u64::wrapping_add)
}

/// The week as a stretch of time.
pub fn period(week: Week, zone: &TimeZone) -> Period {
    Period {
        from: week.start(zone),
        until: week.end(zone),
    }
}

fn totals_of(sources: &Sources<'_>, week: Week, zone: &TimeZone, place: usize) -> Totals {
    let ledger = sources.ledger;
    let mut totals = Totals::default();
    let mut buyers = HashSet::new();
    let mut threads = HashSet::new();
    let mut replies = Vec::new();
    for fact in ledger.questions(period(week, zone)) {
        totals.questions += 1;
        buyers.insert(fact.buyer);
        threads.insert(fact.thread);
        if let Some(reply_ms) = fact.reply_ms {
            totals.answered += 1;
            replies.push(reply_ms);
        }
        let cluster = ledger
            .cluster_of(fact)
            .and_then(|cluster| ledger.cluster(cluster));
        if let Some(cluster) = cluster {
            totals.recurring += 1;
            totals.covered += u32::from(sources.answers[place].of(cluster).is_some());
        }
    }
    totals.buyers = count(&buyers);
    totals.conversations = count(&threads);
    totals.median_reply_seconds = median_seconds(&mut replies);
    let suggestions = sources.suggestions[place];
    totals.suggestions = suggestions.suggestions;
    totals.abstained = suggestions.abstained;
    totals.displayed = suggestions.displayed;
    totals.used = suggestions.used;
    totals
}

/// The median of replies' delays in milliseconds, in seconds.
pub(super) fn median_seconds(replies_ms: &mut [i64]) -> Option<u32> {
    let middle = replies_ms.len() / 2;
    if replies_ms.is_empty() {
        return None;
    }
    let (_, median, _) = replies_ms.select_nth_unstable(middle);
    u32::try_from(*median / 1_000).ok()
}

fn by_day(ledger: &Ledger, week: Week, zone: &TimeZone) -> Vec<u32> {
    let mut days = vec![0; 7];
    for fact in ledger.questions(period(week, zone)) {
        let Ok(at) = Timestamp::from_millisecond(fact.at_ms) else {
            continue;
        };
        let day = zone.to_datetime(at).date().weekday();
        if let Some(count) = days.get_mut(usize::try_from(day.to_monday_zero_offset()).unwrap_or(0))
        {
            *count += 1;
        }
    }
    days
}

/// Lines of clusters that were asked this week, by buyers, most first.
fn section(
    figures: &[QuestionFigures],
    holds: impl Fn(&QuestionFigures) -> bool,
) -> Vec<QuestionLine> {
    figures
        .iter()
        .filter(|figures| figures.line.questions.at_least() > 0 && holds(figures))
        .take(MOST_LINES)
        .map(|figures| figures.line.clone())
        .collect()
}

/// What fades may not be asked at all any more.
fn fading<'a>(
    figures: impl Iterator<Item = &'a QuestionFigures>,
    smallest_group: u32,
) -> Vec<QuestionLine> {
    let mut fading: Vec<QuestionLine> = figures
        .filter(|figures| figures.line.trend == Some(Trend::Fading))
        .filter(|figures| figures.line.previous_buyers.at_least() >= smallest_group)
        .map(|figures| figures.line.clone())
        .collect();
    fading.sort_by_key(|line| {
        let (now, before) = (line.buyers.at_least(), line.previous_buyers.at_least());
        std::cmp::Reverse(before.saturating_sub(now))
    });
    fading.truncate(MOST_LINES);
    fading
}

/// Actions of the week before, each with the week before it and this one: no
/// day counts on both sides.
fn actions(
    sources: &Sources<'_>,
    (tallies, quotable): (&HashMap<ClusterId, Tally>, &Quotable),
    week: Week,
    zone: &TimeZone,
) -> Vec<ActionLine> {
    let (before, now) = (period(week.plus(-2), zone), period(week, zone));
    let is_large = |cluster: &ClusterId| {
        let tally = tallies.get(cluster);
        tally.is_some_and(|tally| tally.buyers_of_all() >= sources.policy.1.smallest_group)
    };
    sources
        .actions
        .iter()
        .filter_map(|action| {
            let cluster = sources.ledger.cluster(action.cluster)?;
            is_large(&action.cluster).then_some(())?;
            Some(ActionLine {
                id: action.id.to_string(),
                kind: action.kind.as_str().to_owned(),
                note: action.note.clone(),
                on: zone.to_datetime(action.at).date(),
                cluster: action.cluster.to_string(),
                label: quotable.title(cluster, &sources.labels),
                buyers_before: buyers(sources.ledger, action.cluster, before).into(),
                buyers_now: buyers(sources.ledger, action.cluster, now).into(),
            })
        })
        .collect()
}

fn buyers(ledger: &Ledger, cluster: ClusterId, period: Period) -> u32 {
    let buyers: HashSet<Name> = ledger
        .questions(period)
        .filter(|fact| ledger.cluster_of(fact) == Some(cluster))
        .map(|fact| fact.buyer)
        .collect();
    count(&buyers)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{Asked, changes, with_labels};
    use super::*;
    use crate::domain::fault::Locale;
    use crate::domain::ids::{ProductId, ShopId};
    use crate::domain::language::Urgency;
    use crate::domain::shop::ShopSecret;
    use crate::domain::shown::Shown;
    use crate::domain::suggestion::Pseudonym;
    use crate::store::QuestionFacts;

    const WEEK: &str = "2026-W47";

    fn zone() -> TimeZone {
        TimeZone::get("Asia/Shanghai").expect("bundled")
    }

    fn fingerprint_after(change: impl Fn(&mut QuestionFacts)) -> u64 {
        let mut changes = changes(&[Asked {
            cluster: "尺寸",
            days_ago: 2,
            buyers: 3,
        }]);
        if let Some(question) = changes.questions.first_mut() {
            change(question);
        }
        let mut ledger = Ledger::default();
        ledger.apply(changes);
        fingerprint(&ledger, Week::parse(WEEK).expect("valid"), &zone())
    }

    #[test]
    fn only_messages_change_a_week_and_no_model_does() {
        let before = fingerprint_after(|_| {});
        let read_otherwise = fingerprint_after(|question| {
            question.classified.intent =
                Some((Intent::parse("process.price").expect("valid"), 0.9));
            question.classified.stage = Some(Stage::Pre);
            question.classified.urgency = Urgency::High;
            question.product = ProductId::parse("k2").ok();
        });
        assert_eq!(read_otherwise, before);
        assert_ne!(
            fingerprint_after(|question| question.is_gone = true),
            before
        );
        let replied = fingerprint_after(|question| question.replied_at = Some(question.at));
        assert_ne!(replied, before);
    }

    #[test]
    fn a_report_tells_of_no_few() {
        let asked = |cluster, days_ago, buyers| Asked {
            cluster,
            days_ago,
            buyers,
        };
        let mut changes = changes(&[
            asked("落", 2, 8),
            asked("升", 9, 3),
            asked("升", 2, 60),
            asked("落", 9, 60),
            asked("稳", 9, 90),
            asked("稳", 2, 90),
        ]);
        // Two buyers asked four times each, and got replies.
        for (at, question) in changes.questions.iter_mut().take(8).enumerate() {
            question.consumer = Some(Pseudonym(format!("常客{}", at % 2)));
            question.replied_at = Some(question.at);
            question.classified.urgency = Urgency::High;
        }
        let mut ledger = Ledger::default();
        ledger.apply(changes);
        let shop = shop();
        let week = Week::parse(WEEK).expect("valid");
        let said_last_week = Totals {
            questions: 140,
            ..Totals::default()
        };
        let report = with_labels(|labels| {
            report(
                week,
                &Sources {
                    shop: &shop,
                    ledger: &ledger,
                    labels: *labels,
                    policy: (0, &ListeningPolicy::default()),
                    suggestions: [SuggestionTotals::default(); 2],
                    uses: &[],
                    answers: [&Answers::default(), &Answers::default()],
                    waiting: &Waiting::new(),
                    actions: &[],
                    had_approved: false,
                    previous: Some((3, said_last_week)),
                    now: week.end(&zone()),
                },
            )
        });
        // Last week is what it was said to be; lines are counted all the same.
        assert_eq!(report.previous, said_last_week);
        assert_eq!(report.previous_revision, Some(3));
        assert_eq!(report.totals.covered, 0);
        assert_eq!(report.coverage_note, Some(CoverageNote::NothingApproved));
        let rising = &report.rising[0];
        assert_eq!(
            (rising.label.as_str(), rising.previous_buyers),
            ("升", Shown::Under(5))
        );
        assert_eq!(rising.buyers, Shown::Exactly(60));
        assert_eq!(rising.p_value, None);
        let fading = &report.fading[0];
        assert_eq!(
            (fading.label.as_str(), fading.buyers),
            ("落", Shown::Under(5))
        );
        assert_eq!(fading.questions, Shown::Under(5));
        assert_eq!(fading.previous_buyers, Shown::Exactly(60));
        assert_eq!(fading.p_value, None);
        assert_eq!((fading.answered_share, fading.urgent_share), (0.0, 0.0));
        let steady = report.top.iter().find(|line| line.label == "稳");
        assert!(steady.is_some_and(|line| line.p_value.is_some()));
        let few = |line: &QuestionLine| {
            line.buyers_by_week
                .iter()
                .any(|week| matches!(week.exactly(), Some(1..5)))
        };
        assert!(!report.top.iter().chain(&report.fading).any(few));
    }

    fn shop() -> Shop {
        Shop {
            id: ShopId::parse("hemu").expect("valid"),
            name: "禾木".to_owned(),
            time_zone: "Asia/Shanghai".to_owned(),
            locale: Locale::Chinese,
            secret: ShopSecret([7; 32]),
            created_at: Timestamp::UNIX_EPOCH,
        }
    }
}
