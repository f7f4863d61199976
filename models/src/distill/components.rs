//! Principal components: the directions along which vectors differ most.

/// Orthonormal directions, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Basis {
    from: usize,
    directions: Vec<Vec<f32>>,
}

/// The `to` eigenvectors of the second moments of `vectors` (rows of `from`
/// values, not centred here) with the largest eigenvalues.
pub(super) fn principal_components(vectors: &[f32], from: usize, to: usize) -> Basis {
    let (values, directions) = eigenvectors(second_moments(vectors, from));
    let mut order: Vec<usize> = (0..from).collect();
    order.sort_by(|&left, &right| values[right].total_cmp(&values[left]));
    let chosen = order.into_iter().take(to).map(|place| {
        #[expect(clippy::cast_possible_truncation, reason = "the table's precision")]
        let direction = directions[place].iter().map(|&value| value as f32);
        direction.collect()
    });
    Basis {
        from,
        directions: chosen.collect(),
    }
}

impl Basis {
    /// Each row of `vectors` in this basis.
    pub(super) fn project(&self, vectors: &[f32]) -> Vec<f32> {
        let mut projected = Vec::with_capacity(vectors.len() / self.from * self.directions.len());
        for row in vectors.chunks_exact(self.from) {
            projected.extend(self.directions.iter().map(|direction| {
                let products = row.iter().zip(direction);
                products.map(|(left, right)| left * right).sum::<f32>()
            }));
        }
        projected
    }
}

fn second_moments(vectors: &[f32], from: usize) -> Vec<Vec<f64>> {
    let mut moments = vec![vec![0.0; from]; from];
    for row in vectors.chunks_exact(from) {
        for (moments, &left) in moments.iter_mut().zip(row) {
            let left = f64::from(left);
            for (moment, &right) in moments.iter_mut().zip(row) {
                *moment += left * f64::from(right);
            }
        }
    }
    moments
}

/// Sweeps after which a symmetric matrix of any size met here is diagonal.
const MOST_SWEEPS: usize = 30;

/// Eigenvalues and eigenvectors of a symmetric matrix by one-sided Jacobi
/// rotations (Hestenes 1958): the rows of the matrix are rotated against each
/// other until they are orthogonal; then they are eigenvectors times eigenvalues.
fn eigenvectors(mut matrix: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let size = matrix.len();
    for _ in 0..MOST_SWEEPS {
        let mut is_diagonal = true;
        for second in 1..size {
            for first in 0..second {
                let (above, below) = matrix.split_at_mut(second);
                is_diagonal &= !rotate(&mut above[first], &mut below[0]);
            }
        }
        if is_diagonal {
            break;
        }
    }
    let mut values = Vec::with_capacity(size);
    for row in &mut matrix {
        let length = row.iter().map(|value| value * value).sum::<f64>().sqrt();
        values.push(length);
        if length > 0.0 {
            for value in row {
                *value /= length;
            }
        }
    }
    (values, matrix)
}

/// Rotates two rows so that they are orthogonal; says whether they were not.
fn rotate(first: &mut [f64], second: &mut [f64]) -> bool {
    let (mut alpha, mut beta, mut gamma) = (0.0, 0.0, 0.0);
    for (left, right) in first.iter().zip(&*second) {
        alpha += left * left;
        beta += right * right;
        gamma += left * right;
    }
    if gamma == 0.0 || gamma.abs() <= 1e-10 * (alpha * beta).sqrt() {
        return false;
    }
    let zeta: f64 = (beta - alpha) / (2.0 * gamma);
    let tangent = zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
    let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
    let sine = cosine * tangent;
    for (left, right) in first.iter_mut().zip(second) {
        let rotated = cosine * *left - sine * *right;
        *right = sine * *left + cosine * *right;
        *left = rotated;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_directions_in_their_order() {
        // Long along (3, 4) / 5, short across, nothing along the third.
        let vectors = [6.0, 8.0, 0.0, -3.0, -4.0, 0.0, -0.8, 0.6, 0.0];
        let basis = principal_components(&vectors, 3, 2);
        let along = &basis.directions[0];
        assert!((along[0] / along[1] - 0.75).abs() < 1e-5, "{along:?}");
        let across = &basis.directions[1];
        assert!(
            (across[0] / across[1] + 4.0 / 3.0).abs() < 1e-5,
            "{across:?}"
        );
        let projected = basis.project(&vectors);
        assert!((projected[0].abs() - 10.0).abs() < 1e-4, "{projected:?}");
        assert!(projected[1].abs() < 1e-4, "{projected:?}");
    }

    #[test]
    fn a_full_basis_keeps_every_length() {
        let vectors: Vec<f32> = (0_u16..60)
            .map(|number| f32::from(number * 37 % 11) - 5.0)
            .collect();
        let projected = principal_components(&vectors, 6, 6).project(&vectors);
        for (before, after) in vectors.chunks(6).zip(projected.chunks(6)) {
            let length = |row: &[f32]| row.iter().map(|value| value * value).sum::<f32>();
            assert!((length(before) - length(after)).abs() < 1e-3);
        }
    }
}
