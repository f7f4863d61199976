//! What is kept of a suggestion: the question, the answers, and the turns it was asked with.

use jiff::ToSpan;
use zhiwen_models::text::Normalized;

use super::pseudonym::pseudonym;
use super::understand::Speaker;
use super::{Answer, Moment, Suggestion, last_characters};
use crate::catalog::Searchable;
use crate::domain::ids::KnowledgeId;
use crate::domain::listening::WordingKey;
use crate::domain::message::{Author, Message, MessageSource, Thread, message_text};
use crate::domain::shop::ShopSecret;
use crate::domain::suggestion::{Classified, RecordedAnswer, SuggestionRecord};
use crate::language::Reading;

/// What is kept of a suggestion.
pub fn record(
    suggestion: &Suggestion,
    moment: &Moment,
    searchable: &Searchable,
) -> SuggestionRecord {
    let under_secret = |kind, id: &Option<String>| {
        id.as_ref()
            .map(|id| pseudonym(&searchable.shop.secret, kind, id))
    };
    SuggestionRecord {
        id: suggestion.id,
        at: moment.at,
        conversation: moment.conversation.clone(),
        answers_message: suggestion.answers_message.clone(),
        question: suggestion.question.text.clone(),
        consumer: under_secret("consumer", &moment.consumer),
        order: under_secret("order", &moment.order),
        product: moment.product.clone(),
        channel: moment.channel.clone(),
        agent: moment.agent.clone(),
        classified: suggestion.reading.as_ref().map(classified),
        abstention: suggestion.abstention,
        answers: suggestion.answers.iter().filter_map(recorded).collect(),
        wording: suggestion
            .reading
            .as_ref()
            .and_then(|_| wording(&suggestion.question.whole())),
        turns: if moment.is_rehearsal {
            Vec::new()
        } else {
            heard(moment, &searchable.shop.secret)
        },
        is_rehearsal: moment.is_rehearsal,
    }
}

/// The key of a question's words; `None` where it has no letter and no digit.
pub fn wording(text: &str) -> Option<WordingKey> {
    let text = Normalized::new(last_characters(text));
    let says_something = text.as_str().chars().any(char::is_alphanumeric);
    says_something.then(|| WordingKey::of(&text))
}

/// The turns of a moment as messages to keep.
fn heard(moment: &Moment, secret: &ShopSecret) -> Vec<Message> {
    let thread = Thread::of_conversation(&moment.conversation);
    let under_secret =
        |kind, id: &Option<String>| id.as_ref().map(|id| pseudonym(secret, kind, id));
    let consumer = under_secret("consumer", &moment.consumer);
    let order = under_secret("order", &moment.order);
    // Turns without a time are taken to have come one after the other, just now.
    let mut guess = moment.at - (moment.turns.len() as i64).milliseconds();
    moment
        .turns
        .iter()
        .map(|turn| {
            guess = turn.at.unwrap_or_else(|| guess + 1.millisecond());
            Message {
                thread: thread.clone(),
                id: turn.id.clone(),
                at: guess,
                author: match turn.speaker {
                    Speaker::Buyer => Author::Buyer,
                    Speaker::Agent => Author::Agent,
                },
                text: message_text(&turn.text),
                consumer: consumer.clone(),
                agent: moment
                    .agent
                    .clone()
                    .filter(|_| turn.speaker == Speaker::Agent),
                channel: moment.channel.clone(),
                product: moment.product.clone(),
                order: order.clone(),
                source: MessageSource::Suggestion,
            }
        })
        .collect()
}

/// What of a reading is kept.
pub fn classified(reading: &Reading) -> Classified {
    Classified {
        intent: reading
            .intent()
            .map(|(intent, probability)| (intent.clone(), probability)),
        stage: reading.stage,
        urgency: reading.urgency,
    }
}

fn recorded(answer: &Answer) -> Option<RecordedAnswer> {
    Some(RecordedAnswer {
        id: answer.id,
        // The index holds only ids that came from the store.
        knowledge: KnowledgeId::parse(&answer.found.item.id).ok()?,
        version: answer.found.item.version,
        form: answer.form,
        confidence: answer.found.confidence,
    })
}
