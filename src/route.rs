//! The way through the kits: the roadmap's order, and nothing before what it builds on.

use std::collections::{BTreeMap, BTreeSet};

use crate::manifest::KitManifest;

/// Which kits there are, and what each builds on.
#[derive(Debug, Default)]
pub struct Route<'k> {
    builds_on: BTreeMap<&'k str, &'k [String]>,
}

impl<'k> Route<'k> {
    /// That of these kits.
    pub fn of(kits: impl IntoIterator<Item = &'k KitManifest>) -> Self {
        Self { builds_on: kits.into_iter().map(|kit| (kit.name.get_ref().as_str(), kit.requires_kits.as_slice())).collect() }
    }

    /// The kit that comes next: of those behind `here` in `order`, and then of those before it, the first that is there, is not done, and
    /// builds on nothing that could be done before. `here` is what somebody is at and counts as done.
    pub fn next<'o>(&self, order: &[&'o str], here: &str, is_done: impl Fn(&str) -> bool) -> Option<&'o str> {
        let start = order.iter().position(|name| *name == here).map_or(0, |index| index + 1);
        let (before, after) = order.split_at(start);
        let is_left = |name: &str| name != here && self.builds_on.contains_key(name) && !is_done(name);
        let is_open = |name: &&&str| !self.builds_on[**name].iter().any(|wanted| is_left(wanted));
        after.iter().chain(before).filter(|name| is_left(name)).find(is_open).copied()
    }

    /// A way from `kit` over what it builds on back to itself: `a`, `b`, `a`.
    pub fn circle(&self, kit: &'k str) -> Option<Vec<&'k str>> {
        let mut seen = BTreeSet::new();
        let mut ways = vec![vec![kit]];
        while let Some(way) = ways.pop() {
            for wanted in way.last().and_then(|last| self.builds_on.get(last)).into_iter().copied().flatten() {
                let longer = [way.as_slice(), &[wanted.as_str()]].concat();
                if wanted == kit {
                    return Some(longer);
                }
                if seen.insert(wanted.as_str()) {
                    ways.push(longer);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: [&str; 5] = ["server", "calculator", "downloader", "planned", "store"];

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn next(here: &str, done: &[&str]) -> Option<&'static str> {
        let (none, downloader, store) = (names(&[]), names(&["server", "calculator", "planned"]), names(&["calculator"]));
        let builds_on = [("server", &none[..]), ("calculator", &none[..]), ("downloader", &downloader[..]), ("store", &store[..])].into();
        Route { builds_on }.next(&ORDER, here, |name| done.contains(&name))
    }

    #[test]
    fn the_next_kit_is_the_first_behind_that_builds_on_nothing_left() {
        assert_eq!(next("server", &[]), Some("calculator"));
        // What is not there yet keeps nobody back.
        assert_eq!(next("calculator", &["server"]), Some("downloader"));
        assert_eq!(next("calculator", &[]), Some("store"), "the downloader builds on the server as well");
        assert_eq!(next("store", &[]), Some("server"), "and from the beginning again");
        assert_eq!(next("store", &["server"]), Some("calculator"));
        assert_eq!(next("store", &["server", "calculator", "downloader"]), None);
        assert_eq!(next("somebody's", &[]), Some("server"), "a kit that the roadmap does not have");
    }

    #[test]
    fn whoever_builds_on_himself_is_found() {
        let (a, b, c, d) = (names(&["c", "b"]), names(&["d", "a"]), names(&["d"]), names(&["d"]));
        let route = Route { builds_on: [("a", &a[..]), ("b", &b[..]), ("c", &c[..]), ("d", &d[..])].into() };
        assert_eq!(route.circle("a"), Some(vec!["a", "b", "a"]));
        assert_eq!(route.circle("b"), Some(vec!["b", "a", "b"]));
        assert_eq!(route.circle("c"), None, "it leads to a circle and is not part of it");
        assert_eq!(route.circle("d"), Some(vec!["d", "d"]));
    }
}
