//! The `rocket-bearer` program; see `--help`.

use std::process::ExitCode;

/// Rocket and hyper allocate for each request: see `benches/README.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rocket_bearer::cli::main()
}
