//! Makes the one document from its parts.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use lzma_rust2::{LzmaOptions, LzmaWriter};

use super::{check, streams};

/// Everything that goes into the document.
pub struct Parts {
    /// `index.html`, whose `data-trunk` links are taken out.
    pub shell: String,
    /// The styles, in the order in which the shell names them.
    pub style: String,
    /// `public/boot.js`.
    pub boot: String,
    /// wasm-bindgen's script for the app.
    pub app_glue: String,
    /// `public/unpack.js`.
    pub unpack: String,
    /// `public/worker-boot.js`.
    pub worker_boot: String,
    /// wasm-bindgen's script for the worker.
    pub worker_glue: String,
    /// The app's module.
    pub app_wasm: Vec<u8>,
    /// The worker's module.
    pub worker_wasm: Vec<u8>,
    /// The sample bundle, a zip.
    pub sample: Option<Vec<u8>>,
    /// The icon, an SVG document.
    pub icon: String,
}

impl Parts {
    /// The app's script as it is packed.
    pub fn app_script(&self) -> Result<String, String> {
        without_fetch(&self.app_glue).map(|glue| squeeze(&glue))
    }

    /// The worker's script as it is packed.
    pub fn worker_script(&self) -> Result<String, String> {
        without_fetch(&self.worker_glue).map(|glue| squeeze(&glue))
    }
}

/// The document, and the size of each part for the table.
pub struct Packed {
    /// The document.
    pub html: String,
    /// The policy that it carries.
    pub policy: String,
    /// SHA-256 of the parts, in hex.
    pub build_hash: String,
    /// Name, bytes, bytes packed (of the document: after gzip).
    pub sizes: Vec<(&'static str, usize, usize)>,
}

/// Puts the parts together. The result depends on them alone: the same parts give the same bytes.
pub fn assemble(parts: &Parts) -> Result<Packed, String> {
    let script = format!("\n{}{}{}", squeeze(&parts.unpack), parts.app_script()?, squeeze(&parts.boot));
    let worker =
        format!("{}{}{}", squeeze(&parts.unpack), squeeze(&parts.worker_boot), parts.worker_script()?);
    let style = format!("\n{}", squeeze_style(&parts.style));
    for (name, text) in [("the script", &script), ("the worker's script", &worker), ("the style", &style)] {
        if text.contains("<!--") || text.to_lowercase().contains("</style") {
            return Err(format!("{name} contains text that would end or hide a part of the document"));
        }
    }
    let script = escape(&script);
    let worker = escape(&worker);
    let app = module(&parts.app_wasm)?;
    let engine = module(&parts.worker_wasm)?;
    let policy = check::policy(&script, &style);
    let build_hash = build_hash(parts);

    let mut head = format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n");
    let (before, after) = parts.shell.split_once("<head>\n").ok_or("index.html has no line <head>")?;
    for line in after.lines().take_while(|line| *line != "</head>").filter(|line| !is_for_trunk(line)) {
        head.push_str(&format!("{line}\n"));
    }
    head.push_str(&format!("<meta name=\"lacuna-build\" content=\"{build_hash}\">\n"));
    let icon = STANDARD.encode(parts.icon.as_bytes());
    head.push_str(&format!("<link rel=\"icon\" href=\"data:image/svg+xml;base64,{icon}\">\n"));
    head.push_str(&format!("<style>{style}</style>\n<script>{script}</script>\n"));

    let mut data = String::new();
    let mut block = |id: &str, bytes: &[u8]| {
        let text = STANDARD.encode(bytes);
        data.push_str(&format!(
            "<script type=\"application/octet-stream;base64\" id=\"{id}\">{text}</script>\n"
        ));
    };
    block("app-wasm", &app);
    block("worker-wasm", &engine);
    if let Some(sample) = &parts.sample {
        block("sample", sample);
    }
    data.push_str(&format!("<script type=\"text/plain\" id=\"worker-script\">{worker}</script>\n"));

    let body = after.split_once("</head>\n").ok_or("index.html has no line </head>")?.1;
    let (body, end) = body.split_once("</body>").ok_or("index.html has no </body>")?;
    let html = format!("{before}<head>\n{head}</head>\n{body}{data}</body>{end}");

    let mut sizes = vec![
        ("app module", parts.app_wasm.len(), app.len()),
        ("worker module", parts.worker_wasm.len(), engine.len()),
        ("scripts", script.len() + worker.len(), gzip(format!("{script}{worker}").as_bytes())?.len()),
        ("style", style.len(), gzip(style.as_bytes())?.len()),
    ];
    if let Some(sample) = &parts.sample {
        sizes.push(("sample", sample.len(), sample.len()));
    }
    sizes.push(("lacuna.html", html.len(), gzip(html.as_bytes())?.len()));
    Ok(Packed { html, policy, build_hash, sizes })
}

fn is_for_trunk(line: &str) -> bool {
    line.trim_start().starts_with("<link data-trunk")
}

/// The styles that the shell names for Trunk, in order, as paths beside it.
pub fn style_paths(shell: &str) -> Vec<String> {
    let elements = check::elements(shell);
    let styles =
        elements.iter().filter(|e| is_for_trunk(&format!("<{}", e.tag)) && e.attribute("rel") == Some("css"));
    styles.filter_map(|e| e.attribute("href")).map(str::to_owned).collect()
}

/// SHA-256 over the parts, each with its name and length before it.
fn build_hash(parts: &Parts) -> String {
    let mut all = Vec::new();
    for (name, bytes) in [
        ("shell", parts.shell.as_bytes()),
        ("style", parts.style.as_bytes()),
        ("boot", parts.boot.as_bytes()),
        ("app-glue", parts.app_glue.as_bytes()),
        ("unpack", parts.unpack.as_bytes()),
        ("worker-boot", parts.worker_boot.as_bytes()),
        ("worker-glue", parts.worker_glue.as_bytes()),
        ("app-wasm", &parts.app_wasm),
        ("worker-wasm", &parts.worker_wasm),
        ("sample", parts.sample.as_deref().unwrap_or_default()),
        ("icon", parts.icon.as_bytes()),
    ] {
        all.extend_from_slice(format!("{name} {}\n", bytes.len()).as_bytes());
        all.extend_from_slice(bytes);
    }
    check::hex(&all)
}

/// wasm-bindgen's script can fetch a module by its address. Ours is handed the bytes, so that way is taken out.
fn without_fetch(glue: &str) -> Result<String, String> {
    const FETCH: &str = "module_or_path = fetch(module_or_path);";
    if glue.matches(FETCH).count() != 1 {
        return Err("wasm-bindgen's script does not load its module as expected; see pack/assemble.rs".into());
    }
    Ok(glue.replace(FETCH, "throw new TypeError('only bytes are accepted');"))
}

/// Takes the lines that are empty or only a comment out of a script, and the spaces around the others.
fn squeeze(script: &str) -> String {
    let lines = script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// Takes the comments and empty lines out of a style, and the spaces around its lines.
fn squeeze_style(style: &str) -> String {
    let mut plain = String::new();
    let mut rest = style;
    while let Some((before, comment)) = rest.split_once("/*") {
        plain.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    let lines = plain.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// Keeps a script from ending its element.
fn escape(script: &str) -> String {
    script.replace("</script", "<\\/script").replace("</SCRIPT", "<\\/SCRIPT")
}

/// A module in streams, each in LZMA: the length of the module, the lengths of the streams, and the streams.
pub fn module(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let streams = streams::split(bytes)?;
    let packed: Vec<Vec<u8>> = streams.iter().map(|stream| lzma(stream)).collect::<Result<_, _>>()?;
    if streams::join(streams)? != bytes {
        return Err("a module is another one when it is put together again; see pack/streams.rs".into());
    }
    let lengths = [bytes.len()].into_iter().chain(packed.iter().map(Vec::len));
    let mut all = Vec::new();
    for length in lengths {
        all.extend_from_slice(&u32::try_from(length).map_err(|e| e.to_string())?.to_le_bytes());
    }
    all.extend(packed.into_iter().flatten());
    Ok(all)
}

/// LZMA at its best level, with a header that tells the size: by the settings that make it smallest.
fn lzma(bytes: &[u8]) -> Result<Vec<u8>, String> {
    // How many bits of the byte before a byte hangs on: all, or none. Nothing in a module is aligned.
    let packed: Vec<Vec<u8>> =
        [0, 3, 4].into_iter().map(|lc| lzma_with(bytes, lc)).collect::<Result<_, _>>()?;
    packed.into_iter().min_by_key(Vec::len).ok_or_else(|| "no settings".to_owned())
}

fn lzma_with(bytes: &[u8], lc: u32) -> Result<Vec<u8>, String> {
    let mut options = LzmaOptions::with_preset(9);
    (options.lc, options.lp, options.pb) = (lc, 0, 0);
    options.nice_len = 273;
    let mut packed = Vec::new();
    let size = Some(bytes.len() as u64);
    let mut writer = LzmaWriter::new_use_header(&mut packed, &options, size).map_err(|e| e.to_string())?;
    writer.write_all(bytes).map_err(|e| e.to_string())?;
    writer.finish().map_err(|e| e.to_string())?;
    Ok(packed)
}

/// gzip at its best level, without name and time.
pub fn gzip(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(|e| e.to_string())
}
