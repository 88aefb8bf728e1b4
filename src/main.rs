//! The `rocket-bearer` program; see `--help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    rocket_bearer::cli::main()
}
