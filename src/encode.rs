//! stub until merge
use crate::tree::RelPath;
pub enum Piece<'a>{Literal(&'a str),Text{name:&'a str,value:&'a str}}
#[derive(Debug)] pub struct Misplaced{pub name:String,pub offset:usize,pub rule:&'static str,pub message:String}
pub fn encode(_p:&RelPath,pieces:&[Piece<'_>])->Result<String,Vec<Misplaced>>{Ok(pieces.iter().map(|p|match p{Piece::Literal(l)=>*l,Piece::Text{value,..}=>value}).collect())}
