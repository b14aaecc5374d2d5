//! Prisma: its schema names the database, and its client is made of the schema.

use super::super::{Project, Source, below, facts::Facts};
use crate::stack::Command;

/// Where its schema lies.
const SCHEMAS: [&str; 2] = ["prisma/schema.prisma", "schema.prisma"];

/// Its configuration, which may name the schema.
const CONFIGURATIONS: [&str; 3] = ["prisma.config.ts", "prisma.config.mjs", "prisma.config.js"];

/// Something that can be an address of a database: the client is made without one.
const NO_DATABASE: &str = "postgresql://localhost/none";

/// Reads of every package that has a schema which server it talks to, and how its client is made.
pub(super) fn read(project: &mut Project<'_>, packages: &[(Source<'_>, &Facts)]) {
    let Some((_, whole)) = packages.first() else { return };
    for (source, facts) in packages {
        let folder = project.below(source).strip_suffix("package.json").unwrap_or_default().trim_end_matches('/').to_owned();
        let folder = if folder.is_empty() { ".".to_owned() } else { folder };
        let own = facts.get("prisma.schema").map(|fact| fact.value.trim_start_matches("./"));
        let paths: Vec<String> = SCHEMAS.iter().copied().chain(own).map(|path| below(&folder, path)).collect();
        let schema = paths.iter().find_map(|path| project.source(&[path]));
        if let Some(schema) = schema {
            database(project, schema);
        }
        let configuration = CONFIGURATIONS.iter().find_map(|name| project.source(&[&below(&folder, name)]));
        // A script of the project that does it already knows how.
        let is_done = ["postinstall", "build", "prebuild"]
            .iter()
            .any(|name| facts.get(&format!("scripts.{name}")).is_some_and(|script| script.value.contains("prisma generate")));
        let has_program = ["dependencies", "devDependencies"]
            .iter()
            .any(|part| [facts, whole].iter().any(|facts| facts.get(&format!("{part}.prisma")).is_some()));
        let is_there = schema.is_some() || own.is_some() || configuration.is_some();
        if is_there && has_program && (!is_done || project.stack.build_tool != "npm" && folder != ".") {
            let command = generate(project, &folder, facts, configuration);
            project.stack.generate.push(Command { command });
        }
    }
}

fn database(project: &mut Project<'_>, schema: Source<'_>) {
    let provider = schema.text.lines().enumerate().filter_map(|(index, line)| {
        let value = line.trim().strip_prefix("provider")?.trim_start().strip_prefix('=')?.trim().trim_matches('"').to_owned();
        Some((value, schema.sure(index + 1)))
    });
    for (value, origin) in provider {
        if let Some(kind) = match value.as_str() {
            "postgresql" | "postgres" => Some("postgresql"),
            "mysql" => Some("mysql"),
            "mongodb" => Some("mongodb"),
            _ => None,
        } {
            project.service(kind, None, origin);
        }
    }
}

/// How the client is made, by the way of what installs it.
fn generate(project: &Project<'_>, folder: &str, facts: &Facts, configuration: Option<Source<'_>>) -> Vec<String> {
    let name = facts.get("name").map_or(folder, |fact| fact.value.as_str());
    let tool: &[&str] = match (project.stack.build_tool.as_str(), folder) {
        ("pnpm", ".") => &["pnpm", "exec"],
        ("pnpm", _) => &["pnpm", "--dir", folder, "exec"],
        ("yarn", ".") => &["yarn", "run"],
        ("yarn", _) => &["yarn", "workspace", name, "run"],
        (_, ".") => &["npx"],
        (..) => &["npm", "exec", "--workspace", folder, "--"],
    };
    let variables = configuration.map(|source| required(source.text)).unwrap_or_default();
    let given = if variables.is_empty() { Vec::new() } else { vec!["env".to_owned()] };
    let assigned = variables.iter().map(|name| format!("{name}={NO_DATABASE}"));
    let command = tool.iter().chain(&["prisma", "generate"]).map(|word| (*word).to_owned());
    given.into_iter().chain(assigned).chain(command).collect()
}

/// The variables without which the configuration is refused, whatever it is read for: `env('DATABASE_URL')`.
fn required(text: &str) -> Vec<String> {
    let calls = text.split("env(").skip(1).filter_map(|rest| rest.strip_prefix(['"', '\'']));
    calls.filter_map(|rest| Some(rest.split(['"', '\'']).next()?.to_owned())).filter(|name| !name.is_empty()).collect()
}
