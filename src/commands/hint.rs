//! `stagekit hint`: one more each time.

use serde_json::json;

use super::repository::{Repository, milestone};
use crate::{cli::HintArgs, env::Env, error::Result, output::Ink, progress::worked_on};

/// Shows the next hint of a milestone, or all of them.
pub fn run(args: &HintArgs, env: &mut Env) -> Result<()> {
    // 1. which milestone
    let repository = Repository::around(env)?;
    let course = repository.course()?;
    let number = match args.milestone {
        Some(number) => number,
        None => worked_on(course, repository.reached()?),
    };
    let step = milestone(course, number)?;

    // 2. its hints, which the kit has and the repository has not
    let layer = repository.kit()?;
    let catalog = env.catalog.clone();
    let renderer = repository.renderer(&catalog)?;
    let kit = renderer.kit();
    let of_kit = kit.milestone.iter().find(|milestone| milestone.number() == number);
    let hints: Vec<&str> = of_kit.map_or_else(Vec::new, |milestone| {
        let conditional = milestone.hint.iter().filter(|hint| layer.answers.meet(hint.when.as_ref())).map(|hint| hint.text.as_str());
        milestone.hints.iter().map(String::as_str).chain(conditional).collect()
    });

    // 3. how many of them
    let mut local = repository.local();
    let shown = local.hints.get(&number.to_string()).copied().unwrap_or(0).min(hints.len());
    let (from, upto) = match (args.all, shown < hints.len()) {
        (true, _) => (0, hints.len()),
        (false, true) => (shown, shown + 1),
        // There is no further one: the last once more.
        (false, false) => (hints.len().saturating_sub(1), hints.len()),
    };
    if upto > shown {
        local.hints.insert(number.to_string(), upto);
        repository.keep(&local)?;
    }

    // 4. told
    if args.json {
        return env
            .out
            .json(&json!({"milestone": number, "title": step.title, "from": from + 1, "of": hints.len(), "hints": hints[from..upto]}));
    }
    let palette = env.out.palette();
    for (index, hint) in hints.iter().enumerate().take(upto).skip(from) {
        let heading = format!("Milestone {number}, hint {} of {}", index + 1, hints.len());
        env.out.line(palette.paint(Ink::Heading, heading));
        env.out.paragraph("  ", "  ", hint);
    }
    if upto < hints.len() {
        env.out.hint("`stagekit hint` shows the next one");
    } else if !args.all && shown >= hints.len() {
        env.out.hint(format!("that was the last one; `stagekit hint {number} --all` shows all of them again"));
    }
    Ok(())
}
