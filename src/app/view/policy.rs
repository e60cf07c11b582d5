//! The policy: every key as a field, the text beside it, and what a change would turn before it is applied.

use std::sync::Arc;

use leptos::prelude::*;

use crate::app::state::App;
use crate::app::text::{count, dotted, number, short_hash, visible};
use crate::app::ui::{awaited, chip, copy, heading, mark, panel, refused, verdict};
use crate::app::{engine, export};
use crate::model::Verdict;
use crate::problem::Severity;
use crate::protocol::{
    ExceptionRow, FieldKind, PolicyAction, PolicyEdit, PolicyEffect, PolicyField, PolicyProblem,
    PolicySource, PolicyTable, PolicyView, Reply, Turned,
};
use crate::query::route::{Route, View};

/// Up to how many changes an edit is assessed at once; beyond, the reader asks for it.
const AT_ONCE: u64 = 20_000;
/// Up to how many each threshold is tried by itself at once.
const APART_AT_ONCE: u64 = 5_000;
/// How many changes that turn are shown by name.
const MOST_NAMED: usize = 12;

/// The screen.
pub fn policy(app: App) -> AnyView {
    let sub = "What you decide: scope, thresholds, inventory, exceptions. An edit says what it would turn before it is applied; every report prints the policy and its digest.";
    // The fields are made anew only when tables come or go, so that a field keeps the focus while others change.
    let shape = Memo::new(move |_| {
        seen(app, |view| view.tables.iter().map(|table| table.items.len()).collect::<Vec<_>>())
    });
    view! {
        {heading("Policy".to_owned(), sub.into_any())}
        {move || {
            app.policy.with(|slot| match slot.as_deref() {
                Some(Reply::Policy(view)) => state(app, view),
                Some(Reply::Failed(fact)) => refused(fact),
                _ => awaited(),
            })
        }}
        {move || shape.get().map(|_| fields(app))}
        {move || shape.with(Option::is_some).then(|| whole_text(app))}
    }
    .into_any()
}

fn seen<T>(app: App, of: impl FnOnce(&PolicyView) -> T) -> Option<T> {
    app.policy.with(|slot| match slot.as_deref() {
        Some(Reply::Policy(view)) => Some(of(view)),
        _ => None,
    })
}

/// What to ask with an edit: what it would turn, where that takes no time.
fn with_edit(app: App) -> PolicyAction {
    match app.summary.with_untracked(|summary| summary.changes) {
        few if few <= APART_AT_ONCE => PolicyAction::Apart,
        some if some <= AT_ONCE => PolicyAction::Preview,
        _ => PolicyAction::Check,
    }
}

fn state(app: App, view: &PolicyView) -> AnyView {
    let ask = move |action| move |_| engine::policy(app, None, None, action);
    let preview = (view.is_other && view.effect.is_none()).then(|| {
        view! { <button type="button" on:click=ask(PolicyAction::Preview)>"Show what it would change"</button> }
    });
    let apart = (view.is_other && view.thresholds > 0 && view.apart.is_empty()).then(|| {
        view! { <button type="button" on:click=ask(PolicyAction::Apart)>"Show what each threshold would change"</button> }
    });
    let reset = (view.source == PolicySource::Given || view.is_other).then(|| {
        view! { <button type="button" on:click=ask(PolicyAction::Reset)>"Reset"</button> }
    });
    let download = move |_| {
        if let Some(text) = seen_untracked(app) {
            export::save("lacuna.toml", "application/toml", &text);
        }
    };
    let words = if view.is_other { "not applied yet" } else { "in force" };
    let has_errors = view.problems.iter().any(|problem| problem.severity == Severity::Error);
    let apply = if has_errors { "Apply what could be read" } else { "Apply" };
    let refusal = (!view.refusal.is_empty())
        .then(|| view! { <p class="reason">{mark(Verdict::Unmet)}{visible(&view.refusal)}</p> });
    let in_force = view! {
        <dl class="kv">
            <div><dt>"In force"</dt><dd>{view.source.words()}</dd></div>
            <div>
                <dt>"SHA-256"</dt>
                <dd><span class="mono hash">{short_hash(&view.digest)}</span>{copy(&view.digest, "SHA-256")}</dd>
            </div>
            <div><dt>"This text"</dt><dd><b>{words}</b></dd></div>
        </dl>
        {refusal}
        <div class="buttons">
            <button type="button" class="main" disabled=!view.is_other on:click=ask(PolicyAction::Apply)>
                {apply}
            </button>
            {preview} {apart} {reset}
            <button type="button" on:click=download>"Save lacuna.toml"</button>
        </div>
    };
    view! {
        <div class="grid">
            {panel("State", "", "", in_force.into_any())}
            {view.effect.as_ref().filter(|_| view.is_other).map(|whole| effects(view, whole))}
            {problems(&view.problems)}
            {exceptions(&view.exceptions)}
        </div>
    }
    .into_any()
}

fn seen_untracked(app: App) -> Option<String> {
    app.policy.with_untracked(|slot| match slot.as_deref() {
        Some(Reply::Policy(view)) => Some(view.text.clone()),
        _ => None,
    })
}

/// What the whole text would change, and beside it what each threshold would by itself.
fn effects(view: &PolicyView, whole: &PolicyEffect) -> AnyView {
    let all = panel("What it would change", "nothing of it is in force", "effect-of", effect(whole));
    if view.apart.is_empty() {
        return all;
    }
    let rows = view
        .apart
        .iter()
        .map(|one| {
            let [now, then] = &one.values;
            let values = [" ", &visible(now), " → ", &visible(then)].concat();
            view! { <li><h3><span class="mono">{visible(&one.of)}</span>{values}</h3>{effect(one)}</li> }
        })
        .collect_view();
    let rest = view.thresholds.saturating_sub(view.apart.len() as u64);
    let rest = (rest > 0)
        .then(|| view! { <p class="muted">{["and ", &count(rest, "more threshold"), " that are not shown apart"].concat()}</p> });
    let apart = view! {
        <p class="note">"Each alone, with everything else as it is in force. Together they may turn more or fewer."</p>
        <ul class="apart">{rows}</ul>
        {rest}
    };
    let amount = count(view.apart.len() as u64, "threshold");
    view! { <div class="halves">{all}{panel("Each threshold apart", &amount, "", apart.into_any())}</div> }
        .into_any()
}

fn effect(effect: &PolicyEffect) -> AnyView {
    let [now, then] = effect.gap;
    let mut lines: Vec<String> = Vec::new();
    if now.substantiated != then.substantiated || now.on_paper != then.on_paper {
        lines.push(
            [
                "Substantiated: ",
                &number(now.substantiated),
                " of ",
                &number(now.on_paper),
                " now, ",
                &number(then.substantiated),
                " of ",
                &number(then.on_paper),
                " then",
            ]
            .concat(),
        );
    }
    for (amount, words) in effect.scope.into_iter().zip([" would come into scope", " would leave the scope"])
    {
        if amount > 0 {
            lines.push([&count(amount, "change"), words].concat());
        }
    }
    let is_none = lines.is_empty() && effect.criteria.is_empty() && effect.frameworks.is_empty();
    let lines = lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
    let criteria = effect.criteria.iter().map(|turned| turn(turned, false)).collect_view();
    let frameworks = effect.frameworks.iter().map(|turned| turn(turned, true)).collect_view();
    if is_none {
        view! { <p class="muted">"No verdict would turn."</p> }.into_any()
    } else {
        view! { <ul class="effect">{lines}{criteria}{frameworks}</ul> }.into_any()
    }
}

fn turn(turned: &Turned, is_framework: bool) -> AnyView {
    let noun = if is_framework { "control" } else { "verdict" };
    let words = [&count(turned.count, noun), " of ", &turned.id].concat();
    let names = turned.first.iter().take(MOST_NAMED).map(|name| {
        let route = match (is_framework, name.as_str()) {
            (true, _) => {
                Route { framework: turned.id.clone(), control: name.clone(), ..Route::to(View::Matrix) }
            }
            (false, "population") => Route::to(View::Population),
            (false, _) => Route { change: name.clone(), ..Route::to(View::Change) },
        };
        view! { <li><a class="door mono" href=route.fragment()>{visible(name)}</a></li> }
    });
    let names = names.collect_view();
    let rest = turned.count.saturating_sub(MOST_NAMED as u64);
    let rest =
        (rest > 0).then(|| view! { <li class="muted">{["and ", &number(rest), " more"].concat()}</li> });
    view! {
        <li>
            <details>
                <summary>{words} " " {verdict(turned.before)} " → " {verdict(turned.after)}</summary>
                <ul class="pairs">{names}{rest}</ul>
            </details>
        </li>
    }
    .into_any()
}

fn problems(problems: &[PolicyProblem]) -> AnyView {
    if problems.is_empty() {
        return ().into_any();
    }
    let rows = problems
        .iter()
        .map(|problem| {
            let look = match problem.severity {
                Severity::Error => Verdict::Unmet,
                Severity::Warning => Verdict::Unproven,
                Severity::Note => Verdict::NotApplicable,
            };
            let place =
                ["line ", &problem.line.to_string(), ", column ", &problem.column.to_string()].concat();
            let expected = (!problem.expected.is_empty())
                .then(|| view! { <p class="reason">"Expected: " {visible(&problem.expected)}</p> });
            view! {
                <li>
                    {chip(look, problem.severity.word())}
                    <div>
                        <p class="name">{visible(&problem.found)}</p>
                        {expected}
                        <p class="reason">{visible(&problem.hint)}</p>
                        <p class="records muted mono">{dotted(&[place, visible(&problem.key)])}</p>
                    </div>
                </li>
            }
        })
        .collect_view();
    let title = ["What is wrong with this text: ", &number(problems.len() as u64)].concat();
    panel(&title, "", "", view! { <ol class="crit">{rows}</ol> }.into_any())
}

fn exceptions(rows: &[ExceptionRow]) -> AnyView {
    if rows.is_empty() {
        return ().into_any();
    }
    let all: u64 = rows.iter().map(|row| row.verdicts).sum();
    let by_machines: u64 = rows.iter().filter(|row| row.is_by_machine).map(|row| row.verdicts).sum();
    let remark =
        [&count(all, "verdict"), " overridden, ", &number(by_machines), " of them by machines"].concat();
    let rows = rows
        .iter()
        .map(|row| {
            let look = if row.state == "in-force" { Verdict::Excepted } else { Verdict::NotApplicable };
            let owner = if row.owner.is_empty() { "nobody".to_owned() } else { visible(&row.owner) };
            let machine = row.is_by_machine.then(|| chip(Verdict::Unmet, "owned by a machine"));
            let does = [&count(row.verdicts, "verdict"), " on ", &count(row.changes, "change")].concat();
            // Its word, as a chip; that it changes nothing is said beside it.
            let word = row.words.split(',').next().unwrap_or_default();
            view! {
                <li>
                    {chip(look, word)}
                    <div>
                        <p class="name">{visible(&row.id)} ", owned by " {owner} " " {machine}</p>
                        <p class="reason">{visible(&row.words)} ": " {does}</p>
                    </div>
                </li>
            }
        })
        .collect_view();
    let find = Route::changes("verdict:excepted").fragment();
    let body = view! {
        <ol class="crit">{rows}</ol>
        <p><a class="door" href=find>"Changes with an excepted verdict"</a></p>
    };
    panel("Exceptions in force and not", &remark, "", body.into_any())
}

fn fields(app: App) -> AnyView {
    let tables = app.policy.with_untracked(|slot| match slot.as_deref() {
        Some(Reply::Policy(view)) => view.tables.clone(),
        _ => Vec::new(),
    });
    let tables = tables.into_iter().enumerate().map(|(at, table)| table_fields(app, at, &Arc::new(table)));
    view! { <h2 class="of-list">"As fields"</h2> <div class="policy">{tables.collect_view()}</div> }
        .into_any()
}

fn table_fields(app: App, at: usize, table: &Arc<PolicyTable>) -> AnyView {
    let items = (0..table.items.len())
        .map(|item| {
            let rows =
                (0..table.items[item].len()).map(|place| field(app, table, [at, item, place])).collect_view();
            if !table.is_list {
                return view! { <div class="fields">{rows}</div> }.into_any();
            }
            let number = (item + 1).to_string();
            let name = table.name.clone();
            let index = u32::try_from(item).unwrap_or(u32::MAX);
            let remove = move |_| {
                let edit = PolicyEdit::Remove { table: name.clone(), index };
                engine::policy(app, None, Some(edit), with_edit(app));
            };
            view! {
                <fieldset class="fields">
                    <legend>{table.title.clone()} " " {number.clone()}</legend>
                    {rows}
                    <div class="buttons">
                        <button type="button" on:click=remove>"Take out " {number}</button>
                    </div>
                </fieldset>
            }
            .into_any()
        })
        .collect_view();
    let name = table.name.clone();
    let add = table.is_list.then(|| {
        let add = move |_| {
            let edit = PolicyEdit::Add { table: name.clone() };
            engine::policy(app, None, Some(edit), with_edit(app));
        };
        view! {
            <div class="buttons">
                <button type="button" on:click=add>"Add to: " {table.title.clone()}</button>
            </div>
        }
    });
    let amount = if table.is_list { number(table.items.len() as u64) } else { String::new() };
    let is_open = !table.items.is_empty() && (table.is_list || table.name == "review-depth");
    view! {
        <details class="panel" open=is_open>
            <summary><b>{table.title.clone()}</b> " " <span class="muted mono">{table.name.clone()}</span> " " {amount}</summary>
            <p class="muted">{table.meaning.clone()}</p>
            {items}
            {add}
        </details>
    }
    .into_any()
}

/// Returns a value that is set only when it changes, or when an edit was refused: an answer to one field takes nothing from
/// what is being typed into another.
fn kept(
    app: App,
    of: impl Fn(&PolicyView) -> String + Send + Sync + 'static,
) -> impl Fn() -> String + Copy + Send + 'static {
    let value = Memo::new(move |_| seen(app, |view| (of(view), view.refusal.clone())).unwrap_or_default());
    move || value.with(|(value, _)| value.clone())
}

/// One field: its key, what it means, its default, and its value as the text has it.
fn field(app: App, table: &PolicyTable, place: [usize; 3]) -> AnyView {
    let [at, item, own] = place;
    let known = &table.items[item][own];
    let id = ["f", &at.to_string(), "-", &item.to_string(), "-", &own.to_string()].concat();
    let about = [&id, "-about"].concat();
    let value = kept(app, move |view| {
        let table: Option<&PolicyTable> = view.tables.get(at);
        let field = table.and_then(|table| table.items.get(item)?.get(own));
        field.map(|field| field.value.clone()).unwrap_or_default()
    });
    let (name, key) = (table.name.clone(), known.key.clone());
    let index = u32::try_from(item).unwrap_or(u32::MAX);
    let changed = move |event: web_sys::Event| {
        let (table, key, value) = (name.clone(), key.clone(), event_target_value(&event));
        let edit = PolicyEdit::Set { table, index, key, value };
        engine::policy(app, None, Some(edit), with_edit(app));
    };
    let input = if known.kind == FieldKind::Texts {
        view! {
            <textarea id=id.clone() rows="2" spellcheck="false" aria-describedby=about.clone() prop:value=value on:change=changed></textarea>
        }
        .into_any()
    } else {
        let mode =
            if matches!(known.kind, FieldKind::Number | FieldKind::Count) { "decimal" } else { "text" };
        view! {
            <input
                id=id.clone() type="text" inputmode=mode autocomplete="off" spellcheck="false"
                aria-describedby=about.clone() placeholder=known.default.clone() prop:value=value on:change=changed
            />
        }
        .into_any()
    };
    view! {
        <div class="field">
            <label for=id>{known.key.clone()}</label>
            {input}
            <p class="muted" id=about>{said(known)}</p>
        </div>
    }
    .into_any()
}

fn said(field: &PolicyField) -> String {
    let kind = match field.kind {
        FieldKind::Texts => " One in a line.",
        FieldKind::Date => " A date such as 2026-01-31.",
        FieldKind::Flag => " true or false.",
        FieldKind::Text | FieldKind::Number | FieldKind::Count => "",
    };
    let default =
        if field.default.is_empty() { String::new() } else { [" Default: ", &field.default, "."].concat() };
    [&field.meaning, kind, &default].concat()
}

fn whole_text(app: App) -> AnyView {
    let value = kept(app, |view| view.text.clone());
    let changed = move |event: web_sys::Event| {
        engine::policy(app, Some(event_target_value(&event)), None, with_edit(app));
    };
    view! {
        <h2 class="of-list">"As text"</h2>
        <label for="policy-text" class="muted">"lacuna.toml: read when you leave the field"</label>
        <textarea id="policy-text" class="mono whole" rows="24" spellcheck="false" prop:value=value on:change=changed></textarea>
    }
    .into_any()
}
