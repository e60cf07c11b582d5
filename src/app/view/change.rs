//! One change: who answers for it, what was tested with which reason, and the record beside the verdict.

use leptos::prelude::*;

use super::duties;
use super::statement::{of_change, steps};
use crate::app::state::App;
use crate::app::text::{count, dotted, number, visible};
use crate::app::ui::record::{evidence, is_open, record};
use crate::app::ui::{awaited, chip, copy, mark, pair, panel, refused, text_pair, verdict};
use crate::model::Verdict;
use crate::protocol::{CauseRow, ChainStep, ChangeDetail, Reply, VerdictRow};
use crate::query::route::{Route, View};

/// The screen.
pub fn change(app: App) -> AnyView {
    let wanted = Memo::new(move |_| app.route.with(|route| route.change.clone()));
    (move || {
        let wanted = wanted.get();
        app.change.with(|slot| match slot.as_deref() {
            Some(Reply::Change(detail)) if detail.row.id == wanted => shown(app, detail),
            Some(Reply::Failed(fact)) => {
                view! { {back(app)}<h1 tabindex="-1">"Change"</h1>{refused(fact)} }.into_any()
            }
            _ => view! { <h1 tabindex="-1">"Change"</h1>{awaited()} }.into_any(),
        })
    })
    .into_any()
}

fn shown(app: App, detail: &ChangeDetail) -> AnyView {
    let row = &detail.row;
    let title = if row.title.is_empty() { "(no title)".to_owned() } else { visible(&row.title) };
    view! {
        {crumbs(app, detail)}
        <div class="head">
            <div>
                <h1 tabindex="-1"><bdi>{title}</bdi></h1>
                {facts(detail)}
            </div>
            {chip(row.standing.verdict(), row.standing.words())}
        </div>
        {chain(app, &detail.chain)}
        <div class="split">
            <div class="grid">{causes(&detail.causes)} {tested(app, &detail.verdicts)} {duties::of_change(app, &detail.duties)} {of_change(&detail.statements)}
                {detail.commit_signature.as_ref().map(|(state, rows)| panel("Signature of the merge commit", state.word(), "", steps(rows)))}</div>
            {record(app)}
        </div>
    }
    .into_any()
}

fn back(app: App) -> AnyView {
    let route = app.route.get_untracked();
    let list = Route { sort: route.sort, ..Route::changes(route.query) };
    view! { <a class="door" href=list.fragment()>"Changes"</a> }.into_any()
}

fn crumbs(app: App, detail: &ChangeDetail) -> AnyView {
    let query = app.route.with_untracked(|route| visible(&route.query));
    let query = if query.is_empty() { "all".to_owned() } else { query };
    let place = if detail.position > 0 {
        [&number(detail.position.into()), " of ", &number(detail.of.into())].concat()
    } else {
        "not in this query".to_owned()
    };
    let step = |is_next: bool, words: &'static str| match neighbour_of(app, detail, is_next) {
        Some(route) => view! { <a class="door" href=route.fragment()>{words}</a> }.into_any(),
        None => view! { <span class="muted">{words}</span> }.into_any(),
    };
    view! {
        <nav class="crumbs" aria-label="Where this is">
            {back(app)} <span class="mono">{query}</span> <span class="num">{place}</span>
            {step(false, "‹ previous")} {step(true, "next ›")}
        </nav>
    }
    .into_any()
}

fn neighbour_of(app: App, detail: &ChangeDetail, is_next: bool) -> Option<Route> {
    let route = app.route.get_untracked();
    let id = if is_next { detail.next.clone() } else { detail.previous.clone() };
    id.map(|change| Route { change, record: None, ..route })
}

fn facts(detail: &ChangeDetail) -> AnyView {
    let row = &detail.row;
    let name = dotted_name(&row.repository, &row.number);
    let merged = if row.merged_at.is_empty() {
        "merge time not known".to_owned()
    } else {
        ["merged ", &visible(&row.merged_at), " UTC"].concat()
    };
    let lines = row.lines.map_or(String::new(), |lines| {
        let by_ai = detail
            .ai_lines
            .map_or(String::new(), |lines| [", ", &number(lines), " of them AI-written"].concat());
        count(lines, "line") + &by_ai
    });
    let files = detail.files.map_or(String::new(), |files| count(files, "file"));
    let touches = if detail.sensitive.is_empty() {
        String::new()
    } else {
        ["touches ", &visible(&detail.sensitive.join(", "))].concat()
    };
    let words = dotted(&[merged, visible(&detail.method), lines, files, touches]);
    let commit = |term: &'static str, hash: &str| {
        (!hash.is_empty()).then(|| {
            let label = [term, " hash"].concat();
            pair(term, view! { <span class="mono">{visible(hash)}</span>{copy(hash, &label)} }.into_any())
        })
    };
    let url = (!detail.url.is_empty()).then(|| {
        let text = view! { <span class="mono">{visible(&detail.url)}</span>{copy(&detail.url, "address")} };
        pair("Address", text.into_any())
    });
    let labels = (!detail.labels.is_empty()).then(|| text_pair("Labels", &detail.labels.join(", ")));
    view! {
        <p class="sub"><span class="mono">{name}</span> " · " {words}</p>
        <details class="ids-of-change">
            <summary>"Commits and address"</summary>
            <dl class="kv">
                {commit("Merge commit", &detail.merge_commit)} {commit("Last revision", &detail.head)} {url}
                {text_pair("Author", &row.author)} {text_pair("AI", row.ai.word())}
                {labels}
            </dl>
        </details>
        {relations(detail)}
    }
    .into_any()
}

/// Says what the change undoes or repeats, and to which systems of the policy it belongs.
fn relations(detail: &ChangeDetail) -> AnyView {
    let repeats = detail.repeats.iter().map(|(words, name, id)| {
        let name = visible(name);
        let other = if id.is_empty() {
            view! { <span class="mono">{name}</span>" (not in the bundle)" }.into_any()
        } else {
            let route = Route { change: id.clone(), ..Route::to(View::Change) };
            view! { <a href=route.fragment() class="mono">{name}</a> }.into_any()
        };
        view! { <p class="sub">{["It ", words, " "].concat()}{other}</p> }
    });
    let systems = detail.systems.iter().map(|(tag, why)| {
        view! { <p class="sub"><span class="mono">{visible(tag)}</span>{[": ", &visible(why)].concat()}</p> }
    });
    view! { {repeats.collect_view()} {systems.collect_view()} }.into_any()
}

fn dotted_name(repository: &str, number: &str) -> String {
    let separator = if repository.is_empty() { "" } else { " " };
    [&visible(repository), separator, &visible(number)].concat()
}

fn chain(app: App, steps: &[ChainStep]) -> AnyView {
    if steps.is_empty() {
        return ().into_any();
    }
    let steps = steps.iter().map(|step| link(app, step)).collect_view();
    panel(
        "Chain of accountability",
        "times in UTC, each with how it is known",
        "",
        view! { <ol class="chain">{steps}</ol> }.into_any(),
    )
}

fn link(app: App, step: &ChainStep) -> AnyView {
    let shape = if step.is_machine { "dot machine " } else { "dot " };
    let kind = if step.is_machine { "machine" } else { "person" };
    let record = step.evidence.as_ref().map(|row| evidence(app, row));
    let state = (step.verdict != Verdict::Met).then(|| mark(step.verdict));
    let initials = if step.initials.is_empty() { "?".to_owned() } else { visible(&step.initials) };
    let spoken = [" (", kind, ", ", step.verdict.word(), ")"].concat();
    view! {
        <li class="step">
            <span class=[shape, step.verdict.slug()].concat() aria-hidden="true">{initials}</span>
            <b>{visible(&step.role)}</b>
            <span>{state}<bdi>{visible(&step.who)}</bdi><span class="unseen">{spoken}</span></span>
            <small>{visible(&step.when)}</small>
            <small>{visible(&step.note)}</small>
            {record}
        </li>
    }
    .into_any()
}

/// What several criteria find for one reason, each once.
fn causes(rows: &[CauseRow]) -> Option<AnyView> {
    let row = |row: &CauseRow| {
        view! {
            <li>
                {verdict(row.verdict)}
                <div>
                    <p class="reason">{visible(&row.text)}</p>
                    <p class="muted mono">{row.criteria.join(", ")}</p>
                </div>
            </li>
        }
    };
    let shown = rows.iter().map(row).collect_view();
    let body = view! { <ol class="crit">{shown}</ol> };
    (!rows.is_empty())
        .then(|| panel("For one reason", "criteria that would change together", "", body.into_any()))
}

fn tested(app: App, rows: &[VerdictRow]) -> AnyView {
    let of = |verdict: Verdict| rows.iter().filter(|row| row.verdict == verdict).count() as u64;
    let counted: Vec<String> = [Verdict::Unmet, Verdict::Unproven, Verdict::Excepted, Verdict::Met]
        .into_iter()
        .filter(|verdict| of(*verdict) > 0)
        .map(|verdict| [&number(of(verdict)), " ", verdict.word()].concat())
        .collect();
    let (aside, shown): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.verdict == Verdict::NotApplicable);
    let shown = shown.into_iter().map(|row| criterion(app, row)).collect_view();
    let aside = (!aside.is_empty()).then(|| {
        let summary = [&number(aside.len() as u64), " not applicable"].concat();
        let rows = aside.into_iter().map(|row| criterion(app, row)).collect_view();
        view! { <details><summary>{summary}</summary><ol class="crit">{rows}</ol></details> }
    });
    let body = view! { <ol class="crit">{shown}</ol>{aside} };
    panel("What was tested", &dotted(&counted), "", body.into_any())
}

fn criterion(app: App, row: &VerdictRow) -> AnyView {
    let addresses: Vec<_> = row.evidence.iter().map(|row| row.address.clone()).collect();
    let is_selected = move || addresses.iter().any(|address| is_open(app, address));
    let records = row.evidence.iter().map(|row| evidence(app, row)).collect_view();
    let closes = (!row.closes.is_empty())
        .then(|| view! { <p class="closes">"Would close it: " {visible(&row.closes)}</p> });
    view! {
        <li class=("sel", is_selected)>
            {verdict(row.verdict)}
            <div>
                <p class="name">{visible(&row.claim)}</p>
                <p class="reason">{visible(&row.reason)}</p>
                {closes}
                <div class="records">{records}{rule(row)}</div>
            </div>
        </li>
    }
    .into_any()
}

/// The criterion's id, how it is known, its inputs and the controls that it bears on.
fn rule(row: &VerdictRow) -> AnyView {
    let inputs = row
        .inputs
        .iter()
        .map(|(label, value)| view! { <div><dt>{visible(label)}</dt><dd class="num">{visible(value)}</dd></div> })
        .collect_view();
    let controls = row
        .controls
        .iter()
        .map(|(framework, control)| view! { <li>{visible(framework)} " " <span class="mono">{visible(control)}</span></li> })
        .collect_view();
    let known = (!row.capture.is_empty()).then(|| text_pair("Known by", &row.capture));
    let controls = (!row.controls.is_empty())
        .then(|| pair("Bears on", view! { <ul class="ids">{controls}</ul> }.into_any()));
    let find = Route::changes([&row.criterion, ":", row.verdict.slug()].concat()).fragment();
    let words = [row.verdict.word(), " elsewhere too"].concat();
    let id =
        view! { <span class="mono">{row.criterion.clone()}</span> " " <a class="door" href=find>{words}</a> };
    let summary = if row.inputs.is_empty() { "Rule and controls" } else { "Formula and inputs" };
    view! {
        <details class="rule">
            <summary>{summary}</summary>
            <dl class="kv">{pair("Rule", id.into_any())} {known} {inputs} {controls}</dl>
        </details>
    }
    .into_any()
}
