//! Figures that the engine has drawn, so that app and report show the same ones.

use leptos::prelude::*;

/// Shows SVG that the engine has drawn. This is the one place where markup is taken as it is: it is the engine's own,
/// and holds nothing from evidence but numbers and months.
pub fn figure(svg: &str, label: &str) -> AnyView {
    if svg.is_empty() {
        return ().into_any();
    }
    // On a narrow screen it keeps a size that can be read, and is scrolled: by keyboard too.
    view! { <div class="figure" tabindex="0" role="img" aria-label=label.to_owned() inner_html=svg.to_owned()></div> }
        .into_any()
}
