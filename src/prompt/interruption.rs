//! Ctrl-C while a question stands on the terminal.
//!
//! A prompt reads in raw mode and then sends itself the signal, which would end the process with the cursor hidden; and a signal that
//! arrives between two reads wakes nobody. So a thread listens, and ends the process decently where the prompt cannot.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::{
    stdio::stdin,
    termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr},
};
use signal_hook::{consts::SIGINT, iterator::Signals, low_level};

use crate::error::{Error, Result};

/// Nobody is asked; a signal is for whoever works.
const IDLE: u8 = 0;
/// A question stands on the terminal.
const ASKING: u8 = 1;
/// A signal arrived while nobody was asked: the next question is not put.
const PENDING: u8 = 2;
/// The prompt has noticed the signal itself, or the thread has; the other one keeps quiet.
const ENDING: u8 = 3;
/// The prompt has come to its end after the thread began to end the process: it draws no more.
const LEFT: u8 = 4;

/// A prompt that is not drawn by then is not waited for.
const DRAWN: Duration = Duration::from_secs(1);

/// Listens from its making on.
pub(super) struct Interruption {
    state: Arc<AtomicU8>,
}

impl Interruption {
    pub(super) fn listen() -> io::Result<Self> {
        let state = Arc::new(AtomicU8::new(IDLE));
        let mut signals = Signals::new([SIGINT])?;
        let seen = Arc::clone(&state);
        // As the terminal is while it is not read in raw mode.
        let before = tcgetattr(stdin()).ok();
        thread::Builder::new().name("ctrl-c".to_owned()).spawn(move || {
            for _ in signals.forever() {
                let _ = seen.compare_exchange(IDLE, PENDING, Ordering::SeqCst, Ordering::SeqCst);
                if seen.compare_exchange(ASKING, ENDING, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
                    end(&seen, before.as_ref());
                }
            }
        })?;
        Ok(Self { state })
    }

    /// A question is put.
    pub(super) fn asking(&self) -> Result<()> {
        match self.state.compare_exchange(IDLE, ASKING, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::interrupted()),
        }
    }

    /// It is answered, or never will be.
    pub(super) fn answered(&self, is_interrupted: bool) {
        let next = if is_interrupted { ENDING } else { IDLE };
        if self.state.compare_exchange(ASKING, next, Ordering::SeqCst, Ordering::SeqCst).is_err() {
            // The thread was first and ends the process in a moment.
            self.state.store(LEFT, Ordering::SeqCst);
            loop {
                thread::park();
            }
        }
    }
}

/// Says what the command would have said, with the same exit code, and leaves the terminal as it was.
fn end(state: &AtomicU8, before: Option<&Termios>) {
    let begun = Instant::now();
    while state.load(Ordering::SeqCst) != LEFT && !is_read() && begun.elapsed() < DRAWN {
        thread::sleep(Duration::from_millis(1));
    }
    // Nothing can be done about a terminal that is gone.
    if let Some(before) = before {
        let _ = tcsetattr(stdin(), OptionalActions::Now, before);
    }
    let terminal = console::Term::stderr();
    let _ = terminal.write_line(&format!("\n{} {}", console::style("error:").red().bold().for_stderr(), Error::interrupted()));
    let _ = terminal.show_cursor();
    low_level::exit(130);
}

/// Whether a prompt waits for a key, with all that it draws before drawn: it reads in raw mode.
fn is_read() -> bool {
    tcgetattr(stdin()).is_ok_and(|now| !now.local_modes.contains(LocalModes::ICANON))
}
