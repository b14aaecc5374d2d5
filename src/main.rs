//! The command line. See the library for everything it does.
fn main() {}
