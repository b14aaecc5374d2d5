//! `stagekit` turns a backend-engineering roadmap into starter repositories.
//!
//! Deciding is pure, writing happens once: catalogue → kit → answers → tree → plan → apply → receipt.

pub mod answers;
pub mod condition;
pub mod error;
pub mod manifest;
pub mod stack;
pub mod tree;
pub mod template;
pub mod catalog;
pub mod roadmap;
pub mod milestone;
pub mod rendition;
pub mod contribute;
pub mod encode;
pub mod course;
pub mod render;
pub mod archive;
pub mod receipt;
pub mod prompt;
