//! Which Rust a project is built with.

use super::{
    super::{Project, facts::Facts, pins},
    package::Package,
};
use crate::stack::{Language, Origin};

/// What the lock file's own version, or an edition, wants at least; <https://doc.rust-lang.org/cargo/CHANGELOG.html>.
const OF_LOCK: (&str, (u32, u32)) = ("version = 4", (1, 78));
const OF_EDITION: [(&str, (u32, u32)); 1] = [("2024", (1, 85))];

/// What rustup calls what it has no number for.
const CHANNELS: [&str; 3] = ["stable", "beta", "nightly"];

pub(super) fn read(project: &mut Project<'_>, whole: &Facts, packages: &[Package<'_>]) {
    if let Some((channel, origin)) = channel(project) {
        let Some(version) = pins::short(Language::Rust, &channel) else {
            named(project, &channel, origin);
            return;
        };
        project.version_with_image(Language::Rust, version, origin);
        return;
    }
    if let Some((version, origin)) = pins::version(project, Language::Rust) {
        project.version_with_image(Language::Rust, version, origin);
        return;
    }
    let Some(root) = project.source(&["Cargo.toml"]) else { return };
    let shared = ["package.rust-version", "workspace.package.rust-version"].iter().find_map(|key| whole.get(key));
    let shared = shared.map(|fact| (fact.value.clone(), root.sure(fact.line)));
    // Members may want more than each other: the newest is what all of them are built with.
    let of_members = packages.iter().filter_map(|package| {
        let fact = package.facts.get("package.rust-version")?;
        Some((pins::number(&fact.value)?, fact.value.clone(), package.source.sure(fact.line)))
    });
    let newest = || of_members.max_by_key(|(number, ..)| *number).map(|(_, value, origin)| (value, origin));
    let Some((stated, origin)) = shared.or_else(newest) else { return };
    let Some(version) = pins::short(Language::Rust, &stated) else { return };
    // What is stated is what the library asks of others; what builds it may have to be newer.
    let least = least(project, whole, packages);
    if let (Some(stated), Some((why, (major, minor)))) = (pins::number(&version), least)
        && stated < (major, minor)
    {
        project.note(
            &origin.place,
            format!(
                "says Rust {version}, and {why} wants {major}.{minor}: the newest is used, and `--set language_version=…` says another"
            ),
        );
        project.origin("language_version", Origin { certain: false, ..origin });
        return;
    }
    project.version_with_image(Language::Rust, version, origin);
}

/// What a toolchain file says, in the project's folder or at the root.
fn channel(project: &mut Project<'_>) -> Option<(String, Origin)> {
    let source = project.source(&["rust-toolchain.toml"]).or_else(|| project.at_root("rust-toolchain.toml"));
    if let Some(source) = source {
        let facts = project.facts(source, Facts::of_toml(source.text))?;
        let fact = facts.get("toolchain.channel")?;
        return Some((fact.value.clone(), source.sure(fact.line)));
    }
    let source = project.source(&["rust-toolchain"]).or_else(|| project.at_root("rust-toolchain"))?;
    let (word, line) = source.find(|line| {
        // The old form is one word; the new one is the same as that of the other file.
        let word = line.trim().strip_prefix("channel").map_or(line.trim(), |rest| rest.trim_start().trim_start_matches('=').trim());
        let is_word = !word.is_empty() && !word.starts_with(['#', '[']);
        is_word.then(|| word.trim_matches(['"', '\'']).to_owned())
    })?;
    Some((word, source.sure(line)))
}

/// A channel that has a name and no number.
fn named(project: &mut Project<'_>, channel: &str, origin: Origin) {
    if !CHANNELS.iter().any(|name| channel.starts_with(name)) {
        return;
    }
    if channel.starts_with("stable") {
        project.note(&origin.place, "`stable` is no version: the newest is used, and `--set language_version=…` says another");
    } else {
        project.note(
            &origin.place,
            format!(
                "there is no image of `{channel}`: that of the newest version is used, in which rustup downloads what this file says; CI tests with \
                 the newest version, and `--set language_version=…` says another"
            ),
        );
    }
    project.origin("language_version", Origin { certain: false, ..origin });
}

/// The oldest Rust that can read the lock file and the editions, and what says so.
fn least(project: &Project<'_>, whole: &Facts, packages: &[Package<'_>]) -> Option<(String, (u32, u32))> {
    let (sign, of_lock) = OF_LOCK;
    let lock = project.source(&["Cargo.lock"]).filter(|source| source.text.lines().take(5).any(|line| line == sign));
    let lock = lock.map(|source| (format!("`{}`", source.path), of_lock));
    let stated = packages.iter().filter_map(|package| package.facts.get("package.edition")).chain(whole.get("workspace.package.edition"));
    let editions = stated.filter_map(|fact| OF_EDITION.iter().find(|(edition, _)| *edition == fact.value));
    let editions = editions.map(|(edition, least)| (format!("edition {edition}"), *least));
    lock.into_iter().chain(editions).max_by_key(|(_, least)| *least)
}
