//! From arguments to an exit code.

use std::{
    env,
    ffi::OsString,
    io::{self, IsTerminal},
    path::PathBuf,
    process::ExitCode,
};

use clap::{ColorChoice, CommandFactory, Parser};

use crate::{
    cli::{self, Cli, Command, Global, NewArgs, TemplatesCommand},
    commands,
    env::Env,
    error::Result,
    output::{Colour, Output},
    overlay,
    prompt::Terminal,
};

/// Runs `stagekit` with the process's arguments, the program's name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let mut out = Output::standard(colour(cli::color_in(&arguments)));
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&mut out, &error),
    };
    out.set_quiet(cli.global.quiet);
    // Both, or nobody is there: the question goes to stderr, the answer comes from stdin.
    let is_interactive = io::stdin().is_terminal() && io::stderr().is_terminal();
    let mut env = Env::new(env::current_dir().unwrap_or_default(), out, Box::new(Terminal::new(is_interactive)));
    let done = prepare(&cli.global, &mut env).and_then(|()| dispatch(cli.command, &mut env));
    match done.and_then(|()| env.out.finish()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            env.out.error(&error);
            error.exit_code()
        }
    }
}

fn prepare(global: &Global, env: &mut Env) -> Result<()> {
    env.known = data_folder().map(|folder| folder.join("stagekit").join("repositories"));
    if let Some(dir) = &global.templates {
        env.catalog = overlay::read(&env.path(dir), dir)?;
    }
    Ok(())
}

fn dispatch(command: Option<Command>, env: &mut Env) -> Result<()> {
    match command {
        Some(Command::Roadmap(args)) => commands::roadmap::run(&args, env),
        Some(Command::List(args)) => commands::list::run(&args, env),
        Some(Command::Show(args)) => commands::show::run(&args, env),
        Some(Command::New(args)) => commands::new::run(&args, env),
        Some(Command::Check(args)) => commands::check::run(&args, env),
        Some(Command::Status(args)) => commands::status::run(&args, env),
        Some(Command::Hint(args)) => commands::hint::run(&args, env),
        Some(Command::Solution(args)) => commands::solution::run(&args, env),
        Some(Command::Diff(args)) => commands::update::diff(&args, env),
        Some(Command::Update(args)) => commands::update::run(&args, env),
        Some(Command::Restore(args)) => commands::restore::run(&args, env),
        Some(Command::Next(args)) => commands::next::run(&args, env),
        Some(Command::Progress(args)) => commands::next::progress(&args, env),
        Some(Command::Add(args)) => commands::add::run(&args, env),
        Some(Command::Remove(args)) => commands::remove::run(&args, env),
        Some(Command::Detect(args)) => commands::detect::run(&args, env),
        Some(Command::Grade(args)) => commands::grade::run(&args, env),
        Some(Command::Handout(args)) => commands::handout::run(&args, env),
        Some(Command::Doctor(args)) => commands::doctor::run(&args, env),
        Some(Command::Templates(TemplatesCommand::Export(args))) => commands::templates::export(&args, env),
        Some(Command::Templates(TemplatesCommand::Lint(args))) => commands::templates::lint(&args, env),
        Some(Command::Completions(args)) => commands::completions::run(&args, env),
        Some(Command::Man(args)) => commands::man::run(&args, env),
        None => start(env),
    }
}

/// Where a user's programs keep what they know: the XDG base directory specification, and the like of it elsewhere.
fn data_folder() -> Option<PathBuf> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        return variable("LOCALAPPDATA");
    }
    let home = || variable("HOME");
    variable("XDG_DATA_HOME")
        .or_else(|| home().map(|home| home.join(if cfg!(target_os = "macos") { "Library/Application Support" } else { ".local/share" })))
}

/// No command: `new` in a terminal, help elsewhere.
fn start(env: &mut Env) -> Result<()> {
    if env.ask.is_interactive() {
        return commands::new::run(&NewArgs::default(), env);
    }
    env.out.print(&Cli::command().render_help().to_string());
    Ok(())
}

/// Help and version are data (0); everything else that clap says is a usage error (2).
fn usage(out: &mut Output, error: &clap::Error) -> ExitCode {
    let text = error.render();
    if error.use_stderr() {
        out.talk(&if out.talk_palette().is_coloured() { text.ansi().to_string() } else { text.to_string() });
        return ExitCode::from(2);
    }
    let text = if out.palette().is_coloured() { text.ansi().to_string() } else { text.to_string() };
    out.print(&text);
    match out.finish() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            out.error(&error);
            error.exit_code()
        }
    }
}

fn colour(choice: ColorChoice) -> Colour {
    match choice {
        ColorChoice::Auto => Colour::Auto,
        ColorChoice::Always => Colour::Always,
        ColorChoice::Never => Colour::Never,
    }
}
