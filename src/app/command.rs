//! What can be done from anywhere: one list that drives the navigation, the keys and the help sheet.

use leptos::prelude::*;

use super::state::{App, Stage};
use super::{dom, engine, theme};
use crate::protocol::Reply;
use crate::query::route::{Route, View};

/// Something that can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Go to a view.
    Go(View),
    /// Put the focus on the filter.
    Filter,
    /// Go to the previous change of the query.
    Previous,
    /// Go to the next change of the query.
    Next,
    /// Let go of the bundle, to open another.
    OpenAnother,
    /// Switch between light and dark.
    Theme,
    /// Show or hide the help sheet.
    Help,
    /// Close what is open on top.
    Close,
}

/// All commands, in the order of the help sheet.
pub const COMMANDS: [Command; 20] = [
    Command::Go(View::Overview),
    Command::Go(View::Matrix),
    Command::Go(View::Changes),
    Command::Go(View::Population),
    Command::Go(View::Duties),
    Command::Go(View::Files),
    Command::Go(View::Trust),
    Command::Go(View::Problems),
    Command::Go(View::Policy),
    Command::Go(View::Compare),
    Command::Go(View::Workpaper),
    Command::Go(View::Export),
    Command::Go(View::Privacy),
    Command::Filter,
    Command::Previous,
    Command::Next,
    Command::OpenAnother,
    Command::Theme,
    Command::Help,
    Command::Close,
];

impl Command {
    /// Returns what it does, in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Go(view) => view.title(),
            Self::Filter => "Filter",
            Self::Previous => "Previous change",
            Self::Next => "Next change",
            Self::OpenAnother => "Open another bundle…",
            Self::Theme => "Switch between light and dark",
            Self::Help => "Keyboard shortcuts",
            Self::Close => "Close what is on top",
        }
    }

    /// Returns its keys, pressed one after another.
    pub const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Go(View::Overview) => &["g", "o"],
            Self::Go(View::Matrix) => &["g", "m"],
            Self::Go(View::Changes) => &["g", "c"],
            Self::Go(View::Population) => &["g", "p"],
            Self::Go(View::Duties) => &["g", "h"],
            Self::Go(View::Files) => &["g", "f"],
            Self::Go(View::Trust) => &["g", "t"],
            Self::Go(View::Problems) => &["g", "e"],
            Self::Go(View::Policy) => &["g", "l"],
            Self::Go(View::Compare) => &["g", "d"],
            Self::Go(View::Workpaper) => &["g", "w"],
            Self::Go(View::Export) => &["g", "x"],
            Self::Go(View::Privacy) => &["g", "s"],
            Self::Go(View::Change | View::Statement) => &[],
            Self::Filter => &["/"],
            Self::Previous => &["["],
            Self::Next => &["]"],
            Self::OpenAnother => &["n"],
            Self::Theme => &["t"],
            Self::Help => &["?"],
            Self::Close => &["Escape"],
        }
    }

    /// Returns whether it can be done now.
    pub fn is_enabled(self, app: App) -> bool {
        let is_open = app.stage.get_untracked() == Stage::Open;
        match self {
            Self::Go(View::Privacy | View::Workpaper) | Self::Theme | Self::Help | Self::Close => true,
            Self::Go(_) | Self::OpenAnother | Self::Filter => is_open,
            Self::Previous => neighbour(app, false).is_some(),
            Self::Next => neighbour(app, true).is_some(),
        }
    }

    /// Does it.
    pub fn run(self, app: App) {
        if !self.is_enabled(app) {
            return;
        }
        match self {
            Self::Go(view) => dom::go(app, Route::to(view)),
            Self::Filter => {
                let selector =
                    if dom::first(".filter input").is_some() { ".filter input" } else { ".search input" };
                dom::focus(selector);
            }
            Self::Previous | Self::Next => {
                if let Some(route) = neighbour(app, self == Self::Next) {
                    dom::go(app, route);
                }
            }
            Self::OpenAnother => engine::close(app),
            Self::Theme => theme::choose(app, opposite()),
            Self::Help => app.is_helping.update(|on| *on = !*on),
            Self::Close => close(app),
        }
    }
}

fn close(app: App) {
    if dom::close_menus(None) {
        return;
    }
    if app.is_helping.get_untracked() {
        return app.is_helping.set(false);
    }
    let route = app.route.get_untracked();
    if !route.control.is_empty() {
        dom::go(app, Route { control: String::new(), ..route });
    } else if route.view == View::Change {
        dom::go(app, Route { sort: route.sort, ..Route::changes(route.query) });
    }
}

/// Returns the theme that is not in sight.
fn opposite() -> theme::Theme {
    let chosen = document().document_element().and_then(|root| root.get_attribute("data-theme"));
    let is_dark = match chosen.as_deref() {
        Some(word) => word == "dark",
        None => window()
            .match_media("(prefers-color-scheme: dark)")
            .ok()
            .flatten()
            .is_some_and(|query| query.matches()),
    };
    if is_dark { theme::Theme::Light } else { theme::Theme::Dark }
}

/// Returns the route of the change before or after the one in sight.
pub fn neighbour(app: App, is_next: bool) -> Option<Route> {
    let route = app.route.get_untracked();
    if route.view != View::Change {
        return None;
    }
    app.change.with_untracked(|slot| match slot.as_deref() {
        Some(Reply::Change(detail)) => {
            let id = if is_next { detail.next.clone() } else { detail.previous.clone() };
            id.map(|change| Route { change, record: None, ..route })
        }
        _ => None,
    })
}
