//! The list of changes: a query, its facets, and the rows that match.

use leptos::prelude::*;

use crate::app::dom;
use crate::app::state::App;
use crate::app::text::{number, visible};
use crate::app::ui::list::{Spec, cell, list};
use crate::app::ui::{chip, empty};
use crate::model::{AiInvolvement, Verdict};
use crate::protocol::{ChangeRow, Facet, Reply, Sort, SortBy};
use crate::query::route::{Route, View};
use crate::query::terms::{terms, toggled, without};

/// The columns: what they sort by, their class and their name.
const COLUMNS: [(SortBy, &str, &str); 6] = [
    (SortBy::Number, "c-number", "Change"),
    (SortBy::Title, "c-title", "Title"),
    (SortBy::Gaps, "c-gaps", "Standing and gaps"),
    (SortBy::Author, "c-author", "Author"),
    (SortBy::Lines, "c-lines", "Lines"),
    (SortBy::Merged, "c-merged", "Merged, UTC"),
];

/// The screen.
pub fn changes(app: App) -> AnyView {
    let counts = Memo::new(move |_| app.list.with(|list| (list.total, list.of)));
    let title = move || {
        let (total, of) = counts.get();
        ["Changes: ", &number(total.into()), " of ", &number(of.into())].concat()
    };
    let spec = Spec {
        label: "Changes",
        class: "changes",
        head: head(app),
        cells: |app, reply, place| match reply {
            Reply::Changes(changes) => {
                changes.page.rows.get(place).map_or_else(|| ().into_any(), |row| cells(app, row))
            }
            _ => ().into_any(),
        },
        open,
    };
    view! {
        <h1 tabindex="-1">{title}</h1>
        {filter(app)}
        {chips(app)}
        {move || complaints(app)}
        {facets(app)}
        {list(app, spec)}
        {move || nothing(app, counts.get().0)}
    }
    .into_any()
}

fn open(app: App, row: u32) {
    let id = app.list.with_untracked(|list| {
        let (reply, place) = list.page_of(row)?;
        match &*reply {
            Reply::Changes(changes) => changes.page.rows.get(place).map(|row| row.id.clone()),
            _ => None,
        }
    });
    if let Some(id) = id {
        dom::go(app, of_change(app, id));
    }
}

fn of_change(app: App, id: String) -> Route {
    let route = app.route.get_untracked();
    Route { change: id, query: route.query, sort: route.sort, ..Route::to(View::Change) }
}

fn filter(app: App) -> AnyView {
    let typed = move |event| {
        let route = app.route.get_untracked();
        dom::replace(app, Route { query: event_target_value(&event), ..route });
    };
    view! {
        <div class="filter" role="search" aria-label="This list">
            <label for="query">"Query"</label>
            <input
                id="query"
                type="search"
                autocomplete="off"
                spellcheck="false"
                placeholder="words, standing:contradicted, ai:unknown, review.depth:unmet, -author:name"
                prop:value=move || app.route.with(|route| route.query.clone())
                on:input=typed
            />
            <kbd aria-hidden="true">"/"</kbd>
        </div>
    }
    .into_any()
}

/// The terms of the query, each to be taken out.
fn chips(app: App) -> AnyView {
    let query = Memo::new(move |_| app.route.with(|route| route.query.clone()));
    let shown = move || {
        let query = query.get();
        let terms = terms(&query);
        if terms.is_empty() {
            return ().into_any();
        }
        let chips = terms
            .iter()
            .enumerate()
            .map(|(place, term)| {
                let rest = without(&query, place);
                let label = ["Remove ", term].concat();
                let remove = move |_| {
                    let route = app.route.get_untracked();
                    dom::go(app, Route { query: rest.clone(), ..route });
                };
                view! {
                    <li>
                        <button type="button" class="term" aria-label=label on:click=remove>
                            <span class="mono">{visible(term)}</span>
                            <span aria-hidden="true">" ×"</span>
                        </button>
                    </li>
                }
            })
            .collect_view();
        view! { <ul class="terms" aria-label="Terms of the query">{chips}</ul> }.into_any()
    };
    shown.into_any()
}

fn complaints(app: App) -> AnyView {
    app.list.with(|list| match list.head().as_deref() {
        Some(Reply::Changes(changes)) if !changes.complaints.is_empty() => {
            let all = changes.complaints.iter().map(|text| view! { <li>{visible(text)}</li> }).collect_view();
            view! { <div class="complaint" role="status"><p>"Left out of the query:"</p><ul>{all}</ul></div> }
                .into_any()
        }
        _ if !list.failure.is_empty() => empty(&list.failure, ().into_any()),
        _ => ().into_any(),
    })
}

/// Stands below the list when nothing matches.
fn nothing(app: App, total: u32) -> AnyView {
    let is_answered = app.list.with_untracked(|list| list.shown.is_some());
    if total > 0 || !is_answered {
        return ().into_any();
    }
    let clear = move |_| dom::go(app, Route::to(View::Changes));
    let remedy = view! {
        <p>"Take a term out of the query, or start over."</p>
        <button type="button" on:click=clear>
            "Show all changes"
        </button>
    };
    empty("No change matches.", remedy.into_any())
}

fn head(app: App) -> AnyView {
    COLUMNS
        .into_iter()
        .map(|(by, class, name)| {
            let state =
                move || app.route.with(|route| (route.sort.by == by).then_some(route.sort.descending));
            let aria = move || match state() {
                Some(true) => "descending",
                Some(false) => "ascending",
                None => "none",
            };
            let arrow = move || match state() {
                Some(true) => " ↓",
                Some(false) => " ↑",
                None => "",
            };
            let sort = move |_| {
                let route = app.route.get_untracked();
                // The first press shows what matters most: the most gaps, the most lines.
                let descending = match state() {
                    Some(descending) => !descending,
                    None => matches!(by, SortBy::Gaps | SortBy::Lines | SortBy::Merged),
                };
                dom::go(app, Route { sort: Sort { by, descending }, ..route });
            };
            view! {
                <div role="columnheader" class=class aria-sort=aria>
                    <button type="button" class="quiet" on:click=sort>
                        {name}
                        <span aria-hidden="true">{arrow}</span>
                    </button>
                </div>
            }
        })
        .collect_view()
        .into_any()
}

fn cells(app: App, row: &ChangeRow) -> AnyView {
    let href = of_change(app, row.id.clone()).fragment();
    let lines = row.lines.map_or_else(|| "–".to_owned(), number);
    let repository = (!row.repository.is_empty()).then(|| [&visible(&row.repository), " "].concat());
    let title = if row.title.is_empty() { "(no title)".to_owned() } else { visible(&row.title) };
    let number = view! { <span class="mono"><span class="muted repo">{repository}</span>{visible(&row.number)}</span> };
    let link = view! { <a class="door" href=href tabindex="-1"><bdi>{title}</bdi></a> };
    let author = view! { <bdi>{visible(&row.author)}</bdi> };
    view! {
        {cell("c-number", number.into_any())}
        {cell("c-title", view! { {link}{ai(row.ai)} }.into_any())}
        {cell("c-gaps", gaps(row))}
        {cell("c-author", author.into_any())}
        {cell("c-lines num", lines.into_any())}
        {cell("c-merged num", visible(&row.merged_at).into_any())}
    }
    .into_any()
}

fn ai(state: AiInvolvement) -> AnyView {
    let class = ["ai ", state.word()].concat();
    let words = match state {
        AiInvolvement::Unknown => "AI unknown",
        AiInvolvement::None => "no AI",
        AiInvolvement::Assisted => "AI assisted",
        AiInvolvement::Generated => "AI generated",
    };
    view! { <span class=class>{words}</span> }.into_any()
}

/// Where it stands, and which criteria speak against it.
fn gaps(row: &ChangeRow) -> AnyView {
    let unmet = row.unmet.join(", ");
    let unproven = match row.unproven {
        0 => String::new(),
        some => [&number(some.into()), " unproven"].concat(),
    };
    let words = if unmet.is_empty() { unproven } else { unmet.clone() };
    let class = if unmet.is_empty() { "gap-words unproven" } else { "gap-words unmet" };
    let slug = row.standing.slug();
    let verdict = row.standing.verdict();
    let verdict = if verdict == Verdict::NotApplicable { Verdict::Unproven } else { verdict };
    view! {
        <span title=row.standing.words()>{chip(verdict, slug)}</span>
        <span class=class title=unmet>
            {words}
        </span>
    }
    .into_any()
}

/// What the changes that match have in common: a menu for each facet.
fn facets(app: App) -> AnyView {
    let shown = move || {
        app.list.with(|list| match list.head().as_deref() {
            Some(Reply::Changes(changes)) => {
                changes.facets.iter().map(|one| facet(app, one)).collect_view().into_any()
            }
            _ => ().into_any(),
        })
    };
    view! { <div class="facets" role="group" aria-label="Narrow down">{shown}</div> }.into_any()
}

fn facet(app: App, facet: &Facet) -> AnyView {
    let values = facet
        .values
        .iter()
        .map(|value| {
            let term = value.term.clone();
            let press = move |_| {
                let route = app.route.get_untracked();
                let query = toggled(&route.query, &term);
                dom::go(app, Route { query, ..route });
            };
            view! {
                <li>
                    <button type="button" class="facet" aria-pressed=value.is_on.to_string() on:click=press>
                        <span>{visible(&value.label)}</span>
                        <span class="num muted">{number(value.count.into())}</span>
                    </button>
                </li>
            }
        })
        .collect_view();
    let label = visible(&facet.label);
    let chosen = facet.values.iter().filter(|value| value.is_on).count();
    let chosen = (chosen > 0).then(|| view! { <b>" · " {number(chosen as u64)}</b> });
    view! {
        <details class="menu" name="facet">
            <summary>{label}{chosen}</summary>
            <ul>{values}</ul>
        </details>
    }
    .into_any()
}
