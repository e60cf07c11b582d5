//! A population over time: how many changes took effect in each month, and below it one line for each kind of hole with
//! a mark where it came about.

use std::fmt::Write as _;

use super::{FONT, MOST_LABELS, SIZE, escape};
use crate::model::Moment;

/// Where the months begin and end, and the height of the bars.
const LEFT: f64 = 44.0;
const RIGHT: f64 = 628.0;
const TOP: u32 = 12;
const BARS: u32 = 80;
/// The height of one line of marks with its title.
const LANE: u32 = 34;

/// What is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// The first month, as [`Moment::month`] counts.
    pub first: i32,
    /// Changes of each month from the first on.
    pub changes: Vec<u64>,
    /// One for each kind of hole.
    pub lanes: Vec<Lane>,
}

/// The holes of one kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lane {
    /// What they are; our own words.
    pub title: &'static str,
    /// How many there are, those without a date included.
    pub count: u64,
    /// Whether they are notes.
    pub is_note: bool,
    /// When each came about that has a date, in months since the start of the first.
    pub at: Vec<f64>,
}

/// Draws a population over time; empty without months.
pub fn timeline(shown: &Timeline) -> String {
    let months = shown.changes.len();
    if months == 0 {
        return String::new();
    }
    let total: u64 = shown.changes.iter().sum();
    let most = shown.changes.iter().copied().max().unwrap_or(0).max(1);
    let holes: u64 = shown.lanes.iter().filter(|lane| !lane.is_note).map(|lane| lane.count).sum();
    let name = |at: usize| Moment::month_label(shown.first.saturating_add(i32::try_from(at).unwrap_or(0)));
    let label = format!(
        "{total} changes from {} to {}, at most {most} in a month; {holes} holes in {} kinds below",
        name(0),
        name(months - 1),
        shown.lanes.len()
    );
    let x = |month: f64| (LEFT + (RIGHT - LEFT) * month / months as f64).clamp(LEFT, RIGHT) as u32;
    let base = TOP + BARS;
    let mut body = String::new();
    // Writing to a text does not fail.
    for (count, y) in [(most, TOP), (0, base)] {
        writeln!(body, "<line class=\"chart-line\" stroke=\"currentColor\" x1=\"{LEFT}\" y1=\"{y}\" x2=\"{RIGHT}\" y2=\"{y}\"/>").ok();
        text(&mut body, (x(0.0) - 6, y + 4), "end", &count.to_string());
    }
    for (at, &count) in shown.changes.iter().enumerate().filter(|(_, count)| **count > 0) {
        let (from, to) = (x(at as f64 + 0.1), x(at as f64 + 0.9));
        // A month with few changes is still seen.
        let height = ((f64::from(BARS) * count as f64 / most as f64) as u32).max(1);
        let width = (to - from).max(1);
        writeln!(body, "<rect class=\"chart-paper\" fill=\"currentColor\" x=\"{from}\" y=\"{}\" width=\"{width}\" height=\"{height}\"/>", base - height).ok();
    }
    for at in (0..months).step_by(months.div_ceil(MOST_LABELS).max(1)) {
        text(&mut body, (x(at as f64 + 0.5), base + 14), "middle", &name(at));
    }
    let mut y = base + 30;
    for lane in &shown.lanes {
        draw_lane(&mut body, lane, y, &x);
        y += LANE;
    }
    let (label, width) = (escape(&label), SIZE.0);
    format!(
        "<svg class=\"chart\" role=\"img\" aria-label=\"{label}\" viewBox=\"0 0 {width} {y}\" width=\"{width}\" height=\"{y}\">\n<title>{label}</title>\n{body}</svg>\n"
    )
}

fn draw_lane(body: &mut String, lane: &Lane, y: u32, x: &impl Fn(f64) -> u32) {
    let class = if lane.is_note { "chart-unknown" } else { "chart-gap" };
    let undated = lane.count.saturating_sub(lane.at.len() as u64);
    let undated = if undated > 0 { format!(", {undated} without a date") } else { String::new() };
    text(body, (x(0.0), y + 8), "start", &format!("{}: {}{undated}", lane.title, lane.count));
    let line = y + 20;
    writeln!(body, "<line class=\"chart-line\" stroke=\"currentColor\" x1=\"{LEFT}\" y1=\"{line}\" x2=\"{RIGHT}\" y2=\"{line}\"/>").ok();
    let mut marks: Vec<u32> = lane.at.iter().map(|&at| x(at)).collect();
    // Those at one place are one mark; the count is in the title.
    crate::order::sort(&mut marks);
    marks.dedup();
    for mark in marks {
        writeln!(
            body,
            "<circle class=\"{class}\" fill=\"currentColor\" cx=\"{mark}\" cy=\"{line}\" r=\"4\"/>"
        )
        .ok();
    }
}

fn text(body: &mut String, (x, y): (u32, u32), anchor: &str, words: &str) {
    writeln!(body, "<text class=\"chart-text\" fill=\"currentColor\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" font-size=\"{FONT}\">{}</text>", escape(words)).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_line_and_every_date_a_mark() {
        let lane = Lane { title: "Branches", count: 4, is_note: false, at: vec![0.5, 1.25, 1.25] };
        let note = Lane { title: "Months", count: 1, is_note: true, at: vec![0.0] };
        let shown = Timeline { first: 2026 * 12 + 2, changes: vec![3, 0], lanes: vec![lane, note] };
        let chart = timeline(&shown);
        assert_eq!(chart.matches("class=\"chart-gap\"").count(), 2, "{chart}");
        assert_eq!(chart.matches("class=\"chart-unknown\"").count(), 1, "{chart}");
        assert!(chart.contains("Branches: 4, 1 without a date") && chart.contains("2026-04"), "{chart}");
        assert!(chart.contains("aria-label=\"3 changes from 2026-03 to 2026-04, at most 3 in a month; 4 holes in 2 kinds below\""), "{chart}");
        assert!(!chart.contains("style=") && !chart.contains("NaN"), "{chart}");
    }

    #[test]
    fn no_month_is_no_chart_and_marks_stay_inside() {
        assert_eq!(timeline(&Timeline::default()), "");
        let lane = Lane { title: "Far", count: 2, is_note: false, at: vec![-50.0, 1e9] };
        let chart = timeline(&Timeline { first: 24_312, changes: vec![1], lanes: vec![lane] });
        assert!(chart.contains("cx=\"44\"") && chart.contains("cx=\"628\""), "{chart}");
    }
}
