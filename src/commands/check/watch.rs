//! `stagekit check --watch`: again and again, as files change.

use std::{path::Path, thread, time::Duration};

use super::{Turn, once};
use crate::{
    cli::CheckArgs,
    commands::repository::Repository,
    disk::Files,
    env::Env,
    error::{ErrorKind, Result},
    glob,
    process::Interrupts,
};

/// How often is looked for changes: soon enough for whoever has just saved a file.
const PAUSE: Duration = Duration::from_millis(200);

/// How long nothing must change before the tests run: editors, formatters and `git checkout` write more than one file.
const QUIET: Duration = Duration::from_millis(100);

/// Runs the tests, and again when something has changed, until somebody ends it.
pub(super) fn run(args: &CheckArgs, interrupts: &Interrupts, env: &mut Env) -> Result<()> {
    let mut turn = Turn::First;
    loop {
        // 1. what the tests are about to run on: what is written meanwhile counts as a change
        let watched = Watched::of(args, env)?;
        let mut before = watched.files();

        // 2. the tests; what is red, or is not there yet, may change
        match once(args, turn, interrupts, env) {
            Ok(()) => {}
            Err(error) if matches!(error.kind(), ErrorKind::Usage | ErrorKind::Interrupted) => return Err(error),
            Err(error) => env.out.error(&error),
        }
        turn = Turn::Again;
        // The milestone that is reached was moved by the check itself.
        before.renew(&watched.repository.root, watched.state());

        // 3. the next change
        env.out.say("watching for changes; Ctrl-C ends it");
        env.out.flush();
        let mut has_changed = true;
        let changed = loop {
            if interrupts.arrived() || env.out.is_closed() {
                return Ok(());
            }
            if has_changed && let Some(path) = watched.change_since(&mut before, interrupts) {
                break path;
            }
            thread::sleep(PAUSE);
            has_changed = before.again().change_since(&before).is_some();
        };
        env.out.say(format!("changed: {changed}"));
    }
}

/// What is looked at, and what is not.
struct Watched {
    repository: Repository,
    /// The folders of the reports, and those that this command itself writes.
    not: Vec<String>,
}

impl Watched {
    fn of(args: &CheckArgs, env: &mut Env) -> Result<Self> {
        let repository = Repository::around(env)?;
        let mut not = Vec::new();
        for report in repository.course()?.check.iter().flat_map(|check| &check.reports) {
            not.extend(glob::folder(report).map(str::to_owned));
        }
        for file in [&args.junit, &args.markdown].into_iter().flatten() {
            let path = env.path(file);
            not.extend(path.strip_prefix(&repository.root).ok().and_then(Path::to_str).map(str::to_owned));
        }
        Ok(Self { repository, not })
    }

    /// The file that says which milestone is reached.
    fn state(&self) -> &str {
        self.repository.course().ok().and_then(|course| course.state.as_ref()).map_or("", |state| state.path.as_str())
    }

    /// The files as they are now, without those that git ignores: those are what a build makes.
    fn files(&self) -> Files {
        Files::below(&self.repository.root, self.not.iter().cloned().chain(self.repository.ignored()))
    }

    /// What has changed, once nothing changes any more. Where it is only what git ignores, that is left out from now on.
    fn change_since(&self, before: &mut Files, interrupts: &Interrupts) -> Option<String> {
        let mut files = self.files();
        while files.change_since(before).is_some() {
            thread::sleep(QUIET);
            // Git is asked again: what was made while it was asked may be ignored.
            let later = self.files();
            let is_quiet = later.change_since(&files).is_none();
            files = later;
            if is_quiet || interrupts.arrived() {
                break;
            }
        }
        let change = files.change_since(before);
        if change.is_none() {
            *before = files;
        }
        change
    }
}
