//! One cell: a kit rendered in one way, built and tested by its own build tool, judged by test id.

use std::{collections::BTreeSet, fs, path::Path, path::PathBuf, process::Command, time::Duration};

use stagekit::{
    answers::Answers,
    catalog::Catalog,
    course::Course,
    digest::hex,
    disk::{self, Unwatched},
    interview::{Given, settle},
    manifest::Number,
    milestone::{Outcome as Ended, TestCase, read_report},
    receipt,
    render::{Rendered, Renderer},
    rendition::{Audience, Rendition},
    stack::Stack,
    tree::Tree,
};

use crate::world::{Jdk, World, run, tail};

/// A rendering to build.
#[derive(Clone, Debug)]
pub struct Cell {
    pub kit: String,
    /// Answers other than the defaults.
    pub settings: Vec<(String, String)>,
    pub rendition: Rendition,
    /// A JDK's version; the oldest if not said.
    pub jdk: Option<u32>,
}

/// Prose for people. No build and no test reads it, so what is proven of a build is proven without it, and a better sentence leaves the proof as it
/// is. Pages that a learner fills in and tests read (`docs/comparison.md`) are none.
fn is_prose(path: &str) -> bool {
    matches!(path, "README.md" | "AGENTS.md") || path.starts_with("docs/milestones/") && path.ends_with(".md")
}

/// A cell rendered to disk.
pub struct Made {
    pub folder: PathBuf,
    pub tree: Tree,
    pub rendered: Rendered,
    /// The stack of the solution: the tests of the next milestone may need servers that this rendering does not know yet.
    pub servers: Stack,
}

/// The tests of a course that a trap turns red, with what they say.
#[derive(Clone, Debug)]
pub struct Expected {
    pub red: BTreeSet<String>,
    pub message: String,
}

impl Cell {
    /// `language=java package=a jdk=25`
    pub fn option(&self) -> String {
        let mut words: Vec<String> = self.settings.iter().map(|(name, value)| format!("{name}={}", shortened(value))).collect();
        words.extend(self.jdk.map(|version| format!("jdk={version}")));
        words.extend(self.rendition.trap.iter().map(|trap| format!("trap={trap}")));
        if self.rendition.audience == Audience::Grader {
            words.push("hidden".to_owned());
        }
        words.extend(self.rendition.until.map(|until| format!("until={until}")));
        words.join(" ")
    }

    /// The same with this many milestones solved.
    pub fn at(&self, at: Number) -> Self {
        Self { rendition: Rendition::solved(at), ..self.clone() }
    }

    /// The first `at` whose stack has servers, if one has.
    pub fn first_with_services(&self, world: &World, last: Number) -> Option<Number> {
        (0..=last).find(|at| self.at(*at).render(world).is_ok_and(|(_, rendered, _)| !rendered.stack.services.is_empty()))
    }

    /// Renders the whole repository, `.stagekit` included.
    pub fn render(&self, world: &World) -> Result<(Tree, Rendered, Answers), String> {
        self.render_from(&world.catalog)
    }

    fn render_from(&self, catalog: &Catalog) -> Result<(Tree, Rendered, Answers), String> {
        let said = |error: stagekit::error::Error| error.to_string();
        let renderer = Renderer::new(catalog, &self.kit).map_err(said)?;
        let settings = self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let given = Given { settings, seed: self.rendition.seed.as_deref(), ..Given::default() };
        let answers = settle(renderer.kit(), &given, &mut |_| {}).map_err(said)?;
        let rendered = renderer.render(&answers, &self.rendition).map_err(said)?;
        let tree = receipt::repository(renderer.kit(), &rendered, &answers, &self.rendition).map_err(said)?;
        Ok((tree, rendered, answers))
    }

    /// The same on disk, in a new folder, as a git repository with everything committed.
    pub fn make(&self, world: &World, name: &str) -> Result<Made, String> {
        let (tree, rendered, _) = self.render(world)?;
        self.put(&world.catalog, world, name, tree, rendered)
    }

    /// What a build sees of it on disk: the same without prose.
    pub fn make_bare(&self, catalog: &Catalog, world: &World, name: &str) -> Result<Made, String> {
        let (tree, rendered, _) = self.render_from(catalog)?;
        let bare = tree.iter().filter(|(path, _)| !is_prose(path.as_str())).map(|(path, entry)| (path.clone(), entry.clone())).collect();
        self.put(catalog, world, name, bare, rendered)
    }

    fn put(&self, catalog: &Catalog, world: &World, name: &str, tree: Tree, rendered: Rendered) -> Result<Made, String> {
        let last = rendered.course.last;
        let servers = self.at(last).render_from(catalog)?.1.stack;
        let folder = world.fresh(name)?;
        disk::create(&folder, &tree, &Unwatched).map_err(|error| error.to_string())?;
        commit(&folder)?;
        Ok(Made { folder, tree, rendered, servers })
    }

    /// What the outcome depends on: the files but for prose, what is declared of their tests, how they are judged, the tools and the servers.
    pub fn key(&self, world: &World, tree: &Tree, rendered: &Rendered, extra: &str) -> Result<String, String> {
        let jdk = world.jdk(self.jdk)?;
        let manifest = world.kit(&self.kit)?;
        let milestones: Vec<_> =
            manifest.milestone.iter().map(|milestone| (milestone.number(), milestone.hidden_tests, &milestone.fails_with)).collect();
        let traps = manifest.trap.iter().filter(|trap| self.rendition.trap.as_ref() == Some(trap.name.get_ref()));
        let trap: Vec<_> = traps.map(|trap| (&trap.fails, &trap.message)).collect();
        let servers = crate::services::images(world, &rendered.stack)?;
        let mut all = Vec::new();
        for (path, entry) in tree.iter().filter(|(path, _)| !path.as_str().starts_with(".stagekit/") && !is_prose(path.as_str())) {
            all.extend(format!("{path}\0{}\0{}\0", entry.executable, entry.bytes.len()).into_bytes());
            all.extend_from_slice(&entry.bytes);
        }
        let java = jdk.home.join("bin/java");
        let tools = [&["python3", "--version"][..], &["node", "--version"], &[java.to_str().unwrap_or("java"), "--version"]]
            .map(|command| world.tool(command));
        all.extend(format!("{:?}\0{milestones:?}\0{trap:?}\0{servers:?}\0", rendered.course).into_bytes());
        all.extend(format!("{tools:?}\0{}\0{extra}\0{:?}", world.verifier, self.rendition).into_bytes());
        Ok(hex(&all))
    }
}

fn shortened(value: &str) -> String {
    if value.chars().count() > 24 { format!("{}…", value.chars().take(22).collect::<String>()) } else { value.to_owned() }
}

/// Makes a git repository of a folder, so that what a build leaves behind can be seen.
pub fn commit(folder: &Path) -> Result<(), String> {
    for words in [
        &["init", "--quiet", "--template="][..],
        &["add", "--all"],
        &["-c", "user.name=deep", "-c", "user.email=deep@localhost", "commit", "--quiet", "--no-verify", "-m", "rendered"],
    ] {
        run(Command::new("git").args(words).current_dir(folder), Duration::from_secs(60))?.ok("git")?;
    }
    Ok(())
}

impl Made {
    /// Runs the kit's check for milestones 1 to `upto`; the test cases of its reports.
    pub fn check(&self, world: &World, jdk: &Jdk, upto: Number) -> Result<(Vec<TestCase>, String), String> {
        let check = self.rendered.course.check.as_ref().ok_or("the kit has no `[[check]]`")?;
        let mut command = world.command(&self.folder, &check.command_for(upto), jdk);
        command.envs(world.services().environment(&self.servers)?);
        // Red tests make the build tool fail; the reports are what counts.
        let ran = run(&mut command, Duration::from_secs(540))?;
        let cases = self.cases(&check.reports)?;
        if cases.is_empty() {
            return Err(format!("no test ran: {:?} ended with {}\n{}", check.command_for(upto), ran.status, tail(&ran.output, 60)));
        }
        Ok((cases, ran.output))
    }

    /// The test cases in the reports that these globs name.
    pub fn cases(&self, globs: &[String]) -> Result<Vec<TestCase>, String> {
        let mut cases = Vec::new();
        for report in self.reports(globs)? {
            let text = fs::read_to_string(&report).map_err(|error| format!("{}: {error}", report.display()))?;
            cases.extend(read_report(&text).map_err(|why| format!("{}: {why}", report.display()))?);
        }
        Ok(cases)
    }

    fn reports(&self, globs: &[String]) -> Result<Vec<PathBuf>, String> {
        let listed = run(
            Command::new("find").args([".", "-name", "*.xml", "-not", "-path", "./.git/*"]).current_dir(&self.folder),
            Duration::from_secs(30),
        )?
        .ok("find")?;
        let matches = |path: &str| globs.iter().any(|glob| fast_glob::glob_match(glob, path));
        Ok(listed
            .lines()
            .filter_map(|line| line.strip_prefix("./"))
            .filter(|path| matches(path))
            .map(|path| self.folder.join(path))
            .collect())
    }

    /// Building and testing left nothing that git sees.
    pub fn is_clean(&self) -> Result<(), String> {
        let said = run(Command::new("git").args(["status", "--porcelain"]).current_dir(&self.folder), Duration::from_secs(30))?
            .ok("git status")?;
        if said.is_empty() { Ok(()) } else { Err(format!("the build leaves `git status` unclean:\n{said}")) }
    }
}

/// What the kit promises of these test cases. `trap` turns some red that would be green.
pub fn judge(
    course: &Course,
    hidden: &[(Number, u32)],
    fails_with: &dyn Fn(Number) -> String,
    cases: &[TestCase],
    at: Number,
    trap: Option<&Expected>,
) -> Result<(), String> {
    let mut wrong = Vec::new();
    let upto = (at + 1).min(course.last);
    let count = |number: Number| cases.iter().filter(|case| case.milestone == number).count();
    let extra = |number: Number| hidden.iter().find(|(of, _)| *of == number).map_or(0, |(_, tests)| *tests);
    if count(0) != course.smoke_tests as usize {
        wrong.push(format!("{} smoke tests ran, {} are declared", count(0), course.smoke_tests));
    }
    for step in &course.milestones {
        let declared = if step.number <= upto { (step.tests + extra(step.number)) as usize } else { 0 };
        if count(step.number) != declared {
            wrong.push(format!("{} tests of milestone {} ran, {declared} are declared", count(step.number), step.number));
        }
        for guard in step.guards.iter().filter(|guard| step.number <= upto && !cases.iter().any(|case| case.id == **guard)) {
            wrong.push(format!("the guard `{guard}` did not run"));
        }
    }
    let mut seen = BTreeSet::new();
    for case in cases {
        if !seen.insert(&case.id) {
            wrong.push(format!("`{}` ran twice", case.id));
        }
        let is_guard = course.milestones.iter().any(|step| step.guards.contains(&case.id));
        let caught = trap.is_some_and(|trap| trap.red.contains(&case.id));
        let wants_green = !caught && (case.milestone <= at || is_guard);
        match (case.outcome, wants_green) {
            (Ended::Passed, true) => {}
            (Ended::Skipped, _) => wrong.push(format!("`{}` was skipped: {}", case.id, case.message)),
            (Ended::Failed, true) => wrong.push(format!("`{}` is red: {}", case.id, tail(&case.message, 12))),
            // With a trap, what the next milestone does is nobody's promise.
            (_, false) if trap.is_some() && !caught => {}
            (Ended::Passed, false) => wrong.push(format!("`{}` is green, and should not be yet", case.id)),
            (Ended::Failed, false) if caught => {
                let said = trap.map_or("", |trap| trap.message.as_str());
                if !case.message.contains(said) {
                    wrong.push(format!("`{}` does not say `{said}`: {}", case.id, case.message));
                }
            }
            (Ended::Failed, false) => {
                let (said, doc) = (fails_with(case.milestone), format!("docs/milestones/{}.md", case.milestone));
                for expected in [said.as_str(), doc.as_str()].iter().filter(|expected| !case.message.contains(**expected)) {
                    wrong.push(format!("`{}` does not say `{expected}`: {}", case.id, tail(&case.message, 6)));
                }
            }
        }
    }
    if let Some(trap) = trap {
        for id in trap.red.iter().filter(|id| !cases.iter().any(|case| case.id == **id)) {
            wrong.push(format!("`{id}`, which should catch the trap, did not run"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}
