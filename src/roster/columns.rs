//! What a column says.

use std::iter;

use crate::error::{Error, ErrorKind, Fault, Result, nearest};

/// `--map HEADER=FIELD`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    header: String,
    field: String,
}

impl Mapping {
    /// The mapping that `text` says.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.rsplit_once('=') {
            Some((header, field)) if !header.is_empty() && !field.is_empty() => {
                Ok(Self { header: header.to_owned(), field: field.to_owned() })
            }
            _ => Err("write `HEADER=FIELD`, such as `E-Mail=email`".to_owned()),
        }
    }
}

/// What a cell is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Name,
    First,
    Last,
    Folder,
    Answer(String),
    /// Kept under this name.
    Record(String),
}

/// The columns of a roster; one may say several things.
pub(super) struct Columns(Vec<Vec<Field>>);

impl Columns {
    /// What these headers mean, for a kit with these questions.
    pub(super) fn of(shown: &str, header: &[String], questions: &[&str], map: &[Mapping]) -> Result<Self> {
        let mut faults = Vec::new();
        for Mapping { header: from, field } in map {
            let place = format!("--map {from}={field}");
            if !header.iter().any(|header| plain(header) == plain(from)) {
                let fault = Fault::new(&place, format!("there is no column `{from}`"));
                let near = nearest(from, header.iter().map(String::as_str));
                faults.push(match near {
                    Some(near) => fault.hint(format!("did you mean `{near}`?")),
                    None => fault.hint(format!("there are {}", listed(header))),
                });
            }
            if known(field, questions).is_none() {
                let fields = ["name", "first", "last", "folder", "email", "id"];
                let fault = Fault::new(&place, format!("`{field}` is no question of the kit, and nothing else that a roster says"));
                faults.push(match nearest(field, questions.iter().copied().chain(fields)) {
                    Some(near) => fault.hint(format!("did you mean `{near}`?")),
                    None => fault.hint(format!("it may be {} or a question", fields.join(", "))),
                });
            }
        }
        let columns = header.iter().map(|name| {
            let mapped: Vec<Field> =
                map.iter().filter(|map| plain(&map.header) == plain(name)).filter_map(|map| known(&map.field, questions)).collect();
            if mapped.is_empty() { vec![known(name, questions).unwrap_or_else(|| Field::Record(name.trim().to_owned()))] } else { mapped }
        });
        let columns = Self(columns.collect());
        for (field, word) in [(Field::Name, "name"), (Field::First, "first"), (Field::Last, "last"), (Field::Folder, "folder")] {
            if columns.all().filter(|known| **known == field).count() > 1 {
                faults.push(Fault::new(shown, format!("two columns are `{word}`")).hint("give one of them another header"));
            }
        }
        for question in questions {
            if columns.all().filter(|known| **known == Field::Answer((*question).to_owned())).count() > 1 {
                faults.push(Fault::new(shown, format!("two columns answer `{question}`")).hint("take one of them out"));
            }
        }
        if faults.is_empty() && !columns.all().any(|field| matches!(field, Field::Name | Field::First | Field::Last)) {
            let message = format!("there is no column `name`, only {}", listed(header));
            faults.push(Fault::new(shown, message).hint("`--map HEADER=name` says which one is it"));
        }
        if faults.is_empty() { Ok(columns) } else { Err(Error::faults(ErrorKind::Usage, format!("`{shown}` is no roster"), faults)) }
    }

    fn all(&self) -> impl Iterator<Item = &Field> {
        self.0.iter().flatten()
    }

    /// What a row's cells are.
    pub(super) fn fields<'c>(&'c self, cells: &'c [String]) -> impl Iterator<Item = (&'c Field, &'c str)> {
        self.0.iter().zip(cells).flat_map(|(fields, cell)| fields.iter().zip(iter::repeat(cell.as_str())))
    }

    /// Columns that say nothing to anybody here, and the question that may have been meant.
    pub(super) fn kept(&self, questions: &[&str]) -> Vec<(String, Option<String>)> {
        let names = self.all().filter_map(|field| match field {
            Field::Record(name) if !name.is_empty() && !matches!(name.as_str(), "email" | "id") => Some(name),
            _ => None,
        });
        names.map(|name| (name.clone(), nearest(&plain(name), questions.iter().copied()).map(str::to_owned))).collect()
    }
}

/// What a field of this name is. `a.name` is the question `name`, as templates write it: the column `name` is the student's.
fn known(name: &str, questions: &[&str]) -> Option<Field> {
    let plain = plain(name);
    let question = |name: &str| questions.iter().find(|question| **question == name).map(|question| Field::Answer((*question).to_owned()));
    if let Some(answer) = plain.strip_prefix("a.") {
        return question(answer);
    }
    Some(match plain.as_str() {
        "name" | "full_name" | "student" => Field::Name,
        "first" | "first_name" | "firstname" | "given" | "given_name" => Field::First,
        "last" | "last_name" | "lastname" | "family_name" | "surname" => Field::Last,
        "folder" => Field::Folder,
        "email" | "e_mail" | "email_address" => Field::Record("email".to_owned()),
        "id" => Field::Record("id".to_owned()),
        other => return question(other),
    })
}

/// A header without regard to case, blanks and dashes.
fn plain(header: &str) -> String {
    header.trim().to_lowercase().replace([' ', '-'], "_")
}

fn listed(header: &[String]) -> String {
    header.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
