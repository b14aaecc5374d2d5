//! `.properties` files: comments, keys, values, continued lines (`java.util.Properties.load`).

use super::{
    position::{Place, Position, refused},
    source::{Cursor, HOLE},
};

/// The place of each text, in order.
pub(super) fn places(file: &str) -> Vec<Place> {
    let mut cursor = Cursor::new(file);
    let mut places = Vec::new();
    while cursor.peek().is_some() {
        cursor.eat_while(|c| c.is_ascii_whitespace());
        if matches!(cursor.peek(), Some('#' | '!')) {
            let comment = cursor.eat_line();
            places.extend(comment.matches(HOLE).map(|_| refused("comment", "it stands in a comment; a text may be a property's value")));
        } else {
            property(&mut cursor, &mut places);
        }
    }
    places
}

/// One property, over all of its lines.
fn property(cursor: &mut Cursor<'_>, places: &mut Vec<Place>) {
    let mut in_key = true;
    while let Some(c) = cursor.next() {
        match c {
            '\n' => return,
            '\\' => {
                let escaped = cursor.next();
                if escaped == Some('u') {
                    cursor.eat_while(|c| c.is_ascii_hexdigit());
                } else if escaped == Some('\n') {
                    cursor.eat_while(|c| matches!(c, ' ' | '\t' | '\x0c'));
                    continue;
                }
                if escaped == Some(HOLE) || (escaped == Some('u') && cursor.eat("\0")) {
                    places.push(refused("escape", "it stands behind a `\\`, which would take its first character"));
                }
            }
            HOLE if in_key => places.push(refused("key", "it stands in a key; a text may be a property's value")),
            HOLE => places.push(Ok(Position::Properties)),
            '=' | ':' | ' ' | '\t' | '\x0c' => in_key = false,
            _ => {}
        }
    }
}
