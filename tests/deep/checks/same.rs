//! The languages of a kit read the same cases, byte for byte, and report the same tests.

use std::collections::{BTreeMap, BTreeSet};

use stagekit::rendition::{Audience, Rendition};

use super::{kits, selection::languages};
use crate::{arguments::Arguments, cell::Cell, outcome::Row, world::World};

pub fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    let mut rows = Vec::new();
    for kit in kits(world, arguments) {
        let languages = languages(kit);
        if languages.len() > 1 && arguments.option.is_none() {
            let name = kit.name.get_ref();
            rows.push(Row::of("same", name, Some(kit.last()), "all languages", || same(world, name, kit.last(), &languages)));
        }
    }
    rows
}

/// The tests that a language reports, and the case files that it reads.
type Seen = (BTreeSet<String>, BTreeMap<String, Vec<u8>>);

fn same(world: &World, kit: &str, last: u32, languages: &[Vec<(String, String)>]) -> Result<(), String> {
    let mut first: Option<Seen> = None;
    for settings in languages {
        let rendition = Rendition { audience: Audience::Grader, ..Rendition::solved(last) };
        let cell = Cell { kit: kit.to_owned(), settings: settings.clone(), rendition, jdk: None };
        let made = cell.make(world, &format!("same-{}", cell.option().replace(['=', ' '], "-")))?;
        let (cases, _) = made.check(world, world.jdk(None)?, last)?;
        let ids: BTreeSet<String> = cases.into_iter().map(|case| case.id).collect();
        let data: BTreeMap<String, Vec<u8>> = made
            .tree
            .iter()
            .filter(|(path, _)| path.as_str().contains("/cases/"))
            .map(|(path, entry)| (path.to_string(), entry.bytes.to_vec()))
            .collect();
        match &first {
            None => first = Some((ids, data)),
            Some((expected, files)) => {
                let differing: Vec<_> = expected.symmetric_difference(&ids).collect();
                if !differing.is_empty() {
                    return Err(format!("{}: tests that only one language reports: {differing:#?}", cell.option()));
                }
                if *files != data || data.is_empty() {
                    return Err(format!("{}: the case files differ", cell.option()));
                }
            }
        }
    }
    Ok(())
}
