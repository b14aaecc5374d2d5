//! stub until merge
use crate::tree::Tree;
pub fn tar(_t:&Tree,_p:&str)->Vec<u8>{Vec::new()}
