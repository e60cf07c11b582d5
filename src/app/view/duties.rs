//! Persons and their accounts, who approves whose changes, and the patterns in who does what.

use leptos::prelude::*;

use super::matrix::{on_focus, on_key};
use super::problems::filter_field;
use crate::app::engine;
use crate::app::state::App;
use crate::app::text::{count, number, visible};
use crate::app::ui::record::{evidence, record};
use crate::app::ui::{awaited, chip, empty, heading, panel, refused, words_door};
use crate::model::{ActorKind, Verdict};
use crate::protocol::{
    AccountRow, Duties, DutyRow, HolderRow, LinkRow, PatternRow, PersonEdit, PersonRow, Reply,
};
use crate::query::route::{Route, View};

/// The person who is to be joined with another one.
type Chosen = RwSignal<Option<PersonRow>>;

/// The screen.
pub fn duties(app: App) -> AnyView {
    let chosen: Chosen = RwSignal::new(None);
    let counts = Memo::new(move |_| {
        app.duties.with(|slot| match slot.as_deref() {
            Some(Reply::Duties(duties)) => duties.persons_of,
            _ => (0, 0),
        })
    });
    let total = move || {
        let (shown, of) = counts.get();
        [&number(shown), " of ", &count(of, "person")].concat()
    };
    let sub = "Who stands behind each account and what says so, who approves whose changes, and what weakens a second pair of eyes. The verdicts on segregation are on each change.";
    view! {
        {heading("Persons and duties".to_owned(), sub.into_any())}
        {refusal(app)}
        {filter_field(app, "Name, account or kind", total)}
        {move || chosen.get().map(|row| joining(chosen, &row))}
        {move || {
            app.duties.with(|slot| match slot.as_deref() {
                Some(Reply::Duties(duties)) => shown(app, chosen, duties),
                Some(Reply::Failed(fact)) => refused(fact),
                _ => awaited(),
            })
        }}
    }
    .into_any()
}

/// Why a join or split could not be made.
fn refusal(app: App) -> AnyView {
    let fact = move || {
        app.policy.with(|slot| match slot.as_deref() {
            Some(Reply::Policy(view)) if !view.refusal.is_empty() => Some(view.refusal.clone()),
            Some(Reply::Failed(fact)) => Some(fact.clone()),
            _ => None,
        })
    };
    (move || fact().map(|fact| view! { <div class="banner" role="alert"><p>{visible(&fact)}</p></div> }))
        .into_any()
}

fn joining(chosen: Chosen, row: &PersonRow) -> AnyView {
    view! {
        <div class="banner" role="status">
            <p>"Joining " <b><bdi>{visible(&row.name)}</bdi></b> ": choose the person who is the same, below."</p>
            <div class="buttons"><button type="button" on:click=move |_| chosen.set(None)>"Join nobody"</button></div>
        </div>
    }
    .into_any()
}

fn accounts_of(row: &PersonRow) -> Vec<String> {
    row.accounts.iter().map(|account| account.account.clone()).collect()
}

fn act(app: App, edit: PersonEdit) {
    engine::person(app, edit);
}

/// Begins a join, or ends it with this person.
fn join_button(app: App, chosen: Chosen, row: &PersonRow) -> AnyView {
    let own = row.clone();
    let key = row.key.clone();
    let name = visible(&row.name);
    let words = move || match chosen.get() {
        None => ["Join ", &name, " with…"].concat(),
        Some(other) => [&visible(&other.name), " is ", &name].concat(),
    };
    let is_other = move || chosen.with(|other| other.as_ref().is_none_or(|other| other.key != key));
    let click = move |_| match chosen.get_untracked() {
        None => chosen.set(Some(own.clone())),
        Some(other) => {
            let accounts = [accounts_of(&other), accounts_of(&own)].concat();
            chosen.set(None);
            act(app, PersonEdit { name: own.name.clone(), accounts, apart: Vec::new() });
        }
    };
    view! { <button type="button" class="quiet" disabled=move || !is_other() on:click=click>{words}</button> }
        .into_any()
}

/// Splits one account off.
fn split_button(app: App, row: &PersonRow, account: &str) -> AnyView {
    if row.accounts.len() < 2 {
        return ().into_any();
    }
    let (all, account, name) = (accounts_of(row), account.to_owned(), row.name.clone());
    let label = ["Split off ", &visible(&account)].concat();
    let click = move |_| {
        let accounts = all.iter().filter(|own| **own != account).cloned().collect();
        act(app, PersonEdit { name: name.clone(), accounts, apart: vec![account.clone()] });
    };
    view! { " " <button type="button" class="quiet" aria-label=label on:click=click>"Split off"</button> }
        .into_any()
}

fn shown(app: App, chosen: Chosen, duties: &Duties) -> AnyView {
    let limits = duties
        .rules
        .iter()
        .map(|(label, value)| view! { <div><dt>{visible(label)}</dt><dd>{visible(value)}</dd></div> })
        .collect_view();
    let has_record = move || app.route.with(|route| route.record.is_some());
    view! {
        <div class=move || if has_record() { "split" } else { "" }>
            <div class="grid">
                {persons(app, chosen, duties)} {conflicts(duties)} {pairs(duties)} {patterns(duties)}
                {panel("By the policy", "thresholds and roles", "", view! { <dl class="kv wide">{limits}</dl> }.into_any())}
            </div>
            {move || has_record().then(|| record(app))}
        </div>
    }
    .into_any()
}

fn persons(app: App, chosen: Chosen, duties: &Duties) -> AnyView {
    if duties.persons.is_empty() {
        let clear =
            view! { <a class="button" href=Route::to(View::Duties).fragment()>"Show all persons"</a> };
        return empty("No person matches.", clear.into_any());
    }
    let rows = duties.persons.iter().map(|row| person(app, chosen, row)).collect_view();
    let (shown, of) = (duties.persons.len() as u64, duties.persons_of.0);
    let remark = if shown < of {
        ["the first ", &number(shown), " of ", &number(of), "; filter for others"].concat()
    } else {
        count(of, "person")
    };
    panel("Persons", &remark, "", view! { <ul class="persons">{rows}</ul> }.into_any())
}

fn person(app: App, chosen: Chosen, row: &PersonRow) -> AnyView {
    let duties: Vec<String> =
        row.duties.iter().map(|(duty, amount)| [duty, " ", &number(*amount)].concat()).collect();
    let accounts = row.accounts.iter().map(|account| account_row(app, row, account)).collect_view();
    let links = row.links.iter().map(|link| link_row(app, link)).collect_view();
    let roles = (!row.roles.is_empty()).then(|| [" · ", &visible(&row.roles.join(", "))].concat());
    let summary =
        [&count(row.accounts.len() as u64, "account"), ", ", &count(row.links.len() as u64, "link")].concat();
    view! {
        <li>
            <p class="name">{kind(row.kind)} " " <bdi>{visible(&row.name)}</bdi> <span class="muted">{roles}</span></p>
            <p class="reason">{visible(&duties.join(" · "))}</p>
            <details>
                <summary>{summary}</summary>
                <ul class="parts">{accounts} {links}</ul>
                {join_button(app, chosen, row)}
            </details>
        </li>
    }
    .into_any()
}

/// A kind: a machine as square as in the chain of a change, a person round, unknown dashed.
fn kind(kind: ActorKind) -> AnyView {
    let look = match kind {
        ActorKind::Human => Verdict::Met,
        ActorKind::Unknown => Verdict::Unproven,
        _ => Verdict::NotApplicable,
    };
    chip(look, kind.word())
}

fn account_row(app: App, person: &PersonRow, row: &AccountRow) -> AnyView {
    let record = row.evidence.as_ref().map(|row| evidence(app, row));
    let name = (!row.name.is_empty() && row.name != row.account)
        .then(|| view! { " " <span class="muted"><bdi>{visible(&row.name)}</bdi></span> });
    let rule = [row.kind.word(), ": ", &row.rule, " (", &row.capture, ") "].concat();
    let split = split_button(app, person, &row.account);
    view! { <li><b class="mono"><bdi>{visible(&row.account)}</bdi></b>{name} " " {visible(&rule)} {record} {split}</li> }
        .into_any()
}

fn link_row(app: App, row: &LinkRow) -> AnyView {
    let record = row.evidence.as_ref().map(|row| evidence(app, row));
    let known = [" by ", &row.source, " (", &row.capture, ") "].concat();
    let aside = (!row.holds).then(|| chip(Verdict::Unmet, "set aside"));
    view! {
        <li>
            <span class="mono"><bdi>{visible(&row.a)}</bdi></span> " = "
            <span class="mono"><bdi>{visible(&row.b)}</bdi></span> {visible(&known)} {aside} " " {record}
        </li>
    }
    .into_any()
}

fn conflicts(duties: &Duties) -> AnyView {
    if duties.conflicts.is_empty() {
        return ().into_any();
    }
    let rows = duties
        .conflicts
        .iter()
        .map(|(file, at, found)| {
            view! { <li>{visible(found)} " " <span class="muted mono">{visible(file)} " " {visible(at)}</span></li> }
        })
        .collect_view();
    let remark = count(duties.conflicts.len() as u64, "contradiction");
    panel("What contradicts itself", &remark, "", view! { <ul class="parts">{rows}</ul> }.into_any())
}

/// Authors against approvers: how many changes of the one the other approved.
fn pairs(duties: &Duties) -> AnyView {
    if duties.pairs.is_empty() {
        return ().into_any();
    }
    let columns = duties
        .approvers
        .iter()
        .map(|(_, name)| view! { <th scope="col" class="c"><bdi>{visible(name)}</bdi></th> })
        .collect_view();
    let most = duties.pairs.iter().map(|pair| pair.changes).max().unwrap_or(1);
    let rows = duties
        .authors
        .iter()
        .enumerate()
        .map(|(at, (author, name))| {
            let cells = duties
                .approvers
                .iter()
                .enumerate()
                .map(|(column, (approver, who))| {
                    let pair =
                        duties.pairs.iter().find(|pair| pair.author == *author && pair.approver == *approver);
                    let tabindex = if (at, column) == (0, 0) { "0" } else { "-1" };
                    let place = [&at.to_string(), ".", &column.to_string()].concat();
                    let (amount, query) = pair.map_or((0, ""), |pair| (pair.changes, pair.query.as_str()));
                    let label =
                        [&visible(who), " approved ", &count(amount, "change"), " of ", &visible(name)].concat();
                    let class = match (amount, amount.saturating_mul(100) / most.max(1), author == approver) {
                        (0, ..) => "c na",
                        (_, _, true) => "c u3",
                        (_, 0..34, _) => "c d1",
                        (_, 34..67, _) => "c d2",
                        _ => "c d3",
                    };
                    if amount == 0 {
                        return view! {
                            <td class=class>
                                <span data-cell=place tabindex=tabindex role="img" aria-label=label>"–"</span>
                            </td>
                        }
                        .into_any();
                    }
                    let href = Route::changes(query).fragment();
                    view! {
                        <td class=class>
                            <a href=href data-cell=place tabindex=tabindex aria-label=label>{number(amount)}</a>
                        </td>
                    }
                    .into_any()
                })
                .collect_view();
            view! { <tr><th scope="row" class="who"><bdi>{visible(name)}</bdi></th>{cells}</tr> }
        })
        .collect_view();
    let body = view! {
        <p class="note">"A row is an author, a column an approver; Enter on a cell opens its changes. Own changes that somebody approved are marked."</p>
        <div class="m-panel scroll" role="region" aria-label="Who approves whose changes" tabindex="-1">
            <table class="m pairs-of" role="grid" aria-label="Who approves whose changes" on:keydown=on_key on:focusin=on_focus>
                <thead><tr><th scope="col" class="who">"Author"</th>{columns}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    };
    panel("Who approves whose changes", "the most active first", "", body.into_any())
}

fn patterns(duties: &Duties) -> AnyView {
    let rows = duties.patterns.iter().map(pattern).collect_view();
    let left = (duties.patterns_left_out > 0).then(|| {
        view! { <p class="note">{["and ", &number(duties.patterns_left_out), " more; the command line has all"].concat()}</p> }
    });
    let body = if duties.patterns.is_empty() {
        view! { <p class="muted">"None is over the thresholds of the policy."</p> }.into_any()
    } else {
        view! { <ol class="crit">{rows}</ol>{left} }.into_any()
    };
    panel("Patterns", "something to look at, no verdict", "", body)
}

fn pattern(row: &PatternRow) -> AnyView {
    let title = match row.kind.as_str() {
        "reciprocal" => "approve each other",
        "self-service" => "alone",
        "burst" => "burst",
        _ => "over load",
    };
    let changes = row
        .changes
        .iter()
        .map(|id| {
            let route = Route { change: id.clone(), query: row.query.clone(), ..Route::to(View::Change) };
            view! { <li><a class="door mono" href=route.fragment()>{visible(id)}</a></li> }
        })
        .collect_view();
    let list = (!row.changes.is_empty()).then(|| view! { <ul class="ids">{changes}</ul> });
    let all = (!row.query.is_empty())
        .then(|| words_door(&["all ", &count(row.count, "change")].concat(), &row.query, ""));
    view! {
        <li>{chip(Verdict::Unproven, title)} <div><p class="reason">{visible(&row.text)}</p> {all} {list}</div></li>
    }
    .into_any()
}

/// Who holds each duty on a change.
pub fn of_change(app: App, rows: &[DutyRow]) -> AnyView {
    let rows = rows
        .iter()
        .map(|row| {
            let holders = row.holders.iter().map(|holder| holder_row(app, holder)).collect_view();
            let note =
                (!row.note.is_empty()).then(|| view! { <span class="muted">{visible(&row.note)}</span> });
            view! { <div><dt>{visible(&row.duty)}</dt><dd><ul class="parts">{holders}</ul>{note}</dd></div> }
        })
        .collect_view();
    panel("Duties", "persons, each with the record", "", view! { <dl class="kv wide">{rows}</dl> }.into_any())
}

fn holder_row(app: App, row: &HolderRow) -> AnyView {
    let record = row.evidence.as_ref().map(|row| evidence(app, row));
    let account = (row.account != row.person)
        .then(|| view! { " as " <span class="mono"><bdi>{visible(&row.account)}</bdi></span> });
    let known = [" (", row.kind.word(), ", ", &row.capture, ") "].concat();
    view! { <li><bdi>{visible(&row.person)}</bdi>{account} {known} {record}</li> }.into_any()
}
