//! Free texts: each comes back unchanged from real parsers of every file it went into, or is refused by a named rule.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use stagekit::{
    answers::Kind,
    digest::hex,
    disk::{self, Unwatched},
    interview::{Given, settle},
    manifest::KitManifest,
    render::Renderer,
    rendition::Rendition,
    tree::Tree,
};

use super::{kits, selection::languages, spring::is_spring};
use crate::{
    arguments::Arguments,
    cell::Cell,
    outcome::{Outcome, Row},
    world::{World, run as run_program},
};

type Settings = Vec<(String, String)>;

/// Stands for the text while its places are looked for: no encoder changes it.
const MARKER: &str = "Qq7marker";
const OTHER_MARKER: &str = "Qq8marker";

/// All of it is accepted everywhere, for what starts real programs: one text must do.
const NASTIEST: &str = concat!(
    r#"a "b" 'c' `d` \u0"#,
    r#"00a \n \0 %s %d #{e} {{f}} @g@ $h $(i) <!-- j --> ]]> */ // & &amp; &#10; : - x, [k] |l| *m* _n_ ~o~ "#,
    "\u{e9} \u{5e2}\u{5d1}\u{5e8}\u{5d9}\u{5ea} \u{1f389} e\u{301} \\"
);

/// What the random texts are put together from.
const FRAGMENTS: [&str; 58] = [
    "\"",
    "'",
    "`",
    "\"\"\"",
    "'''",
    "\\",
    "\\\\",
    "\\u",
    "\\u000a",
    "\\n",
    "\\x41",
    "\\N{DASH}",
    "$",
    "${x}",
    "${",
    "}",
    "$$",
    "$(x)",
    "#{x}",
    "#",
    "{{x}}",
    "{{",
    "}}",
    "{%",
    "@x@",
    "@",
    "<!--",
    "-->",
    "<b>",
    "</",
    "]]>",
    "<![CDATA[",
    "*/",
    "/*",
    "//",
    "&",
    "&amp;",
    "&#x41;",
    ":",
    ": ",
    "- ",
    "|",
    ">",
    "*x*",
    "_",
    "~~",
    "[x](y)",
    "![",
    "%s",
    "%",
    "=",
    ",",
    ";",
    " ",
    "\u{e9}",
    "\u{5e9}\u{5dc}",
    "\u{1f469}\u{200d}\u{1f4bb}",
    "e\u{301}",
];

pub fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    let mut rows = Vec::new();
    for manifest in kits(world, arguments) {
        let kit = manifest.name.get_ref();
        let asked: Vec<&str> =
            manifest.question.iter().filter(|question| question.kind == Kind::Text).map(stagekit::manifest::Question::name).collect();
        if asked.is_empty() || !arguments.wants_at(manifest.last()) {
            continue;
        }
        let wanted =
            languages(manifest).into_iter().filter(|language| arguments.option.as_ref().is_none_or(|option| language.contains(option)));
        let subjects: Vec<Subject> = wanted.map(|language| Subject { world, manifest, language, asked: &asked }).collect();
        // They wait for other programs most of the time.
        std::thread::scope(|scope| {
            let threads: Vec<_> = subjects.iter().map(|subject| scope.spawn(|| subject.rows())).collect();
            for thread in threads {
                rows.extend(
                    thread
                        .join()
                        .unwrap_or_else(|_| vec![Row::new("hostile", kit, None, "", Outcome::Failed("it panicked".to_owned()), 0.0)]),
                );
            }
        });
    }
    rows
}

/// A kit in one language.
struct Subject<'a> {
    world: &'a World,
    manifest: &'a KitManifest,
    language: Settings,
    asked: &'a [&'a str],
}

impl Subject<'_> {
    fn kit(&self) -> &str {
        self.manifest.name.get_ref()
    }

    /// A new folder of this language.
    fn fresh(&self, what: &str) -> Result<PathBuf, String> {
        let words: String = self.language.iter().map(|(_, value)| format!("-{value}")).collect();
        self.world.fresh(&format!("hostile-{}{words}-{what}", self.kit()))
    }

    fn rows(&self) -> Vec<Row> {
        let at = Some(self.manifest.last());
        let option = self.language.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
        let named = |what: &str| format!("{option} {what}").trim().to_owned();
        let mut rows = vec![Row::of("hostile", self.kit(), at, option.as_str(), || self.come_back(&option))];
        let tree = match self.nasty() {
            Ok(tree) => tree,
            Err(why) => {
                rows.push(Row::new("hostile", self.kit(), at, named("all texts at once"), Outcome::Failed(why), 0.0));
                return rows;
            }
        };
        if let Some(pom) = text_at(&tree, "pom.xml").filter(|pom| pom.contains("<description>")) {
            rows.push(match self.world.needs(&["mvn", "--version"]) {
                Ok(_) => Row::of("hostile", self.kit(), at, named("maven"), || self.maven(pom)),
                Err(why) => Row::skipped("hostile", self.kit(), named("maven"), why),
            });
        }
        if text_at(&tree, "Dockerfile").is_some_and(|text| text.contains("\nLABEL ")) {
            rows.push(match self.world.needs(&["docker", "version", "--format", "{{.Server.Version}}"]) {
                Ok(_) => Row::of("hostile", self.kit(), at, named("docker"), || self.docker()),
                Err(why) => Row::skipped("hostile", self.kit(), named("docker"), why),
            });
        }
        // A program that starts without a server and says what it is called. What a Spring kit makes of such texts, `cells` builds and tests.
        if self.asked.contains(&"description") && text_at(&tree, "docs/api.md").is_some() && !is_spring(self.manifest) {
            rows.push(Row::of("hostile", self.kit(), at, named("server"), || self.server(&tree)));
        }
        rows
    }

    /// Everything for the last milestone, with the nastiest text in every place for one.
    fn nasty(&self) -> Result<Tree, String> {
        let texts = self.asked.iter().map(|name| ((*name).to_owned(), NASTIEST.to_owned()));
        let settings = self.language.iter().cloned().chain(texts).collect();
        let cell = Cell { kit: self.kit().to_owned(), settings, rendition: Rendition::solved(self.manifest.last()), jdk: None };
        Ok(cell.render(self.world)?.0)
    }

    /// The tree with `text` as the answer to all of `names`, or what refuses it.
    fn render(&self, renderer: &Renderer, names: &[&str], text: &str) -> Result<Tree, String> {
        let texts = self.asked.iter().map(|name| (*name, if names.contains(name) { text } else { "Other" }));
        let settings = self.language.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(texts).collect();
        let answers = settle(renderer.kit(), &Given { settings, ..Given::default() }, &mut |_| {}).map_err(|error| error.to_string())?;
        let rendition = Rendition::solved(self.manifest.last());
        let rendered = renderer.render(&answers, &rendition).map_err(|error| error.to_string())?;
        let receipt = stagekit::receipt::Receipt::of_kit(self.kit(), &self.manifest.version, &rendered, &answers, &rendition);
        // The base is an archive of what is looked at anyway.
        let sealed = stagekit::receipt::seal(&receipt, Tree::new().iter()).map_err(|error| error.to_string())?;
        let both = rendered.tree.iter().chain(sealed.iter()).filter(|(path, _)| path.as_str() != ".stagekit/base.tar");
        Ok(both.map(|(path, entry)| (path.clone(), entry.clone())).collect())
    }

    fn come_back(&self, option: &str) -> Result<(), String> {
        let renderer = Renderer::new(&self.world.catalog, self.kit()).map_err(|error| error.to_string())?;
        let texts = texts(&self.world.seed);
        let mut wrong = Vec::new();
        let mut files: Vec<(String, String)> = Vec::new();
        // The question, the text, the path, and where in `files` it stands with the marker and with the text.
        let mut whose: Vec<(String, &str, String, usize, usize)> = Vec::new();
        let mut counts: Vec<(String, usize, BTreeMap<String, usize>)> = Vec::new();
        // At first in all places at once; then, in each alone, what is refused in one of them.
        let mut open: Vec<&String> = texts.iter().collect();
        let singles = self.asked.iter().map(|name| vec![*name]).filter(|_| self.asked.len() > 1);
        for names in std::iter::once(self.asked.to_vec()).chain(singles) {
            let name = names.join(" and ");
            let [first, second] = [MARKER, OTHER_MARKER].map(|marker| self.render(&renderer, &names, marker));
            let (first, second) = (first?, second?);
            let paths: Vec<_> =
                first.iter().filter(|(path, entry)| second.get(path) != Some(*entry)).map(|(path, _)| path.clone()).collect();
            if first.len() != second.len() || paths.is_empty() {
                return Err(format!("`{name}` goes into no file, or changes which there are"));
            }
            let marked: BTreeMap<_, _> = paths
                .iter()
                .map(|path| {
                    files.push((path.to_string(), text_at(&first, path.as_str()).unwrap_or_default().to_owned()));
                    (path.clone(), files.len() - 1)
                })
                .collect();
            let (mut back, mut refusals, mut refused) = (0, BTreeMap::new(), Vec::new());
            for text in &open {
                match self.render(&renderer, &names, text) {
                    Err(said) => {
                        let rules = rules(&said);
                        if rules.is_empty() {
                            wrong.push(format!("{name} = {text:?} is refused without a rule: {said}"));
                        }
                        for rule in rules {
                            *refusals.entry(rule).or_default() += 1;
                        }
                        refused.push(*text);
                    }
                    // Where nothing may be said, nothing has to come back.
                    Ok(_) if text.is_empty() => {}
                    Ok(tree) => {
                        back += 1;
                        let unmarked: BTreeSet<_> =
                            tree.iter().filter(|(path, entry)| first.get(path) != Some(*entry)).map(|(path, _)| path).collect();
                        for path in unmarked.iter().filter(|path| !marked.contains_key(**path)) {
                            wrong.push(format!("{name} = {text:?} changes {path}, which a harmless text does not"));
                        }
                        for (path, index) in &marked {
                            whose.push((name.clone(), text, path.to_string(), *index, files.len()));
                            files.push((path.to_string(), text_at(&tree, path.as_str()).unwrap_or_default().to_owned()));
                        }
                    }
                }
            }
            counts.push((name, back, refusals));
            if names.len() == self.asked.len() {
                open = refused;
            }
        }
        let parsed = parse(self.world, &self.fresh("parse")?, &files)?;
        for (name, text, path, marked, index) in &whose {
            match (&parsed[*marked], &parsed[*index]) {
                (Err(why), _) => wrong.push(format!("{path} with a harmless text: {why}")),
                (_, Err(why)) => wrong.push(format!("{name} = {text:?} makes {path} unreadable: {why}")),
                (Ok(expected), Ok(found)) => {
                    if let Some(difference) = difference(&put(expected, text), found) {
                        wrong.push(format!("{name} = {text:?} in {path}: {difference}"));
                    }
                }
            }
        }
        for (name, back, refused) in &counts {
            let refused: Vec<String> = refused.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
            eprintln!("   {} {option} {name}: {back} came back, refused: {}", self.kit(), refused.join(", "));
        }
        if counts.first().is_none_or(|(_, back, _)| *back < 50) {
            wrong.push("of the evil texts hardly any is accepted: that proves little".to_owned());
        }
        wrong.dedup();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    /// What Maven itself makes of the description.
    fn maven(&self, pom: &str) -> Result<(), String> {
        let folder = self.fresh("maven")?;
        write(&folder, "pom.xml", pom)?;
        let words = ["mvn", "-o", "-q", "-B", "-Dstyle.color=never", "help:evaluate", "-Dexpression=project.description", "-DforceStdout"];
        let mut command = self.world.command(&folder, &words, self.world.jdk(None)?);
        let said = run_program(&mut command, Duration::from_secs(60))?.ok("mvn help:evaluate")?;
        // What Maven says comes first, without an end of line; behind it a JDK of 24 or newer warns of what this Maven's libraries do.
        same_line("Maven", said.split("WARNING: ").next().unwrap_or_default())
    }

    /// What the builder makes of every label: one image without a base, and a label for each text.
    fn docker(&self) -> Result<(), String> {
        let renderer = Renderer::new(&self.world.catalog, self.kit()).map_err(|error| error.to_string())?;
        // Its own label keeps the image from being the one that another language makes, and removes.
        let (mut dockerfile, mut expected) =
            (format!("FROM scratch\nLABEL of={}-{}\n", self.kit(), self.language.first().map_or("", |(_, value)| value)), BTreeMap::new());
        for (number, text) in texts(&self.world.seed).into_iter().enumerate() {
            let Some(tree) = self.render(&renderer, self.asked, &text).ok() else { continue };
            let file = text_at(&tree, "Dockerfile").unwrap_or_default();
            let label = file
                .lines()
                .find_map(|line| line.strip_prefix("LABEL ")?.split_once(".description="))
                .ok_or("there is no LABEL of the description")?
                .1;
            dockerfile.push_str(&format!("LABEL t{number}={label}\n"));
            expected.insert(format!("t{number}"), text);
        }
        let folder = self.fresh("docker")?;
        write(&folder, "Dockerfile", &dockerfile)?;
        let build = run_program(
            Command::new("docker").args(["build", "--quiet", "--network", "none", "."]).current_dir(&folder),
            Duration::from_secs(60),
        )?
        .ok("docker build")?;
        let id =
            build.lines().rfind(|line| line.starts_with("sha256:")).ok_or_else(|| format!("docker build said no id: {build}"))?.to_owned();
        let said = run_program(
            Command::new("docker").args(["image", "inspect", "--format", "{{json .Config.Labels}}", &id]),
            Duration::from_secs(20),
        );
        let _ = run_program(Command::new("docker").args(["image", "rm", "--force", &id]), Duration::from_secs(20));
        let labels: BTreeMap<String, String> =
            serde_json::from_str(said?.ok("docker inspect")?.trim()).map_err(|error| error.to_string())?;
        let wrong: Vec<String> = expected
            .iter()
            .filter(|(name, text)| labels.get(*name) != Some(*text))
            .map(|(name, text)| format!("{text:?} comes back as {:?}", labels.get(name)))
            .collect();
        if wrong.is_empty() && !expected.is_empty() { Ok(()) } else { Err(format!("of {} labels:\n{}", expected.len(), wrong.join("\n"))) }
    }

    /// What the program itself says it is called.
    fn server(&self, tree: &Tree) -> Result<(), String> {
        let language = self.language.first().map_or("", |(_, value)| value);
        let folder = self.fresh("server")?;
        disk::create(&folder, tree, &Unwatched).map_err(|error| error.to_string())?;
        let jdk = self.world.jdk(None)?;
        let words: Vec<String> = match language {
            "python" => ["python3", "-B", "-m", "notes"].map(str::to_owned).to_vec(),
            "node" => ["node", "src/main.js"].map(str::to_owned).to_vec(),
            _ => {
                let sources: Vec<&str> = tree
                    .paths()
                    .map(stagekit::tree::RelPath::as_str)
                    .filter(|path| path.starts_with("src/main/java/") && path.ends_with(".java"))
                    .collect();
                let main = sources
                    .iter()
                    .find_map(|path| path.strip_prefix("src/main/java/")?.strip_suffix("/Main.java"))
                    .ok_or("there is no Main.java")?;
                let words = [&["javac", "-encoding", "UTF-8", "-d", "out"][..], &sources].concat();
                run_program(&mut self.world.command(&folder, &words, jdk), Duration::from_secs(60))?.ok("javac")?;
                ["java", "-cp", "out"].map(str::to_owned).into_iter().chain([format!("{}.Main", main.replace('/', "."))]).collect()
            }
        };
        let log = folder.join("server.log");
        let open = || File::create(&log).map_err(|error| error.to_string());
        let mut command = self.world.command(&folder, &words, jdk);
        command
            .env("PORT", "0")
            .stdin(Stdio::null())
            .stdout(open()?)
            .stderr(File::options().append(true).open(&log).map_err(|error| error.to_string())?)
            .process_group(0);
        let _server = Server(command.spawn().map_err(|error| format!("{words:?}: {error}"))?);
        let start = Instant::now();
        let address = loop {
            let said = fs::read_to_string(&log).unwrap_or_default();
            if let Some(address) = said.lines().find_map(|line| {
                Some(line.split_once("listening on ")?.1.split_whitespace().next()?.trim_end_matches(['"', ',']).to_owned())
            }) {
                break address;
            }
            if start.elapsed() > Duration::from_secs(20) {
                return Err(format!("the server does not say where it listens: {said}"));
            }
            std::thread::sleep(Duration::from_millis(30));
        };
        let said = run_program(Command::new("python3").args(["-c", ASK, &address]), Duration::from_secs(20))?.ok("GET /")?;
        let answer: Value = serde_json::from_str(&said).map_err(|error| format!("{error}: {said}"))?;
        if answer["title"] == NASTIEST {
            Ok(())
        } else {
            Err(format!("the server is called\n{:?}, should be\n{NASTIEST:?}", answer["title"]))
        }
    }
}

const ASK: &str = "import sys, urllib.request as u; sys.stdout.buffer.write(u.urlopen(u.Request(sys.argv[1] + '/', headers={'Accept': 'application/json'}), timeout=10).read())";

/// A server that is ended with the check.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn same_line(who: &str, said: &str) -> Result<(), String> {
    let last = said.lines().map(|line| line.replace("\u{1b}[0m", "")).rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    if last == NASTIEST { Ok(()) } else { Err(format!("{who} reads\n{last:?}, should be\n{NASTIEST:?}")) }
}

fn text_at<'t>(tree: &'t Tree, path: &str) -> Option<&'t str> {
    tree.iter().find(|(at, _)| at.as_str() == path)?.1.text()
}

fn write(folder: &Path, name: &str, text: &str) -> Result<(), String> {
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(folder.join(name), text))
        .map_err(|error| format!("{}: {error}", folder.join(name).display()))
}

/// The evil texts: those that somebody thought of, and forty drawn ones.
fn texts(seed: &str) -> Vec<String> {
    let long = "x".repeat(10_000);
    let longest = "\u{1f389}".repeat(200);
    let mut texts: Vec<String> = [
        "\"",
        "'",
        "`",
        "\"\"\"",
        "'''",
        "a \"b\" 'c' `d`",
        "\u{201c}a\u{201d} \u{2018}b\u{2019} \u{ab}c\u{bb}",
        "it's",
        "ends in \"",
        "ends in '",
        "\"starts",
        "${x}",
        "${project.description}",
        "${env.HOME}",
        "a $ b",
        "$HOME",
        "$$",
        "$(id)",
        "`id`",
        "#{x}",
        "# x",
        "a # b",
        "{{x}}",
        "{{{x}}}",
        "{% x %}",
        "@x@",
        "@",
        "@Override",
        "<!-- x -->",
        "a -- b",
        "-->",
        "]]>",
        "<![CDATA[x]]>",
        "<b>x</b>",
        "<script>alert(1)</script>",
        "</description>",
        "<?x?>",
        "<a@b.c>",
        "a@b.c",
        "ask a@b.c, please",
        "*/",
        "/* x */",
        "// x",
        "\\u000a",
        "\\u0022",
        "\\\\u0022",
        "\\\\\\u0022 x",
        "\\uuu0041",
        "\\u",
        "\\N{BULLET}",
        "\\x41",
        "\\0",
        "\\n",
        "\\",
        "\\\\",
        "ends in \\",
        "a\\b\\c",
        "C:\\new\\table",
        "&",
        "&amp;",
        "&lt;",
        "&#10;",
        "&#x0;",
        "&nosuch;",
        "a\nb",
        "a\r\nb",
        "a\rb",
        "a: b",
        "a:",
        "- x",
        "-",
        "? x",
        "| x",
        "> x",
        "!x",
        "%x",
        "%s %d %n",
        "*x*",
        "_x_",
        "[x](y)",
        "![x](y)",
        "1. x",
        "+ x",
        "=",
        "===",
        "~~~",
        "```",
        "| a | b |",
        "https://example.org/?a=b&c",
        "www.example.org",
        "(see http://x.org)",
        "xmpp:a@b.c",
        ":smile:",
        "null",
        "true",
        "~",
        "1e3",
        "0x1f",
        "2026-01-01",
        "a\0b",
        "a\tb",
        "a\u{7}b",
        "a\u{1b}[31mb",
        "a\u{7f}b",
        "a\u{85}b",
        "a\u{2028}b",
        "a\u{2029}b",
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd} a \u{645}\u{631}\u{62d}\u{628}\u{627}",
        "e\u{301} n\u{303} \u{1d165}",
        "\u{301}starts combining",
        "a\u{202e}b",
        "a\u{202d}b",
        "a\u{2066}b\u{2069}",
        "a\u{200e}b\u{200f}c\u{61c}d",
        "a\u{200d}b\u{200c}c",
        "\u{feff}a",
        "a\u{feff}b",
        "\u{1f389}",
        "\u{1f469}\u{200d}\u{1f4bb} \u{1f3f3}\u{fe0f}\u{200d}\u{1f308}",
        "a\u{ffff}",
        "\u{fdd0}",
        "\u{10ffff}",
        "a\u{ad}b",
        "a\u{a0}b",
        "a\u{fffd}b",
        "\u{e000}",
        &long,
        &longest,
        "",
        " ",
        " a",
        "a ",
        "\ta",
        "a\n",
        "\u{a0}a",
        "a  b",
        "Robert'); DROP TABLE notes;--",
        "%00",
        "..",
        "../../x",
        "~/x",
        "--flag",
        NASTIEST,
    ]
    .map(str::to_owned)
    .to_vec();
    let mut state = u64::from_str_radix(&hex(format!("hostile {seed}").as_bytes())[..16], 16).unwrap_or(1);
    let mut below = |bound: usize| {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap_or(0)
    };
    for _ in 0..40 {
        let length = 1 + below(14);
        let mut text = String::new();
        for _ in 0..length {
            match below(8) {
                // Any character at all, refused ones too, though rarely.
                0 => text.extend(u32::try_from(below(0x3000)).ok().and_then(char::from_u32).filter(|c| !c.is_control())),
                1 => text.extend(char::from_u32(0x21 + u32::try_from(below(94)).unwrap_or(0))),
                _ => text.push_str(FRAGMENTS[below(FRAGMENTS.len())]),
            }
        }
        texts.push(text);
    }
    texts
}

/// The rules that a message names: `[rule x]` or, of the renderer, ``rule `x` ``.
fn rules(said: &str) -> BTreeSet<String> {
    let ends = [("[rule ", ']'), ("rule `", '`')];
    ends.iter()
        .flat_map(|(open, close)| said.split(open).skip(1).filter_map(|rest| rest.split_once(*close)))
        .map(|(rule, _)| rule.to_owned())
        .collect()
}

/// A parse with the text in the marker's places.
fn put(value: &Value, text: &str) -> Value {
    match value {
        Value::String(string) => Value::String(string.replace(MARKER, text)),
        Value::Array(items) => items.iter().map(|item| put(item, text)).collect(),
        Value::Object(fields) => Value::Object(fields.iter().map(|(name, field)| (name.clone(), put(field, text))).collect()),
        other => other.clone(),
    }
}

/// The first place in which two parses differ.
fn difference(expected: &Value, found: &Value) -> Option<String> {
    match (expected, found) {
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            left.iter().zip(right).find_map(|(left, right)| difference(left, right))
        }
        (Value::Object(left), Value::Object(right)) if left.keys().eq(right.keys()) => {
            left.iter().zip(right).find_map(|((name, left), (_, right))| difference(left, right).map(|why| format!("{name}: {why}")))
        }
        _ if expected == found => None,
        _ => Some(format!("comes back as {} instead of {}", cut(found), cut(expected))),
    }
}

fn cut(value: &Value) -> String {
    let shown = value.to_string();
    if shown.chars().count() > 300 { format!("{}\u{2026}", shown.chars().take(300).collect::<String>()) } else { shown }
}

type Parsed = Vec<Result<Value, String>>;

/// What a real parser makes of each file: one process for each language of a parser.
fn parse(world: &World, folder: &Path, files: &[(String, String)]) -> Result<Parsed, String> {
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let mut parsed: Parsed = files
        .iter()
        .map(|(path, text)| {
            if path.ends_with(".md") {
                Ok(markdown(text))
            } else {
                Err(format!("there is no parser of {path} here: add one to tests/deep/checks/hostile.rs"))
            }
        })
        .collect();
    let jdk = world.jdk(None)?;
    write(folder, "parse.py", PYTHON)?;
    write(folder, "parse.mjs", NODE)?;
    write(folder, "Parse.java", JAVA)?;
    let parsers: [(&[&str], &[&str]); 3] = [
        (&["python3", "parse.py"], &[".toml", ".json", ".xml", ".py", "Dockerfile"]),
        (&["node", "parse.mjs"], &[".js", ".mjs"]),
        (&["java", "-Dfile.encoding=UTF-8", "Parse.java"], &[".java"]),
    ];
    for (words, endings) in parsers {
        let mine: Vec<usize> = (0..files.len()).filter(|index| endings.iter().any(|ending| files[*index].0.ends_with(ending))).collect();
        if mine.is_empty() {
            continue;
        }
        let lines: Vec<String> =
            mine.iter().map(|index| json!({ "id": index, "path": files[*index].0, "text": files[*index].1 }).to_string()).collect();
        write(folder, "input", &(lines.join("\n") + "\n"))?;
        let sources = folder.join("sources");
        if endings == [".java"] {
            for index in &mine {
                write(&sources, &format!("{index}.java"), &files[*index].1)?;
            }
        }
        let ran = run_program(&mut world.command(folder, words, jdk), Duration::from_secs(50))?.ok(&words.join(" "))?;
        for line in ran.lines().filter(|line| line.starts_with('{')) {
            let answer: Value = serde_json::from_str(line).map_err(|error| format!("{}: {error}: {line}", words.join(" ")))?;
            let index = answer["id"]
                .as_u64()
                .and_then(|id| usize::try_from(id).ok())
                .filter(|id| mine.contains(id))
                .ok_or("a parser answers about a file that it was not given")?;
            parsed[index] = match &answer["error"] {
                Value::String(why) => Err(why.clone()),
                _ => Ok(answer["parse"].clone()),
            };
        }
    }
    Ok(parsed)
}

/// Nodes and texts of a document, neighbouring texts joined.
fn markdown(text: &str) -> Value {
    use comrak::{Arena, Options, nodes::NodeValue, parse_document};
    let mut options = Options::default();
    let extension = &mut options.extension;
    (extension.table, extension.strikethrough, extension.autolink, extension.tasklist, extension.footnotes) =
        (true, true, true, true, true);
    let arena = Arena::new();
    let mut all: Vec<String> = Vec::new();
    let mut joins = false;
    for node in parse_document(&arena, text, &options).descendants() {
        let value = &node.data.borrow().value;
        if let NodeValue::Text(text) = value {
            match all.last_mut().filter(|_| joins) {
                Some(last) => last.push_str(text),
                None => all.push(text.to_string()),
            }
            joins = true;
        } else if matches!(value, NodeValue::Link(link) if link.url.starts_with("mailto:") || link.url.starts_with("xmpp:")) {
            // GitHub links what looks like an address in any text, however it is written; what one reads is the same.
        } else {
            joins = false;
            all.push(match value {
                NodeValue::Code(code) => format!("code {}", code.literal),
                NodeValue::CodeBlock(code) => format!("code block {}", code.literal),
                NodeValue::HtmlInline(html) => format!("html {html}"),
                NodeValue::HtmlBlock(html) => format!("html block {}", html.literal),
                NodeValue::Link(link) => format!("link {}", link.url),
                NodeValue::Image(link) => format!("image {}", link.url),
                other => other.xml_node_name().to_owned(),
            });
        }
    }
    json!(all)
}

const PYTHON: &str = r##"
import ast, json, sys, tomllib
import xml.etree.ElementTree as ET


def xml(text):
    def walk(node):
        tag = node.tag if isinstance(node.tag, str) else node.tag.__name__
        return [tag, sorted(node.attrib.items()), node.text, [walk(child) for child in node], node.tail]
    return walk(ET.fromstring(text.encode(), ET.XMLParser(target=ET.TreeBuilder(insert_comments=True, insert_pis=True))))


def python(text):
    def value(node):
        return (node.value if isinstance(node.value, str) else repr(node.value)) if isinstance(node, ast.Constant) else getattr(node, "id", None)
    return [[type(node).__name__, value(node)] for node in ast.walk(ast.parse(text.encode()))]


def words(rest):
    found, word, quote, at = [], "", None, 0
    while at < len(rest):
        c = rest[at]
        if c == "\\" and at + 1 < len(rest):
            word += rest[at : at + 2]
            at += 2
            continue
        if quote is None and c in " \t":
            found, word = (found + [word] if word else found), ""
        else:
            quote = c if quote is None and c in "\"'" else None if c == quote else quote
            word += c
        at += 1
    return found + [word] if word else found


def word(raw):
    out, quote, at = "", None, 0
    while at < len(raw):
        c, after = raw[at], raw[at + 1 : at + 2]
        if quote == "'":
            quote, out = (None, out) if c == "'" else (quote, out + c)
        elif c == "\\":
            # Between quotes a backslash stays, unless it has something to protect.
            out += after if quote is None or after in ('"', "$", "\\") else c + after
            at += 1
        elif c == "$":
            raise ValueError(f"a variable is expanded in {raw}")
        elif c in "\"'" and quote is None:
            quote = c
        elif c == quote:
            quote = None
        else:
            out += c
        at += 1
    if quote:
        raise ValueError(f"an unclosed {quote} in {raw}")
    return out


def docker(text):
    found, whole = [], ""
    for line in text.split("\n"):
        if line.lstrip().startswith("#") or not line.strip():
            continue
        whole += line.rstrip(" \t\r")
        if whole.endswith("\\"):
            whole = whole[:-1]
            continue
        name, _, rest = whole.lstrip().partition(" ")
        found.append([name, [word(one) for one in words(rest)] if name == "LABEL" else rest])
        whole = ""
    return found


PARSERS = {"toml": tomllib.loads, "json": json.loads, "xml": xml, "py": python, "Dockerfile": docker}
with open("input", encoding="utf-8", newline="\n") as lines:
    for line in lines:
        one = json.loads(line)
        try:
            answer = {"id": one["id"], "parse": PARSERS[one["path"].rsplit("/", 1)[-1].rsplit(".", 1)[-1]](one["text"])}
        except Exception as fault:
            answer = {"id": one["id"], "error": f"{type(fault).__name__}: {fault}"}
        print(json.dumps(answer, default=str))
"##;

const NODE: &str = r"
import { readFileSync } from 'node:fs';
const show = (name, value) => (typeof value === 'function' ? String(value) : value);
for (const line of readFileSync('input', 'utf8').split('\n').filter(Boolean)) {
  const { id, text } = JSON.parse(line);
  try {
    const module = await import(`data:text/javascript;charset=utf-8,${encodeURIComponent(text)}`);
    console.log(JSON.stringify({ id, parse: { ...module } }, show));
  } catch (fault) {
    console.log(JSON.stringify({ id, error: String(fault) }));
  }
}
";

const JAVA: &str = r#"
import com.sun.source.tree.*;
import com.sun.source.util.*;
import java.net.URI;
import java.nio.file.*;
import java.util.*;
import javax.tools.*;

class Parse {
    static String quoted(Object value) {
        var out = new StringBuilder("\"");
        String.valueOf(value).chars().forEach(c -> out.append(String.format("\\%c%04x", 'u', c)));
        return out.append('"').toString();
    }

    public static void main(String[] arguments) throws Exception {
        var sources = new ArrayList<JavaFileObject>();
        try (var files = Files.list(Path.of("sources"))) {
            for (var file : files.sorted().toList()) {
                var text = Files.readString(file);
                sources.add(new SimpleJavaFileObject(URI.create("string:///" + file.getFileName()), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignored) {
                        return text;
                    }
                });
            }
        }
        var faults = new TreeMap<String, String>();
        var task = (JavacTask) ToolProvider.getSystemJavaCompiler().getTask(null, null,
                d -> { if (d.getKind() == Diagnostic.Kind.ERROR) faults.put(d.getSource().getName(), d.toString()); },
                List.of("-proc:none"), null, sources);
        for (var unit : task.parse()) {
            var name = unit.getSourceFile().getName();
            var nodes = new ArrayList<String>();
            new TreeScanner<Void, Void>() {
                @Override
                public Void scan(Tree tree, Void nothing) {
                    if (tree != null) {
                        nodes.add(quoted(tree.getKind()));
                    }
                    return super.scan(tree, nothing);
                }

                @Override
                public Void visitLiteral(LiteralTree literal, Void nothing) {
                    nodes.add(quoted(literal.getValue()));
                    return null;
                }

                @Override
                public Void visitIdentifier(IdentifierTree identifier, Void nothing) {
                    nodes.add(quoted(identifier.getName()));
                    return null;
                }
            }.scan(unit, null);
            var id = name.replaceAll("[^0-9]", "");
            var fault = faults.get(name);
            System.out.println("{\"id\":" + id + "," + (fault == null ? "\"parse\":[" + String.join(",", nodes) + "]" : "\"error\":" + quoted(fault)) + "}");
        }
    }
}
"#;
