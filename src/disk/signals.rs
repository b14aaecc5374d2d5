//! Ctrl-C, the polite end that a container runtime asks for, and the terminal that is closed.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use signal_hook::{SigId, consts, flag, low_level};

use super::{Act, Watch};
use crate::error::{Error, Result};

#[cfg(unix)]
const SIGNALS: [i32; 3] = [consts::SIGINT, consts::SIGTERM, consts::SIGHUP];
#[cfg(not(unix))]
const SIGNALS: [i32; 2] = [consts::SIGINT, consts::SIGTERM];

/// Stops the work once one of the signals arrived; a second one ends the process at once.
#[derive(Debug)]
pub struct Interrupts {
    arrived: Arc<AtomicBool>,
    listeners: Vec<SigId>,
}

/// Listens from now on. Take it just before the first write, once a process: as soon as it is dropped, a signal ends the process again.
pub fn interrupts() -> Result<Interrupts> {
    let arrived = Arc::new(AtomicBool::new(false));
    let mut listeners = Vec::new();
    for signal in SIGNALS {
        let failed = |cause| Error::failed("failed to listen for Ctrl-C").because(cause);
        // The order matters: the first signal finds the flag down and raises it, the next finds it up.
        flag::register_conditional_default(signal, Arc::clone(&arrived)).map_err(failed)?;
        listeners.push(flag::register(signal, Arc::clone(&arrived)).map_err(failed)?);
    }
    Ok(Interrupts { arrived, listeners })
}

impl Interrupts {
    /// Whether a signal has arrived.
    pub fn arrived(&self) -> bool {
        self.arrived.load(Ordering::SeqCst)
    }
}

impl Watch for Interrupts {
    fn before(&self, _: &Act<'_>) -> Result<()> {
        if self.arrived() { Err(Error::interrupted()) } else { Ok(()) }
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        for listener in self.listeners.drain(..) {
            low_level::unregister(listener);
        }
        self.arrived.store(true, Ordering::SeqCst);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use signal_hook::{consts, low_level};

    use super::interrupts;

    #[test]
    fn a_terminal_that_is_closed_is_heard() {
        let heard = interrupts().unwrap();
        low_level::raise(consts::SIGHUP).unwrap();
        assert!(heard.arrived());
    }
}
