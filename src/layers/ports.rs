//! Ports that two services of a compose file would publish at once.

use std::collections::BTreeSet;

use crate::{
    contribute::{Format, model},
    tree::RelPath,
};

/// Whether two services publish the same port of the machine: then neither file was wrong, but both together cannot start.
pub(super) fn collide(path: &RelPath, text: &str) -> bool {
    let Some(document) = Format::of(path).filter(|format| *format == Format::Yaml).and_then(|_| model(Format::Yaml, text)) else {
        return false;
    };
    let services = document.get("services").and_then(|services| services.as_object());
    let entries =
        services.into_iter().flat_map(|services| services.values()).filter_map(|service| service.get("ports")?.as_array()).flatten();
    let mut taken = BTreeSet::new();
    entries.filter_map(published).any(|port| !taken.insert(port))
}

/// The port of the machine in `"127.0.0.1:8080:80"`, `8080:80/tcp` or `{published: 8080}`.
fn published(entry: &serde_json::Value) -> Option<String> {
    if let Some(published) = entry.get("published") {
        return Some(published.as_str().map_or_else(|| published.to_string(), str::to_owned));
    }
    let (machine, _) = entry.as_str()?.rsplit_once(':')?;
    Some(machine.rsplit(':').next().unwrap_or(machine).to_owned())
}

#[cfg(test)]
mod tests {
    use super::collide;
    use crate::tree::RelPath;

    #[test]
    fn a_port_is_published_once() {
        let of = |a: &str, b: &str| format!("services:\n  a:\n    ports: [{a}]\n  b:\n    ports: [{b}]\n");
        let path = RelPath::new("compose.yaml").expect("a path");
        for (a, b, both) in [
            ("\"5432:5432\"", "\"127.0.0.1:5432:5432\"", true),
            ("{target: 80, published: 8080}", "\"8080:80/tcp\"", true),
            ("\"5433:5432\"", "\"127.0.0.1:5432:5432\"", false),
            ("\"80\"", "80", false),
        ] {
            assert_eq!(collide(&path, &of(a, b)), both, "{a} {b}");
        }
        assert!(!collide(&path, "services: [") && !collide(&path, "") && !collide(&path, "services:\n  a:\n"));
    }
}
