//! Messages, questions, and clusters.

use std::sync::Arc;

use zhiwen_models::privacy::Masked;

use super::fixtures::{new_shop, revision, suggestion, time};
use crate::domain::ids::{ClusterId, ConversationId, EditId, MessageId, ShopId};
use crate::domain::language::Urgency;
use crate::domain::listening::{
    Before, Cluster, ClusterEdit, ClusterMarks, EditKind, HeardQuestion, Outcome, QuestionId,
    Reply, Wording, WordingKey, WordingPlace,
};
use crate::domain::message::{Author, Message, MessageSource, Thread};
use crate::domain::suggestion::{Classified, SuggestionRecord};
use crate::store::{ClusterChange, ReadThread, Store, StoreError};

/// Every behaviour of this file.
pub async fn run(store: &Arc<dyn Store>) {
    takes_each_message_once(store).await;
    completes_what_a_suggestion_guessed(store).await;
    says_which_threads_are_unread(store).await;
    replaces_a_threads_questions(store).await;
    leaves_pinned_wordings_where_they_are(store).await;
    leaves_newcomers_of_a_retired_cluster_alone(store).await;
    undoes_what_people_did(store).await;
    finds_replies_of_clusters(store).await;
    seals_listening(store).await;
}

/// A message that comes again is known; other words under its id are a conflict.
pub async fn takes_each_message_once(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let batch = [
        message("c1", "m1", "在吗", 1),
        message("c2", "m1", "退货", 1),
    ];
    let taken = store.take_messages(&shop, &batch, time(9)).await.unwrap();
    assert_eq!((taken.new, taken.known), (2, 0));
    let again = [
        message("c1", "m2", "发票", 2),
        message("c1", "m1", "在吗", 1),
        message("c1", "m1", "在么", 1),
        message("c1", "m2", "发票", 2),
    ];
    let taken = store.take_messages(&shop, &again, time(9)).await.unwrap();
    assert_eq!((taken.new, taken.known), (1, 2));
    assert_eq!(taken.conflicts, [2]);
    let found = store.messages(&shop, &thread("c1"), 10).await.unwrap();
    assert_eq!(found, [batch[0].clone(), again[0].clone()]);
    let latest = store.messages(&shop, &thread("c1"), 1).await.unwrap();
    assert_eq!(latest, [again[0].clone()]);
    let nobody = super::fixtures::shop().id;
    let missing = store.take_messages(&nobody, &batch, time(9)).await;
    assert!(matches!(
        missing,
        Err(StoreError::NotFound { what: "shop" })
    ));
}

/// A message seen in a suggestion learns its time from the message itself, and
/// is there once; a suggestion changes no message.
pub async fn completes_what_a_suggestion_guessed(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let guessed = Message {
        source: MessageSource::Suggestion,
        ..message("c1", "m1", "发票", 7)
    };
    let record = SuggestionRecord {
        turns: vec![guessed.clone()],
        ..suggestion()
    };
    let group = [(shop.clone(), record)];
    store.record_suggestions(&group).await.unwrap();
    let found = store.messages(&shop, &thread("c1"), 9).await.unwrap();
    assert_eq!(found, [guessed]);
    let told = message("c1", "m1", "发票", 3);
    let taken = store
        .take_messages(&shop, std::slice::from_ref(&told), time(9))
        .await
        .unwrap();
    assert_eq!((taken.new, taken.known), (0, 1));
    let later = SuggestionRecord {
        turns: vec![Message {
            source: MessageSource::Suggestion,
            ..message("c1", "m1", "专票", 8)
        }],
        ..suggestion()
    };
    let group = [(shop.clone(), later)];
    store.record_suggestions(&group).await.unwrap();
    let found = store.messages(&shop, &thread("c1"), 9).await.unwrap();
    assert_eq!(found, [told]);
}

/// A thread is unread until it was read as far as it had come.
pub async fn says_which_threads_are_unread(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let batch = [
        message("c1", "m1", "发票", 1),
        message("c2", "m1", "退货", 1),
    ];
    store.take_messages(&shop, &batch, time(9)).await.unwrap();
    let unread = store.unread_threads(&shop, 9).await.unwrap();
    assert_eq!(unread.len(), 2);
    let seen = read_of(&unread[0].thread, unread[0].changed);
    // More came while it was being read.
    let more = Message {
        thread: unread[0].thread.clone(),
        ..message("c1", "m9", "还有", 2)
    };
    store.take_messages(&shop, &[more], time(9)).await.unwrap();
    store
        .write_questions(&shop, &[seen], &[], &[])
        .await
        .unwrap();
    let unread = store.unread_threads(&shop, 9).await.unwrap();
    assert_eq!(unread.len(), 2);
    for thread in &unread {
        let seen = read_of(&thread.thread, thread.changed);
        store
            .write_questions(&shop, &[seen], &[], &[])
            .await
            .unwrap();
    }
    assert!(store.unread_threads(&shop, 9).await.unwrap().is_empty());
    // What is known already makes nothing unread.
    store.take_messages(&shop, &batch, time(9)).await.unwrap();
    assert!(store.unread_threads(&shop, 9).await.unwrap().is_empty());
}

/// Questions that are none any more are gone; one that is as it was keeps its revision.
pub async fn replaces_a_threads_questions(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let (first, second) = (question(1, "c1", 10), question(2, "c1", 20));
    let wordings = [wording(10, "发票", None), wording(20, "退货", None)];
    let seen = [read_of(&thread("c1"), 1)];
    let both = [first.clone(), second.clone()];
    store
        .write_questions(&shop, &seen, &both, &wordings)
        .await
        .unwrap();
    let changes = store.listening_changes(&shop, 0, 1_000).await.unwrap();
    assert_eq!((changes.questions.len(), changes.wordings.len()), (2, 2));
    assert_eq!(changes.questions[0].classified, first.classified);
    assert_eq!(changes.revision, revision(store, &shop).await.listening);
    let merged = HeardQuestion {
        text: Masked::from_stored("发票 退货".to_owned()),
        ..first
    };
    store
        .write_questions(&shop, &seen, &[merged], &wordings)
        .await
        .unwrap();
    let changes = store
        .listening_changes(&shop, changes.revision, 1_000)
        .await
        .unwrap();
    let found: Vec<_> = changes
        .questions
        .iter()
        .map(|question| (question.id, question.is_gone))
        .collect();
    assert_eq!(found, [(QuestionId([1; 16]), false), (second.id, true)]);
    assert!(changes.wordings.is_empty());
    // What lies before the time that was read from stays.
    let late = ReadThread {
        since: time(100),
        ..seen[0].clone()
    };
    store
        .write_questions(&shop, &[late], &[], &[])
        .await
        .unwrap();
    let after = store
        .listening_changes(&shop, changes.revision, 1_000)
        .await
        .unwrap();
    assert!(after.questions.is_empty() && !after.has_more);
}

/// A clustering moves what people have not placed, and leaves their names.
pub async fn leaves_pinned_wordings_where_they_are(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let (old, new) = (cluster("发票"), cluster("开票"));
    place(store, &shop, &old, &[(1, "发票", false), (2, "专票", true)]).await;
    let named = Cluster {
        name: Some("票据".to_owned()),
        ..old.clone()
    };
    let change = ClusterChange {
        clusters: vec![named.clone()],
        places: Vec::new(),
    };
    let edit = edit(EditKind::Change, old.id, Before::default());
    store.edit_clusters(&shop, &change, &edit).await.unwrap();
    let moved = |key| WordingPlace {
        key: WordingKey(key),
        cluster: Some(new.id),
        is_pinned: false,
    };
    let clustering = ClusterChange {
        clusters: vec![old.clone(), new.clone()],
        places: vec![moved(1), moved(2)],
    };
    store
        .save_clustering(&shop, &clustering, time(50))
        .await
        .unwrap();
    let changes = store.listening_changes(&shop, 0, 1_000).await.unwrap();
    let of = |key| {
        let mut found = changes.wordings.iter();
        found
            .find(|wording| wording.key == WordingKey(key))
            .unwrap()
    };
    assert_eq!((of(1).cluster, of(1).is_pinned), (Some(new.id), false));
    assert_eq!((of(2).cluster, of(2).is_pinned), (Some(old.id), true));
    let standing = |id| {
        changes
            .clusters
            .iter()
            .find(|cluster| cluster.id == id)
            .unwrap()
    };
    assert_eq!(*standing(old.id), named);
    assert_eq!(*standing(new.id), new);
}

/// A wording that comes in for a cluster that is retired meanwhile stays alone.
pub async fn leaves_newcomers_of_a_retired_cluster_alone(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let (standing, retired) = (cluster("发票"), cluster("专票"));
    place(store, &shop, &standing, &[(1, "发票", false)]).await;
    place(store, &shop, &retired, &[]).await;
    let wordings = [
        wording(2, "开票", Some(standing.id)),
        wording(3, "专票", Some(retired.id)),
    ];
    store
        .write_questions(&shop, &[], &[], &wordings)
        .await
        .unwrap();
    let changes = store.listening_changes(&shop, 0, 1_000).await.unwrap();
    let of = |key| {
        let mut found = changes.wordings.iter();
        found
            .find(|wording| wording.key == WordingKey(key))
            .unwrap()
    };
    assert_eq!((of(2).cluster, of(3).cluster), (Some(standing.id), None));
}

/// An undo puts wordings and names back; a cluster that is empty is retired,
/// and stands again when something is in it.
pub async fn undoes_what_people_did(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let (from, into) = (cluster("发票"), cluster("专票"));
    place(store, &shop, &from, &[(1, "发票", false)]).await;
    place(store, &shop, &into, &[(2, "专票", false)]).await;
    let merge = ClusterChange {
        clusters: Vec::new(),
        places: vec![WordingPlace {
            key: WordingKey(1),
            cluster: Some(into.id),
            is_pinned: true,
        }],
    };
    let before = Before {
        places: vec![WordingPlace {
            key: WordingKey(1),
            cluster: Some(from.id),
            is_pinned: false,
        }],
        clusters: vec![ClusterMarks {
            id: into.id,
            name: None,
            is_muted: true,
            is_pinned: false,
        }],
        came_to: Vec::new(),
    };
    let edit = edit(EditKind::Merge, into.id, before);
    store.edit_clusters(&shop, &merge, &edit).await.unwrap();
    let retired = async |id| {
        let changes = store.listening_changes(&shop, 0, 1_000).await.unwrap();
        let mut found = changes.clusters.into_iter();
        let cluster = found.find(|cluster| cluster.id == id).unwrap();
        (cluster.retired_at.is_some(), cluster.is_muted)
    };
    assert_eq!(retired(from.id).await, (true, false));
    store.undo_edit(&shop, edit.id, time(8)).await.unwrap();
    assert_eq!(retired(from.id).await, (false, false));
    assert_eq!(retired(into.id).await, (false, true));
    let again = store.undo_edit(&shop, edit.id, time(9)).await;
    assert!(matches!(again, Err(StoreError::NotFound { what: "edit" })));
    let edits = store.cluster_edits(&shop, 9).await.unwrap();
    let undone = edits.iter().find(|found| found.id == edit.id).unwrap();
    assert_eq!(undone.undone_at, Some(time(8)));
}

/// Replies come with their question and cluster; without words, they are none.
pub async fn finds_replies_of_clusters(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let cluster = cluster("发票");
    place(store, &shop, &cluster, &[(10, "发票", false)]).await;
    let wordings = [wording(20, "退货", None)];
    let reply = |text: &str| {
        Some(Reply {
            at: time(6),
            agent: None,
            text: Masked::from_stored(text.to_owned()),
        })
    };
    let questions = [
        HeardQuestion {
            reply: reply("三天内开"),
            outcome: Outcome::Accepted,
            ..question(1, "c1", 10)
        },
        HeardQuestion {
            reply: reply(""),
            ..question(2, "c1", 10)
        },
        HeardQuestion {
            reply: reply("可以退"),
            ..question(3, "c1", 20)
        },
    ];
    let seen = [read_of(&thread("c1"), 1)];
    store
        .write_questions(&shop, &seen, &questions, &wordings)
        .await
        .unwrap();
    let found = store.mined_replies(&shop, time(0), 9).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].cluster, cluster.id);
    assert_eq!(found[0].reply.as_str(), "三天内开");
    assert_eq!(found[0].buyer, thread("c1").as_str());
    assert!(
        store
            .mined_replies(&shop, time(6), 9)
            .await
            .unwrap()
            .is_empty()
    );
    let latest = store.cluster_questions(&shop, cluster.id, 9).await.unwrap();
    assert_eq!(latest, [questions[0].clone(), questions[1].clone()]);
}

/// What one shop heard another does not know.
pub async fn seals_listening(store: &Arc<dyn Store>) {
    let (shop, other) = (new_shop(store).await, new_shop(store).await);
    let batch = [message("c1", "m1", "发票", 1)];
    store.take_messages(&shop, &batch, time(9)).await.unwrap();
    let cluster = cluster("发票");
    place(store, &shop, &cluster, &[(10, "发票", false)]).await;
    store
        .write_questions(&shop, &[], &[question(1, "c1", 10)], &[])
        .await
        .unwrap();
    let edit = edit(EditKind::Change, cluster.id, Before::default());
    let change = ClusterChange::default();
    store.edit_clusters(&shop, &change, &edit).await.unwrap();
    let messages = store.messages(&other, &thread("c1"), 9).await.unwrap();
    assert!(messages.is_empty());
    assert!(store.unread_threads(&other, 9).await.unwrap().is_empty());
    let changes = store.listening_changes(&other, 0, 99).await.unwrap();
    assert!(changes.questions.is_empty() && changes.clusters.is_empty());
    assert!(changes.wordings.is_empty());
    let questions = store.cluster_questions(&other, cluster.id, 9).await;
    assert!(questions.unwrap().is_empty());
    assert!(store.cluster_edits(&other, 9).await.unwrap().is_empty());
    let undone = store.undo_edit(&other, edit.id, time(9)).await;
    assert!(matches!(undone, Err(StoreError::NotFound { .. })));
}

/// Puts wordings into a cluster, as people do.
pub(super) async fn place(
    store: &Arc<dyn Store>,
    shop: &ShopId,
    cluster: &Cluster,
    members: &[(u64, &str, bool)],
) {
    let wordings: Vec<Wording> = members
        .iter()
        .map(|(key, text, _)| wording(*key, text, None))
        .collect();
    store
        .write_questions(shop, &[], &[], &wordings)
        .await
        .unwrap();
    let change = ClusterChange {
        clusters: vec![cluster.clone()],
        places: members
            .iter()
            .map(|(key, _, is_pinned)| WordingPlace {
                key: WordingKey(*key),
                cluster: Some(cluster.id),
                is_pinned: *is_pinned,
            })
            .collect(),
    };
    let edit = edit(EditKind::Merge, cluster.id, Before::default());
    store.edit_clusters(shop, &change, &edit).await.unwrap();
}

fn thread(conversation: &str) -> Thread {
    Thread::of_conversation(&ConversationId::parse(conversation).unwrap())
}

fn message(conversation: &str, id: &str, text: &str, at: i64) -> Message {
    Message {
        thread: thread(conversation),
        id: MessageId::parse(id).unwrap(),
        at: time(at),
        author: Author::Buyer,
        text: Masked::from_stored(text.to_owned()),
        consumer: None,
        agent: None,
        channel: None,
        product: None,
        order: None,
        source: MessageSource::Message,
    }
}

fn read_of(thread: &Thread, changed: u64) -> ReadThread {
    ReadThread {
        thread: thread.clone(),
        changed,
        since: time(0),
    }
}

fn question(id: u8, conversation: &str, wording: u64) -> HeardQuestion {
    HeardQuestion {
        id: QuestionId([id; 16]),
        thread: thread(conversation),
        at: time(5),
        text: Masked::from_stored("发票".to_owned()),
        wording: WordingKey(wording),
        consumer: None,
        channel: None,
        product: None,
        classified: Classified {
            intent: None,
            stage: None,
            urgency: Urgency::Normal,
        },
        reply: None,
        outcome: Outcome::Unanswered,
    }
}

fn wording(key: u64, text: &str, cluster: Option<ClusterId>) -> Wording {
    Wording {
        key: WordingKey(key),
        text: Masked::from_stored(text.to_owned()),
        cluster,
        is_pinned: false,
    }
}

pub(super) fn cluster(label: &str) -> Cluster {
    Cluster {
        id: ClusterId::make(),
        label: Masked::from_stored(label.to_owned()),
        name: None,
        key_phrases: vec!["发票".to_owned()],
        is_muted: false,
        is_pinned: false,
        answered_by: None,
        created_at: time(1),
        retired_at: None,
    }
}

fn edit(kind: EditKind, cluster: ClusterId, before: Before) -> ClusterEdit {
    ClusterEdit {
        id: EditId::make(),
        kind,
        cluster,
        detail: "发票".to_owned(),
        before,
        by: "小王".to_owned(),
        at: time(6),
        undone_at: None,
    }
}
