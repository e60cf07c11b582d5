//! What shows that nothing leaves the machine, and how to check it without believing this page.

use leptos::prelude::*;

use crate::app::state::App;
use crate::app::text::{count, number, visible};
use crate::app::ui::{digest, pair, panel, text_pair};
use crate::app::{dom, paper, ui};
use crate::model::Verdict;

/// The screen.
pub fn privacy(app: App) -> AnyView {
    app.requests.set(dom::requests());
    let title = move || {
        let requests = count(u64::from(app.requests.get()), "request");
        match app.violations.get() {
            0 => [&requests, ", nothing refused"].concat(),
            some => [&requests, ", ", &number(some.into()), " refused"].concat(),
        }
    };
    let sub = "Counted since this page was opened. Evidence is read where it lies; it is not copied, stored or sent; of a workpaper that you write, ids, reasons and digests stay in this browser.";
    view! {
        <h1 tabindex="-1">{title}</h1>
        <p class="sub">{sub}</p>
        <div class="grid">
            {panel("Seen by this page", "", "", seen(app))}
            <div class="halves">
                {panel("Check it yourself", "", "", check())}
                {panel("What this proves, and what not", "", "", proves())}
            </div>
        </div>
    }
    .into_any()
}

fn seen(app: App) -> AnyView {
    let hash = dom::build_hash();
    let hash = if hash.len() == 64 { digest(&hash) } else { ["none: ", &visible(&hash)].concat().into_any() };
    let requests = move || {
        let amount = u64::from(app.requests.get());
        let look = if amount == 0 { Verdict::Met } else { Verdict::Unmet };
        ui::chip(look, &[&count(amount, "resource"), " loaded beside this document"].concat())
    };
    let refused = move || {
        let amount = u64::from(app.violations.get());
        let look = if amount == 0 { Verdict::Met } else { Verdict::Unmet };
        ui::chip(look, &[&count(amount, "attempt"), " refused by the browser"].concat())
    };
    view! {
        <dl class="kv wide">
            {pair("Requests", requests.into_any())} {pair("Refused", refused.into_any())} {pair("Build", hash)}
            {text_pair("Stored", "theme, whether keys are shortcuts, and the workpapers that you write, in this browser on this machine")}
            {text_pair("Taken away", &removed())}
        </dl>
        <div class="buttons">
            <button type="button" on:click=move |_| paper::forget_all(app)>
                "Delete the workpapers that this browser keeps"
            </button>
        </div>
        {move || {
            app.violations.track();
            violations()
        }}
    }
    .into_any()
}

/// Returns the interfaces that the boot script took away before anything else ran.
fn removed() -> String {
    let list = dom::property(&dom::boot(), "removed");
    if !js_sys::Array::is_array(&list) {
        return "nothing that this browser has".to_owned();
    }
    let names: Vec<String> = js_sys::Array::from(&list).iter().filter_map(|name| name.as_string()).collect();
    names.join(", ")
}

fn violations() -> AnyView {
    let all = dom::violations();
    if all.is_empty() {
        return ().into_any();
    }
    let rows = all
        .iter()
        .map(|one| {
            view! {
                <tr>
                    <td>{visible(&one.place)}</td>
                    <td class="mono">{visible(&one.directive)}</td>
                    <td class="mono">{visible(&one.blocked)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="scroll" role="region" aria-label="What was refused" tabindex="0">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Where"</th>
                        <th scope="col">"Rule"</th>
                        <th scope="col">"What"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn check() -> AnyView {
    view! {
        <ol class="plain">
            <li>"Switch the network off, or pull the cable. Everything goes on as before."</li>
            <li>
                "Open the browser's developer tools (F12), tab Network, load this file again and open a bundle. Beside the document itself only "
                <span class="mono">"blob:"</span> " and " <span class="mono">"data:"</span>
                " may appear: those are made inside the page."
            </li>
            <li>
                "In the console, try to send something: " <code>"fetch('https://example.org/')"</code>
                ". The browser refuses, and the count above goes up."
            </li>
            <li>
                "Read the first lines of the file: " <span class="mono">"connect-src 'none'"</span>
                " stands there in the policy that the browser enforces."
            </li>
            <li>"Compare the file's SHA-256 with the one published with the release."</li>
        </ol>
    }
    .into_any()
}

fn proves() -> AnyView {
    view! {
        <ul class="plain">
            <li>
                <b>"It proves"</b>
                " that the browser refuses every connection of this page and of its worker, whatever their code does, and that none was made so far."
            </li>
            <li>
                <b>"It does not prove"</b>
                " anything about the browser itself, its extensions, or other programs on this machine. An extension may read any page."
            </li>
            <li>
                "A policy cannot forbid leaving the page. Lacuna has no link to elsewhere, and addresses from evidence are text; where the browser announces navigation, it is refused and counted."
            </li>
            <li>
                "The address of this page holds ids and what you typed, never what evidence says. Browser history keeps addresses."
            </li>
        </ul>
    }
    .into_any()
}
