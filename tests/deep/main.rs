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

mod act;
mod arguments;
mod cell;
mod checks;
mod class;
mod class_container;
mod class_pipelines;
mod learning;
mod linters;
#[path = "../it/names.rs"]
mod names;
mod operations;
mod outcome;
mod proof;
mod records;
mod revert;
mod roster;
mod services;
mod stacks;
mod world;

use std::{collections::BTreeSet, process::ExitCode, time::Instant};

use stagekit::{manifest::KitManifest, render::Renderer, rendition::Rendition};

use crate::{
    arguments::Arguments,
    checks::Check,
    outcome::Table,
    world::{Jdk, World},
};

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

/// The checks that judge every kit, in the order in which they run.
const OF_KITS: [Check; 16] = [
    Check { name: "cells", run: checks::cells::run },
    Check { name: "traps", run: checks::traps::run },
    Check { name: "reverts", run: checks::reverts::run },
    Check { name: "same", run: checks::same::run },
    Check { name: "tour", run: checks::tour::run },
    Check { name: "lint", run: checks::linters::run },
    Check { name: "images", run: checks::containers::images },
    Check { name: "compose", run: checks::containers::compose },
    Check { name: "workflow", run: checks::workflow::run },
    Check { name: "gates", run: checks::spring::gates },
    Check { name: "serverless", run: checks::spring::serverless },
    Check { name: "containers", run: checks::spring::testcontainers },
    Check { name: "boot", run: checks::spring::boot },
    Check { name: "sbom", run: checks::spring::sbom },
    Check { name: "hostile", run: checks::hostile::run },
    Check { name: "faults", run: checks::faults::run },
];

/// All checks, in the order in which they run.
fn all_checks() -> impl Iterator<Item = Check> {
    OF_KITS
        .into_iter()
        .chain(operations::checks())
        .chain(learning::checks())
        .chain(class::checks())
        .chain(class_container::checks())
        .chain(class_pipelines::checks())
        .chain(roster::checks())
        .chain(stacks::checks())
}

fn verify(arguments: &Arguments) -> Result<Table, String> {
    let start = Instant::now();
    let mut world = World::prepare(arguments)?;
    let mut table = Table::new(&world.folder);
    let mut rounds = rounds(&mut world, arguments);
    for check in all_checks().filter(|check| arguments.wants_check(check.name)) {
        eprintln!("== {} ({} s)", check.name, start.elapsed().as_secs());
        for round in &mut rounds {
            round.enter(&mut world);
            for row in (check.run)(&world, &round.arguments) {
                table.add(row);
            }
            round.enter(&mut world);
        }
    }
    table.write()?;
    world.records.save()?;
    eprintln!("== done ({} s)", start.elapsed().as_secs());
    Ok(table)
}

/// Kits that the same JDKs can build. Whoever asks for no version gets the oldest of these.
struct Round {
    arguments: Arguments,
    kits: Vec<KitManifest>,
    jdks: Vec<Jdk>,
}

impl Round {
    /// Exchanges the kits and JDKs of the world with those of the round; a second time back again.
    fn enter(&mut self, world: &mut World) {
        std::mem::swap(&mut world.kits, &mut self.kits);
        std::mem::swap(&mut world.jdks, &mut self.jdks);
    }
}

/// All kits that the oldest JDK can build, and then each of the others, with the JDKs that can.
fn rounds(world: &mut World, arguments: &Arguments) -> Vec<Round> {
    let needs = |kit: &KitManifest| kit.java.as_ref().map_or(0, |java| java.min);
    let oldest = world.jdks.first().map_or(0, |jdk| jdk.version);
    let (newer, any): (Vec<_>, Vec<_>) = std::mem::take(&mut world.kits).into_iter().partition(|kit| needs(kit) > oldest);
    let first = Round { arguments: arguments.clone(), kits: any, jdks: world.jdks.clone() };
    let others = newer.into_iter().filter(|kit| arguments.wants_kit(kit.name.get_ref())).map(|kit| Round {
        arguments: Arguments { kit: Some(kit.name.get_ref().clone()), ..arguments.clone() },
        jdks: world.jdks.iter().filter(|jdk| jdk.version >= needs(&kit)).cloned().collect(),
        kits: vec![kit],
    });
    let others: Vec<_> = others.collect();
    std::iter::once(first).chain(others).collect()
}

/// Images that no check starts: what is configured of them is looked at, not run.
const LOOKED_AT: [&str; 2] = ["grafana/", "jaegertracing/"];

/// The container images that the wanted kits name, and those of the servers that the verification starts.
fn images(arguments: &Arguments) -> Result<BTreeSet<String>, String> {
    let world = World::prepare(arguments)?;
    let mut found = if arguments.kit.is_none() { stacks::images(&world)? } else { BTreeSet::new() };
    if arguments.wants_kit("cli-calculator") {
        found.extend(class_container::images(&world)?);
    }
    if arguments.kit.is_none() {
        found.extend(class_pipelines::images(&world)?);
    }
    for kit in checks::kits(&world, arguments) {
        let renderer = Renderer::new(&world.catalog, kit.name.get_ref()).map_err(|error| error.to_string())?;
        for answers in stagekit::lint::variants(kit) {
            let rendered = renderer.render(&answers, &Rendition::solved(kit.last())).map_err(|error| error.to_string())?;
            found.extend(services::images(&world, &rendered.stack)?);
            for (path, entry) in rendered.tree.iter().filter(|(path, _)| {
                path.as_str().ends_with("Dockerfile") || path.as_str().ends_with(".yaml") || path.as_str().ends_with(".yml")
            }) {
                let text = entry.text().ok_or_else(|| format!("{path} is no text"))?;
                // What is built here has no version.
                let wanted = stacks::images_in(text)
                    .filter(|image| !image.ends_with(":local") && !LOOKED_AT.iter().any(|name| image.starts_with(name)));
                found.extend(wanted.map(str::to_owned));
            }
        }
    }
    Ok(found)
}
