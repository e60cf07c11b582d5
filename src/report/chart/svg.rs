//! A drawing backend that writes SVG which styles decide the look of.
//!
//! Colours are names: each becomes a class, with `currentColor` as paint, so that the page's tokens colour the chart in
//! light, dark and print, and no `style` attribute is needed (which the policy of the app forbids).

use std::convert::Infallible;
use std::fmt::Write as _;

use plotters::style::{
    RGBColor,
    text_anchor::{HPos, VPos},
};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use super::metrics;

/// Labels.
pub const TEXT: RGBColor = RGBColor(0, 0, 0);
/// Grid and axes.
pub const LINE: RGBColor = RGBColor(0, 0, 1);
/// What is so on paper.
pub const PAPER: RGBColor = RGBColor(0, 0, 2);
/// What is substantiated.
pub const MET: RGBColor = RGBColor(0, 0, 3);
/// The gap between them.
pub const GAP: RGBColor = RGBColor(0, 0, 4);
/// AI took part.
pub const AI: RGBColor = RGBColor(0, 0, 5);
/// Nothing shows it.
pub const UNKNOWN: RGBColor = RGBColor(0, 0, 6);

const CLASSES: [&str; 7] =
    ["chart-text", "chart-line", "chart-paper", "chart-met", "chart-gap", "chart-ai", "chart-unknown"];

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// Writes SVG elements into a text.
pub struct Svg<'a> {
    out: &'a mut String,
    size: (u32, u32),
}

impl<'a> Svg<'a> {
    /// Returns a backend for a drawing of some size.
    pub const fn new(out: &'a mut String, size: (u32, u32)) -> Self {
        Self { out, size }
    }

    fn element(&mut self, name: &str, color: BackendColor, paint: &str, attributes: &str) {
        if color.alpha <= 0.0 {
            return;
        }
        let class = CLASSES.get(usize::from(color.rgb.2)).copied().unwrap_or("chart-text");
        let opacity =
            if color.alpha < 1.0 { format!(" opacity=\"{:.2}\"", color.alpha) } else { String::new() };
        // Writing to a text does not fail.
        writeln!(self.out, "<{name} class=\"{class}\" {paint}{opacity} {attributes}/>").ok();
    }
}

fn stroke(width: u32) -> String {
    format!("fill=\"none\" stroke=\"currentColor\" stroke-width=\"{width}\"")
}

const FILL: &str = "fill=\"currentColor\"";

fn points(path: impl IntoIterator<Item = BackendCoord>) -> String {
    let points: Vec<String> = path.into_iter().map(|(x, y)| format!("{x},{y}")).collect();
    format!("points=\"{}\"", points.join(" "))
}

impl DrawingBackend for Svg<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.element("rect", color, FILL, &format!("x=\"{x}\" y=\"{y}\" width=\"1\" height=\"1\""));
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        let ((x1, y1), (x2, y2)) = (from, to);
        let attributes = format!("x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"");
        self.element("line", style.color(), &stroke(style.stroke_width()), &attributes);
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let (x, y) = (from.0.min(to.0), from.1.min(to.1));
        let (width, height) = (from.0.abs_diff(to.0), from.1.abs_diff(to.1));
        let paint = if fill { FILL.to_owned() } else { stroke(style.stroke_width()) };
        let attributes = format!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"");
        self.element("rect", style.color(), &paint, &attributes);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        self.element("polyline", style.color(), &stroke(style.stroke_width()), &points(path));
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        self.element("polygon", style.color(), FILL, &points(path));
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let paint = if fill { FILL.to_owned() } else { stroke(style.stroke_width()) };
        self.element("circle", style.color(), &paint, &format!("cx=\"{x}\" cy=\"{y}\" r=\"{radius}\""));
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Drawn {
        let anchor = match style.anchor().h_pos {
            HPos::Left => "start",
            HPos::Right => "end",
            HPos::Center => "middle",
        };
        let shift = match style.anchor().v_pos {
            VPos::Top => "0.76em",
            VPos::Center => "0.35em",
            VPos::Bottom => "-0.2em",
        };
        let class = CLASSES.get(usize::from(style.color().rgb.2)).copied().unwrap_or("chart-text");
        writeln!(
            self.out,
            "<text class=\"{class}\" {FILL} x=\"{x}\" y=\"{y}\" dy=\"{shift}\" text-anchor=\"{anchor}\" font-size=\"{}\">{}</text>",
            style.size(),
            super::escape(text)
        )
        .ok();
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        Ok(metrics::size(text, style.size()))
    }
}
