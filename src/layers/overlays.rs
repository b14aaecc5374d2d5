//! Compose files that are laid over another one, and what they expect to find there.

use serde_json::{Map, Value};

use crate::{
    contribute::{Format, model},
    error::Fault,
    tree::RelPath,
};

/// The file that this one is laid over: of `ops/compose.nginx.yaml`, `ops/compose.yaml`.
pub(super) fn base_of(path: &RelPath) -> Option<RelPath> {
    let name = path.file_name();
    let word = name.strip_prefix("compose.")?.strip_suffix(".yaml")?;
    let folder = &path.as_str()[..path.as_str().len() - name.len()];
    (!word.is_empty()).then(|| RelPath::new(format!("{folder}compose.yaml")).ok())?
}

/// Services that the overlay extends or waits for, and that neither file describes.
pub(super) fn unmet(path: &RelPath, overlay: &str, base: &RelPath, text: &str) -> Vec<Fault> {
    let (Some(over), under) = (services(overlay), services(text).unwrap_or_default()) else { return Vec::new() };
    let extended = over
        .iter()
        .filter(|(_, service)| !["image", "build", "extends"].iter().any(|key| service.get(key).is_some()))
        .map(|(name, _)| name);
    let waited_for = over.values().filter_map(|service| service.get("depends_on")).flat_map(names);
    let mut wanted: Vec<&String> = extended.chain(waited_for).filter(|name| !under.contains_key(*name)).collect();
    wanted.retain(|name| over.get(*name).is_none_or(|service| service.get("image").or_else(|| service.get("build")).is_none()));
    wanted.sort();
    wanted.dedup();
    let has = match under.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>() {
        names if names.is_empty() => "none".to_owned(),
        names => names.join(", "),
    };
    let fault = |name: &String| {
        Fault::new(path.as_str(), format!("needs the service `{name}`, which `{base}` does not have: it has {has}"))
            .hint(format!("call what it is `{name}` there; or `stagekit add dockerfile compose --on-conflict replace` makes both anew"))
    };
    wanted.into_iter().map(fault).collect()
}

fn services(text: &str) -> Option<Map<String, Value>> {
    match model(Format::Yaml, text)?.get_mut("services").map(Value::take)? {
        Value::Object(services) => Some(services),
        _ => None,
    }
}

/// The names in `depends_on`, which is a list or a table.
fn names(depends_on: &Value) -> Vec<&String> {
    match depends_on {
        Value::Object(table) => table.keys().collect(),
        Value::Array(list) => list.iter().filter_map(|name| if let Value::String(name) = name { Some(name) } else { None }).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{base_of, unmet};
    use crate::tree::RelPath;

    fn path(path: &str) -> RelPath {
        RelPath::new(path).unwrap()
    }

    #[test]
    fn an_overlay_is_told_by_its_name() {
        assert_eq!(base_of(&path("a/compose.nginx.yaml")), Some(path("a/compose.yaml")));
        for other in ["compose.yaml", "nginx.yaml", "compose.nginx.yml", "compose..yaml"] {
            assert_eq!(base_of(&path(other)), None, "{other}");
        }
    }

    #[test]
    fn what_neither_file_describes_is_missing() {
        let overlay = "services:\n  api: {environment: {A: b}}\n  nginx: {image: nginx, depends_on: {api: {}, web: {}}}\n  loki: {image: loki}\n  x: {image: y, depends_on: [loki]}\n";
        let missing = |base: &str| {
            let faults = unmet(&path("compose.nginx.yaml"), overlay, &path("compose.yaml"), base);
            faults.into_iter().map(|fault| fault.message).collect::<Vec<_>>()
        };
        assert!(missing("services:\n  api: {build: .}\n  web: {image: w}\n").is_empty());
        assert_eq!(
            missing("services:\n  api: {build: .}\n"),
            ["needs the service `web`, which `compose.yaml` does not have: it has `api`"]
        );
        assert_eq!(missing("services: [").len(), 2);
    }
}
