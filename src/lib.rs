//! `stagekit` turns a backend-engineering roadmap into starter repositories.
//!
//! Deciding is pure, writing happens once: catalogue → kit → answers → tree → plan → apply → receipt.

pub mod answers;
pub mod catalog;
pub mod cli;
pub mod commands;
pub mod condition;
pub mod env;
pub mod error;
pub mod manifest;
pub mod output;
pub mod overlay;
pub mod roadmap;
mod run;
pub mod stack;
pub mod template;
pub mod tree;

pub use run::run;
