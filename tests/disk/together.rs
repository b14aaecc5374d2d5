//! Several runs at once.

use std::{fs, sync::Barrier, thread};

use stagekit::{
    disk::{Unwatched, apply, create, sweep},
    error::{ErrorKind, Result},
    plan::{Deleted, plan},
    tree::Tree,
};

use super::folder::{contents, names, temporary, tree};

const RUNS: usize = 6;
const ROUNDS: usize = 40;

/// What these runs, started at the same moment, ended with.
fn race(run: impl Fn(usize) -> Result<()> + Sync) -> Vec<Result<()>> {
    let start = Barrier::new(RUNS);
    thread::scope(|scope| {
        let runs: Vec<_> = (0..RUNS)
            .map(|number| {
                let (run, start) = (&run, &start);
                scope.spawn(move || {
                    start.wait();
                    run(number)
                })
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    })
}

fn numbered(number: usize) -> Tree {
    tree(&[("a/number", &number.to_string()), ("b/number", &number.to_string()), (".stagekit/receipt.toml", &number.to_string())])
}

#[test]
fn of_runs_with_one_target_exactly_one_wins() {
    for round in 0..ROUNDS {
        for target in ["missing", "new/parents/missing", "empty"] {
            let place = temporary();
            fs::create_dir(place.path().join("empty")).unwrap();
            let path = place.path().join(target);
            let results = race(|number| {
                if round % 2 == 0 {
                    sweep(place.path(), &Unwatched);
                }
                create(&path, &numbered(number), &Unwatched)
            });
            let winners: Vec<_> = results.iter().enumerate().filter(|(_, result)| result.is_ok()).map(|(number, _)| number).collect();
            let errors: Vec<_> = results.into_iter().filter_map(Result::err).collect();
            assert_eq!(winners.len(), 1, "{target}: {errors:?}");
            assert_eq!(contents(&path), numbered(winners[0]));
            for error in errors {
                assert!(error.kind() == ErrorKind::Conflict && error.to_string().contains("exists"), "{target}: {error}");
            }
            assert!(names(place.path()).iter().all(|name| !name.starts_with('.')), "{:?}", names(place.path()));
        }
    }
}

#[test]
fn runs_with_several_targets_below_one_new_parent_all_win() {
    for _ in 0..ROUNDS {
        let place = temporary();
        let results = race(|number| create(&place.path().join(format!("out/{number}")), &numbered(number), &Unwatched));
        for (number, result) in results.into_iter().enumerate() {
            result.unwrap();
            assert_eq!(contents(&place.path().join(format!("out/{number}"))), numbered(number));
        }
        assert_eq!(names(place.path()), ["out"]);
    }
}

#[test]
fn of_runs_in_one_repository_one_goes_after_another_or_gives_way() {
    for _ in 0..ROUNDS / 4 {
        let root = temporary();
        let results = race(|number| {
            let change = plan(&Tree::new(), &Tree::new(), &numbered(number), Deleted::Say);
            apply(root.path(), &change, &Tree::new(), &Unwatched)
        });
        let winners: Vec<_> = results.iter().enumerate().filter(|(_, result)| result.is_ok()).map(|(number, _)| number).collect();
        assert_eq!(winners.len(), 1, "{results:?}");
        assert_eq!(contents(root.path()), numbered(winners[0]));
        for error in results.into_iter().filter_map(Result::err) {
            assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        }
    }
}
