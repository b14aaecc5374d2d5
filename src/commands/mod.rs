//! One file a command; each reads like numbered steps.

pub mod add;
mod becoming;
pub mod check;
pub mod completions;
pub mod detect;
pub mod doctor;
pub mod grade;
mod ground;
pub mod handout;
pub mod hint;
pub mod list;
pub mod man;
pub mod new;
pub mod next;
pub(crate) mod questions;
pub mod remove;
mod repository;
pub mod restore;
pub mod roadmap;
pub mod show;
pub mod solution;
pub mod status;
pub mod templates;
mod text;
pub mod update;
