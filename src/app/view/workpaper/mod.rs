//! The workpaper: start it, draw a sample, test it, raise findings, conclude and sign off.

mod controls;
mod evaluation;
mod findings;
mod item;
mod sample;
mod start;
mod status;

use leptos::prelude::*;

use crate::app::paper::{self, Held};
use crate::app::state::App;
use crate::app::text::{count, number, visible};
use crate::app::ui::form::{area, form};
use crate::app::ui::{chip, heading, panel};
use crate::model::Verdict;
use crate::workpaper::{Body, LogRow, Noted, Outcome};

/// The screen.
pub fn workpaper(app: App) -> AnyView {
    let is_held = Memo::new(move |_| app.desk.held.with(Option::is_some));
    let item = Memo::new(move |_| app.route.with(|route| route.change.clone()));
    // By key, so that nothing that was typed for one item is there for the next.
    let shown = move || std::iter::once((is_held.get(), item.get()));
    let one = move |(is_held, item): (bool, String)| match (is_held, item) {
        (false, _) => start::start(app),
        (true, item) if item.is_empty() => whole(app),
        (true, item) => item::item(app, item),
    };
    view! { <For each=shown key=Clone::clone children=one/> }.into_any()
}

/// A part of the paper that is drawn anew only when it changes.
fn part<T: PartialEq + Send + Sync + Default + 'static>(app: App, of: fn(&Held) -> T) -> Memo<T> {
    Memo::new(move |_| app.desk.held.with(|held| held.as_deref().map(of).unwrap_or_default()))
}

fn whole(app: App) -> AnyView {
    let title = part(app, |held| held.told.state.basis.title.clone());
    let sub = "Every entry stays as it is and is chained to the one before; the tool's verdict stands beside each result. The conclusion is yours.";
    view! {
        {move || heading(["Workpaper: ", &visible(&title.get())].concat(), sub.into_any())}
        {status::status(app)}
        <div class="grid">
            {sample::sample(app)} {items(app)} {findings::findings(app)} {evaluation::whole(app)}
            {controls::controls(app)} {notes(app)} {entries(app)}
        </div>
    }
    .into_any()
}

/// The look of a result.
const fn look(outcome: Outcome) -> Verdict {
    match outcome {
        Outcome::Pass => Verdict::Met,
        Outcome::Exception => Verdict::Unmet,
        Outcome::NotTested => Verdict::Unproven,
    }
}

/// The items with how far each is tested.
fn items(app: App) -> AnyView {
    let state = part(app, |held| (held.told.state.items.clone(), held.told.state.steps.len() as u64));
    let missing = part(app, |held| {
        let missing = held.told.attachment.as_ref().map(|attachment| attachment.missing.clone());
        missing.unwrap_or_default().into_iter().map(|missing| missing.item).collect::<Vec<_>>()
    });
    (move || {
        let (items, steps) = state.get();
        let missing = missing.get();
        if items.is_empty() {
            return ().into_any();
        }
        let done = items.iter().filter(|item| item.tested == steps).count() as u64;
        let remark = [&number(done), " of ", &count(items.len() as u64, "item"), " tested in full"].concat();
        let rows = items
            .iter()
            .map(|state| {
                let id = &state.item.id;
                let href = crate::query::route::Route::item(id.clone()).fragment();
                let word = match (state.tested, state.exceptions) {
                    (0, _) => chip(Verdict::Unproven, "to test"),
                    (_, 1..) => chip(Verdict::Unmet, &count(state.exceptions, "exception")),
                    (tested, 0) if tested < steps => chip(Verdict::Unproven, "begun"),
                    _ if state.untestable > 0 => chip(Verdict::Unproven, "not all testable"),
                    _ => chip(Verdict::Met, "no exception"),
                };
                let gone = missing.contains(id).then(|| chip(Verdict::Unproven, "not in this bundle"));
                view! {
                    <tr>
                        <td><a class="door mono" href=href>{visible(id)}</a></td>
                        <td class="num">{visible(state.item.merged_at.get(..10).unwrap_or_default())}</td>
                        <td>{visible(&state.item.stratum)}</td>
                        <td class="num r">{number(state.tested)} " of " {number(steps)}</td>
                        <td>{word} {gone}</td>
                    </tr>
                }
            })
            .collect_view();
        let table = view! {
            <div class="scroll" role="region" aria-label="Items of the sample" tabindex="0">
                <table class="paper-items">
                    <thead>
                        <tr>
                            <th scope="col">"Item"</th>
                            <th scope="col">"Merged"</th>
                            <th scope="col">"Stratum"</th>
                            <th scope="col" class="r">"Steps"</th>
                            <th scope="col">"Result"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        };
        panel("2. Test each item", &remark, "", table.into_any())
    })
    .into_any()
}

fn notes(app: App) -> AnyView {
    let notes = part(app, |held| held.told.state.notes.clone());
    let rows = move || {
        notes.with(|notes| {
            notes
                .iter()
                .map(|note| {
                    let about = if note.said.item.is_empty() { String::new() } else { [&note.said.item, ": "].concat() };
                    view! { <li>{visible(&about)}{visible(&note.said.text)} " " <small class="muted">{signed(&note.by, &note.at)}</small></li> }
                })
                .collect_view()
        })
    };
    let add = form(area("Note", "text", String::new()), "Enter the note", &[], move |fields| {
        let note = Noted { item: String::new(), text: fields.text("text") };
        paper::enter(app, Body::Noted(note), Some(fields.form));
    });
    panel("Notes", "", "", view! { <ul class="plain">{rows}</ul>{add} }.into_any())
}

/// Returns who entered something, and when.
fn signed(by: &str, at: &str) -> String {
    [&visible(by), ", ", &visible(at.get(..16).unwrap_or_default()).replace('T', " "), " UTC"].concat()
}

fn entries(app: App) -> AnyView {
    let log = part(app, |held| held.told.state.log.clone());
    let head = part(app, |held| held.told.state.head.clone());
    let row = |row: &LogRow| {
        view! {
            <tr>
                <td class="num r">{number(row.entry)}</td>
                <td>{signed(&row.by, &row.at)}</td>
                <td>{visible(&row.kind)} ": " {visible(&row.words)}</td>
            </tr>
        }
    };
    let body = view! {
        <p class="note">
            "Whoever keeps the hash of the last entry can tell whether anything was changed since: " <span class="mono hash">{head}</span>
        </p>
        <details>
            <summary>"All entries"</summary>
            <div class="scroll" role="region" aria-label="All entries" tabindex="0">
                <table>
                    <tbody>{move || log.with(|log| log.iter().rev().map(row).collect_view())}</tbody>
                </table>
            </div>
        </details>
    };
    panel("Entries", "", "", body.into_any())
}
