//! The deep verification: what a kit promises, proven with its real build tool, real servers and a real container engine.
//!
//! `cargo test --test deep -- --help` says how to run it, CONTRIBUTING what it needs.

#![allow(unreachable_pub, missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a program of its own, nobody's library")]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    clippy::unused_self,
    reason = "counts and seconds are small, paths are our own, and lists of texts are long"
)]

mod arguments;
mod cell;
mod checks;
mod learning;
mod operations;
mod outcome;
mod records;
mod revert;
mod services;
mod world;

use std::{collections::BTreeSet, process::ExitCode, time::Instant};

use stagekit::{render::Renderer, rendition::Rendition};

use crate::{arguments::Arguments, checks::Check, outcome::Table, world::World};

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    if arguments.images {
        return match images(&arguments) {
            Ok(images) => {
                println!("{}", images.into_iter().collect::<Vec<_>>().join("\n"));
                ExitCode::SUCCESS
            }
            Err(why) => {
                eprintln!("{why}");
                ExitCode::FAILURE
            }
        };
    }
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

/// All checks, in the order in which they run.
fn all_checks() -> impl Iterator<Item = Check> {
    checks::all().into_iter().chain(operations::checks()).chain(learning::checks())
}

fn verify(arguments: &Arguments) -> Result<Table, String> {
    let start = Instant::now();
    let world = World::prepare(arguments)?;
    let mut table = Table::new(&world.folder);
    for check in all_checks().filter(|check| arguments.wants_check(check.name)) {
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

/// Images that no check starts: what is configured of them is looked at, not run.
const LOOKED_AT: [&str; 2] = ["grafana/", "jaegertracing/"];

/// The container images that the wanted kits name, and those of the servers that the verification starts.
fn images(arguments: &Arguments) -> Result<BTreeSet<String>, String> {
    let world = World::prepare(arguments)?;
    let mut found = BTreeSet::new();
    for kit in checks::kits(&world, arguments) {
        let renderer = Renderer::new(&world.catalog, kit.name.get_ref()).map_err(|error| error.to_string())?;
        for answers in stagekit::lint::variants(kit) {
            let rendered = renderer.render(&answers, &Rendition::solved(kit.last())).map_err(|error| error.to_string())?;
            found.extend(services::images(&world, &rendered.stack)?);
            for (path, entry) in rendered.tree.iter().filter(|(path, _)| {
                path.as_str().ends_with("Dockerfile") || path.as_str().ends_with(".yaml") || path.as_str().ends_with(".yml")
            }) {
                let text = entry.text().ok_or_else(|| format!("{path} is no text"))?;
                found.extend(text.lines().filter_map(|line| {
                    let image =
                        line.strip_prefix("FROM ").or_else(|| line.trim_start().strip_prefix("image: "))?.split_whitespace().next()?;
                    // A stage's name has no tag; what is built here has no version.
                    let is_wanted = image.contains(':') && !image.contains("${") && !image.ends_with(":local");
                    (is_wanted && !LOOKED_AT.iter().any(|name| image.starts_with(name))).then(|| image.trim_matches('"').to_owned())
                }));
            }
        }
    }
    Ok(found)
}
