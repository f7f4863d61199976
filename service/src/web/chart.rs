//! The geometry of the console's charts, as strings for SVG attributes: the
//! page's policy allows no inline style.

/// The room around a line, for its own width at peaks.
const MARGIN: f64 = 2.0;

/// The part of its column that a bar fills.
const BAR_FILL: f64 = 0.64;

/// The points of a line through `values`, first at the left, for the `points`
/// of a polyline in a view box of `width` × `height`. The baseline is 0; one
/// value is a level line, none is no line.
pub fn points(values: &[u32], width: u32, height: u32) -> String {
    let most = values.iter().copied().max().unwrap_or(0);
    let (wide, high) = (
        f64::from(width) - 2.0 * MARGIN,
        f64::from(height) - 2.0 * MARGIN,
    );
    let y = |value: u32| MARGIN + high * (1.0 - fraction(value, most));
    let place = |at: usize, of: usize| MARGIN + wide * at as f64 / of as f64;
    let points: Vec<String> = match values {
        [] => Vec::new(),
        [only] => [0, 1]
            .map(|at| format!("{:.1},{:.1}", place(at, 1), y(*only)))
            .to_vec(),
        values => values
            .iter()
            .enumerate()
            .map(|(at, value)| format!("{:.1},{:.1}", place(at, values.len() - 1), y(*value)))
            .collect(),
    };
    points.join(" ")
}

/// A bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// Its left edge.
    pub x: String,
    /// Its upper edge.
    pub y: String,
    /// Its width.
    pub width: String,
    /// Its height; 0 where the value is.
    pub height: String,
    /// Its middle, where a label stands.
    pub middle: String,
}

/// Bars of `values`, first at the left, standing on the lower edge of a box of
/// `width` × `height`; the highest reaches its upper edge.
pub fn bars(values: &[u32], width: u32, height: u32) -> Vec<Bar> {
    let most = values.iter().copied().max().unwrap_or(0);
    let column = f64::from(width) / values.len().max(1) as f64;
    let high = f64::from(height);
    values
        .iter()
        .enumerate()
        .map(|(at, value)| {
            let middle = column * (at as f64 + 0.5);
            let tall = high * fraction(*value, most);
            Bar {
                x: format!("{:.1}", middle - column * BAR_FILL / 2.0),
                y: format!("{:.1}", high - tall),
                width: format!("{:.1}", column * BAR_FILL),
                height: format!("{tall:.1}"),
                middle: format!("{middle:.1}"),
            }
        })
        .collect()
}

/// `part` of `whole`, from 0 to 1; 0 of nothing.
fn fraction(part: u32, whole: u32) -> f64 {
    if whole == 0 {
        0.0
    } else {
        f64::from(part) / f64::from(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_from_edge_to_edge() {
        assert_eq!(points(&[0, 5, 10], 88, 24), "2.0,22.0 44.0,12.0 86.0,2.0");
        assert_eq!(points(&[7], 88, 24), "2.0,2.0 86.0,2.0");
        assert_eq!(points(&[0, 0], 88, 24), "2.0,22.0 86.0,22.0");
        assert_eq!(points(&[], 88, 24), "");
    }

    #[test]
    fn bars_stand_on_the_lower_edge() {
        let bars = bars(&[0, 5, 10, 0], 400, 100);
        let places: Vec<(&str, &str, &str)> = bars
            .iter()
            .map(|bar| (bar.x.as_str(), bar.y.as_str(), bar.height.as_str()))
            .collect();
        assert_eq!(
            places,
            [
                ("18.0", "100.0", "0.0"),
                ("118.0", "50.0", "50.0"),
                ("218.0", "0.0", "100.0"),
                ("318.0", "100.0", "0.0"),
            ]
        );
        assert_eq!(bars[0].width, "64.0");
        assert!(super::bars(&[], 400, 100).is_empty());
    }
}
