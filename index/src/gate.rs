//! Which documents of a segment a filter lets through.

use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocId, SegmentReader};

use crate::IndexError;
use crate::entry::Filter;

/// A filter made ready for one segment.
pub(crate) struct Gate {
    equal: Vec<(Column<u64>, u64)>,
    window: Option<(Column<i64>, Column<i64>, i64)>,
    members: Vec<Membership>,
}

impl Gate {
    pub(crate) fn new(filter: &Filter, reader: &SegmentReader) -> Result<Self, IndexError> {
        let columns = reader.fast_fields();
        let mut equal = Vec::new();
        for (name, wanted) in [("status", filter.status), ("domain", filter.domain)] {
            if let Some(wanted) = wanted {
                equal.push((columns.u64(name)?, wanted));
            }
        }
        let window = match filter.at_ms {
            Some(at) => Some((columns.i64("from")?, columns.i64("until")?, at)),
            None => None,
        };
        let mut members = Vec::new();
        let channel = filter.channel.as_ref().map(std::slice::from_ref);
        for (name, wanted) in [
            ("products", filter.products.as_deref()),
            ("channels", channel),
        ] {
            // A segment without the column has only items that hold for all.
            if let (Some(wanted), Some(column)) = (wanted, columns.str(name)?) {
                members.push(Membership::new(column, wanted)?);
            }
        }
        Ok(Self {
            equal,
            window,
            members,
        })
    }

    /// Whether `doc` may be found; says nothing of whether it was deleted.
    pub(crate) fn lets_through(&self, doc: DocId) -> bool {
        self.equal
            .iter()
            .all(|(column, wanted)| column.first(doc) == Some(*wanted))
            && self.window.as_ref().is_none_or(|(from, until, at)| {
                from.first(doc).is_some_and(|from| from <= *at)
                    && until.first(doc).is_some_and(|until| *at < until)
            })
            && self.members.iter().all(|membership| membership.holds(doc))
    }
}

/// Whether a document names one of the wanted values, or none at all.
struct Membership {
    column: StrColumn,
    wanted: Vec<u64>,
}

impl Membership {
    fn new(column: StrColumn, wanted: &[String]) -> Result<Self, IndexError> {
        let mut ordinals = Vec::with_capacity(wanted.len());
        for value in wanted {
            ordinals.extend(column.dictionary().term_ord(value.as_bytes())?);
        }
        Ok(Self {
            column,
            wanted: ordinals,
        })
    }

    fn holds(&self, doc: DocId) -> bool {
        let mut values = self.column.ords().values_for_doc(doc).peekable();
        values.peek().is_none() || values.any(|ordinal| self.wanted.contains(&ordinal))
    }
}
