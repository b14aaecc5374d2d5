//! The signals that ask a program to end, while it has others running.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use signal_hook::{SigId, consts, flag, low_level};

use crate::error::{Error, Result};

/// Ctrl-C and Ctrl-\, the polite end, and the terminal that is closed.
#[cfg(unix)]
const SIGNALS: [i32; 4] = [consts::SIGINT, consts::SIGQUIT, consts::SIGTERM, consts::SIGHUP];
#[cfg(not(unix))]
const SIGNALS: [i32; 2] = [consts::SIGINT, consts::SIGTERM];

/// Notices the signals that ask this process to end, instead of ending it: what it has started has to end first.
///
/// A second signal changes nothing, because that takes a few seconds at most. Once this is dropped, a signal ends the process again.
#[derive(Debug)]
pub struct Interrupts {
    arrived: Arc<AtomicBool>,
    is_over: Arc<AtomicBool>,
    listeners: Vec<SigId>,
}

impl Interrupts {
    /// Listens from now on.
    pub fn listen() -> Result<Self> {
        let (arrived, is_over) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let mut listeners = Vec::new();
        for signal in SIGNALS {
            let failed = |cause| Error::failed("failed to listen for Ctrl-C").because(cause);
            flag::register_conditional_default(signal, Arc::clone(&is_over)).map_err(failed)?;
            listeners.push(flag::register(signal, Arc::clone(&arrived)).map_err(failed)?);
        }
        Ok(Self { arrived, is_over, listeners })
    }

    /// Hears nothing: for what has to come to its end after a signal, too.
    pub fn none() -> Self {
        Self { arrived: Arc::default(), is_over: Arc::default(), listeners: Vec::new() }
    }

    /// Whether a signal has arrived.
    pub fn arrived(&self) -> bool {
        self.arrived.load(Ordering::SeqCst)
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        for listener in self.listeners.drain(..) {
            low_level::unregister(listener);
        }
        self.is_over.store(true, Ordering::SeqCst);
    }
}
