//! What signatures were checked against, who signed, and the statements one by one.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlInputElement;

use super::problems::filter_field;
use crate::app::state::App;
use crate::app::text::{count, dotted, number, visible};
use crate::app::ui::list::{Spec, cell, list};
use crate::app::ui::{awaited, chip, empty, heading, panel, refused};
use crate::app::{dom, engine};
use crate::model::{SignatureState, Verdict};
use crate::protocol::{ManifestRow, Reply, RootRow, SignerRow, StatementRow, Trust};
use crate::query::route::{Route, View};

/// The greatest root or key file that is read.
const MOST_BYTES: f64 = 4_000_000.0;

/// The screen.
pub fn trust(app: App) -> AnyView {
    let sub = "Each signature is checked here, step by step, against roots and keys that you trust; nothing that came with the evidence is trusted.";
    view! {
        {heading("Trust".to_owned(), sub.into_any())}
        {move || {
            app.trusted.with(|slot| match slot.as_deref() {
                Some(Reply::Trust(trust)) => shown(app, trust),
                Some(Reply::Failed(fact)) => refused(fact),
                _ => awaited(),
            })
        }}
        {statements(app)}
    }
    .into_any()
}

fn shown(app: App, trust: &Trust) -> AnyView {
    let states = trust
        .states
        .iter()
        .map(|(state, amount)| {
            let words = [&number(*amount), " ", state.word()].concat();
            view! { <li>{chip(look(*state), &words)}</li> }
        })
        .collect_view();
    let states = if trust.states.is_empty() {
        view! { <p class="muted">"The bundle holds no statement, signed or not."</p> }.into_any()
    } else {
        view! { <ul class="pairs">{states}</ul> }.into_any()
    };
    let roots = trust.roots.iter().map(root).collect_view();
    let roots = view! { <ul class="roots">{roots}</ul>{add(app)} };
    view! {
        <div class="grid">
            {panel("Signatures in this bundle", "", "", states)}
            {panel("Roots and keys", "in the order in which they are asked", "", roots.into_any())}
            {signers(trust)}
            {manifests(trust)}
        </div>
    }
    .into_any()
}

/// The look of a state: what nobody could check is as open as what nobody tested.
pub const fn look(state: SignatureState) -> Verdict {
    match state {
        SignatureState::Valid => Verdict::Met,
        SignatureState::Invalid => Verdict::Unmet,
        SignatureState::NotChecked | SignatureState::Pending => Verdict::Unproven,
        SignatureState::NotSigned => Verdict::NotApplicable,
    }
}

fn root(row: &RootRow) -> AnyView {
    let parts = row
        .parts
        .iter()
        .map(|part| {
            view! {
                <li>
                    <b>{visible(&part.role)}</b> " " <span class="mono">{visible(&part.name)}</span> " "
                    <span class="muted">{visible(&part.window)}</span>
                </li>
            }
        })
        .collect_view();
    let origin = if row.is_built_in { "built in" } else { "added by you" };
    let amount = [&count(row.statements, "valid statement"), " rest on it"].concat();
    let find = Route { filter: row.name.clone(), ..Route::to(View::Trust) }.fragment();
    let amount = match (row.statements, row.timestamps) {
        (0, 0) => view! { <span class="muted">"nothing rests on it"</span> }.into_any(),
        (0, _) => ().into_any(),
        _ => view! { <a class="door" href=find>{amount}</a> }.into_any(),
    };
    let stamps = (row.timestamps > 0)
        .then(|| view! { <span>{count(row.timestamps, "timestamp")} " by its authority"</span> });
    view! {
        <li>
            <details>
                <summary><b>{visible(&row.name)}</b> " · " {origin}</summary>
                <ul class="parts">{parts}</ul>
            </details>
            <span class="rests">{amount}{stamps}</span>
        </li>
    }
    .into_any()
}

/// The field that adds roots and keys; the bundle is then opened anew, since every verdict may rest on them.
fn add(app: App) -> AnyView {
    let chosen = move |event: web_sys::Event| {
        let Some(field) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else {
            return;
        };
        let Some(file) = field.files().and_then(|files| files.get(0)) else { return };
        if file.size() > MOST_BYTES {
            app.spoken.set("The file is too large for a root or a key.".to_owned());
            return;
        }
        spawn_local(async move {
            let read = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
            match read {
                Some(text) => engine::trust_too(app, file.name(), text),
                None => app.spoken.set("The browser could not read the file.".to_owned()),
            }
        });
    };
    let own = move || {
        let names = app.trust.with(|files| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
        (!names.is_empty()).then(|| {
            view! {
                <button type="button" on:click=move |_| engine::trust_none(app)>
                    "Take back what I added"
                </button>
            }
        })
    };
    view! {
        <div class="buttons">
            <label class="button">
                "Add a root or key…" <input class="unseen" type="file" accept=".json,.pem,.pub,.crt,.cer,.key,.txt,.asc" on:change=chosen/>
            </label>
            {own}
        </div>
        <p class="note">
            "A trusted_root.json, or public keys and certificates as text. The bundle is then opened once more. What a file of the bundle itself names is never trusted."
        </p>
    }
    .into_any()
}

fn signers(trust: &Trust) -> AnyView {
    if trust.signers.is_empty() {
        return ().into_any();
    }
    let remark = if trust.has_identities {
        "held against the identities of the policy"
    } else {
        "the policy names nobody, so any valid signer counts"
    };
    let rows = trust.signers.iter().map(signer).collect_view();
    let table = view! {
        <div class="scroll">
            <table class="signers">
                <thead>
                    <tr>
                        <th scope="col">"Identity"</th>
                        <th scope="col" class="num">"Statements"</th>
                        <th scope="col" class="num">"Changes"</th>
                        <th scope="col">"Signed"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    };
    panel("Who signed", remark, "", table.into_any())
}

fn signer(row: &SignerRow) -> AnyView {
    let find = Route { filter: row.identity.clone(), ..Route::to(View::Trust) }.fragment();
    let issuer = (!row.issuer.is_empty())
        .then(|| view! { <small class="muted">"vouched by " <span class="mono">{visible(&row.issuer)}</span></small> });
    let not_let = (row.not_let > 0)
        .then(|| chip(Verdict::Unmet, &[&number(row.not_let), " not let by the policy"].concat()));
    let invalid =
        (row.invalid > 0).then(|| chip(Verdict::Unmet, &[&number(row.invalid), " invalid"].concat()));
    let dates = match (row.from.as_str(), row.to.as_str()) {
        (from, to) if from == to => from.to_owned(),
        (from, to) => [from, " to ", to].concat(),
    };
    view! {
        <tr>
            <td><a class="door mono" href=find>{visible(&row.identity)}</a> {issuer}</td>
            <td class="num">{number(row.valid)} " " {not_let} " " {invalid}</td>
            <td class="num">{number(row.changes)}</td>
            <td class="num">{visible(&dates)}</td>
        </tr>
    }
    .into_any()
}

fn manifests(trust: &Trust) -> AnyView {
    if trust.manifests.is_empty() {
        return ().into_any();
    }
    let rows = trust.manifests.iter().map(manifest).collect_view();
    panel(
        "Manifests",
        "held against the files of the bundle",
        "",
        view! { <ol class="crit">{rows}</ol> }.into_any(),
    )
}

fn manifest(row: &ManifestRow) -> AnyView {
    let verdict = match (row.changed + row.missing + row.extra, row.open) {
        (0, 0) => Verdict::Met,
        (0, _) => Verdict::Unproven,
        _ => Verdict::Unmet,
    };
    let counts: Vec<String> = [
        (row.changed, "changed"),
        (row.missing, "missing"),
        (row.extra, "not listed"),
        (row.open, "not checked"),
    ]
    .into_iter()
    .filter(|(amount, _)| *amount > 0)
    .map(|(amount, words)| [&number(amount), " ", words].concat())
    .collect();
    let as_listed = [&number(row.valid), " of ", &count(row.listed, "file"), " as listed"].concat();
    let words = dotted(&std::iter::once(as_listed).chain(counts).collect::<Vec<_>>());
    let seal = row.seal.map(|state| {
        view! { <p class="reason">{chip(look(state), state.word())} " " {visible(&row.reason)}</p> }
    });
    let origins = row
        .origins
        .iter()
        .map(|(label, value)| view! { <div><dt>{visible(label)}</dt><dd>{visible(value)}</dd></div> })
        .collect_view();
    let find = Route { filter: row.path.clone(), ..Route::to(View::Problems) }.fragment();
    view! {
        <li>
            {chip(verdict, if verdict == Verdict::Met { "as listed" } else { "not as listed" })}
            <div>
                <p class="name">{visible(&row.kind)} " " <a class="door mono" href=find>{visible(&row.path)}</a></p>
                <p class="reason">{words}</p>
                {seal}
                <dl class="kv wide">{origins}</dl>
            </div>
        </li>
    }
    .into_any()
}

fn statements(app: App) -> AnyView {
    let counts = Memo::new(move |_| app.list.with(|list| (list.total, list.of)));
    let spec = Spec {
        label: "Statements",
        class: "statements",
        head: [("s-state", "Signature"), ("s-what", "Statement, and who signed it"), ("s-change", "Change")]
            .into_iter()
            .map(|(class, name)| view! { <div role="columnheader" class=class>{name}</div> })
            .collect_view()
            .into_any(),
        cells: |_, reply, place| match reply {
            Reply::Statements(page) => page.rows.get(place).map_or_else(|| ().into_any(), cells),
            _ => ().into_any(),
        },
        open: |app, row| {
            let id = app.list.with_untracked(|list| {
                let (reply, place) = list.page_of(row)?;
                match &*reply {
                    Reply::Statements(page) => page.rows.get(place).map(|row| row.id.clone()),
                    _ => None,
                }
            });
            if let Some(id) = id {
                dom::go(app, Route::statement(id));
            }
        },
    };
    let total = move || {
        let (total, of) = counts.get();
        [&number(total.into()), " of ", &count(of.into(), "statement")].concat()
    };
    let nothing = move || {
        let (total, of) = counts.get();
        (total == 0 && of > 0).then(|| {
            let clear =
                view! { <a class="button" href=Route::to(View::Trust).fragment()>"Show all statements"</a> };
            empty("No statement matches.", clear.into_any())
        })
    };
    let has_any = move || counts.get().1 > 0;
    view! {
        {move || has_any().then(|| view! { <h2 class="of-list">"Statements"</h2> })}
        <div class=move || if has_any() { "" } else { "hidden" }>
            {filter_field(app, "Type, signer, root or state", total)}
            {list(app, spec)}
        </div>
        {nothing}
    }
    .into_any()
}

fn cells(row: &StatementRow) -> AnyView {
    let predicate = if row.predicate.is_empty() { &row.envelope } else { &row.predicate };
    let signer = if row.signer.is_empty() { "no signer shown".to_owned() } else { visible(&row.signer) };
    let what = view! {
        <span class="found mono">{visible(predicate)}</span>
        <span class="muted path"><bdi>{dotted(&[visible(&row.level), visible(&row.signed_at), signer])}</bdi></span>
    };
    let href = Route::statement(row.id.clone()).fragment();
    let state = view! { <a href=href class="door">{chip(look(row.state), row.state.word())}</a> };
    view! {
        {cell("s-state", state.into_any())}
        {cell("s-what p-found", what.into_any())}
        {cell("s-change num", visible(&row.change).into_any())}
    }
    .into_any()
}
