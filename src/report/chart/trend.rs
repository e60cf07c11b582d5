//! On paper against substantiated, by month, with the gap between them filled.

use plotters::prelude::{Circle, EmptyElement, LineSeries, Polygon, Text};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor};

use super::{Context, Failed, percent, svg, text};
use crate::protocol::MonthRow;

/// How near two labels at the right end may come, in percent of the height.
const NEAREST: f64 = 9.0;

pub(super) fn draw(months: &[MonthRow]) -> String {
    let total = |part: fn(&MonthRow) -> u64| months.iter().map(part).sum::<u64>();
    let merged = total(|month| month.merged);
    if merged == 0 {
        return String::new();
    }
    let label = format!(
        "By month: {:.0} % of {merged} merged changes approved on paper, {:.0} % substantiated",
        percent(total(|month| month.on_paper), merged),
        percent(total(|month| month.substantiated), merged),
    );
    super::draw(&label, months, 130, 0.0, |chart| content(chart, months))
}

/// A month that has changes: its position and its two shares.
#[derive(Clone, Copy)]
struct Point {
    at: f64,
    paper: f64,
    substantiated: f64,
}

fn content(chart: &mut Context<'_, '_>, months: &[MonthRow]) -> Result<(), Failed> {
    // Months without a change have no share: the lines break there.
    let mut runs: Vec<Vec<Point>> = vec![Vec::new()];
    for (at, month) in months.iter().enumerate() {
        if month.merged == 0 {
            runs.push(Vec::new());
        } else if let Some(run) = runs.last_mut() {
            let (paper, substantiated) =
                (percent(month.on_paper, month.merged), percent(month.substantiated, month.merged));
            run.push(Point { at: at as f64, paper, substantiated });
        }
    }
    for run in &runs {
        let upper = run.iter().map(|point| (point.at, point.paper));
        let lower = run.iter().rev().map(|point| (point.at, point.substantiated));
        let outline: Vec<(f64, f64)> = upper.chain(lower).collect();
        if run.len() > 1 {
            chart.draw_series(std::iter::once(Polygon::new(outline, svg::GAP.mix(0.15).filled())))?;
        }
    }
    line(chart, &runs, svg::PAPER, |point| point.paper)?;
    line(chart, &runs, svg::MET, |point| point.substantiated)?;
    let Some(last) = runs.iter().rev().flat_map(|run| run.last()).next() else { return Ok(()) };
    let apart = (last.paper - last.substantiated).max(NEAREST);
    let lower = last.substantiated.min(100.0 - apart);
    let end = |share: f64, height: f64, words: &str, color: RGBColor| {
        let style = text(color, HPos::Left, VPos::Center);
        EmptyElement::at((last.at, height)) + Text::new(format!("{words} {share:.0} %"), (8, 0), style)
    };
    let labels = [
        end(last.paper, lower + apart, "on paper", svg::PAPER),
        end(last.substantiated, lower, "substantiated", svg::MET),
    ];
    chart.draw_series(labels)?;
    Ok(())
}

fn line(
    chart: &mut Context<'_, '_>,
    runs: &[Vec<Point>],
    color: RGBColor,
    share: fn(&Point) -> f64,
) -> Result<(), Failed> {
    for run in runs.iter().filter(|run| !run.is_empty()) {
        let points: Vec<(f64, f64)> = run.iter().map(|point| (point.at, share(point))).collect();
        if points.len() > 1 {
            chart.draw_series(LineSeries::new(points.iter().copied(), color.stroke_width(2)))?;
        }
        chart.draw_series(points.into_iter().map(|point| Circle::new(point, 3, color.filled())))?;
    }
    Ok(())
}
