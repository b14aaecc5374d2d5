//! A class in shares, and the shares put together again.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::results::Results;
use crate::error::{Error, ErrorKind, Fault, Result};

/// One of several shares of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// From 1.
    pub number: usize,
    /// How many there are.
    pub of: usize,
}

impl Shard {
    /// Whether the row at `index` (from 0, in the order of the folders) is in it.
    pub fn has(self, index: usize) -> bool {
        index % self.of == self.number - 1
    }

    /// How many rows of `class` are in it.
    fn size(self, class: usize) -> usize {
        (0..class).filter(|index| self.has(*index)).count()
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Self { number, of }),
            _ => Err(format!("write `K/N` for share K of N, such as `1/4`, not `{text}`")),
        }
    }
}

/// The class that these shares, each with the file it came from, are. A share that is missing, is there twice, or is not of the same class is a
/// fault; all of them are named at once.
pub fn merge(shares: Vec<(String, Results)>) -> Result<Results> {
    let Some((first_file, first)) = shares.first().cloned() else { return Err(Error::usage("there are no results to join")) };
    let mut faults = Vec::new();
    let mut known: BTreeMap<usize, &str> = BTreeMap::new();
    let count = first.shard.map_or(1, |shard| shard.of);
    for (file, share) in &shares {
        let mut differs = |what: &str| faults.push(Fault::new(file, format!("{what} `{first_file}`")));
        if share.handout != first.handout {
            differs("was graded by another `handout.toml` than");
        }
        if (&share.kit, &share.version) != (&first.kit, &first.version) {
            differs("was graded with another kit than");
        }
        if share.upto != first.upto {
            differs("was graded up to another milestone than");
        }
        let Some(shard) = share.shard else {
            faults.push(Fault::new(file, "is no share of a class").hint("`stagekit grade --shard K/N --results FILE` makes one"));
            continue;
        };
        if shard.of != count {
            differs(&format!("is share {shard}, which is another division of the class than that of"));
            continue;
        }
        if let Some(other) = known.insert(shard.number, file) {
            faults.push(Fault::new(file, format!("is share {shard}, and so is `{other}`")));
        }
        let expected = shard.size(share.class);
        if !share.is_complete || share.rows.len() != expected {
            let what = format!("has {} of the {expected} repositories of share {shard}", share.rows.len());
            faults.push(Fault::new(file, what).hint("grade that share again: what is done is not run again"));
        }
    }
    let missing: Vec<String> = (1..=count).filter(|number| !known.contains_key(number)).map(|number| format!("{number}/{count}")).collect();
    if !missing.is_empty() && first.shard.is_some() {
        faults.push(Fault::new(missing.join(", "), "is missing"));
    }
    if !faults.is_empty() {
        return Err(Error::faults(ErrorKind::Failed, "these are not the shares of one class", faults));
    }
    let mut rows: Vec<_> = shares.into_iter().flat_map(|(_, share)| share.rows).collect();
    rows.sort_by(|one, other| one.folder.cmp(&other.folder));
    Ok(Results { shard: None, rows, ..first })
}

#[cfg(test)]
mod tests {
    use super::{Shard, merge};
    use crate::{
        answers::Answers,
        grade::{Graded, Results, Status},
        handout::Row,
    };

    fn graded(folder: &str) -> Graded {
        let row = Row {
            number: 1,
            name: folder.to_owned(),
            folder: folder.to_owned(),
            seed: None,
            digest: String::new(),
            answers: Answers::default(),
            record: [].into(),
        };
        Graded::of(&row, 10, Status::Graded, "")
    }

    fn share(text: &str, folders: &[&str]) -> (String, Results) {
        let results = Results {
            format_version: 1,
            stagekit: "0".to_owned(),
            kit: "k".to_owned(),
            version: "1".to_owned(),
            handout: "h".to_owned(),
            upto: 2,
            max: 10,
            milestones: Vec::new(),
            class: 5,
            shard: Some(text.parse().unwrap()),
            is_complete: true,
            rows: folders.iter().map(|folder| graded(folder)).collect(),
        };
        (format!("{}.json", text.replace('/', "-")), results)
    }

    #[test]
    fn every_row_is_in_exactly_one_share() {
        for of in 1..6 {
            for index in 0..20 {
                let having = (1..=of).filter(|number| Shard { number: *number, of }.has(index)).count();
                assert_eq!(having, 1, "{index} of {of}");
            }
        }
        for bad in ["0/2", "3/2", "1", "a/b", "1/0", "1/2/3", ""] {
            assert!(bad.parse::<Shard>().is_err(), "{bad}");
        }
    }

    #[test]
    fn shares_in_any_order_are_the_class() {
        let merged = merge(vec![share("2/2", &["b", "d"]), share("1/2", &["a", "c", "e"])]).unwrap();
        let folders: Vec<_> = merged.rows.iter().map(|row| row.folder.as_str()).collect();
        assert_eq!((folders, merged.shard), (vec!["a", "b", "c", "d", "e"], None));
    }

    #[test]
    fn everything_that_is_wrong_with_shares_is_named_at_once() {
        let mut other = share("1/3", &["a", "d"]);
        other.1.handout = "another".to_owned();
        let error = merge(vec![share("3/3", &["c"]), other, ("again.json".to_owned(), share("3/3", &[]).1)]).unwrap_err().to_string();
        for said in [
            "1-3.json: was graded by another `handout.toml`",
            "again.json: is share 3/3, and so is `3-3.json`",
            "again.json: has 0 of the 1",
            "2/3: is missing",
        ] {
            assert!(error.contains(said), "{said}\n{error}");
        }
    }
}
