//! The command line: clap types only. What the commands do stands in [`crate::commands`].

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

const EXAMPLES: &str = "\
Examples:
  stagekit roadmap                            the ten stages at a glance
  stagekit list --search redis                the kits that have to do with Redis
  stagekit show http-server                   what a kit builds, teaches and needs
  stagekit new http-server my-server --yes    a repository, every question at its default
  stagekit check                              in a repository: is the milestone done?

Exit codes:
  0 done, 1 failed, 2 wrong usage or missing answers, 3 conflict with files that are there,
  4 a milestone is red, 130 interrupted";

const ROADMAP_EXAMPLES: &str = "\
Examples:
  stagekit roadmap                     all stages, briefly
  stagekit roadmap --stage 4           one stage with all its topics
  stagekit roadmap --search kafka      where Kafka comes up";

const LIST_EXAMPLES: &str = "\
Examples:
  stagekit list
  stagekit list --stage 1
  stagekit list --search http
  stagekit list --json";

const SHOW_EXAMPLES: &str = "\
Examples:
  stagekit show http-server
  stagekit show http-server --json";

const NEW_EXAMPLES: &str = "\
Examples:
  stagekit new                                            asks for everything
  stagekit new http-server my-server --yes                every question at its default
  stagekit new http-server my-server --set language=node --set docker=true --yes
  stagekit new http-server --list-questions               what can be set, and to what
  stagekit new http-server my-server --yes --diff         what would be written
  stagekit new http-server my-server --yes --solution     the reference solution
  stagekit new http-server --yes --until 3 --seed ada --zip ada.zip
                                                          a shorter course, a learner's own variant";

const CHECK_EXAMPLES: &str = "\
Examples:
  stagekit check                       is the milestone done that is worked on?
  stagekit check 2                     everything up to milestone 2
  stagekit check --all                 the whole course
  stagekit check --watch               again whenever a file changes
  stagekit check --json                the same for a program
  stagekit check --junit check.xml --markdown check.md
                                       reports for CI and for people
  stagekit check --markdown - >> \"$GITHUB_STEP_SUMMARY\"

A milestone whose tests pass is recorded where the build looks it up, and the next one opens.
Exit code 4 says that something is red.";

const GRADE_EXAMPLES: &str = "\
Examples:
  stagekit grade class                         every repository that `stagekit handout` made in this folder
  stagekit grade class -j 4 --csv points.csv --reports reports
                                               four at a time; a table for import, a page for each student
  stagekit grade returned --handout class/handout.toml --only ada-lovelace
  stagekit grade class --container             without network and with limits, where Docker is
  stagekit grade class --container=ghcr.io/school/java:25
                                               the same in an image of yours
  stagekit grade class --shard 2/5 --list      whose repositories are in that share: enough to fetch those alone
  stagekit grade class --shard 2/5 --results 2.json
  stagekit grade merge 1.json 2.json 3.json 4.json 5.json --csv points.csv

The code of students runs with your rights unless `--container` is given. Their repositories are only read; what is
graded is a copy with the kit's own tests and build files. What has not changed since is not run again.
Exit code 0 says that every repository was graded, whatever the grades are; 1 that some are missing or could not be.";

const HINT_EXAMPLES: &str = "\
Examples:
  stagekit hint                        one more, from general to concrete
  stagekit hint 2 --all                all of milestone 2";

const SOLUTION_EXAMPLES: &str = "\
Examples:
  stagekit solution                    what the reference changes in the next milestone
  stagekit solution 2 --mine           what it has instead of your files
  stagekit solution 2 --apply -n       what taking it over would change
  stagekit solution 2 --apply          take it over; exit code 3 where you changed the same place";

const UPDATE_EXAMPLES: &str = "\
Examples:
  stagekit update --dry-run            what has changed in the kit
  stagekit update                      take it over; your own changes stay
  stagekit update --conflicts markers  choose in the files where both sides changed the same place";

const DETECT_EXAMPLES: &str = "\
Examples:
  stagekit detect                      the repository around this folder
  stagekit detect --in services/api    one project of several
  stagekit detect --json               the same for a program

Nothing is run and nothing is written. What is a guess says so.";

const ADD_EXAMPLES: &str = "\
Examples:
  stagekit add                                       choose from what fits this repository
  stagekit add dockerfile github-actions --diff      what would be written
  stagekit add dockerfile --set port=9000            where detection is wrong or unsure
  stagekit add github-actions --in services/api      one project of several; its workflow goes to the root
  stagekit add compose --on-conflict merge           into the compose file that is there

A file of yours is never overwritten unless you say so. `stagekit detect` shows what is found.";

const REMOVE_EXAMPLES: &str = "\
Examples:
  stagekit remove dockerfile            its files, and what it put into others
  stagekit remove dockerfile --diff     what would be changed

What you have changed stays, and is told.";

const RESTORE_EXAMPLES: &str = "\
Examples:
  stagekit restore --diff     what was changed in the kit's tests and build files
  stagekit restore            they are as they were made again

Your own files stay as they are, and so does what `stagekit add` added.";

const HANDOUT_EXAMPLES: &str = "\
Examples:
  stagekit handout http-server --roster class.csv --out class -n
                                       who would get what
  stagekit handout http-server --roster class.csv --out class --set language=java
                                       a folder each; the columns of the roster are answers, too
  stagekit handout http-server --roster - --map 'Nom=name' --out class --as zip
  stagekit handout http-server --roster class.csv --out class --as bare --until 3 --variant-seed 2026
                                       a bare git repository each, a shorter course, values of one's own
  stagekit handout --update --out class --as branch --repositories clones
                                       a corrected kit, as a branch in what the students work in

The same command goes on where an earlier one was interrupted, and adds who is new in the roster.";

const TEMPLATES_EXAMPLES: &str = "\
Examples:
  stagekit templates export my-templates                  the templates, to change them
  stagekit templates lint my-templates                    every fault in them
  stagekit --templates my-templates list                  the kits with the changes
  STAGEKIT_TEMPLATES=my-templates stagekit list           the same";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  stagekit completions bash > ~/.local/share/bash-completion/completions/stagekit
  stagekit completions zsh > ~/.zfunc/_stagekit
  stagekit completions fish > ~/.config/fish/completions/stagekit.fish";

/// Turns a backend-engineering roadmap into starter repositories.
///
/// Pick a practice project (a kit); stagekit renders a repository that builds at once and says what to build next. Without a command,
/// stagekit asks which kit to start with.
#[derive(Debug, Parser)]
#[command(name = "stagekit", version, after_help = EXAMPLES, max_term_width = 100, infer_long_args = false)]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do; without it `new` starts in a terminal.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options that every command takes.
#[derive(Debug, Args)]
pub struct Global {
    /// Lay the templates in this folder over the built-in ones
    ///
    /// A file there takes the place of the built-in file at the same path; `stagekit templates export` writes a folder to start from.
    #[arg(long, global = true, value_name = "DIR", env = "STAGEKIT_TEMPLATES", hide_env_values = true, value_hint = ValueHint::DirPath, help_heading = "Global options")]
    pub templates: Option<PathBuf>,
    /// When to colour what is printed
    ///
    /// `auto` colours on a terminal and obeys `NO_COLOR` and `CLICOLOR_FORCE`.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = false, help_heading = "Global options")]
    pub color: ColorChoice,
    /// Print no progress and no advice, only what was asked for, warnings and errors
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub quiet: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the roadmap: stages, what there is to learn, what to build
    Roadmap(RoadmapArgs),
    /// List the kits (practice projects)
    List(ListArgs),
    /// Show what a kit builds, teaches, asks and needs
    Show(ShowArgs),
    /// Make a repository from a kit
    New(Box<NewArgs>),
    /// Run the tests of the milestone that is worked on
    Check(CheckArgs),
    /// Show where one is: milestones, points, what has changed since the last check
    Status(StatusArgs),
    /// Show one more hint each time
    Hint(HintArgs),
    /// Show how the reference does a milestone, or take that over
    Solution(SolutionArgs),
    /// Show how a repository differs from the kit that it was made from
    Diff(DiffArgs),
    /// Bring a repository to its kit as this stagekit has it
    Update(UpdateArgs),
    /// Put the kit's own tests and build files back as they were
    Restore(RestoreArgs),
    /// Show which kit comes next on the roadmap, or start it
    Next(NextArgs),
    /// Show the roadmap with what is done
    Progress(ProgressArgs),
    /// Make a repository for each student of a class, or bring a corrected kit to them
    Handout(Box<HandoutArgs>),
    /// Grade a class: run the kit's tests and the hidden ones on each student's repository
    Grade(Box<GradeArgs>),
    /// Look whether everything is there that a kit needs
    Doctor(DoctorArgs),
    /// Add CI, Docker and the like to a repository that is there already
    Add(AddArgs),
    /// Take out again what `add` added
    Remove(RemoveArgs),
    /// Show what a repository is built with, and where that was read
    Detect(DetectArgs),
    /// Work with the templates that kits are rendered from
    #[command(subcommand)]
    Templates(TemplatesCommand),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Write the manual pages
    Man(ManArgs),
}

/// `stagekit roadmap`.
#[derive(Debug, Args)]
#[command(after_help = ROADMAP_EXAMPLES)]
pub struct RoadmapArgs {
    /// Only this stage, with all its topics
    #[arg(long, value_name = "N")]
    pub stage: Option<u32>,
    /// Only topics, practices and ideas that hold this text, in any case
    #[arg(long, value_name = "WORD")]
    pub search: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `stagekit list`.
#[derive(Debug, Args)]
#[command(after_help = LIST_EXAMPLES)]
pub struct ListArgs {
    /// Only the kits of this stage
    #[arg(long, value_name = "N")]
    pub stage: Option<u32>,
    /// Only kits whose name, title, summary or topics hold this text, in any case
    #[arg(long, value_name = "WORD")]
    pub search: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `stagekit show`.
#[derive(Debug, Args)]
#[command(after_help = SHOW_EXAMPLES)]
pub struct ShowArgs {
    /// The kit; `stagekit list` shows all
    #[arg(value_name = "KIT")]
    pub kit: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `stagekit new`.
#[derive(Debug, Default, Args)]
#[command(after_help = NEW_EXAMPLES)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line; the command makes enums of them")]
pub struct NewArgs {
    /// The kit; `stagekit list` shows all [asked for on a terminal]
    #[arg(value_name = "KIT")]
    pub kit: Option<String>,
    /// Where the repository goes: a folder that is empty or not there yet
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,

    /// Answer a question; may be given again
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = Setting::parse, help_heading = "Answers")]
    pub settings: Vec<Setting>,
    /// Take answers from a TOML file; `--set` goes before it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Answers")]
    pub answers: Option<PathBuf>,
    /// Ask nothing: defaults where no answer is given
    #[arg(short, long, help_heading = "Answers")]
    pub yes: bool,
    /// Derive a variant of the course from this text: the same seed gives the same repository
    #[arg(long, value_name = "TEXT", help_heading = "Answers")]
    pub seed: Option<String>,
    /// List the kit's questions with kind, choices and defaults, and make nothing
    #[arg(long, requires = "kit", conflicts_with_all = ["dry_run", "diff", "zip", "tar", "git"], help_heading = "Answers")]
    pub list_questions: bool,

    /// Render with this many milestones solved [default: 0, the starter]
    #[arg(long, value_name = "N", help_heading = "Course")]
    pub at: Option<u32>,
    /// Render the reference solution: every milestone solved
    #[arg(long, conflicts_with = "at", help_heading = "Course")]
    pub solution: bool,
    /// End the course after this milestone
    #[arg(long, value_name = "N", help_heading = "Course")]
    pub until: Option<u32>,

    /// Print what would be written, and write nothing
    #[arg(short = 'n', long, conflicts_with_all = ["zip", "tar"], help_heading = "Output")]
    pub dry_run: bool,
    /// Print what would be written as a unified diff, and write nothing
    #[arg(long, conflicts_with_all = ["json", "zip", "tar"], help_heading = "Output")]
    pub diff: bool,
    /// Print JSON
    #[arg(long, help_heading = "Output")]
    pub json: bool,
    /// Write a zip archive instead of a folder; the same input gives the same bytes
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dir", "tar", "git"], value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub zip: Option<PathBuf>,
    /// Write a tar archive instead of a folder; the same input gives the same bytes
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dir", "git"], value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub tar: Option<PathBuf>,
    /// Make it a git repository with a first commit
    #[arg(long, overrides_with = "no_git", help_heading = "Output")]
    pub git: bool,
    /// Make it no git repository
    #[arg(long, overrides_with = "git", help_heading = "Output")]
    pub no_git: bool,
}

impl NewArgs {
    /// What was said about git.
    pub fn git(&self) -> Git {
        match (self.git, self.no_git) {
            (true, _) => Git::Yes,
            (false, true) => Git::No,
            (false, false) => Git::Unsaid,
        }
    }
}

/// Whether `new` makes a git repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Git {
    /// `--git`.
    Yes,
    /// `--no-git`.
    No,
    /// Neither.
    Unsaid,
}

/// `--set NAME=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The question's name.
    pub name: String,
    /// The answer as it was typed.
    pub value: String,
}

impl Setting {
    fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some(("", _)) => Err("the name before `=` is missing".to_owned()),
            Some((name, value)) => Ok(Self { name: name.to_owned(), value: value.to_owned() }),
            None => Err(format!("write `{text}=VALUE`")),
        }
    }
}

/// `stagekit check`.
#[derive(Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub struct CheckArgs {
    /// The milestone [default: the one after the last that is reached]
    #[arg(value_name = "N")]
    pub milestone: Option<u32>,
    /// Every milestone of the course
    #[arg(long, conflicts_with = "milestone")]
    pub all: bool,
    /// Run again whenever a file changes that git does not ignore; Ctrl-C ends it
    #[arg(long)]
    pub watch: bool,
    /// Print JSON; with `--watch` one line a run
    #[arg(long)]
    pub json: bool,
    /// Write a report as JUnit XML too, a suite a milestone; `-` is stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub junit: Option<PathBuf>,
    /// Write a report as Markdown too, for a pull request or a job's summary; `-` is stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub markdown: Option<PathBuf>,
}

/// `stagekit grade`.
#[derive(Debug, Args)]
#[command(after_help = GRADE_EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct GradeArgs {
    /// Join the results of several shares.
    #[command(subcommand)]
    pub command: Option<GradeCommand>,
    /// The folder with the repositories, or a list: a path a line, or the row's folder, a comma and a path
    #[arg(value_name = "PATH", required = true, value_hint = ValueHint::AnyPath)]
    pub path: Option<PathBuf>,
    /// What was handed out to whom [default: `handout.toml` in that folder]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub handout: Option<PathBuf>,
    /// Only this row, by its folder; may be given again
    #[arg(long, value_name = "FOLDER", conflicts_with = "shard")]
    pub only: Vec<String>,
    /// Only share K of N, which `grade merge` joins with the others
    #[arg(long, value_name = "K/N")]
    pub shard: Option<String>,
    /// Grade up to this milestone [default: the course's last]
    #[arg(long, value_name = "N")]
    pub upto: Option<u32>,
    /// Only print the folders of those rows, a line each, and grade nothing
    #[arg(long, conflicts_with_all = ["container", "csv", "json", "results", "junit", "reports"])]
    pub list: bool,

    /// Repositories that are graded at the same time
    #[arg(short, long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256), help_heading = "Running")]
    pub jobs: u16,
    /// Seconds that one run of the tests may take
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..), help_heading = "Running")]
    pub timeout: u32,
    /// Run again what has not changed, too
    #[arg(long, help_heading = "Running")]
    pub force: bool,
    /// Run in Docker, without network and with limits [default image: what the kit is built on]
    #[arg(long, value_name = "IMAGE", num_args = 0..=1, require_equals = true, default_missing_value = "", help_heading = "Running")]
    pub container: Option<String>,

    /// What is written.
    #[command(flatten)]
    pub output: GradeOutput,
}

/// `stagekit grade merge`.
#[derive(Debug, Subcommand)]
pub enum GradeCommand {
    /// Join the results of all shares of a class
    Merge(GradeMergeArgs),
}

/// `stagekit grade merge`.
#[derive(Debug, Args)]
pub struct GradeMergeArgs {
    /// The results of each share, as `--results` wrote them
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// What is written.
    #[command(flatten)]
    pub output: GradeOutput,
}

/// Where `grade` writes what.
#[derive(Debug, Default, Args)]
pub struct GradeOutput {
    /// Write a row of CSV for each student, for a learning platform; `-` is stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub csv: Option<PathBuf>,
    /// Print JSON, as docs/grade.schema.json describes it
    #[arg(long, help_heading = "Output")]
    pub json: bool,
    /// Write the same JSON into a file, for `grade merge`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub results: Option<PathBuf>,
    /// Write JUnit XML, a suite a student; `-` is stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub junit: Option<PathBuf>,
    /// Write a page of Markdown for each student into this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Output")]
    pub reports: Option<PathBuf>,
}

/// `stagekit status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `stagekit hint`.
#[derive(Debug, Args)]
#[command(after_help = HINT_EXAMPLES)]
pub struct HintArgs {
    /// The milestone [default: the one after the last that is reached]
    #[arg(value_name = "N")]
    pub milestone: Option<u32>,
    /// All hints of the milestone
    #[arg(long)]
    pub all: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What becomes of a file that both sides changed in the same place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Conflicts {
    /// Nothing is written at all
    #[default]
    Refuse,
    /// Both versions are written into the file, between markers
    Markers,
}

/// `stagekit solution`.
#[derive(Debug, Args)]
#[command(after_help = SOLUTION_EXAMPLES)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct SolutionArgs {
    /// The milestone [default: the one after the last that is reached]
    #[arg(value_name = "N")]
    pub milestone: Option<u32>,
    /// Compare with your files instead of the reference's state before the milestone
    #[arg(long, conflicts_with = "apply")]
    pub mine: bool,
    /// Take it over into the repository, beside your own changes
    #[arg(long)]
    pub apply: bool,
    /// What to do where you changed the same place
    #[arg(long, value_name = "HOW", default_value = "refuse", requires = "apply")]
    pub conflicts: Conflicts,
    /// Print what `--apply` would do, and write nothing
    #[arg(short = 'n', long, requires = "apply")]
    pub dry_run: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `stagekit diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `stagekit update`.
#[derive(Debug, Args)]
#[command(after_help = UPDATE_EXAMPLES)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct UpdateArgs {
    /// Print what would be done, and write nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Print what would be written as a unified diff, and write nothing
    #[arg(long, conflicts_with = "json")]
    pub diff: bool,
    /// What to do where you changed the same place
    #[arg(long, value_name = "HOW", default_value = "refuse")]
    pub conflicts: Conflicts,
    /// Go on although git has not recorded all changes
    #[arg(long)]
    pub allow_dirty: bool,
    /// Ask nothing
    #[arg(short, long)]
    pub yes: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `stagekit restore`.
#[derive(Debug, Args)]
#[command(after_help = RESTORE_EXAMPLES)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct RestoreArgs {
    /// Print what would be done, and write nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Print what would be written as a unified diff, and write nothing
    #[arg(long, conflicts_with = "json")]
    pub diff: bool,
    /// Ask nothing
    #[arg(short, long)]
    pub yes: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `stagekit next`.
#[derive(Debug, Args)]
pub struct NextArgs {
    /// Where it goes [default: beside this repository]
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
    /// Start it, with the answers that you have given here (author, group, Java version, database, language)
    #[arg(long)]
    pub start: bool,
    /// Ask nothing more
    #[arg(short, long, requires = "start")]
    pub yes: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "start")]
    pub json: bool,
}

/// `stagekit progress`.
#[derive(Debug, Args)]
pub struct ProgressArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What becomes of a file of yours that is where a feature's would go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OnConflict {
    /// Nothing is written at all
    #[default]
    Refuse,
    /// Yours stays, the feature does without its own
    Keep,
    /// The feature's takes its place
    Replace,
    /// Both in one: your settings stay, text gets conflict markers
    Merge,
    /// The feature's goes beside it, under another name
    Aside,
}

/// `stagekit add`.
#[derive(Debug, Args)]
#[command(after_help = ADD_EXAMPLES)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct AddArgs {
    /// The features
    #[arg(value_name = "FEATURE")]
    pub features: Vec<String>,
    /// The project in this folder of the repository
    #[arg(long = "in", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub inside: Option<String>,
    /// Say how it is where detection is wrong or unsure: `port`, `health_path`, `launch`, `test`, `language_version`, `services`, …
    #[arg(long = "set", value_name = "FIELD=VALUE", value_parser = Setting::parse)]
    pub settings: Vec<Setting>,
    /// What to do where a file of yours is in the way
    #[arg(long, value_name = "HOW", default_value = "refuse")]
    pub on_conflict: OnConflict,
    /// Look at the project anew, instead of taking what an earlier `add` has found
    #[arg(long)]
    pub anew: bool,
    /// Show what can be added
    #[arg(long, conflicts_with_all = ["features", "dry_run", "diff"])]
    pub list: bool,
    /// Print what would be done, and write nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Print what would be written as a unified diff, and write nothing
    #[arg(long, conflicts_with = "json")]
    pub diff: bool,
    /// Replace files although git has not recorded all changes, or there is no git
    #[arg(long)]
    pub allow_dirty: bool,
    /// Ask nothing
    #[arg(short, long)]
    pub yes: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `stagekit remove`.
#[derive(Debug, Args)]
#[command(after_help = REMOVE_EXAMPLES)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct RemoveArgs {
    /// The features
    #[arg(value_name = "FEATURE", required = true)]
    pub features: Vec<String>,
    /// Those of the project in this folder of the repository
    #[arg(long = "in", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub inside: Option<String>,
    /// Print what would be done, and write nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Print what would be changed as a unified diff, and write nothing
    #[arg(long, conflicts_with = "json")]
    pub diff: bool,
    /// Ask nothing
    #[arg(short, long)]
    pub yes: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `stagekit detect`.
#[derive(Debug, Args)]
#[command(after_help = DETECT_EXAMPLES)]
pub struct DetectArgs {
    /// The repository, or a folder in it; here if not given
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
    /// Only the project in this folder below it
    #[arg(long = "in", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub inside: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `stagekit handout`.
#[derive(Debug, Args)]
#[command(after_help = HANDOUT_EXAMPLES)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct HandoutArgs {
    /// The kit; `stagekit list` shows all
    #[arg(value_name = "KIT", required_unless_present = "update", conflicts_with = "update")]
    pub kit: Option<String>,
    /// The folder for the repositories and for `handout.toml`, which says what was made for whom
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
    /// What each student gets: dir, zip or bare; with `--update` patch or branch [default: dir, patch]
    #[arg(long = "as", value_name = "FORM", hide_possible_values = true)]
    pub form: Option<HandoutForm>,

    /// The class as CSV or TOML; `-` is stdin
    #[arg(long, value_name = "FILE", required_unless_present = "update", conflicts_with = "update", value_hint = ValueHint::FilePath, help_heading = "Class")]
    pub roster: Option<PathBuf>,
    /// What the roster is written in [default: toml if its name ends so, else csv]
    #[arg(long, value_name = "FORMAT", conflicts_with = "update", help_heading = "Class")]
    pub roster_format: Option<RosterFormat>,
    /// Say what a column is: `name`, `first`, `last`, `folder`, `email`, `id` or a question of the kit; may be given again
    #[arg(long, value_name = "HEADER=FIELD", conflicts_with = "update", help_heading = "Class")]
    pub map: Vec<String>,

    /// Answer a question for all; a cell of the roster goes before it; may be given again
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = Setting::parse, conflicts_with = "update", help_heading = "Answers")]
    pub settings: Vec<Setting>,
    /// Take answers for all from a TOML file; the roster and `--set` go before it
    #[arg(long, value_name = "FILE", conflicts_with = "update", value_hint = ValueHint::FilePath, help_heading = "Answers")]
    pub answers: Option<PathBuf>,
    /// Derive a variant for each from this text and the folder's name
    #[arg(long, value_name = "TEXT", conflicts_with = "update", help_heading = "Answers")]
    pub variant_seed: Option<String>,

    /// Render with this many milestones solved [default: 0, the starter]
    #[arg(long, value_name = "N", conflicts_with = "update", help_heading = "Course")]
    pub at: Option<u32>,
    /// End the course after this milestone
    #[arg(long, value_name = "N", conflicts_with = "update", help_heading = "Course")]
    pub until: Option<u32>,

    /// Bring the kit as it is now to the repositories of an earlier handout; nobody's main branch is touched
    #[arg(long, help_heading = "Update")]
    pub update: bool,
    /// Where the students' repositories are, each under the name of its folder [default: DIR itself]
    #[arg(long, value_name = "DIR", requires = "update", value_hint = ValueHint::DirPath, help_heading = "Update")]
    pub repositories: Option<PathBuf>,
    /// What to do where a student changed the same place
    #[arg(long, value_name = "HOW", default_value = "refuse", requires = "update", help_heading = "Update")]
    pub conflicts: Conflicts,
    /// Templates that were handed out before, to merge from: a repository is not asked then what it was made from; may be given again
    #[arg(long, value_name = "DIR", requires = "update", value_hint = ValueHint::DirPath, help_heading = "Update")]
    pub from: Vec<PathBuf>,
    /// Repositories that are updated at the same time [default: as many as there are processors]
    #[arg(short, long, value_name = "N", requires = "update", value_parser = clap::value_parser!(u16).range(1..=256), help_heading = "Update")]
    pub jobs: Option<u16>,

    /// Print what would be made, and write nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What a handout makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HandoutForm {
    /// A folder each
    Dir,
    /// A zip each
    Zip,
    /// A bare git repository each
    Bare,
    /// A patch for each repository
    Patch,
    /// A branch in each repository
    Branch,
}

/// What a roster is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RosterFormat {
    /// Cells between commas, semicolons or tabs
    Csv,
    /// `[[student]]` tables
    Toml,
}

/// `stagekit doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The kit [default: that of the repository around this folder]
    #[arg(value_name = "KIT")]
    pub kit: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `stagekit templates`.
#[derive(Debug, Subcommand)]
#[command(after_help = TEMPLATES_EXAMPLES)]
pub enum TemplatesCommand {
    /// Write the templates into a folder, to change them there
    Export(ExportArgs),
    /// Show every fault in the templates
    Lint(LintArgs),
}

/// `stagekit templates export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// A folder that is empty or not there yet
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
}

/// `stagekit templates lint`.
#[derive(Debug, Args)]
pub struct LintArgs {
    /// A folder of templates, looked at as they lie over the built-in ones [default: what `--templates` says, or the built-in ones]
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `stagekit completions`.
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS_EXAMPLES)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// `stagekit man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The folder for `stagekit.1` and a page for each command; it is made if it is not there
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
}

/// What `--color` says in arguments that need not be valid: usage errors are coloured by it, too.
pub fn color_in(arguments: &[OsString]) -> ColorChoice {
    let words = arguments.iter().skip(1).map(|word| word.to_str().unwrap_or_default()).take_while(|word| *word != "--");
    let mut said = ColorChoice::Auto;
    let mut is_value = false;
    for word in words {
        let value = if is_value { Some(word) } else { word.strip_prefix("--color=") };
        match value {
            Some("always") => said = ColorChoice::Always,
            Some("never") => said = ColorChoice::Never,
            _ => {}
        }
        is_value = word == "--color";
    }
    said
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use clap::{ColorChoice, CommandFactory, Parser};

    use super::{Cli, Command, Git, Setting, color_in};

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_setting_is_a_name_and_a_value() {
        assert_eq!(Setting::parse("title=a=b"), Ok(Setting { name: "title".to_owned(), value: "a=b".to_owned() }));
        assert_eq!(Setting::parse("title="), Ok(Setting { name: "title".to_owned(), value: String::new() }));
        assert_eq!(Setting::parse("=x"), Err("the name before `=` is missing".to_owned()));
        assert_eq!(Setting::parse("docker"), Err("write `docker=VALUE`".to_owned()));
    }

    #[test]
    fn the_last_word_about_git_counts() {
        for (flags, said) in
            [(&[][..], Git::Unsaid), (&["--git"], Git::Yes), (&["--git", "--no-git"], Git::No), (&["--no-git", "--git"], Git::Yes)]
        {
            let cli = Cli::try_parse_from(["stagekit", "new"].iter().chain(flags)).unwrap();
            let Some(Command::New(args)) = cli.command else { panic!("not `new`") };
            assert_eq!(args.git(), said, "{flags:?}");
        }
    }

    #[test]
    fn flags_that_contradict_each_other_are_refused() {
        for flags in [
            "--at 2 --solution",
            "--zip a.zip --tar a.tar",
            "--zip a.zip --git",
            "--zip a.zip --dry-run",
            "--diff --json",
            "--list-questions",
            "http-server --list-questions --dry-run",
            "http-server dir --tar a.tar",
        ] {
            let arguments = ["stagekit", "new"].into_iter().chain(flags.split(' '));
            assert!(Cli::try_parse_from(arguments).is_err(), "`{flags}` was accepted");
        }
    }

    #[test]
    fn color_is_found_in_wrong_command_lines() {
        let said = |line: &str| color_in(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(said("stagekit --color never bogus"), ColorChoice::Never);
        assert_eq!(said("stagekit bogus --color=always"), ColorChoice::Always);
        assert_eq!(said("stagekit bogus -- --color=always"), ColorChoice::Auto);
        assert_eq!(said("stagekit --color sometimes"), ColorChoice::Auto);
    }
}
