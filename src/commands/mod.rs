//! One file a command; each reads like numbered steps.

pub mod completions;
pub mod list;
pub mod man;
pub mod new;
pub(crate) mod questions;
pub mod roadmap;
pub mod show;
pub mod templates;
mod text;
