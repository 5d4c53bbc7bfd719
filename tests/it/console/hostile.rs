//! Names that attack a terminal: whatever is in the databases, the bytes that reach the
//! terminal are only those that the console means.

use mongodb::bson::{Document, doc};

use super::terminal::Terminal;
use crate::support::{Home, database_name, on_server, shared};

const ATTACKS: [&str; 8] = [
    "\x1b]0;owned\x07",
    "\x1b]52;c;b3duZWQ=\x07",
    "\x1b[2J\x1b[?1049l",
    "\u{9b}2J\u{9d}0;owned\u{9c}",
    "a\u{202e}b\u{2066}c",
    "a\u{200b}b\u{feff}c\u{ad}",
    "a\u{2028}b\u{e0041}c\u{fff9}",
    "a\r\nb\tc\x08\x7f",
];

fn seeded() -> (Home, String) {
    let main = database_name("hostile");
    let server = shared();
    on_server(&server.uri(), async |client| {
        let stores = client.database(&main).collection::<Document>("stores");
        let shard = client.database(&format!("{main}_1"));
        for (number, attack) in ATTACKS.iter().enumerate() {
            let prefix = format!("p{number}{attack}");
            let record = doc! {
                "storeId": format!("s{number}{attack}"),
                "name": format!("n{attack}"),
                "prefix": &prefix,
                "databaseId": 1,
                format!("field{attack}"): attack,
            };
            stores.insert_one(record).await.unwrap();
            let products = shard.collection::<Document>(&format!("{prefix}_products"));
            let product = doc! { format!("k{attack}"): format!("v{attack}") };
            products.insert_one(product).await.unwrap();
        }
        // Two that differ by nothing that can be seen.
        for name in ["twin", "tw\u{200b}in"] {
            let record = doc! { "storeId": name, "name": name, "prefix": name, "databaseId": 2 };
            stores.insert_one(record).await.unwrap();
        }
    });
    let home = Home::new();
    home.configure(&format!(
        "database_prefix = \"{main}\"\nenvironment = \"e\\u001b]0;x\\u0007\"\n"
    ));
    (home, server.uri_of(&main))
}

#[test]
fn nothing_from_a_database_reaches_the_terminal_raw() {
    let (home, uri) = seeded();
    let mut terminal = Terminal::open(&home, &uri);
    terminal.wait_for("6/6 up");
    terminal.wait_for("\\u{1b}]0;owned");
    terminal.wait_for("twin");
    terminal.wait_for("tw\\u{200b}in");
    terminal.press("3g");
    for _ in ATTACKS {
        // Into its collections, into its documents, copied on the way, and back.
        terminal.press("\r");
        terminal.wait_for("_products");
        terminal.press("\r");
        terminal.wait_for("\\u{");
        terminal.press("y\x1b[D");
        terminal.press("\x1b");
        terminal.wait_for("1 Databases");
        terminal.press("\x1b");
        terminal.press("3j");
    }
    terminal.press("e");
    terminal.wait_until_gone("1 Databases");
    terminal.press(":s0");
    terminal.wait_for("s0");
    terminal.press("\x03");
    assert_eq!(terminal.wait(), 0);
    let bytes = terminal.bytes();
    let text = String::from_utf8(bytes).expect("valid UTF-8 only");
    let faults = faults(&text);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What a console has no reason to write.
pub(super) fn faults(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for once in ["\x1b[2J", "\x1b[?1049l", "\x1b]2;"] {
        if text.matches(once).count() > 1 {
            faults.push(format!("{once:?} more than once"));
        }
    }
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let mut taken = char.len_utf8();
        if char == '\x1b' {
            let length = sequence(rest);
            if length.is_none() {
                faults.push(format!("a sequence of its own: {:?}", head(rest)));
            }
            taken = length.unwrap_or(1);
        } else if is_hostile(char) {
            faults.push(format!("{char:?} before {:?}", head(&rest[taken..])));
        }
        rest = &rest[taken..];
    }
    faults
}

/// The length of a sequence that the console uses.
fn sequence(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('\x1b')?;
    if let Some(title) = rest.strip_prefix("]2;") {
        let end = title.find('\x07')?;
        return title[..end].starts_with("tilldeck").then_some(end + 5);
    }
    if let Some(copied) = rest.strip_prefix("]52;c;") {
        let end = copied.find('\x1b')?;
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
        return copied[..end].bytes().all(is_base64).then_some(end + 9);
    }
    let parameters = rest.strip_prefix('[')?;
    let end = parameters.find(|char: char| !(' '..='?').contains(&char))?;
    let last = parameters[end..].chars().next()?;
    let is_known = match last {
        'H' | 'G' | 'C' | 'K' | 'X' | 'm' => {
            parameters[..end].chars().all(|c| c.is_ascii_digit() || c == ';')
        }
        'J' => &parameters[..end] == "2",
        't' => matches!(&parameters[..end], "22;0" | "23;0"),
        'h' | 'l' => {
            matches!(&parameters[..end], "?1049" | "?25" | "?2004" | "?1000" | "?1006" | "?2026")
        }
        _ => false,
    };
    is_known.then_some(end + 3)
}

fn is_hostile(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

fn head(text: &str) -> String {
    text.chars().take(20).collect()
}

#[test]
fn the_search_for_faults_finds_them() {
    for attack in ATTACKS {
        let attacked = format!("\x1b[2J{attack}\x1b[?1049l");
        assert!(!faults(&attacked).is_empty(), "{attack:?}");
    }
    assert!(
        faults("\x1b]2;tilldeck e\x07\x1b[1;1H\x1b[38;2;1;2;3mok\x1b]52;c;aGk=\x1b\\").is_empty()
    );
}
