//! How the paper stands: who enters, where it is kept, whether it holds, and whether it fits the bundle.

use leptos::prelude::*;

use super::{part, start};
use crate::app::engine;
use crate::app::paper;
use crate::app::state::{App, Stage};
use crate::app::text::{count, number, visible};
use crate::app::ui::chip;
use crate::model::Verdict;
use crate::workpaper::{Attachment, Body, Fault};

/// Why the last entry was not taken.
pub fn refusal(app: App) -> AnyView {
    view! {
        <div role="alert">
            {move || {
                let fact = app.desk.refused.get();
                (!fact.is_empty())
                    .then(|| view! { <p class="complaint">"Not entered: " {visible(&fact)}</p> })
            }}
        </div>
    }
    .into_any()
}

/// The bar over the paper.
pub fn status(app: App) -> AnyView {
    let kept = move || {
        app.desk.held.with(|held| {
            let held = held.as_deref()?;
            let (unsaved, entries) = (held.unsaved(), held.told.state.entries);
            let file = match unsaved {
                0 => chip(Verdict::Met, "saved as a file"),
                _ if unsaved == entries => chip(Verdict::Unproven, "never saved as a file"),
                some => {
                    chip(Verdict::Unproven, &["not saved as a file since ", &count_entries(some)].concat())
                }
            };
            let browser = if !held.not_kept.is_empty() {
                chip(Verdict::Unproven, &[held.not_kept.as_str(), ": save it as a file"].concat())
            } else if held.kept == entries {
                chip(Verdict::Met, "kept by this browser")
            } else {
                chip(Verdict::Unproven, "not kept by this browser yet")
            };
            Some(view! { <span>{count_entries(entries)}</span>{file}{browser} })
        })
    };
    let page = move |_| {
        let text = app.desk.held.with_untracked(|held| held.as_ref().map(|held| held.text.clone()));
        if let Some(text) = text {
            engine::paper_page(app, text);
        }
    };
    let typed = move |event: web_sys::Event| app.desk.by.set(event_target_value(&event));
    view! {
        <section class="panel paper-bar" aria-label="State of the workpaper">
            <label class="field">
                <span>"You are"</span>
                <input type="text" name="by" prop:value=move || app.desk.by.get() on:input=typed/>
            </label>
            <p class="pairs">{kept}</p>
            <div class="buttons">
                <button type="button" class="main" on:click=move |_| paper::save(app)>
                    "Save as a file"
                </button>
                <button type="button" on:click=page>
                    "Page to print"
                </button>
                {start::pick(app)}
                <button type="button" on:click=move |_| paper::put_away(app)>
                    "Put it away"
                </button>
            </div>
        </section>
        {refusal(app)}
        {from(app)}
        {offer(app)}
        {holds(app)}
        {fits(app)}
    }
    .into_any()
}

/// Where in the bundle the paper lay.
fn from(app: App) -> AnyView {
    let from = part(app, |held| held.from.clone());
    (move || {
        let from = from.get();
        (!from.is_empty()).then(|| {
            view! {
                <p class="note">
                    "This paper lay in the bundle, as " <span class="mono">{visible(&from)}</span>
                    ". It is no evidence: nothing is concluded from it, and the digest of the bundle leaves it out."
                </p>
            }
        })
    })
    .into_any()
}

fn count_entries(amount: u64) -> String {
    if amount == 1 { "1 entry".to_owned() } else { [&number(amount), " entries"].concat() }
}

/// Another paper that was opened while this one is.
fn offer(app: App) -> AnyView {
    let shown = move || {
        let offer = app.desk.offer.get()?;
        let held = app.desk.held.get()?;
        let is_same = held.told.state.paper == offer.told.state.paper;
        let words = if is_same {
            "This is another state of the paper that is open."
        } else {
            "This is another paper than the one that is open."
        };
        let risk = (held.at_risk() > 0).then(|| {
            [" ", &count_entries(held.at_risk()), " of the open one are nowhere else: save it first."]
                .concat()
        });
        let merge = is_same.then(|| {
            view! {
                <button type="button" class="main" on:click=move |_| paper::merge_offer(app)>
                    "Merge both"
                </button>
            }
        });
        Some(view! {
            <div class="banner" role="alert">
                <p>{words}{risk}</p>
                <div class="buttons">
                    {merge}
                    <button type="button" on:click=move |_| paper::take_offer(app)>
                        "Open it instead"
                    </button>
                    <button type="button" on:click=move |_| app.desk.offer.set(None)>
                        "Leave it"
                    </button>
                </div>
            </div>
        })
    };
    shown.into_any()
}

fn holds(app: App) -> AnyView {
    let faults = part(app, |held| held.told.state.faults.clone());
    let remarks = part(app, |held| held.told.state.remarks.clone());
    let conflicts = part(app, |held| held.told.state.conflicts.clone());
    let line = |fault: &Fault| {
        view! { <li>"Entry " {number(fault.entry)} ": " {visible(&fault.text)}</li> }
    };
    view! {
        {move || {
            let faults = faults.get();
            (!faults.is_empty())
                .then(|| {
                    view! {
                        <div class="banner" role="alert">
                            <p>
                                <b>"This paper does not hold."</b>
                                " Somebody changed it after it was written, or it was damaged. Nothing can be added."
                            </p>
                            <ul class="plain">{faults.iter().map(line).collect_view()}</ul>
                        </div>
                    }
                })
        }}
        {move || {
            let conflicts = conflicts.get();
            (!conflicts.is_empty())
                .then(|| {
                    let rows = conflicts.iter().map(|words| view! { <li>{visible(words)}</li> }).collect_view();
                    view! {
                        <div class="complaint">
                            <p>"A merge left open what both sides had decided. Both are kept, and the worse counts until you decide:"</p>
                            <ul class="plain">{rows}</ul>
                        </div>
                    }
                })
        }}
        {move || {
            let remarks = remarks.get();
            (!remarks.is_empty())
                .then(|| view! { <ul class="plain note">{remarks.iter().map(line).collect_view()}</ul> })
        }}
    }
    .into_any()
}

/// Whether the paper fits the bundle that is open.
fn fits(app: App) -> AnyView {
    let attachment = part(app, |held| held.told.attachment.clone().unwrap_or_default());
    let shown = move || {
        if app.stage.get() != Stage::Open {
            let words = "No bundle is open: the paper can be read, concluded on and saved. Open its bundle to draw and to test.";
            return view! { <p class="complaint">{words}</p> }.into_any();
        }
        let Attachment { differs, matched, missing } = attachment.get();
        if differs.is_empty() && missing.is_empty() {
            return ().into_any();
        }
        let differs = differs.iter().map(|words| view! { <li>{visible(words)}</li> }).collect_view();
        let lost = missing.iter().take(50).map(|one| view! { <li><span class="mono">{visible(&one.item)}</span> ": " {visible(&one.what)}</li> }).collect_view();
        let amount =
            [&count(matched, "item"), " still match; ", &number(missing.len() as u64), " do not."].concat();
        view! {
            <div class="complaint">
                <p>
                    <b>"The paper and the bundle that is open do not fit."</b>
                </p>
                <ul class="plain">{differs}</ul>
                <details>
                    <summary>{amount}</summary>
                    <ul class="plain">{lost}</ul>
                </details>
                <div class="buttons">
                    <button type="button" on:click=move |_| paper::enter(app, Body::Reattached(Box::default()), None)>
                        "Go on with this bundle"
                    </button>
                </div>
            </div>
        }
        .into_any()
    };
    shown.into_any()
}
