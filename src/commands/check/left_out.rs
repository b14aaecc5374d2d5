//! Which test files keep all the others from running.

use std::path::Path;

use crate::{
    milestone::{Outcome, TestCase, name_of},
    progress::LeftOut,
};

/// What compilers take for sources.
const COMPILED: [&str; 2] = [".java:", ".kt:"];

/// The test files that a build names as those that do not compile, or cannot be loaded; none if something else is wrong as well.
pub(in crate::commands) fn left_out(output: &str, root: &Path, is_test: &dyn Fn(&str) -> bool) -> Vec<LeftOut> {
    let root = format!("{}/", root.display()).replace('\\', "/");
    let lines: Vec<&str> = output.lines().map(str::trim_end).collect();
    let mut found: Vec<LeftOut> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(mut broken) = compiled(line, &root) else { continue };
        if let Some(symbol) = lines.get(index + 1).and_then(|next| next.split_once("symbol:")) {
            broken.why = format!("{}: {}", broken.why, symbol.1.trim());
        }
        // One error a file is enough to find it.
        if !found.iter().any(|known| known.path == broken.path) {
            found.push(broken);
        }
    }
    found.extend(if found.is_empty() { loaded(&lines, &root) } else { None });
    if found.iter().all(|broken| is_test(&broken.path)) { found } else { Vec::new() }
}

/// `[ERROR] /root/A.java:[3,5] cannot find symbol` of Maven, `/root/A.java:3: error: …` of javac.
fn compiled(line: &str, root: &str) -> Option<LeftOut> {
    let (is_maven, line) = match line.strip_prefix("[ERROR] ") {
        Some(line) => (true, line),
        None => (false, line),
    };
    let line = line.trim_start_matches("file://").replace('\\', "/");
    let (path, rest) = COMPILED.iter().find_map(|end| line.find(end).map(|at| (&line[..at + end.len() - 1], &line[at + end.len()..])))?;
    let path = path.strip_prefix(root).unwrap_or(path);
    let (place, why) = if is_maven { rest.strip_prefix('[')?.split_once("] ")? } else { rest.split_once(": error: ")? };
    let number: String = place.chars().take_while(char::is_ascii_digit).collect();
    Some(LeftOut { path: path.to_owned(), line: number.parse().ok(), why: why.to_owned() })
}

/// The last traceback of Python: a file with an error of syntax is its end; any other error is looked for in the test file that has led to it.
fn loaded(lines: &[&str], root: &str) -> Option<LeftOut> {
    let start = lines.iter().rposition(|line| *line == "Traceback (most recent call last):")?;
    let why = lines[start..].iter().skip(1).find(|line| !line.is_empty() && !line.starts_with(' '))?;
    let frames = lines[start..].iter().filter_map(|line| {
        let (path, rest) = line.trim_start().strip_prefix("File \"")?.split_once("\", line ")?;
        let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
        Some((path.strip_prefix(root)?.to_owned(), number.parse().ok()))
    });
    let frames: Vec<(String, Option<usize>)> = frames.collect();
    let is_syntax = ["SyntaxError", "IndentationError", "TabError"].iter().any(|name| why.starts_with(name));
    let (path, line) = if is_syntax { frames.last() } else { frames.iter().rev().find(|(path, _)| is_of_milestone(path)) }?;
    Some(LeftOut { path: path.clone(), line: *line, why: (*why).to_owned() })
}

fn is_of_milestone(path: &str) -> bool {
    name_of(path).0 > 0 || path.rsplit('/').next().is_some_and(|name| name.starts_with("test_m0"))
}

/// Takes the cases that stand for a whole file out of `cases`: node reports a file that it cannot load as a test with the file's path for a name.
pub(in crate::commands) fn not_loaded(
    cases: &mut Vec<TestCase>,
    output: &str,
    root: &Path,
    is_test: &dyn Fn(&str) -> bool,
) -> Vec<LeftOut> {
    let root = format!("{}/", root.display());
    let mut found = Vec::new();
    cases.retain(|case| {
        let path = case.id.split_once(&root).map(|(_, path)| path).filter(|path| case.outcome == Outcome::Failed && is_test(path));
        let Some(path) = path else { return true };
        let mut lines = output.lines().skip_while(|line| !line.contains(&format!("{path}:")));
        let place = lines.next().and_then(|line| line.rsplit_once(&format!("{path}:")));
        let number: String = place.map_or("", |(_, rest)| rest).chars().take_while(char::is_ascii_digit).collect();
        let why = lines.take(10).find(|line| line.contains("Error")).map_or("it cannot be loaded", str::trim);
        found.push(LeftOut { path: path.to_owned(), line: number.parse().ok(), why: why.to_owned() });
        false
    });
    found
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{left_out, not_loaded};
    use crate::milestone::{Outcome, TestCase};

    fn found(output: &str) -> Vec<String> {
        let is_test = |path: &str| path.starts_with("src/test/") || path.starts_with("acceptance/");
        left_out(output, Path::new("/r"), &is_test).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn maven_names_the_tests_that_do_not_compile() {
        let said = "[ERROR] COMPILATION ERROR : \n\
                    [ERROR] /r/src/test/java/M2Test.java:[9,60] cannot find symbol\n  symbol:   method nothing()\n  location: class M2Test\n\
                    [ERROR] /r/src/test/java/M2Test.java:[9,71] cannot find symbol\n  symbol:   class Answer\n\
                    [ERROR] /r/src/test/java/M3Test.java:[1,2] ';' expected\n\
                    [ERROR] Failed to execute goal x:testCompile\n\
                    [ERROR] /r/src/test/java/M2Test.java:[9,60] cannot find symbol\n[ERROR]   symbol:   method nothing()\n";
        assert_eq!(
            found(said),
            ["src/test/java/M2Test.java:9: cannot find symbol: method nothing()", "src/test/java/M3Test.java:1: ';' expected"]
        );
        assert_eq!(found(&said.replace("/r/src/test/java/M3Test", "/r/src/main/java/App")), [""; 0], "the code itself");
        assert_eq!(found("[ERROR] Failed to execute goal\n[WARNING] /r/src/test/java/A.java:[1,2] old\n"), [""; 0]);
    }

    #[test]
    fn javac_does_too() {
        let said = "/r/src/test/java/M2Test.java:9: error: cannot find symbol\nsrc/test/java/A.java:1: warning: old\n";
        assert_eq!(found(said), ["src/test/java/M2Test.java:9: cannot find symbol"]);
    }

    #[test]
    fn python_s_last_frame_has_the_error_of_syntax_and_leads_to_any_other() {
        let trace = "Traceback (most recent call last):\n  File \"/r/acceptance/__main__.py\", line 48, in <module>\n    sys.exit(main())\n\
                     \x20 File \"/usr/lib/python3/unittest/loader.py\", line 162, in loadTestsFromName\n    module = __import__(module_name)\n\
                     \x20 File \"/r/acceptance/test_m2_json.py\", line 8";
        assert_eq!(
            found(&format!("{trace}\n    def (:\n        ^\nSyntaxError: invalid syntax\n")),
            ["acceptance/test_m2_json.py:8: SyntaxError: invalid syntax"]
        );
        let deeper = format!("{trace}, in <module>\n  File \"/r/acceptance/cases.py\", line 3, in load\n    x\nKeyError: 'name'\n");
        assert_eq!(found(&deeper), ["acceptance/test_m2_json.py:8: KeyError: 'name'"]);
        assert_eq!(found(&deeper.replace("test_m2_json", "other")), [""; 0]);
        assert_eq!(found(&trace.replace("acceptance/test_m2", "notes/m2")), [""; 0]);
    }

    #[test]
    fn node_s_test_that_is_a_file_is_no_test() {
        let case = |id: &str, outcome| TestCase { id: id.to_owned(), milestone: 0, outcome, message: "undefined".to_owned(), seconds: 0.1 };
        let mut cases =
            vec![case("m0/acceptance//r/acceptance/m2-json.test.js", Outcome::Failed), case("m0/smoke/it runs", Outcome::Passed)];
        let said = "✔ it runs\nfile:///r/acceptance/m2-json.test.js:4\ndef (:\n     ^\n\nSyntaxError: Unexpected token ':'\n    at x\n";
        let found = not_loaded(&mut cases, said, Path::new("/r"), &|_| true);
        assert_eq!(found[0].to_string(), "acceptance/m2-json.test.js:4: SyntaxError: Unexpected token ':'");
        assert_eq!((found.len(), cases.len()), (1, 1));
    }
}
