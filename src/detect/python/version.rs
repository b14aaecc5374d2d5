//! Which Python a range of versions means: a lower bound is no wish for a Python that nobody maintains any more.

/// The oldest Python that is chosen for a range that a later one satisfies as well; <https://devguide.python.org/versions/>.
const OLDEST: u32 = 10;

/// Newer than any Python 3 will be soon; a range without an upper bound ends here.
const NEWEST: u32 = 99;

/// The Python of a range, `>=3.8,<3.13`, `^3.9`, `~=3.8.1`, `3.9.*`: its lowest, raised to the oldest that is maintained where the range and
/// the classifiers have that; otherwise the newest of it.
pub(super) fn of_range(range: &str, classifiers: &[u32]) -> Option<String> {
    let (mut low, mut high) = (0, NEWEST);
    // Poetry's alternatives: the last is the newest.
    let range = range.rsplit("||").next().unwrap_or(range);
    let clauses: Vec<&str> = range.split([',', ' ']).filter(|clause| !clause.is_empty()).collect();
    for clause in joined(&clauses) {
        let (lowest, highest) = bounds(&clause)?;
        (low, high) = (low.max(lowest), high.min(highest));
    }
    let named = classifiers.iter().copied().filter(|minor| (low..=high).contains(minor));
    let (first, last) = (named.clone().filter(|minor| *minor >= OLDEST).min(), named.max());
    let minor = match (first, last) {
        (Some(first), _) => first,
        (None, Some(last)) => last,
        (None, None) => low.max(OLDEST).min(high),
    };
    (low <= high).then(|| format!("3.{minor}"))
}

/// `>= 3.8` is one clause.
fn joined(words: &[&str]) -> Vec<String> {
    let mut clauses: Vec<String> = Vec::new();
    for word in words {
        match clauses.last_mut().filter(|last| !last.contains(|c: char| c.is_ascii_digit() || c == '*')) {
            Some(last) => last.push_str(word),
            None => clauses.push((*word).to_owned()),
        }
    }
    clauses
}

/// The lowest and the highest minor version of Python 3 that a clause lets be.
fn bounds(clause: &str) -> Option<(u32, u32)> {
    let start = clause.find(|c: char| c.is_ascii_digit() || c == '*')?;
    let (operator, version) = clause.split_at(start);
    let parts: Vec<&str> = version.split('.').collect();
    let major: u32 = if parts[0] == "*" { return Some((0, NEWEST)) } else { parts[0].parse().ok()? };
    let minor = parts.get(1).and_then(|part| part.parse::<u32>().ok());
    let patch = parts.get(2).and_then(|part| part.parse::<u32>().ok());
    if major != 3 {
        // `<4` says nothing of Python 3, and neither does `>=2.7`.
        let is_about_others = operator.starts_with('<') && major > 3 || operator.starts_with(['>', '!', '^']) && major < 3;
        return is_about_others.then_some((0, NEWEST));
    }
    let lowest = minor.unwrap_or(0);
    Some(match operator {
        // `>3.8` lets 3.8.1 be.
        ">=" | "^" | ">" => (lowest, NEWEST),
        "<=" => (0, minor.unwrap_or(NEWEST)),
        "<" if patch.is_some_and(|patch| patch > 0) => (0, lowest),
        "<" => (0, lowest.checked_sub(1)?),
        "~=" if patch.is_none() => (lowest, NEWEST),
        "!=" => (0, NEWEST),
        // `==3.8.*`, `~3.8`, `~=3.8.1`, `3.8`.
        _ => (lowest, minor.unwrap_or(NEWEST)),
    })
}

/// The minor version of `Programming Language :: Python :: 3.11`.
pub(super) fn classified(classifier: &str) -> Option<u32> {
    classifier.strip_prefix("Programming Language :: Python :: 3.")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_means_the_oldest_python_in_it_that_is_maintained() {
        for (range, classifiers, expected) in [
            (">=3.12", &[][..], Some("3.12")),
            (">=3.8", &[], Some("3.10")),
            ("^3.9", &[], Some("3.10")),
            ("~=3.8", &[], Some("3.10")),
            (">= 3.7, < 4", &[], Some("3.10")),
            (">=2.7,!=3.0.*", &[], Some("3.10")),
            (">=3.9,<3.13", &[], Some("3.10")),
            (">=3.11,<4.0", &[], Some("3.11")),
            // Nothing newer satisfies these.
            (">=3.6,<3.9", &[], Some("3.8")),
            ("~3.8", &[], Some("3.8")),
            ("~=3.8.1", &[], Some("3.8")),
            ("==3.8.*", &[], Some("3.8")),
            ("<=3.9", &[], Some("3.9")),
            ("3.9", &[], Some("3.9")),
            ("*", &[], Some("3.10")),
            ("^3.8 || ^3.11", &[], Some("3.11")),
            // What is said to work goes before what is let be.
            (">=3.6", &[6, 7, 8], Some("3.8")),
            (">=3.6", &[8, 9, 11, 12], Some("3.11")),
            (">=3.12", &[8], Some("3.12")),
            ("<3", &[], None),
            (">=3.9,<3.8", &[], None),
        ] {
            assert_eq!(of_range(range, classifiers).as_deref(), expected, "{range}");
        }
    }
}
