//! Rocket, which reads where it listens and where its databases are by ways of its own.

use std::collections::BTreeMap;

use super::{
    super::{Project, facts::Facts, ports},
    code::Code,
    listen::WAY_OUT,
};
use crate::stack::{Module, Origin, Service};

/// The variable that says where the databases are; <https://rocket.rs/guide/v0.5/configuration/#environment-variables>.
const DATABASES: &str = "ROCKET_DATABASES";

/// What is said of its private cookies.
pub(super) const SECRETS: &str =
    "with `secrets` Rocket does not start in an image unless `ROCKET_SECRET_KEY` is given: `openssl rand -base64 32` makes one";

/// How it is started.
const SIGNS: [&str; 3] = ["rocket::build", "rocket::custom", "#[launch]"];

/// Rocket listens where its own file and variables say; <https://rocket.rs/guide/v0.5/configuration/>.
pub(super) fn listens(project: &mut Project<'_>, module: &mut Module, code: &[&Code<'_>]) -> bool {
    let Some(start) = code.iter().find(|code| code.has(&SIGNS)) else { return false };
    let file = project.source(&["Rocket.toml"]);
    let facts = file.and_then(|source| Some((source, project.facts(source, Facts::of_toml(source.text))?)));
    let stated = |key: &str| {
        let (source, facts) = facts.as_ref()?;
        let fact = ["release", "default", "global"].iter().find_map(|profile| facts.get(&format!("{profile}.{key}")))?;
        Some((fact.value.clone(), source.sure(fact.line)))
    };
    // What is merged in code goes before the file and the variables.
    let merged = |key: &str| {
        code.iter().find_map(|code| {
            let source = code.source();
            let (value, line) = source.find(|line| {
                let (_, rest) = line.split_once(&format!("(\"{key}\","))?;
                Some(rest.trim_start().split([')', ',']).next()?.trim_matches('"').to_owned())
            })?;
            Some((value, source.sure(line)))
        })
    };
    let number = |(port, origin): (String, Origin)| Some((port.parse().ok()?, origin));
    let (port, origin) = merged("port").and_then(number).unwrap_or_else(|| {
        module.port_variable = Some("ROCKET_PORT".to_owned());
        stated("port").and_then(number).unwrap_or_else(|| {
            let source = start.source();
            let line = SIGNS.iter().map(|sign| source.line_of(sign)).max().unwrap_or(1);
            (8000, source.sure(line))
        })
    });
    module.port = Some(port);
    project.origin(&format!("modules.{}.port", module.name), origin);
    let is_open = |address: &str| ["0.0.0.0", "::"].contains(&address);
    match merged("address") {
        Some((address, _)) if is_open(&address) => {}
        Some((_, origin)) => project.note(&origin.place, ports::loopback_note(WAY_OUT)),
        None if stated("address").is_some_and(|(address, _)| is_open(&address)) => {}
        None => module.host_variable = Some("ROCKET_ADDRESS".to_owned()),
    }
    true
}

/// Gives the only database of Rocket's pools the name by which Rocket reads where it is; a note where there are several.
pub(super) fn databases(project: &mut Project<'_>, code: &[&Code<'_>]) {
    let mut names: Vec<(String, Origin)> = Vec::new();
    for code in code {
        let source = code.source();
        for (index, line) in source.text.lines().enumerate() {
            let name = line.split_once("#[database(\"").and_then(|(_, rest)| rest.split('"').next());
            names.extend(name.map(|name| (name.to_owned(), source.sure(index + 1))));
        }
    }
    let Some((name, origin)) = names.first().cloned() else { return };
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if let ([_], [service], true) = (names.as_slice(), project.stack.services.as_mut_slice(), is_plain)
        && let Some(url) = Service::usual(&service.kind).and_then(|usual| usual.environment.into_values().next())
    {
        service.environment = BTreeMap::from([(DATABASES.to_owned(), format!("{{{name}={{url=\"{url}\"}}}}"))]);
        let field = format!("services.{}.{DATABASES}", service.kind);
        project.origin(&field, origin);
    } else {
        project.note(
            &origin.place,
            format!("Rocket reads in `{DATABASES}` or in Rocket.toml where its databases are, and nothing that is made here sets that"),
        );
    }
}
