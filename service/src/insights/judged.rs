//! Findings that people judged to be none: they stay away while both items
//! stand as they stood, and come back once either changes.

use std::collections::HashMap;
use std::sync::Arc;

use super::queues::Supervisor;
use super::report::InsightError;
use crate::domain::ids::ShopId;
use crate::domain::queue::Dismissal;
use crate::knowledge::findings::Finding;
use crate::store::{Store, StoreError, StoreResult};

/// What was found, parted by whether somebody said that it is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// What is still to be looked at.
    pub open: Arc<Vec<Finding>>,
    /// What somebody judged to be none, of the items as they stand.
    pub dismissed: Vec<Finding>,
}

/// Parts what was found by what people said of it.
///
/// # Errors
/// When the store does not answer.
pub async fn judged(
    store: &dyn Store,
    shop: &ShopId,
    found: Arc<Vec<Finding>>,
) -> StoreResult<Judged> {
    let dismissals = store.dismissals(shop).await?;
    Ok(part(found, &dismissals))
}

fn part(found: Arc<Vec<Finding>>, dismissals: &[Dismissal]) -> Judged {
    let judged: HashMap<&str, (u32, u32)> = dismissals
        .iter()
        .map(|dismissal| {
            let versions = (dismissal.first.1, dismissal.second.1);
            (dismissal.finding.as_str(), versions)
        })
        .collect();
    let is_dismissed = |finding: &Finding| {
        let judged = judged.get(finding.id.as_str());
        judged.is_some() && judged == versions(finding).as_ref()
    };
    if !found.iter().any(is_dismissed) {
        return Judged {
            open: found,
            dismissed: Vec::new(),
        };
    }
    let (dismissed, open): (Vec<Finding>, Vec<Finding>) =
        found.iter().cloned().partition(is_dismissed);
    Judged {
        open: Arc::new(open),
        dismissed,
    }
}

/// The versions of a finding's two items; `None` of what concerns one alone.
fn versions(finding: &Finding) -> Option<(u32, u32)> {
    let second = finding.second.as_ref()?;
    Some((finding.first.version, second.version))
}

impl Supervisor<'_> {
    /// Says that a finding of two items is none; `versions` are those that the
    /// items had when it was looked at.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it is none of `found`,
    /// [`StoreError::VersionConflict`] when an item has changed since.
    pub async fn dismiss_finding(
        self,
        found: &[Finding],
        id: &str,
        versions: (u32, u32),
    ) -> Result<Dismissal, InsightError> {
        let finding = found.iter().find(|finding| finding.id == id);
        let sides = finding.and_then(|finding| Some((&finding.first, finding.second.as_ref()?)));
        let (first, second) = sides.ok_or(StoreError::NotFound { what: "finding" })?;
        for (current, expected) in [(first.version, versions.0), (second.version, versions.1)] {
            if current != expected {
                return Err(StoreError::VersionConflict { current, expected }.into());
            }
        }
        let dismissal = Dismissal {
            finding: id.to_owned(),
            first: (first.id.clone(), first.version),
            second: (second.id.clone(), second.version),
            by: self.by.to_owned(),
            at: self.desk.now,
        };
        let store = self.desk.store;
        store.dismiss_finding(self.shop, &dismissal).await?;
        Ok(dismissal)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::ids::KnowledgeId;
    use crate::knowledge::findings::{Confidence, Detail, Side};

    fn item(id: &str) -> KnowledgeId {
        KnowledgeId::parse(id).expect("valid")
    }

    fn finding(id: &str, versions: (u32, u32)) -> Finding {
        let side = |id, version| Side {
            id: item(id),
            version,
            title: "发货".to_owned(),
            form: None,
            value: None,
            excerpt: None,
        };
        Finding {
            id: id.to_owned(),
            detail: Detail::Duplicate { similarity: 1.0 },
            confidence: Confidence::High,
            first: side("a", versions.0),
            second: Some(side("b", versions.1)),
            shared: None,
        }
    }

    fn check(versions: (u32, u32), open: &[&str]) {
        let found = vec![finding("f-1", (1, 2)), finding("f-2", (1, 2))];
        let dismissal = Dismissal {
            finding: "f-1".to_owned(),
            first: (item("a"), versions.0),
            second: (item("b"), versions.1),
            by: "anna".to_owned(),
            at: Timestamp::UNIX_EPOCH,
        };
        let judged = part(Arc::new(found), &[dismissal]);
        let ids: Vec<&str> = judged.open.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, open, "{versions:?}");
        assert_eq!(judged.open.len() + judged.dismissed.len(), 2);
    }

    #[test]
    fn a_judgement_holds_while_both_items_stand() {
        check((1, 2), &["f-2"]);
        check((2, 2), &["f-1", "f-2"]);
        check((1, 1), &["f-1", "f-2"]);
    }
}
