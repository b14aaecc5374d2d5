//! Work that two threads share: a generation is small enough that a third one costs more than it does.

use std::{
    panic,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

/// From how many items on a second thread is worth its start.
const WORTH_IT: usize = 8;

/// Items of which each thread takes the next one that nobody has.
pub(crate) struct Queue<'i, T> {
    items: &'i [T],
    next: AtomicUsize,
}

impl<'i, T> Queue<'i, T> {
    pub(crate) fn new(items: &'i [T]) -> Self {
        Self { items, next: AtomicUsize::new(0) }
    }

    /// The next item and its place; none when all are taken.
    pub(crate) fn take(&self) -> Option<(usize, &'i T)> {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        Some((index, self.items.get(index)?))
    }
}

/// What `work` makes of every item, in the order of the items: this thread and another one each take the next item that nobody has. Where no
/// thread can be had this one does it all.
pub(crate) fn pair<T: Sync, W: Send, R: Send>(items: &[T], workers: [W; 2], work: impl Fn(&mut W, &T) -> R + Sync) -> Vec<R> {
    let queue = Queue::new(items);
    let run = |mut worker: W| {
        let mut done = Vec::with_capacity(items.len());
        while let Some((index, item)) = queue.take() {
            done.push((index, work(&mut worker, item)));
        }
        done
    };
    let [mine, theirs] = workers;
    let mut done = thread::scope(|scope| {
        let other = (items.len() >= WORTH_IT).then(|| thread::Builder::new().spawn_scoped(scope, || run(theirs)));
        let mut done = run(mine);
        if let Some(Ok(other)) = other {
            match other.join() {
                Ok(more) => done.extend(more),
                Err(panicked) => panic::resume_unwind(panicked),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Works on the items, `jobs` at a time, and hands `take` the place and the result of each as soon as it is there. Every thread works with what
/// `worker` makes for it; once it `is_over`, none takes another item.
pub(crate) fn each<T: Sync, W, R: Send>(
    items: &[T],
    jobs: usize,
    worker: impl Fn() -> W + Sync,
    is_over: impl Fn() -> bool + Sync,
    work: impl Fn(&W, &T) -> R + Sync,
    mut take: impl FnMut(usize, R),
) {
    let queue = Queue::new(items);
    let run = |sender: mpsc::Sender<(usize, R)>| {
        let worker = worker();
        while !is_over() {
            let Some((place, item)) = queue.take() else { return };
            if sender.send((place, work(&worker, item))).is_err() {
                return;
            }
        }
    };
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..jobs.min(items.len()) {
            let (sender, run) = (sender.clone(), &run);
            scope.spawn(move || run(sender));
        }
        drop(sender);
        for (place, result) in receiver {
            take(place, result);
        }
    });
}

/// What `here` gives on this thread and `there`, in the meantime, on another one; where no thread can be had one comes after the other.
pub(crate) fn beside<L, R: Send>(here: impl FnOnce() -> L, there: impl FnOnce() -> R + Send) -> (L, R) {
    // A thread that is refused drops what it was to do: the slot keeps it for this one.
    let slot = Mutex::new(Some(there));
    let take = || slot.lock().unwrap_or_else(PoisonError::into_inner).take().map(|there| there());
    thread::scope(|scope| {
        let other = thread::Builder::new().spawn_scoped(scope, take);
        let left = here();
        let right = match other.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(Some(right))) => right,
            Ok(Err(panicked)) => panic::resume_unwind(panicked),
            Ok(Ok(None)) | Err(_) => take().unwrap_or_else(|| unreachable!("nobody else takes it")),
        };
        (left, right)
    })
}

/// Takes everything that `make` gives; the next item is made while the last is taken. The first error ends both.
pub fn ahead<T: Send, E: Send>(make: impl Iterator<Item = Result<T, E>> + Send, mut take: impl FnMut(T) -> Result<(), E>) -> Result<(), E> {
    // One that waits, beside the one in the making and the one in use: what is made may be large.
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::scope(|scope| {
        let maker = scope.spawn(move || {
            for item in make {
                let is_last = item.is_err();
                if sender.send(item).is_err() || is_last {
                    return;
                }
            }
        });
        let taken = receiver.into_iter().try_for_each(|item| take(item?));
        match maker.join() {
            Ok(()) => taken,
            Err(panicked) => panic::resume_unwind(panicked),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::{WORTH_IT, ahead, beside, each, pair};

    #[test]
    fn results_are_in_the_order_of_the_items() {
        for length in [0, 1, WORTH_IT - 1, WORTH_IT, 1000] {
            let items: Vec<usize> = (0..length).collect();
            assert_eq!(pair(&items, [1, 1], |factor, item| item * *factor), items);
        }
    }

    #[test]
    fn every_item_is_worked_on_by_one_of_the_two() {
        let items = [(); 100];
        let workers = pair(&items, [1_u8, 2], |worker, ()| *worker);
        assert_eq!(workers.len(), 100);
        assert!(workers.iter().all(|worker| [1, 2].contains(worker)));
    }

    #[test]
    #[should_panic(expected = "no such thing")]
    fn a_panic_of_either_thread_is_the_callers() {
        pair(&[(); 100], [(), ()], |(), ()| panic!("no such thing"));
    }

    #[test]
    fn each_item_is_taken_with_its_place_until_it_is_over() {
        let items: Vec<usize> = (0..100).collect();
        for jobs in [1, 7, 1000] {
            let mut taken = Vec::new();
            each(&items, jobs, || 2, || false, |factor, item| item * factor, |place, result| taken.push((place, result)));
            taken.sort_unstable();
            assert_eq!(taken, items.iter().map(|item| (*item, 2 * item)).collect::<Vec<_>>());
        }
        each(&items, 3, || (), || true, |(), item| *item, |place, _| panic!("{place} was taken"));
    }

    #[test]
    fn both_are_done_once() {
        assert_eq!(beside(|| 1, || "two"), (1, "two"));
    }

    #[test]
    fn everything_is_taken_in_order() {
        let mut taken = Vec::new();
        let made = ahead((0..100).map(Ok::<_, ()>), |item| {
            taken.push(item);
            Ok(())
        });
        assert_eq!((made, taken), (Ok(()), (0..100).collect()));
    }

    #[test]
    fn the_first_error_of_either_side_ends_it() {
        let taken = Cell::new(0);
        let take = |_| {
            taken.set(taken.get() + 1);
            Ok(())
        };
        assert_eq!(ahead([Ok(1), Err("made"), Ok(2)].into_iter(), take), Err("made"));
        assert_eq!(taken.get(), 1);
        assert_eq!(ahead((0..).map(Ok), |item| if item == 3 { Err("taken") } else { Ok(()) }), Err("taken"));
    }
}
