//! Taking one solution block back.

/// A branch `{{#solution N}}` or `{{else solution N}}` of a template.
#[derive(Clone, Debug)]
pub struct Block {
    pub number: u32,
    /// From 1.
    pub line: usize,
    /// The template without it: what stands lower in the chain takes its place.
    pub without: String,
}

struct Tag<'t> {
    start: usize,
    end: usize,
    inner: &'t str,
}

/// Every branch of every solution chain in a template.
pub fn blocks(text: &str) -> Vec<Block> {
    let tags = tags(text);
    let mut found = Vec::new();
    for (index, tag) in tags.iter().enumerate() {
        let Some(number) = tag
            .inner
            .strip_prefix("#solution ")
            .or_else(|| tag.inner.strip_prefix("else solution "))
            .and_then(|number| number.trim().parse().ok())
        else {
            continue;
        };
        let Some(next) = end_of_branch(&tags, index) else { continue };
        let is_first = tag.inner.starts_with('#');
        let after = &tags[next];
        // Without the first branch the chain starts at the next one; with no other numbered branch, what `else` says stands alone.
        let without = match (is_first, after.inner) {
            (false, _) => format!("{}{}", &text[..tag.start], &text[after.start..]),
            (true, inner) if inner.starts_with("else solution ") => {
                format!(
                    "{}{{{{#solution {}}}}}{}",
                    &text[..tag.start],
                    inner.trim_start_matches("else solution ").trim(),
                    &text[after.end..]
                )
            }
            (true, "else") => match closing(&tags, next) {
                Some(close) => format!(
                    "{}{{{{#if m.last}}}}{}{{{{/if}}}}{}",
                    &text[..tag.start],
                    &text[after.end..tags[close].start],
                    &text[tags[close].end..]
                ),
                None => continue,
            },
            // Nothing stood there before.
            (true, _) => format!("{}{{{{#if m.last}}}}{{{{/if}}}}{}", &text[..tag.start], &text[after.end..]),
        };
        found.push(Block { number, line: text[..tag.start].matches('\n').count() + 1, without });
    }
    found
}

fn tags(text: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("{{").map(|found| at + found) {
        let end = text[start..].find("}}").map_or(text.len(), |found| start + found + 2);
        let is_ours = !text[..start].ends_with(['\\', '$']);
        let inner = text.get(start + 2..end.saturating_sub(2)).unwrap_or("").trim();
        if is_ours && (inner.starts_with('#') || inner.starts_with('/') || inner == "else" || inner.starts_with("else ")) {
            tags.push(Tag { start, end, inner });
        }
        at = start + 2;
    }
    tags
}

/// The tag of the same block that follows the branch at `index`.
fn end_of_branch(tags: &[Tag<'_>], index: usize) -> Option<usize> {
    let mut depth = 0;
    for (offset, tag) in tags[index + 1..].iter().enumerate() {
        if tag.inner.starts_with('#') {
            depth += 1;
        } else if depth == 0 {
            return Some(index + 1 + offset);
        } else if tag.inner.starts_with('/') {
            depth -= 1;
        }
    }
    None
}

/// The closing tag of the block that the `else` at `index` belongs to.
fn closing(tags: &[Tag<'_>], index: usize) -> Option<usize> {
    end_of_branch(tags, index)
}
