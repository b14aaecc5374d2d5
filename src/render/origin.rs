//! A manifest as the origin of texts, so that a fault in one of them has its line.

use std::borrow::Cow;

use crate::{catalog::Catalog, error::Fault, manifest};

/// A manifest of the catalogue; its lines are looked for only when there is a fault to tell.
pub(super) struct Origin<'c> {
    catalog: &'c Catalog,
    path: String,
}

impl<'c> Origin<'c> {
    pub(super) fn new(catalog: &'c Catalog, path: String) -> Self {
        Self { catalog, path }
    }

    /// Of the manifest.
    pub(super) fn digest(&self) -> [u8; 32] {
        self.catalog.digest(&self.path)
    }

    fn bytes(&self) -> Cow<'static, [u8]> {
        self.catalog.file(&self.path).unwrap_or_default()
    }

    /// What messages call it.
    pub(super) fn place(&self) -> String {
        self.catalog.place(&self.path)
    }

    /// A fault of the manifest as a whole.
    pub(super) fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(self.place(), message)
    }

    /// The line (from 1) of a byte of the manifest.
    pub(super) fn line(&self, offset: usize) -> usize {
        manifest::line_of(&String::from_utf8_lossy(&self.bytes()), offset)
    }

    /// `fault` at every line where the manifest says `text`.
    pub(super) fn wherever(&self, text: &str, fault: &Fault) -> Vec<Fault> {
        self.at_lines(&manifest::lines_of_value(&String::from_utf8_lossy(&self.bytes()), text), fault)
    }

    /// What serde says of the `table`s of the manifest; a key that it does not know is told with its line.
    pub(super) fn refused(&self, table: &str, said: &str) -> Vec<Fault> {
        let text = String::from_utf8_lossy(&self.bytes()).into_owned();
        if let Some((key, fault)) = manifest::unknown_key(said) {
            return self.at_lines(&manifest::lines_of_key(&text, table, key), &fault);
        }
        let line = manifest::line_of_top_key(&text, table).or_else(|| manifest::line_of_top_key(&text, "name"));
        self.at_lines(line.as_slice(), &self.fault(format!("[[{table}]]: {said}")))
    }

    fn at_lines(&self, lines: &[usize], fault: &Fault) -> Vec<Fault> {
        let fault = Fault { place: self.place(), line: None, ..fault.clone() };
        if lines.is_empty() { vec![fault] } else { lines.iter().map(|line| fault.clone().at(*line)).collect() }
    }
}
