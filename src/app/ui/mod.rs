//! The primitives that screens are made of. Plain functions that return erased views: small, and compiled once.

pub mod figure;
pub mod form;
pub mod list;
pub mod record;

use leptos::prelude::*;

use super::dom;
use super::text::{number, visible};
use crate::model::Verdict;
use crate::query::route::Route;

/// The mark of a verdict: a shape and a texture, hidden from assistive technology, which reads the word.
pub fn mark(verdict: Verdict) -> AnyView {
    view! { <i class=["v ", verdict.slug()].concat() aria-hidden="true"></i> }.into_any()
}

/// A verdict with its mark, and a text of its own in the place of its word.
pub fn chip(verdict: Verdict, text: &str) -> AnyView {
    let class = ["chip ", verdict.slug()].concat();
    view! { <span class=class>{mark(verdict)}{visible(text)}</span> }.into_any()
}

/// A verdict with its mark and word.
pub fn verdict(verdict: Verdict) -> AnyView {
    chip(verdict, verdict.word())
}

/// A number that opens the changes behind it; only the number where there is no query.
pub fn door(count: u64, query: &str, label: &str) -> AnyView {
    let count = number(count);
    if query.is_empty() {
        return view! { <span class="num">{count}</span> }.into_any();
    }
    let label = [&count, " ", label].concat();
    let href = Route::changes(query).fragment();
    view! { <a class="num door" href=href aria-label=label>{count}</a> }.into_any()
}

/// Words that open the changes of a query; only the words where there is none.
pub fn words_door(text: &str, query: &str, class: &'static str) -> AnyView {
    let text = visible(text);
    if query.is_empty() {
        return view! { <span class=class>{text}</span> }.into_any();
    }
    view! { <a class=["door ", class].concat() href=Route::changes(query).fragment()>{text}</a> }.into_any()
}

/// The heading of a screen, which takes the focus when the screen is entered, and a line below it.
pub fn heading(title: String, sub: AnyView) -> AnyView {
    view! {
        <h1 tabindex="-1">{title}</h1>
        <p class="sub">{sub}</p>
    }
    .into_any()
}

/// A panel with a heading, a remark beside the heading, and a body.
pub fn panel(title: &str, remark: &str, class: &'static str, body: AnyView) -> AnyView {
    let remark = (!remark.is_empty()).then(|| view! { <small>{visible(remark)}</small> });
    view! {
        <section class=["panel ", class].concat()>
            <h2><span>{visible(title)}</span>{remark}</h2>
            {body}
        </section>
    }
    .into_any()
}

/// What stands where there is nothing: what is missing, and what would bring it.
pub fn empty(what: &str, remedy: AnyView) -> AnyView {
    view! { <div class="empty"><p><b>{visible(what)}</b></p><div>{remedy}</div></div> }.into_any()
}

/// What stands where an answer is awaited.
pub fn awaited() -> AnyView {
    view! { <p class="muted awaited">"Asking the engine…"</p> }.into_any()
}

/// What stands where the engine could not answer.
pub fn refused(fact: &str) -> AnyView {
    let route = Route::default().fragment();
    empty(fact, view! { <a class="door" href=route>"Go to the overview"</a> }.into_any())
}

/// A button that copies text.
pub fn copy(text: &str, label: &str) -> AnyView {
    let text = text.to_owned();
    let is_copied = RwSignal::new(false);
    let label = ["Copy ", label].concat();
    view! {
        <button
            type="button"
            class="quiet copy"
            aria-label=label
            on:click=move |event| {
                event.stop_propagation();
                dom::copy(&text);
                is_copied.set(true);
            }
        >
            {move || if is_copied.get() { "Copied" } else { "Copy" }}
        </button>
    }
    .into_any()
}

/// A pair of a term and its description.
pub fn pair(term: &'static str, description: AnyView) -> AnyView {
    view! { <div><dt>{term}</dt><dd>{description}</dd></div> }.into_any()
}

/// A pair of a term and plain text.
pub fn text_pair(term: &'static str, text: &str) -> AnyView {
    pair(term, visible(text).into_any())
}

/// A digest that can be copied.
pub fn digest(hash: &str) -> AnyView {
    view! { <span class="mono hash">{visible(hash)}</span>{copy(hash, "SHA-256")} }.into_any()
}
