//! How wide text is, from a table instead of a font, so that a chart is the same bytes everywhere.
//!
//! The widths are those that the Adobe Core 14 font metrics give for Helvetica, which common sans-serif fonts share.

/// Advance widths of the characters from space to tilde, in thousandths of the font size.
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
/// The width of every other character: generous, so that nothing overlaps.
const OTHER: u16 = 1000;

/// Returns the size of one line of text in pixels, rounded up: width and height.
pub fn size(text: &str, font_size: f64) -> (u32, u32) {
    let thousandths: u64 = text.chars().map(|c| u64::from(width(c))).sum();
    let pixels = |value: f64| value.ceil().clamp(0.0, f64::from(u32::MAX)) as u32;
    (pixels(thousandths as f64 * font_size / 1000.0), pixels(font_size * 1.2))
}

fn width(c: char) -> u16 {
    let at = u32::from(c).checked_sub(32).and_then(|at| usize::try_from(at).ok());
    at.and_then(|at| WIDTHS.get(at)).copied().unwrap_or(OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_letters_are_narrow_and_unknown_ones_are_wide() {
        assert!(size("iiii", 10.0).0 < size("WWWW", 10.0).0);
        assert_eq!(size("漢", 10.0), (10, 12));
        assert_eq!(size("", 10.0).0, 0);
    }
}
