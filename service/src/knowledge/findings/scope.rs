//! Where and when two items hold at once.

use jiff::Timestamp;

use crate::domain::ids::{ChannelId, ProductId};
use crate::domain::knowledge::KnowledgeContent;
use crate::domain::time::Window;

/// Where and when two items hold at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// The products of both; all when empty.
    pub products: Vec<ProductId>,
    /// The channels of both; all when empty.
    pub channels: Vec<ChannelId>,
    /// When both are in effect.
    pub window: Window,
    /// Whether both are for named products or both for all.
    pub is_alike: bool,
}

impl Shared {
    /// Where two items hold at once from `at` on, if they do.
    pub(super) fn of(
        one: &KnowledgeContent,
        other: &KnowledgeContent,
        at: Timestamp,
    ) -> Option<Self> {
        let window = window(&one.window, &other.window)?;
        if window.until.is_some_and(|until| until <= at) {
            return None;
        }
        Some(Self {
            products: both(&one.products, &other.products)?,
            channels: both(&one.channels, &other.channels)?,
            window,
            is_alike: one.products.is_empty() == other.products.is_empty(),
        })
    }
}

/// What both lists have, where an empty one has everything.
fn both<Id: Clone + PartialEq>(one: &[Id], other: &[Id]) -> Option<Vec<Id>> {
    match (one, other) {
        ([], all) | (all, []) => Some(all.to_vec()),
        (one, other) => {
            let both: Vec<Id> = one
                .iter()
                .filter(|id| other.contains(id))
                .cloned()
                .collect();
            (!both.is_empty()).then_some(both)
        }
    }
}

fn window(one: &Window, other: &Window) -> Option<Window> {
    let from = one.from.max(other.from);
    let until = match (one.until, other.until) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    let overlaps = from.zip(until).is_none_or(|(from, until)| from < until);
    overlaps.then_some(Window { from, until })
}
