//! stub until merge
use std::collections::BTreeMap; use serde::{Deserialize,Serialize};
#[derive(Clone,Debug,PartialEq,Eq,Serialize,Deserialize)] #[serde(untagged)] pub enum Value{Bool(bool),Int(i64),Text(String)}
impl std::fmt::Display for Value{fn fmt(&self,f:&mut std::fmt::Formatter<'_>)->std::fmt::Result{match self{Self::Bool(b)=>write!(f,"{b}"),Self::Int(b)=>write!(f,"{b}"),Self::Text(b)=>write!(f,"{b}")}}}
#[derive(Clone,Debug,PartialEq,Eq,Default,Serialize,Deserialize)] pub struct Answers(BTreeMap<String,Value>);
impl Answers{pub fn get(&self,n:&str)->Option<&Value>{self.0.get(n)} pub fn insert(&mut self,n:impl Into<String>,v:Value){self.0.insert(n.into(),v);} pub fn iter(&self)->impl Iterator<Item=(&String,&Value)>{self.0.iter()} pub fn contains(&self,n:&str)->bool{self.0.contains_key(n)}}
#[derive(Clone,Copy,Debug,PartialEq,Eq,Serialize,Deserialize)] #[serde(rename_all="kebab-case")] pub enum Kind{Slug,Identifier,Package,Choice,Bool,Int,Text}
pub struct Rule{pub kind:Kind,pub choices:Vec<String>,pub min:Option<i64>,pub max:Option<i64>}
#[derive(Debug)] pub struct Refusal{pub rule:&'static str,pub message:String,pub correction:Option<String>}
impl Rule{ pub fn parse(&self,raw:&str)->Result<Value,Refusal>{Ok(match self.kind{Kind::Bool=>Value::Bool(raw=="true"),Kind::Int=>Value::Int(raw.parse().unwrap_or(0)),_=>Value::Text(raw.into())})} pub fn check(&self,_v:&Value)->Result<(),Refusal>{Ok(())}}
pub fn derived(name:&str,kind:Kind,value:&Value)->Vec<(String,String)>{let t=value.to_string();match kind{Kind::Package=>vec![(format!("{name}_path"),t.replace('.',"/"))],Kind::Slug=>vec![(format!("{name}_snake"),t.replace('-',"_")),(format!("{name}_pascal"),t.clone()),(format!("{name}_camel"),t)],_=>vec![]}}
