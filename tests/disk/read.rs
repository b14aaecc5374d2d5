use std::fs;

use stagekit::{
    disk::read,
    error::ErrorKind,
    tree::{RelPath, Tree},
};

use super::folder::{temporary, tree, write};

fn paths(paths: &[&str]) -> Vec<RelPath> {
    paths.iter().map(|path| RelPath::new(*path).unwrap()).collect()
}

#[test]
fn only_what_was_asked_for_is_read() {
    let root = temporary();
    write(root.path(), &tree(&[("a/b/c", "1"), ("a/d", "#!2"), ("e", "3"), ("f", "4")]));
    let asked = paths(&["a/b/c", "a/d", "a/missing", "e", "no/where"]);
    assert_eq!(read(root.path(), &asked).unwrap(), tree(&[("a/b/c", "1"), ("a/d", "#!2"), ("e", "3")]));
    assert_eq!(read(&root.path().join("nowhere"), &asked).unwrap(), Tree::new());
}

#[test]
fn a_file_becoming_a_folder_and_the_reverse_are_read_for_what_they_are() {
    let root = temporary();
    write(root.path(), &tree(&[("file", "1"), ("folder/a/b", "2")]));
    assert_eq!(read(root.path(), &paths(&["file", "file/inner"])).unwrap(), tree(&[("file", "1")]));
    assert_eq!(read(root.path(), &paths(&["folder", "folder/a/b"])).unwrap(), tree(&[("folder/a/b", "2")]));
}

#[test]
fn what_is_no_file_is_reported_all_at_once() {
    let root = temporary();
    write(root.path(), &tree(&[("file", "1"), ("folder/mine", "2"), ("partly/ours", "3"), ("partly/mine", "4")]));
    fs::create_dir(root.path().join("empty")).unwrap();
    let mut asked = vec!["empty", "file/inner", "folder", "partly", "partly/ours"];
    let mut wanted = vec![
        "empty: is a folder where a file belongs (move it away)",
        "file: is a file where a folder is needed (move it away)",
        "folder: is a folder where a file belongs (move it away)",
        "partly: is a folder where a file belongs (move it away)",
    ];
    #[cfg(unix)]
    {
        for (link, to) in [("link", "file"), ("way", "folder"), ("out", "/")] {
            std::os::unix::fs::symlink(to, root.path().join(link)).unwrap();
        }
        let _socket = std::os::unix::net::UnixListener::bind(root.path().join("socket")).unwrap();
        asked.extend(["link", "way/mine", "out/etc/passwd", "socket"]);
        wanted.extend([
            "link: is a symlink, and stagekit writes through none (move it away)",
            "out: is a symlink, and stagekit writes through none (move it away)",
            "socket: is not a regular file (move it away)",
            "way: is a symlink, and stagekit writes through none (move it away)",
        ]);
    }
    wanted.sort_unstable();
    let error = read(root.path(), &paths(&asked)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(error.listed().iter().map(ToString::to_string).collect::<Vec<_>>(), wanted);
}
