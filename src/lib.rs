//! `stagekit` turns a backend-engineering roadmap into starter repositories.
//!
//! Deciding is pure, writing happens once: catalogue → kit → answers → tree → plan → apply → receipt.

pub mod contribute;
pub mod error;
pub mod merge;
pub mod tree;
