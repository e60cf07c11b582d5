//! Charts as SVG text: the same bytes in the browser, on the command line and in tests.
//!
//! plotters lays the axes out; `svg` writes what it draws, with classes for colours, and `metrics` tells it how wide
//! text is, so that neither a font nor a browser is asked.

mod bars;
mod metrics;
mod svg;
mod timeline;
mod trend;

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::{
    Cartesian2d, ChartBuilder, ChartContext, DrawingArea, EmptyElement, IntoDrawingArea, Text,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, RGBColor, TextStyle};

use crate::protocol::MonthRow;
use svg::Svg;

pub use timeline::{Lane, Timeline, timeline};

/// Draws the share of merged changes that is approved on paper, and the share that is substantiated, by month.
///
/// The text is an `svg` element with `role="img"` and a label; without any merged change it is empty.
pub fn trend(months: &[MonthRow]) -> String {
    trend::draw(months)
}

/// Draws the share of changes that AI is known to have taken part in, and the share where that is not known, by month.
///
/// The text is an `svg` element with `role="img"` and a label; without any merged change it is empty.
pub fn ai_share(months: &[MonthRow]) -> String {
    bars::draw(months)
}

const SIZE: (u32, u32) = (640, 200);
const FONT: f64 = 11.0;
/// How many months are named on the axis.
const MOST_LABELS: usize = 8;

type Context<'a, 'b> = ChartContext<'a, Svg<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Failed = Box<dyn std::error::Error>;

/// Draws a chart with a percent axis and months; `right` is the room for labels at its right end.
fn draw(
    label: &str,
    months: &[MonthRow],
    right: u32,
    centre: f64,
    content: impl FnOnce(&mut Context<'_, '_>) -> Result<(), Failed>,
) -> String {
    let mut body = String::new();
    {
        let area: DrawingArea<Svg<'_>, _> = Svg::new(&mut body, SIZE).into_drawing_area();
        // Drawing into a text cannot fail; should plotters refuse the ranges, the chart stays empty.
        if frame(&area, months, right, centre, content).is_err() {
            return String::new();
        }
    }
    let label = escape(label);
    format!(
        "<svg class=\"chart\" role=\"img\" aria-label=\"{label}\" viewBox=\"0 0 {} {}\" width=\"{}\" height=\"{}\">\n<title>{label}</title>\n{body}</svg>\n",
        SIZE.0, SIZE.1, SIZE.0, SIZE.1
    )
}

fn frame<'a>(
    area: &DrawingArea<Svg<'a>, plotters::coord::Shift>,
    months: &[MonthRow],
    right: u32,
    centre: f64,
    content: impl FnOnce(&mut Context<'_, 'a>) -> Result<(), Failed>,
) -> Result<(), Failed> {
    let width = if centre > 0.0 { months.len() as f64 } else { (months.len() as f64 - 1.0).max(1.0) };
    let mut chart = ChartBuilder::on(area)
        .margin_top(10)
        .margin_right(right)
        .x_label_area_size(22)
        .y_label_area_size(44)
        .build_cartesian_2d(0.0..width, 0.0..100.0)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .disable_x_axis()
        .x_labels(0)
        .y_labels(5)
        .y_max_light_lines(0)
        .axis_style(svg::LINE)
        .bold_line_style(svg::LINE)
        .light_line_style(svg::LINE.mix(0.0))
        .y_label_formatter(&|share| format!("{share:.0} %"))
        .y_label_style(text(svg::TEXT, HPos::Right, VPos::Center))
        .draw()?;
    let every = months.len().div_ceil(MOST_LABELS).max(1);
    let named = months.iter().enumerate().step_by(every);
    chart.draw_series(named.map(|(at, month)| {
        let style = text(svg::TEXT, HPos::Center, VPos::Top);
        EmptyElement::at((at as f64 + centre, 0.0)) + Text::new(month.month.clone(), (0, 6), style)
    }))?;
    content(&mut chart)
}

/// Returns the style of a label.
fn text(color: RGBColor, horizontal: HPos, vertical: VPos) -> TextStyle<'static> {
    let style: TextStyle<'static> = ("sans-serif", FONT).into_font().color(&color);
    style.pos(Pos::new(horizontal, vertical))
}

/// Returns a share in percent, of something that is not nothing.
fn percent(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { part as f64 * 100.0 / of as f64 }
}

/// Escapes text for markup.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(
        label: &str,
        merged: u64,
        on_paper: u64,
        substantiated: u64,
        ai: u64,
        ai_unknown: u64,
    ) -> MonthRow {
        MonthRow { month: label.into(), merged, on_paper, substantiated, ai, ai_unknown }
    }

    #[test]
    fn charts_have_no_style_attribute_and_are_labelled() {
        let months = [
            month("2026-07", 10, 9, 4, 3, 2),
            month("2026-08", 0, 0, 0, 0, 0),
            month("2026-09", 20, 20, 5, 9, 11),
        ];
        for chart in [trend(&months), ai_share(&months)] {
            assert!(chart.starts_with("<svg class=\"chart\" role=\"img\" aria-label=\""), "{chart}");
            assert!(!chart.contains("style=") && !chart.contains('#') && !chart.contains("NaN"), "{chart}");
            assert!(chart.contains("2026-07") && chart.contains("100 %"), "{chart}");
        }
    }

    #[test]
    fn one_month_and_none_are_drawn_too() {
        assert_eq!(trend(&[]), "");
        assert_eq!(ai_share(&[month("2026-07", 0, 0, 0, 0, 0)]), "");
        let one = trend(&[month("2026-07", 4, 3, 1, 0, 0)]);
        assert!(
            one.contains("on paper 75 %") && one.contains("substantiated 25 %") && one.contains("<circle"),
            "{one}"
        );
    }

    #[test]
    fn labels_are_escaped() {
        let chart = trend(&[month("<script>\"'&", 1, 1, 1, 0, 0)]);
        assert!(!chart.contains("<script>") && chart.contains("&lt;script&gt;&quot;&#39;&amp;"), "{chart}");
    }

    #[test]
    fn charts_are_the_same_every_time() {
        let months: Vec<MonthRow> =
            (1..=40).map(|at| month(&format!("m{at}"), at, at / 2, at / 3, at / 4, at / 5)).collect();
        assert_eq!(trend(&months), trend(&months));
        let three = [
            month("2026-07", 10, 9, 4, 3, 2),
            month("2026-08", 4, 4, 2, 4, 0),
            month("2026-09", 20, 20, 5, 9, 11),
        ];
        insta::assert_snapshot!("trend", trend(&three));
        insta::assert_snapshot!("ai_share", ai_share(&three));
    }
}
