//! A class as a file: from the bytes of a CSV or TOML file to students, each with a folder of their own.
//!
//! A roster comes out of other people's spreadsheets: any order of columns, any of three delimiters, names in any script. Whatever is not meant
//! for the kit is kept, so that results can be brought back to where the roster came from.

mod cells;
mod columns;
mod folder;

use std::collections::BTreeMap;

pub use self::columns::Mapping;
use self::{
    cells::Table,
    columns::{Columns, Field},
    folder::{Taken, refusal, slug},
};
use crate::error::{Fault, Result};

/// What a roster is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Cells between commas, semicolons or tabs (RFC 4180), the first line says what they are.
    Csv,
    /// A `[[student]]` table each.
    Toml,
}

/// A class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// In the order of the file.
    pub students: Vec<Student>,
    /// Columns that say nothing to the kit, each with the question that may have been meant.
    pub kept: Vec<(String, Option<String>)>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Student {
    /// The line in the file, from 1; of a TOML roster the entry.
    pub number: usize,
    /// As people say it.
    pub name: String,
    /// What the repository is called.
    pub folder: String,
    /// Answers to the kit's questions, as they were typed.
    pub answers: Vec<(String, String)>,
    /// Everything else that the row says.
    pub record: BTreeMap<String, String>,
}

/// The class in `bytes`, which messages call `shown`, and everything that keeps rows of it from becoming folders. `questions` are the kit's. An
/// error means that nothing can be said about rows.
pub fn read(shown: &str, bytes: &[u8], format: Format, questions: &[&str], map: &[Mapping]) -> Result<(Roster, Vec<Fault>)> {
    // 1. cells, and what each column says
    let text = cells::decode(shown, bytes)?;
    let Table { header, rows, mut faults } = match format {
        Format::Csv => cells::csv(shown, text)?,
        Format::Toml => cells::toml(shown, text)?,
    };
    let columns = Columns::of(shown, &header, questions, map)?;

    // 2. students
    let mut students = Vec::with_capacity(rows.len());
    let mut taken = Taken::default();
    for (number, cells) in rows {
        let at = |message: String| Fault::new(shown, message).at(number);
        let mut said = Said::default();
        for (field, cell) in columns.fields(&cells) {
            said.hear(field, cell);
        }
        let name = said.name();
        // What cannot be seen is shown by its number.
        let shown_folder = |folder: &str| folder.escape_debug().to_string();
        let folder = if said.folder.is_empty() { slug(&name) } else { said.folder };
        if name.is_empty() {
            faults.push(at("has no name".to_owned()).hint("fill it in, or take the row out"));
        } else if let Some(why) = refusal(&folder) {
            let message = if folder.is_empty() {
                format!("`{name}` gives no folder: {why}")
            } else {
                format!("`{}` cannot be a folder: {why}", shown_folder(&folder))
            };
            faults.push(at(message).hint("say one in a column `folder`"));
        } else if let Some(first) = taken.by(&folder, number) {
            let message = format!(
                "`{}` is the folder of {} {first} already",
                shown_folder(&folder),
                if format == Format::Csv { "line" } else { "entry" }
            );
            faults.push(at(message).hint("say another one in a column `folder`"));
        }
        students.push(Student { number, name, folder, answers: said.answers, record: said.record });
    }
    Ok((Roster { students, kept: columns.kept(questions) }, faults))
}

/// What a row says.
#[derive(Default)]
struct Said {
    name: String,
    first: String,
    last: String,
    folder: String,
    answers: Vec<(String, String)>,
    record: BTreeMap<String, String>,
}

impl Said {
    fn hear(&mut self, field: &Field, cell: &str) {
        let cell = cell.trim();
        // Nothing in a cell is nothing said: the default holds.
        if cell.is_empty() {
            return;
        }
        match field {
            Field::Name => cell.clone_into(&mut self.name),
            Field::First => cell.clone_into(&mut self.first),
            Field::Last => cell.clone_into(&mut self.last),
            Field::Folder => cell.clone_into(&mut self.folder),
            Field::Answer(question) => self.answers.push((question.clone(), cell.to_owned())),
            Field::Record(name) => drop(self.record.insert(name.clone(), cell.to_owned())),
        }
    }

    /// One line, whatever the cell holds.
    fn name(&self) -> String {
        let whole = if self.name.is_empty() { format!("{} {}", self.first, self.last) } else { self.name.clone() };
        whole.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, Mapping, Roster, read};

    const QUESTIONS: [&str; 4] = ["name", "author", "database", "java_version"];

    fn csv(text: &str) -> (Roster, Vec<String>) {
        mapped(text, &[])
    }

    fn mapped(text: &str, map: &[&str]) -> (Roster, Vec<String>) {
        let map: Vec<_> = map.iter().map(|map| Mapping::parse(map).unwrap()).collect();
        let (roster, faults) = read("class.csv", text.as_bytes(), Format::Csv, &QUESTIONS, &map).unwrap();
        (roster, faults.iter().map(ToString::to_string).collect())
    }

    fn refused(bytes: &[u8]) -> String {
        read("class.csv", bytes, Format::Csv, &QUESTIONS, &[]).unwrap_err().to_string()
    }

    fn folders(roster: &Roster) -> Vec<(usize, &str, &str)> {
        roster.students.iter().map(|student| (student.number, student.name.as_str(), student.folder.as_str())).collect()
    }

    #[test]
    fn a_spreadsheet_of_any_kind_is_the_same_class() {
        let expected = [(2, "Ada Lovelace", "ada-lovelace"), (3, "Grace \"Amazing\" Hopper", "grace-amazing-hopper")];
        for text in [
            "name,email\nAda Lovelace,a@x\n\"Grace \"\"Amazing\"\" Hopper\",g@x\n",
            "\u{feff}email;name\r\na@x;Ada Lovelace\r\ng@x;\"Grace \"\"Amazing\"\" Hopper\"\r\n",
            "E-Mail\tName\na@x\t Ada  Lovelace \ng@x\t\"Grace \"\"Amazing\"\" Hopper\"",
        ] {
            let (roster, faults) = csv(text);
            assert_eq!((folders(&roster).as_slice(), faults.len()), (&expected[..], 0), "{text}");
            assert_eq!(roster.students[1].record["email"], "g@x");
        }
    }

    #[test]
    fn columns_are_answers_or_are_kept() {
        let (roster, faults) =
            csv("Given name,last-name,Java Version,databse,a.name,Group\nAda,Lovelace,21,mysql,shop,B\nAlan,Turing,,,,\n");
        assert_eq!(faults, [""; 0]);
        assert_eq!(folders(&roster), [(2, "Ada Lovelace", "ada-lovelace"), (3, "Alan Turing", "alan-turing")]);
        let answers = [("java_version".to_owned(), "21".to_owned()), ("name".to_owned(), "shop".to_owned())];
        assert_eq!(roster.students[0].answers, answers);
        assert_eq!(roster.students[1].answers, []);
        assert_eq!(roster.students[0].record, [("databse", "mysql"), ("Group", "B")].map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        assert_eq!(roster.kept, [("databse".to_owned(), Some("database".to_owned())), ("Group".to_owned(), None)]);
    }

    #[test]
    fn headers_are_mapped() {
        let (roster, _) = mapped("Wer,Kürzel\nAda Lovelace,AL\n", &["Wer=name", "Wer=author", "kürzel=folder"]);
        assert_eq!(folders(&roster), [(2, "Ada Lovelace", "AL")]);
        assert_eq!(roster.students[0].answers, [("author".to_owned(), "Ada Lovelace".to_owned())]);
        let map = [Mapping::parse("Who=name").unwrap(), Mapping::parse("x=nothing").unwrap()];
        let error = read("class.csv", b"x\ny\n", Format::Csv, &QUESTIONS, &map).unwrap_err().to_string();
        assert!(error.contains("--map Who=name: there is no column `Who`"), "{error}");
        assert!(error.contains("--map x=nothing: `nothing` is no question"), "{error}");
    }

    #[test]
    fn names_in_any_script_are_folders() {
        let (roster, faults) = csv("name\nÅsa Öberg\nAsa\u{30a} O\u{308}\n李小龍\nनमस्ते\nO'Brien-Smith Jr.\nМария\n");
        assert_eq!(faults, [""; 0]);
        let folders: Vec<_> = roster.students.iter().map(|student| student.folder.as_str()).collect();
        assert_eq!(folders, ["åsa-öberg", "aså-ö", "李小龍", "नमस्ते", "obrien-smith-jr", "мария"]);
    }

    #[test]
    fn everything_that_cannot_be_a_folder_is_told_with_its_line() {
        let long = "x".repeat(101);
        let text = format!(
            "name,folder\nA,a\nB,A\n,c\n???,\nD,../d\nE,nul\nF,.f\nG,-g\nH,h.\nI,i/j\nJ,handout.toml\nK,{long}\nL,updates\nM,\u{202e}m\n\
             N,stra\u{df}e\nO,STRASSE\nP,caf\u{e9}\nQ,cafe\u{301}\nÜ,\n\"multi\nline\",\n"
        );
        let (roster, faults) = csv(&text);
        assert_eq!(roster.students.last().map(|last| (last.number, last.folder.as_str())), Some((21, "multi-line")));
        let expected = [
            "3: `A` is the folder of line 2 already",
            "4: has no name",
            "5: `???` gives no folder: there is no letter and no digit in it",
            "6: `../d` cannot be a folder: it starts with a dot or a dash",
            "7: `nul` cannot be a folder: Windows reserves the name `nul`",
            "8: `.f` cannot be a folder: it starts with a dot or a dash",
            "9: `-g` cannot be a folder: it starts with a dot or a dash",
            "10: `h.` cannot be a folder: it ends in a dot or a space",
            "11: `i/j` cannot be a folder: it contains `/`",
            "12: `handout.toml` cannot be a folder: stagekit keeps something of that name there",
            &format!("13: `{long}` cannot be a folder: it is longer than 100 bytes"),
            "14: `updates` cannot be a folder: stagekit keeps something of that name there",
            "15: `\\u{202e}m` cannot be a folder: it contains characters that cannot be seen",
            "17: `STRASSE` is the folder of line 16 already",
            "19: `cafe\u{301}` is the folder of line 18 already",
        ];
        let told: Vec<_> = faults.iter().map(|fault| fault.strip_prefix("class.csv:").unwrap().split(" (").next().unwrap()).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn lines_are_counted_as_an_editor_does() {
        let (roster, faults) = csv("name,email\r\n\r\nAda,\"a\r\nb\"\r\n,\r\nGrace,x,surplus\r\n\r\nAlan\r\n");
        assert_eq!(folders(&roster), [(3, "Ada", "ada"), (6, "Grace", "grace"), (8, "Alan", "alan")]);
        assert_eq!(faults, ["class.csv:6: has 3 cells, and the first line names 2 (put quotes around a cell that holds the delimiter)"]);
    }

    #[test]
    fn what_is_no_roster_is_refused_with_the_reason() {
        let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain("name\nAda\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        for (bytes, expected) in [
            (utf16.as_slice(), "is UTF-16"),
            (&utf16[2..], "is UTF-16"),
            (b"name\nAda\nJos\xe9\n", "is not UTF-8 from line 3 on"),
            (b"", "has no line"),
            (b"mail\na@x\n", "no column `name`"),
            (b"name\n", "nobody is in it"),
            (b"name,Name\nA,B\n", "two columns are `name`"),
        ] {
            assert!(refused(bytes).contains(expected), "{expected}: {}", refused(bytes));
        }
    }

    #[test]
    fn a_class_in_toml_is_the_same() {
        let text = "[[student]]\nname = \"Ada\"\nDatabase = \"mysql\"\n[[student]]\nname = \"Grace\"\njava-version = 21\nyear = 2\n";
        let (roster, faults) = read("class.toml", text.as_bytes(), Format::Toml, &QUESTIONS, &[]).unwrap();
        assert_eq!(faults, []);
        assert_eq!(folders(&roster), [(1, "Ada", "ada"), (2, "Grace", "grace")]);
        assert_eq!(roster.students[1].answers, [("java_version".to_owned(), "21".to_owned())]);
        assert_eq!(roster.students[1].record["year"], "2");
        for bad in ["student = 1", "[[student]]\nname = [1]\n", "[[pupil]]\nname = \"x\"\n", "x ="] {
            assert!(read("class.toml", bad.as_bytes(), Format::Toml, &QUESTIONS, &[]).is_err(), "{bad}");
        }
    }
}
