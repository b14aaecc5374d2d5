//! A program and all that it has started.

use std::{
    io,
    process::{Child, Command},
};

/// How long a program has to end decently: a JVM runs its shutdown hooks.
#[cfg(unix)]
const GRACE: std::time::Duration = std::time::Duration::from_secs(3);

/// How often is looked whether it has.
#[cfg(unix)]
const LOOK: std::time::Duration = std::time::Duration::from_millis(10);

/// A running program with its children and theirs, as far as they have not left its process group. Where there are no groups (Windows) it is
/// the program alone: Ctrl-C reaches the others there, since they share its console.
pub(super) struct Group {
    #[cfg(unix)]
    leader: rustix::process::Pid,
}

impl Group {
    /// Starts the program in a group of its own. A terminal's Ctrl-C does not reach it there: whoever has started it has to [`end`](Self::end) it.
    pub(super) fn start(command: &mut Command) -> io::Result<(Self, Child)> {
        #[cfg(unix)]
        {
            std::os::unix::process::CommandExt::process_group(command, 0);
            let child = command.spawn()?;
            Ok((Self { leader: rustix::process::Pid::from_child(&child) }, child))
        }
        #[cfg(not(unix))]
        Ok((Self {}, command.spawn()?))
    }

    /// Ends all of it: asks first, and then does not ask any more. Somebody else has to wait for the program itself meanwhile.
    pub(super) fn end(&self) {
        #[cfg(unix)]
        {
            use rustix::process::{Signal, kill_process_group, test_kill_process_group};
            // A group that is gone cannot be signalled, and need not.
            let _ = kill_process_group(self.leader, Signal::TERM);
            let start = std::time::Instant::now();
            while start.elapsed() < GRACE {
                if test_kill_process_group(self.leader).is_err() {
                    return;
                }
                std::thread::sleep(LOOK);
            }
            let _ = kill_process_group(self.leader, Signal::KILL);
        }
    }
}
