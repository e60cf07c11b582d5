//! What the address names is asked for: slots of one answer, and pages of the list in sight.

use std::sync::Arc;

use leptos::prelude::*;

use super::dom;
use super::engine::{Waiting, is_awaiting, policy, send};
use super::state::{App, List, PAGE, Stage};
use crate::protocol::{Address, PolicyAction, Reply, Request};
use crate::query::route::{Route, View};

/// Returns the record that is shown beside a change before the reader has chosen one.
pub fn first_record(reply: &Reply) -> Option<Address> {
    let Reply::Change(detail) = reply else { return None };
    detail.verdicts.iter().find_map(|row| row.evidence.first()).map(|evidence| evidence.address.clone())
}

/// Takes in a page of the list in sight.
pub(super) fn take_page(app: App, request: &Request, page: u32, reply: Reply) {
    if app.list.with_untracked(|list| list.wanted.as_ref() != Some(request)) {
        return;
    }
    let counts = match &reply {
        Reply::Changes(changes) => (changes.page.total, changes.page.of),
        Reply::Files(files) => (files.total, files.of),
        Reply::Problems(problems) => (problems.total, problems.of),
        Reply::Statements(statements) => (statements.total, statements.of),
        Reply::Differences(rows) => (rows.total, rows.of),
        Reply::Failed(fact) => {
            let fact = fact.clone();
            return app.list.update(|list| {
                *list = List { wanted: list.wanted.take(), failure: fact, ..List::default() }
            });
        }
        _ => return,
    };
    let mut is_other = false;
    app.list.update(|list| is_other = list.take(request, page, counts.0, counts.1, Arc::new(reply)));
    if is_other {
        app.window.set((0, 50));
        app.row.set(0);
        if let Some(list) = dom::first(".list") {
            list.set_scroll_top(0);
        }
    }
}

/// Asks for a slot, unless that was the last thing asked for it.
pub(super) fn ask(app: App, what: Waiting, request: Request) {
    let kind = std::mem::discriminant(&request);
    let is_known = app.bridge.try_with_value(|bridge| bridge.asked.contains(&request)).unwrap_or(true);
    if is_known {
        return;
    }
    app.bridge.update_value(|bridge| {
        bridge.asked.retain(|old| std::mem::discriminant(old) != kind);
        bridge.asked.push(request.clone());
    });
    send(app, what, request, None);
}

/// Asks for what the address names, whenever it or the bundle changes. The answers come back as messages: nothing is
/// written here.
pub fn on_navigation(app: App) {
    let route = app.route;
    Effect::new(move |_| {
        if app.stage.get() == Stage::Open {
            route.with(|route| load(app, route));
        }
    });
    Effect::new(move |_| {
        let (first, end) = app.window.get();
        if app.stage.get() == Stage::Open
            && let Some(request) = route.with(list_request)
            && (route.with(|route| route.view != View::Compare) || app.compared.with(Option::is_some))
        {
            load_rows(app, &request, first, end);
        }
    });
}

fn load(app: App, route: &Route) {
    match route.view {
        View::Overview => ask(app, Waiting::Overview, Request::Overview),
        View::Population => ask(app, Waiting::Population, Request::Population),
        View::Matrix => {
            let request = Request::Matrix { framework: route.framework.clone(), columns: route.columns };
            ask(app, Waiting::Matrix, request);
        }
        View::Duties => ask(app, Waiting::Duties, Request::Duties { filter: route.filter.clone() }),
        View::Trust => ask(app, Waiting::Trust, Request::Trust),
        View::Policy if app.policy.with_untracked(Option::is_none) && !is_awaiting(app, &Waiting::Policy) => {
            policy(app, None, None, PolicyAction::Check);
        }
        View::Workpaper => ask(app, Waiting::Choices, Request::PaperChoices),
        View::Statement => {
            ask(app, Waiting::Statement, Request::Statement { id: route.change.clone(), flip: None });
        }
        View::Change => {
            let request =
                Request::Change { id: route.change.clone(), query: route.query.clone(), sort: route.sort };
            ask(app, Waiting::Change, request);
        }
        _ => {}
    }
    if let Some(address) = &route.record {
        ask(app, Waiting::Raw, Request::Raw { address: address.clone() });
    } else if route.view == View::Change {
        // Back to a change whose answer is at hand: its first record again.
        let first = app.change.with_untracked(|slot| slot.as_ref().and_then(|reply| first_record(reply)));
        let is_same = app.change.with_untracked(|slot| match slot.as_deref() {
            Some(Reply::Change(detail)) => detail.row.id == route.change,
            _ => false,
        });
        if let (Some(address), true) = (first, is_same) {
            ask(app, Waiting::Raw, Request::Raw { address });
        }
    }
}

/// Returns the request of the list that a route shows, with offset 0.
fn list_request(route: &Route) -> Option<Request> {
    let (offset, limit) = (0, PAGE);
    match route.view {
        View::Changes => {
            Some(Request::Changes { query: route.query.clone(), sort: route.sort, offset, limit })
        }
        View::Files => Some(Request::Files { filter: route.filter.clone(), offset, limit }),
        View::Trust => Some(Request::Statements { filter: route.filter.clone(), offset, limit }),
        View::Problems => Some(Request::Problems { filter: route.filter.clone(), offset, limit }),
        View::Compare => {
            let (of, difference) = route.rows;
            Some(Request::Differences { of, difference, filter: route.filter.clone(), offset, limit })
        }
        _ => None,
    }
}

fn load_rows(app: App, request: &Request, first: u32, end: u32) {
    let is_other = app.list.with_untracked(|list| list.wanted.as_ref() != Some(request));
    if is_other {
        // Not announced: what is shown stays until the first page of the new list is here.
        app.list.update_untracked(|list| list.wanted = Some(request.clone()));
    }
    let (first, end) = if is_other { (0, 1) } else { (first, end.max(first + 1)) };
    for page in first / PAGE..=(end - 1) / PAGE {
        let is_here = app.list.with_untracked(|list| {
            list.shown.as_ref() == Some(request)
                && !list.is_stale
                && (list.pages.contains_key(&page) || page * PAGE >= list.total.max(1))
        });
        let what = Waiting::Page(request.clone(), page);
        if !is_here && !is_awaiting(app, &what) {
            send(app, what, with_offset(request, page * PAGE), None);
        }
    }
}

fn with_offset(request: &Request, at: u32) -> Request {
    let mut request = request.clone();
    match &mut request {
        Request::Changes { offset, .. }
        | Request::Files { offset, .. }
        | Request::Statements { offset, .. }
        | Request::Differences { offset, .. }
        | Request::Problems { offset, .. } => {
            *offset = at;
        }
        _ => {}
    }
    request
}
