//! The `nn` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(torchlet::front::main())
}
