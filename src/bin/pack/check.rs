//! What a packed document must be, so that nothing can leave it. Every function here gives the list of what is wrong;
//! an empty list passes. `lacuna-pack` refuses to write a document that fails, `tests/isolation.rs` reads it again.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The policy (Content Security Policy 3) of a document whose script and style have these hashes.
pub fn policy(script: &str, style: &str) -> String {
    format!(
        "default-src 'none'; script-src '{}' 'wasm-unsafe-eval'; worker-src blob:; style-src '{}'; \
         img-src data: blob:; font-src data:; connect-src 'none'; frame-src 'none'; object-src 'none'; \
         media-src 'none'; manifest-src 'none'; base-uri 'none'; form-action 'none'; webrtc 'block'",
        source_hash(script),
        source_hash(style)
    )
}

/// A hash source of the policy: `sha256-` and the digest in base64.
pub fn source_hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// SHA-256 in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// What no import may have in its name, in lower case and without `_`.
const DENIED: &[&str] = &[
    "fetch",
    "xmlhttp",
    "websocket",
    "eventsource",
    "sendbeacon",
    "rtcpeerconnection",
    "rtcdatachannel",
    "webtransport",
    "importscripts",
    "newnoargs",
    "newwithargs",
    "serviceworker",
    "sharedworker",
    "setsrc",
    "contentwindow",
    "contentdocument",
];

/// What no import may be named: too short to forbid inside other words.
const DENIED_WHOLE: &[&str] = &["eval", "assign", "replace", "submit", "requestsubmit", "write", "writeln"];

/// Says where a module names a folder of the machine that built it: the same sources must give the same bytes everywhere.
pub fn places(module: &str, bytes: &[u8]) -> Vec<String> {
    let names = |part: &str| bytes.windows(part.len()).any(|window| window == part.as_bytes());
    let mut told = Vec::new();
    for part in [".cargo/registry/", "/registry/src/"] {
        if names(part) {
            told.push(format!("{module} names a folder of the machine that built it: `{part}`"));
        }
    }
    told
}

/// What is wrong with the imports of a module: names that reach a network, run text as code or leave the page.
pub fn denied_imports(module: &str, imports: &BTreeSet<String>) -> Vec<String> {
    let denied = |import: &&String| {
        let name = import.trim_start_matches('_');
        let name = name.strip_prefix("wbg_").unwrap_or(name).replace('_', "").to_lowercase();
        DENIED.iter().any(|word| name.contains(word)) || DENIED_WHOLE.contains(&name.as_str())
    };
    imports.iter().filter(denied).map(|name| format!("{module} imports `{name}`, which is denied")).collect()
}

/// What is wrong with the imports of a module against the list that was agreed: the unlisted ones.
///
/// `list` has one name on a line under a heading `[module]`; `#` starts a comment.
pub fn unlisted_imports(module: &str, imports: &BTreeSet<String>, list: &str) -> Vec<String> {
    let allowed = section(list, module);
    let unlisted = imports.iter().filter(|name| !allowed.contains(name.as_str()));
    unlisted.map(|name| format!("{module} imports `{name}`, which the list does not allow")).collect()
}

/// Entries of the list that nothing imports any more.
pub fn stale_imports(module: &str, imports: &BTreeSet<String>, list: &str) -> Vec<String> {
    section(list, module).into_iter().filter(|name| !imports.contains(*name)).map(str::to_owned).collect()
}

fn section<'a>(list: &'a str, module: &str) -> BTreeSet<&'a str> {
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(heading) = line.strip_prefix('[') {
            inside = heading.trim_end_matches(']') == module;
        } else if inside {
            names.insert(line);
        }
    }
    names
}

/// What is wrong with a script that wasm-bindgen wrote: anything that reaches a network or runs text as code.
///
/// Words are matched whole, and with what makes them a use (`fetch(`), since messages may speak of them.
pub fn denied_in_glue(name: &str, glue: &str) -> Vec<String> {
    const USES: &[&str] = &[
        "fetch(",
        "fetch`",
        ".fetch",
        "eval(",
        "new Function",
        "import(",
        "importScripts",
        "XMLHttpRequest",
        "WebSocket",
        "EventSource",
        "sendBeacon",
        "RTCPeerConnection",
        "WebTransport",
        "SharedWorker",
        "serviceWorker",
        ".open(",
        ".assign(",
        ".submit(",
        ".src =",
        "document.write",
        "http://",
        "https://",
    ];
    // `Object.assign` is not `location.assign`.
    let glue = glue.replace("Object.assign(", "Object_assign(");
    USES.iter().filter(|word| uses(&glue, word)).map(|word| format!("{name} has `{word}`")).collect()
}

fn uses(text: &str, word: &str) -> bool {
    let starts_with_name = word.starts_with(|c: char| c.is_ascii_alphanumeric());
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !starts_with_name || !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$')
    })
}

/// An element of the packed document: its tag as written, and for `script` and `style` the text inside.
#[derive(Debug, PartialEq)]
pub struct Element<'a> {
    /// The start tag without `<` and `>`.
    pub tag: &'a str,
    /// The text up to the end tag; empty for other elements.
    pub text: &'a str,
}

impl<'a> Element<'a> {
    /// The element's name in lower case.
    pub fn name(&self) -> String {
        self.tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default().to_lowercase()
    }

    /// An attribute's value, written in double quotes.
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        let start = self.tag.find(&format!(" {name}=\""))? + name.len() + 3;
        self.tag[start..].split('"').next()
    }
}

/// The start tags of a document in their order. Enough for what `lacuna-pack` writes: attributes in double quotes, no
/// `>` inside them, no comments.
pub fn elements(html: &str) -> Vec<Element<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = html[at..].find('<').map(|i| at + i) {
        let Some(close) = html[open..].find('>').map(|i| open + i) else { break };
        let tag = &html[open + 1..close];
        at = close + 1;
        if tag.starts_with('/') {
            continue;
        }
        let mut element = Element { tag, text: "" };
        let name = element.name();
        if name == "script" || name == "style" {
            let end = html[at..].find(&format!("</{name}")).map_or(html.len(), |i| at + i);
            element.text = &html[at..end];
            at = end;
        }
        found.push(element);
    }
    found
}

/// Is this script a data block, which the browser keeps and does not run?
fn is_data(element: &Element<'_>) -> bool {
    matches!(element.attribute("type"), Some("application/octet-stream;base64" | "text/plain"))
}

/// What is wrong with a packed document. It must have, and have only: first in its head the policy, with the hashes of
/// the one script and the one style; data blocks; nothing that is loaded from an address.
pub fn document(html: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let elements = elements(html);
    let running: Vec<_> = elements.iter().filter(|e| e.name() == "script" && !is_data(e)).collect();
    let styles: Vec<_> = elements.iter().filter(|e| e.name() == "style").collect();
    if running.len() != 1 {
        wrong.push(format!("{} scripts run; one is expected", running.len()));
    }
    if styles.len() != 1 {
        wrong.push(format!("{} style elements; one is expected", styles.len()));
    }
    if let (Some(script), Some(style)) = (running.first(), styles.first()) {
        check_policy(&elements, &policy(script.text, style.text), &mut wrong);
    }
    if html.find("charset=").is_none_or(|at| at > 1000) {
        wrong.push("the character encoding is not named in the first 1000 bytes".into());
    }
    for element in &elements {
        check_element(element, &mut wrong);
    }
    wrong
}

fn check_policy(elements: &[Element<'_>], expected: &str, wrong: &mut Vec<String>) {
    let head = elements.iter().position(|e| e.name() == "head");
    let first = head.and_then(|at| elements.get(at + 1));
    let is_policy = |e: &&Element<'_>| e.attribute("http-equiv") == Some("Content-Security-Policy");
    match first.filter(is_policy).and_then(|e| e.attribute("content")) {
        None => wrong.push("the head does not begin with the policy".into()),
        Some(found) if found != expected => {
            wrong.push(format!("the policy is\n  {found}\nand must be\n  {expected}"));
        }
        Some(_) => {}
    }
    if elements.iter().filter(is_policy).count() > 1 {
        wrong.push("there is more than one policy".into());
    }
}

fn check_element(element: &Element<'_>, wrong: &mut Vec<String>) {
    let name = element.name();
    let tag = &element.tag[..element.tag.floor_char_boundary(80)];
    let is_known = [
        "!doctype", "html", "head", "meta", "title", "link", "style", "script", "body", "div", "main", "h1",
        "p", "noscript",
    ]
    .contains(&name.as_str());
    if !is_known {
        wrong.push(format!("unexpected element <{tag}>"));
    }
    let lower = element.tag.to_lowercase();
    for attribute in ["src", "srcset", "action", "formaction", "data-trunk", "style", "ping", "srcdoc"] {
        if lower.contains(&format!(" {attribute}=")) || lower.ends_with(&format!(" {attribute}")) {
            wrong.push(format!("<{tag}> has the attribute {attribute}"));
        }
    }
    if lower.split_whitespace().any(|part| part.starts_with("on") && part.contains('=')) {
        wrong.push(format!("<{tag}> has an event handler"));
    }
    if element.attribute("href").is_some_and(|href| !href.starts_with("data:")) {
        wrong.push(format!("<{tag}> links to an address"));
    }
    if element.attribute("http-equiv").is_some_and(|v| v != "Content-Security-Policy") {
        wrong.push(format!("<{tag}> acts as a header"));
    }
    for (place, text) in [("an attribute", element.tag), ("the text", element.text)] {
        if ["http://", "https://"].iter().any(|scheme| text.to_lowercase().contains(scheme)) {
            wrong.push(format!("{place} of <{tag}> names an address"));
        }
    }
    if name == "style" {
        let text = element.text.to_lowercase();
        let remote = text.match_indices("url(").any(|(at, _)| {
            let target = text[at + 4..].trim_start_matches(['"', '\'', ' ']);
            !target.starts_with("data:") && !target.starts_with('#')
        });
        if remote || text.contains("@import") {
            wrong.push("the style loads something from an address".into());
        }
    }
}
