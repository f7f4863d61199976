//! What the page of a recurring question shows, as texts.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan};

use super::chart::{self, Bar};
use super::console::Frame;
use super::language::Language;
use super::lists::{minute, segment};
use super::questions_parts::{Choice, Reader, number, percent};
use crate::catalog::Terminology;
use crate::domain::ids::{KnowledgeId, ShopId};
use crate::domain::insights::QuestionLine;
use crate::domain::listening::Outcome;
use crate::error::ApiError;
use crate::insights::clusters::{ClusterDetail, ClusterPage, ClusterView};
use crate::insights::standing::Standing;
use crate::reports::Words;
use crate::state::AppState;
use crate::store::AnswerUse;

/// The size of the chart's view box.
const CHART: (u32, u32) = (560, 110);

const MOST_WORDINGS: usize = 100;
const MOST_LATEST: usize = 20;

/// Other questions to merge into.
const MOST_OTHERS: usize = 120;

/// Something to know.
pub struct Fact {
    pub name: &'static str,
    pub value: String,
    /// Whether people wrote it.
    pub is_theirs: bool,
}

/// A figure.
pub struct Figure {
    pub name: &'static str,
    pub value: String,
    pub note: String,
}

/// The last days.
pub struct Course {
    pub bars: Vec<Bar>,
    pub title: String,
    pub days: Vec<Count>,
}

/// A name with a count.
pub struct Count {
    pub id: String,
    pub name: String,
    pub count: String,
}

/// A way of asking.
pub struct WordingView {
    pub key: String,
    pub text: String,
    pub questions: String,
    pub buyers: String,
    pub is_pinned: bool,
}

/// An item that answers.
pub struct AnswerView {
    pub href: String,
    pub title: String,
    /// How sure it is that it answers, or how often it was seen.
    pub displayed: String,
    pub used: String,
    pub acceptance: String,
}

/// An answer of agents that waits.
pub struct ProposalView {
    pub href: String,
    pub text: String,
    pub agents: String,
    pub buyers: String,
}

/// A question as it was asked.
pub struct LatestView {
    pub at: String,
    pub text: String,
    pub about: String,
    pub reply: String,
    pub outcome: &'static str,
}

/// What to know of the question at a glance.
pub fn facts(detail: &ClusterDetail, frame: &Frame) -> Vec<Fact> {
    let (view, language) = (&detail.view, frame.language);
    let line = &view.line;
    let words = Words(language.0);
    let domain = line.domain.as_deref().map(|domain| words.domain(domain));
    let intent = Some(words.intent(line)).filter(|intent| !intent.is_empty());
    let intent: Vec<&str> = domain.into_iter().chain(intent).collect();
    let joint = language.say("、", ", ");
    let channels = detail.channels.iter();
    let channels: Vec<String> = channels
        .map(|(channel, count)| format!("{} {}", words.channel(channel), number(*count)))
        .collect();
    let stages = detail.stages.iter();
    let stages: Vec<String> = stages
        .map(|(stage, count)| {
            format!(
                "{} {}",
                stage_name(stage.as_str(), language),
                number(*count)
            )
        })
        .collect();
    let all = [
        (language.say("意图", "Intent"), intent.join(" · "), false),
        (
            language.say("关键词", "Key phrases"),
            line.key_phrases.join(joint),
            true,
        ),
        (
            language.say("阶段（8 周）", "Stage (8 weeks)"),
            stages.join(joint),
            false,
        ),
        (
            language.say("渠道（8 周）", "Channels (8 weeks)"),
            channels.join(joint),
            true,
        ),
        (
            language.say("首次出现", "First asked"),
            view.first_asked_at
                .map(|at| minute(at, &frame.shop.zone()))
                .unwrap_or_default(),
            false,
        ),
    ];
    let known = all.into_iter().filter(|(_, value, _)| !value.is_empty());
    known
        .map(|(name, value, is_theirs)| Fact {
            name,
            value,
            is_theirs,
        })
        .collect()
}

fn stage_name(stage: &str, language: Language) -> &'static str {
    match stage {
        "pre" => language.say("售前", "before the order"),
        "order" => language.say("下单至发货", "while ordering"),
        _ => language.say("售后", "after the sale"),
    }
}

/// Its figures of the last seven days.
pub fn figures(view: &ClusterView, language: Language) -> Vec<Figure> {
    let line = &view.line;
    let before = number(line.previous_buyers.at_least());
    let figure = |chinese, english, value: String, note: String| Figure {
        name: language.say(chinese, english),
        value,
        note,
    };
    let none = || "–".to_owned();
    let of_asked = |share| {
        if line.questions.at_least() == 0 {
            none()
        } else {
            percent(share)
        }
    };
    let before = if language.is_chinese() {
        format!("前 7 天 {before}")
    } else {
        format!("{before} the week before")
    };
    vec![
        figure("买家", "Buyers", number(line.buyers.at_least()), before),
        figure(
            "提问",
            "Questions",
            number(line.questions.at_least()),
            String::new(),
        ),
        figure(
            "人工回复",
            "Answered by people",
            of_asked(line.answered_share),
            String::new(),
        ),
        figure(
            "建议采用",
            "Suggestions used",
            line.acceptance.map_or_else(none, percent),
            language.say("近 4 周", "last 4 weeks").to_owned(),
        ),
        figure("紧急", "Urgent", of_asked(line.urgent_share), String::new()),
        figure(
            "8 周买家",
            "Buyers, 8 weeks",
            number(view.buyers_of_eight_weeks),
            String::new(),
        ),
    ]
}

/// Its last 28 days.
pub fn course(found: &ClusterPage, frame: &Frame, counted_at: Timestamp) -> Course {
    let today = frame.shop.zone().to_datetime(counted_at).date();
    let ago = (0..found.by_day.len() as i64).rev();
    let days = ago.zip(found.by_day).map(|(ago, count)| Count {
        id: String::new(),
        name: today
            .saturating_sub(ago.days())
            .strftime("%m-%d")
            .to_string(),
        count: number(count),
    });
    let most = number(found.by_day.iter().copied().max().unwrap_or(0));
    Course {
        bars: chart::bars(&found.by_day, CHART.0, CHART.1),
        days: days.collect(),
        title: if frame.language.is_chinese() {
            format!("近 28 天每天的提问，最多的一天 {most} 次")
        } else {
            format!("Daily questions over 28 days, at most {most} a day")
        },
    }
}

/// The wordings that may be read, and how many more there are of these.
pub fn wordings(detail: &ClusterDetail, reader: &Reader) -> (Vec<WordingView>, usize) {
    // What one buyer alone wrote is a quotation of that buyer.
    let fewest = if reader.supervises() { 0 } else { 2 };
    let shown = detail.wordings.iter();
    let shown: Vec<_> = shown.filter(|wording| wording.buyers >= fewest).collect();
    let more = shown.len().saturating_sub(MOST_WORDINGS);
    let shown = shown.into_iter().take(MOST_WORDINGS);
    let views = shown.map(|wording| WordingView {
        key: format!("{:016x}", wording.entry.key.0),
        text: wording.entry.text.as_ref().to_owned(),
        questions: number(wording.questions),
        buyers: number(wording.buyers),
        is_pinned: wording.entry.is_pinned,
    });
    (views.collect(), more)
}

/// The products that it is asked about.
pub fn products(line: &QuestionLine, reader: &Reader, language: Language) -> Vec<Count> {
    let shown = line.products.iter();
    let shown = shown.filter(|product| product.buyers >= reader.smallest_group());
    shown
        .map(|product| Count {
            id: segment(&product.id),
            name: product.label.clone(),
            count: Words(language.0).buyers(product.buyers),
        })
        .collect()
}

/// The titles of the items that answer the question, by id.
///
/// # Errors
/// When the store fails.
pub async fn titles(
    state: &AppState,
    shop: &ShopId,
    detail: &ClusterDetail,
) -> Result<BTreeMap<String, String>, ApiError> {
    let answered = detail.view.cluster.answered_by.iter();
    let answered = answered.filter_map(|answer| KnowledgeId::parse(&answer.knowledge).ok());
    let used = detail.uses.iter().map(|answer| answer.knowledge.clone());
    let mut ids: Vec<KnowledgeId> = answered.chain(used).collect();
    ids.sort();
    ids.dedup();
    let items = state.store.knowledge_by_ids(shop, &ids).await?;
    let titles = items.into_iter();
    Ok(titles
        .map(|item| (item.id.to_string(), item.content.title))
        .collect())
}

/// An item as a link, for whoever may read items.
fn item_href(id: &str, links: bool) -> String {
    if links {
        format!("/knowledge/{}", segment(id))
    } else {
        String::new()
    }
}

/// The item that answers it.
pub fn answered_by(
    view: &ClusterView,
    titles: &BTreeMap<String, String>,
    supervises: bool,
) -> Option<AnswerView> {
    let answer = view.cluster.answered_by.as_ref()?;
    let id = &answer.knowledge;
    Some(AnswerView {
        href: item_href(id, supervises),
        title: titles.get(id).unwrap_or(id).clone(),
        displayed: percent(f64::from(answer.confidence)),
        used: String::new(),
        acceptance: String::new(),
    })
}

/// Answers that were suggested, most used first.
pub fn answers(
    uses: &[AnswerUse],
    titles: &BTreeMap<String, String>,
    supervises: bool,
) -> Vec<AnswerView> {
    let mut sums: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for answer in uses {
        let sum = sums.entry(answer.knowledge.to_string()).or_default();
        sum.0 += answer.displayed;
        sum.1 += answer.used;
    }
    let mut sums: Vec<(String, (u32, u32))> = sums.into_iter().collect();
    sums.sort_by_key(|(_, (displayed, used))| std::cmp::Reverse((*used, *displayed)));
    sums.into_iter()
        .map(|(id, (displayed, used))| AnswerView {
            href: item_href(&id, supervises),
            title: titles.get(&id).unwrap_or(&id).clone(),
            displayed: number(displayed),
            used: number(used),
            acceptance: if displayed == 0 {
                "–".to_owned()
            } else {
                percent(f64::from(used.min(displayed)) / f64::from(displayed))
            },
        })
        .collect()
}

/// Answers of agents that wait, for supervisors.
pub fn proposals(found: &ClusterPage, supervises: bool, language: Language) -> Vec<ProposalView> {
    let shown = found.proposals.iter().filter(|_| supervises);
    shown
        .map(|proposal| ProposalView {
            href: format!(
                "/queues/approve?question={}#answer-{}",
                proposal.candidate.cluster, proposal.candidate.id
            ),
            text: proposal.candidate.text.to_string(),
            agents: agents(proposal.candidate.agents, language),
            buyers: Words(language.0).buyers(proposal.candidate.buyers),
        })
        .collect()
}

fn agents(count: u32, language: Language) -> String {
    match (language.is_chinese(), count) {
        (true, count) => format!("{count} 位客服"),
        (false, 1) => "1 agent".to_owned(),
        (false, count) => format!("{count} agents"),
    }
}

/// Its latest questions.
pub fn latest(detail: &ClusterDetail, terminology: &Terminology, frame: &Frame) -> Vec<LatestView> {
    let zone = frame.shop.zone();
    let words = Words(frame.language.0);
    let product_name = |id: &str| terminology.product_name(id).unwrap_or(id).to_owned();
    let shown = detail.questions.iter().take(MOST_LATEST);
    shown
        .map(|question| {
            let channel = question.channel.as_ref();
            let channel = channel.map(|id| words.channel(id.as_str()).to_owned());
            let product = question
                .product
                .as_ref()
                .map(|id| product_name(id.as_str()));
            let about: Vec<String> = [channel, product].into_iter().flatten().collect();
            let reply = question.reply.as_ref();
            LatestView {
                at: minute(question.at, &zone),
                text: question.text.as_str().to_owned(),
                about: about.join(" · "),
                reply: reply.map_or_else(String::new, |reply| reply.text.as_str().to_owned()),
                outcome: outcome(question.outcome, frame.language),
            }
        })
        .collect()
}

fn outcome(outcome: Outcome, language: Language) -> &'static str {
    match outcome {
        Outcome::Unanswered => language.say("没人回复", "nobody replied"),
        Outcome::Accepted => language.say("买家接受", "accepted"),
        Outcome::AskedAgain => language.say("又问了一遍", "asked again"),
        Outcome::Open => language.say("没有表态", "no reaction"),
    }
}

/// Other questions to merge with: those of the same intent, then the rest.
pub fn others(
    standing: &Standing,
    view: &ClusterView,
    reader: &Reader,
    language: Language,
) -> (Vec<Choice>, Vec<Choice>) {
    let rows = standing.rows.iter().map(|row| &row.view);
    let rows = rows.filter(|other| other.cluster.id != view.cluster.id);
    let (mut similar, mut others): (Vec<&ClusterView>, Vec<&ClusterView>) =
        rows.partition(|other| other.line.intent == view.line.intent);
    similar.truncate(MOST_OTHERS);
    others.truncate(MOST_OTHERS.saturating_sub(similar.len()));
    let choices = |views: Vec<&ClusterView>| {
        let choice = |view: &ClusterView| {
            Choice::new(
                view.cluster.id.to_string(),
                reader.title(view, language),
                "",
            )
        };
        views.into_iter().map(choice).collect()
    };
    (choices(similar), choices(others))
}
