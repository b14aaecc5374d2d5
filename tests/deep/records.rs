//! Which cells were proven before: a cell's key is the hash of everything that its outcome depends on.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use stagekit::digest::hex;

/// Key → date, what.
type Proofs = BTreeMap<String, (String, String)>;

/// `tests/deep/records.tsv`: key, date of the proof, what was proven. Only the verifier writes it.
pub struct Records {
    file: PathBuf,
    known: Mutex<Proofs>,
    used: Mutex<Proofs>,
    /// A part of the cells was looked at: what was not seen is kept.
    is_partial: bool,
    seed: String,
    today: String,
    afresh: bool,
}

impl Records {
    pub fn load(file: PathBuf, seed: &str, today: &str, afresh: bool, is_partial: bool) -> Result<Self, String> {
        let text = fs::read_to_string(&file).unwrap_or_default();
        let mut known = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let mut parts = line.splitn(3, '\t');
            match (parts.next(), parts.next(), parts.next()) {
                (Some(key), Some(date), Some(what)) if key.len() == 64 => {
                    drop(known.insert(key.to_owned(), (date.to_owned(), what.to_owned())));
                }
                _ => return Err(format!("{}: not a record: {line}", file.display())),
            }
        }
        Ok(Self {
            file,
            known: Mutex::new(known),
            used: Mutex::default(),
            is_partial,
            seed: seed.to_owned(),
            today: today.to_owned(),
            afresh,
        })
    }

    /// When this was proven, unless it is in the sample that is built again: an eighth, drawn by the seed.
    pub fn proven(&self, key: &str) -> Option<String> {
        let known = held(&self.known);
        let (date, what) = known.get(key)?;
        let draw = hex(format!("{}\0{key}", self.seed).as_bytes());
        if self.afresh || draw.starts_with(['0', '8']) {
            return None;
        }
        held(&self.used).insert(key.to_owned(), (date.clone(), what.clone()));
        Some(format!("proven on {date}"))
    }

    /// This was proven now. It is kept at once: a run that is stopped has not been for nothing.
    pub fn prove(&self, key: &str, what: &str) {
        let mut used = held(&self.used);
        used.insert(key.to_owned(), (self.today.clone(), what.to_owned()));
        // Held until it is written, so that no two write at once.
        let _ = self.write(held(&self.known).clone().into_iter().chain(used.clone()).collect());
    }

    /// This was refuted now: an older proof of it is worth nothing.
    pub fn refute(&self, key: &str) {
        held(&self.known).remove(key);
    }

    pub fn save(&self) -> Result<(), String> {
        let mut all = if self.is_partial { held(&self.known).clone() } else { BTreeMap::new() };
        all.extend(held(&self.used).clone());
        self.write(all)
    }

    fn write(&self, all: Proofs) -> Result<(), String> {
        let mut lines: Vec<String> = all.into_iter().map(|(key, (date, what))| format!("{key}\t{date}\t{what}\n")).collect();
        lines.sort_by(|a, b| a.split('\t').nth(2).cmp(&b.split('\t').nth(2)).then(a.cmp(b)));
        let text = format!("# Cells proven by `cargo test --test deep`; written by it alone. key, date, cell\n{}", lines.concat());
        fs::write(&self.file, text).map_err(|error| format!("{}: {error}", self.file.display()))
    }
}

/// A thread that died holding them has written nothing half.
fn held(proofs: &Mutex<Proofs>) -> MutexGuard<'_, Proofs> {
    proofs.lock().unwrap_or_else(PoisonError::into_inner)
}
