use std::fmt::Write as _;

use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, proptest};

use super::{Deleted, Left, Op, Plan, Reason, line_endings::same_text, plan};
use crate::tree::{Entry, RelPath, Tree};

type File = Option<(&'static [u8], bool)>;

const NONE: File = None;

#[expect(clippy::unnecessary_wraps, reason = "rows of tables read better so")]
fn file(text: &'static str) -> File {
    Some((text.as_bytes(), false))
}

#[expect(clippy::unnecessary_wraps, reason = "rows of tables read better so")]
fn script(text: &'static str) -> File {
    Some((text.as_bytes(), true))
}

fn path(path: &str) -> RelPath {
    RelPath::new(path).unwrap()
}

fn one(file: File) -> Tree {
    file.into_iter().map(|(bytes, executable)| (path("f"), Entry { bytes: bytes.into(), executable })).collect()
}

fn tree(files: &[(&str, &'static str)]) -> Tree {
    files.iter().map(|(name, text)| (path(name), Entry { bytes: text.as_bytes().into(), executable: false })).collect()
}

/// What would be on disk after the plan.
fn after(plan: &Plan, disk: &Tree) -> Tree {
    let mut disk = disk.clone();
    for step in plan.steps() {
        match (&step.op, step.op.entry()) {
            (Op::Remove, _) => drop(disk.remove(&step.path)),
            (_, Some(entry)) => drop(disk.insert(step.path.clone(), entry.clone())),
            _ => {}
        }
    }
    disk
}

/// The plan of a single path in one line.
fn told(base: File, disk: File, fresh: File, deleted: Deleted) -> String {
    let plan = plan(&one(base), &one(disk), &one(fresh), deleted);
    let mut out = match plan.said() {
        [] => String::new(),
        [(_, left)] => format!("said {left:?}"),
        more => panic!("one path was said {} times", more.len()),
    };
    for step in plan.steps() {
        out.push_str(step.op.word());
        if let Some(entry) = step.op.entry() {
            write!(out, " {:?}{}", String::from_utf8_lossy(&entry.bytes), if entry.executable { " x" } else { "" }).unwrap();
        }
        if let Op::Conflict { reason, markers } = &step.op {
            write!(out, " {}{}", reason.word(), if markers.is_some() { " markable" } else { "" }).unwrap();
        }
    }
    out
}

#[test]
fn each_case_is_decided_as_the_table_says() {
    const TEN: &str = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n";
    let rows: &[(&str, File, File, File, &str)] = &[
        ("nothing anywhere after a removal by both", file("a\n"), NONE, NONE, ""),
        ("new", NONE, NONE, file("a\n"), r#"create "a\n""#),
        ("new and executable", NONE, NONE, script("a\n"), r#"create "a\n" x"#),
        ("only on disk", NONE, file("a\n"), NONE, ""),
        ("as it should be", file("a\n"), file("a\n"), file("a\n"), "keep"),
        ("as it should be, without a base", NONE, file("a\n"), file("a\n"), "keep"),
        ("both made the same change", file("a\n"), file("b\n"), file("b\n"), "keep"),
        ("untouched, changed by us", file("a\n"), file("a\n"), file("b\n"), r#"change "b\n""#),
        ("untouched, removed by us", file("a\n"), file("a\n"), NONE, "remove"),
        ("edited, unchanged by us", file("a\n"), file("mine\n"), file("a\n"), "keep"),
        (
            "edited elsewhere",
            file(TEN),
            file("0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n"),
            file("1\n2\n3\n4\n5\n6\n7\n8\n9\nten\n"),
            r#"merge "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\nten\n""#,
        ),
        ("edited in the same place", file("a\n"), file("b\n"), file("c\n"), "conflict edited markable"),
        ("edited, removed by us", file("a\n"), file("b\n"), NONE, "conflict edited-and-removed"),
        ("deleted, unchanged by us", file("a\n"), NONE, file("a\n"), ""),
        ("deleted, our line endings changed", file("a\n"), NONE, file("a\r\n"), ""),
        ("deleted, changed by us", file("a\n"), NONE, file("b\n"), "said Deleted"),
        ("a new file in the way", NONE, file("mine\n"), file("ours\n"), "conflict exists markable"),
        ("a new file in the way with another bit", NONE, file("a\n"), script("a\n"), "conflict exists"),
        ("an empty file in the way", NONE, file(""), file("ours\n"), "conflict exists"),
        ("autocrlf and nothing else", file("a\nb\n"), file("a\r\nb\r\n"), file("a\nb\n"), "keep"),
        ("autocrlf, changed by us", file("a\nb\n"), file("a\r\nb\r\n"), file("a\nc\n"), r#"change "a\r\nc\r\n""#),
        ("autocrlf, removed by us", file("a\nb\n"), file("a\r\nb\r\n"), NONE, "remove"),
        ("autocrlf, text becomes binary", file("a\n"), file("a\r\n"), file("\0\n"), r#"change "\0\n""#),
        (
            "autocrlf and an edit",
            file(TEN),
            file("0\r\n1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n10\r\n"),
            file("1\n2\n3\n4\n5\n6\n7\n8\n9\nten\n"),
            r#"merge "0\r\n1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\nten\r\n""#,
        ),
        ("a file of ours with CRLF", file("a\r\n"), file("a\r\n"), file("b\r\n"), r#"change "b\r\n""#),
        ("a file of ours with CRLF, normalised by git", file("a\r\n"), file("a\n"), file("b\r\n"), r#"change "b\n""#),
        ("the user mixes line endings", file("a\nb\n"), file("a\r\nb\n"), file("c\nb\n"), r#"change "c\nb\n""#),
        ("no newline at the end, untouched", file("a"), file("a"), file("b"), r#"change "b""#),
        ("a newline at the end is a change", file("a"), file("a\n"), file("a"), "keep"),
        // Whether a text ends in a newline is merged apart from its last line.
        ("a newline at the end against an edit", file("a"), file("a\n"), file("b"), r#"merge "b\n""#),
        ("binary, untouched", file("\0\n"), file("\0\n"), file("\x01\0"), r#"change "\u{1}\0""#),
        ("binary, other line endings are a change", file("\0\n"), file("\0\r\n"), file("\0\n"), "keep"),
        ("binary, both", file("\0"), file("\x01\0"), file("\x02\0"), "conflict binary"),
        ("binary in the way", NONE, file("\x01\0"), file("\x02\0"), "conflict exists"),
        ("we made it executable", file("a\n"), file("a\n"), script("a\n"), r#"change "a\n" x"#),
        ("we made it executable, the user edited it", file("a\n"), file("b\n"), script("a\n"), r#"merge "b\n" x"#),
        ("the user made it executable, we changed it", file("a\n"), script("a\n"), file("b\n"), r#"merge "b\n" x"#),
        ("the user made it plain, we removed it", script("a\n"), file("a\n"), NONE, "conflict edited-and-removed"),
        ("the user made it executable, we did nothing", file("a\n"), script("a\n"), file("a\n"), "keep"),
        ("both made it executable and the same edit", file("a\n"), script("b\n"), script("b\n"), "keep"),
        ("the user made it plain, both made the same edit", script("a\n"), file("b\n"), script("b\n"), "keep"),
    ];
    let wrong: Vec<String> = rows
        .iter()
        .map(|(name, base, disk, fresh, wanted)| (name, told(*base, *disk, *fresh, Deleted::Say), wanted))
        .filter(|(_, got, wanted)| got != *wanted)
        .map(|(name, got, wanted)| format!("{name}: got {got:?}, wanted {wanted:?}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_follows_may_need_a_deleted_file() {
    assert_eq!(told(file("a\n"), NONE, file("b\n"), Deleted::Conflict), "conflict deleted");
    assert_eq!(told(file("a\n"), NONE, file("a\n"), Deleted::Conflict), "");
}

#[test]
fn files_and_folders_change_places() {
    let plan_of = |base: &[_], disk: &[_], fresh: &[_]| plan(&tree(base), &tree(disk), &tree(fresh), Deleted::Say);
    let to_folder = plan_of(&[("a", "1\n")], &[("a", "1\n")], &[("a/b", "2\n")]);
    assert_eq!(to_folder.listing(), "remove  a\ncreate  a/b\n\n1 to create, 1 to remove\n");
    let to_file = plan_of(&[("a/b", "1\n")], &[("a/b", "1\n")], &[("a", "2\n")]);
    assert_eq!(to_file.listing(), "create  a\nremove  a/b\n\n1 to create, 1 to remove\n");
    // The user's own file stays, so there is no place.
    let edited = plan_of(&[("a", "1\n")], &[("a", "mine\n")], &[("a/b", "2\n")]);
    assert_eq!(
        edited.listing(),
        "conflict  a  (you changed it, the new version does not have it)\nconflict  a/b  (`a` is in its way)\n\n2 conflicts\n"
    );
    let other = plan_of(&[("a/b", "1\n")], &[("a/b", "1\n"), ("a/mine", "\n")], &[("a", "2\n")]);
    assert_eq!(
        other.conflicts().map(|(path, reason)| (path.as_str(), reason.clone())).collect::<Vec<_>>(),
        [("a", Reason::InTheWay { other: "a/mine".to_owned() })]
    );
}

/// One of each.
fn mixed() -> Plan {
    let base = tree(&[("deleted", "1\n"), ("gone", "1\n"), ("kept", "1\n"), ("ours", "1\n"), ("same", "1\n"), ("both", "1\n2\n3\n4\n")]);
    let disk = tree(&[
        ("gone", "1\n"),
        ("kept", "1\n"),
        ("ours", "1\n"),
        ("same", "2\n"),
        ("both", "0\n1\n2\n3\n4\n"),
        ("way", "mine\n"),
        ("user", ""),
    ]);
    let fresh = tree(&[
        ("deleted", "2\n"),
        ("kept", "1\n"),
        ("ours", "2\n"),
        ("same", "3\n"),
        ("both", "1\n2\n3\n5\n"),
        ("way", "2\n"),
        ("new", "2\n"),
    ]);
    plan(&base, &disk, &fresh, Deleted::Say)
}

#[test]
fn a_listing_names_every_path_that_is_not_as_it_should_be() {
    insta::assert_snapshot!(mixed().listing(), @r"
    merge     both
    remove    gone
    create    new
    change    ours
    conflict  same  (you and the new version changed the same place)
    conflict  way  (it exists and stagekit did not write it)
    leave     deleted  (you deleted it, the new version changes it)

    1 to create, 1 to change, 1 to merge, 1 to remove, 2 conflicts, 1 unchanged
    ");
    assert_eq!(Plan::default().listing(), "nothing to do\n");
    let settled = plan(&Tree::new(), &tree(&[("a", "")]), &tree(&[("a", "")]), Deleted::Say);
    assert_eq!(settled.listing(), "nothing to do: 1 file is as it should be\n");
    assert!(settled.is_settled() && !mixed().is_settled());
}

#[test]
fn json_says_what_the_listing_says() {
    insta::assert_snapshot!(serde_json::to_string(&mixed().to_json()).unwrap().replace("},{", "},\n{"), @r#"
    {"settled":false,"steps":[{"op":"merge","path":"both","executable":false,"bytes":10,"marked_places":0},
    {"op":"remove","path":"gone"},
    {"op":"keep","path":"kept"},
    {"op":"create","path":"new","executable":false,"bytes":2},
    {"op":"change","path":"ours","executable":false,"bytes":2},
    {"op":"conflict","path":"same","reason":"edited","message":"you and the new version changed the same place","hint":"move your version away, run the command again, then put your changes back","can_be_marked":true},
    {"op":"conflict","path":"way","reason":"exists","message":"it exists and stagekit did not write it","hint":"move it away, then run the command again","can_be_marked":true}],"left":[{"path":"deleted","reason":"deleted"}]}
    "#);
}

#[test]
fn conflicts_are_refused_with_the_ways_out_or_marked() {
    let refusal = mixed().refusal().unwrap();
    insta::assert_snapshot!(refusal, @r"
    2 files are in the way, nothing was written
      same: you and the new version changed the same place (move your version away, run the command again, then put your changes back)
      way: it exists and stagekit did not write it (move it away, then run the command again)
    ");
    assert_eq!(refusal.exit_code(), std::process::ExitCode::from(3));
    assert_eq!(refusal.way_out(), Some("`--conflicts=markers` writes both versions into the files, for you to choose"));
    let marked = mixed().with_markers();
    assert!(marked.refusal().is_none());
    assert_eq!(marked.pending().map(RelPath::as_str).collect::<Vec<_>>(), ["same", "way"]);
    let text = String::from_utf8(after(&marked, &Tree::new()).get(&path("same")).unwrap().bytes.to_vec()).unwrap();
    assert!(text.contains("<<<<<<<") && text.contains("2\n") && text.contains("3\n") && text.contains(">>>>>>>"), "{text}");
}

#[test]
fn what_cannot_be_marked_stays_a_conflict_or_the_users() {
    let binary = plan(&one(file("\0")), &one(file("\x01\0")), &one(file("\x02\0")), Deleted::Say).with_markers();
    assert_eq!(binary.conflicts().count(), 1);
    assert_eq!(binary.refusal().unwrap().way_out(), None);
    let removed = plan(&one(file("a\n")), &one(file("b\n")), &one(NONE), Deleted::Say).with_markers();
    assert_eq!((removed.conflicts().count(), removed.said()), (0, &[(path("f"), Left::Edited)][..]));
}

#[test]
fn a_diff_is_written_as_git_writes_it() {
    let disk: Tree = [("a b", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", false), ("bin", "\0", false), ("gone", "x", false), ("run", "x\n", false)]
        .map(|(name, text, executable)| (path(name), Entry { bytes: text.as_bytes().into(), executable }))
        .into_iter()
        .collect();
    let fresh: Tree = [
        ("a b", "1\n2\n3\n4\nfive\n6\n7\n8\n9", false),
        ("bin", "\0\0", false),
        ("empty", "", false),
        ("new", "#!\n", true),
        ("run", "x\n", true),
    ]
    .map(|(name, text, executable)| (path(name), Entry { bytes: text.as_bytes().into(), executable }))
    .into_iter()
    .collect();
    insta::assert_snapshot!(plan(&disk, &disk, &fresh, Deleted::Say).diff().replace('\t', "<TAB>"), @r"
    diff --git a/a b b/a b
    --- a/a b<TAB>
    +++ b/a b<TAB>
    @@ -2,8 +2,8 @@
     2
     3
     4
    -5
    +five
     6
     7
     8
    -9
    +9
    \ No newline at end of file
    diff --git a/bin b/bin
    Binary files a/bin and b/bin differ
    diff --git a/empty b/empty
    new file mode 100644
    diff --git a/gone b/gone
    deleted file mode 100644
    --- a/gone
    +++ /dev/null
    @@ -1 +0,0 @@
    -x
    \ No newline at end of file
    diff --git a/new b/new
    new file mode 100755
    --- /dev/null
    +++ b/new
    @@ -0,0 +1 @@
    +#!
    diff --git a/run b/run
    old mode 100644
    new mode 100755
    ");
}

fn entries() -> impl Strategy<Value = Entry> {
    let lines = prop::collection::vec(prop::sample::select(vec!["one", "two", "three", ""]), 0..6);
    let text = (lines, prop::sample::select(vec!["\n", "\r\n"]), any::<bool>())
        .prop_map(|(lines, end, ended)| format!("{}{}", lines.join(end), if ended { end } else { "" }).into_bytes());
    let bytes = prop::strategy::Union::new_weighted(vec![(6, text.boxed()), (1, prop::collection::vec(0..4_u8, 0..4).boxed())]);
    (bytes, prop::bool::weighted(0.2)).prop_map(|(bytes, executable)| Entry { bytes: bytes.into(), executable })
}

/// Trees that can exist: no file below a file.
fn trees() -> impl Strategy<Value = Tree> {
    let names = prop::sample::select(vec!["a", "a/b", "a/b/c", "a-b", "a/d", "e", "e/f", "g"]);
    prop::collection::vec((names, entries()), 0..6).prop_map(|files| {
        let mut tree = Tree::new();
        for (name, entry) in files {
            let clashes = |other: &RelPath| other.as_str().starts_with(&format!("{name}/")) || name.starts_with(&format!("{other}/"));
            if !tree.paths().any(clashes) {
                tree.insert(path(name), entry);
            }
        }
        tree
    })
}

/// Three trees of which the later ones are often like the first, as in life.
fn three() -> impl Strategy<Value = (Tree, Tree, Tree)> {
    let like = |base: &Tree| {
        let mut same = vec![(2, Just(base.clone()).boxed()), (1, trees().boxed())];
        let base = base.clone();
        let edited = (any::<prop::sample::Index>(), prop::option::of(entries())).prop_map(move |(which, entry)| {
            let mut tree = base.clone();
            if let Some(path) = base.paths().nth(which.index(base.len().max(1))) {
                match entry {
                    Some(entry) => drop(tree.insert(path.clone(), entry)),
                    None => drop(tree.remove(path)),
                }
            }
            tree
        });
        same.push((3, edited.boxed()));
        prop::strategy::Union::new_weighted(same)
    };
    trees().prop_flat_map(move |base| (Just(base.clone()), like(&base), like(&base)))
}

fn is_same(one: &Tree, other: &Tree) -> bool {
    one.len() == other.len()
        && one.iter().all(|(path, entry)| {
            other.get(path).is_some_and(|other| entry.executable == other.executable && same_text(&entry.bytes, &other.bytes))
        })
}

proptest! {
    #[test]
    fn an_untouched_repository_becomes_the_fresh_one((base, _, fresh) in three()) {
        let plan = plan(&base, &base, &fresh, Deleted::Say);
        prop_assert_eq!(plan.conflicts().count(), 0);
        prop_assert!(is_same(&after(&plan, &base), &fresh));
    }

    #[test]
    fn the_users_own_files_are_never_touched_and_a_second_time_there_is_nothing_to_do((base, disk, fresh) in three()) {
        for plan in [plan(&base, &disk, &fresh, Deleted::Say), plan(&base, &disk, &fresh, Deleted::Say).with_markers()] {
            prop_assert!(plan.steps().is_sorted_by_key(|step| &step.path));
            let result = after(&plan, &disk);
            for (path, entry) in disk.iter().filter(|(path, _)| base.get(path).is_none() && fresh.get(path).is_none()) {
                prop_assert_eq!(result.get(path), Some(entry));
            }
            for step in plan.steps() {
                prop_assert_eq!(step.before.as_ref(), disk.get(&step.path));
            }
            if plan.conflicts().count() == 0 {
                for file in result.paths() {
                    let below = format!("{file}/");
                    prop_assert!(!result.paths().any(|other| other.as_str().starts_with(&below)), "{file} is a file and a folder");
                }
                let again = super::plan(&fresh, &result, &fresh, Deleted::Conflict);
                prop_assert!(again.is_settled() && again.said().is_empty(), "{}", again.listing());
            }
        }
    }
}
