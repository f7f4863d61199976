//! The reliability diagram: is what is said with .8 right in four cases of five?

use std::fmt::Write;

use zhiwen_models::metrics::{Outcome, expected_calibration_error, reliability_bins};

const BINS: usize = 10;

/// Edges of the plot within the picture, in user units.
const LEFT: f64 = 56.0;
const TOP: f64 = 40.0;
const SIDE: f64 = 320.0;

/// An SVG picture, 440 by 430, that stands alone: a bar a bin, as high as the
/// share of predictions that were right, beside the diagonal of perfect
/// calibration. Titles name each bar's figures for readers and screen readers.
pub fn diagram(outcomes: &[Outcome], title: &str) -> String {
    let error = expected_calibration_error(outcomes, BINS);
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 440 430\" width=\"440\" height=\"430\" \
         role=\"img\" font-family=\"sans-serif\" font-size=\"12\">\n",
    );
    let title = escaped(title);
    line(&mut svg, &format!("<title>{title}</title>"));
    line(
        &mut svg,
        "<rect width=\"440\" height=\"430\" fill=\"#ffffff\"/>",
    );
    line(
        &mut svg,
        &format!(
            "<text x=\"{LEFT}\" y=\"22\" font-size=\"14\" fill=\"#1a1a1a\">{title}, n = {}, ECE = {error:.3}</text>",
            outcomes.len()
        ),
    );
    for bin in reliability_bins(outcomes, BINS) {
        if bin.count == 0 {
            continue;
        }
        let (x, width) = (LEFT + bin.above * SIDE, (bin.up_to - bin.above) * SIDE);
        let height = bin.accuracy * SIDE;
        line(
            &mut svg,
            &format!(
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"#2f6f6a\" \
                 fill-opacity=\"0.75\"><title>{:.1}–{:.1}: {} predictions, said {:.2}, right {:.2}</title></rect>",
                x + 1.0,
                TOP + SIDE - height,
                width - 2.0,
                bin.above,
                bin.up_to,
                bin.count,
                bin.mean_confidence,
                bin.accuracy
            ),
        );
    }
    axes(&mut svg);
    svg.push_str("</svg>\n");
    svg
}

fn axes(svg: &mut String) {
    let (right, bottom) = (LEFT + SIDE, TOP + SIDE);
    line(
        svg,
        &format!(
            "<path d=\"M{LEFT} {bottom}L{right} {TOP}\" stroke=\"#8a8a8a\" stroke-dasharray=\"4 4\"/>"
        ),
    );
    line(
        svg,
        &format!("<path d=\"M{LEFT} {TOP}V{bottom}H{right}\" stroke=\"#1a1a1a\" fill=\"none\"/>"),
    );
    for tenth in [0.0, 0.2, 0.4, 0.6, 0.8, 1.0] {
        line(
            svg,
            &format!(
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#1a1a1a\">{tenth}</text>",
                LEFT + tenth * SIDE,
                bottom + 18.0
            ),
        );
        line(
            svg,
            &format!(
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#1a1a1a\">{tenth}</text>",
                LEFT - 6.0,
                bottom - tenth * SIDE + 4.0
            ),
        );
    }
    line(
        svg,
        &format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#1a1a1a\">confidence</text>",
            LEFT + SIDE / 2.0,
            bottom + 40.0
        ),
    );
    line(
        svg,
        &format!(
            "<text transform=\"translate(18 {:.1}) rotate(-90)\" text-anchor=\"middle\" fill=\"#1a1a1a\">right</text>",
            TOP + SIDE / 2.0
        ),
    );
}

fn line(svg: &mut String, text: &str) {
    // Writing to a string does not fail.
    let _written = writeln!(svg, "{text}");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_a_bar_for_each_bin_that_holds_something() {
        let outcome = |confidence, right| Outcome { confidence, right };
        let outcomes = [
            outcome(0.85, true),
            outcome(0.9, false),
            outcome(0.15, false),
        ];
        let svg = diagram(&outcomes, "faq <1>");
        assert_eq!(svg.matches("<rect x=").count(), 2);
        assert!(
            svg.contains("0.8–0.9: 2 predictions, said 0.88, right 0.50"),
            "{svg}"
        );
        assert!(svg.contains("faq &lt;1&gt;, n = 3"));
    }
}
