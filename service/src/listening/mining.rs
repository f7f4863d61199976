//! Answers mined from what human agents wrote: per cluster, replies that say
//! the same, said by several, taken by the buyers.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use zhiwen_models::courtesies::without_courtesies;
use zhiwen_models::privacy::{Kind, mask};
use zhiwen_models::text::Normalized;

use super::Ledger;
use super::gist::Gist;
use crate::answering::wording;
use crate::domain::ids::{CandidateId, ClusterId};
use crate::domain::listening::{Outcome, WordingKey};
use crate::domain::queue::{Candidate, CandidateState, Evidence};
use crate::store::MinedReply;

/// Replies of a cluster that are looked at, the newest.
const MOST_REPLIES: usize = 500;

/// A reply of fewer characters is a word, no answer.
const FEWEST_CHARACTERS: usize = 6;

/// An answer is shown once so many buyers got it, or fewer from several agents.
const FEWEST_BUYERS: usize = 3;
const FEWEST_BUYERS_OF_SEVERAL_AGENTS: usize = 2;

/// What an answer is weighed against: as many buyers count half.
const HALF_SUPPORT_BUYERS: f64 = 5.0;

/// Words of a reply that puts the buyer off: it is no answer.
const STALLING: [&str; 22] = [
    "稍等",
    "问下",
    "问一下",
    "问问",
    "确认下",
    "确认一下",
    "核实",
    "查一下",
    "查下",
    "看一下",
    "帮您看",
    "帮您查",
    "晚点回",
    "回复您",
    "转接",
    "反馈给",
    "let me check",
    "let me ask",
    "one moment",
    "hold on",
    "get back to you",
    "i will check",
];

const MOST_EVIDENCE: usize = 5;

/// Answers of one cluster that are put forward.
const MOST_OF_A_CLUSTER: usize = 3;

/// A reply with what it is compared by.
struct Said<'a> {
    reply: &'a MinedReply,
    text: String,
    gist: Gist,
}

/// Mines `replies`, which come by time. What says the same as one of `standing`
/// is that one, found again: it is counted anew while it is open, and does not
/// come back once somebody has decided.
pub fn mine(replies: &[MinedReply], standing: &[Candidate], now: Timestamp) -> Vec<Candidate> {
    let mut by_cluster: BTreeMap<ClusterId, Vec<&MinedReply>> = BTreeMap::new();
    for reply in replies {
        by_cluster.entry(reply.cluster).or_default().push(reply);
    }
    let mut known: HashMap<ClusterId, Vec<(Gist, u64)>> = HashMap::new();
    for candidate in standing {
        let gist = Gist::of(&Normalized::new(candidate.text.as_str()));
        known
            .entry(candidate.cluster)
            .or_default()
            .push((gist, candidate.key));
    }
    let mut candidates = Vec::new();
    for (cluster, replies) in by_cluster {
        let latest = &replies[replies.len().saturating_sub(MOST_REPLIES)..];
        let said: Vec<Said<'_>> = latest.iter().filter_map(|reply| said(reply)).collect();
        let mut found: Vec<Candidate> = groups(&said)
            .iter()
            .filter_map(|group| candidate(cluster, &said, group, now))
            .collect();
        for candidate in &mut found {
            let own = Gist::of(&Normalized::new(candidate.text.as_str()));
            let mut known = known.get(&cluster).into_iter().flatten();
            // Of several, the one that somebody decided on: these come last.
            let same = known.rfind(|(gist, _)| gist.says_the_same(&own));
            candidate.key = same.map_or(candidate.key, |(_, key)| *key);
        }
        found.sort_by(|left, right| right.score.total_cmp(&left.score));
        // Two answers may say the same as a third and not as one another.
        let mut keys = HashSet::new();
        found.retain(|candidate| keys.insert(candidate.key));
        found.truncate(MOST_OF_A_CLUSTER);
        candidates.extend(found);
    }
    candidates
}

/// Open ones of `standing` that nobody can be asked to approve any more, but for
/// those `found` again: their question is gone, or all that they rest on is asked
/// elsewhere by now.
pub fn lost(standing: &[Candidate], found: &[Candidate], ledger: &Ledger) -> Vec<CandidateId> {
    let again: HashSet<u64> = found.iter().map(|candidate| candidate.key).collect();
    let is_gone = |cluster| {
        let cluster = ledger.cluster(cluster);
        cluster.is_none_or(|cluster| cluster.retired_at.is_some())
    };
    let open = standing.iter().filter(|candidate| candidate.is_open());
    open.filter(|candidate| !again.contains(&candidate.key))
        .filter(|candidate| is_gone(candidate.cluster) || !stands(candidate, ledger))
        .map(|candidate| candidate.id)
        .collect()
}

/// Whether a mined answer has evidence in its question by now: people may have
/// moved wordings since it was mined.
pub fn stands(candidate: &Candidate, ledger: &Ledger) -> bool {
    let evidence = candidate.evidence.iter();
    let questions = evidence.map(|said| said.question.as_str());
    has_evidence(candidate.cluster, questions, ledger)
}

/// Whether an answer to `cluster` that was given to `questions` has one of them
/// there by now; so has one that was kept without any.
pub fn has_evidence<'a>(
    cluster: ClusterId,
    questions: impl IntoIterator<Item = &'a str>,
    ledger: &Ledger,
) -> bool {
    let mut questions = questions.into_iter().peekable();
    questions.peek().is_none() || questions.any(|question| is_asked_in(cluster, question, ledger))
}

/// Whether what was asked in `cluster` is there by now; what is not known is.
pub fn is_asked_in(cluster: ClusterId, question: &str, ledger: &Ledger) -> bool {
    let known = wording(question).and_then(|key| ledger.wording_of(key));
    known.is_none_or(|wording| wording.cluster == Some(cluster))
}

/// A reply that could answer others too; `None` of courtesies, questions back,
/// and what names a number or a place of one buyer's.
fn said(reply: &MinedReply) -> Option<Said<'_>> {
    let text = without_courtesies(reply.reply.as_str()).trim().to_owned();
    let is_personal = Kind::ALL
        .iter()
        .any(|kind| text.contains(kind.placeholder()));
    let last_words = text.trim_end_matches(|character: char| {
        !character.is_alphanumeric() && !matches!(character, '?' | '？')
    });
    let asks = last_words.ends_with(['?', '？', '吗', '呢']);
    let stalls = STALLING.iter().any(|words| text.contains(words));
    let gist = Gist::of(&Normalized::new(&text));
    let says_enough = gist.length >= FEWEST_CHARACTERS;
    (says_enough && !is_personal && !asks && !stalls).then_some(Said { reply, text, gist })
}

/// Replies that say the same: each joins the first group whose first reply it
/// is like; longer ones come first, so that they lead.
fn groups(said: &[Said<'_>]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..said.len()).collect();
    order.sort_by_key(|place| (std::cmp::Reverse(said[*place].gist.size()), *place));
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for place in order {
        let like = groups
            .iter_mut()
            .find(|group| said[group[0]].gist.says_the_same(&said[place].gist));
        match like {
            Some(group) => group.push(place),
            None => groups.push(vec![place]),
        }
    }
    groups
}

fn candidate(
    cluster: ClusterId,
    said: &[Said<'_>],
    group: &[usize],
    now: Timestamp,
) -> Option<Candidate> {
    let replies = || group.iter().map(|place| said[*place].reply);
    let buyers: BTreeSet<&str> = replies().map(|reply| reply.buyer.as_str()).collect();
    let agents: BTreeSet<&str> = replies()
        .filter_map(|reply| reply.agent.as_ref())
        .map(|agent| agent.as_str())
        .collect();
    let fewest = if agents.len() > 1 {
        FEWEST_BUYERS_OF_SEVERAL_AGENTS
    } else {
        FEWEST_BUYERS
    };
    if buyers.len() < fewest {
        return None;
    }
    let of = |outcome| replies().filter(|reply| reply.outcome == outcome).count();
    let (accepted, asked_again) = (of(Outcome::Accepted), of(Outcome::AskedAgain));
    let support = buyers.len() as f64 / (buyers.len() as f64 + HALF_SUPPORT_BUYERS);
    let agreement = group.len() as f64 / said.len().max(1) as f64;
    // Laplace's rule: one success and one failure are taken as seen.
    let taken = (accepted + 1) as f64 / (accepted + asked_again + 2) as f64;
    let text = medoid(said, group);
    Some(Candidate {
        id: CandidateId::make(),
        cluster,
        key: key(cluster, text),
        // Courtesies were cut out of it: a mark may have been cut in two.
        text: mask(text),
        evidence: evidence(said, group),
        agents: small(agents.len()),
        buyers: small(buyers.len()),
        replies: small(group.len()),
        accepted: small(accepted),
        score: support * agreement.sqrt() * taken,
        state: CandidateState::Open,
        knowledge: None,
        decided_by: None,
        decided_at: None,
        found_at: now,
    })
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The reply that is most like the others; of two, the one said first.
fn medoid<'a>(said: &'a [Said<'_>], group: &[usize]) -> &'a str {
    let mut best = ("", f64::MIN);
    let mut places = group.to_vec();
    places.sort_unstable();
    for place in &places {
        let likeness: f64 = places
            .iter()
            .map(|other| said[*place].gist.likeness(&said[*other].gist))
            .sum();
        if likeness > best.1 {
            best = (&said[*place].text, likeness);
        }
    }
    best.0
}

/// The newest replies, of different buyers as far as there are.
fn evidence(said: &[Said<'_>], group: &[usize]) -> Vec<Evidence> {
    let mut places = group.to_vec();
    places.sort_unstable_by(|left, right| right.cmp(left));
    let mut seen = HashSet::new();
    places.sort_by_key(|place| !seen.insert(said[*place].reply.buyer.as_str()));
    let newest = places.iter().take(MOST_EVIDENCE);
    newest
        .map(|place| {
            let reply = said[*place].reply;
            Evidence {
                question: reply.text.clone(),
                reply: reply.reply.clone(),
                at: reply.at,
                agent: reply.agent.as_ref().map(ToString::to_string),
                outcome: reply.outcome,
            }
        })
        .collect()
}

/// Of the cluster and the answer's letters and digits: the same answer with
/// another blank or full stop is the same.
fn key(cluster: ClusterId, text: &str) -> u64 {
    let mut hash = Sha256::new();
    hash.update(cluster.as_bytes());
    hash.update(WordingKey::of(&Normalized::new(text)).0.to_be_bytes());
    let digest = hash.finalize();
    u64::from_be_bytes(std::array::from_fn(|at| digest[at]))
}

#[cfg(test)]
mod tests {
    use zhiwen_models::privacy::Masked;

    use super::*;
    use crate::domain::ids::AgentId;
    use crate::domain::listening::{Cluster, QuestionId, Wording};
    use crate::store::ListeningChanges;

    const REPLY: &str = "壶身不能放洗碗机，手洗就可以";

    fn reply(cluster: ClusterId, said: &str, agent: &str, buyer: &str) -> MinedReply {
        MinedReply {
            question: QuestionId([0; 16]),
            cluster,
            at: Timestamp::UNIX_EPOCH,
            text: Masked::from_stored("可以放洗碗机吗".to_owned()),
            reply: Masked::from_stored(said.to_owned()),
            agent: AgentId::parse(agent).ok(),
            buyer: buyer.to_owned(),
            outcome: Outcome::Accepted,
        }
    }

    #[test]
    fn puts_forward_what_several_said() {
        let cluster = ClusterId::make();
        let replies = [
            reply(cluster, "亲，壶身不能放洗碗机哦，手洗就可以", "小美", "b1"),
            reply(cluster, "壶身不能放洗碗机，手洗就可以的", "小王", "b2"),
            reply(cluster, "亲亲 壶身不能放洗碗机，手洗就可以哈", "小王", "b3"),
            reply(cluster, "您的单号是[单号]请查收一下哦", "小王", "b4"),
            reply(cluster, "请问您买的是哪一款呢？", "小王", "b5"),
            reply(cluster, "我们家的赠品是随机发的哦", "小李", "b6"),
        ];
        let found = mine(&replies, &[], Timestamp::UNIX_EPOCH);
        assert_eq!(found.len(), 1, "{found:?}");
        let answer = &found[0];
        assert!(answer.text.as_str().contains("不能放洗碗机"), "{answer:?}");
        assert_eq!((answer.agents, answer.buyers, answer.accepted), (2, 3, 3));
        assert_eq!(answer.evidence.len(), 3);
        // Another way of saying it comes first now; it is the same answer.
        let more = [
            &replies[..],
            &[reply(
                cluster,
                "这个壶身不能放洗碗机的，清水手洗就可以",
                "小李",
                "b7",
            )],
        ];
        let again = mine(&more.concat(), &found, Timestamp::UNIX_EPOCH);
        assert_eq!((again.len(), again[0].key), (1, answer.key));
    }

    #[test]
    fn all_who_got_an_answer_count_however_it_was_put() {
        let cluster = ClusterId::make();
        let replies: Vec<MinedReply> = ["b1", "b2", "b3", "b4", "b5", "b6"]
            .into_iter()
            .enumerate()
            .map(|(place, buyer)| {
                let (said, agent) = if place % 2 == 0 {
                    ("2019年的春茶", "小美")
                } else {
                    ("2019年春茶", "小王")
                };
                reply(cluster, said, agent, buyer)
            })
            .collect();
        let found = mine(&replies, &[], Timestamp::UNIX_EPOCH);
        let counts: Vec<(u32, u32, u32)> = found
            .iter()
            .map(|answer| (answer.buyers, answer.agents, answer.replies))
            .collect();
        assert_eq!(counts, [(6, 2, 6)]);
    }

    #[test]
    fn of_two_that_say_what_one_said_the_better_is_that_one() {
        let cluster = ClusterId::make();
        let replies = |said: &str, buyers: &[&str]| -> Vec<MinedReply> {
            let replies = buyers.iter();
            replies
                .map(|buyer| reply(cluster, said, "小美", buyer))
                .collect()
        };
        let first = replies("壶身可以放洗碗机", &["b1", "b2", "b3"]);
        let standing = mine(&first, &[], Timestamp::UNIX_EPOCH);
        assert_eq!(standing.len(), 1);
        let better = "壶身可以放洗碗机微波炉电烤箱里";
        let later = [
            replies("壶身可以放洗碗机高温蒸汽消毒柜", &["b1", "b2", "b3"]),
            replies(better, &["b4", "b5", "b6", "b7"]),
        ];
        let found = mine(&later.concat(), &standing, Timestamp::UNIX_EPOCH);
        let texts: Vec<&str> = found.iter().map(|answer| answer.text.as_str()).collect();
        assert_eq!(texts, [better]);
        assert_eq!(found[0].key, standing[0].key);
    }

    #[test]
    fn one_agent_alone_needs_more_buyers() {
        let cluster = ClusterId::make();
        let said = "这款可以用电磁炉加热的";
        let mut replies = vec![
            reply(cluster, said, "小美", "b1"),
            reply(cluster, said, "小美", "b2"),
        ];
        assert!(mine(&replies, &[], Timestamp::UNIX_EPOCH).is_empty());
        replies.push(reply(cluster, said, "小美", "b3"));
        assert_eq!(mine(&replies, &[], Timestamp::UNIX_EPOCH).len(), 1);
        replies[2].buyer = "b1".to_owned();
        assert!(mine(&replies, &[], Timestamp::UNIX_EPOCH).is_empty());
    }

    #[test]
    fn what_nobody_can_approve_is_lost_unless_found_again() {
        let clusters: [ClusterId; 3] = std::array::from_fn(|_| ClusterId::make());
        let [here, elsewhere, retired] = clusters;
        let mined = |cluster| {
            let replies = ["b1", "b2", "b3"].map(|buyer| reply(cluster, REPLY, "小美", buyer));
            mine(&replies, &[], Timestamp::UNIX_EPOCH)
        };
        let ledger = |asked_in| {
            let mut ledger = Ledger::default();
            let cluster = |id| Cluster {
                id,
                label: Masked::from_stored("洗碗机".to_owned()),
                name: None,
                key_phrases: Vec::new(),
                is_muted: false,
                is_pinned: false,
                answered_by: None,
                created_at: Timestamp::UNIX_EPOCH,
                retired_at: (id == retired).then_some(Timestamp::UNIX_EPOCH),
            };
            ledger.apply(ListeningChanges {
                clusters: clusters.map(cluster).to_vec(),
                wordings: vec![Wording {
                    key: wording("可以放洗碗机吗").expect("it has words"),
                    text: Masked::from_stored("可以放洗碗机吗".to_owned()),
                    cluster: Some(asked_in),
                    is_pinned: true,
                }],
                ..ListeningChanges::default()
            });
            ledger
        };
        for (cluster, asked_in, is_lost) in [
            (here, here, false),
            (here, elsewhere, true),
            (retired, retired, true),
        ] {
            let standing = mined(cluster);
            let ledger = ledger(asked_in);
            let expected = if is_lost {
                vec![standing[0].id]
            } else {
                Vec::new()
            };
            assert_eq!(lost(&standing, &[], &ledger), expected);
            assert!(lost(&standing, &standing, &ledger).is_empty());
            let decided = Candidate {
                state: CandidateState::Dismissed,
                ..standing[0].clone()
            };
            assert!(lost(&[decided], &[], &ledger).is_empty());
        }
    }

    #[test]
    fn an_answer_keeps_its_marks() {
        let cluster = ClusterId::make();
        let replies =
            |said: &str| ["b1", "b2", "b3"].map(|buyer| reply(cluster, said, "小美", buyer));
        for (said, kept) in [
            (
                "亲，可以单独买，搜“密封圈”，5 元一个包邮。",
                "可以单独买，搜“密封圈”，5 元一个包邮。",
            ),
            (
                "您好～保修【一年】：坏了免费换😊，谢谢！",
                "保修【一年】：坏了免费换！",
            ),
        ] {
            let found = mine(&replies(said), &[], Timestamp::UNIX_EPOCH);
            let texts: Vec<&str> = found.iter().map(|answer| answer.text.as_str()).collect();
            assert_eq!(texts, [kept]);
        }
        let asks = replies("请问您要的是哪一款呢～😊");
        assert!(mine(&asks, &[], Timestamp::UNIX_EPOCH).is_empty());
    }

    #[test]
    fn the_same_answer_with_another_blank_is_the_same() {
        let cluster = ClusterId::make();
        assert_eq!(
            key(cluster, "可以的，三天内发货 "),
            key(cluster, "可以的,三天内发货。")
        );
        assert_ne!(
            key(cluster, "三天内发货"),
            key(ClusterId::make(), "三天内发货")
        );
    }
}
