//! The deep verification: what a kit promises, proven with its real build tool, real servers and a real container engine.
//!
//! `cargo test --test deep -- --help` says how to run it, CONTRIBUTING what it needs.

mod arguments;
mod cell;
mod checks;
mod outcome;
mod records;
mod revert;
mod services;
mod world;

use std::{process::ExitCode, time::Instant};

use crate::{arguments::Arguments, outcome::Table, world::World};

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    match verify(&arguments) {
        Ok(table) => {
            table.print();
            if table.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(why) => {
            eprintln!("the verification cannot run: {why}");
            ExitCode::FAILURE
        }
    }
}

fn verify(arguments: &Arguments) -> Result<Table, String> {
    let start = Instant::now();
    let world = World::prepare(arguments)?;
    let mut table = Table::new(arguments, &world.folder);
    for check in checks::all().iter().filter(|check| arguments.wants_check(check.name)) {
        eprintln!("== {} ({} s)", check.name, start.elapsed().as_secs());
        for row in (check.run)(&world, arguments) {
            table.add(row);
        }
    }
    table.write()?;
    world.records.save()?;
    eprintln!("== done ({} s)", start.elapsed().as_secs());
    Ok(table)
}
