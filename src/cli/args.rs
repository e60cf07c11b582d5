//! The arguments of the command line.

use std::path::PathBuf;

use super::gate::Threshold;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::model::{Moment, Stated, Zone};
use crate::policy::Effective;

/// Shows what evidence of code changes holds, and what it does not: the attestation gap.
///
/// Reads exports from this machine and sends nothing anywhere. It reports evidence for and gaps in controls; whether
/// that suffices is for a person to conclude.
#[derive(Debug, Parser)]
#[command(name = "lacuna", version, arg_required_else_help = true)]
#[command(after_help = "Exit status: 0 done; 1 the gate found gaps; 2 the call or the input cannot be used.")]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists files, their formats and what was read from them
    Inspect(Inspect),
    /// Tests every merged change and reports the gap
    Assess(Assess),
    /// Lists the frameworks that are built in
    Frameworks(Frameworks),
    /// Checks the signatures of a bundle, step by step, without any network
    Verify(Verify),
    /// Packs a folder as a sealed bundle: a manifest of digests, signed where a key is given
    Pack(Pack),
    /// Freezes the population: every merged change in scope, under one digest
    Population(Population),
    /// Shows persons and their accounts, who did what, and who approves whose changes
    Duties(Duties),
    /// Draws a sample from the population, the same one on every machine
    Sample(Sample),
    /// Says what the outcome of a tested sample supports
    Evaluate(Evaluate),
    /// Checks a policy file, or writes one to start from
    Policy {
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// Checks, shows and merges workpapers (.lacuna)
    Workpaper {
        #[command(subcommand)]
        command: WorkpaperCommand,
    },
    /// Compares two bundles, or two periods of one; exits with 0 same, 10 better, 11 worse, 12 mixed
    Compare(Compare),
}

#[derive(Debug, Args)]
pub(super) struct Input {
    /// Files, folders and archives with exports
    #[arg(value_name = "PATH", required = true)]
    pub(super) paths: Vec<PathBuf>,
    /// Trust root, public key or certificate to check signatures against, beside those built in; may be given again
    #[arg(long, value_name = "FILE")]
    pub(super) trust: Vec<PathBuf>,
    /// Sets a bound on what is read; see docs/limits.md for the names
    #[arg(long, value_name = "NAME=VALUE", value_parser = limit)]
    pub(super) limit: Vec<(String, u64)>,
}

#[derive(Debug, Args)]
pub(super) struct Pack {
    /// Folder with the exports
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
    /// Bundle to write
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: PathBuf,
    /// System that the files were exported from
    #[arg(long, value_name = "TEXT")]
    pub(super) source: Option<String>,
    /// Query that selected them
    #[arg(long, value_name = "TEXT")]
    pub(super) query: Option<String>,
    /// Tool that exported them
    #[arg(long, value_name = "TEXT")]
    pub(super) tool: Option<String>,
    /// When they were exported: YYYY-MM-DD or RFC 3339
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub(super) time: Option<Moment>,
    /// Ed25519 key to seal with, PKCS#8 PEM
    #[arg(long, value_name = "FILE")]
    pub(super) key: Option<PathBuf>,
    /// Shape of the output
    #[arg(long, value_enum, default_value_t = Shape::Table)]
    pub(super) format: Shape,
}

#[derive(Debug, Args)]
pub(super) struct Inspect {
    #[command(flatten)]
    pub(super) input: Input,
    /// Shape of the output
    #[arg(long, value_enum, default_value_t = Shape::Table)]
    pub(super) format: Shape,
}

#[derive(Debug, Args)]
pub(super) struct Assess {
    #[command(flatten)]
    pub(super) input: Input,
    /// Framework to test against; may be given again [default: all]
    #[arg(long, value_name = "ID")]
    pub(super) framework: Vec<String>,
    /// Policy to use instead of the bundle's lacuna.toml
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// Start of the period, inclusive: YYYY-MM-DD or RFC 3339
    #[arg(long, value_name = "DATE", value_parser = stated)]
    pub(super) from: Option<Stated>,
    /// End of the period, exclusive
    #[arg(long, value_name = "DATE", value_parser = stated)]
    pub(super) to: Option<Stated>,
    /// Zone of dates that state none: UTC, or an offset such as +02:00 [default: the policy's, else UTC]
    #[arg(long, value_name = "ZONE", value_parser = zone, allow_hyphen_values = true)]
    pub(super) zone: Option<Zone>,
    /// Date of a change that decides whether it is in the period: merge or deployment [default: the policy's, else merge]
    #[arg(long, value_name = "DATE", value_parser = effective)]
    pub(super) effective: Option<Effective>,
    /// What "now" is, which decides what has expired [default: the latest time in the evidence]
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub(super) now: Option<Moment>,
    /// Shape of the output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(super) format: Format,
    /// File to write to instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Exits with 1 unless every change is substantiated and no criterion of the population is unmet
    #[arg(long)]
    pub(super) gate: bool,
    /// Gate: at most N unmet changes for each control; SCOPE is FRAMEWORK, FRAMEWORK/CONTROL, requires or supports; may be given again
    #[arg(long, value_name = "[SCOPE=]N", value_parser = Threshold::parse)]
    pub(super) max_unmet: Vec<Threshold>,
    /// Gate: at most N unproven changes for each control
    #[arg(long, value_name = "[SCOPE=]N", value_parser = Threshold::parse)]
    pub(super) max_unproven: Vec<Threshold>,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Sigstore bundle, DSSE envelope, or a collection of them (JSON or JSON Lines)
    #[arg(value_name = "BUNDLE")]
    pub(super) bundle: PathBuf,
    /// What they must be about: files, or digests such as sha256:HEX and gitCommit:HEX
    #[arg(value_name = "ARTIFACT")]
    pub(super) artifacts: Vec<String>,
    /// Trust root (trusted_root.json) in place of those that are built in; may be given again
    #[arg(long, value_name = "FILE")]
    pub(super) root: Vec<PathBuf>,
    /// Identity that must have signed, as the certificate names it
    #[arg(long, value_name = "NAME")]
    pub(super) identity: Option<String>,
    /// Issuer that must have vouched for the identity
    #[arg(long, value_name = "URL")]
    pub(super) issuer: Option<String>,
    /// Public key or certificate in PEM that must have signed; may be given again
    #[arg(long, value_name = "FILE")]
    pub(super) key: Vec<PathBuf>,
    /// How many of the keys must have signed an envelope; signatures by others are then passed over
    #[arg(long, value_name = "N", requires = "key")]
    pub(super) threshold: Option<usize>,
    /// Refuses what was signed after this moment
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub(super) now: Option<Moment>,
    /// Shape of the output
    #[arg(long, value_enum, default_value_t = Shape::Table)]
    pub(super) format: Shape,
}

/// What a population is frozen from.
#[derive(Debug, Args)]
pub(super) struct Drawing {
    #[command(flatten)]
    pub(super) input: Input,
    /// Policy to use instead of the bundle's lacuna.toml
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// Start of the period, inclusive: YYYY-MM-DD or RFC 3339
    #[arg(long, value_name = "DATE", value_parser = stated)]
    pub(super) from: Option<Stated>,
    /// End of the period, exclusive
    #[arg(long, value_name = "DATE", value_parser = stated)]
    pub(super) to: Option<Stated>,
    /// Zone of dates that state none: UTC, or an offset such as +02:00 [default: the policy's, else UTC]
    #[arg(long, value_name = "ZONE", value_parser = zone, allow_hyphen_values = true)]
    pub(super) zone: Option<Zone>,
    /// Date of a change that decides whether it is in the period: merge or deployment [default: the policy's, else merge]
    #[arg(long, value_name = "DATE", value_parser = effective)]
    pub(super) effective: Option<Effective>,
    /// What "now" is [default: the latest time in the evidence]
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub(super) now: Option<Moment>,
    /// Refuses to go on unless the population has this digest
    #[arg(long, value_name = "SHA256")]
    pub(super) expect_population: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Population {
    #[command(flatten)]
    pub(super) drawing: Drawing,
    /// Shape of the output
    #[arg(long, value_enum, default_value_t = ListShape::Table)]
    pub(super) format: ListShape,
}

#[derive(Debug, Args)]
pub(super) struct Duties {
    #[command(flatten)]
    pub(super) drawing: Drawing,
    /// Shape of the output
    #[arg(long, value_enum, default_value_t = DutiesShape::Table)]
    pub(super) format: DutiesShape,
}

/// The shapes of duties.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum DutiesShape {
    /// For people
    Table,
    /// lacuna.duties/v1
    Json,
    /// One row for each change, duty and holder
    Csv,
}

#[derive(Debug, Args)]
pub(super) struct Sample {
    #[command(flatten)]
    pub(super) drawing: Drawing,
    /// Whole number that decides the draw, with the population
    #[arg(long, value_name = "NUMBER")]
    pub(super) seed: u64,
    /// Changes to draw
    #[arg(long, value_name = "COUNT")]
    pub(super) size: Option<usize>,
    /// How they are drawn
    #[arg(long, value_enum, default_value_t = MethodName::Simple)]
    pub(super) method: MethodName,
    /// What the strata of a stratified sample are
    #[arg(long, value_enum, default_value_t = By::Ai)]
    pub(super) by: By,
    /// Draws only from what a query names (docs/query.md)
    #[arg(long, value_name = "QUERY")]
    pub(super) filter: Option<String>,
    /// Takes the size that is conventional for how often the control works
    #[arg(long, value_enum, conflicts_with = "size")]
    pub(super) frequency: Option<FrequencyName>,
    /// How much rests on the control, for --frequency
    #[arg(long, value_enum, default_value_t = RiskName::Moderate)]
    pub(super) risk: RiskName,
    /// Computes the size: confidence, such as 0.95
    #[arg(long, value_name = "RATE", conflicts_with_all = ["size", "frequency"])]
    pub(super) confidence: Option<f64>,
    /// Computes the size: tolerable rate of deviations, such as 0.05
    #[arg(long, value_name = "RATE", requires = "confidence")]
    pub(super) tolerable: Option<f64>,
    /// Computes the size: expected rate of deviations
    #[arg(long, value_name = "RATE", default_value_t = 0.0)]
    pub(super) expected: f64,
    /// Shape of the output
    #[arg(long, value_enum, default_value_t = Shape::Table)]
    pub(super) format: Shape,
}

#[derive(Debug, Args)]
pub(super) struct Evaluate {
    /// Items that were tested
    #[arg(long, value_name = "COUNT")]
    pub(super) size: u64,
    /// Items that deviate
    #[arg(long, value_name = "COUNT")]
    pub(super) deviations: u64,
    /// Size of the population, where it is to count
    #[arg(long, value_name = "COUNT")]
    pub(super) population: Option<u64>,
    /// Confidence
    #[arg(long, value_name = "RATE", default_value_t = 0.95)]
    pub(super) confidence: f64,
    /// Tolerable rate of deviations
    #[arg(long, value_name = "RATE", default_value_t = 0.05)]
    pub(super) tolerable: f64,
    /// Shape of the output
    #[arg(long, value_enum, default_value_t = Shape::Table)]
    pub(super) format: Shape,
}

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Reads a policy as an assessment would, and says what is wrong with it
    Check(PolicyCheck),
    /// Writes the default policy, with every key explained, and what a bundle holds in comments
    Init(PolicyInit),
    /// Prints the JSON Schema of the policy file
    Schema,
}

#[derive(Debug, Args)]
pub(super) struct PolicyCheck {
    /// The policy file
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// Shape of the output
    #[arg(long, value_enum, default_value_t = Shape::Table)]
    pub(super) format: Shape,
}

#[derive(Debug, Args)]
pub(super) struct PolicyInit {
    /// Files, folders and archives whose repositories, branches, period and machines to propose
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// File to write to instead of standard output; one that is there is left alone
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum WorkpaperCommand {
    /// Holds a paper against itself, and against its bundle: exits with 0 intact, 1 something does not hold
    Verify(PaperVerify),
    /// Writes what a paper says now
    Show(PaperShow),
    /// Merges two people's states of one paper: exits with 1 where something is left to settle
    Merge(PaperMerge),
}

#[derive(Debug, Args)]
pub(super) struct PaperVerify {
    /// The workpaper
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) drawing: PaperBundle,
    /// Hash of an entry that somebody kept: the paper must still have it
    #[arg(long, value_name = "SHA256")]
    pub(super) head: Option<String>,
    /// Shape of the output
    #[arg(long, value_enum, default_value_t = Shape::Table)]
    pub(super) format: Shape,
}

/// The bundle that a paper is held against.
#[derive(Debug, Args)]
pub(super) struct PaperBundle {
    /// Files, folders and archives of its bundle: samples are drawn again, the tool is asked again
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub(super) bundle: Vec<PathBuf>,
    /// Policy to use instead of the bundle's lacuna.toml
    #[arg(long, value_name = "FILE", requires = "bundle")]
    pub(super) policy: Option<PathBuf>,
    /// Trust root, public key or certificate, beside those built in; may be given again
    #[arg(long, value_name = "FILE", requires = "bundle")]
    pub(super) trust: Vec<PathBuf>,
    /// Start of the period, inclusive: YYYY-MM-DD or RFC 3339
    #[arg(long, value_name = "DATE", value_parser = stated, requires = "bundle")]
    pub(super) from: Option<Stated>,
    /// End of the period, exclusive
    #[arg(long, value_name = "DATE", value_parser = stated, requires = "bundle")]
    pub(super) to: Option<Stated>,
    /// What "now" is [default: the latest time in the evidence]
    #[arg(long, value_name = "DATE", value_parser = moment, requires = "bundle")]
    pub(super) now: Option<Moment>,
}

#[derive(Debug, Args)]
pub(super) struct PaperShow {
    /// The workpaper
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// Shape of the output
    #[arg(long, value_enum, default_value_t = PageShape::Table)]
    pub(super) format: PageShape,
}

#[derive(Debug, Args)]
pub(super) struct PaperMerge {
    /// One state of the paper
    #[arg(value_name = "A")]
    pub(super) first: PathBuf,
    /// The other state
    #[arg(value_name = "B")]
    pub(super) second: PathBuf,
    /// File to write
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: PathBuf,
    /// Who merges
    #[arg(long, value_name = "NAME", default_value = "lacuna workpaper merge")]
    pub(super) by: String,
    /// Shape of the output
    #[arg(long, value_enum, default_value_t = Shape::Table)]
    pub(super) format: Shape,
}

/// The shapes of a workpaper.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum PageShape {
    /// For people
    Table,
    /// lacuna.workpaper-state/v1
    Json,
    /// A page to print
    Html,
}

#[derive(Debug, Args)]
pub(super) struct Compare {
    /// File, folder or archive of the first side, or an assessment exported as JSON
    #[arg(value_name = "BEFORE")]
    pub(super) before: PathBuf,
    /// File, folder or archive of the second side, or an assessment exported as JSON
    #[arg(value_name = "AFTER")]
    pub(super) after: PathBuf,
    /// Framework to compare; may be given again [default: all]
    #[arg(long, value_name = "ID")]
    pub(super) framework: Vec<String>,
    /// Policy of both sides
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// Policy of the second side, where it is another one
    #[arg(long, value_name = "FILE")]
    pub(super) policy_b: Option<PathBuf>,
    /// Trust root, public key or certificate, beside those built in; may be given again
    #[arg(long, value_name = "FILE")]
    pub(super) trust: Vec<PathBuf>,
    /// Start of the period
    #[arg(long, value_name = "DATE", value_parser = stated)]
    pub(super) from: Option<Stated>,
    /// End of the period, exclusive
    #[arg(long, value_name = "DATE", value_parser = stated)]
    pub(super) to: Option<Stated>,
    /// Start of the second side's period, where it is another one
    #[arg(long, value_name = "DATE", value_parser = stated)]
    pub(super) from_b: Option<Stated>,
    /// End of the second side's period, exclusive
    #[arg(long, value_name = "DATE", value_parser = stated)]
    pub(super) to_b: Option<Stated>,
    /// Shape of the output
    #[arg(long, value_enum, default_value_t = Shape::Table)]
    pub(super) format: Shape,
}

/// The shapes of a population.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ListShape {
    /// For people
    Table,
    /// lacuna.population/v1
    Json,
    /// The very bytes that the digest is over
    Listing,
}

/// The methods of drawing.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum MethodName {
    /// Every change has the same chance
    Simple,
    /// Every n-th by date, from a random start
    Systematic,
    /// Each stratum by its share
    Stratified,
    /// What --filter names, in random order
    Targeted,
    /// By changed lines
    Lines,
}

/// What strata are made by.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum By {
    /// AI involvement
    Ai,
    /// Month of the merge
    Month,
    /// Repository
    Repository,
    /// Where it stands between paper and evidence
    Standing,
    /// Labels of the sensitive paths that it touches
    Sensitive,
    /// Whether its author merged it
    SelfMerge,
    /// Whether its size or paths make it risky
    Risk,
    /// Whether it is marked as urgent
    Emergency,
}

/// How often a control works.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum FrequencyName {
    /// Many times a day
    ManyDaily,
    /// Once a day
    Daily,
    /// Once a week
    Weekly,
    /// Once a month
    Monthly,
    /// Once a quarter
    Quarterly,
    /// Once a year
    Annual,
}

/// How much rests on a control.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum RiskName {
    /// Little
    Low,
    /// The ordinary
    Moderate,
    /// Much
    High,
}

#[derive(Debug, Args)]
pub(super) struct Frameworks {
    /// Shape of the output
    #[arg(long, value_enum, default_value_t = Shape::Table)]
    pub(super) format: Shape,
}

/// The shapes of a listing.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Shape {
    /// For people
    Table,
    /// For programs
    Json,
}

/// The shapes of an assessment.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Format {
    /// For the terminal
    Table,
    /// lacuna.assessment/v1
    Json,
    /// One row for each change and criterion
    Csv,
    /// A self-contained report
    Html,
}

fn moment(text: &str) -> Result<Moment, String> {
    Moment::parse(text)
        .ok_or_else(|| "expected a date such as 2026-07-01, or a time such as 2026-07-01T00:00:00Z".into())
}

fn stated(text: &str) -> Result<Stated, String> {
    Stated::parse(text)
        .ok_or_else(|| "expected a date such as 2026-07-01, or a time such as 2026-07-01T00:00:00Z".into())
}

fn zone(text: &str) -> Result<Zone, String> {
    Zone::parse(text).ok_or_else(|| "expected UTC or an offset such as +02:00".into())
}

fn effective(text: &str) -> Result<Effective, String> {
    Effective::from_word(text).ok_or_else(|| "expected merge or deployment".into())
}

fn limit(text: &str) -> Result<(String, u64), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    let value = value.parse().map_err(|error| format!("{value:?} is no whole number: {error}"))?;
    Ok((name.to_owned(), value))
}
