//! The app: what the reader sees and does. It holds no evidence; it asks the worker for one page, summary or detail at
//! a time and shows it.
//!
//! [`state`] has every signal that lives long, in one root; [`engine`] talks to the worker; [`load`] asks it for
//! what the address names; [`command`] lists what can be
//! done by key; `ui/` are the primitives and `view/` the screens.

pub mod command;
pub mod dom;
pub mod engine;
pub mod export;
pub mod files;
pub mod hotkeys;
pub mod load;
pub mod paper;
pub mod shell;
pub mod state;
pub mod text;
pub mod theme;
pub mod ui;
pub mod view;

use leptos::prelude::*;

use state::App;

/// Mounts the app in `#app`.
pub fn run() {
    console_error_panic_hook::set_once();
    let Some(root) = dom::by_id("app") else { return };
    root.set_text_content(None);
    mount_to(root, || {
        let app = App::new();
        provide_context(app);
        load::on_navigation(app);
        hotkeys::listen(app);
        files::listen_for_drops(app);
        dom::listen_for_navigation(app);
        dom::listen_for_violations(app);
        dom::keep_title(app);
        dom::listen_for_presses();
        paper::listen(app);
        engine::warm(app);
        shell::shell(app)
    })
    .forget();
}
