//! The `nn` command.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: torchlet::front::Pools = torchlet::front::Pools;

fn main() -> ExitCode {
    ExitCode::from(torchlet::front::main())
}
