//! Writes a large export of invented pull requests: `cargo run --release --example generate-gh -- COUNT FILE`.

use std::io::{BufWriter, Write};
use std::process::ExitCode;

mod generate;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let count = arguments.next().and_then(|count| count.parse().ok());
    let (Some(count), Some(path)) = (count, arguments.next()) else {
        eprintln!("usage: generate-gh COUNT FILE");
        return ExitCode::from(2);
    };
    let written = std::fs::File::create(&path).and_then(|file| {
        let mut out = BufWriter::new(file);
        generate::pull_requests(&mut out, count, 1)?;
        out.flush()
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{path}: {error}");
            ExitCode::FAILURE
        }
    }
}
