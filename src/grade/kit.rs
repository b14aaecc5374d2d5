//! What a grader builds: the kit as the teacher has it, with the student's work in it.

use std::collections::{BTreeMap, BTreeSet};

use super::admission::{Admission, Remark, RemarkKind, Submission, barred, misplaced};
use crate::{
    course::Course,
    error::{Error, Result},
    handout::{Handout, Row},
    manifest::{Number, Role},
    milestone::name_of,
    progress::{moved, reached},
    receipt,
    render::Renderer,
    rendition::{Audience, Rendition},
    stack::Stack,
    tree::{Entry, RelPath, Tree},
};

/// The kit of one row as its grader sees it. It holds no solution: of the work it knows the paths alone.
#[derive(Clone, Debug)]
pub struct GradedKit {
    /// The course with its hidden tests counted.
    pub course: Course,
    /// Of everything that goes into the row's repository today.
    pub digest: String,
    /// What its tests run on.
    pub stack: Stack,
    /// What is built whatever the student has: tests, hidden tests, build files, support, state.
    fixed: Tree,
    roles: BTreeMap<RelPath, Role>,
    /// Every text that a learner's fixed file ever has, whatever the milestone.
    learners: BTreeMap<RelPath, Vec<Entry>>,
    /// What the row's repository had when it was handed out.
    handed_out: BTreeSet<RelPath>,
    /// Where the student works, at any milestone.
    work: BTreeSet<RelPath>,
    /// Folders that hold files of the kit, and whether work is among them.
    folders: BTreeMap<String, bool>,
    /// The milestone and name of each suite of the kit, and of those that are the student's work.
    suites: BTreeSet<(Number, String)>,
    own_suites: BTreeSet<(Number, String)>,
}

impl GradedKit {
    /// The kit as `row` of `handout` has it.
    pub fn of(renderer: &Renderer<'_>, handout: &Handout, row: &Row) -> Result<Self> {
        // 1. the solution for a grader, and every rendering that a learner can have
        let graders = handout.rendition(row, Audience::Grader);
        let last = graders.last(renderer.kit().last());
        let full = renderer.render(&row.answers, &Rendition { at: last, ..graders })?;
        let learners: Vec<_> = (0..=last)
            .map(|at| renderer.render(&row.answers, &Rendition { at, ..handout.rendition(row, Audience::Learner) }))
            .collect::<Result<_>>()?;
        let handed_out = learners.get(usize::try_from(handout.at).unwrap_or(0)).or(learners.last());
        let handed_out = handed_out.ok_or_else(|| Error::failed(format!("`{}` has no rendering", handout.kit)))?;

        // 2. the student's: what is work at any milestone, and what comes into the same folders later on
        let mut work: BTreeSet<RelPath> = BTreeSet::new();
        for rendered in learners.iter().chain([&full]) {
            work.extend(rendered.roles.iter().filter(|(_, role)| **role == Role::Work).map(|(path, _)| path.clone()));
        }
        let tops: BTreeSet<String> = work.iter().filter(|path| path.parent().is_some()).map(|path| top(path).to_owned()).collect();
        let is_support = |path: &RelPath| full.roles.get(path).is_none_or(|role| *role == Role::Support);
        let grown = full.tree.paths().filter(|path| is_support(path) && !handed_out.tree.contains(path) && path.parent().is_some());
        work.extend(grown.filter(|path| tops.contains(top(path))).cloned().collect::<Vec<_>>());

        // 3. the rest is the kit's; support as it was handed out, because its later versions are part of the solution
        let mut fixed = Tree::new();
        for (path, entry) in full.tree.iter().filter(|(path, _)| !work.contains(*path)) {
            let entry = if is_support(path) { handed_out.tree.get(path) } else { Some(entry) };
            fixed.extend(entry.map(|entry| (path.clone(), entry.clone())));
        }
        let mut known: BTreeMap<RelPath, Vec<Entry>> = BTreeMap::new();
        for (path, entry) in learners.iter().flat_map(|rendered| rendered.tree.iter()).filter(|(path, _)| fixed.contains(path)) {
            let texts = known.entry(path.clone()).or_default();
            if !texts.contains(entry) {
                texts.push(entry.clone());
            }
        }

        // 4. where those stand, and which suites they are
        let mut folders: BTreeMap<String, bool> = BTreeMap::new();
        for (path, is_work) in fixed.paths().map(|path| (path, false)).chain(work.iter().map(|path| (path, true))) {
            *folders.entry(path.parent().unwrap_or_default().to_owned()).or_default() |= is_work;
        }
        let suites = fixed.paths().filter(|path| full.roles.get(*path).copied().is_some_and(is_of_tests)).map(suite).collect();
        let own_suites = work.iter().map(suite).filter(|(number, _)| *number > 0).collect();
        let mut course = full.course.clone();
        for step in &mut course.milestones {
            let milestone = renderer.kit().milestone.iter().find(|milestone| milestone.number() == step.number);
            step.tests += milestone.map_or(0, |milestone| milestone.hidden_tests);
        }
        Ok(Self {
            course,
            digest: receipt::digest_of(handed_out),
            stack: full.stack,
            roles: full.roles.iter().map(|(path, role)| (path.clone(), *role)).collect(),
            learners: known,
            handed_out: handed_out.tree.paths().cloned().collect(),
            fixed,
            work,
            folders,
            suites,
            own_suites,
        })
    }

    /// Whether grading looks at this path of a student's repository.
    pub fn looks_at(&self, path: &str) -> bool {
        let head = path.split('/').next().unwrap_or(path);
        let is_known = |known: &RelPath| known.as_str() == path;
        self.folders.keys().any(|folder| !folder.is_empty() && folder.split('/').next() == Some(head))
            || head == ".mvn"
            || self.fixed.paths().any(is_known)
            || self.work.iter().any(is_known)
            || barred(path).is_some()
    }

    /// The milestone that the student seems to work on, by the file that says so. It is theirs and proves nothing: it says where to begin.
    pub fn worked_on(&self, submission: &Submission, upto: Number) -> Number {
        let state = self.course.state.as_ref();
        let text = state
            .and_then(|state| submission.files.iter().find(|(path, _)| path.as_str() == state.path))
            .and_then(|(_, entry)| entry.text());
        let reached = state.zip(text).and_then(|(state, text)| reached(state, text)).unwrap_or(0);
        reached.saturating_add(1).clamp(1, upto.max(1))
    }

    /// Whether this path is a test of the kit.
    pub fn is_test(&self, path: &str) -> bool {
        RelPath::new(path).is_ok_and(|path| self.roles.get(&path).copied().is_some_and(is_of_tests) || self.is_own_test(&path))
    }

    /// Whether this is a suite of the kit.
    pub(super) fn has_suite(&self, suite: &(Number, String)) -> bool {
        self.suites.contains(suite)
    }

    /// Whether this is a suite that the student has to write.
    pub(super) fn has_own_suite(&self, suite: &(Number, String)) -> bool {
        self.own_suites.contains(suite)
    }

    /// What is built for the milestones up to `upto`, and what is said of the student's files.
    pub fn assemble(&self, submission: &Submission, upto: Number) -> Result<(Tree, Vec<Remark>)> {
        let mut tree = self.fixed.clone();
        let mut remarks = submission.refused.clone();
        if let Some(state) = &self.course.state {
            let path = RelPath::new(state.path.as_str()).map_err(Error::failed)?;
            let moved = tree.get(&path).and_then(Entry::text).and_then(|text| moved(state, text, upto));
            if let (Some(entry), Some(text)) = (tree.get_mut(&path), moved) {
                entry.bytes = text.into_bytes().into();
            }
        }
        for (path, entry) in submission.files.iter() {
            if self.fixed.contains(path) {
                remarks.extend(self.edited(path, entry));
                continue;
            }
            let verdict = if self.work.contains(path) { Admission::Taken } else { self.admission(path) };
            let verdict = match (verdict, misplaced(path, entry.text())) {
                (Admission::Taken, Some(why)) => Admission::Refused(why),
                (verdict, _) => verdict,
            };
            match verdict {
                Admission::Taken => drop(tree.insert(path.clone(), entry.clone())),
                Admission::Refused(why) => {
                    remarks.push(Remark { path: path.to_string(), kind: RemarkKind::Extra, why: why.to_owned() });
                }
                Admission::Ignored => {}
            }
        }
        remarks.extend(self.deleted(submission));
        remarks.sort();
        remarks.dedup();
        Ok((tree, remarks))
    }

    /// Whether a file that the kit does not have is built: only beside the student's work, and nothing that tests or builds obey.
    fn admission(&self, path: &RelPath) -> Admission {
        let folder = path.parent().unwrap_or_default();
        let is_inside = self.folders.keys().any(|known| top_of(known) == top(path) && !known.is_empty()) && !folder.is_empty();
        if let Some(why) = barred(path.as_str()) {
            // What a build has left lies about in every repository.
            let is_left = path.as_str().split('/').any(|part| matches!(part, "target" | "node_modules" | "__pycache__" | ".venv"));
            return if is_left { Admission::Ignored } else { Admission::Refused(why) };
        }
        if !is_inside {
            return Admission::Ignored;
        }
        let in_the_way = |known: &RelPath| is_below(known.as_str(), path.as_str()) || is_below(path.as_str(), known.as_str());
        if self.fixed.paths().any(in_the_way) {
            return Admission::Refused("it stands where the kit has a folder or a file, and is not used");
        }
        if self.takes_the_place_of_a_test(path) {
            return Admission::Refused("it has the name of one of the kit's test classes, and is not used");
        }
        let nearest = std::iter::successors(Some(folder), |folder| folder.rsplit_once('/').map(|(above, _)| above))
            .find_map(|folder| self.folders.get(folder));
        match nearest {
            Some(true) => Admission::Taken,
            Some(false) => Admission::Refused("it stands beside the kit's own files, and is not used"),
            None if folder.starts_with("src/") => Admission::Refused("it stands outside the folders that you work in, and is not used"),
            None => Admission::Ignored,
        }
    }

    /// A main class with the name of a test class.
    fn takes_the_place_of_a_test(&self, path: &RelPath) -> bool {
        let twin = path.as_str().replacen("src/main/java/", "src/test/java/", 1);
        twin != path.as_str() && RelPath::new(twin).is_ok_and(|twin| self.fixed.contains(&twin))
    }

    fn edited(&self, path: &RelPath, entry: &Entry) -> Option<Remark> {
        let role = self.roles.get(path).copied().unwrap_or_default();
        let what = match role {
            Role::Test | Role::Hidden => "the kit's own test was used instead",
            Role::Build => "it differs from the kit's, and was not used",
            Role::Work | Role::Support | Role::State => return None,
        };
        let same = |known: &Entry| known.bytes == entry.bytes || lines(known) == lines(entry);
        let is_known = self.fixed.get(path).is_some_and(same) || self.learners.get(path).is_some_and(|texts| texts.iter().any(same));
        (!is_known).then(|| Remark { path: path.to_string(), kind: RemarkKind::Edited, why: what.to_owned() })
    }

    fn deleted<'s>(&'s self, submission: &'s Submission) -> impl Iterator<Item = Remark> + 's {
        let is_missed = |path: &&RelPath| {
            let role = self.roles.get(*path).copied().unwrap_or_default();
            let is_refused = submission.refused.iter().any(|remark| remark.path == path.as_str());
            matches!(role, Role::Test | Role::Build) && self.handed_out.contains(*path) && !submission.files.contains(path) && !is_refused
        };
        self.fixed.paths().filter(is_missed).map(|path| Remark {
            path: path.to_string(),
            kind: RemarkKind::Deleted,
            why: "it was put back from the kit".to_owned(),
        })
    }

    fn is_own_test(&self, path: &RelPath) -> bool {
        self.work.contains(path) && path.as_str().contains("src/test/")
    }
}

fn is_of_tests(role: Role) -> bool {
    matches!(role, Role::Test | Role::Hidden)
}

fn suite(path: &RelPath) -> (Number, String) {
    name_of(path.as_str())
}

fn top(path: &RelPath) -> &str {
    top_of(path.as_str())
}

fn top_of(path: &str) -> &str {
    path.split('/').next().unwrap_or(path)
}

/// Whether `path` is `folder` or stands in it.
fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// The lines of a text, whatever they end in.
fn lines(entry: &Entry) -> Option<Vec<&str>> {
    Some(entry.text()?.lines().collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::GradedKit;
    use crate::{
        catalog::Catalog,
        grade::{RemarkKind, Submission},
        handout::{Form, Handout, Row},
        interview::{Given, settle},
        manifest::{Number, Role},
        render::{Rendered, Renderer},
        rendition::{Audience, Rendition},
        tree::{Entry, RelPath, Tree},
    };

    /// The graded kit of a row with this many milestones solved at the start, and what learners have at each milestone.
    fn graded(kit: &str, settings: &[(&str, &str)]) -> (GradedKit, Vec<Rendered>) {
        let catalog = Catalog::embedded();
        let renderer = Renderer::new(&catalog, kit).unwrap();
        let answers = settle(renderer.kit(), &Given { settings: settings.to_vec(), ..Given::default() }, &mut |_| {}).unwrap();
        let row = Row {
            number: 2,
            name: "Ada".to_owned(),
            folder: "ada".to_owned(),
            seed: None,
            digest: String::new(),
            answers: answers.clone(),
            record: [].into(),
        };
        let handout = Handout {
            format_version: 1,
            stagekit: "0".to_owned(),
            kit: kit.to_owned(),
            version: "1".to_owned(),
            form: Form::Dir,
            at: 0,
            until: None,
            variant_seed: None,
            templates: String::new(),
            updates: 0,
            row: vec![row.clone()],
        };
        let at = |at| renderer.render(&answers, &Rendition { at, ..handout.rendition(&row, Audience::Learner) }).unwrap();
        (GradedKit::of(&renderer, &handout, &row).unwrap(), (0..=renderer.kit().last()).map(at).collect())
    }

    fn submitted(tree: &Tree) -> Submission {
        Submission { files: tree.clone(), ..Submission::default() }
    }

    fn work(rendered: &Rendered) -> BTreeSet<&RelPath> {
        rendered.roles.iter().filter(|(_, role)| **role == Role::Work).map(|(path, _)| path).collect()
    }

    const KITS: [(&str, &[(&str, &str)]); 5] = [
        ("cli-calculator", &[]),
        ("refactoring-kata", &[]),
        ("http-server", &[("language", "python")]),
        ("http-server", &[("language", "node")]),
        ("user-api", &[]),
    ];

    #[test]
    fn nothing_of_the_solution_is_built() {
        for (name, settings) in KITS {
            let (kit, renderings) = graded(name, settings);
            let last: Number = kit.course.last;
            let (empty, _) = kit.assemble(&Submission::default(), last).unwrap();
            let all: BTreeSet<&RelPath> = renderings.iter().flat_map(work).collect();
            let leaked: Vec<_> = empty.paths().filter(|path| all.contains(path)).collect();
            assert!(leaked.is_empty(), "{name}: {leaked:?}");
            // What a repository had from the beginning may differ from the solution's only in what is graded by: tests, build, state.
            let (starter, solved) = (&renderings[0], &renderings[last as usize]);
            for (path, entry) in empty.iter().filter(|(path, _)| solved.tree.get(path).is_some()) {
                let role = solved.roles.get(path).copied().unwrap_or_default();
                if role == Role::Support {
                    assert_eq!(starter.tree.get(path), Some(entry), "{name}: {path}");
                }
            }
        }
    }

    #[test]
    fn an_honest_repository_is_built_as_it_is_and_nothing_is_said_of_it() {
        for (name, settings) in KITS {
            let (kit, renderings) = graded(name, settings);
            for rendered in &renderings {
                let (tree, remarks) = kit.assemble(&submitted(&rendered.tree), kit.course.last).unwrap();
                let said: Vec<_> = remarks.iter().filter(|remark| !remark.path.starts_with(".github/")).collect();
                assert!(said.is_empty(), "{name}: {said:?}");
                for path in work(rendered) {
                    assert_eq!(tree.get(path), rendered.tree.get(path), "{name}: {path}");
                }
            }
            assert!(kit.course.milestones.iter().all(|step| step.tests > 0) && !kit.suites.is_empty());
        }
    }

    #[test]
    fn each_file_of_a_student_has_its_place() {
        let (kit, renderings) = graded("cli-calculator", &[]);
        let main = "src/main/java/com/example/calc";
        let class = |path: &str| {
            format!(
                "package {};\n\nclass X {{}}\n",
                path.trim_start_matches("src/main/java/").rsplit_once('/').unwrap().0.replace('/', ".")
            )
        };
        let cases = [
            (format!("{main}/Mine.java"), true, None),
            (format!("{main}/deep/er/Mine.java"), true, None),
            (format!("{main}/M1TokenizerTest.java"), false, Some(RemarkKind::Extra)),
            (format!("{main}/support/Console.java"), false, Some(RemarkKind::Extra)),
            (format!("{main}/META-INF/x"), false, Some(RemarkKind::Extra)),
            ("src/main/java/org/junit/jupiter/api/Assertions.java".to_owned(), false, Some(RemarkKind::Extra)),
            ("src/main/resources/junit-platform.properties".to_owned(), false, Some(RemarkKind::Extra)),
            ("src/test/java/com/example/calc/Mine.java".to_owned(), false, Some(RemarkKind::Extra)),
            (".mvn/extensions.xml".to_owned(), false, Some(RemarkKind::Extra)),
            ("pom.xml".to_owned(), true, Some(RemarkKind::Edited)),
            ("src/test/java/com/example/calc/M3IntegersTest.java".to_owned(), true, Some(RemarkKind::Edited)),
            ("target/surefire-reports/TEST-x.xml".to_owned(), false, None),
            ("notes.txt".to_owned(), false, None),
            ("README.md".to_owned(), true, None),
        ];
        for (path, is_built, kind) in cases {
            let mut tree = renderings[0].tree.clone();
            let relative = RelPath::new(path.as_str()).unwrap();
            let text = if path.starts_with(main) { class(&path) } else { "another text\n".to_owned() };
            tree.insert(relative.clone(), Entry::new(text.clone().into_bytes()));
            let (built, remarks) = kit.assemble(&submitted(&tree), kit.course.last).unwrap();
            assert_eq!(built.contains(&relative), is_built, "{path}");
            assert_eq!(remarks.first().map(|remark| remark.kind), kind, "{path}: {remarks:?}");
            let is_theirs = built.get(&relative).is_some_and(|entry| entry.bytes == text.as_bytes());
            assert_eq!(is_theirs, is_built && path.starts_with(main), "{path}");
        }
        let mut tree = renderings[0].tree.clone();
        tree.remove(&RelPath::new("pom.xml").unwrap());
        tree.remove(&RelPath::new(format!("{main}/Main.java")).unwrap());
        let (built, remarks) = kit.assemble(&submitted(&tree), 2).unwrap();
        assert!(built.contains(&RelPath::new("pom.xml").unwrap()) && !built.contains(&RelPath::new(format!("{main}/Main.java")).unwrap()));
        assert_eq!(remarks.len(), 1, "{remarks:?}");
        let state = built.get(&RelPath::new(".mvn/maven.config").unwrap()).and_then(Entry::text).unwrap();
        assert!(state.contains("-Dkit.tests=none()|m1|m2"), "{state}");
    }
}
