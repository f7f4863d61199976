//! The layout of treemaps: areas as tiles that are as near to squares as they can be.

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Its left edge.
    pub x: f64,
    /// Its upper edge.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

/// Parts `frame` into rectangles of areas in proportion to `weights`, as near
/// to squares as rows allow: M. Bruls, K. Huizing and J. van Wijk, "Squarified
/// treemaps", 2000. Best with weights in falling order; each must be above 0.
pub fn squarify(weights: &[f64], frame: Rect) -> Vec<Rect> {
    let total: f64 = weights.iter().sum();
    let scale = frame.width * frame.height / total;
    let areas: Vec<f64> = weights.iter().map(|weight| weight * scale).collect();
    let mut tiles = Vec::with_capacity(areas.len());
    let mut free = frame;
    let mut rest = areas.as_slice();
    while !rest.is_empty() {
        let side = free.width.min(free.height);
        let mut end = 1;
        let mut worst = worst_ratio(&rest[..1], side);
        while end < rest.len() {
            let next = worst_ratio(&rest[..=end], side);
            if next > worst {
                break;
            }
            worst = next;
            end += 1;
        }
        free = lay(&rest[..end], free, &mut tiles);
        rest = &rest[end..];
    }
    tiles
}

/// The ratio of the longest side to the shorter, of tiles in a row along `side`.
fn worst_ratio(row: &[f64], side: f64) -> f64 {
    let sum: f64 = row.iter().sum();
    let deep = sum / side;
    let ratio = |area: &f64| {
        let long = area / deep;
        (long / deep).max(deep / long)
    };
    row.iter().map(ratio).fold(1.0, f64::max)
}

/// Lays a row along the shorter side; gives what stays free.
fn lay(row: &[f64], free: Rect, tiles: &mut Vec<Rect>) -> Rect {
    let sum: f64 = row.iter().sum();
    if free.width >= free.height {
        let width = sum / free.height;
        let mut y = free.y;
        for area in row {
            let height = area / width;
            tiles.push(Rect {
                x: free.x,
                y,
                width,
                height,
            });
            y += height;
        }
        Rect {
            x: free.x + width,
            width: (free.width - width).max(0.0),
            ..free
        }
    } else {
        let height = sum / free.width;
        let mut x = free.x;
        for area in row {
            let width = area / height;
            tiles.push(Rect {
                x,
                y: free.y,
                width,
                height,
            });
            x += width;
        }
        Rect {
            y: free.y + height,
            height: (free.height - height).max(0.0),
            ..free
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Rect = Rect {
        x: 0.0,
        y: 0.0,
        width: 6.0,
        height: 4.0,
    };

    #[test]
    fn the_example_of_the_paper_comes_out_as_printed() {
        let tiles = squarify(&[6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0], FRAME);
        let rounded = |value: f64| (value * 100.0).round() / 100.0;
        let sides: Vec<(f64, f64)> = tiles
            .iter()
            .map(|tile| (rounded(tile.width), rounded(tile.height)))
            .collect();
        assert_eq!(
            sides[..4],
            [(3.0, 2.0), (3.0, 2.0), (1.71, 2.33), (1.29, 2.33)]
        );
        assert_eq!(sides[4], (1.2, 1.67));
    }

    #[test]
    fn tiles_fill_the_frame_and_do_not_overlap() {
        for weights in [
            vec![1.0],
            vec![100.0, 1.0],
            vec![5.0; 17],
            (1..=61)
                .rev()
                .map(|weight| f64::from(weight * weight))
                .collect(),
            // The rest, last and largest.
            vec![9.0, 5.0, 3.0, 3.0, 1.0, 40.0],
        ] {
            let tiles = squarify(&weights, FRAME);
            let total: f64 = weights.iter().sum();
            assert_eq!(tiles.len(), weights.len());
            for (tile, weight) in tiles.iter().zip(&weights) {
                let area = tile.width * tile.height;
                assert!((area - 24.0 * weight / total).abs() < 1e-6, "{weights:?}");
                assert!(tile.x >= -1e-9 && tile.x + tile.width <= 6.0 + 1e-6);
                assert!(tile.y >= -1e-9 && tile.y + tile.height <= 4.0 + 1e-6);
            }
            for (place, one) in tiles.iter().enumerate() {
                for other in &tiles[place + 1..] {
                    let wide = (one.x + one.width).min(other.x + other.width) - one.x.max(other.x);
                    let high =
                        (one.y + one.height).min(other.y + other.height) - one.y.max(other.y);
                    assert!(wide < 1e-6 || high < 1e-6, "{one:?} {other:?}");
                }
            }
        }
        assert!(squarify(&[], FRAME).is_empty());
    }
}
