//! A table as a picture: horizontal bars, one group for each scenario.
//!
//! A hundred lines of our own: bars and text are rectangles and text in SVG as
//! well, and a plotting crate would bring axes and fonts that nothing here needs.

use std::fmt::Write;

use crate::report::number;
use crate::results::{Better, Measured};

const WIDTH: f64 = 860.0;
const NAMES: f64 = 290.0;
const BARS: f64 = 400.0;
const BAR: f64 = 16.0;
const GAP: f64 = 4.0;
const HEAD: f64 = 46.0;
const GROUP: f64 = 30.0;

/// Ours, others, and the ends of the quartiles.
const COLOURS: &str = "text{font:12px sans-serif;fill:#222}.t{font-weight:bold;font-size:14px}\
    .s{font-weight:bold}.o{fill:#c2410c}.p{fill:#94a3b8}.q{stroke:#222}";

/// The picture of a table, as SVG. The bars of a scenario are drawn to a scale
/// of its own, in which the longest fills the width; the thin line goes from
/// the lower quartile to the upper one.
#[must_use]
pub fn svg(table: &Measured) -> String {
    let mut body = String::new();
    let better = match table.better {
        Better::Less => "less is better",
        Better::More => "more is better",
    };
    let title = format!("{} ({}, {better})", table.title, table.unit);
    text(&mut body, 10.0, 24.0, "t", &title);
    let mut top = HEAD;
    for (scenario, name) in table.scenarios.iter().enumerate() {
        let bars = (0..table.candidates.len())
            .filter_map(|candidate| Some((candidate, table.spread(candidate, scenario)?)));
        let bars: Vec<_> = bars.collect();
        let longest = bars.iter().map(|(_, bar)| bar.high.max(bar.median));
        let longest = longest.fold(f64::MIN_POSITIVE, f64::max);
        text(&mut body, 10.0, top + 14.0, "s", name);
        top += GROUP - 8.0;
        for (candidate, spread) in bars {
            let subject = &table.candidates[candidate];
            let at = |value: f64| NAMES + (value / longest).clamp(0.0, 1.0) * BARS;
            let class = if subject.ours { "o" } else { "p" };
            text(&mut body, 20.0, top + 12.0, "n", &subject.name);
            let _ = writeln!(
                body,
                "<rect class=\"{class}\" x=\"{NAMES}\" y=\"{top}\" width=\"{:.1}\" height=\"{BAR}\"/>",
                at(spread.median) - NAMES
            );
            let middle = top + BAR / 2.0;
            let _ = writeln!(
                body,
                "<line class=\"q\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{middle}\" y2=\"{middle}\"/>",
                at(spread.low),
                at(spread.high)
            );
            let right = at(spread.high.max(spread.median)) + 6.0;
            text(
                &mut body,
                right,
                top + 12.0,
                "v",
                &label(table, candidate, scenario, spread.median),
            );
            top += BAR + GAP;
        }
        top += 8.0;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {top}\" \
         width=\"{WIDTH}\" height=\"{top}\">\n<style>{COLOURS}</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{body}</svg>\n"
    )
}

/// The figure, and its ratio to the base.
fn label(table: &Measured, candidate: usize, scenario: usize, median: f64) -> String {
    let ratio = table.base.filter(|base| *base != candidate);
    let ratio = ratio.and_then(|base| table.ratio(candidate, base, scenario));
    match ratio {
        Some(ratio) => format!("{} (× {})", number(median), number(ratio.median)),
        None => number(median),
    }
}

fn text(to: &mut String, x: f64, y: f64, class: &str, said: &str) {
    // Marks of Markdown are none here.
    let said = said.replace('`', "");
    let said = said.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        to,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{said}</text>"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Subject;

    fn table() -> Measured {
        Measured {
            title: "a `Vec<_>` & more".to_owned(),
            unit: "ns".to_owned(),
            better: Better::Less,
            scenarios: vec!["hot".to_owned()],
            candidates: vec![
                Subject::ours("cacheflow"),
                Subject::peer("moka", ""),
                Subject::peer("absent", ""),
            ],
            base: Some(1),
            samples: vec![vec![vec![50.0]], vec![vec![100.0]], vec![vec![]]],
        }
    }

    #[test]
    fn bars_are_as_long_as_their_figures() {
        let svg = svg(&table());
        let ours = "<rect class=\"o\" x=\"290\" y=\"68\" width=\"200.0\" height=\"16\"/>";
        let peer = "<rect class=\"p\" x=\"290\" y=\"88\" width=\"400.0\" height=\"16\"/>";
        assert!(svg.contains(ours), "{svg}");
        assert!(svg.contains(peer), "{svg}");
        assert!(svg.contains(">50.0 (× 0.500)</text>"), "{svg}");
        assert!(svg.contains(">100</text>"), "{svg}");
    }

    #[test]
    fn who_was_not_measured_has_no_bar() {
        assert!(!svg(&table()).contains("absent"));
    }

    #[test]
    fn signs_of_markup_are_only_signs() {
        let svg = svg(&table());
        assert!(
            svg.contains("a Vec&lt;_> &amp; more (ns, less is better)"),
            "{svg}"
        );
    }
}
