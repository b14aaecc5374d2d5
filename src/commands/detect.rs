//! `stagekit detect`: what a repository is built with, and where that was read.

use std::path::Path;

use super::ground::{below, root_of};
use crate::{
    cli::DetectArgs,
    detect::{Detection, detect, nearest_project},
    disk,
    env::Env,
    error::Result,
    output::{Ink, pad},
    stack::{Module, NOWHERE, Service, Stack},
};

/// Says what the repository is built with, how it is tested and started, and which servers it needs.
pub fn run(args: &DetectArgs, env: &mut Env) -> Result<()> {
    // 1. where: a folder of a repository means that project of it
    let dir = env.path(args.dir.as_deref().unwrap_or(Path::new(".")));
    let (root, inside) = root_of(&dir)?;
    let directory = match (&args.inside, inside) {
        (Some(asked), inside) => Some(below(inside.as_deref(), asked)?),
        (None, inside) => inside,
    };
    let is_asked = args.inside.is_some();
    if disk::is_pending(&root) {
        env.out.warn("an earlier run was stopped before its end, and what is here may be half of it: `add`, `remove` and `update` take it back first");
    }

    // 2. looked at, and told
    let survey = disk::survey(&root, directory.as_deref())?;
    let directory = if is_asked { directory } else { directory.map(|inside| nearest_project(&survey, &inside)) };
    let found = detect(&survey, directory.as_deref())?;
    if args.json {
        return env.out.json(&found);
    }
    print(&found, env);
    Ok(())
}

/// One line of what is told: the field's name for people, its value, and by which name its origin is known.
struct Row {
    title: String,
    value: String,
    field: String,
}

fn row(title: &str, value: impl Into<String>, field: impl Into<String>) -> Row {
    Row { title: title.to_owned(), value: value.into(), field: field.into() }
}

fn print(found: &Detection, env: &mut Env) {
    let stack = &found.stack;
    let mut rows = general(stack);
    rows.extend(stack.modules.iter().flat_map(|of| module(of, stack)));
    rows.extend(stack.services.iter().flat_map(|of| service(of, stack)));
    let title_width = rows.iter().map(|row| row.title.len()).max().unwrap_or(0);
    let value_width = rows.iter().map(|row| row.value.chars().count()).max().unwrap_or(0).min(40);
    let palette = env.out.palette();
    for row in rows {
        let origin = stack.origins.get(&row.field);
        let place = origin.map_or_else(String::new, |origin| {
            palette.paint(Ink::Dim, if origin.certain { origin.place.clone() } else { format!("{} (a guess)", origin.place) })
        });
        env.out.line(format!("{}  {}  {place}", pad(&row.title, title_width), pad(&row.value, value_width)).trim_end());
    }
    let there: Vec<(&str, &[String])> = found.existing.all().into_iter().filter(|(_, paths)| !paths.is_empty()).collect();
    if !there.is_empty() {
        env.out.line("");
        env.out.line(palette.paint(Ink::Heading, "There already"));
        for (what, paths) in there {
            env.out.line(format!("  {}  {}", pad(what, 12), paths.join(", ")));
        }
    }
    for note in &found.notes {
        env.out.warn(format!("{}: {}", note.place, note.message));
    }
}

fn general(stack: &Stack) -> Vec<Row> {
    let with = |name: &str, version: Option<&str>| {
        version.filter(|version| !version.is_empty()).map_or_else(|| name.to_owned(), |version| format!("{name} {version}"))
    };
    let wrapper = if stack.wrapper { " with its wrapper" } else { "" };
    let mut rows = vec![
        row("project", format!("{} in {}", stack.name, stack.directory), "name"),
        row(
            "language",
            with(stack.language.title(), Some(&stack.language_version)),
            if stack.language_version.is_empty() { "language" } else { "language_version" },
        ),
        row("build tool", format!("{}{wrapper}", stack.build_tool), "build_tool"),
    ];
    if stack.framework != "none" {
        rows.push(row("framework", with(&stack.framework, stack.framework_version.as_deref()), "framework"));
    }
    if let Some(build) = &stack.build {
        rows.push(row("built by", build.command.join(" "), "build"));
    }
    if let Some(test) = &stack.test {
        rows.push(row("tested by", test.command.join(" "), "test"));
    }
    rows.push(row("branch", stack.default_branch.clone(), "default_branch"));
    rows
}

fn module(module: &Module, stack: &Stack) -> Vec<Row> {
    let field = |name: &str| format!("modules.{}{name}", module.name);
    let mut rows = vec![row(
        "runs",
        if module.directory == "." { module.name.clone() } else { format!("{} in {}", module.name, module.directory) },
        field(""),
    )];
    let launch = if module.launch.is_empty() { "a web server".to_owned() } else { module.launch.join(" ") };
    // It may be told from somewhere else than that there is something to start.
    let launched = Some(field(".launch")).filter(|field| stack.origins.contains_key(field)).unwrap_or_else(|| field(""));
    rows.push(row("  started by", launch, launched));
    if let Some(class) = &module.main_class {
        rows.push(row("  class", class.clone(), field(".main_class")));
    }
    if let Some(artifact) = &module.artifact {
        rows.push(row("  delivers", artifact.clone(), field(".artifact")));
    }
    let variable = module.port_variable.as_ref().map_or_else(String::new, |name| format!(", or {name}"));
    rows.push(row("  port", module.port.map_or_else(|| NOWHERE.to_owned(), |port| format!("{port}{variable}")), field(".port")));
    if let Some(path) = &module.health_path {
        rows.push(row("  health", path.clone(), field(".health_path")));
    }
    if let Some(path) = &module.metrics_path {
        rows.push(row("  metrics", path.clone(), field(".metrics_path")));
    }
    rows
}

/// A server, and the names by which it is reached that were read in the code.
fn service(service: &Service, stack: &Stack) -> Vec<Row> {
    let of_service = format!("services.{}", service.kind);
    let names: Vec<&str> = service.environment.keys().map(String::as_str).collect();
    let mut rows = vec![row("needs", format!("{} ({})", service.kind, names.join(", ")), of_service.clone())];
    let field = |name: &str| format!("{of_service}.{name}");
    let read = names.iter().filter(|name| stack.origins.contains_key(&field(name)));
    rows.extend(read.map(|name| row("  reached by", format!("{name}={}", service.environment[*name]), field(name))));
    rows
}
