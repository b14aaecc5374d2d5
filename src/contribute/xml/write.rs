//! How elements are written: below their neighbours, indented as the file is.

use serde_json::Value;

use super::read::Element;
use crate::contribute::text::{self, Edit};

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\r', "&#13;")
}

/// How a file is indented.
pub(super) struct Manner {
    /// One level.
    step: String,
    /// The file's line end.
    eol: &'static str,
}

impl Manner {
    pub(super) fn of(text: &str, root: &Element) -> Self {
        let mut elements = vec![root];
        let mut step = None;
        while let Some(element) = elements.pop() {
            let outer = text::indent(text, element.start).unwrap_or_default();
            let inner = element.children.first().and_then(|child| text::indent(text, child.start));
            if let Some(found) = inner.and_then(|inner| inner.strip_prefix(outer)).filter(|step| !step.is_empty()) {
                step = Some(found.to_owned());
                break;
            }
            elements.extend(element.children.iter().rev());
        }
        Self { step: step.unwrap_or_else(|| "  ".to_owned()), eol: text::eol(text) }
    }

    /// The element; on lines below the indentation `outer`, or all on one.
    fn write(&self, name: &str, value: &Value, outer: Option<&str>) -> String {
        let inner = outer.map(|outer| format!("{outer}{}", self.step));
        let Value::Object(table) = value else {
            let text = escape(value.as_str().unwrap_or_default()).replace('\n', self.eol);
            return if text.is_empty() { format!("<{name}/>") } else { format!("<{name}>{text}</{name}>") };
        };
        let (mut attributes, mut text, mut children) = (String::new(), String::new(), Vec::new());
        for (name, value) in table {
            match (name.strip_prefix('@'), value) {
                (Some(name), Value::String(value)) => {
                    let value = escape(value).replace('"', "&quot;").replace('\n', "&#10;").replace('\t', "&#9;");
                    attributes = format!("{attributes} {name}=\"{value}\"");
                }
                (None, Value::String(value)) if name == "$text" => text = escape(value).replace('\n', self.eol),
                (_, Value::Array(list)) => children.extend(list.iter().map(|value| self.write(name, value, inner.as_deref()))),
                (_, value) => children.push(self.write(name, value, inner.as_deref())),
            }
        }
        if children.is_empty() && text.is_empty() {
            return format!("<{name}{attributes}/>");
        }
        let children: String = match (outer, inner) {
            (Some(outer), Some(inner)) if !children.is_empty() => {
                let gap = format!("{}{inner}", self.eol);
                format!("{gap}{}{}{outer}", children.join(&gap), self.eol)
            }
            _ => children.concat(),
        };
        format!("<{name}{attributes}>{text}{children}</{name}>")
    }

    /// The edits that put an element into `parent` at `index`.
    pub(super) fn insert(&self, text: &str, parent: &Element, index: usize, name: &str, value: &Value) -> Vec<Edit> {
        let eol = self.eol;
        let outer = text::indent(text, parent.start);
        let Some(inner) = &parent.inner else {
            let tag = text[..parent.end].trim_end_matches("/>").trim_end().len();
            let inside = match outer {
                Some(outer) => {
                    let inner = format!("{outer}{}", self.step);
                    format!("{eol}{inner}{}{eol}{outer}", self.write(name, value, Some(&inner)))
                }
                None => self.write(name, value, None),
            };
            return vec![Edit { range: tag..parent.end, text: format!(">{inside}</{}>", parent.name) }];
        };
        let own_line = |child: &Element| text::indent(text, child.start).filter(|_| text::line_start(text, child.start) >= inner.start);
        let before = index.checked_sub(1).and_then(|index| parent.children.get(index));
        match (before, parent.children.get(index)) {
            (Some(before), after) => {
                let Some(indent) = own_line(before) else { return vec![Edit::insert(before.end, self.write(name, value, None))] };
                let earlier = index.checked_sub(2).and_then(|index| parent.children.get(index));
                let is_blank_between = |a: &Element, b: &Element| {
                    let lines: Vec<&str> = text[a.end..b.start].split('\n').collect();
                    lines.get(1..lines.len().saturating_sub(1)).is_some_and(|inside| inside.iter().any(|line| text::is_blank(line)))
                };
                let is_set_off = earlier.is_some_and(|earlier| is_blank_between(earlier, before))
                    || (earlier.is_none() && after.is_some_and(|after| is_blank_between(before, after)));
                let rest = &text[before.end..text::line_end(text, before.end)];
                let is_rest = rest.trim().is_empty()
                    || (rest.trim().starts_with("<!--") && rest.trim().ends_with("-->") && rest.matches("<!--").count() == 1);
                let at = if is_rest { before.end + rest.trim_end().len() } else { before.end };
                let blank = if is_set_off { eol } else { "" };
                vec![Edit::insert(at, format!("{blank}{eol}{indent}{}", self.write(name, value, Some(indent))))]
            }
            (None, Some(after)) => match own_line(after) {
                Some(indent) => {
                    vec![Edit::insert(inner.start, format!("{eol}{indent}{}", self.write(name, value, Some(indent))))]
                }
                None => vec![Edit::insert(after.start, self.write(name, value, None))],
            },
            (None, None) => {
                let at = inner.start + text[inner.clone()].trim_end().len();
                let Some(outer) = outer else { return vec![Edit::insert(at, self.write(name, value, None))] };
                let indent = format!("{outer}{}", self.step);
                let written = format!("{eol}{indent}{}", self.write(name, value, Some(&indent)));
                if text[at..inner.end].contains('\n') {
                    vec![Edit::insert(at, written)]
                } else {
                    vec![Edit { range: at..inner.end, text: format!("{written}{eol}{outer}") }]
                }
            }
        }
    }
}
