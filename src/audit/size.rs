//! How large a sample must be, and what its outcome supports: attribute sampling with exact distributions.
//!
//! The upper bound is the one-sided bound of Clopper and Pearson for the binomial, and its counterpart for the
//! hypergeometric where the population is finite. A person concludes; this is arithmetic.

use statrs::distribution::{Beta, ContinuousCDF as _, DiscreteCDF as _, Hypergeometric};

/// The greatest sample that is looked for.
const MOST: u64 = 100_000;

/// How often a control works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frequency {
    /// Many times a day.
    ManyDaily,
    /// Once a day.
    Daily,
    /// Once a week.
    Weekly,
    /// Once a month.
    Monthly,
    /// Once a quarter.
    Quarterly,
    /// Once a year.
    Annual,
}

impl Frequency {
    /// All frequencies, each with its word.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::ManyDaily, "many-daily"),
        (Self::Daily, "daily"),
        (Self::Weekly, "weekly"),
        (Self::Monthly, "monthly"),
        (Self::Quarterly, "quarterly"),
        (Self::Annual, "annual"),
    ];

    /// Returns the frequency of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(frequency, _)| *frequency)
    }
}

/// How much rests on a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Risk {
    /// Little.
    Low,
    /// The ordinary.
    Moderate,
    /// Much.
    High,
}

impl Risk {
    /// All of them, each with its word.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Low, "low"), (Self::Moderate, "moderate"), (Self::High, "high")];

    /// Returns the one of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(risk, _)| *risk)
    }
}

/// Returns the sample size that audit practice takes for a frequency and risk. It is a convention, not a calculation.
pub const fn conventional(frequency: Frequency, risk: Risk) -> u64 {
    let sizes: [u64; 3] = match frequency {
        Frequency::ManyDaily => [25, 40, 60],
        Frequency::Daily => [20, 30, 40],
        Frequency::Weekly => [5, 10, 15],
        Frequency::Monthly => [2, 3, 5],
        Frequency::Quarterly => [2, 2, 3],
        Frequency::Annual => [1, 1, 1],
    };
    match risk {
        Risk::Low => sizes[0],
        Risk::Moderate => sizes[1],
        Risk::High => sizes[2],
    }
}

/// What a sample's outcome supports.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    /// Deviations for each item.
    pub rate: f64,
    /// The deviation rate of the population is at most this, at the confidence given.
    pub upper: f64,
    /// Whether the tolerable rate is ruled out, or, where the whole population was tested, kept.
    pub supports: bool,
}

/// Why something cannot be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeError {
    /// A confidence or rate outside 0 to 1, or an expected rate that is not below the tolerable one.
    Rate,
    /// More deviations than items, no items, or a sample greater than its population.
    Count,
    /// No sample up to 100,000 is enough.
    NoSize,
}

impl SizeError {
    /// Returns the fact in words.
    pub const fn fact(self) -> &'static str {
        match self {
            Self::Rate => {
                "rates and confidence are between 0 and 1, and what is expected is below what is tolerable"
            }
            Self::Count => {
                "there are no more deviations than items, and no more items than the population has"
            }
            Self::NoSize => "no sample of at most 100,000 is enough",
        }
    }
}

/// Evaluates a tested sample of `size` items with `deviations`; `population` is its size where it is to count.
///
/// # Errors
/// [`SizeError`] for numbers that mean nothing.
pub fn evaluate(
    size: u64,
    deviations: u64,
    population: Option<u64>,
    confidence: f64,
    tolerable: f64,
) -> Result<Evaluation, SizeError> {
    check(confidence, tolerable)?;
    if size == 0 || deviations > size || population.is_some_and(|population| population < size) {
        return Err(SizeError::Count);
    }
    let upper = match population {
        None => binomial_upper(size, deviations, confidence)?,
        Some(population) => hypergeometric_upper(size, deviations, population, confidence)?,
    };
    let rate = deviations as f64 / size as f64;
    let supports = match population {
        // The tolerable rate itself must be ruled out, and a count of a finite population can be just that.
        Some(population) if population > size => upper < tolerable,
        _ => upper <= tolerable,
    };
    Ok(Evaluation { rate, upper, supports })
}

/// Returns the smallest sample whose outcome, at the expected rate of deviations (rounded up to a whole one), supports
/// that the rate is at most the tolerable one.
///
/// # Errors
/// [`SizeError`] for numbers that mean nothing, or where no sample is enough.
pub fn required(
    confidence: f64,
    tolerable: f64,
    expected: f64,
    population: Option<u64>,
) -> Result<u64, SizeError> {
    check(confidence, tolerable)?;
    if !(0.0..1.0).contains(&expected) || expected >= tolerable {
        return Err(SizeError::Rate);
    }
    let most = population.unwrap_or(MOST).min(MOST);
    for size in 1..=most {
        // A hair less, so that 1 % of 100 is one and not two.
        let deviations = (expected * size as f64 - 1e-9).ceil().max(0.0) as u64;
        if deviations < size && evaluate(size, deviations, population, confidence, tolerable)?.supports {
            return Ok(size);
        }
    }
    Err(SizeError::NoSize)
}

fn check(confidence: f64, tolerable: f64) -> Result<(), SizeError> {
    let is_inside = |rate: f64| rate > 0.0 && rate < 1.0;
    if is_inside(confidence) && is_inside(tolerable) { Ok(()) } else { Err(SizeError::Rate) }
}

/// Clopper and Pearson: the rate at which so few deviations have a chance of 1 - confidence.
fn binomial_upper(size: u64, deviations: u64, confidence: f64) -> Result<f64, SizeError> {
    if deviations == size {
        return Ok(1.0);
    }
    let beta =
        Beta::new(deviations as f64 + 1.0, (size - deviations) as f64).map_err(|_error| SizeError::Count)?;
    // The library's inverse is a bisection that stops early: sharpen it against the distribution itself.
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if beta.cdf(middle) < confidence { low = middle } else { high = middle }
    }
    Ok(high)
}

/// The greatest count of deviations in the population, as a rate, at which so few in the sample have a chance of more than
/// 1 - confidence.
fn hypergeometric_upper(
    size: u64,
    deviations: u64,
    population: u64,
    confidence: f64,
) -> Result<f64, SizeError> {
    // The chance falls as the count grows: a search by halves finds the last count that is not ruled out.
    let (mut low, mut high) = (deviations, population - (size - deviations));
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        let distribution =
            Hypergeometric::new(population, middle, size).map_err(|_error| SizeError::Count)?;
        if distribution.cdf(deviations) > 1.0 - confidence { low = middle } else { high = middle - 1 }
    }
    Ok(low as f64 / population as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_published_tables() {
        // AICPA Audit Guide, Audit Sampling (2017), appendix A, tables A-1 (risk of overreliance 5 %) and A-2 (10 %): rows
        // by expected rate in percent; 0 where the table has no size.
        let tolerable = [2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20];
        type Rows<'t> = &'t [(f64, [u64; 11])];
        let tables: [(f64, Rows<'_>); 2] = [
            (
                0.95,
                &[
                    (0.0, [149, 99, 74, 59, 49, 42, 36, 32, 29, 19, 14]),
                    (0.5, [313, 157, 117, 93, 78, 66, 58, 51, 46, 30, 22]),
                    (1.0, [590, 257, 156, 93, 78, 66, 58, 51, 46, 30, 22]),
                    (2.0, [0, 846, 294, 181, 127, 88, 77, 68, 46, 30, 22]),
                    (3.0, [0, 0, 1098, 361, 195, 129, 95, 84, 61, 30, 22]),
                    (4.0, [0, 0, 0, 1348, 421, 221, 146, 100, 89, 40, 22]),
                ],
            ),
            (
                0.90,
                &[
                    (0.0, [114, 76, 57, 45, 38, 32, 28, 25, 22, 15, 11]),
                    (1.0, [398, 176, 96, 77, 64, 55, 48, 42, 38, 25, 18]),
                    (2.0, [0, 590, 198, 132, 88, 75, 48, 42, 38, 25, 18]),
                ],
            ),
        ];
        for (confidence, rows) in tables {
            for (expected, sizes) in rows {
                for (tolerable, size) in tolerable.iter().zip(sizes).filter(|(_, size)| **size > 0) {
                    let found = required(confidence, f64::from(*tolerable) / 100.0, expected / 100.0, None);
                    assert_eq!(
                        found,
                        Ok(*size),
                        "{confidence}: expected {expected} %, tolerable {tolerable} %"
                    );
                }
            }
        }
    }

    #[test]
    fn bounds_are_those_of_the_published_tables() {
        // The same guide, tables A-3 (5 %) and A-4 (10 %): the bound in tenths of a percent, rounded up, for 0 to 5
        // deviations.
        type Rows<'t> = &'t [(u64, [u64; 6])];
        let tables: [(f64, Rows<'_>); 2] = [
            (
                0.95,
                &[
                    (20, [140, 217, 283, 344, 402, 456]),
                    (25, [113, 177, 232, 282, 330, 376]),
                    (40, [73, 114, 150, 183, 215, 246]),
                    (60, [49, 77, 102, 125, 147, 168]),
                    (100, [30, 47, 62, 76, 90, 103]),
                    (200, [15, 24, 32, 39, 46, 52]),
                    (500, [6, 10, 13, 16, 19, 21]),
                ],
            ),
            (
                0.90,
                &[
                    (20, [109, 181, 245, 305, 361, 415]),
                    (60, [38, 64, 87, 108, 129, 150]),
                    (100, [23, 39, 53, 66, 79, 91]),
                ],
            ),
        ];
        for (confidence, rows) in tables {
            for (size, bounds) in rows {
                for (deviations, bound) in (0..).zip(bounds) {
                    let upper = evaluate(*size, deviations, None, confidence, 0.5).expect("numbers").upper;
                    let tenths = (upper * 1000.0).ceil() as u64;
                    assert_eq!(tenths, *bound, "{confidence}: {deviations} of {size}");
                }
            }
        }
    }

    #[test]
    fn sizes_are_those_of_jfa() {
        // R's jfa (tests/testthat/test-planning.R): planning() at 95 %, likelihood binomial, and hypergeometric with N.units
        // = 1000.
        for (tolerable, expected, population, size) in [
            (0.01, 0.0, None, 299),
            (0.05, 0.0, None, 59),
            (0.05, 0.025, None, 234),
            (0.01, 0.0, Some(1000), 258),
            (0.05, 0.0, Some(1000), 57),
            (0.05, 0.025, Some(1000), 197),
            (0.05, 0.0, Some(10_000), 59),
        ] {
            let found = required(0.95, tolerable, expected, population);
            assert_eq!(found, Ok(size), "{tolerable} {expected} {population:?}");
        }
    }

    #[test]
    fn upper_bounds_are_the_exact_ones() {
        // With no deviation the bound has a closed form: 1 - (1 - confidence)^(1/n).
        for (size, confidence) in [(25, 0.95), (40, 0.95), (59, 0.95), (60, 0.90)] {
            let upper = evaluate(size, 0, None, confidence, 0.5).expect("numbers").upper;
            let exact = 1.0 - (1.0 - confidence).powf(1.0 / size as f64);
            assert!((upper - exact).abs() < 1e-9, "{size}: {upper} {exact}");
        }
    }

    #[test]
    fn the_bound_is_where_the_chance_of_so_few_is_what_is_left() {
        // By the definition, summed up: sum of C(n, i) p^i (1-p)^(n-i) up to k is 1 - confidence.
        for (size, deviations, confidence) in [(30, 0, 0.9), (30, 2, 0.95), (77, 3, 0.95), (200, 9, 0.99)] {
            let p = evaluate(size, deviations, None, confidence, 0.5).expect("numbers").upper;
            let mut term = (1.0 - p).powi(i32::try_from(size).expect("small"));
            let mut sum = term;
            for i in 0..deviations {
                term *= (size - i) as f64 / (i + 1) as f64 * p / (1.0 - p);
                sum += term;
            }
            assert!((sum - (1.0 - confidence)).abs() < 1e-6, "{size} {deviations}: {sum}");
        }
    }

    #[test]
    fn a_small_population_needs_less_and_a_whole_one_leaves_no_doubt() {
        let small = required(0.95, 0.05, 0.0, Some(100)).expect("a size");
        assert!(small < 59, "{small}");
        assert_eq!(evaluate(100, 3, Some(100), 0.95, 0.05).expect("numbers").upper, 0.03);
        // Of 100, 5 deviate, 45 are drawn: the chance of none is C(95, 45) / C(100, 45), under 5 %; of 44 it is over it.
        let chance = |size: u64| (0..5).map(|i| (100 - size - i) as f64 / (100 - i) as f64).product::<f64>();
        for size in [44_u64, 45, 46] {
            let supports = evaluate(size, 0, Some(100), 0.95, 0.05).expect("numbers").supports;
            assert_eq!(supports, chance(size) <= 0.05, "{size}");
        }
    }

    #[test]
    fn numbers_that_mean_nothing_are_errors() {
        assert_eq!(evaluate(0, 0, None, 0.95, 0.05), Err(SizeError::Count));
        assert_eq!(evaluate(5, 6, None, 0.95, 0.05), Err(SizeError::Count));
        assert_eq!(evaluate(5, 0, Some(4), 0.95, 0.05), Err(SizeError::Count));
        for wrong in [0.0, 1.0, -1.0, f64::NAN] {
            assert_eq!(evaluate(5, 0, None, wrong, 0.05), Err(SizeError::Rate));
            assert_eq!(required(0.95, wrong, 0.0, None), Err(SizeError::Rate));
        }
        assert_eq!(required(0.95, 0.05, 0.05, None), Err(SizeError::Rate));
        assert_eq!(required(0.95, 0.01, 0.0, Some(10)), Ok(10));
    }
}
