//! Which of a student's files are built, and what is said of the others.

use serde::{Deserialize, Serialize};

use crate::tree::{RelPath, Tree};

/// What a student has handed in: the files that grading looks at.
#[derive(Clone, Debug, Default)]
pub struct Submission {
    /// The files.
    pub files: Tree,
    /// What could not be read, or is no file: links, names that are no text, what is too large.
    pub refused: Vec<Remark>,
    /// The commit that they are of, where they were read from git.
    pub commit: Option<String>,
}

/// Something that was noticed about a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Remark {
    /// Below the repository's root.
    pub path: String,
    /// In a word.
    pub kind: RemarkKind,
    /// What became of it, and why.
    pub why: String,
}

/// What was noticed about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemarkKind {
    /// A test or a build file of the kit was changed.
    Edited,
    /// It was deleted.
    Deleted,
    /// A file that the kit does not have, where it could change how tests run.
    Extra,
    /// A file that could not be taken.
    Refused,
}

impl Remark {
    /// That a file could not be taken.
    pub fn refused(path: impl Into<String>, why: impl Into<String>) -> Self {
        Self { path: path.into(), kind: RemarkKind::Refused, why: why.into() }
    }
}

/// Whether a file of the student's own may stand beside those of the kit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is built.
    Taken,
    /// It is not, for this reason, and that is said.
    Refused(&'static str),
    /// It is not, and nobody expects it to be.
    Ignored,
}

/// Folders that are never taken, wherever they stand.
const FOLDERS: [&str; 9] = [".mvn", ".stagekit", ".git", ".gradle", "target", "node_modules", "__pycache__", ".venv", "META-INF"];

/// Names that build tools, test frameworks and interpreters obey.
const OBEYED: [&str; 14] = [
    "junit-platform.properties",
    "conftest.py",
    "sitecustomize.py",
    "usercustomize.py",
    "pytest.ini",
    "package.json",
    ".npmrc",
    ".nvmrc",
    "pom.xml",
    "archunit.properties",
    "archunit_ignore_patterns.txt",
    "spring.properties",
    "module-info.java",
    "allure.properties",
];

/// Ends of names of code whose source nobody sees.
const COMPILED: [&str; 8] = ["class", "jar", "pyc", "pyd", "so", "dll", "dylib", "node"];

/// Why a file that the kit does not have is never taken, whatever folder it stands in.
pub(super) fn barred(path: &str) -> Option<&'static str> {
    let mut parts: Vec<&str> = path.split('/').collect();
    let name = parts.pop().unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    if parts.iter().any(|part| FOLDERS.iter().any(|folder| folder.eq_ignore_ascii_case(part))) {
        return Some("nothing in such a folder is used: builds make it, or tests obey it");
    }
    if OBEYED.contains(&lower.as_str()) || lower.starts_with("mvnw") || lower.ends_with(".pth") {
        return Some("such a file changes how tests run, and is not used");
    }
    let end = lower.rsplit_once('.').map_or("", |(_, end)| end);
    COMPILED.contains(&end).then_some("compiled code is not used")
}

/// Why a Java source in a source folder cannot be used: its package is not that of its folder, so that it could take a library's or a test's place.
pub(super) fn misplaced(path: &RelPath, text: Option<&str>) -> Option<&'static str> {
    let path = path.as_str();
    if !path.ends_with(".java") {
        return None;
    }
    let inside = ["src/main/java/", "src/test/java/"].iter().find_map(|root| path.split_once(root).map(|(_, inside)| inside))?;
    let Some(text) = text else { return Some("a source that is no text is not used") };
    let folder = inside.rsplit_once('/').map_or("", |(folder, _)| folder).replace('/', ".");
    (package_of(text) != folder).then_some("its package is not that of its folder, and it is not used")
}

/// The package that a Java source declares; empty if it declares none.
fn package_of(text: &str) -> String {
    let text = without_escapes(text);
    let mut rest = text.trim_start_matches('\u{feff}');
    loop {
        rest = rest.trim_start();
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.find(['\n', '\r']).map_or("", |end| &comment[end..]);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.find("*/").map_or("", |end| &comment[end + 2..]);
        } else if rest.starts_with('@') && !rest.starts_with("@interface") {
            // Annotations stand before the package of a `package-info.java`.
            rest = after_annotation(rest);
        } else {
            break;
        }
    }
    let Some(declared) = rest.strip_prefix("package").filter(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')) else {
        return String::new();
    };
    // Comments and blanks may stand between the names.
    let mut package = String::new();
    let mut declared = declared;
    while let Some(c) = declared.chars().next().filter(|c| *c != ';') {
        if let Some(comment) = declared.strip_prefix("/*") {
            declared = comment.find("*/").map_or("", |end| &comment[end + 2..]);
        } else if let Some(comment) = declared.strip_prefix("//") {
            declared = comment.find(['\n', '\r']).map_or("", |end| &comment[end..]);
        } else {
            package.extend(Some(c).filter(|c| !c.is_whitespace()));
            declared = &declared[c.len_utf8()..];
        }
    }
    package
}

/// What comes after an annotation and its arguments.
fn after_annotation(text: &str) -> &str {
    let end = text[1..].find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).map_or(text.len(), |end| end + 1);
    let rest = text[end..].trim_start();
    if !rest.starts_with('(') {
        return rest;
    }
    let mut depth = 0;
    for (index, c) in rest.char_indices() {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if depth == 0 {
            return &rest[index + 1..];
        }
    }
    ""
}

/// The text as a compiler reads it: `\u0061` is a letter, with any number of `u`.
///
/// The Java Language Specification, 3.3.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let digits = after.trim_start_matches('u');
        let code = (digits.len() < after.len()).then(|| digits.get(..4)).flatten().and_then(|code| u32::from_str_radix(code, 16).ok());
        if let Some(c) = code.and_then(char::from_u32) {
            plain.push(c);
            rest = &digits[4..];
        } else {
            // The character after it is no beginning of an escape.
            let next = after.chars().next().map_or(0, char::len_utf8);
            plain.push_str(&rest[at..at + 1 + next]);
            rest = &after[next..];
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::{barred, misplaced, package_of};
    use crate::tree::RelPath;

    #[test]
    fn what_tests_and_builds_obey_is_never_taken() {
        for path in [
            "src/main/resources/META-INF/services/org.junit.platform.launcher.TestExecutionListener",
            "src/main/resources/META-INF/spring.factories",
            "src/main/resources/junit-platform.properties",
            "src/main/resources/org/junit/jupiter/api/Assertions.class",
            "src/main/java/a/.mvn/maven.config",
            "src/main/java/a/lib.JAR",
            "src/main/java/module-info.java",
            "notes/sitecustomize.py",
            "notes/conftest.py",
            "notes/__pycache__/app.pyc",
            "src/package.json",
            "src/node_modules/x/index.js",
            "src/target/surefire-reports/TEST-a.xml",
            "notes/evil.pth",
        ] {
            assert!(barred(path).is_some(), "{path}");
        }
        for path in ["src/main/java/a/B.java", "notes/store.py", "src/routes.js", "src/main/resources/static/index.html", "src/targets/a"] {
            assert_eq!(barred(path), None, "{path}");
        }
    }

    #[test]
    fn a_source_says_its_package_however_it_is_written() {
        for (text, package) in [
            ("package a.b;\nclass C {}", "a.b"),
            ("\u{feff}// package x;\n/* package y; */ package a . /* z */ b ;", "a.b"),
            ("pack\\u0061ge org.jun\\uuu0069t.jupiter;", "org.junit.jupiter"),
            ("@NullMarked\npackage a.b;", "a.b"),
            ("@A(x = \"b\", y = (1))\npackage a;", "a"),
            ("class C { String s = \"package a;\"; }", ""),
            ("packages.x y;", ""),
            ("@interface A {}", ""),
            ("", ""),
        ] {
            assert_eq!(package_of(text), package, "{text}");
        }
    }

    #[test]
    fn a_class_stands_in_the_folder_of_its_package() {
        let path = RelPath::new("src/main/java/com/example/Evil.java").unwrap();
        assert_eq!(misplaced(&path, Some("package com.example;")), None);
        for text in [Some("package org.junit.jupiter.api;"), Some("class Evil {}"), None] {
            assert!(misplaced(&path, text).is_some(), "{text:?}");
        }
        assert_eq!(misplaced(&RelPath::new("notes/app.py").unwrap(), None), None);
    }
}
