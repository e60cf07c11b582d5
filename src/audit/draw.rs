//! Drawing a sample: seeded, the same on every machine, and extended without losing what was drawn.
//!
//! Every random number is the first 16 bytes of a SHA-256, as a big-endian number, over four lines: the word
//! `lacuna.sample/v1`, the population's digest, the seed, and what the number is for.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::listing::{Item, Population};

/// How a sample is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Every change has the same chance: the lowest random numbers win.
    Simple,
    /// Every n-th change in order of date, from a random start.
    Systematic,
    /// Each stratum by its share (Sainte-Laguë, which never takes one away when a sample grows), then simple random in it.
    Stratified,
    /// All that a filter names, in random order.
    Targeted,
    /// By changed lines: random lines are drawn, and their changes taken.
    Lines,
}

impl Method {
    /// All methods, in the order of the help.
    pub const ALL: [Self; 5] =
        [Self::Simple, Self::Systematic, Self::Stratified, Self::Targeted, Self::Lines];

    /// Returns the method of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.word() == word)
    }

    /// Returns the word of outputs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Systematic => "systematic",
            Self::Stratified => "stratified",
            Self::Targeted => "targeted",
            Self::Lines => "lines",
        }
    }

    /// Returns whether a greater sample with the same seed holds every item of a smaller one.
    pub const fn extends(self) -> bool {
        !matches!(self, Self::Systematic)
    }
}

/// Which changes are drawn from, and to which stratum each belongs.
pub struct Order<'o> {
    /// Positions in the population that a filter lets; all where there is none.
    pub frame: Vec<usize>,
    /// Stratum of a position.
    pub stratum: &'o dyn Fn(usize) -> String,
}

/// One stratum of a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stratum {
    /// Its name.
    pub name: String,
    /// Changes in it.
    pub size: usize,
    /// Changes drawn from it.
    pub drawn: usize,
}

/// A sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Positions in the population, in the order in which they were drawn, each with its stratum.
    pub drawn: Vec<(usize, String)>,
    /// Strata, sorted by name; one for all methods but the stratified.
    pub strata: Vec<Stratum>,
}

/// Why no sample can be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SampleError {
    /// There is nothing to draw from.
    Empty,
    /// More is asked than there is: how much there is.
    TooLarge(usize),
    /// By lines, and no change has any.
    NoLines,
}

impl SampleError {
    /// Returns the fact in words.
    pub fn fact(&self) -> String {
        match self {
            Self::Empty => "there is no change to draw from".to_owned(),
            Self::TooLarge(most) => {
                format!("the sample is larger than the {most} changes that there are to draw from")
            }
            Self::NoLines => "no change to draw from has a known count of lines".to_owned(),
        }
    }
}

/// Draws a sample of a size from a population.
///
/// # Errors
/// [`SampleError`] where the frame cannot give it.
pub fn draw(
    population: &Population,
    order: &Order<'_>,
    method: Method,
    size: usize,
    seed: u64,
) -> Result<Sample, SampleError> {
    let frame = &order.frame;
    if frame.is_empty() {
        return Err(SampleError::Empty);
    }
    if size > frame.len() {
        return Err(SampleError::TooLarge(frame.len()));
    }
    let random = Random::new(&population.sha256, seed);
    let items = &population.items;
    let positions = match method {
        Method::Simple | Method::Targeted => shuffled(frame, items, &random).into_iter().take(size).collect(),
        Method::Systematic => systematic(frame, items, size, &random),
        Method::Stratified => stratified(order, items, size, &random),
        Method::Lines => by_lines(frame, items, size, &random)?,
    };
    let name = |at: usize| if method == Method::Stratified { (order.stratum)(at) } else { String::new() };
    let drawn: Vec<(usize, String)> = positions.into_iter().map(|at| (at, name(at))).collect();
    let mut strata: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for &at in frame {
        strata.entry(name(at)).or_default().0 += 1;
    }
    for (_, name) in &drawn {
        strata.entry(name.clone()).or_default().1 += 1;
    }
    let strata = strata.into_iter().map(|(name, (size, drawn))| Stratum { name, size, drawn }).collect();
    Ok(Sample { drawn, strata })
}

/// The source of random numbers: a digest over everything that they share.
struct Random(Sha256);

impl Random {
    fn new(population: &str, seed: u64) -> Self {
        Self(Sha256::new_with_prefix(format!("lacuna.sample/v1\n{population}\n{seed}\n")))
    }

    /// Returns the random number that belongs to a purpose.
    fn number(&self, purpose: &str) -> u128 {
        let digest = self.0.clone().chain_update(purpose.as_bytes()).finalize();
        digest.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
    }
}

/// Returns positions by their random numbers, which belong to the ids.
fn shuffled(frame: &[usize], items: &[Item], random: &Random) -> Vec<usize> {
    let mut keyed: Vec<(u128, usize)> = frame.iter().map(|&at| (random.number(items[at].id()), at)).collect();
    crate::order::sort(&mut keyed);
    keyed.into_iter().map(|(_, at)| at).collect()
}

fn systematic(frame: &[usize], items: &[Item], size: usize, random: &Random) -> Vec<usize> {
    if size == 0 {
        return Vec::new();
    }
    let mut ordered = frame.to_vec();
    crate::order::sort_by(&mut ordered, |&a, &b| {
        items[a].merged_at().cmp(items[b].merged_at()).then(a.cmp(&b))
    });
    // In whole numbers: the i-th item is at (start + i * count) / size, with a start below count.
    let count = ordered.len() as u128;
    let start = random.number("systematic start") % count;
    (0..size as u128)
        .filter_map(|i| usize::try_from((start + i * count) / size as u128).ok())
        .filter_map(|at| ordered.get(at).copied())
        .collect()
}

fn stratified(order: &Order<'_>, items: &[Item], size: usize, random: &Random) -> Vec<usize> {
    let mut strata: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for at in shuffled(&order.frame, items, random) {
        strata.entry((order.stratum)(at)).or_default().push(at);
    }
    let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
    let mut drawn = Vec::with_capacity(size);
    for _ in 0..size {
        // The stratum with the greatest quotient, members / (2 * taken + 1), is next; ties go to the first by name.
        let next = strata
            .iter()
            .filter_map(|(name, members)| {
                let have = taken.get(name.as_str()).copied().unwrap_or(0);
                members.get(have).map(|&at| (name, members.len(), have, at))
            })
            .reduce(|best, other| {
                // As wide as no product of two counts is, so that no machine's word decides.
                let share = |members: usize, taken: usize| members as u128 * (2 * taken as u128 + 1);
                let (best_share, other_share) = (share(best.1, other.2), share(other.1, best.2));
                if other_share > best_share { other } else { best }
            });
        let Some((name, _, _, at)) = next else { break };
        *taken.entry(name).or_default() += 1;
        drawn.push(at);
    }
    drawn
}

fn by_lines(
    frame: &[usize],
    items: &[Item],
    size: usize,
    random: &Random,
) -> Result<Vec<usize>, SampleError> {
    let mut ends: Vec<(u128, usize)> = Vec::new();
    let mut total = 0_u128;
    for &at in frame.iter().filter(|&&at| items[at].lines > 0) {
        total += u128::from(items[at].lines);
        ends.push((total, at));
    }
    if total == 0 {
        return Err(SampleError::NoLines);
    }
    if size > ends.len() {
        return Err(SampleError::TooLarge(ends.len()));
    }
    let mut drawn = Vec::with_capacity(size);
    let mut is_drawn = vec![false; ends.len()];
    // A line of a change that is drawn already is passed over. So that one huge change cannot make this endless, what is
    // still missing after many draws is taken by simple random sampling.
    for turn in 0..(size as u64 + 16).saturating_mul(64) {
        if drawn.len() == size {
            break;
        }
        let line = random.number(&format!("line {turn}")) % total;
        let position = ends.partition_point(|(end, _)| *end <= line);
        if let Some(seen) = is_drawn.get_mut(position).filter(|seen| !**seen) {
            *seen = true;
            drawn.push(ends[position].1);
        }
    }
    let rest: Vec<usize> =
        ends.iter().zip(&is_drawn).filter(|(_, is_drawn)| !**is_drawn).map(|((_, at), _)| *at).collect();
    let missing = size - drawn.len();
    drawn.extend(shuffled(&rest, items, random).into_iter().take(missing));
    Ok(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Moment;

    fn population(count: u64) -> Population {
        let items = (0..count)
            .map(|n| {
                let merged_at = Moment::parse(&format!("2026-{:02}-01T00:00:00Z", n % 12 + 1));
                let (id, commit) = (format!("acme/pay#{n}"), format!("{n:040x}"));
                let mut item = Item::new(n as usize, &id, &commit, merged_at);
                (item.number, item.lines) = (n, n % 7 * 10);
                item
            })
            .collect();
        Population { items, sha256: "ab".repeat(32) }
    }

    fn ids(count: u64, method: Method, size: usize, seed: u64) -> Vec<usize> {
        let population = population(count);
        let stratum = |at: usize| (at % 3).to_string();
        let order = Order { frame: (0..population.items.len()).collect(), stratum: &stratum };
        draw(&population, &order, method, size, seed)
            .expect("a sample")
            .drawn
            .into_iter()
            .map(|(at, _)| at)
            .collect()
    }

    #[test]
    fn a_greater_sample_holds_the_smaller_one() {
        for method in [Method::Simple, Method::Stratified, Method::Lines, Method::Targeted] {
            assert!(method.extends());
            for size in [1, 5, 24, 39] {
                let small = ids(100, method, size, 7);
                assert_eq!(ids(100, method, size + 1, 7)[..size], small, "{method:?} {size}");
            }
        }
    }

    #[test]
    fn no_change_is_drawn_twice_and_the_size_is_kept() {
        for method in [Method::Simple, Method::Systematic, Method::Stratified, Method::Lines] {
            for size in [0, 1, 7, 50, 80] {
                let mut drawn = ids(100, method, size, 3);
                crate::order::sort(&mut drawn);
                drawn.dedup();
                assert_eq!(drawn.len(), size, "{method:?} {size}");
            }
        }
    }

    #[test]
    fn each_stratum_has_its_share() {
        let drawn = ids(90, Method::Stratified, 30, 1);
        for stratum in 0..3 {
            assert_eq!(drawn.iter().filter(|at| **at % 3 == stratum).count(), 10);
        }
    }

    #[test]
    fn every_change_has_the_same_chance() {
        // 20 of 100 under 500 seeds: 100 hits are expected of each, with a standard deviation of 9 (sqrt(500 * .2 * .8)).
        let mut hits = vec![0_i64; 100];
        for seed in 0..500 {
            for at in ids(100, Method::Simple, 20, seed) {
                hits[at] += 1;
            }
        }
        let chi: f64 = hits.iter().map(|hit| (*hit - 100) as f64 * (*hit - 100) as f64 / 80.0).sum();
        // 99 degrees of freedom: 0.1 % of fair draws are over 148.2.
        assert!(chi < 148.2, "{chi}");
        assert!(hits.iter().all(|hit| (60..140).contains(hit)), "{hits:?}");
    }

    #[test]
    fn large_changes_are_drawn_more_often_by_lines_and_empty_ones_never() {
        let mut lines = 0;
        for seed in 0..200 {
            for at in ids(100, Method::Lines, 5, seed) {
                assert_ne!(at % 7, 0, "a change of no lines");
                lines += at % 7 * 10;
            }
        }
        // A draw by lines has a mean of 43 lines, one by changes 35.
        assert!(lines / 1000 >= 40, "{lines}");
    }

    #[test]
    fn the_seed_and_the_population_decide() {
        assert_ne!(ids(100, Method::Simple, 10, 1), ids(100, Method::Simple, 10, 2));
        let mut other = population(100);
        other.sha256 = "cd".repeat(32);
        let stratum = |_: usize| String::new();
        let order = Order { frame: (0..100).collect(), stratum: &stratum };
        let drawn = draw(&other, &order, Method::Simple, 10, 1).expect("a sample");
        let drawn: Vec<usize> = drawn.drawn.into_iter().map(|(at, _)| at).collect();
        assert_ne!(drawn, ids(100, Method::Simple, 10, 1));
    }

    #[test]
    fn the_random_number_is_the_one_that_is_documented() {
        // printf 'lacuna.sample/v1\nabc\n7\nacme/pay#1' | sha256sum
        let random = Random::new("abc", 7);
        let expected = Sha256::digest(b"lacuna.sample/v1\nabc\n7\nacme/pay#1");
        let head = expected[..16].iter().fold(0_u128, |n, b| n * 256 + u128::from(*b));
        assert_eq!(random.number("acme/pay#1"), head);
    }

    #[test]
    fn what_cannot_be_drawn_is_an_error() {
        let population = population(3);
        let stratum = |_: usize| String::new();
        let all = Order { frame: vec![0, 1, 2], stratum: &stratum };
        assert_eq!(draw(&population, &all, Method::Simple, 4, 1), Err(SampleError::TooLarge(3)));
        let none = Order { frame: Vec::new(), stratum: &stratum };
        assert_eq!(draw(&population, &none, Method::Simple, 0, 1), Err(SampleError::Empty));
        let empty = Order { frame: vec![0], stratum: &stratum };
        assert_eq!(draw(&population, &empty, Method::Lines, 1, 1), Err(SampleError::NoLines));
    }
}
