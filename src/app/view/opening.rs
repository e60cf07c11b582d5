//! While a bundle is being opened: what is being done, in words and real counts, and a way to stop it.

use leptos::prelude::*;

use crate::app::engine::{self, in_words};
use crate::app::state::App;
use crate::app::text::{number, percent, visible, width};
use crate::protocol::{Phase, Progress};

/// The steps of opening, in their order.
const STEPS: [(Phase, &str); 5] = [
    (Phase::Reading, "Read files"),
    (Phase::Hashing, "Finish digests"),
    (Phase::Verifying, "Check signatures"),
    (Phase::Linking, "Link records"),
    (Phase::Assessing, "Test changes"),
];

/// The screen.
pub fn opening(app: App) -> AnyView {
    let part = move || {
        app.progress.with(|progress| {
            let (done, of) = share(progress);
            (percent(done, of).to_string(), width(done, of))
        })
    };
    let steps = STEPS
        .into_iter()
        .map(|(phase, words)| {
            let state = move || {
                let now = app.progress.with(|progress| progress.phase);
                match rank(phase).cmp(&rank(now)) {
                    std::cmp::Ordering::Less => "is-done",
                    std::cmp::Ordering::Equal => "is-now",
                    std::cmp::Ordering::Greater => "",
                }
            };
            let current = move || (state() == "is-now").then_some("step");
            view! { <li class=state aria-current=current>{words}</li> }
        })
        .collect_view();
    view! {
        <div class="opening">
            <h1 tabindex="-1">"Opening"</h1>
            <p class="sub">{move || app.progress.with(in_words)}</p>
            <div
                class="progress"
                role="progressbar"
                aria-label="Opening"
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow=move || part().0
                style:--done=move || part().1
            >
                <span></span>
            </div>
            <p class="file mono">{move || app.progress.with(|progress| visible(&progress.file))}</p>
            <p class="muted">{move || app.progress.with(files)}</p>
            <ol class="steps">{steps}</ol>
            <button type="button" class="main" on:click=move |_| engine::cancel(app)>
                "Cancel"
            </button>
        </div>
    }
    .into_any()
}

fn files(progress: &Progress) -> String {
    [&number(progress.files_done), " of ", &number(progress.files_known), " files known so far"].concat()
}

fn share(progress: &Progress) -> (u64, u64) {
    match progress.phase {
        Phase::Assessing => (progress.assessed, progress.changes),
        Phase::Verifying => (progress.verified, progress.signatures),
        Phase::Reading => (progress.bytes_done, progress.bytes_known),
        Phase::Hashing | Phase::Linking | Phase::Done => (1, 1),
    }
}

const fn rank(phase: Phase) -> u8 {
    match phase {
        Phase::Reading => 0,
        Phase::Hashing => 1,
        Phase::Verifying => 2,
        Phase::Linking => 3,
        Phase::Assessing => 4,
        Phase::Done => 5,
    }
}
