//! Nothing leaves: what is packed may ask for nothing. The checks themselves are shown to fail on broken inputs; then
//! `dist/lacuna.html`, where it was built, must pass them (`make test` builds it first and sets `LACUNA_DIST`).
//! tests/browser/isolation.spec.ts shows the same in a browser.

#![cfg(feature = "pack")]
#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code)]
#[path = "../src/bin/pack/assemble.rs"]
mod assemble;
#[allow(dead_code)]
#[path = "../src/bin/pack/check.rs"]
mod check;
#[allow(dead_code)]
#[path = "../src/bin/pack/streams.rs"]
mod streams;
#[allow(dead_code)]
#[path = "../src/bin/pack/wasm.rs"]
mod wasm;

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use assemble::{Parts, assemble};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const GLUE: &str = "let wasm_bindgen = (function() {\n    // https://example.org/typeof\n    if (0) {\n        \
                    module_or_path = fetch(module_or_path);\n    }\n    return Object.assign(init, {});\n})();\n";

fn parts() -> Parts {
    Parts {
        shell: "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>L</title>\n\
                <link data-trunk rel=\"css\" href=\"style/a.css\">\n<link data-trunk rel=\"rust\" href=\"Cargo.toml\">\n\
                </head>\n<body>\n<div id=\"app\"></div>\n</body>\n</html>\n"
            .into(),
        style: "/* https://example.org/ */\nbody { margin: 0 }\n".into(),
        boot: "// boot\nwasm_bindgen('</script>');\n".into(),
        app_glue: GLUE.into(),
        unpack: "const unpackModule = 1;\n".into(),
        worker_boot: "self.x = 1;\n".into(),
        worker_glue: GLUE.into(),
        app_wasm: module(&["app"]),
        worker_wasm: module(&["worker"]),
        sample: Some(b"PK".to_vec()),
        icon: "<svg xmlns=\"http://www.w3.org/2000/svg\"/>".into(),
    }
}

fn packed() -> String {
    assemble(&parts()).unwrap().html
}

/// A module that imports functions of these names.
fn module(imports: &[&str]) -> Vec<u8> {
    let mut body = vec![u8::try_from(imports.len()).unwrap()];
    for name in imports {
        body.extend([1, b'm', u8::try_from(name.len()).unwrap()]);
        body.extend(name.as_bytes());
        body.extend([0, 0]);
    }
    let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02".to_vec();
    module.push(u8::try_from(body.len()).unwrap());
    module.extend(body);
    module
}

fn names(imports: &[&str]) -> BTreeSet<String> {
    imports.iter().map(|name| (*name).to_owned()).collect()
}

/// Asserts that a change to the packed document is noticed, in words that contain `complaint`.
#[track_caller]
fn refused(from: &str, to: &str, complaint: &str) {
    let html = packed();
    assert!(html.contains(from), "nothing to break: {from}");
    let wrong = check::document(&html.replacen(from, to, 1));
    assert!(wrong.iter().any(|line| line.contains(complaint)), "{complaint:?} is not among {wrong:#?}");
}

#[test]
fn a_module_that_names_a_folder_of_its_builder_is_refused() {
    assert!(check::places("app", b"\0asm crates/serde-1.0/src/lib.rs").is_empty());
    let told = check::places("app", b"..../home/ada/.cargo/registry/src/x/serde-1.0/src/lib.rs");
    assert!(!told.is_empty() && told[0].contains("names a folder"), "{told:?}");
}

#[test]
fn a_packed_document_passes() {
    assert_eq!(check::document(&packed()), [""; 0]);
}

#[test]
fn packing_twice_gives_the_same_bytes() {
    assert_eq!(packed(), packed());
}

#[test]
fn every_part_changes_the_build_hash() {
    let plain = assemble(&parts()).unwrap().build_hash;
    let changes: [fn(&mut Parts); 11] = [
        |p| p.shell.push('\n'),
        |p| p.style.push_str("a{}"),
        |p| p.boot.push_str("x()"),
        |p| p.app_glue.push_str("x()"),
        |p| p.unpack.push_str("x()"),
        |p| p.worker_boot.push_str("x()"),
        |p| p.worker_glue.push_str("x()"),
        |p| p.app_wasm.extend([0, 1, 0]),
        |p| p.worker_wasm.extend([0, 1, 0]),
        |p| p.sample = None,
        |p| p.icon.push(' '),
    ];
    for change in changes {
        let mut parts = parts();
        change(&mut parts);
        assert_ne!(assemble(&parts).unwrap().build_hash, plain);
    }
}

#[test]
fn a_script_cannot_end_its_element() {
    let html = packed();
    assert!(html.contains("wasm_bindgen('<\\/script>');"));
    let mut parts = parts();
    parts.boot = "x = '<!--';".into();
    assert!(assemble(&parts).is_err());
}

#[test]
fn a_changed_policy_is_refused() {
    refused("connect-src 'none'", "connect-src 'self'", "the policy is");
    refused("webrtc 'block'", "webrtc 'allow'", "the policy is");
    refused(
        "<meta http-equiv=\"Content-Security-Policy\"",
        "<meta name=\"nothing\"",
        "does not begin with the policy",
    );
    refused(
        "<meta charset=\"utf-8\">",
        "<meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"\">",
        "more than one policy",
    );
}

#[test]
fn a_policy_after_another_element_is_refused() {
    refused("<head>\n", "<head>\n<title>L</title>", "does not begin with the policy");
}

#[test]
fn a_script_or_style_that_the_hashes_do_not_cover_is_refused() {
    refused("margin: 0", "margin: 1", "the policy is");
    refused("<script>\nconst", "<script>\nx();const", "the policy is");
    refused("</body>", "<script>x()</script></body>", "2 scripts run");
    refused("</body>", "<script type=\"module\">x()</script></body>", "2 scripts run");
    refused("</body>", "<style>a{}</style></body>", "2 style elements");
}

#[test]
fn anything_from_an_address_is_refused() {
    for (broken, complaint) in [
        ("<script src=\"x.js\"></script>", "attribute src"),
        ("<img src=\"https://example.org/x.png\">", "unexpected element"),
        ("<iframe></iframe>", "unexpected element"),
        ("<a href=\"https://example.org/\">x</a>", "links to an address"),
        ("<link rel=\"preconnect\" href=\"//example.org\">", "links to an address"),
        ("<div data-x=\"HTTPS://example.org\"></div>", "names an address"),
        ("<div style=\"color:red\"></div>", "attribute style"),
        ("<div onclick=\"x()\"></div>", "event handler"),
        ("<meta http-equiv=\"refresh\" content=\"0\">", "acts as a header"),
    ] {
        refused("</body>", &format!("{broken}</body>"), complaint);
    }
    refused("margin: 0", "background: url(x.png)", "the style loads");
    refused("margin: 0", "} @import 'x.css'; a {", "the style loads");
}

#[test]
fn pictures_inside_the_style_pass() {
    let mut parts = parts();
    parts.style = "a { background: url(\"data:image/png;base64,AA==\") }".into();
    assert_eq!(check::document(&assemble(&parts).unwrap().html), [""; 0]);
}

#[test]
fn the_glue_is_packed_without_its_fetch() {
    let parts = parts();
    let glue = parts.app_script().unwrap();
    assert_eq!(check::denied_in_glue("glue", &glue), [""; 0]);
    assert_eq!(check::denied_in_glue("glue", GLUE), ["glue has `fetch(`", "glue has `https://`"]);
}

#[test]
fn glue_that_changed_its_way_of_loading_is_refused() {
    let mut parts = parts();
    parts.app_glue = GLUE.replace("fetch(module_or_path)", "globalThis.fetch(module_or_path)");
    assert!(assemble(&parts).is_err());
}

#[test]
fn glue_that_can_reach_out_is_refused() {
    for use_ in [
        "const ret = arg0.fetch(arg1);",
        "const ret = fetch(arg0);",
        "new XMLHttpRequest()",
        "new WebSocket(x)",
        "new EventSource(x)",
        "navigator.sendBeacon(x)",
        "new RTCPeerConnection()",
        "importScripts(x)",
        "arg0.open(arg1)",
        "arg0.assign(arg1)",
        "eval(x)",
        "new Function(x)",
        "import(x)",
    ] {
        assert!(!check::denied_in_glue("glue", use_).is_empty(), "{use_} passes");
    }
    for fine in ["Object.assign(a, b)", "'failed to fetch Wasm'", "prefetch(x)", "`Function(${name})`"] {
        assert_eq!(check::denied_in_glue("glue", fine), [""; 0]);
    }
}

#[test]
fn imports_are_read_without_their_hashes() {
    let found = wasm::imports(&module(&["__wbg_fetch_61dfbde9a16e4a4f", "__wbindgen_throw"])).unwrap();
    assert_eq!(found, names(&["__wbg_fetch", "__wbindgen_throw"]));
}

#[test]
fn a_module_that_is_cut_off_is_an_error() {
    let whole = module(&["__wbg_fetch"]);
    assert!(wasm::imports(&whole[..whole.len() - 3]).is_err());
    assert!(wasm::imports(b"\0asm\x02\0\0\0").is_err());
    assert!(wasm::imports(b"").is_err());
    assert!(wasm::imports(b"\0asm\x01\0\0\0\x02\xff\xff\xff\xff\xff").is_err());
}

#[test]
fn an_import_that_can_reach_out_is_denied() {
    for name in [
        "__wbg_fetch",
        "__wbg_fetchWithRequest",
        "__wbg_new_XMLHttpRequest",
        "__wbg_newWithUrlWebSocket",
        "__wbg_sendBeacon",
        "__wbg_RTCPeerConnection",
        "__wbg_eval",
        "__wbg_newnoargs",
        "__wbg_new_no_args",
        "__wbg_importScripts",
        "__wbg_assign",
        "__wbg_set_src",
    ] {
        assert_eq!(check::denied_imports("app", &names(&[name])).len(), 1, "{name} passes");
    }
    let fine = names(&["__wbg_setAttribute", "__wbg_set_onmessage", "__wbg_instanceof_Window", "__wbg_open"]);
    assert_eq!(check::denied_imports("app", &fine), [""; 0]);
}

#[test]
fn an_import_that_is_not_listed_is_noticed_for_its_module_alone() {
    let list = "# agreed\n[app]\n__wbg_a\n\n[worker]\n__wbg_b\n__wbg_c\n";
    assert_eq!(check::unlisted_imports("app", &names(&["__wbg_a"]), list), [""; 0]);
    assert_eq!(check::unlisted_imports("app", &names(&["__wbg_a", "__wbg_b"]), list).len(), 1);
    assert_eq!(check::stale_imports("worker", &names(&["__wbg_b"]), list), ["__wbg_c"]);
}

/// The packed document, or nothing where it was not built and need not have been.
fn distribution() -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist/lacuna.html");
    match std::fs::read_to_string(&path) {
        Ok(html) => Some(html),
        Err(error) if std::env::var_os("LACUNA_DIST").is_some() => panic!("{}: {error}", path.display()),
        Err(_) => {
            println!("skipped: no dist/lacuna.html; `make dist` builds it");
            None
        }
    }
}

/// A module of the document, put together as public/unpack.js does it.
fn block(html: &str, id: &str) -> Vec<u8> {
    let elements = check::elements(html);
    let element = elements.iter().find(|e| e.attribute("id") == Some(id)).unwrap();
    unpacked(&STANDARD.decode(element.text).unwrap())
}

fn unpacked(packed: &[u8]) -> Vec<u8> {
    let number = |at: usize| u32::from_le_bytes(packed[4 * at..4 * at + 4].try_into().unwrap()) as usize;
    let mut from = 4 * (streams::COUNT + 1);
    let parts = std::array::from_fn(|nth| {
        let to = from + number(nth + 1);
        let mut plain = Vec::new();
        let mut reader = lzma_rust2::LzmaReader::new_mem_limit(&packed[from..to], u32::MAX, None).unwrap();
        reader.read_to_end(&mut plain).unwrap();
        from = to;
        plain
    });
    let module = streams::join(parts).unwrap();
    assert_eq!(module.len(), number(0));
    module
}

#[test]
fn a_module_is_the_same_when_it_is_put_together_again() {
    let number = |n: usize| {
        let mut bytes = Vec::new();
        let mut rest = n;
        while rest > 0x7f {
            bytes.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        bytes.push(rest as u8);
        bytes
    };
    // Locals, a block with a table of branches, constants of each size, memory with a prefix, and an end.
    let small = b"\x01\x02\x7f\x02\x40\x41\x05\x0e\x01\x00\x00\x0b\x44\0\0\0\0\0\0\xf0\x3f\x1a\xfc\x0a\0\0\xfd\x0c\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x28\x02\x84\x01\x10\x03\x0b".to_vec();
    // One whose size takes two bytes.
    let mut large = vec![0];
    large.extend([0x42, 0x7f, 0x1a].repeat(100));
    large.push(0x0b);
    let mut code = vec![2];
    for function in [&small, &large] {
        code.extend(number(function.len()));
        code.extend(function);
    }
    let mut module = module(&["__wbg_a"]);
    module.push(10);
    module.extend(number(code.len()));
    module.extend(&code);
    module.extend(b"\x0b\x03\x01\x02\x03");
    assert_eq!(unpacked(&assemble::module(&module).unwrap()), module);
    let at = module.len() - 5 - 1;
    module[at] = 0xff;
    assert!(assemble::module(&module).is_err(), "an opcode that nobody knows");
}

#[test]
fn the_distribution_is_closed() {
    let Some(html) = distribution() else { return };
    assert_eq!(check::document(&html), [""; 0]);
}

#[test]
fn the_modules_of_the_distribution_import_only_what_was_agreed() {
    let Some(html) = distribution() else { return };
    let list = include_str!("fixtures/wasm-imports.txt");
    for (module, id) in [("app", "app-wasm"), ("worker", "worker-wasm")] {
        let imports = wasm::imports(&block(&html, id)).unwrap();
        assert!(!imports.is_empty());
        assert_eq!(check::denied_imports(module, &imports), [""; 0]);
        let unlisted = check::unlisted_imports(module, &imports, list);
        assert!(
            unlisted.is_empty(),
            "{}\nA new import is a new power: judge it, then run `make imports` and commit the list.",
            unlisted.join("\n")
        );
    }
}

#[test]
fn the_checksum_is_that_of_the_distribution() {
    let Some(html) = distribution() else { return };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist/SHA256SUMS");
    let sums = std::fs::read_to_string(path).unwrap();
    assert_eq!(sums, format!("{}  lacuna.html\n", check::hex(html.as_bytes())));
}
