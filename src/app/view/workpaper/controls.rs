//! Conclusion and sign-off, control by control and over the whole.

use leptos::prelude::*;

use super::{evaluation, part, signed};
use crate::app::paper;
use crate::app::state::App;
use crate::app::text::{number, visible};
use crate::app::ui::form::{area, choice, form};
use crate::app::ui::{chip, panel};
use crate::model::Verdict;
use crate::workpaper::{Body, By, Concluded, Conclusion, ControlState, Signed};

const ROLES: [(&str, &str); 2] = [("preparer", "Preparer"), ("reviewer", "Reviewer")];

/// The panel of the controls.
pub fn controls(app: App) -> AnyView {
    let controls = part(app, |held| held.told.state.controls.clone());
    let signs = part(app, |held| (held.told.state.sign_offs.clone(), held.told.state.changed));
    (move || {
        let controls = controls.get();
        if controls.is_empty() {
            return ().into_any();
        }
        let rows = controls.iter().map(|one| control(app, one)).collect_view();
        let (signs, changed) = signs.get();
        let open = controls.iter().filter(|control| !control.is_signed()).count() as u64;
        let remark =
            if open == 0 { "all signed off".to_owned() } else { [&number(open), " not signed off"].concat() };
        let body = view! {
            <ul class="paper-controls">{rows}</ul>
            <h3>"The whole paper"</h3>
            {sign_offs(&signs, changed)}
            {sign(app, String::new(), String::new())}
        };
        panel("5. Conclude and sign off", &remark, "", body.into_any())
    })
    .into_any()
}

fn control(app: App, state: &ControlState) -> AnyView {
    let of = &state.control;
    let words = [
        number(state.tested).as_str(),
        " items tested in full, ",
        &number(state.deviations),
        " deviate, ",
        &number(state.untested),
        " open",
    ]
    .concat();
    let last = state.conclusions.len().saturating_sub(1);
    let conclusions = state
        .conclusions
        .iter()
        .enumerate()
        .map(|(at, said)| {
            let look = match said.said.conclusion {
                Conclusion::Effective => Verdict::Met,
                Conclusion::WithExceptions => Verdict::Excepted,
                Conclusion::NotEffective => Verdict::Unmet,
                Conclusion::NoConclusion => Verdict::Unproven,
            };
            let superseded = (at < last && !state.is_contested).then_some(" (superseded)");
            view! {
                <li>
                    {chip(look, said.said.conclusion.words())} {superseded} " " {visible(&said.said.basis)} " "
                    <small class="muted">{signed(&said.by, &said.at)}</small>
                </li>
            }
        })
        .collect_view();
    view! {
        <li>
            <h3><span class="mono">{visible(&of.id)}</span> " " {visible(&of.title)} " " <small class="muted">{visible(&of.framework)}</small></h3>
            <p>{words}</p>
            {evaluation::said(&state.evaluations, None)}
            <ul class="plain">{conclusions}</ul>
            {sign_offs(&state.sign_offs, state.changed)}
            {evaluation::ask(app, "Evaluate the sample", [of.framework.clone(), of.id.clone()])}
            {conclude(app, of.framework.clone(), of.id.clone())}
            {sign(app, of.framework.clone(), of.id.clone())}
        </li>
    }
    .into_any()
}

fn sign_offs(signs: &[By<Signed>], changed: u64) -> AnyView {
    if signs.is_empty() {
        return view! { <p>{chip(Verdict::Unproven, "not signed off")}</p> }.into_any();
    }
    let rows = signs
        .iter()
        .map(|sign| {
            let state = if sign.entry > changed {
                chip(Verdict::Met, "signed off")
            } else {
                chip(Verdict::Unproven, "signed off, changed since")
            };
            view! { <li>{state} " as " {visible(&sign.said.role)} " " <small class="muted">{signed(&sign.by, &sign.at)}</small></li> }
        })
        .collect_view();
    view! { <ul class="plain">{rows}</ul> }.into_any()
}

fn conclude(app: App, framework: String, control: String) -> AnyView {
    let options: Vec<(&str, &str)> =
        Conclusion::ALL.iter().rev().map(|one| (one.slug(), one.words())).collect();
    let body = view! {
        <div class="fields">
            {choice("You conclude that the control", "conclusion", &options)} {area("What that rests on", "basis", String::new())}
        </div>
    };
    let form = form(body.into_any(), "Conclude", &[], move |fields| {
        let word = fields.text("conclusion");
        let found = Conclusion::ALL.into_iter().find(|one| one.slug() == word);
        let concluded = Concluded {
            framework: framework.clone(),
            control: control.clone(),
            conclusion: found.unwrap_or_default(),
            basis: fields.text("basis"),
        };
        paper::enter(app, Body::Concluded(concluded), Some(fields.form));
    });
    view! { <details><summary>"Conclude"</summary>{form}</details> }.into_any()
}

fn sign(app: App, framework: String, control: String) -> AnyView {
    let form = form(choice("You sign as", "role", &ROLES), "Sign off", &[], move |fields| {
        let signed =
            Signed { framework: framework.clone(), control: control.clone(), role: fields.text("role") };
        paper::enter(app, Body::Signed(signed), None);
    });
    view! { <details><summary>"Sign off"</summary>{form}</details> }.into_any()
}
