//! Tests of clustering as a whole.

use super::*;
use crate::lexical::random::Random;

const WIDTH: usize = 16;

/// `sizes` questions around as many directions, and the direction of each.
fn questions(sizes: &[usize]) -> (Vec<f32>, Vec<usize>) {
    let mut random = Random::new(11);
    let (mut vectors, mut kinds) = (Vec::new(), Vec::new());
    for (kind, size) in sizes.iter().enumerate() {
        for _ in 0..*size {
            let mut row: Vec<f32> = (0..WIDTH).map(|_| 0.3 * (random.unit() - 0.5)).collect();
            row[kind % WIDTH] += 1.0;
            normalize(&mut row);
            vectors.extend(row);
            kinds.push(kind);
        }
    }
    (vectors, kinds)
}

fn of(vectors: &[f32]) -> Questions<'_> {
    Questions {
        dimensions: WIDTH,
        vectors,
        ..Questions::default()
    }
}

fn found(questions: &Questions<'_>) -> Clustering {
    cluster(questions, &Options::default())
}

#[test]
fn finds_how_many_kinds_there_are_few_and_many() {
    for sizes in [vec![3, 4, 2], vec![60, 5, 25, 200, 12], vec![40; 12]] {
        let (vectors, kinds) = questions(&sizes);
        let clustering = found(&of(&vectors));
        assert_eq!(clustering.count, sizes.len(), "{sizes:?}: {clustering:?}");
        let agreement = crate::metrics::adjusted_rand_index(&kinds, &clustering.groups);
        assert!(agreement > 0.99, "{sizes:?}: {agreement}");
        assert!(clustering.cut.silhouette > 0.5, "{:?}", clustering.cut);
    }
}

#[test]
fn what_people_said_holds() {
    let (vectors, kinds) = questions(&[30, 30, 30]);
    let mut pins = vec![None; kinds.len()];
    // Two kinds merged, and one question of the third apart from another.
    (pins[0], pins[30]) = (Some(1), Some(1));
    (pins[60], pins[61]) = (Some(2), Some(3));
    let clustering = found(&Questions {
        pins: &pins,
        ..of(&vectors)
    });
    let groups = &clustering.groups;
    assert_eq!(groups[0], groups[30]);
    assert_ne!(groups[60], groups[61]);
    assert_ne!(groups[0], groups[60]);
}

#[test]
fn questions_that_were_together_stay_together_where_either_would_do() {
    let (vectors, kinds) = questions(&[20, 20]);
    let clustering = found(&of(&vectors));
    let previous: Vec<Option<u64>> = kinds.iter().map(|kind| Some(100 + *kind as u64)).collect();
    let again = found(&Questions {
        previous: &previous,
        ..of(&vectors)
    });
    assert_eq!(clustering.groups, again.groups);
    let ids = match_ids(&previous, &again.groups, &[], &[]);
    assert_eq!(ids, [Some(100), Some(101)]);
}

#[test]
fn nothing_a_single_question_and_one_that_says_nothing() {
    assert_eq!(found(&of(&[])).count, 0);
    assert_eq!(found(&Questions::default()).groups, Vec::<u32>::new());
    let (mut vectors, _) = questions(&[1]);
    assert_eq!(found(&of(&vectors)).groups, [0]);
    vectors.extend([0.0; WIDTH]);
    vectors.extend([f32::NAN; WIDTH]);
    let clustering = found(&of(&vectors));
    assert_eq!(clustering.groups, [0, 1, 2]);
    assert!(clustering.coverage.abs() < 1e-9);
}

#[test]
fn asked_twice_is_covered() {
    assert!((coverage(&[0, 0, 1, 2], 3, &[]) - 0.5).abs() < 1e-9);
    assert!((coverage(&[0, 0, 1, 2], 3, &[1.0, 1.0, 2.0, 1.0]) - 0.8).abs() < 1e-9);
}
