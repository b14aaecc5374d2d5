//! What the version of Spring Boot decides: how its jar is started, and what some of its properties are called.

use std::collections::BTreeMap;

use super::Stack;

/// Beginnings of variables that were renamed: the old one, the new one, and the version that came with it.
const RENAMED: [(&str, &str, u32); 2] = [("SPRING_REDIS_", "SPRING_DATA_REDIS_", 3), ("SPRING_DATA_MONGODB_URI", "SPRING_MONGODB_URI", 4)];

/// The newest that is known, which is meant where nobody says a version.
pub const NEWEST: u32 = 4;

/// How a jar of this version of Spring Boot is started once an image holds it in layers; the newest way where nobody says the version.
///
/// Up to 3.2 the loader starts what was taken apart, and it moved in 3.2; from 3.3 on what was taken apart is a jar again. Before 2.4 a jar has
/// layers only where its build asks for them: it is started whole.
pub fn launch(version: Option<&str>) -> &'static [&'static str] {
    let number = version.and_then(|version| {
        let mut parts = version.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
        Some((parts.next()?, parts.next().unwrap_or(0)))
    });
    match number {
        Some(number) if number < (2, 4) => &["java", "-cp", "app.jar", "org.springframework.boot.loader.JarLauncher"],
        Some(number) if number < (3, 2) => &["java", "org.springframework.boot.loader.JarLauncher"],
        Some(number) if number < (3, 3) => &["java", "org.springframework.boot.loader.launch.JarLauncher"],
        _ => &["java", "-jar", "app.jar"],
    }
}

/// The first number of a version.
pub fn major(version: Option<&str>) -> u32 {
    version.and_then(|version| version.split('.').next()?.parse().ok()).unwrap_or(NEWEST)
}

impl Stack {
    /// Says which version of its framework it is. What is still as detection concludes it from another version follows.
    pub(super) fn set_framework_version(&mut self, version: &str) {
        if self.framework == "spring-boot" {
            let old = self.framework_version.as_deref();
            for module in self.modules.iter_mut().filter(|module| module.launch == launch(old)) {
                module.launch = launch(Some(version)).iter().map(|word| (*word).to_owned()).collect();
            }
            let renamed = |name: String| renamed(&name, major(Some(version))).unwrap_or(name);
            for service in &mut self.services {
                let environment = std::mem::take(&mut service.environment);
                service.environment = environment.into_iter().map(|(name, value)| (renamed(name), value)).collect::<BTreeMap<_, _>>();
            }
        }
        self.framework_version = Some(version.to_owned());
        self.origins.remove("framework");
    }
}

/// What this version calls a variable that others call otherwise.
fn renamed(name: &str, version: u32) -> Option<String> {
    RENAMED.iter().find_map(|(old, new, since)| {
        let (from, to) = if version < *since { (new, old) } else { (old, new) };
        Some(format!("{to}{}", name.strip_prefix(from)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::{Language, Module, Service};

    #[test]
    fn what_a_version_decides_follows_it() {
        let mut stack = Stack::named("shop", Language::Java);
        stack.framework = "spring-boot".to_owned();
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        stack.modules = vec![Module::named("shop", words(launch(None))), Module::named("own", words(&["java", "-jar", "own.jar"]))];
        let mut redis = Service::usual("redis").expect("a kind");
        redis.environment = BTreeMap::from([("SPRING_DATA_REDIS_HOST".to_owned(), "{host}".to_owned())]);
        stack.services = vec![redis];
        stack.set("framework_version", "2.7.18").expect("a version");
        assert_eq!(stack.modules[0].launch, ["java", "org.springframework.boot.loader.JarLauncher"]);
        assert_eq!(stack.modules[1].launch, ["java", "-jar", "own.jar"]);
        assert_eq!(stack.services[0].environment.keys().collect::<Vec<_>>(), ["SPRING_REDIS_HOST"]);
        stack.set("framework_version", "3.5.0").expect("a version");
        assert_eq!(stack.modules[0].launch, ["java", "-jar", "app.jar"]);
        assert_eq!(stack.services[0].environment.keys().collect::<Vec<_>>(), ["SPRING_DATA_REDIS_HOST"]);
        assert_eq!(stack.framework_version.as_deref(), Some("3.5.0"));
    }
}
