//! AI's share by month: one bar for each month, known from below, not known above it.

use plotters::prelude::{EmptyElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor};

use super::{Context, Failed, percent, svg, text};
use crate::protocol::MonthRow;

pub(super) fn draw(months: &[MonthRow]) -> String {
    let total = |part: fn(&MonthRow) -> u64| months.iter().map(part).sum::<u64>();
    let merged = total(|month| month.merged);
    if merged == 0 {
        return String::new();
    }
    let label = format!(
        "By month: AI is known to have taken part in {:.0} % of {merged} merged changes; in {:.0} % nothing shows it",
        percent(total(|month| month.ai), merged),
        percent(total(|month| month.ai_unknown), merged),
    );
    super::draw(&label, months, 130, 0.5, |chart| content(chart, months))
}

fn content(chart: &mut Context<'_, '_>, months: &[MonthRow]) -> Result<(), Failed> {
    let mut bar = |at: usize, from: f64, to: f64, color: RGBColor, alpha: f64| -> Result<(), Failed> {
        if to > from {
            let corners = [(at as f64 + 0.15, to), (at as f64 + 0.85, from)];
            chart.draw_series(std::iter::once(Rectangle::new(corners, color.mix(alpha).filled())))?;
        }
        Ok(())
    };
    for (at, month) in months.iter().enumerate() {
        let known = percent(month.ai, month.merged);
        bar(at, 0.0, known, svg::AI, 1.0)?;
        bar(at, known, (known + percent(month.ai_unknown, month.merged)).min(100.0), svg::UNKNOWN, 0.35)?;
    }
    let end = months.len() as f64;
    let legend =
        [("AI took part", 25.0, svg::AI), ("not known", 75.0, svg::UNKNOWN)].map(|(words, height, color)| {
            EmptyElement::at((end, height))
                + Text::new(words.to_owned(), (8, 0), text(color, HPos::Left, VPos::Center))
        });
    chart.draw_series(legend)?;
    Ok(())
}
