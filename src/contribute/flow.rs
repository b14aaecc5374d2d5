//! Lists and tables in brackets, with commas: JSON, YAML's flow style, TOML's arrays and inline tables.

use std::ops::Range;

use super::{
    outline::Node,
    text::{self, Edit},
};

/// Puts an item behind the last one inside the brackets of `node`.
///
/// `render` writes the item: for a place below others with its indentation, for a place on the line with none. `empty` says how the
/// first item of all is set.
pub(super) fn append(text: &str, node: &Node, comments: &[&str], empty: &Empty, render: &dyn Fn(Option<&str>) -> String) -> Vec<Edit> {
    let eol = text::eol(text);
    let close = node.end.saturating_sub(1);
    let items = node.items();
    let Some(last) = items.last() else {
        let inner = &text[node.start + 1..close];
        let at = node.start + 1 + inner.trim_end().len();
        return vec![match empty {
            Empty::Lines { item, close: _ } if at < close && text[at..close].contains('\n') => {
                Edit::insert(at, format!("{eol}{item}{}", lines(&render(Some(item)), eol)))
            }
            Empty::Lines { item, close: outer } => {
                Edit { range: at..close, text: format!("{eol}{item}{}{eol}{outer}", lines(&render(Some(item)), eol)) }
            }
            Empty::Line { pad } => Edit { range: at..close, text: format!("{pad}{}{pad}", render(None)) },
        }];
    };
    let behind = skip(text, last.end, close, comments);
    let comma = text[behind..close].starts_with(',').then_some(behind);
    let own_line = text::indent(text, last.start).filter(|_| text::line_start(text, last.start) > node.start);
    if let Some(indent) = own_line {
        let from = comma.map_or(last.end, |comma| comma + 1);
        // A comment on the line of the last item stays with it.
        let line = text::line_end(text, from).min(close);
        let at = if skip(text, from, line, comments) == line { from + text[from..line].trim_end().len() } else { from };
        let item = format!("{eol}{indent}{}", lines(&render(Some(indent)), eol));
        return match comma {
            Some(_) => vec![Edit::insert(at, format!("{item},"))],
            None if at == last.end => vec![Edit::insert(at, format!(",{item}"))],
            None => vec![Edit::insert(last.end, ","), Edit::insert(at, item)],
        };
    }
    vec![inline(text, &items, comma, last, render)]
}

/// How the first item is set.
pub(super) enum Empty {
    /// On lines of its own: the indentation of the item and of the closing bracket.
    Lines { item: String, close: String },
    /// On the line, with this inside the brackets.
    Line { pad: &'static str },
}

fn lines(item: &str, eol: &str) -> String {
    item.replace('\n', eol)
}

fn inline(text: &str, items: &[Range<usize>], comma: Option<usize>, last: &Range<usize>, render: &dyn Fn(Option<&str>) -> String) -> Edit {
    let gap = match items {
        [.., before, last] => text[before.end..last.start].trim_start_matches([' ', '\t']).strip_prefix(','),
        _ => None,
    };
    let gap = gap.filter(|gap| gap.chars().all(|c| c == ' ')).unwrap_or(" ");
    match comma {
        // The comma that is there comes before ours, ours is the trailing one.
        Some(comma) => Edit::insert(comma + 1, format!("{gap}{},", render(None))),
        None => Edit::insert(last.end, format!(",{gap}{}", render(None))),
    }
}

/// Takes the item at `index` out from between its brackets: ways to do it, the best first.
pub(super) fn remove(text: &str, node: &Node, index: usize, comments: &[&str]) -> Vec<Vec<Edit>> {
    let (open, close) = (node.start + 1, node.end.saturating_sub(1));
    let items = node.items();
    let Some(item) = items.get(index) else { return Vec::new() };
    let behind = skip(text, item.end, close, comments);
    let comma = text[behind..close].starts_with(',').then_some(behind);
    let mut ways = Vec::new();
    if items.len() == 1 {
        ways.push(vec![Edit::cut(open..close)]);
        let start = open + text[open..item.start].trim_end().len();
        ways.push(vec![Edit::cut(start..close)]);
        let end = comma.map_or(item.end, |comma| comma + 1);
        ways.push(vec![Edit::cut(start..end)]);
        return ways;
    }
    let end = comma.map_or(item.end, |comma| comma + 1);
    let is_last = index + 1 == items.len();
    let own_lines = text::indent(text, item.start).is_some() && text::line_start(text, item.start) > node.start;
    let rest = text::line_end(text, end).min(close);
    if own_lines && skip(text, end, rest, comments) == rest {
        // The whole lines, from the end of the line above, so that a comment there stays.
        let above = text[..text::line_start(text, item.start)].trim_end_matches(['\n', '\r']).len();
        let above = above.max(items.get(index.wrapping_sub(1)).map_or(open, |before| before.end));
        let cut = Edit::cut(above..rest);
        match (is_last && comma.is_none(), index.checked_sub(1).and_then(|before| items.get(before))) {
            (true, Some(before)) => {
                let at = skip(text, before.end, item.start, comments);
                if text[at..].starts_with(',') {
                    if at + 1 >= above {
                        ways.push(vec![Edit::cut(at..rest)]);
                    } else {
                        ways.push(vec![Edit::cut(at..at + 1), cut]);
                    }
                }
            }
            _ => ways.push(vec![cut]),
        }
    }
    match (is_last, index.checked_sub(1).and_then(|before| items.get(before))) {
        (true, Some(before)) if comma.is_none() => ways.push(vec![Edit::cut(before.end..item.end)]),
        (true, Some(before)) => {
            let at = skip(text, before.end, item.start, comments);
            ways.push(vec![Edit::cut((at + 1).min(item.start)..end)]);
        }
        _ => ways.push(vec![Edit::cut(item.start..items.get(index + 1).map_or(end, |next| next.start))]),
    }
    ways
}

/// The first byte from `at` on, before `end`, that is neither blank nor in a comment.
pub(super) fn skip(text: &str, mut at: usize, end: usize, comments: &[&str]) -> usize {
    while at < end {
        let rest = &text[at..end];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        if blank > 0 {
            at += blank;
        } else if let Some(mark) = comments.iter().find(|mark| rest.starts_with(**mark)) {
            at = match *mark {
                "/*" => rest.find("*/").map_or(end, |close| at + close + 2),
                _ => rest.find('\n').map_or(end, |newline| at + newline),
            };
        } else {
            break;
        }
    }
    at
}
