//! A roster that no school has: names of every kind, for `cargo test` and for the deep verification.

/// A class with names of every kind.
pub(crate) fn class(size: usize) -> String {
    let names = [
        "O'Brien-{}",
        "\"Doe, Jane {}\"",
        "Åsa Öberg {}",
        "李小龍{}",
        "Мария {}",
        "नमस्ते {}",
        "\"Grace \"\"G\"\" {}\"",
        "  {}  spaces ",
        "-{}-",
        "con {}",
        "éé{}",
        "e\u{301}{}x",
        "ßtraße {}",
        "İstanbul {}",
        "{}.tar.gz",
        "\"two\nlines {}\"",
        "$(touch {})",
        "../../{}",
        "🦀 {}",
        "a/b\\c {}",
    ];
    (0..size).fold("name,tall\n".to_owned(), |mut text, number| {
        text.push_str(&names[number % names.len()].replace("{}", &number.to_string()));
        text.push_str(if number % 3 == 0 { ",true\n" } else { ",\n" });
        text
    })
}
