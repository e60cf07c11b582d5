//! The two wasm modules: what they import, and how they are shrunk.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Names of what a module imports, sorted, without the hash that wasm-bindgen appends (it changes with every version).
///
/// Reads the import section (WebAssembly core specification 2.0, §5.5.5). An error says what is malformed.
pub fn imports(module: &[u8]) -> Result<BTreeSet<String>, String> {
    let mut reader = Reader { bytes: module, at: 0 };
    if reader.take(8)? != b"\0asm\x01\0\0\0" {
        return Err("not a wasm module of version 1".into());
    }
    let mut names = BTreeSet::new();
    while reader.at < module.len() {
        let section = reader.byte()?;
        let length = reader.number()?;
        let body = reader.take(length)?;
        if section == 2 {
            import_section(&mut Reader { bytes: body, at: 0 }, &mut names)?;
        }
    }
    Ok(names)
}

fn import_section(reader: &mut Reader<'_>, names: &mut BTreeSet<String>) -> Result<(), String> {
    for _ in 0..reader.number()? {
        reader.name()?;
        let name = reader.name()?;
        match reader.byte()? {
            0 => {
                reader.number()?;
            }
            kind => return Err(format!("import `{name}` is of kind {kind}; only functions are expected")),
        }
        names.insert(stable(&name).to_owned());
    }
    Ok(())
}

/// An import's name without wasm-bindgen's trailing `_` and 16 hex digits.
pub fn stable(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((head, tail)) if tail.len() == 16 && tail.bytes().all(|b| b.is_ascii_hexdigit()) => head,
        _ => name,
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len());
        let end =
            end.ok_or_else(|| format!("the module ends inside a part of {length} bytes at {}", self.at))?;
        let part = &self.bytes[self.at..end];
        self.at = end;
        Ok(part)
    }

    fn byte(&mut self) -> Result<u8, String> {
        Ok(self.take(1)?[0])
    }

    /// An unsigned 32-bit number in LEB128.
    fn number(&mut self) -> Result<usize, String> {
        let mut value = 0_u64;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return usize::try_from(value).map_err(|e| e.to_string());
            }
        }
        Err(format!("a number at {} is too long", self.at))
    }

    fn name(&mut self) -> Result<String, String> {
        let length = self.number()?;
        String::from_utf8(self.take(length)?.to_vec()).map_err(|e| e.to_string())
    }
}

/// Runs binaryen's `wasm-opt` on `input`, for size (`-Oz`) or speed (`-O3`), and gives the module back.
///
/// The features are those that rustc 1.95 turns on for `wasm32-unknown-unknown`, and SIMD (`.cargo/config.toml`).
pub fn optimise(wasm_opt: &Path, level: &str, input: &Path, output: &Path) -> Result<Vec<u8>, String> {
    let result = Command::new(wasm_opt)
        .arg(level)
        .args([
            "--enable-bulk-memory",
            "--enable-bulk-memory-opt",
            "--enable-nontrapping-float-to-int",
            "--enable-sign-ext",
            "--enable-mutable-globals",
            "--enable-reference-types",
            "--enable-multivalue",
            "--enable-simd",
            "--strip-debug",
            "--strip-producers",
        ])
        .arg(input)
        .arg("-o")
        .arg(output)
        .output()
        .map_err(|e| format!("{} cannot be run ({e}); tools/setup.sh installs it", wasm_opt.display()))?;
    if !result.status.success() {
        return Err(format!(
            "wasm-opt refused {}: {}",
            input.display(),
            String::from_utf8_lossy(&result.stderr)
        ));
    }
    std::fs::read(output).map_err(|e| format!("{}: {e}", output.display()))
}
