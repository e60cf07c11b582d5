//! Forms: fields that are read when the form is sent, so that nothing is kept for each letter typed.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, SubmitEvent};

use crate::app::dom;

/// The fields of a form that was sent.
pub struct Fields {
    /// The form.
    pub form: Element,
    /// The name of the button that sent it; empty for the main one.
    pub button: String,
}

impl Fields {
    /// Returns what stands in the field of a name, without blanks around it.
    pub fn text(&self, name: &str) -> String {
        let field = self.form.query_selector(&["[name='", name, "']"].concat()).ok().flatten();
        field.map(|field| dom::text_property(&field, "value").trim().to_owned()).unwrap_or_default()
    }

    /// Returns the values of the boxes of a name that are ticked.
    pub fn ticked(&self, name: &str) -> Vec<String> {
        let Ok(list) = self.form.query_selector_all(&["[name='", name, "']:checked"].concat()) else {
            return Vec::new();
        };
        (0..list.length())
            .filter_map(|at| list.get(at))
            .map(|node| dom::text_property(&node, "value"))
            .collect()
    }
}

/// A form with its buttons: the main one, and others with a name.
pub fn form(
    body: AnyView,
    button: &'static str,
    others: &[(&'static str, &'static str)],
    on: impl Fn(Fields) + 'static,
) -> AnyView {
    let on: Box<dyn Fn(Fields)> = Box::new(on);
    let others = others
        .iter()
        .map(|(name, title)| view! { <button type="submit" name=*name>{*title}</button> })
        .collect_view();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(form) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
        let button = dom::text_property(&dom::property(&event, "submitter"), "name");
        on(Fields { form, button });
    };
    view! {
        <form class="form" autocomplete="off" on:submit=submit>
            {body}
            <div class="buttons">
                <button type="submit" class="main">{button}</button>
                {others}
            </div>
        </form>
    }
    .into_any()
}

/// A field for one line of text, a number or a date.
pub fn field(label: &'static str, name: &'static str, kind: &'static str, value: String) -> AnyView {
    view! {
        <label class="field">
            <span>{label}</span>
            <input type=kind name=name value=value/>
        </label>
    }
    .into_any()
}

/// A field for several lines of text.
pub fn area(label: &'static str, name: &'static str, value: String) -> AnyView {
    view! {
        <label class="field wide">
            <span>{label}</span>
            <textarea name=name rows="2">{value}</textarea>
        </label>
    }
    .into_any()
}

/// A choice of one of several: value and words each; the first is chosen.
pub fn choice(label: &'static str, name: &'static str, options: &[(&str, &str)]) -> AnyView {
    let options = options
        .iter()
        .map(|(value, words)| view! { <option value=(*value).to_owned()>{(*words).to_owned()}</option> })
        .collect_view();
    view! {
        <label class="field">
            <span>{label}</span>
            <select name=name>{options}</select>
        </label>
    }
    .into_any()
}

/// A box to tick.
pub fn tick(words: String, name: &'static str, value: String, is_ticked: bool) -> AnyView {
    view! {
        <label class="tick">
            <input type="checkbox" name=name value=value checked=is_ticked/>
            <span>{words}</span>
        </label>
    }
    .into_any()
}
