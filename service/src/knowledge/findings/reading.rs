//! An item as the rules see it: what its questions are about and what its answers state, clause by clause.

use std::collections::HashSet;

use crate::domain::knowledge::KnowledgeItem;
use crate::domain::suggestion::AnswerForm;

use super::figures::{Figure, figures};
use super::lexicon::Circumstance;
use super::statements::{Clause, Folder};
use super::topic::{Features, Topic, topic};

/// More wordings than this add time and no subject.
const MOST_SUBJECTS: usize = 12;

/// An item, read.
#[derive(Clone)]
pub(super) struct Reading {
    /// What its title and then its phrasings are about.
    pub subjects: Vec<Topic>,
    /// What its answers say, clause by clause.
    pub statements: Vec<Statement>,
    /// All that its answers are about.
    pub answers: Features,
}

/// A clause of an answer, read.
#[derive(Clone)]
pub(super) struct Statement {
    /// Which form of the answer it stands in.
    pub form: AnswerForm,
    /// The clause.
    pub clause: Clause,
    /// What it is about, without its figures.
    pub topic: Topic,
    /// Its figures.
    pub figures: Vec<Figure>,
    /// What the figures are counted by: the counter after 每 or 一.
    pub per: Option<char>,
    /// Under what it holds: what the clause says itself, else the title.
    pub circumstances: Vec<Circumstance>,
    /// What it is about: the clause's own concepts, else those of the clause
    /// before it in its sentence, else the title's.
    pub concepts: u128,
    /// Whether it says yes or no to the title and nothing more.
    pub is_bare_verdict: bool,
}

impl Reading {
    /// Reads an item.
    pub(super) fn new(item: &KnowledgeItem, folder: &mut Folder) -> Self {
        let content = &item.content;
        let mut subjects: Vec<Topic> = Vec::new();
        for text in std::iter::once(&content.title).chain(&content.phrasings) {
            let subject = question(text, folder);
            let is_new = subjects
                .iter()
                .all(|seen| seen.features != subject.features);
            if is_new && subjects.len() < MOST_SUBJECTS {
                subjects.push(subject);
            }
        }
        let mut reading = Self {
            subjects,
            statements: Vec::new(),
            answers: Features::default(),
        };
        let forms = [
            (AnswerForm::Brief, &content.answer_brief),
            (AnswerForm::Consultative, &content.answer_consultative),
        ];
        for (form, answer) in forms {
            let clauses = folder.clauses(answer.as_deref().unwrap_or_default());
            reading.add(form, clauses);
        }
        reading
    }

    fn add(&mut self, form: AnswerForm, clauses: Vec<Clause>) {
        let Some(title) = self.subjects.first().cloned() else {
            return;
        };
        let mut last: Option<(usize, u128)> = None;
        for clause in clauses {
            let figures = figures(&clause.folded);
            let topic = topic(&without_figures(&clause.folded, &figures));
            let inherited = match last {
                Some((sentence, concepts)) if sentence == clause.sentence => concepts,
                _ => title.concepts,
            };
            let concepts = if topic.concepts == 0 {
                inherited
            } else {
                topic.concepts
            };
            last = Some((clause.sentence, concepts));
            let is_verdict = !topic.modes.is_empty() || topic.negations > 0;
            self.statements.push(Statement {
                form,
                per: per(&clause.folded),
                circumstances: under(&topic, &title),
                concepts,
                is_bare_verdict: topic.features.is_empty() && figures.is_empty() && is_verdict,
                clause,
                topic,
                figures,
            });
        }
    }

    /// Takes product names from what its questions and statements are about,
    /// and gathers what is left of the answers.
    pub(super) fn finish(&mut self, names: &HashSet<u64>) {
        let statements = self.statements.iter_mut().map(|said| &mut said.topic);
        for topic in self.subjects.iter_mut().chain(statements) {
            topic.set_names(names);
        }
        for said in &self.statements {
            self.answers.extend(&said.topic.features);
        }
    }

    /// The item with one form of its answer only.
    pub(super) fn of(&self, form: AnswerForm) -> Self {
        let statements = self.statements.iter().filter(|said| said.form == form);
        Self {
            subjects: self.subjects.clone(),
            statements: statements.cloned().collect(),
            answers: self.answers.clone(),
        }
    }

    /// Every figure with the statement that it stands in.
    pub(super) fn figures(&self) -> impl Iterator<Item = (&Statement, &Figure)> {
        self.statements
            .iter()
            .flat_map(|said| said.figures.iter().map(move |figure| (said, figure)))
    }
}

/// What a question is about.
pub(super) fn question(text: &str, folder: &mut Folder) -> Topic {
    let folded = folder.fold(text);
    let figures = figures(&folded);
    topic(&without_figures(&folded, &figures))
}

fn without_figures(folded: &[char], figures: &[Figure]) -> String {
    let mut text = folded.to_vec();
    for figure in figures {
        text[figure.start..figure.end].fill(' ');
    }
    text.into_iter().collect()
}

/// The counter after 每 or 一: 每次 and 一箱 say what a figure is counted by.
fn per(folded: &[char]) -> Option<char> {
    const COUNTERS: &str = "次天日周月年箱盒袋瓶包片件个人杯壶罐条支套单";
    folded.windows(2).enumerate().find_map(|(at, pair)| {
        let is_each = pair[0] == '每'
            // 一天 and 一年 alone are figures.
            || pair[0] == '一' && !"天日周月年次".contains(pair[1]);
        let is_ordinal = at > 0 && folded[at - 1] == '第';
        (is_each && !is_ordinal && COUNTERS.contains(pair[1])).then_some(pair[1])
    })
}

/// The clause's circumstances, and the title's of groups that it says nothing of.
fn under(topic: &Topic, title: &Topic) -> Vec<Circumstance> {
    let mut under = topic.circumstances.clone();
    let of_title = title.circumstances.iter().filter(|circumstance| {
        topic
            .circumstances
            .iter()
            .all(|own| own.group != circumstance.group)
    });
    under.extend(of_title);
    // What is usual need not be said.
    under.retain(|circumstance| circumstance.value != 0);
    under.sort_unstable();
    under
}
