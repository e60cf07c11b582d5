//! Keys to commands. Never while text is typed, never with a modifier, and only while the reader leaves them on.

use std::cell::RefCell;

use gloo_events::{EventListener, EventListenerOptions};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

use super::command::{COMMANDS, Command};
use super::dom;
use super::state::App;

/// Milliseconds in which the second key of a pair must follow.
const PATIENCE: f64 = 1200.0;

/// Listens for keys on the whole page.
pub fn listen(app: App) {
    let before = RefCell::new((String::new(), 0.0));
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&window(), "keydown", options, move |event| {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
        if event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let key = event.key();
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let is_typing = target.as_ref().is_some_and(dom::is_editable);
        if key == "Escape" {
            if is_typing {
                dom::focus("h1");
            } else {
                Command::Close.run(app);
            }
            return;
        }
        if is_typing || !app.has_shortcuts.get_untracked() || app.is_helping.get_untracked() && key != "?" {
            return;
        }
        let now = dom::now();
        let (first, at) = before.replace((key.clone(), now));
        let first = if now - at < PATIENCE { first } else { String::new() };
        let found = COMMANDS.into_iter().find(|command| match command.keys() {
            [only] => *only == key,
            [one, two] => *one == first && *two == key,
            _ => false,
        });
        if let Some(command) = found {
            before.replace((String::new(), 0.0));
            event.prevent_default();
            command.run(app);
        }
    })
    .forget();
}
