//! A project that its compose files have brought up; it goes down with this.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::Value as Json;

use super::docker;
use crate::world::run as run_to_end;

pub struct Running {
    folder: PathBuf,
    files: Vec<String>,
}

impl Running {
    /// `instead`: what stands in for something that cannot be had here, as one more compose file. `services`: all, where none is named.
    pub fn up(folder: &Path, files: &[&str], instead: Option<&Json>, services: &[&str]) -> Result<Self, String> {
        if folder.join("scripts/init-env").exists() {
            run_to_end(Command::new("scripts/init-env").current_dir(folder), Duration::from_secs(10))?.ok("scripts/init-env")?;
        }
        let mut files: Vec<String> = files.iter().map(|file| (*file).to_owned()).collect();
        if let Some(instead) = instead {
            let file = folder.with_extension("instead.yaml");
            fs::write(&file, instead.to_string()).map_err(|error| format!("{}: {error}", file.display()))?;
            files.push(file.to_string_lossy().into_owned());
        }
        let running = Self { folder: folder.to_owned(), files };
        running.compose(&["config", "--quiet"], 30)?;
        let words = ["up", "--build", "--detach", "--wait", "--wait-timeout", "180", "--pull", "never"];
        let up = running.compose(&[&words, services].concat(), 900);
        up.map_err(|why| format!("{why}\n{}", running.logs()))?;
        Ok(running)
    }

    pub fn compose(&self, words: &[&str], seconds: u64) -> Result<String, String> {
        let files = self.files.iter().flat_map(|file| ["--file", file]);
        let words: Vec<&str> = ["compose"].into_iter().chain(files).chain(words.iter().copied()).collect();
        docker(&self.folder, &words, seconds)
    }

    pub fn logs(&self) -> String {
        self.compose(&["logs", "--no-color", "--tail", "40"], 30).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.compose(&["down", "--volumes", "--remove-orphans", "--timeout", "5"], 90);
    }
}
