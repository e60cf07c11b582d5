//! The overview: one sentence answers, the funnel explains it, the tables act on it.

use leptos::prelude::*;

use crate::app::state::App;
use crate::app::text::{count, number, percent, visible, width};
use crate::app::ui::figure::figure;
use crate::app::ui::{awaited, chip, door, empty, heading, mark, panel, refused, words_door};
use crate::model::Verdict;
use crate::protocol::{
    Closer, FactRow, FrameworkRow, FunnelRow, Gap, MonthRow, Overview, PopulationRow, Reply, Standing,
};
use crate::query::route::{Route, View};

/// Rows of a table that are shown at once; the rest is a press away.
const AT_ONCE: usize = 8;

/// The screen.
pub fn overview(app: App) -> AnyView {
    (move || {
        app.overview.with(|slot| match slot.as_deref() {
            Some(Reply::Overview(overview)) => shown(overview),
            Some(Reply::Failed(fact)) => refused(fact),
            _ => view! { <h1 tabindex="-1">"Overview"</h1>{awaited()} }.into_any(),
        })
    })
    .into_any()
}

fn shown(overview: &Overview) -> AnyView {
    let gap = &overview.gap;
    if gap.merged == 0 {
        return nothing(overview);
    }
    view! {
        {heading(headline(gap), sub())}
        <div class="grid">
            {panel("The attestation gap", "", "gap", hero(overview))}
            <div class="halves">
                <div class="grid">
                    {frameworks(&overview.frameworks)} {trend(overview)} {ai(overview)}
                    {population(&overview.population, overview.holes)}
                </div>
                <div class="grid">{closers(&overview.closers, &overview.gap)} {facts(&overview.facts)}</div>
            </div>
        </div>
    }
    .into_any()
}

fn sub() -> AnyView {
    view! {
        "What the approval record says against what the evidence shows, step by step. Each number opens its changes. Solid: proven so far. Pale: nothing against it so far. Hatched: contradicted at this step."
    }
    .into_any()
}

fn nothing(overview: &Overview) -> AnyView {
    let remedy = view! {
        <p>"Changes come from exports of pull requests, or from a git bundle of the branch. Files and problems say what was read and what was not."</p>
        <p class="buttons">
            <a class="button" href=Route::to(View::Files).fragment()>"See the files"</a>
            <a class="button" href=Route::to(View::Problems).fragment()>"See the problems"</a>
        </p>
    };
    view! {
        {heading("No merged change in this bundle".to_owned(), ().into_any())}
        {empty("Nothing here says that a change was merged.", remedy.into_any())}
        <div class="halves">{population(&overview.population, overview.holes)}{facts(&overview.facts)}</div>
    }
    .into_any()
}

fn headline(gap: &Gap) -> String {
    let lost = gap.contradicted + gap.unevidenced;
    let of = [" of ", &count(gap.merged, "change")].concat();
    if gap.on_paper == 0 {
        let unknown = gap.paper_unknown == gap.merged;
        let words = if unknown { "Nothing shows an approval: " } else { "Approved on paper: " };
        let number = if unknown { number(gap.merged) } else { "0".to_owned() };
        return [words, &number, &of].concat();
    }
    if lost == 0 {
        return ["Every approval is substantiated: ", &number(gap.substantiated), &of].concat();
    }
    ["Approved on paper, not substantiated: ", &number(lost), &of].concat()
}

fn hero(overview: &Overview) -> AnyView {
    let gap = &overview.gap;
    let lost = gap.contradicted + gap.unevidenced;
    let look = match (gap.contradicted, gap.unevidenced) {
        // Where nothing is approved on paper, nothing could be lost: no share of it means anything.
        _ if gap.on_paper == 0 => Verdict::Unproven,
        (0, 0) => Verdict::Met,
        (0, _) => Verdict::Unproven,
        _ => Verdict::Unmet,
    };
    let share = if gap.on_paper == 0 {
        view! { <p class=["big ", look.slug()].concat()><span aria-hidden="true">"–"</span><span class="unseen">"No "</span></p> }.into_any()
    } else {
        view! { <p class=["big ", look.slug()].concat()>{percent(lost, gap.merged).to_string()} " %"</p> }
            .into_any()
    };
    let line = |standing: Standing, amount: u64, words: &'static str| {
        let query = ["standing:", standing.slug()].concat();
        view! { <li>{mark(standing.verdict())}{door(amount, &query, words)} " " {words}</li> }
    };
    let unknown = (gap.paper_unknown > 0)
        .then(|| line(Standing::Unknown, gap.paper_unknown, "without any record of approval either way"));
    let unapproved = gap.merged.saturating_sub(gap.on_paper + gap.paper_unknown);
    let unapproved =
        (unapproved > 0).then(|| line(Standing::Unapproved, unapproved, "merged without approval"));
    view! {
        <div class="hero">
            <div>
                {share}
                <p class="big-words">
                    "attestation gap"<br/>
                    <span class="muted">
                        {number(gap.on_paper)} " approved on paper, " {number(gap.substantiated)} " of them substantiated"
                    </span>
                </p>
                <ul class="standings">
                    {line(Standing::Substantiated, gap.substantiated, "substantiated")}
                    {line(Standing::Contradicted, gap.contradicted, "contradicted by evidence")}
                    {line(Standing::Unevidenced, gap.unevidenced, "unevidenced: nothing shows it either way")}
                    {unapproved}
                    {unknown}
                </ul>
            </div>
            {funnel(&overview.funnel)}
        </div>
    }
    .into_any()
}

fn funnel(rows: &[FunnelRow]) -> AnyView {
    let whole = rows.first().map_or(1, |row| row.uncontradicted.max(row.proven)).max(1);
    let mut before = whole;
    let rows = rows
        .iter()
        .map(|row| {
            let view = step(row, before, whole);
            before = row.uncontradicted;
            view
        })
        .collect_view();
    view! { <ol class="funnel" aria-label="From merged to substantiated">{rows}</ol> }.into_any()
}

fn step(row: &FunnelRow, before: u64, whole: u64) -> AnyView {
    let lost = row
        .lost
        .iter()
        .enumerate()
        .map(|(at, lost)| {
            let separator = (at > 0).then_some(" · ");
            let class = ["why ", lost.verdict.slug()].concat();
            let text = visible(&lost.text);
            let link = if lost.query.is_empty() {
                view! { <span>{text}</span> }.into_any()
            } else {
                view! { <a class="door" href=Route::changes(lost.query.clone()).fragment()>{text}</a> }
                    .into_any()
            };
            view! { {separator}<span class=class>{mark(lost.verdict)}{link}</span> }
        })
        .collect_view();
    let silence =
        (!row.silence.is_empty()).then(|| view! { <span class="silence">{visible(&row.silence)}</span> });
    let words = [" changes: ", &visible(&row.title)].concat();
    view! {
        <li>
            <span class="l">{visible(&row.title)}</span>
            <span
                class="track"
                aria-hidden="true"
                style:--proven=width(row.proven, whole)
                style:--may=width(row.uncontradicted, whole)
                style:--before=width(before, whole)
            >
                <i class="lost"></i>
                <i class="may"></i>
                <i class="bar"></i>
            </span>
            <span class="n">{door(row.proven, &row.query, &words)}</span>
            <span class="whys">{lost}{silence}</span>
        </li>
    }
    .into_any()
}

fn frameworks(rows: &[FrameworkRow]) -> AnyView {
    let rows = rows
        .iter()
        .map(|row| {
            let all = row.met + row.unmet + row.unproven + row.excepted + row.not_applicable;
            let route = Route { framework: row.id.clone(), ..Route::to(View::Matrix) };
            let words = [
                &number(row.met),
                " met, ",
                &number(row.unmet),
                " with deviations, ",
                &number(row.unproven),
                " unproven",
            ]
            .concat();
            view! {
                <li>
                    <a class="door" href=route.fragment()>{visible(&row.name)}</a>
                    <span
                        class="seg"
                        aria-hidden="true"
                        style:--met=width(row.met + row.excepted, all)
                        style:--unmet=width(row.unmet, all)
                        style:--unproven=width(row.unproven, all)
                    >
                        <i class="met"></i>
                        <i class="unmet"></i>
                        <i class="unproven"></i>
                    </span>
                    <span class="muted num" title=words.clone()>
                        <span aria-hidden="true">
                            {number(row.met)} " · " {number(row.unmet)} " · " {number(row.unproven)}
                        </span>
                        <span class="unseen">{words.clone()}</span>
                    </span>
                </li>
            }
        })
        .collect_view();
    panel(
        "Controls by framework",
        "met · deviations · unproven",
        "",
        view! { <ul class="fw">{rows}</ul> }.into_any(),
    )
}

fn closers(rows: &[Closer], gap: &Gap) -> AnyView {
    if rows.is_empty() {
        let nothing = if gap.on_paper == 0 {
            "Counted over what is approved on paper, and no change is. Exports of pull requests with their reviews show approvals."
        } else {
            "Nothing is open."
        };
        return panel("What closes the most", "", "", view! { <p class="muted">{nothing}</p> }.into_any());
    }
    let line = |row: &Closer| {
        let href = Route::changes(row.query.clone()).fragment();
        view! {
            <tr>
                <td>{visible(&row.text)}</td>
                <td class="r">
                    <a class="door" href=href>{chip(row.verdict, &count(row.changes, "change"))}</a>
                </td>
                <td class="r num">{number(row.controls)}</td>
            </tr>
        }
    };
    let table = |rows: &[Closer]| {
        let rows = rows.iter().map(line).collect_view();
        view! {
            <table class="closers">
                <thead>
                    <tr>
                        <th scope="col">"Do this"</th>
                        <th scope="col" class="r">"closes it for"</th>
                        <th scope="col" class="r">"controls"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    let (first, rest) = rows.split_at(rows.len().min(AT_ONCE));
    panel(
        "What closes the most",
        "",
        "",
        view! { {table(first)}{more(rest.len(), || table(rest))} }.into_any(),
    )
}

/// What goes beyond the first few, a press away.
fn more(amount: usize, rest: impl FnOnce() -> AnyView) -> AnyView {
    if amount == 0 {
        return ().into_any();
    }
    let summary = [&number(amount as u64), " more"].concat();
    view! { <details class="more"><summary>{summary}</summary>{rest()}</details> }.into_any()
}

fn trend(overview: &Overview) -> AnyView {
    if overview.months.is_empty() {
        return ().into_any();
    }
    let label =
        "Share of changes approved on paper and substantiated, by month; the table below has the numbers";
    let nothing = (overview.gap.on_paper == 0)
        .then(|| view! { <p class="muted">"No change is approved on paper in any month."</p> });
    let body = view! { {nothing}{figure(&overview.trend_svg, label)}{months(&overview.months)} };
    panel("By month", "on paper · substantiated", "", body.into_any())
}

fn months(rows: &[MonthRow]) -> AnyView {
    let rows = rows
        .iter()
        .map(|row| {
            let query = ["month:", &row.month].concat();
            let on_paper = [&query, " paper:met"].concat();
            let substantiated = [&query, " standing:substantiated"].concat();
            let (took_part, unknown) = ([&query, " is:ai"].concat(), [&query, " ai:unknown"].concat());
            view! {
                <tr>
                    <th scope="row">{row.month.clone()}</th>
                    <td class="r">{door(row.merged, &query, "merged")}</td>
                    <td class="r">{door(row.on_paper, &on_paper, "approved on paper")}</td>
                    <td class="r">{door(row.substantiated, &substantiated, "substantiated")}</td>
                    <td class="r">{door(row.ai, &took_part, "in which AI took part")}</td>
                    <td class="r">{door(row.ai_unknown, &unknown, "with AI's part unknown")}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <details>
            <summary>"As a table"</summary>
            <div class="scroll" role="region" aria-label="Changes by month" tabindex="0">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Month"</th>
                            <th scope="col" class="r">"Merged"</th>
                            <th scope="col" class="r">"On paper"</th>
                            <th scope="col" class="r">"Substantiated"</th>
                            <th scope="col" class="r">"AI took part"</th>
                            <th scope="col" class="r">"AI unknown"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}

fn ai(overview: &Overview) -> AnyView {
    if overview.ai.is_empty() {
        return ().into_any();
    }
    let rows = overview
        .ai
        .iter()
        .map(|(state, amount, query)| {
            let class = ["ai ", state.word()].concat();
            view! { <li><span class=class>{state.word()}</span>{door(*amount, query, "changes")}</li> }
        })
        .collect_view();
    let body = view! {
        <ul class="pairs">{rows}</ul>
        {figure(&overview.ai_svg, "Share of changes in which AI took part, by month")}
        <p class="note">"Unknown is not none: nothing says whether AI took part."</p>
    };
    panel("AI's part", "as on record", "", body.into_any())
}

fn population(rows: &[PopulationRow], holes: u64) -> AnyView {
    if rows.is_empty() {
        return ().into_any();
    }
    let rows = rows
        .iter()
        .map(|row| view! { <li>{chip(row.verdict, row.verdict.word())}<span>{visible(&row.claim)}</span></li> })
        .collect_view();
    let holes = match holes {
        0 => "Reasons and records".to_owned(),
        some => [&count(some, "hole"), ", reasons and records"].concat(),
    };
    let body = view! {
        <ul class="verdicts">{rows}</ul>
        <p>
            <a class="door" href=Route::to(View::Population).fragment()>{holes}</a>
        </p>
    };
    panel("Is the list of changes whole?", "once for the bundle", "", body.into_any())
}

fn facts(rows: &[FactRow]) -> AnyView {
    if rows.is_empty() {
        return ().into_any();
    }
    let line = |row: &FactRow| {
        let of = (row.of > 0).then(|| [" of ", &number(row.of)].concat());
        let text = words_door(&row.text, &row.query, "");
        view! { <li><span class="num">{door(row.count, &row.query, &row.text)}{of}</span>{text}</li> }
    };
    let list = |rows: &[FactRow]| {
        let rows = rows.iter().map(line).collect_view();
        view! { <ul class="facts">{rows}</ul> }.into_any()
    };
    let (first, rest) = rows.split_at(rows.len().min(AT_ONCE));
    let body = view! { {list(first)}{more(rest.len(), || list(rest))} };
    panel("Worth knowing", "facts, no verdicts", "", body.into_any())
}
