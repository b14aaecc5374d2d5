//! A watch that does what a test says at a step that it says.

use std::{cell::Cell, cell::RefCell, io::Write as _, thread, time::Duration};

use stagekit::{
    disk::{Act, Interrupts, Verb, Watch},
    error::{Error, Result},
};

/// Counts the steps from 0, and acts at some of them.
#[derive(Default)]
pub(crate) struct Script {
    /// From this step on every answer is an error.
    pub(crate) fail_from: Option<usize>,
    /// At this step it tells the parent process and waits to be killed.
    pub(crate) park_at: Option<usize>,
    /// At this step SIGINT arrives.
    pub(crate) interrupt_at: Option<(usize, Option<Interrupts>)>,
    /// What happened, by verb and the path's last part.
    pub(crate) seen: RefCell<Vec<(Verb, String)>>,
    pub(crate) step: Cell<usize>,
}

impl Script {
    pub(crate) fn failing_from(step: usize) -> Self {
        Self { fail_from: Some(step), ..Self::default() }
    }

    pub(crate) fn steps(&self) -> usize {
        self.step.get()
    }

    /// Number of the first step of this kind.
    pub(crate) fn first(&self, verb: Verb) -> usize {
        self.seen.borrow().iter().position(|(seen, _)| *seen == verb).unwrap()
    }
}

impl Watch for Script {
    fn before(&self, act: &Act<'_>) -> Result<()> {
        let step = self.step.replace(self.step.get() + 1);
        self.seen.borrow_mut().push((act.verb, act.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()));
        if self.park_at == Some(step) {
            println!("parked");
            std::io::stdout().flush().unwrap();
            thread::sleep(Duration::from_secs(60));
        }
        if let Some((at, interrupts)) = &self.interrupt_at {
            if *at == step {
                signal_hook::low_level::raise(signal_hook::consts::SIGINT).unwrap();
            }
            interrupts.as_ref().unwrap().before(act)?;
        }
        if self.fail_from.is_some_and(|from| step >= from) { Err(Error::failed(format!("fault at step {step}"))) } else { Ok(()) }
    }
}
