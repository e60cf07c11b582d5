//! The reader's settings: theme and shortcuts. Only these go into the local storage, under names that start with `lacuna.`; local
//! files share one storage in some browsers.

use leptos::prelude::*;

use super::state::App;

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All, in the order of the choice.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// Returns the word that is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Returns the name that people read.
    pub const fn title(self) -> &'static str {
        match self {
            Self::System => "As the system",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// Returns the theme of a word.
    pub fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.word() == word).unwrap_or_default()
    }
}

/// Returns a stored setting, where the browser lets this page have a storage.
pub fn setting(name: &str) -> Option<String> {
    storage()?.get_item(&["lacuna.", name].concat()).ok()?
}

/// Stores a setting; without a storage it holds until the page is closed.
pub fn set_setting(name: &str, value: &str) {
    if let Some(storage) = storage() {
        storage.set_item(&["lacuna.", name].concat(), value).ok();
    }
}

fn storage() -> Option<web_sys::Storage> {
    // Asking the window first: the storage of a local file may be refused, and gloo's accessor would panic then.
    window().local_storage().ok()??;
    Some(<gloo_storage::LocalStorage as gloo_storage::Storage>::raw())
}

/// Returns the stored theme.
pub fn stored() -> Theme {
    Theme::of(&setting("theme").unwrap_or_default())
}

/// Takes a theme: on the page at once, and stored.
pub fn choose(app: App, theme: Theme) {
    app.theme.set(theme);
    set_setting("theme", theme.word());
    let Some(root) = document().document_element() else { return };
    let result = match theme {
        Theme::System => root.remove_attribute("data-theme"),
        Theme::Light | Theme::Dark => root.set_attribute("data-theme", theme.word()),
    };
    // Neither name nor value can be refused.
    result.ok();
}

/// Switches single-key shortcuts on or off.
pub fn use_shortcuts(app: App, on: bool) {
    app.has_shortcuts.set(on);
    set_setting("shortcuts", if on { "on" } else { "off" });
}
