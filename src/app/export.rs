//! Saving text as a file, through a blob and a link that is pressed once.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlAnchorElement;

/// Saves text as a file. Returns whether the browser took it.
pub fn save(name: &str, media: &str, text: &str) -> bool {
    let blob = gloo_file::Blob::new_with_options(text, Some(media));
    let url = gloo_file::ObjectUrl::from(blob);
    let Ok(element) = document().create_element("a") else { return false };
    let Ok(link) = element.dyn_into::<HtmlAnchorElement>() else { return false };
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // The browser reads the blob after this returns: the address must live on for a while.
    gloo_timers::callback::Timeout::new(60_000, move || drop(url)).forget();
    true
}
