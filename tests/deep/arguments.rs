//! What to verify.

/// The command line.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    pub kit: Option<String>,
    pub at: Option<u32>,
    /// `language=java`: only cells with this answer.
    pub option: Option<(String, String)>,
    pub checks: Vec<String>,
    /// All pairs of options instead of one option at a time.
    pub full: bool,
    /// Build every cell again, whatever the records say.
    pub afresh: bool,
    /// What the sample of recorded cells and of reverted blocks is drawn by.
    pub seed: String,
    /// Only say which images are needed.
    pub images: bool,
}

const HELP: &str = "\
usage: cargo test --test deep -- [OPTION]…

  --kit KIT        only this kit (`fixture-store` is the one in tests/fixtures)
  --at N           only renderings with this many milestones solved
  --option K=V     only renderings with this answer, such as language=java
  --check NAME     only this check; may be given again:
                     cells     every promise about builds and tests, cell by cell
                     traps     each known-wrong solution is caught by exactly its tests
                     reverts   each solution block taken back turns its milestone red
                     same      the languages read the same cases and report the same tests
                     tour      a kit's cURL tour runs against the server
                     lint      generated files have no finding of their linters
                     images    the image is built, gets healthy, answers, stops
                     compose   `docker compose up --wait` answers
                     workflow  the workflow is executed, and a broken test reddens it
                     gates     a Spring kit's whole build as CI runs it, and that it is red for what it should be
                     serverless  … without servers and Docker: green, and says what it skipped; red where they are required
                     containers  … on containers that the tests start
                     boot      `spring-boot:run` brings its servers along; the API is what its description says
                     sbom      `-Psecurity` lists what the jar is made of
                     hostile   free texts come back unchanged from real parsers, or are refused
                     faults    full disk, signals at every step, two runs at once
                     kubernetes  a cluster takes the manifests; each pod runs as its manifest says, and its probes answer
                     monitoring  a Prometheus scrapes the service; the alerts' tests pass, every metric that is asked for exists, traces arrive
                     loop      `check` is red, `solution --apply`, `check` is green: a milestone of each kit and language
                     class     a class of repositories in known states, most of them hostile, is graded with exactly the expected table
                     class-container  a class is graded in containers: the same points, nothing reached, nothing left behind
                     class-pipelines  autograding and grading on many runners are executed: workflow, GitLab jobs, Indexed Job; one table, whoever grades
                     roster    1,000 names of every kind are handed out with the same bytes: twice, killed and gone on with, on a full disk, in flat memory
                     added     what `stagekit add` puts into the repositories of tests/fixtures/stacks is sound, starts, and goes again (--kit NAME: one of them)
                     added-workflow, added-gitlab  the pipeline is executed, and a broken test reddens it
                     added-jenkins     … and Jenkins' file, done by our own reading of it; what Jenkins would refuse is refused
                     added-health      a wrong port makes the container unhealthy
                     added-nginx       nginx in front of the program: what it lets through, refuses and tells
                     added-logging     Loki takes its file, and a line of the program is found again
                     added-monitoring  a Prometheus scrapes the program, and tells when it is gone
                     added-kubernetes  a cluster takes the manifests and refuses bad ones; each pod runs as its manifest says
                     added-devcontainer  the dev container's file is read, and some come up
  --images         only list the container images that are needed, one a line
  --full           all pairs of options, blocks and milestones, not a sample of them
  --afresh         build every cell, recorded or not
  --seed TEXT      what samples are drawn by (default: today's date, printed)

Environment: JAVA_HOMES (JDK homes, `:` between them, oldest first; default: found below /usr/lib/jvm), DOCKER_HOST, IT_POSTGRES_URL, IT_MYSQL_URL,
IT_REDIS_URL (servers to use instead of starting some), KUBECONFIG (a cluster for `kubernetes`), MVNW_REPOURL and MAVEN_ARGS (passed on to Maven), DEEP_FOLDER (where to work; default target/deep),
DEEP_TEMPLATES (a folder of templates that lies over the built-in ones: a kit is tried without compiling stagekit),
CI=true (a check that cannot run is a failure, not a skip).";

impl Arguments {
    pub fn parse(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Self::default();
        let mut words = words.peekable();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("`{word}` wants a value\n\n{HELP}"));
            match word.as_str() {
                "--kit" => arguments.kit = Some(value()?),
                "--at" => arguments.at = Some(value()?.parse().map_err(|_| "`--at` wants a number".to_owned())?),
                "--option" => {
                    let option = value()?;
                    let (name, chosen) = option.split_once('=').ok_or("`--option` wants NAME=VALUE")?;
                    arguments.option = Some((name.to_owned(), chosen.to_owned()));
                }
                "--check" => arguments.checks.push(value()?),
                "--images" => arguments.images = true,
                "--full" => arguments.full = true,
                "--afresh" => arguments.afresh = true,
                "--seed" => arguments.seed = value()?,
                _ => return Err(HELP.to_owned()),
            }
        }
        if let Some(unknown) = arguments.checks.iter().find(|name| !crate::all_checks().any(|check| check.name == name.as_str())) {
            return Err(format!("there is no check `{unknown}`\n\n{HELP}"));
        }
        Ok(arguments)
    }

    pub fn wants_check(&self, name: &str) -> bool {
        self.checks.is_empty() || self.checks.iter().any(|wanted| wanted == name)
    }

    pub fn wants_kit(&self, name: &str) -> bool {
        self.kit.as_deref().is_none_or(|wanted| wanted == name)
    }

    pub fn wants_at(&self, at: u32) -> bool {
        self.at.is_none_or(|wanted| wanted == at)
    }
}
