//! Packs the app, the worker, styles and sample into one HTML file that can reach no network, and checks that it is so.
//!
//! `make dist` runs it after Trunk. `docs/privacy.md` says what the checks are for.

#[path = "pack/assemble.rs"]
mod assemble;
#[path = "pack/check.rs"]
mod check;
#[path = "pack/serve.rs"]
mod serve;
#[path = "pack/streams.rs"]
mod streams;
#[path = "pack/wasm.rs"]
mod wasm;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use assemble::{Packed, Parts};

const HELP: &str = "\
Packs Lacuna into one HTML file.

  lacuna-pack pack [--from DIR] [--out DIR] [--wasm-opt PATH]   what Trunk built into DIR/lacuna.html (target/trunk, dist)
  lacuna-pack pack --draft …                                    the same to look at: not optimised, not held to its budget
  lacuna-pack check [FILE]                                      is this file what a packed one must be? (dist/lacuna.html)
  lacuna-pack imports [--from DIR]                              what the modules import, as tests/fixtures/wasm-imports.txt
  lacuna-pack serve [--out DIR] [--port N]                      serves DIR/lacuna.html on this machine (8000; 0: any free)

Run it in the folder of the project.";

/// The imports that were agreed.
const IMPORTS: &str = "tests/fixtures/wasm-imports.txt";

/// Most bytes of lacuna.html, plain and after gzip: with all that checks signatures, and the audit method (workpaper, policy,
/// comparison, duties, registers) beside it.
const BUDGET: (usize, usize) = (2_000_000, 1_400_000);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("lacuna-pack: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    let Some((command, rest)) = arguments.split_first() else {
        println!("{HELP}");
        return Ok(());
    };
    let from = PathBuf::from(option(rest, "--from")?.unwrap_or("target/trunk"));
    let out = PathBuf::from(option(rest, "--out")?.unwrap_or("dist"));
    match command.as_str() {
        "pack" => {
            let wasm_opt = option(rest, "--wasm-opt")?.unwrap_or("tests/browser/node_modules/.bin/wasm-opt");
            let is_draft = rest.iter().any(|argument| argument == "--draft");
            pack(&from, &out, (!is_draft).then_some(Path::new(wasm_opt)))
        }
        "check" => {
            let file = rest.first().map_or("dist/lacuna.html", String::as_str);
            report(check::document(&text(Path::new(file))?))
        }
        "imports" => imports(&from),
        "serve" => {
            let port = option(rest, "--port")?.unwrap_or("8000");
            serve::serve(&out, port.parse().map_err(|e| format!("--port {port}: {e}"))?)
        }
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        _ => Err(format!("unknown command `{command}`\n\n{HELP}")),
    }
}

/// The value after an option, if the option is there.
fn option<'a>(arguments: &'a [String], name: &str) -> Result<Option<&'a str>, String> {
    let Some(at) = arguments.iter().position(|argument| argument == name) else { return Ok(None) };
    arguments.get(at + 1).map(|value| Some(value.as_str())).ok_or_else(|| format!("{name} needs a value"))
}

/// Packs what Trunk built; a draft is packed without `wasm_opt`, and may be of any size.
fn pack(from: &Path, out: &Path, wasm_opt: Option<&Path>) -> Result<(), String> {
    let parts = read_parts(from, wasm_opt)?;
    let mut wrong = check::denied_in_glue("the app's glue", &parts.app_script()?);
    wrong.extend(check::denied_in_glue("the worker's glue", &parts.worker_script()?));
    let list = fs::read_to_string(IMPORTS).unwrap_or_default();
    for (name, module) in [("app", &parts.app_wasm), ("worker", &parts.worker_wasm)] {
        let imports = wasm::imports(module)?;
        wrong.extend(check::denied_imports(name, &imports));
        if wasm_opt.is_some() {
            wrong.extend(check::places(name, module));
        }
        // A new import is a matter for review, so a test fails on it, not the build.
        for line in check::unlisted_imports(name, &imports, &list) {
            println!("note: {line} ({IMPORTS})");
        }
        for stale in check::stale_imports(name, &imports, &list) {
            println!("note: {name} no longer imports `{stale}` ({IMPORTS})");
        }
    }
    let packed = assemble::assemble(&parts)?;
    wrong.extend(check::document(&packed.html));
    report(wrong)?;
    write(&packed, out)?;
    let is_within = table(&packed);
    if wasm_opt.is_none() || is_within { Ok(()) } else { Err("lacuna.html is over its budget".into()) }
}

fn read_parts(from: &Path, wasm_opt: Option<&Path>) -> Result<Parts, String> {
    let shell = text(Path::new("index.html"))?;
    let styles = assemble::style_paths(&shell);
    let style = styles.iter().map(|path| text(Path::new(path))).collect::<Result<String, _>>()?;
    let module = |name: &str, level: &str| {
        let (built, output) = (from.join(format!("{name}_bg.wasm")), from.join(format!("{name}.opt.wasm")));
        wasm_opt.map_or_else(|| bytes(&built), |tool| wasm::optimise(tool, level, &built, &output))
    };
    let (app_wasm, worker_wasm) = thread::scope(|scope| {
        let app = scope.spawn(|| module("lacuna-app", "-Oz"));
        let worker = module("lacuna-worker", "-O3");
        (app.join().unwrap_or_else(|_| Err("wasm-opt did not end well".into())), worker)
    });
    let sample = Path::new("public/samples/sample.zip");
    Ok(Parts {
        shell,
        style,
        boot: text(Path::new("public/boot.js"))?,
        app_glue: text(&from.join("lacuna-app.js"))?,
        unpack: text(Path::new("public/unpack.js"))?,
        worker_boot: text(Path::new("public/worker-boot.js"))?,
        worker_glue: text(&from.join("lacuna-worker.js"))?,
        app_wasm: app_wasm?,
        worker_wasm: worker_wasm?,
        sample: if sample.exists() { Some(bytes(sample)?) } else { None },
        icon: text(Path::new("public/icon.svg"))?,
    })
}

fn write(packed: &Packed, out: &Path) -> Result<(), String> {
    let headers = text(Path::new("public/_headers"))?.replace("{policy}", &packed.policy);
    let sums = format!("{}  lacuna.html\n", check::hex(packed.html.as_bytes()));
    fs::create_dir_all(out).map_err(|e| format!("{}: {e}", out.display()))?;
    for (name, content) in [("_headers", &headers), ("SHA256SUMS", &sums), ("lacuna.html", &packed.html)] {
        fs::write(out.join(name), content).map_err(|e| format!("{}/{name}: {e}", out.display()))?;
    }
    Ok(())
}

/// Prints the sizes; returns whether they are within the budget.
fn table(packed: &Packed) -> bool {
    println!("{:<14} {:>10} {:>10}", "", "bytes", "packed");
    for (name, plain, zipped) in &packed.sizes {
        println!("{name:<14} {plain:>10} {zipped:>10}");
    }
    println!("{:<14} {:>10} {:>10}", "budget", BUDGET.0, BUDGET.1);
    println!("build {}", packed.build_hash);
    packed.sizes.last().is_none_or(|(_, plain, zipped)| *plain <= BUDGET.0 && *zipped <= BUDGET.1)
}

fn imports(from: &Path) -> Result<(), String> {
    println!(
        "# What the wasm modules may import from the browser. `lacuna-pack imports` writes this list; every new"
    );
    println!("# line is a new power of the app, so read it before you commit it (docs/privacy.md).");
    for (heading, name) in [("app", "lacuna-app"), ("worker", "lacuna-worker")] {
        println!("\n[{heading}]");
        for import in wasm::imports(&bytes(&from.join(format!("{name}.opt.wasm")))?)? {
            println!("{import}");
        }
    }
    Ok(())
}

fn report(wrong: Vec<String>) -> Result<(), String> {
    if wrong.is_empty() { Ok(()) } else { Err(format!("refused:\n- {}", wrong.join("\n- "))) }
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn text(path: &Path) -> Result<String, String> {
    String::from_utf8(bytes(path)?).map_err(|e| format!("{}: {e}", path.display()))
}
