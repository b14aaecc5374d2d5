//! What a class has agreed on.

use serde::{Deserialize, Serialize};

/// The runners that grading is spread over where nobody says how many.
const USUAL_SHARDS: u16 = 4;

/// The most runners that one may ask for: as many jobs as GitLab makes of one `parallel`. GitHub makes 256 of one matrix.
const MOST_SHARDS: u16 = 200;

/// What a class has agreed on, for the features with which it works.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// When the work is due: a moment as RFC 3339 writes it.
    pub due: Option<String>,
    /// `OWNER/REPOSITORY`, from which learners start.
    pub template: Option<String>,
    /// Over how many runners grading is spread; 4 where nobody says.
    pub shards: Option<u16>,
}

impl Class {
    /// Over how many runners grading is spread.
    pub fn shards(&self) -> u16 {
        self.shards.unwrap_or(USUAL_SHARDS)
    }

    /// Sets the number of runners from a text; an error, which says what would do, if it is none.
    pub(super) fn set_shards(&mut self, value: &str) -> Result<(), String> {
        match value.parse() {
            Ok(shards @ 1..=MOST_SHARDS) => {
                self.shards = Some(shards);
                Ok(())
            }
            _ => Err(format!("`{value}` is no number of shares: 1 to {MOST_SHARDS}")),
        }
    }
}

/// Whether the text is a moment as RFC 3339 writes it, to the second: `2026-12-24T18:00:00+01:00`.
pub(super) fn is_moment(text: &str) -> bool {
    let in_range = |range: std::ops::Range<usize>, least: u8, most: u8| {
        let digits = text.get(range).filter(|part| part.bytes().all(|c| c.is_ascii_digit()));
        digits.and_then(|part| part.parse::<u8>().ok()).is_some_and(|number| (least..=most).contains(&number))
    };
    let signs = [(4, '-'), (7, '-'), (10, 'T'), (13, ':'), (16, ':')];
    let date = in_range(0..2, 0, 99) && in_range(2..4, 0, 99) && in_range(5..7, 1, 12) && in_range(8..10, 1, 31);
    let time = in_range(11..13, 0, 23) && in_range(14..16, 0, 59) && in_range(17..19, 0, 59);
    let zone = match text.get(19..) {
        Some("Z") => true,
        Some(offset) => {
            offset.len() == 6
                && offset.starts_with(['+', '-'])
                && offset.get(3..4) == Some(":")
                && in_range(20..22, 0, 23)
                && in_range(23..25, 0, 59)
        }
        None => false,
    };
    date && time && zone && signs.iter().all(|(at, sign)| text.get(*at..).is_some_and(|rest| rest.starts_with(*sign)))
}

#[cfg(test)]
mod tests {
    use super::{Class, is_moment};

    #[test]
    fn a_moment_names_its_zone() {
        for moment in ["2026-12-24T18:00:00Z", "2026-12-24T18:00:00+01:00", "2026-02-01T00:59:59-09:30"] {
            assert!(is_moment(moment), "{moment}");
        }
        for other in [
            "",
            "tomorrow",
            "2026-12-24",
            "2026-12-24T18:00:00",
            "2026-12-24 18:00:00Z",
            "2026-13-24T18:00:00Z",
            "2026-12-24T24:00:00Z",
            "2026-12-24T18:00:00+1:00",
            "2026-12-24T18:00:00+01:00 ",
            "20\u{e9}6-12-24T18:00:00Z",
        ] {
            assert!(!is_moment(other), "{other}");
        }
    }

    #[test]
    fn grading_is_spread_over_four_runners_unless_somebody_says_otherwise() {
        let mut class = Class::default();
        assert_eq!(class.shards(), 4);
        assert_eq!(class.set_shards("12"), Ok(()));
        assert_eq!(class.shards(), 12);
        for other in ["0", "201", "many", "-1"] {
            assert_eq!(class.set_shards(other), Err(format!("`{other}` is no number of shares: 1 to 200")));
        }
    }
}
