//! Pointers into XML: `project/profiles/profile[id=ci]/build`.

use super::read::Element;

/// The parts of a pointer: names, each with a child that tells it from its likes (`profile[id=ci]`), if need be.
pub(in crate::contribute) fn parts(pointer: &str) -> Result<Vec<String>, String> {
    let mut parts = vec![String::new()];
    let mut is_inside = false;
    for c in pointer.chars() {
        match c {
            '/' if !is_inside => parts.push(String::new()),
            _ => {
                is_inside = (is_inside || c == '[') && c != ']';
                if let Some(part) = parts.last_mut() {
                    part.push(c);
                }
            }
        }
    }
    for part in &parts {
        let step = Step::of(part);
        let is_whole = step.child.is_some() == part.contains(['[', ']']);
        if !is_name(step.name) || !is_whole || step.child.is_some_and(|(child, _)| !is_name(child)) {
            return Err(format!("has the pointer `{pointer}`, which is not a path of element names from the root, as in `project/build`"));
        }
    }
    Ok(parts)
}

pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name.chars().all(|c| c.is_alphanumeric() || "_-.:".contains(c))
}

/// One part of a pointer.
pub(super) struct Step<'p> {
    pub(super) name: &'p str,
    pub(super) child: Option<(&'p str, &'p str)>,
}

impl<'p> Step<'p> {
    pub(super) fn of(part: &'p str) -> Self {
        let selected = part.strip_suffix(']').and_then(|part| part.split_once('['));
        match selected.and_then(|(name, child)| Some((name, child.split_once('=')?))) {
            Some((name, (child, text))) => Self { name, child: Some((child.trim(), text.trim())) },
            None => Self { name: part, child: None },
        }
    }

    pub(super) fn fits(&self, element: &Element) -> bool {
        let has = |(name, text): (&str, &str)| element.children.iter().any(|child| child.name == name && child.text == text);
        element.name == self.name && self.child.is_none_or(has)
    }
}
