//! What a glob says without being matched.

/// What every path that matches begins with. Most paths are told from most globs by it, without matching them.
pub fn fixed(glob: &str) -> &str {
    if glob.starts_with('!') { "" } else { glob.find(['*', '?', '[', '{', '\\']).map_or(glob, |special| &glob[..special]) }
}

/// The folder that everything lies in that matches; `None` for the root.
pub fn folder(glob: &str) -> Option<&str> {
    fixed(glob).rsplit_once('/').map(|(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::{fixed, folder};

    #[test]
    fn a_glob_begins_with_what_is_fixed_of_it() {
        for (glob, start, inside) in [
            ("reports/*.xml", "reports/", Some("reports")),
            ("a/b/c.xml", "a/b/c.xml", Some("a/b")),
            ("a/b{c,d}/e", "a/b", Some("a")),
            ("**", "", None),
            ("*.xml", "", None),
            ("a\\*", "a", None),
            ("!a/b", "", None),
        ] {
            assert_eq!((fixed(glob), folder(glob)), (start, inside), "{glob}");
        }
    }
}
