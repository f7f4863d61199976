//! A newcomer joins the nearest cluster at once, or stays alone.

use std::collections::{BTreeMap, HashMap};

use super::neighbours::{InvertedFile, Matrix, dot};
use super::parallel::map_rows;
use super::space::Answer;
use crate::encoder::normalize;
use crate::lexical::matrix::add_scaled;

/// The cluster nearest to a question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearest {
    /// Its id.
    pub cluster: u64,
    /// The cosine of the question with its centre, or the mean of its dot
    /// products with the members where pairs decide.
    pub similarity: f32,
    /// Whether that is enough to join.
    pub joins: bool,
}

/// The centres of clusters, to find the one that a new question belongs to.
#[derive(Debug, Clone)]
pub struct Assigner {
    dimensions: usize,
    ids: Vec<u64>,
    places: HashMap<u64, usize>,
    /// Sums of members, row after row, and how many they are.
    sums: Vec<f32>,
    sizes: Vec<f32>,
    /// Unit vectors, or the means of members where pairs decide.
    centres: Vec<f32>,
    /// The items that answer the members, by place, and how far.
    answers: HashMap<usize, BTreeMap<u64, f32>>,
    lists: Lists,
    needed: f32,
    by_pairs: bool,
}

/// Centres by place, in one list while there are few.
#[derive(Debug, Clone)]
enum Lists {
    One,
    Many(InvertedFile),
}

/// Up to this many centres all are compared.
const FEW: usize = 256;

/// Lists of centres that are looked into.
const PROBES: usize = 6;

/// Members less like their own centre than all but one in so many are at its edge.
const EDGE_ONE_IN: usize = 10;

/// What is needed to join where no cluster has two members yet.
const NEEDED_BY_DEFAULT: f32 = 0.6;

impl Assigner {
    /// From stored questions: vectors row after row, and the cluster of each. To
    /// join, the mean of a question's dot products with a cluster's members has
    /// to be `alike` ([`super::Space::alike`]); where that is `None`, it has to be as near to
    /// a centre as nine in ten members are to that of the others in their cluster.
    pub fn new(
        dimensions: usize,
        vectors: &[f32],
        clusters: &[Option<u64>],
        alike: Option<f32>,
    ) -> Self {
        let mut assigner = Self {
            dimensions,
            ids: Vec::new(),
            places: HashMap::new(),
            sums: Vec::new(),
            sizes: Vec::new(),
            centres: Vec::new(),
            answers: HashMap::new(),
            lists: Lists::One,
            needed: alike.unwrap_or(NEEDED_BY_DEFAULT),
            by_pairs: alike.is_some(),
        };
        let rows = vectors.chunks_exact(dimensions.max(1));
        for (row, cluster) in rows.clone().zip(clusters) {
            if let Some(cluster) = cluster {
                assigner.add(row, *cluster);
            }
        }
        if assigner.by_pairs {
            return assigner;
        }
        let rows: Vec<&[f32]> = rows.collect();
        assigner.needed = assigner.edge(&rows, clusters);
        if assigner.ids.len() > FEW {
            assigner.lists = Lists::Many(InvertedFile::of(assigner.matrix()));
        }
        assigner
    }

    /// How near a question has to be to join.
    pub fn needed(&self) -> f32 {
        self.needed
    }

    /// How many clusters there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The nearest cluster; `None` where there is none, or `vector` says nothing.
    /// `answer` is the item that answers the question ([`super::Space::answers`]):
    /// it counts against clusters that others answer.
    pub fn nearest(&self, vector: &[f32], answer: Option<Answer>) -> Option<Nearest> {
        if vector.len() != self.dimensions || vector.iter().all(|value| *value == 0.0) {
            return None;
        }
        let better = |best: Option<(usize, f32)>, place: usize| {
            let similarity = dot(vector, self.matrix().row(place)) - self.apart(place, answer);
            match best {
                Some((_, most)) if similarity <= most => best,
                _ => Some((place, similarity)),
            }
        };
        let (place, similarity) = match &self.lists {
            Lists::One => (0..self.ids.len()).fold(None, better),
            Lists::Many(file) => file
                .nearest_lists(vector, PROBES)
                .into_iter()
                .flat_map(|list| &file.lists[list])
                .fold(None, |best, place| better(best, *place as usize)),
        }?;
        Some(Nearest {
            cluster: self.ids[place],
            similarity,
            joins: similarity >= self.needed,
        })
    }

    /// How far the items that answer a cluster's members speak against a question
    /// that `answer` answers, in the mean over the members.
    fn apart(&self, place: usize, answer: Option<Answer>) -> f32 {
        let (Some((item, sure)), Some(answers)) = (answer, self.answers.get(&place)) else {
            return 0.0;
        };
        let others = answers.iter().filter(|(other, _)| **other != item);
        sure * others.map(|(_, sure)| sure).sum::<f32>() / self.sizes[place]
    }

    /// Counts that an item answers a member of `cluster`.
    pub fn add_answer(&mut self, answer: Option<Answer>, cluster: u64) {
        if let (Some((item, sure)), Some(place)) = (answer, self.places.get(&cluster)) {
            *self
                .answers
                .entry(*place)
                .or_default()
                .entry(item)
                .or_default() += sure;
        }
    }

    /// Counts a question as a member of `cluster`, which may be a new one.
    pub fn add(&mut self, vector: &[f32], cluster: u64) {
        if vector.len() != self.dimensions {
            return;
        }
        let width = self.dimensions;
        let place = *self.places.entry(cluster).or_insert(self.ids.len());
        let range = place * width..(place + 1) * width;
        if place == self.ids.len() {
            self.ids.push(cluster);
            self.sums.extend(vector);
            self.sizes.push(1.0);
            self.centres.extend(vector);
            if let Lists::Many(file) = &mut self.lists {
                let list = file.nearest_list(vector);
                if let (Some(list), Ok(place)) = (file.lists.get_mut(list), u32::try_from(place)) {
                    list.push(place);
                }
            }
        } else {
            add_scaled(&mut self.sums[range.clone()], 1.0, vector);
            self.sizes[place] += 1.0;
            self.centres[range.clone()].copy_from_slice(&self.sums[range.clone()]);
        }
        let centre = &mut self.centres[range];
        if self.by_pairs {
            for value in centre {
                *value /= self.sizes[place];
            }
        } else {
            normalize(centre);
        }
    }

    fn matrix(&self) -> Matrix<'_> {
        Matrix {
            values: &self.centres,
            width: self.dimensions,
        }
    }

    /// How near the members at the edge are to the centre of the others.
    fn edge(&self, rows: &[&[f32]], clusters: &[Option<u64>]) -> f32 {
        let near = map_rows(rows.len().min(clusters.len()), |row| {
            let place = *self.places.get(&clusters[row]?)?;
            let range = place * self.dimensions..(place + 1) * self.dimensions;
            let mut others = self.sums[range].to_vec();
            add_scaled(&mut others, -1.0, rows[row]);
            // What rounding leaves of a cluster of one says nothing.
            let has_others = dot(&others, &others) > 0.1;
            normalize(&mut others);
            has_others.then(|| dot(&others, rows[row]))
        });
        let mut near: Vec<f32> = near.into_iter().flatten().collect();
        near.sort_by(f32::total_cmp);
        let edge = near.get(near.len() / EDGE_ONE_IN);
        edge.copied().unwrap_or(NEEDED_BY_DEFAULT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexical::random::Random;

    fn unit(angle: f32) -> [f32; 2] {
        [angle.cos(), angle.sin()]
    }

    #[test]
    fn joins_the_nearest_or_stays_alone() {
        let vectors: Vec<f32> = [0.0, 0.1, 0.2, 1.5, 1.6, 3.0]
            .into_iter()
            .flat_map(unit)
            .collect();
        let clusters = [Some(4), Some(4), Some(4), Some(9), Some(9), None];
        let mut assigner = Assigner::new(2, &vectors, &clusters, None);
        let nearest = |assigner: &Assigner, angle| {
            let nearest = assigner.nearest(&unit(angle), None).expect("one");
            (nearest.cluster, nearest.joins)
        };
        assert_eq!(nearest(&assigner, 0.05), (4, true));
        assert_eq!(nearest(&assigner, 1.52), (9, true));
        assert_eq!(nearest(&assigner, 0.8), (4, false));
        assigner.add(&unit(0.8), 11);
        assert_eq!(nearest(&assigner, 0.78), (11, true));
        assert_eq!(assigner.nearest(&[0.0, 0.0], None), None);
        assert_eq!(
            Assigner::new(2, &[], &[], None).nearest(&unit(0.0), None),
            None
        );
    }

    #[test]
    fn by_pairs_the_mean_over_members_decides() {
        let vectors = [2.0, 0.0, 0.0, 2.0, 2.0, 2.0];
        let clusters = [Some(1), Some(1), Some(2)];
        let assigner = Assigner::new(2, &vectors, &clusters, Some(3.5));
        let nearest = |vector: [f32; 2]| assigner.nearest(&vector, None).expect("one");
        assert_eq!(nearest([2.0, 0.0]).cluster, 2);
        assert!((nearest([2.0, 0.0]).similarity - 4.0).abs() < 1e-6);
        assert!(nearest([2.0, 0.0]).joins);
        assert!(!nearest([1.5, 0.0]).joins);
    }

    #[test]
    fn what_another_item_answers_speaks_against_joining() {
        let vectors = [2.0, 0.0, 2.0, 0.0];
        let clusters = [Some(1), Some(1)];
        let mut assigner = Assigner::new(2, &vectors, &clusters, Some(3.0));
        assigner.add_answer(Some((7, 1.5)), 1);
        assigner.add_answer(None, 1);
        let joins = |answer| assigner.nearest(&[2.0, 0.0], answer).map(|near| near.joins);
        assert_eq!(joins(None), Some(true));
        assert_eq!(joins(Some((7, 2.0))), Some(true));
        // Half of the members: 4 − 2 · 1.5 / 2.
        assert_eq!(joins(Some((8, 2.0))), Some(false));
        assert_eq!(joins(Some((8, 1.0))), Some(true));
    }

    #[test]
    fn among_many_clusters_finds_nearly_always_the_nearest() {
        let mut random = Random::new(5);
        let mut vectors = Vec::new();
        for _ in 0..2_000 {
            let mut row: Vec<f32> = (0..24).map(|_| random.unit() - 0.5).collect();
            normalize(&mut row);
            vectors.extend(row);
        }
        let clusters: Vec<Option<u64>> = (0..2_000).map(Some).collect();
        let assigner = Assigner::new(24, &vectors, &clusters, None);
        let right = vectors
            .chunks(24)
            .zip(&clusters)
            .filter(|(row, cluster)| {
                assigner.nearest(row, None).map(|near| near.cluster) == **cluster
            })
            .count();
        assert_eq!(right, 2_000);
    }
}
