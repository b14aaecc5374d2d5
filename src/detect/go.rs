//! Go modules.

use super::{Project, Source, health::health, metrics::metrics, pins, servers, words};
use crate::stack::{Command, Language, Module};

/// Web frameworks by their module's path, without the version at its end.
const FRAMEWORKS: [(&str, &str); 4] = [
    ("github.com/gin-gonic/gin", "gin"),
    ("github.com/labstack/echo", "echo"),
    ("github.com/gofiber/fiber", "fiber"),
    ("github.com/go-chi/chi", "chi"),
];

pub(super) fn wants(name: &str) -> bool {
    name == "go.mod" || name.ends_with(".go") && !name.ends_with("_test.go")
}

pub(super) fn read(project: &mut Project<'_>) {
    let Some(source) = project.source(&["go.mod"]) else { return };
    project.language(Language::Go, "go", &source.sure(1));
    let mut is_required = false;
    let mut version = None;
    for (index, line) in source.text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let origin = source.sure(index + 1);
        match words.as_slice() {
            ["module", path, ..] => {
                // `example.com/shop/v2`: the last part is a version and no name.
                let is_version = |part: &&str| part.strip_prefix('v').is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()));
                let name = path.trim_matches('"').rsplit('/').find(|part| !is_version(part)).unwrap_or(path);
                project.named(name, origin);
            }
            ["go", number, ..] => version = pins::short(Language::Go, number).map(|version| (version, origin)),
            ["require", "(", ..] => is_required = true,
            [")", ..] => is_required = false,
            ["require", path, number, ..] => required(project, path, number, origin, line.contains("// indirect")),
            [path, number, ..] if is_required => required(project, path, number, origin, line.contains("// indirect")),
            _ => {}
        }
    }
    if let Some((version, origin)) = version.or_else(|| pins::version(project, Language::Go)) {
        project.language_version(&version, origin);
    }
    project.stack.lock_file = project.has("go.sum").then(|| "go.sum".to_owned());
    project.stack.build = Some(Command { command: words(&["go", "build", "./..."]) });
    project.tested(words(&["go", "test", "./..."]), words(&["-race"]), Vec::new(), source.sure(1));
    for main in project.sources(|path| path == "main.go" || path.ends_with("/main.go") && path.starts_with("cmd/")) {
        module(project, source, main);
    }
    if project.stack.modules.is_empty() {
        project.note(source.path, "nothing here says what is started: no `main.go`, neither here nor below `cmd`");
    }
}

fn required(project: &mut Project<'_>, path: &str, version: &str, origin: crate::stack::Origin, is_indirect: bool) {
    if is_indirect {
        return;
    }
    if let Some((_, name)) =
        FRAMEWORKS.iter().find(|(module, _)| path == *module || path.strip_prefix(module).is_some_and(|rest| rest.starts_with("/v")))
    {
        project.framework(name, Some(version.trim_start_matches('v')), origin.clone());
    }
    if let Some(kind) = servers::of_library(path) {
        project.service(kind, None, origin);
    }
}

fn module(project: &mut Project<'_>, build: Source<'_>, main: Source<'_>) {
    let below = project.below(&main);
    let folder = below.rsplit_once('/').map_or(".", |(folder, _)| folder);
    let name = if folder == "." { project.stack.name.clone() } else { super::slug(folder.rsplit('/').next().unwrap_or(folder)) };
    let mut module = Module::named(&name, vec!["/app".to_owned()]);
    folder.clone_into(&mut module.directory);
    project.origin(&format!("modules.{name}"), main.sure(main.line_of("func main()")));
    // Of a service with several programs the rest is everybody's; its own files come first.
    let inside = |path: &str| folder == "." || path.starts_with(&format!("{folder}/"));
    let own = project.sources(|path| path.ends_with(".go") && inside(path));
    let code: Vec<Source<'_>> = std::iter::once(main).chain(own).collect();
    if !project.port_from_environment(&mut module, &code) {
        let signs = ["ListenAndServe", ".Run(", ".Start(", ".Listen(", "Addr:"];
        let is_elsewhere =
            |line: &str| ["localhost:", "://"].iter().any(|sign| line.contains(sign)) || line.to_lowercase().contains("redis");
        if let Some((port, line)) = main.port(&signs, |line| port_in(line).filter(|_| !is_elsewhere(line))) {
            module.port = Some(port);
            project.origin(&format!("modules.{name}.port"), main.sure(line));
        }
    }
    health(project, &mut module, &code);
    metrics(project, &mut module, |name| {
        let names = |line: &str| line.split_whitespace().any(|word| word == name) && !line.contains("// indirect");
        build.find(|line| names(line).then_some(())).map(|((), line)| build.sure(line))
    });
    project.stack.modules.push(module);
}

/// The number behind a colon inside a text: `":8080"`.
fn port_in(line: &str) -> Option<u16> {
    line.match_indices(':').find_map(|(at, _)| {
        let digits: String = line[at + 1..].chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok().filter(|port| *port > 0)
    })
}
