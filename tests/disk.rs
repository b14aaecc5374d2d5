//! The writer against faults: every step fails, every step is the last one of a killed process, and the folder is as it was before.
//!
//! A process can only be killed from outside, so this binary runs itself again: the test `child` does what the environment tells it.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod disk {
    pub(crate) mod child;
    pub(crate) mod folder;
    pub(crate) mod scenario;
    pub(crate) mod script;

    mod apply;
    mod create;
    mod git;
    mod read;
    mod recover;
    mod together;
}
