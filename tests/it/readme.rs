//! What the pages promise: commands that run, links that lead somewhere.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Parser as _, error::ErrorKind};
use stagekit::cli::{Cli, Command};

use crate::transcript::Transcript;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A page: where it lies, its fenced lines, its other text.
struct Page {
    path: PathBuf,
    fenced: Vec<String>,
    prose: String,
}

fn page(path: PathBuf) -> Page {
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (mut fenced, mut prose, mut is_fenced) = (Vec::new(), String::new(), false);
    for line in text.lines() {
        match (line.trim_start().starts_with("```"), is_fenced) {
            (true, _) => is_fenced = !is_fenced,
            (false, true) => fenced.push(line.trim().trim_start_matches("$ ").to_owned()),
            (false, false) => {
                prose.push_str(line);
                prose.push('\n');
            }
        }
    }
    Page { path, fenced, prose }
}

fn pages() -> Vec<Page> {
    let docs = fs::read_dir(root().join("docs")).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> = docs.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect();
    paths.extend([root().join("README.md"), root().join("CONTRIBUTING.md")]);
    paths.sort_unstable();
    paths.into_iter().map(page).collect()
}

/// The words of the first command on a line, as a shell reads them; variables and redirections do not come into it.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for character in line.chars() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '#') if word.is_none() => break,
            (None, ';' | '|' | '>' | '<' | '&') => break,
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

/// The arguments of a line that runs stagekit, the program's name first.
fn arguments(line: &str) -> Option<Vec<String>> {
    let line = match line.strip_prefix("cargo run -- ") {
        Some(rest) => format!("stagekit {rest}"),
        None => line.to_owned(),
    };
    let words = words(&line);
    (words.first().map(String::as_str) == Some("stagekit")).then_some(words)
}

#[test]
fn the_first_commands_of_the_readme_make_repositories() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a page");
    let (first, _) = readme.split_once("\n## ").expect("sections");
    let commands: Vec<&str> = first.lines().filter_map(|line| line.trim().strip_prefix("$ ")).collect();
    let made: Vec<Vec<String>> =
        commands.iter().filter(|line| line.starts_with("cargo run -- new ")).filter_map(|line| arguments(line)).collect();
    assert!(!made.is_empty(), "no `cargo run -- new …` in {commands:?}");
    for words in made {
        let Some(Command::New(args)) = Cli::try_parse_from(&words).expect("a command").command else { panic!("{words:?}") };
        let ended = Transcript::with(&words[1..]).run();
        assert_eq!((ended.status, ended.stdout.as_str()), (0, ""), "{words:?}: {}", ended.stderr);
        let repository = ended.dir.path().join(args.dir.expect("a folder is named"));
        for file in ["README.md", "docs/milestones/1.md", ".stagekit/receipt.toml"] {
            assert!(repository.join(file).is_file(), "{words:?}: {file}");
        }
    }
    assert!(commands.contains(&"cargo test"), "{commands:?}");
}

#[test]
fn ci_runs_the_tests_as_the_readme_does() {
    let script = fs::read_to_string(root().join(".ci/run")).expect("the script");
    assert!(script.lines().any(|line| line == "cargo test"), "{script}");
}

#[test]
fn every_link_leads_somewhere() {
    let (mut seen, mut broken) = (0, Vec::new());
    for page in pages() {
        for rest in page.prose.split("](").skip(1) {
            let target = rest.split([')', ' ']).next().unwrap_or_default();
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            seen += 1;
            if !page.path.parent().expect("a folder").join(file).exists() {
                broken.push(format!("{}: {target}", page.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(seen >= 10, "only {seen} links were found");
}

#[test]
fn every_command_on_the_pages_is_one() {
    let (mut seen, mut refused) = (0, Vec::new());
    for page in pages() {
        let inline = page.prose.split('`').skip(1).step_by(2).map(|code| code.replace('\n', " "));
        for line in page.fenced.iter().cloned().chain(inline) {
            let Some(words) = arguments(&line) else { continue };
            // What stands for one of a few words.
            let words = words.into_iter().map(|word| match word.as_str() {
                "COMMAND" => "new".to_owned(),
                "SHELL" => "bash".to_owned(),
                _ => word,
            });
            seen += 1;
            match Cli::try_parse_from(words) {
                Err(error) if error.kind() != ErrorKind::DisplayHelp => refused.push(format!("{}: {line}: {error}", page.path.display())),
                _ => {}
            }
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(seen >= 30, "only {seen} commands were found");
}
