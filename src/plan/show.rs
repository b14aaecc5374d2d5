//! A plan as people and programs read it: `--dry-run` and `--json`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Left, Op, Plan};

impl Plan {
    /// One line a path that is not as it should be, then the count of everything: what `--dry-run` prints.
    pub fn listing(&self) -> String {
        let mut lines: Vec<(&str, String)> = self
            .steps()
            .iter()
            .filter(|step| step.op != Op::Keep)
            .map(|step| match &step.op {
                Op::Conflict { reason, .. } => (step.op.word(), format!("{}  ({reason})", step.path)),
                Op::Merge { hunks: 1.., .. } => (step.op.word(), format!("{}  (with conflict markers)", step.path)),
                _ => (step.op.word(), step.path.to_string()),
            })
            .collect();
        lines.extend(self.said().iter().map(|(path, left)| match left {
            Left::Deleted => ("leave", format!("{path}  (you deleted it, the new version changes it)")),
            Left::Edited => ("leave", format!("{path}  (you changed it, the new version does not have it)")),
        }));
        let width = lines.iter().map(|(word, _)| word.len()).max().unwrap_or(0);
        let mut out = String::new();
        for (word, rest) in &lines {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{word:width$}  {rest}");
        }
        if !lines.is_empty() {
            out.push('\n');
        }
        out.push_str(&self.closing());
        out.push('\n');
        out
    }

    fn closing(&self) -> String {
        let count = |word| self.steps().iter().filter(|step| step.op.word() == word).count();
        let plural = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
        let kept = count("keep");
        if self.is_settled() {
            return match kept {
                0 => "nothing to do".to_owned(),
                kept => format!("nothing to do: {} as it should be", plural(kept, "file is", "files are")),
            };
        }
        let mut parts: Vec<String> = ["create", "change", "merge", "remove"]
            .into_iter()
            .map(|word| (word, count(word)))
            .filter(|(_, n)| *n > 0)
            .map(|(word, n)| format!("{n} to {word}"))
            .collect();
        match count("conflict") {
            0 => {}
            conflicts => parts.push(plural(conflicts, "conflict", "conflicts")),
        }
        if kept > 0 {
            parts.push(format!("{kept} unchanged"));
        }
        parts.join(", ")
    }

    /// The plan as data: `steps` (path, op, and what the op needs to be understood), `left` and whether there is anything to do.
    pub fn to_json(&self) -> Value {
        let steps: Vec<Value> = self
            .steps()
            .iter()
            .map(|step| {
                let mut value = json!({ "op": step.op.word(), "path": step.path.as_str() });
                if let Some(entry) = step.op.entry() {
                    value["executable"] = entry.executable.into();
                    value["bytes"] = entry.bytes.len().into();
                }
                match &step.op {
                    Op::Merge { hunks, .. } => value["marked_places"] = (*hunks).into(),
                    Op::Conflict { reason, markers } => {
                        value["reason"] = reason.word().into();
                        value["message"] = reason.to_string().into();
                        value["hint"] = reason.way_out().into();
                        value["can_be_marked"] = markers.is_some().into();
                    }
                    _ => {}
                }
                value
            })
            .collect();
        let left: Vec<Value> = self
            .said()
            .iter()
            .map(|(path, left)| json!({ "path": path.as_str(), "reason": match left { Left::Deleted => "deleted", Left::Edited => "edited" } }))
            .collect();
        json!({ "settled": self.is_settled(), "steps": steps, "left": left })
    }
}
