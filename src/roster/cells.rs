//! Bytes to cells.

use csv::ReaderBuilder;

use crate::error::{Error, ErrorKind, Fault, Result};

/// What spreadsheets put between cells.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// Cells, each row with its number.
pub(super) struct Table {
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<(usize, Vec<String>)>,
    pub(super) faults: Vec<Fault>,
}

/// The text in `bytes`, or what they are instead.
pub(super) fn decode<'b>(shown: &str, bytes: &'b [u8]) -> Result<&'b str> {
    let refuse = |what: String| Error::usage(format!("`{shown}` {what}")).hint("save it as UTF-8; spreadsheets call that `CSV UTF-8`");
    // What has no mark has zeros beside every letter of its first line.
    let start = &bytes[..bytes.len().min(64)];
    if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) || start.contains(&0) {
        return Err(refuse("is UTF-16".to_owned()));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
        refuse(format!("is not UTF-8 from line {line} on: it may be Latin-1 or Windows-1252"))
    })
}

/// The rows of a CSV file. Rows without anything in them are no rows.
pub(super) fn csv(shown: &str, text: &str) -> Result<Table> {
    // A spreadsheet may say in a first line what it puts between cells.
    let (text, told, skipped) = match text.split_once('\n') {
        Some((first, rest)) if first.len() >= 5 && first.starts_with("sep=") => (rest, first.as_bytes().get(4).copied(), 1),
        _ => (text, None, 0),
    };
    let delimiter = told.unwrap_or_else(|| delimiter(text));
    let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(text.as_bytes());
    let mut table = Table { header: Vec::new(), rows: Vec::new(), faults: Vec::new() };
    let mut record = csv::StringRecord::new();
    loop {
        let start = reader.position().clone();
        let is_there =
            reader.read_record(&mut record).map_err(|error| Error::usage(format!("`{shown}` cannot be read as CSV")).because(error))?;
        if !is_there {
            break;
        }
        let from = usize::try_from(start.byte()).unwrap_or(0);
        // The reader counts from where it stands, which is before empty lines.
        let rest = text.get(from..).unwrap_or("");
        let skip = &rest[..rest.len() - rest.trim_start_matches(['\r', '\n']).len()];
        let number = text[..from].matches('\n').count() + skip.matches('\n').count() + 1 + skipped;
        let cells: Vec<String> = record.iter().map(str::to_owned).collect();
        if table.header.is_empty() {
            table.header = cells;
        } else if cells.iter().any(|cell| !cell.trim().is_empty()) {
            let surplus = cells.iter().skip(table.header.len()).any(|cell| !cell.trim().is_empty());
            if surplus {
                let message = format!("has {} cells, and the first line names {}", cells.len(), table.header.len());
                table.faults.push(Fault::new(shown, message).at(number).hint("put quotes around a cell that holds the delimiter"));
            }
            table.rows.push((number, cells));
        }
    }
    some(shown, table)
}

/// The delimiter that the first line has most of, outside quotes.
fn delimiter(text: &str) -> u8 {
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut is_quoted = false;
    for byte in text.trim_start_matches(['\r', '\n']).bytes() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => break,
            _ if is_quoted => {}
            _ => {
                if let Some(index) = DELIMITERS.iter().position(|delimiter| *delimiter == byte) {
                    counts[index] += 1;
                }
            }
        }
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    counts.iter().position(|count| *count == most).map_or(b',', |index| DELIMITERS[index])
}

/// The `[[student]]` tables of a TOML file, as rows below all keys that they have.
pub(super) fn toml(shown: &str, text: &str) -> Result<Table> {
    let table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| Error::usage(format!("`{shown}` is not TOML")).because(error))?;
    let wanted = || Error::usage(format!("`{shown}` is no roster")).hint("write a table `[[student]]` with a `name` for each of them");
    let students = table.get("student").and_then(toml::Value::as_array).ok_or_else(wanted)?;
    let (mut header, mut faults) = (Vec::<String>::new(), Vec::new());
    if let Some(other) = table.keys().find(|key| *key != "student") {
        faults.push(Fault::new(format!("{shown}: {other}"), "only `[[student]]` tables stand in a roster"));
    }
    let mut entries = Vec::new();
    for (index, student) in students.iter().enumerate() {
        let student = student.as_table().ok_or_else(wanted)?;
        let mut cells = Vec::new();
        for (key, value) in student {
            let text = match value {
                toml::Value::String(text) => text.clone(),
                toml::Value::Integer(_) | toml::Value::Boolean(_) | toml::Value::Float(_) | toml::Value::Datetime(_) => value.to_string(),
                toml::Value::Array(_) | toml::Value::Table(_) => {
                    faults.push(Fault::new(format!("{shown}: student {}: {key}", index + 1), "is neither a text nor a number"));
                    continue;
                }
            };
            let column = header.iter().position(|known| known == key).unwrap_or_else(|| {
                header.push(key.clone());
                header.len() - 1
            });
            cells.push((column, text));
        }
        entries.push((index + 1, cells));
    }
    if !faults.is_empty() {
        return Err(Error::faults(ErrorKind::Usage, format!("`{shown}` is no roster"), faults));
    }
    let rows = entries
        .into_iter()
        .map(|(number, cells)| {
            let mut row = vec![String::new(); header.len()];
            for (column, text) in cells {
                row[column] = text;
            }
            (number, row)
        })
        .collect();
    some(shown, Table { header, rows, faults })
}

fn some(shown: &str, table: Table) -> Result<Table> {
    if table.header.is_empty() {
        return Err(Error::usage(format!("`{shown}` has no line")).hint("the first one says what the columns are: `name`, `email`, …"));
    }
    if table.rows.is_empty() {
        return Err(Error::usage(format!("`{shown}` is no class: nobody is in it")));
    }
    Ok(table)
}
