//! The matrix of one framework: controls against months, repositories or verdicts.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

use crate::app::dom;
use crate::app::state::App;
use crate::app::text::{count, number, visible};
use crate::app::ui::{awaited, digest, heading, pair, refused, text_pair, verdict};
use crate::model::Verdict;
use crate::protocol::{Cell, Columns, Matrix, MatrixRow, Reply};
use crate::query::filter::quoted;
use crate::query::route::{Route, View};

/// The ways to lay out columns.
const COLUMNS: [(Columns, &str); 3] =
    [(Columns::Month, "by month"), (Columns::Repository, "by repository"), (Columns::Status, "by status")];

/// The screen.
pub fn matrix(app: App) -> AnyView {
    (move || {
        app.matrix.with(|slot| match slot.as_deref() {
            Some(Reply::Matrix(matrix)) => shown(app, matrix),
            Some(Reply::Failed(fact)) => view! { {tools(app, "", Columns::Month)}{refused(fact)} }.into_any(),
            _ => view! { <h1 tabindex="-1">"Matrix"</h1>{awaited()} }.into_any(),
        })
    })
    .into_any()
}

fn shown(app: App, matrix: &Matrix) -> AnyView {
    let totals = &matrix.totals;
    let all = totals.met + totals.unmet + totals.unproven + totals.excepted + totals.not_applicable;
    let short = visible(&matrix.short);
    let title = if totals.unmet > 0 {
        [&short, ": ", &number(totals.unmet), " of ", &count(all, "control"), " deviate"].concat()
    } else if totals.unproven > 0 {
        [&short, ": no control deviates, ", &number(totals.unproven), " of ", &number(all), " are unproven"]
            .concat()
    } else {
        [&short, ": none of ", &count(all, "control"), " deviates"].concat()
    };
    let sub = view! {
        "Changes that deviate, of those the control applies to. Enter on a cell opens its changes; a control's id opens what it demands."
    };
    view! {
        {heading(title, sub.into_any())}
        {tools(app, &matrix.id, matrix.columns_are)}
        {table(app, matrix)}
        {legend()}
        <details class="panel about">
            <summary>"About " {visible(&matrix.name)}</summary>
            <p>{visible(&matrix.note)}</p>
            <dl class="kv">{pair("Pack", digest(&matrix.sha256))}</dl>
        </details>
    }
    .into_any()
}

fn tools(app: App, framework: &str, columns: Columns) -> AnyView {
    let frameworks = app.summary.with(|summary| {
        summary
            .frameworks
            .iter()
            .map(|(id, name)| {
                let route = Route { framework: id.clone(), columns, ..Route::to(View::Matrix) };
                let current = (id == framework).then_some("true");
                view! { <a class="tab" href=route.fragment() aria-current=current>{visible(name)}</a> }
            })
            .collect_view()
    });
    let ways = COLUMNS
        .into_iter()
        .map(|(way, words)| {
            let route = Route { framework: framework.to_owned(), columns: way, ..Route::to(View::Matrix) };
            let current = (way == columns).then_some("true");
            view! { <a class="tab" href=route.fragment() aria-current=current>{words}</a> }
        })
        .collect_view();
    view! {
        <div class="tools">
            <nav class="tabs" aria-label="Framework">{frameworks}</nav>
            <nav class="tabs" aria-label="Columns">{ways}</nav>
        </div>
    }
    .into_any()
}

fn table(app: App, matrix: &Matrix) -> AnyView {
    let columns = matrix
        .columns
        .iter()
        .map(|label| view! { <th scope="col" class="c">{visible(label)}</th> })
        .collect_view();
    let width = matrix.columns.len() + 5;
    let mut at = 0;
    let mut groups = Vec::new();
    for group in &matrix.groups {
        let name = visible(&group.name);
        let head = view! {
            <tr class="g">
                <th scope="rowgroup" colspan=width.to_string()>{name}</th>
            </tr>
        };
        let mut rows = Vec::new();
        for control in &group.rows {
            rows.push(row(app, matrix, control, at));
            at += 1;
        }
        groups.push(view! { <tbody>{head}{rows}</tbody> });
    }
    let label = ["Controls of ", &visible(&matrix.short)].concat();
    view! {
        <div class="panel m-panel scroll" role="region" aria-label=label.clone() tabindex="-1">
            <table class="m" role="grid" aria-label=label.clone() on:keydown=on_key on:focusin=on_focus>
                <thead>
                    <tr>
                        <th scope="col" class="id">"Control"</th>
                        <th scope="col" class="demand">"Demand, in our words"</th>
                        {columns}
                        <th scope="col" class="r">"Deviate"</th>
                        <th scope="col" class="r">"Unproven"</th>
                        <th scope="col" class="r">"Applies"</th>
                    </tr>
                </thead>
                {groups}
            </table>
        </div>
    }
    .into_any()
}

/// One control, and below it what it demands, when that is open.
fn row(app: App, matrix: &Matrix, control: &MatrixRow, at: usize) -> AnyView {
    let id = control.id.clone();
    let is_open = {
        let id = id.clone();
        move || app.route.with(|route| route.control == id)
    };
    let toggle = {
        let (id, is_open, framework) = (id.clone(), is_open.clone(), matrix.id.clone());
        move |_| {
            let route = app.route.get_untracked();
            let control = if is_open() { String::new() } else { id.clone() };
            dom::go(app, Route { control, framework: framework.clone(), ..route });
        }
    };
    let cells = control
        .cells
        .iter()
        .enumerate()
        .map(|(column, cell)| {
            let label = matrix.columns.get(column).map_or("", String::as_str);
            heat(matrix.columns_are, control, cell, label, (at, column + 1))
        })
        .collect_view();
    let totals = &control.totals;
    let width = matrix.columns.len() + 5;
    let (details, expanded) = (control.clone(), is_open.clone());
    let tabindex = if at == 0 { "0" } else { "-1" };
    let last = control.cells.len() + 1;
    view! {
        <tr>
            <th scope="row" class="id">
                <button
                    type="button"
                    class="quiet mono"
                    data-cell=place(at, 0)
                    tabindex=tabindex
                    aria-expanded=move || expanded().to_string()
                    on:click=toggle
                >
                    {visible(&id)}
                </button>
            </th>
            <td class="demand">{visible(&control.title)}</td>
            {cells}
            <td class="r tot">{total(totals.unmet, behind(control, control.query_unmet.clone()), "deviate", (at, last))}</td>
            <td class="r unproven-total" class=("some", totals.unproven > 0)>
                {total(totals.unproven, behind(control, control.query_unproven.clone()), "unproven", (at, last + 1))}
            </td>
            <td class="r muted num">{number(totals.applies().into())}</td>
        </tr>
        {move || is_open().then(|| detail_row(&details, width))}
    }
    .into_any()
}

fn place(row: usize, column: usize) -> String {
    [&row.to_string(), ".", &column.to_string()].concat()
}

/// What opens the changes behind a number; the population, where the control is decided once for it.
fn behind(control: &MatrixRow, query: String) -> String {
    match (query.is_empty(), control.is_population) {
        (false, _) => Route::changes(query).fragment(),
        (true, true) => Route::to(View::Population).fragment(),
        (true, false) => String::new(),
    }
}

fn total(amount: u32, href: String, words: &str, (row, column): (usize, usize)) -> AnyView {
    let text = number(amount.into());
    if amount == 0 || href.is_empty() {
        return view! { <span class="num">{text}</span> }.into_any();
    }
    let label = [&text, " ", words, " in all"].concat();
    view! { <a class="num door" href=href aria-label=label data-cell=place(row, column) tabindex="-1">{text}</a> }
        .into_any()
}

/// A cell: how many changes deviate, or are unproven where none deviates.
fn heat(
    columns: Columns,
    control: &MatrixRow,
    cell: &Cell,
    label: &str,
    (row, column): (usize, usize),
) -> AnyView {
    let (applies, all) = (cell.applies(), cell.applies() + cell.not_applicable);
    let (class, text) = if columns == Columns::Status {
        let class = match (all, cell.verdict()) {
            (0, _) => "na",
            (_, Verdict::Met) => "ok",
            (_, Verdict::Unmet) => "u2",
            (_, Verdict::Unproven) => "p",
            (_, Verdict::Excepted) => "x",
            (_, Verdict::NotApplicable) => "na",
        };
        (class, number(all.into()))
    } else if applies == 0 {
        ("na", "–".to_owned())
    } else if cell.unmet > 0 {
        let class = match cell.unmet.saturating_mul(100) / applies {
            0..20 => "u1",
            20..50 => "u2",
            _ => "u3",
        };
        (class, number(cell.unmet.into()))
    } else if cell.unproven > 0 {
        ("p", number(cell.unproven.into()))
    } else if cell.excepted > 0 {
        ("x", number(cell.excepted.into()))
    } else {
        ("ok", "0".to_owned())
    };
    let spoken = spoken(control, cell, label);
    let query = cell_query(columns, control, cell, label);
    let class = ["cell ", class].concat();
    let inner = if query.is_empty() {
        view! {
            <span class=class role="img" aria-label=spoken data-cell=place(row, column) tabindex="-1">
                {text}
            </span>
        }
        .into_any()
    } else {
        let href = Route::changes(query).fragment();
        view! { <a class=class href=href aria-label=spoken data-cell=place(row, column) tabindex="-1">{text}</a> }
            .into_any()
    };
    view! { <td class="c" role="gridcell">{inner}</td> }.into_any()
}

/// Returns the query of the changes that give a cell its look; empty where no query can name them.
fn cell_query(columns: Columns, control: &MatrixRow, cell: &Cell, label: &str) -> String {
    let verdict = cell.verdict();
    let is_empty = cell.applies() == 0 && (columns != Columns::Status || cell.not_applicable == 0);
    // The queries of a control differ in the verdict at their end only.
    let Some((head, tail)) = control.query_unmet.rsplit_once(Verdict::Unmet.slug()).filter(|_| !is_empty)
    else {
        return String::new();
    };
    let base = [head, verdict.slug(), tail].concat();
    match columns {
        Columns::Status => base,
        Columns::Month if label.len() == 7 => [&base, " month:", label].concat(),
        Columns::Repository if label != "not said" => [&base, " repository:", &quoted(label)].concat(),
        Columns::Month | Columns::Repository => String::new(),
    }
}

/// `CC8.1/approve, 2026-08: 51 deviate, 3 unproven of 110`.
fn spoken(control: &MatrixRow, cell: &Cell, label: &str) -> String {
    let head = [&visible(&control.id), ", ", &visible(label), ": "].concat();
    if cell.applies() == 0 {
        return [&head, "nothing it applies to"].concat();
    }
    let mut parts = vec![[&number(cell.unmet.into()), " deviate"].concat()];
    if cell.unproven > 0 {
        parts.push([&number(cell.unproven.into()), " unproven"].concat());
    }
    if cell.excepted > 0 {
        parts.push([&number(cell.excepted.into()), " excepted"].concat());
    }
    [&head, &parts.join(", "), " of ", &number(cell.applies().into())].concat()
}

fn detail_row(control: &MatrixRow, width: usize) -> AnyView {
    let list = |ids: &[String]| {
        let ids = ids.iter().map(|id| view! { <li class="mono">{visible(id)}</li> }).collect_view();
        view! { <ul class="ids">{ids}</ul> }.into_any()
    };
    let own = if control.is_own_id { " The id is ours; the framework has none." } else { "" };
    let scope =
        if control.is_population { "Decided once for the population" } else { "Decided for each change" };
    let informs = (!control.informs.is_empty()).then(|| pair("Informed by", list(&control.informs)));
    let note = (!control.note.is_empty()).then(|| text_pair("Note", &control.note));
    view! {
        <tr class="m-detail">
            <td colspan=width.to_string()>
                <div class="m-detail-body">
                    <p>{verdict(control.verdict)} " " <b>{visible(&control.title)}</b> ". " {visible(&control.demands)} <span class="muted">{own}</span></p>
                    <dl class="kv">
                        {text_pair("Cites", &control.cites.join(" · "))}
                        {text_pair("Strength", &control.strength)} {text_pair("Kind", &control.kind)}
                        {text_pair("Scope", scope)} {pair("Decided by", list(&control.needs))} {informs} {note}
                    </dl>
                </div>
            </td>
        </tr>
    }
    .into_any()
}

fn legend() -> AnyView {
    view! {
        <ul class="legend" aria-label="Legend">
            <li><span class="cell ok">"0"</span>" none deviates"</li>
            <li>
                <span class="cell u1">"3"</span>
                <span class="cell u2">"19"</span>
                <span class="cell u3">"51"</span>
                " deviate, darker from 20 % and 50 % on"
            </li>
            <li><span class="cell p">"9"</span>" nothing shows it either way"</li>
            <li><span class="cell x">"2"</span>" only by exception"</li>
            <li><span class="cell na">"–"</span>" nothing it applies to"</li>
        </ul>
    }
    .into_any()
}

/// Moves the one tab stop of the grid to what has the focus.
/// Keeps one cell as the tab stop: the last one that had the focus.
pub fn on_focus(event: web_sys::FocusEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
    let Some(target) = target.filter(|target| target.has_attribute("data-cell")) else { return };
    if let Some(before) = dom::first(".m [data-cell][tabindex=\"0\"]") {
        before.set_tab_index(-1);
    }
    target.set_tab_index(0);
}

/// Moves the focus between cells.
pub fn on_key(event: KeyboardEvent) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let target = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
    let place = target.and_then(|target| target.get_attribute("data-cell")).unwrap_or_default();
    let Some((row, column)) = place.split_once('.') else { return };
    let (Ok(row), Ok(column)) = (row.parse::<i32>(), column.parse::<i32>()) else { return };
    // Cells without a number to open are passed over, in the direction of the key.
    let (down, right) = match event.key().as_str() {
        "ArrowDown" => (1, 0),
        "ArrowUp" => (-1, 0),
        "ArrowRight" => (0, 1),
        "ArrowLeft" => (0, -1),
        "Home" => return jump(&event, row, 0, 1),
        "End" => return jump(&event, row, 512, -1),
        "PageDown" => return jump(&event, row + 10, column, 0),
        "PageUp" => return jump(&event, (row - 10).max(0), column, 0),
        _ => return,
    };
    event.prevent_default();
    let (mut row, mut column) = (row + down, column + right);
    for _ in 0..64 {
        if row < 0 || column < 0 || focus_cell(row, column) {
            return;
        }
        row += down;
        column += right;
    }
}

fn jump(event: &KeyboardEvent, row: i32, column: i32, step: i32) {
    event.prevent_default();
    let (mut row, mut column) = (row, column);
    for _ in 0..600 {
        if row < 0 || column < 0 || focus_cell(row, column) {
            return;
        }
        if step == 0 {
            row -= 1;
        }
        column += step;
    }
}

fn focus_cell(row: i32, column: i32) -> bool {
    let selector = [".m [data-cell=\"", &row.to_string(), ".", &column.to_string(), "\"]"].concat();
    dom::first(&selector).is_some_and(|cell| cell.focus().is_ok())
}
