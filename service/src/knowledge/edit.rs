//! Changes of items that exist: only of the version that the caller has read.

use jiff::Timestamp;

use crate::domain::ids::{KnowledgeId, ShopId};
use crate::domain::knowledge::{KnowledgeContent, KnowledgeItem};
use crate::store::{NewVersion, Store, StoreError, StoreResult, Written};

/// How often a change of whatever stands is tried while others change the same item.
const ATTEMPTS: usize = 10;

/// Which version a change is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Whatever stands.
    Whatever,
    /// Any one of these.
    Versions(Vec<u32>),
}

/// Whose item is changed, by whom, and when.
#[derive(Clone, Copy)]
pub struct Edit<'a> {
    /// The shop.
    pub shop: &'a ShopId,
    /// The item.
    pub id: &'a KnowledgeId,
    /// The version that the caller has read.
    pub expected: &'a Expected,
    /// Who changes it.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
}

/// The item that `new` makes where there is none of its id.
pub fn first_version(new: &NewVersion) -> KnowledgeItem {
    KnowledgeItem {
        id: new.id.clone(),
        version: 1,
        content: new.content.clone(),
        created_at: new.at,
        updated_at: new.at,
        updated_by: new.by.clone(),
    }
}

/// Gives the item other content, as its next version; content that changes
/// nothing makes none.
///
/// # Errors
/// [`StoreError::VersionConflict`] when another version stands than expected,
/// [`StoreError::NotFound`] when there is no such item.
pub async fn replace(
    store: &dyn Store,
    edit: Edit<'_>,
    content: KnowledgeContent,
) -> StoreResult<KnowledgeItem> {
    let new = NewVersion {
        id: edit.id.clone(),
        content,
        by: edit.by.to_owned(),
        at: edit.at,
    };
    let mut attempt = 1;
    loop {
        let standing = store.knowledge(edit.shop, edit.id).await?;
        let standing = standing.ok_or(NO_ITEM)?.version;
        let expected = edit.expected.meet(standing)?;
        match store
            .update_knowledge(edit.shop, expected, &new, None)
            .await
        {
            Ok(Written::Now(item)) => return Ok(item),
            // There is no key, so there is no reply of before.
            Ok(Written::Before(_)) => return Err(StoreError::IdempotencyMismatch),
            Err(StoreError::VersionConflict { .. })
                if *edit.expected == Expected::Whatever && attempt < ATTEMPTS =>
            {
                attempt += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Gives the item the content that it had at `version`, as its next version.
///
/// # Errors
/// As [`replace`]; [`StoreError::NotFound`] when there is no such version.
pub async fn revert(store: &dyn Store, edit: Edit<'_>, version: u32) -> StoreResult<KnowledgeItem> {
    let old = store
        .knowledge_version(edit.shop, edit.id, version)
        .await?
        .ok_or(StoreError::NotFound { what: "version" })?;
    replace(store, edit, old.content).await
}

const NO_ITEM: StoreError = StoreError::NotFound {
    what: "knowledge item",
};

impl Expected {
    /// `standing`, where that is a version that was expected.
    fn meet(&self, standing: u32) -> StoreResult<u32> {
        match self {
            Self::Whatever => Ok(standing),
            Self::Versions(versions) if versions.contains(&standing) => Ok(standing),
            Self::Versions(versions) => Err(StoreError::VersionConflict {
                current: standing,
                expected: versions.first().copied().unwrap_or_default(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::fixture;
    use super::*;
    use crate::domain::knowledge::RawKnowledge;
    use crate::domain::time::Clock;

    fn content(title: &str) -> KnowledgeContent {
        let raw = RawKnowledge {
            domain: "process".to_owned(),
            title: title.to_owned(),
            ..RawKnowledge::default()
        };
        KnowledgeContent::parse(&raw, &jiff::tz::TimeZone::UTC).expect("valid")
    }

    #[tokio::test]
    async fn changes_only_what_the_caller_has_read() {
        let fixture = fixture().await;
        let store = fixture.store.as_ref();
        let id = KnowledgeId::parse("a").expect("valid");
        let edit = |expected| Edit {
            shop: &fixture.shop.id,
            id: &id,
            expected,
            by: "test",
            at: fixture.clock.now(),
        };
        let (first, stale) = (Expected::Versions(vec![7, 1]), Expected::Versions(vec![7]));
        let missing = replace(store, edit(&Expected::Whatever), content("x")).await;
        assert!(matches!(missing, Err(StoreError::NotFound { .. })));
        let new = NewVersion {
            id: id.clone(),
            content: content("one"),
            by: "test".to_owned(),
            at: fixture.clock.now(),
        };
        let made = store.create_knowledge(&fixture.shop.id, &new, None).await;
        assert!(made.is_ok());
        let conflict = replace(store, edit(&stale), content("two")).await;
        assert!(matches!(
            conflict,
            Err(StoreError::VersionConflict { current: 1, .. })
        ));
        let two = replace(store, edit(&first), content("two")).await;
        assert_eq!(two.expect("changed").version, 2);
        let same = replace(store, edit(&Expected::Whatever), content("two")).await;
        assert_eq!(same.expect("unchanged").version, 2);
        let back = revert(store, edit(&Expected::Whatever), 1).await;
        let back = back.expect("reverted");
        assert_eq!((back.version, back.content), (3, content("one")));
        let absent = revert(store, edit(&Expected::Whatever), 9).await;
        assert!(matches!(
            absent,
            Err(StoreError::NotFound { what: "version" })
        ));
    }
}
