//! The command line. See the library for everything it does.

use std::{env, process::ExitCode};

fn main() -> ExitCode {
    stagekit::run(env::args_os())
}
