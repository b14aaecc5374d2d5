//! Transcripts of the real binary: what was typed, all that was printed, how it ended, what is on disk afterwards.
//!
//! One binary for all of them, because linking takes longer than running.

mod transcript;

mod command_line;
mod list;
mod output;
mod roadmap;
mod show;
mod templates;
