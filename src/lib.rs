//! `stagekit` turns a backend-engineering roadmap into starter repositories.
//!
//! Deciding is pure, writing happens once: catalogue → kit → answers → tree → plan → apply → receipt.

pub mod answers;
pub mod archive;
pub mod catalog;
pub mod cli;
pub mod commands;
pub mod condition;
pub mod contribute;
pub mod course;
pub mod detect;
pub mod digest;
pub mod disk;
pub mod encode;
pub mod env;
pub mod error;
pub mod gitpack;
pub mod glob;
pub mod grade;
pub mod handout;
pub mod interview;
pub mod layers;
pub mod lint;
pub mod manifest;
pub mod merge;
pub mod milestone;
pub mod output;
pub mod overlay;
pub mod plan;
pub mod process;
pub mod progress;
pub mod prompt;
pub mod receipt;
pub mod render;
pub mod rendition;
pub mod roadmap;
pub mod roster;
pub mod route;
mod run;
pub mod stack;
pub mod template;
pub mod threads;
pub mod tree;

pub use run::run;
