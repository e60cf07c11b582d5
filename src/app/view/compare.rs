//! Two bundles, or two periods of one: what was measured differently first, then what became of changes, criteria and
//! controls.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, SubmitEvent};

use super::problems::filter_field;
use crate::app::state::App;
use crate::app::text::{count, dotted, number, short_hash, visible};
use crate::app::ui::list::{Spec, cell, list};
use crate::app::ui::{chip, empty, heading, mark, panel, text_pair, verdict};
use crate::app::{dom, engine, files};
use crate::compare::{Difference, Trend};
use crate::model::Verdict;
use crate::protocol::{ComparisonView, DifferenceOf, DifferenceRow, Reply, SideView};
use crate::query::route::{Route, View};

/// The screen.
pub fn compare(app: App) -> AnyView {
    let sub = "Another bundle, an assessment exported as JSON, or two periods of this bundle. The other side is read here and only its verdicts are kept.";
    let has_any = Memo::new(move |_| app.compared.with(|slot| comparison(slot.as_deref()).is_some()));
    view! {
        {heading("Compare".to_owned(), sub.into_any())}
        <div class="grid">{other(app)}{periods(app)}</div>
        <p class="muted comparing" role="status">{move || app.comparing.get()}</p>
        {move || app.compared.with(|slot| comparison(slot.as_deref()).map(|view| shown(app, view)))}
        {move || has_any.get().then(|| rows(app))}
    }
    .into_any()
}

fn comparison(reply: Option<&Reply>) -> Option<&ComparisonView> {
    match reply {
        Some(Reply::Comparison(Some(view))) => Some(view),
        _ => None,
    }
}

fn other(app: App) -> AnyView {
    let chosen = move |event: web_sys::Event| {
        let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let Some(field) = field {
            let (name, picked) = files::chosen(&field);
            engine::compare_files(app, name, &picked);
        }
    };
    let body = view! {
        <p>"It is the side before; the open bundle is the side after."</p>
        <div class="buttons">
            <label class="button">
                "Choose files…" <input class="unseen" type="file" multiple on:change=chosen/>
            </label>
        </div>
    };
    panel("With another bundle or an export", "", "", body.into_any())
}

fn periods(app: App) -> AnyView {
    let (from, to) = app.summary.with_untracked(|summary| (summary.from.clone(), summary.to.clone()));
    let field = |label: &'static str, id: &'static str, value: String| {
        let node = NodeRef::<leptos::html::Input>::new();
        let made = view! {
            <div class="field">
                <label for=id>{label}</label>
                <input id=id node_ref=node type="date" value=value/>
            </div>
        };
        (node, made.into_any())
    };
    let (first_from, a) = field("Before: from", "before-from", from);
    let (first_to, b) = field("Before: until, exclusive", "before-to", String::new());
    let (second_from, c) = field("After: from", "after-from", String::new());
    let (second_to, d) = field("After: until, exclusive", "after-to", String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let value = |node: NodeRef<leptos::html::Input>| {
            node.get_untracked().map(|input| input.value()).unwrap_or_default()
        };
        let (before, after) = ([value(first_from), value(first_to)], [value(second_from), value(second_to)]);
        if before == after {
            return app.comparing.set("The two periods are the same.".to_owned());
        }
        engine::compare_periods(app, before, after);
    };
    let last = (!to.is_empty()).then(|| [" The last change was merged on ", &to, "."].concat());
    let body = view! {
        <form on:submit=submit>
            <p class="muted">"By the time of the merge, in UTC; empty for no bound." {last}</p>
            <div class="fields">{a}{b}{c}{d}</div>
            <div class="buttons"><button type="submit" class="main">"Compare the periods"</button></div>
        </form>
    };
    panel("Two periods of this bundle", "", "", body.into_any())
}

fn shown(app: App, view: &ComparisonView) -> AnyView {
    let sentences = view
        .measured_differently
        .iter()
        .map(|sentence| view! { <li>{mark(Verdict::Unproven)}{visible(sentence)}</li> })
        .collect_view();
    let measured = if view.measured_differently.is_empty() {
        "Both sides were measured alike: the same engine, policy and packs.".into_any()
    } else {
        view! { <ul class="effect">{sentences}</ul> }.into_any()
    };
    let sides =
        view.sides.iter().zip(["Before", "After"]).map(|(own, title)| side(own, title)).collect_view();
    let look = match view.trend {
        Trend::Same => Verdict::NotApplicable,
        Trend::Better => Verdict::Met,
        Trend::Worse => Verdict::Unmet,
        Trend::Mixed => Verdict::Unproven,
    };
    view! {
        <div class="grid">
            {panel("What was measured differently", "", "", measured)}
            {panel("The sides", "", "", view! { <div class="sides">{sides}</div> }.into_any())}
            {panel(
                "What became of it",
                "",
                "",
                view! { <p>{chip(look, view.trend.words())}</p> {counts(app, view)} }.into_any(),
            )}
        </div>
    }
    .into_any()
}

fn side(side: &SideView, title: &'static str) -> AnyView {
    let digests = dotted(&[
        ["bundle ", &short_hash(&side.sha256)].concat(),
        ["policy ", &short_hash(&side.policy)].concat(),
    ]);
    view! {
        <section>
            <h3>{title} ": " {visible(&side.name)}</h3>
            <dl class="kv">
                {text_pair("Changes", &number(side.changes))}
                {text_pair("Period", &side.period)}
                {text_pair("SHA-256", &digests)}
                {text_pair("Engine", &side.engine)}
            </dl>
        </section>
    }
    .into_any()
}

/// The counts, each a door to its rows.
fn counts(app: App, view: &ComparisonView) -> AnyView {
    let count_of = |of: DifferenceOf, difference: Difference| {
        view.counts.iter().find(|row| (row.0, row.1) == (of, difference)).map_or(0, |row| row.2)
    };
    let rows = DifferenceOf::ALL
        .into_iter()
        .map(|of| {
            let cells = Difference::ALL
                .into_iter()
                .map(|difference| {
                    let amount = count_of(of, difference);
                    let route = Route { rows: (of, Some(difference)), ..Route::to(View::Compare) };
                    let label = [&number(amount), " ", of.slug(), " ", difference.words()].concat();
                    let is_here = move || app.route.with(|route| route.rows == (of, Some(difference))).then_some("true");
                    let body = if amount == 0 {
                        view! { <span class="muted">"0"</span> }.into_any()
                    } else {
                        view! {
                            <a class="num door" href=route.fragment() aria-label=label aria-current=is_here>{number(amount)}</a>
                        }
                        .into_any()
                    };
                    view! { <td class="num">{body}</td> }
                })
                .collect_view();
            let all = Route { rows: (of, None), ..Route::to(View::Compare) }.fragment();
            view! { <tr><th scope="row"><a class="door" href=all>{of.slug()}</a></th>{cells}</tr> }
        })
        .collect_view();
    let head = Difference::ALL
        .into_iter()
        .map(|difference| view! { <th scope="col" class="num">{difference.words()}</th> })
        .collect_view();
    view! {
        <div class="scroll">
            <table class="signers"><thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table>
        </div>
    }
    .into_any()
}

fn rows(app: App) -> AnyView {
    let counts = Memo::new(move |_| app.list.with(|list| (list.total, list.of)));
    let spec = Spec {
        label: "Differences",
        class: "differences",
        head: [("d-state", "What became of it"), ("d-what", "What"), ("d-verdicts", "Before, after")]
            .into_iter()
            .map(|(class, name)| view! { <div role="columnheader" class=class>{name}</div> })
            .collect_view()
            .into_any(),
        cells: |app, reply, place| match reply {
            Reply::Differences(page) => {
                page.rows.get(place).map_or_else(|| ().into_any(), |row| cells(app, row))
            }
            _ => ().into_any(),
        },
        open: |app, row| {
            let route = app.list.with_untracked(|list| {
                let (reply, place) = list.page_of(row)?;
                match &*reply {
                    Reply::Differences(page) => page.rows.get(place).and_then(|row| leads_to(app, row)),
                    _ => None,
                }
            });
            if let Some(route) = route {
                dom::go(app, route);
            }
        },
    };
    let title = move || {
        let (of, difference) = app.route.with(|route| route.rows);
        let words = difference.map_or("all", Difference::words);
        ["Rows: ", of.slug(), ", ", words].concat()
    };
    let total = move || {
        let (total, of) = counts.get();
        [&number(total.into()), " of ", &count(of.into(), "row")].concat()
    };
    let nothing = move || {
        let (total, _) = counts.get();
        let has_answer = app.list.with(|list| list.shown.is_some());
        (total == 0 && has_answer).then(|| {
            let clear =
                view! { <a class="button" href=Route::to(View::Compare).fragment()>"Show all controls"</a> };
            empty("No row is of this kind.", clear.into_any())
        })
    };
    view! {
        <h2 class="of-list">{title}</h2>
        {filter_field(app, "Change, criterion or control", total)}
        {list(app, spec)}
        {nothing}
    }
    .into_any()
}

/// Returns where a row leads; `None` for a change that is only on the other side.
fn leads_to(app: App, row: &DifferenceRow) -> Option<Route> {
    let of = app.route.with_untracked(|route| route.rows.0);
    match (of, row.subject.as_str()) {
        (DifferenceOf::Controls, _) if row.after.is_none() => None,
        (DifferenceOf::Controls, framework) => Some(Route {
            framework: framework.to_owned(),
            control: row.id.clone(),
            ..Route::to(View::Matrix)
        }),
        (_, "population") => Some(Route::to(View::Population)),
        (_, id) => row.is_here.then(|| Route { change: id.to_owned(), ..Route::to(View::Change) }),
    }
}

fn cells(app: App, row: &DifferenceRow) -> AnyView {
    let look = match row.difference {
        Difference::Fixed => Verdict::Met,
        Difference::Regressed => Verdict::Unmet,
        Difference::StillOpen => Verdict::Unproven,
        Difference::New | Difference::Gone | Difference::NotComparable => Verdict::NotApplicable,
    };
    let name = visible(&row.subject);
    let name = match leads_to(app, row) {
        Some(route) => view! { <a class="door mono" href=route.fragment()>{name}</a> }.into_any(),
        None => view! { <span class="mono">{name}</span> }.into_any(),
    };
    let formerly =
        if row.formerly.is_empty() { String::new() } else { [" (formerly ", &row.formerly, ")"].concat() };
    let what = view! { {name} " " <span class="muted">{visible(&row.id)}{visible(&formerly)}</span> };
    let of = |own: Option<Verdict>| {
        own.map_or_else(|| view! { <span class="muted">"–"</span> }.into_any(), verdict)
    };
    let verdicts = view! { {of(row.before)} " → " {of(row.after)} };
    view! {
        {cell("d-state", chip(look, row.difference.words()))}
        {cell("d-what", what.into_any())}
        {cell("d-verdicts", verdicts.into_any())}
    }
    .into_any()
}
