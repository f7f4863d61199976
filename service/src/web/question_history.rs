//! Who changed what of recurring questions, as a list shows it.

use std::collections::{HashMap, HashSet};

use super::console::Frame;
use super::language::Language;
use super::lists::minute;
use crate::domain::ids::ClusterId;
use crate::domain::listening::{Cluster, ClusterEdit, ClusterMarks, EditKind, WordingKey};
use crate::listening::Ledger;

/// A change.
pub struct EditView {
    /// Its id.
    pub id: String,
    /// What was done.
    pub kind: String,
    /// To what.
    pub detail: String,
    /// The question's page; empty where it is gone.
    pub href: String,
    /// Who did it.
    pub by: String,
    /// When.
    pub at: String,
    /// When it was undone; empty where it stands.
    pub undone: String,
    /// Whether no later one is in the way.
    pub can_undo: bool,
}

/// The changes of a list, newest first and complete from the newest on. One can
/// be undone while no later one that stands changed the same.
pub fn edit_views(edits: &[ClusterEdit], ledger: &Ledger, frame: &Frame) -> Vec<EditView> {
    let zone = frame.shop.zone();
    let mut wordings: HashSet<WordingKey> = HashSet::new();
    let mut clusters: HashSet<ClusterId> = HashSet::new();
    // What stood after an edit is what stood before the next one.
    let mut after: HashMap<ClusterId, ClusterMarks> = HashMap::new();
    let mut views = Vec::with_capacity(edits.len());
    for edit in edits {
        let keys = edit.before.places.iter().map(|place| place.key);
        let marked = edit.before.clusters.iter().map(|marks| marks.id);
        let is_last = keys.clone().all(|key| !wordings.contains(&key))
            && marked.clone().all(|id| !clusters.contains(&id));
        if edit.undone_at.is_none() {
            wordings.extend(keys);
            clusters.extend(marked);
        }
        let cluster = ledger.cluster(edit.cluster);
        views.push(EditView {
            id: edit.id.to_string(),
            kind: kind(edit, after.get(&edit.cluster), cluster, frame.language),
            detail: edit.detail.clone(),
            href: cluster
                .filter(|cluster| cluster.retired_at.is_none())
                .map_or_else(String::new, |cluster| format!("/questions/{}", cluster.id)),
            by: edit.by.clone(),
            at: minute(edit.at, &zone),
            undone: edit
                .undone_at
                .map_or_else(String::new, |at| minute(at, &zone)),
            can_undo: is_last,
        });
        let before = edit.before.clusters.iter();
        after.extend(before.map(|marks| (marks.id, marks.clone())));
    }
    views
}

/// What an edit did. Where it does not say what it came to, `after` does, which
/// stood before the next edit; where there is none, what stands now.
fn kind(
    edit: &ClusterEdit,
    after: Option<&ClusterMarks>,
    now: Option<&Cluster>,
    language: Language,
) -> String {
    let say = |chinese, english| language.say(chinese, english);
    let any = say("改名、静音或置顶", "Renamed, muted or pinned");
    let now = || {
        now.map(|cluster| ClusterMarks {
            id: cluster.id,
            name: cluster.name.clone(),
            is_muted: cluster.is_muted,
            is_pinned: cluster.is_pinned,
        })
    };
    let before = edit.before.clusters.first();
    let came_to = edit.before.came_to.first();
    let told = || {
        after
            .cloned()
            .or_else(now)
            .filter(|_| edit.undone_at.is_none())
    };
    let (before, after) = match (edit.kind, before, came_to.cloned().or_else(told)) {
        (EditKind::Merge, ..) => return say("合并", "Merged").to_owned(),
        (EditKind::Split, ..) => return say("拆分", "Split").to_owned(),
        (EditKind::Change, Some(before), Some(after)) => (before, after),
        (EditKind::Change, ..) => return any.to_owned(),
    };
    let changes = [
        (before.name != after.name, say("改名", "Renamed")),
        (!before.is_muted && after.is_muted, say("静音", "Muted")),
        (
            before.is_muted && !after.is_muted,
            say("取消静音", "Unmuted"),
        ),
        (!before.is_pinned && after.is_pinned, say("置顶", "Pinned")),
        (
            before.is_pinned && !after.is_pinned,
            say("取消置顶", "Unpinned"),
        ),
    ];
    let changes = changes.into_iter().filter(|(is_so, _)| *is_so);
    let changes: Vec<&str> = changes.map(|(_, name)| name).collect();
    if changes.is_empty() {
        return any.to_owned();
    }
    changes.join(say("、", ", "))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use zhiwen_models::privacy::Masked;

    use super::*;
    use crate::domain::fault::Locale;
    use crate::domain::ids::EditId;
    use crate::domain::listening::Before;

    fn marks(id: ClusterId, name: Option<&str>, is_muted: bool) -> ClusterMarks {
        ClusterMarks {
            id,
            name: name.map(ToOwned::to_owned),
            is_muted,
            is_pinned: false,
        }
    }

    #[test]
    fn an_edit_is_told_by_what_stood_after_it() {
        let id = ClusterId::make();
        let edit = ClusterEdit {
            id: EditId::make(),
            kind: EditKind::Change,
            cluster: id,
            detail: String::new(),
            before: Before {
                places: Vec::new(),
                clusters: vec![marks(id, None, false)],
                came_to: Vec::new(),
            },
            by: "owner".to_owned(),
            at: Timestamp::UNIX_EPOCH,
            undone_at: None,
        };
        let now = Cluster {
            id,
            label: Masked::from_stored("多久发货".to_owned()),
            name: Some("发货时间".to_owned()),
            key_phrases: Vec::new(),
            is_muted: true,
            is_pinned: false,
            answered_by: None,
            created_at: Timestamp::UNIX_EPOCH,
            retired_at: None,
        };
        let language = Language(Locale::Chinese);
        let muted = marks(id, None, true);
        assert_eq!(kind(&edit, Some(&muted), Some(&now), language), "静音");
        assert_eq!(kind(&edit, None, Some(&now), language), "改名、静音");
        let undone = ClusterEdit {
            undone_at: Some(Timestamp::UNIX_EPOCH),
            ..edit
        };
        let told = kind(&undone, Some(&muted), Some(&now), language);
        // An edit of old does not say what it came to.
        assert_eq!(told, "改名、静音或置顶");
        let mut renamed = undone;
        renamed.before.came_to = vec![marks(id, Some("发货时间"), false)];
        let told = kind(&renamed, Some(&muted), Some(&now), language);
        assert_eq!(told, "改名");
    }
}
