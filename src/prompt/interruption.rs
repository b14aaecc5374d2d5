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
    time::Duration,
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

/// Longer than it takes to draw a prompt, shorter than anyone notices.
const DRAWN: Duration = Duration::from_millis(30);

/// Listens from its making on.
pub(super) struct Interruption {
    state: Arc<AtomicU8>,
}

impl Interruption {
    pub(super) fn listen() -> io::Result<Self> {
        let state = Arc::new(AtomicU8::new(IDLE));
        let mut signals = Signals::new([SIGINT])?;
        let seen = Arc::clone(&state);
        thread::Builder::new().name("ctrl-c".to_owned()).spawn(move || {
            for _ in signals.forever() {
                let _ = seen.compare_exchange(IDLE, PENDING, Ordering::SeqCst, Ordering::SeqCst);
                if seen.compare_exchange(ASKING, ENDING, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
                    end();
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
            loop {
                thread::park();
            }
        }
    }
}

/// Says what the command would have said, with the same exit code.
fn end() {
    let terminal = console::Term::stderr();
    let said = format!("\n{} {}", console::style("error:").red().bold().for_stderr(), Error::interrupted());
    // Nothing can be done about a terminal that is gone.
    let _ = terminal.write_line(&said);
    // A prompt that was being drawn hides the cursor as its last act, so that comes first.
    thread::sleep(DRAWN);
    let _ = terminal.show_cursor();
    low_level::exit(130);
}
