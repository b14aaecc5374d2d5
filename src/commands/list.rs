//! `stagekit list`: the kits there are.

use serde::Serialize;

use super::text;
use crate::{
    cli::ListArgs,
    env::Env,
    error::{Result, nearest},
    manifest::KitManifest,
    output::{Ink, Output, pad},
    roadmap::Roadmap,
};

/// Lists the kits by stage.
pub fn run(args: &ListArgs, env: &mut Env) -> Result<()> {
    // 1. The kits, and the stages they belong to.
    let roadmap = env.catalog.roadmap()?;
    if let Some(number) = args.stage {
        roadmap.stage(number)?;
    }
    let kits = env.catalog.kits()?;
    // 2. Those asked for.
    let is_asked = |kit: &&KitManifest| {
        args.stage.is_none_or(|number| kit.stage == number)
            && args.search.as_ref().is_none_or(|word| texts(kit).any(|text| text::find(text, word).is_some()))
    };
    let asked: Vec<&KitManifest> = kits.iter().filter(is_asked).collect();
    // 3. As JSON, or by stage.
    if args.json {
        return env.out.json(&List { kits: asked.iter().map(|kit| row(kit, &roadmap)).collect() });
    }
    print(&mut env.out, &asked, &roadmap);
    // 4. What else there is.
    if asked.is_empty() {
        explain_nothing(args, env, &kits);
    } else if args.stage.is_none() && args.search.is_none() {
        let planned = roadmap.kits().into_iter().filter(|name| !kits.iter().any(|kit| kit.name.get_ref() == name)).count();
        if planned > 0 {
            env.out.hint(format!("`stagekit roadmap` shows {planned} more that are planned"));
        }
    }
    Ok(())
}

/// What a search looks at.
fn texts(kit: &KitManifest) -> impl Iterator<Item = &str> {
    [kit.name.get_ref(), &kit.title, &kit.summary].into_iter().chain(&kit.topics).map(String::as_str)
}

fn print(out: &mut Output, kits: &[&KitManifest], roadmap: &Roadmap) {
    let palette = out.palette();
    let widest = kits.iter().map(|kit| kit.name.get_ref().len()).max().unwrap_or(0);
    let mut above = None;
    for kit in kits {
        if above != Some(kit.stage) {
            if above.is_some() {
                out.line("");
            }
            above = Some(kit.stage);
            let title = roadmap.stage(kit.stage).map_or("", |stage| stage.title.as_str());
            out.line(palette.paint(Ink::Heading, format!("Stage {}: {title}", kit.stage).trim_end_matches(": ")));
        }
        let name = palette.paint(Ink::Name, kit.name.get_ref());
        let margin = " ".repeat(widest + 4);
        let row = row(kit, roadmap);
        let course = format!("{}, {}", text::count(row.milestones, "milestone"), text::duration(row.minutes));
        out.paragraph(&format!("  {}  ", pad(&name, widest)), &margin, &format!("{} ({course})", kit.title));
        for option in &row.options {
            out.paragraph(&format!("{margin}{}: ", option.name), &format!("{margin}  "), &option.choices.join(", "));
        }
    }
}

/// Says that there is nothing, and what comes nearest. That is an answer, not a failure.
fn explain_nothing(args: &ListArgs, env: &mut Env, kits: &[KitManifest]) {
    let at_stage = args.stage.map(|number| format!(" of stage {number}")).unwrap_or_default();
    let Some(word) = &args.search else {
        env.out.say(format!("no kit{at_stage} is ready yet"));
        env.out.hint("`stagekit roadmap` shows what is planned");
        return;
    };
    env.out.say(format!("no kit{at_stage} matches `{word}`"));
    let names = kits.iter().map(|kit| kit.name.get_ref().as_str());
    let near = nearest(word, names).map(str::to_owned).or_else(|| text::nearest_word(word, kits.iter().flat_map(texts)));
    match near {
        Some(near) => env.out.hint(format!("did you mean `{near}`?")),
        None => env.out.hint(format!("`stagekit roadmap --search {word}` looks in the whole roadmap")),
    }
}

#[derive(Serialize)]
struct List<'k> {
    kits: Vec<Row<'k>>,
}

#[derive(Serialize)]
struct Row<'k> {
    name: &'k str,
    version: &'k str,
    stage: u32,
    stage_title: Option<&'k str>,
    title: &'k str,
    summary: &'k str,
    topics: &'k [String],
    milestones: usize,
    minutes: u32,
    options: Vec<Options<'k>>,
}

/// A question with choices.
#[derive(Serialize)]
struct Options<'k> {
    name: &'k str,
    choices: Vec<&'k str>,
}

fn row<'k>(kit: &'k KitManifest, roadmap: &'k Roadmap) -> Row<'k> {
    Row {
        name: kit.name.get_ref(),
        version: &kit.version,
        stage: kit.stage,
        stage_title: roadmap.stage(kit.stage).ok().map(|stage| stage.title.as_str()),
        title: &kit.title,
        summary: &kit.summary,
        topics: &kit.topics,
        milestones: kit.milestone.len(),
        minutes: kit.milestone.iter().map(|milestone| milestone.minutes).sum(),
        options: kit
            .question
            .iter()
            .filter(|question| !question.choices.is_empty())
            .map(|question| Options {
                name: question.name(),
                choices: question.choices.iter().map(|choice| choice.value.as_str()).collect(),
            })
            .collect(),
    }
}
