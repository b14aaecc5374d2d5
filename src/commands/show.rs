//! `stagekit show`: all that a person needs to decide for a kit or against it.

use serde::Serialize;

use super::{questions, text};
use crate::{
    answers::Answers,
    catalog::Catalog,
    cli::ShowArgs,
    condition::Condition,
    env::Env,
    error::Result,
    interview::{Given, settle},
    manifest::{FeatureUse, JavaRange, KitManifest, NextStep, Number, Tool, sample},
    output::{Ink, Output},
    render::Renderer,
    rendition::Rendition,
    roadmap::Roadmap,
    tree::RelPath,
};

/// Shows a kit.
pub fn run(args: &ShowArgs, env: &mut Env) -> Result<()> {
    // 1. The kit, and its place in the roadmap.
    let kit = env.catalog.kit(&args.kit)?;
    let roadmap = env.catalog.roadmap()?;
    // 2. What it carries, and what it renders when every answer is the default.
    let features = features(&env.catalog, &kit)?;
    let files = files(&env.catalog, &kit)?;
    let next_steps = next_steps(&env.catalog, &kit)?;
    // 3. As JSON or as a page.
    if args.json {
        return env.out.json(&data(&kit, &roadmap, features, files.as_deref(), &next_steps));
    }
    print(&mut env.out, &kit, &roadmap, &features, files.as_deref(), &next_steps);
    Ok(())
}

/// The paths of the starter when every answer is the default; `None` where a question has no default.
fn files(catalog: &Catalog, kit: &KitManifest) -> Result<Option<Vec<RelPath>>> {
    let Ok(answers) = settle(kit, &Given::default(), &mut |_| {}) else {
        return Ok(None);
    };
    let rendered = Renderer::of(catalog, kit.clone())?.render(&answers, &Rendition::default())?;
    Ok(Some(rendered.tree.paths().cloned().collect()))
}

/// What to run next, all of it, in the starter when every answer is the default.
fn next_steps(catalog: &Catalog, kit: &KitManifest) -> Result<Vec<NextStep>> {
    let mut answers = Answers::default();
    for question in &kit.question {
        answers.insert(question.name(), question.default.clone().unwrap_or_else(|| sample(question)));
    }
    let renderer = Renderer::of(catalog, kit.clone())?;
    renderer.next_steps(&answers, &Rendition::default(), &|_| true).map_err(|faults| renderer.faulty(faults))
}

fn features<'k>(catalog: &Catalog, kit: &'k KitManifest) -> Result<Vec<FeatureData<'k>>> {
    let feature = |used: &'k FeatureUse| {
        let name = used.name.get_ref();
        Ok(FeatureData { name, title: catalog.feature(name)?.title, from: used.from, when: used.when.as_ref() })
    };
    kit.feature.iter().map(feature).collect()
}

fn print(
    out: &mut Output,
    kit: &KitManifest,
    roadmap: &Roadmap,
    features: &[FeatureData<'_>],
    files: Option<&[RelPath]>,
    next_steps: &[NextStep],
) {
    let palette = out.palette();
    let name = kit.name.get_ref();
    // What it is.
    out.line(format!("{} {}: {}", palette.paint(Ink::Name, name), kit.version, palette.paint(Ink::Heading, &kit.title)));
    let stage = roadmap.stage(kit.stage).map(|stage| format!(": {}", stage.title)).unwrap_or_default();
    out.line(format!("Stage {}{stage}", kit.stage));
    if !kit.topics.is_empty() {
        out.paragraph("Topics: ", "  ", &kit.topics.join(", "));
    }
    if !kit.requires_kits.is_empty() {
        out.paragraph("Best done after: ", "  ", &kit.requires_kits.join(", "));
    }
    section(out, "What you build");
    out.paragraph("  ", "  ", &kit.builds);
    if !kit.learn.is_empty() {
        section(out, "What you learn");
        kit.learn.iter().for_each(|learnt| out.paragraph("  - ", "    ", learnt));
    }
    // The course.
    if !kit.milestone.is_empty() {
        section(
            out,
            &format!(
                "Milestones ({}, {}, {})",
                kit.milestone.len(),
                text::duration(minutes(kit)),
                text::count(points(kit) as usize, "point")
            ),
        );
        for milestone in &kit.milestone {
            let worth = format!("{}, {}", text::duration(milestone.minutes), text::count(milestone.points as usize, "point"));
            out.paragraph(&format!("  {:>2}  ", milestone.number()), "      ", &format!("{} ({worth})", milestone.title));
            out.paragraph("      ", "      ", &milestone.goal);
        }
    }
    // What it asks, needs and brings.
    if !kit.question.is_empty() {
        section(out, "Questions");
        questions::print(out, kit, "  ");
    }
    if !kit.tool.is_empty() || kit.java.is_some() {
        section(out, "What you need");
        if let Some(java) = kit.java {
            out.line(format!("  - for Java: a JDK, {} to {}", java.min, java.max));
        }
        for tool in &kit.tool {
            let least = tool.min.as_ref().map(|min| format!(" {min} or newer")).unwrap_or_default();
            out.paragraph("  - ", "    ", &format!("{}{least}{}: {}", tool.name, only_if(tool.when.as_ref()), tool.why));
            out.paragraph("    ", "      ", &format!("get it: {}", tool.install));
        }
    }
    if !features.is_empty() {
        section(out, "Features it carries");
        for feature in features {
            let from = if feature.from > 0 { format!(", from milestone {} on", feature.from) } else { String::new() };
            out.paragraph("  - ", "    ", &format!("{}: {}{}{from}", feature.name, feature.title, only_if(feature.when)));
        }
    }
    if let Some(files) = files {
        section(out, &format!("Files of the starter ({}, every question at its default)", files.len()));
        for line in text::tree(files.iter().map(RelPath::as_str)) {
            out.line(format!("  {line}"));
        }
    }
    // How to begin.
    section(out, "Start");
    out.line(format!("  {}", palette.paint(Ink::Name, start(kit))));
    for step in next_steps {
        // A command is never wrapped: it is there to be copied.
        out.line(format!("  {}", palette.paint(Ink::Name, &step.command)));
        out.paragraph("      # ", "      # ", &format!("{}{}", step.why, only_if(step.when.as_ref())));
    }
}

fn section(out: &mut Output, title: &str) {
    let title = out.palette().paint(Ink::Heading, title);
    out.line("");
    out.line(title);
}

fn only_if(when: Option<&Condition>) -> String {
    when.map(|when| format!(" (only if {when})")).unwrap_or_default()
}

fn start(kit: &KitManifest) -> String {
    format!("stagekit new {0} my-{0}", kit.name.get_ref())
}

fn minutes(kit: &KitManifest) -> u32 {
    kit.milestone.iter().map(|milestone| milestone.minutes).sum()
}

fn points(kit: &KitManifest) -> u32 {
    kit.milestone.iter().map(|milestone| milestone.points).sum()
}

// --- As data ---------------------------------------------------------------------------------------------------------

#[derive(Serialize)]
struct KitData<'k> {
    name: &'k str,
    version: &'k str,
    stage: u32,
    stage_title: Option<&'k str>,
    title: &'k str,
    summary: &'k str,
    builds: &'k str,
    learn: &'k [String],
    topics: &'k [String],
    requires_kits: &'k [String],
    java: Option<JavaRange>,
    minutes: u32,
    points: u32,
    milestones: Vec<MilestoneData<'k>>,
    questions: Vec<questions::QuestionData<'k>>,
    tools: &'k [Tool],
    features: Vec<FeatureData<'k>>,
    /// Paths of the starter with every answer at its default.
    files: Option<&'k [RelPath]>,
    start: String,
    next_steps: &'k [NextStep],
}

#[derive(Serialize)]
struct MilestoneData<'k> {
    number: Number,
    title: &'k str,
    goal: &'k str,
    minutes: u32,
    points: u32,
    tests: u32,
}

#[derive(Serialize)]
struct FeatureData<'k> {
    name: &'k str,
    title: String,
    from: Number,
    when: Option<&'k Condition>,
}

fn data<'k>(
    kit: &'k KitManifest,
    roadmap: &'k Roadmap,
    features: Vec<FeatureData<'k>>,
    files: Option<&'k [RelPath]>,
    next_steps: &'k [NextStep],
) -> KitData<'k> {
    KitData {
        name: kit.name.get_ref(),
        version: &kit.version,
        stage: kit.stage,
        stage_title: roadmap.stage(kit.stage).ok().map(|stage| stage.title.as_str()),
        title: &kit.title,
        summary: &kit.summary,
        builds: &kit.builds,
        learn: &kit.learn,
        topics: &kit.topics,
        requires_kits: &kit.requires_kits,
        java: kit.java,
        minutes: minutes(kit),
        points: points(kit),
        milestones: kit
            .milestone
            .iter()
            .map(|milestone| MilestoneData {
                number: milestone.number(),
                title: &milestone.title,
                goal: &milestone.goal,
                minutes: milestone.minutes,
                points: milestone.points,
                tests: milestone.tests,
            })
            .collect(),
        questions: questions::data(kit),
        tools: &kit.tool,
        features,
        files,
        start: start(kit),
        next_steps,
    }
}
