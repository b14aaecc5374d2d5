//! stub until merge
use crate::{tree::{Tree,RelPath},error::Fault}; use serde::{Serialize,Deserialize};
#[derive(Serialize,Deserialize,Clone,Debug,PartialEq)] #[serde(deny_unknown_fields)] pub struct Contribution{pub path:RelPath,pub format:String,#[serde(default)]pub pointer:String,pub key:String,#[serde(default = "e")]pub value:toml::Value,#[serde(default)]pub from:u32}
fn e()->toml::Value{toml::Value::String(String::new())}
pub fn contribute(t:Tree,_c:&[Contribution])->Result<Tree,Vec<Fault>>{Ok(t)}
