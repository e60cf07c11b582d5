//! The command line; see [`lacuna::cli`].

fn main() -> std::process::ExitCode {
    lacuna::cli::main()
}
