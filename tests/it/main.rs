//! Transcripts of the real binary: what was typed, all that was printed, how it ended, what is on disk afterwards.
//!
//! One binary for all of them, because linking takes longer than running.

#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed, wherever that is noticed")]

#[cfg(unix)]
mod terminal;
mod transcript;

mod add;
#[cfg(unix)]
mod check;
mod classroom;
mod command_line;
#[cfg(unix)]
mod correction;
mod detect;
mod foreign;
#[cfg(unix)]
mod grade;
#[cfg(unix)]
mod handout;
#[cfg(unix)]
mod hostile;
#[cfg(unix)]
mod interrupt;
#[cfg(unix)]
mod learning;
#[cfg(unix)]
mod left_out;
mod list;
#[cfg(unix)]
mod merging;
#[cfg(unix)]
mod names;
mod new;
#[cfg(unix)]
mod next;
mod output;
mod owned;
mod readme;
#[cfg(unix)]
mod report;
#[cfg(unix)]
mod restore;
mod roadmap;
mod show;
#[cfg(unix)]
mod solution;
mod templates;
#[cfg(unix)]
mod watch;
