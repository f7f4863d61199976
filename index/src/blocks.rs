//! Which rows of the vector table belong to which documents of a snapshot, and
//! the documents whose closest wording is the closest to a question.

use std::cell::RefCell;
use std::sync::Arc;

use tantivy::index::SegmentId;
use tantivy::{DocAddress, DocId, Searcher, SegmentReader};

use crate::IndexError;
use crate::entry::Filter;
use crate::gate::Gate;
use crate::select::Best;
use crate::vectors::{Probe, Rows, VectorTable};

/// With more vectors than this, signs are compared first.
const MOST_EXACT: usize = 8_000;

/// Documents that signs leave for the cosine. With one wording each, .98 of the
/// ten closest are among them, of 10,000 as of 200,000 (docs/QUALITY.md).
const SIFTED: usize = 1_200;

/// A snapshot's view of the vector table.
pub(crate) struct SnapshotVectors {
    table: Arc<VectorTable>,
    segments: Vec<Arc<Segment>>,
}

/// The rows of one segment's documents.
struct Segment {
    id: SegmentId,
    /// By document: where its rows end in `places`.
    ends: Vec<u32>,
    places: Vec<u32>,
    wordings: usize,
}

impl Segment {
    fn new(reader: &SegmentReader, rows: &Rows) -> Result<Self, IndexError> {
        let mut segment = Self {
            id: reader.segment_id(),
            ends: Vec::new(),
            places: Vec::new(),
            wordings: 0,
        };
        let keys = reader.fast_fields().u64("keys")?;
        for doc in 0..reader.max_doc() {
            for key in keys.values_for_doc(doc) {
                segment.wordings += 1;
                segment.places.extend(rows.place(key));
            }
            segment
                .ends
                .push(u32::try_from(segment.places.len()).unwrap_or(u32::MAX));
        }
        Ok(segment)
    }

    fn is_complete(&self) -> bool {
        self.places.len() == self.wordings
    }

    fn places_of(&self, doc: DocId) -> &[u32] {
        let index = |value: u32| usize::try_from(value).unwrap_or(usize::MAX);
        let end = self.ends.get(index(doc)).copied().unwrap_or(0);
        let start = doc
            .checked_sub(1)
            .and_then(|before| self.ends.get(index(before)).copied())
            .unwrap_or(0);
        self.places.get(index(start)..index(end)).unwrap_or(&[])
    }
}

impl SnapshotVectors {
    /// Looks the rows of new segments up, and of those that lacked some.
    pub(crate) fn new(
        table: &Arc<VectorTable>,
        searcher: &Searcher,
        before: Option<&Self>,
    ) -> Result<Self, IndexError> {
        let before = before.filter(|before| Arc::ptr_eq(&before.table, table));
        let rows = table.read();
        let mut segments = Vec::new();
        for reader in searcher.segment_readers() {
            let known = before
                .into_iter()
                .flat_map(|before| &before.segments)
                .find(|segment| segment.id == reader.segment_id() && segment.is_complete());
            segments.push(match known {
                Some(segment) => Arc::clone(segment),
                None => Arc::new(Segment::new(reader, &rows)?),
            });
        }
        drop(rows);
        Ok(Self {
            table: Arc::clone(table),
            segments,
        })
    }

    pub(crate) fn coverage(&self) -> (usize, usize) {
        let sum =
            |count: fn(&Segment) -> usize| self.segments.iter().map(|segment| count(segment)).sum();
        (
            sum(|segment| segment.places.len()),
            sum(|segment| segment.wordings),
        )
    }

    /// The vector as this table's encoder makes them; `None` when it is of
    /// another encoder, of another length or all zeros.
    pub(crate) fn probe(&self, fingerprint: u64, vector: &[f32]) -> Option<Probe> {
        let identity = self.table.identity();
        let fits = fingerprint == identity.fingerprint
            && vector.len() == identity.dimensions
            && vector.iter().any(|value| *value != 0.0);
        fits.then(|| Probe::new(vector))
    }

    /// The `limit` documents that `filter` lets through whose closest wording
    /// is closest to `probe`, best first; only those with a cosine above 0.
    ///
    /// Every wording that is let through is compared: one by one in a small
    /// shop; in a larger one by the signs of its values first, and only those
    /// of the most equal signs by the cosine.
    pub(crate) fn nearest(
        &self,
        searcher: &Searcher,
        probe: &Probe,
        filter: &Filter,
        limit: usize,
    ) -> Result<Vec<DocAddress>, IndexError> {
        let rows = self.table.read();
        if self.coverage().0 <= MOST_EXACT {
            self.scan(searcher, filter, &mut Exact::new(&rows, probe, limit))
        } else {
            DISTANCES.with_borrow_mut(|distances| {
                rows.sign_distances(probe, distances);
                let exact = Exact::new(&rows, probe, limit);
                self.scan(searcher, filter, &mut Sifted::new(exact, distances))
            })
        }
    }

    fn scan(
        &self,
        searcher: &Searcher,
        filter: &Filter,
        kept: &mut impl Selection,
    ) -> Result<Vec<DocAddress>, IndexError> {
        for ((number, reader), segment) in (0_u32..)
            .zip(searcher.segment_readers())
            .zip(&self.segments)
        {
            let gate = Gate::new(filter, reader)?;
            let alive = reader.alive_bitset();
            for doc in 0..reader.max_doc() {
                let is_let_through =
                    || alive.is_none_or(|alive| alive.is_alive(doc)) && gate.lets_through(doc);
                let places = segment.places_of(doc);
                kept.offer(DocAddress::new(number, doc), places, is_let_through);
            }
        }
        Ok(kept.finish(self))
    }

    /// The cosine of `probe` and a document's closest wording; `None` when none
    /// of its wordings has a vector.
    pub(crate) fn cosine(&self, probe: &Probe, address: DocAddress) -> Option<f32> {
        closest(&self.table.read(), probe, self.places_of(address))
    }

    fn places_of(&self, address: DocAddress) -> &[u32] {
        let segment = usize::try_from(address.segment_ord).ok();
        segment
            .and_then(|segment| self.segments.get(segment))
            .map_or(&[], |segment| segment.places_of(address.doc_id))
    }
}

thread_local! {
    /// A distance a row, kept between searches: it is as long as the table.
    static DISTANCES: RefCell<Vec<u16>> = const { RefCell::new(Vec::new()) };
}

fn closest(rows: &Rows, probe: &Probe, places: &[u32]) -> Option<f32> {
    let cosines = places.iter().map(|place| rows.cosine(probe, *place));
    cosines.reduce(f32::max)
}

/// Chooses documents that are offered one after another.
trait Selection {
    /// `is_let_through` is asked only when the document would be chosen.
    fn offer(&mut self, address: DocAddress, places: &[u32], is_let_through: impl Fn() -> bool);

    /// The chosen ones, best first.
    fn finish(&mut self, vectors: &SnapshotVectors) -> Vec<DocAddress>;
}

/// By the cosine of the closest wording.
struct Exact<'a> {
    rows: &'a Rows,
    probe: &'a Probe,
    best: Best,
}

impl<'a> Exact<'a> {
    fn new(rows: &'a Rows, probe: &'a Probe, limit: usize) -> Self {
        Self {
            rows,
            probe,
            best: Best::new(limit),
        }
    }
}

impl Selection for Exact<'_> {
    fn offer(&mut self, address: DocAddress, places: &[u32], is_let_through: impl Fn() -> bool) {
        if let Some(cosine) = closest(self.rows, self.probe, places)
            && cosine > self.best.threshold
            && is_let_through()
        {
            self.best.push(cosine, address);
        }
    }

    fn finish(&mut self, _: &SnapshotVectors) -> Vec<DocAddress> {
        let best = std::mem::replace(&mut self.best, Best::new(0));
        best.into_sorted()
            .into_iter()
            .map(|(_, address)| address)
            .collect()
    }
}

/// By the wording with the most equal signs, then by the cosine.
struct Sifted<'a> {
    exact: Exact<'a>,
    /// In how many values the signs of each row and of the probe differ, by place.
    distances: &'a [u16],
    /// Chosen documents by their distance in signs.
    by_distance: Vec<Vec<DocAddress>>,
    chosen: usize,
    /// Documents of this distance or more are not chosen.
    bound: usize,
}

impl<'a> Sifted<'a> {
    fn new(exact: Exact<'a>, distances: &'a [u16]) -> Self {
        // Vectors at a right angle differ in half of their signs.
        let bound = exact.probe.dimensions() / 2;
        Self {
            exact,
            distances,
            by_distance: vec![Vec::new(); bound],
            chosen: 0,
            bound,
        }
    }

    fn distance(&self, place: u32) -> usize {
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        self.distances
            .get(place)
            .map_or(usize::MAX, |distance| usize::from(*distance))
    }
}

impl Selection for Sifted<'_> {
    fn offer(&mut self, address: DocAddress, places: &[u32], is_let_through: impl Fn() -> bool) {
        let distances = places.iter().map(|place| self.distance(*place));
        let Some(distance) = distances.min().filter(|distance| *distance < self.bound) else {
            return;
        };
        // As many wordings that differ in nothing but a number need no more.
        if self.by_distance[distance].len() >= SIFTED || !is_let_through() {
            return;
        }
        self.by_distance[distance].push(address);
        self.chosen += 1;
        // The farthest are given up as a whole once there are enough without them.
        while self.bound > 0 && self.chosen - self.by_distance[self.bound - 1].len() >= SIFTED {
            self.bound -= 1;
            self.chosen -= self.by_distance[self.bound].len();
        }
    }

    fn finish(&mut self, vectors: &SnapshotVectors) -> Vec<DocAddress> {
        for address in self.by_distance[..self.bound].iter().flatten() {
            let places = vectors.places_of(*address);
            self.exact.offer(*address, places, || true);
        }
        self.exact.finish(vectors)
    }
}

#[cfg(test)]
mod tests;
