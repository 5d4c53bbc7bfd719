//! What keys bring into the clipboard.

use mongodb::bson::{DateTime, doc, oid::ObjectId};

use super::{super::terminal::Terminal, orders_of, rig, wait_for_selected};

/// What was copied last, as the terminal would have it.
fn clipboard(terminal: &Terminal) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes = String::from_utf8(terminal.bytes()).unwrap();
    let (_, rest) = bytes.rsplit_once("\x1b]52;c;").unwrap();
    let (encoded, _) = rest.split_once('\x1b').unwrap_or((rest, ""));
    let mut bits = 0_u32;
    let mut text = Vec::new();
    for (at, letter) in encoded.trim_end_matches('=').bytes().enumerate() {
        let value = LETTERS.iter().position(|one| *one == letter).unwrap();
        bits = bits << 6 | u32::try_from(value).unwrap();
        if at % 4 > 0 {
            text.push(u8::try_from(bits >> (6 - 2 * (at % 4)) & 0xff).unwrap());
        }
    }
    String::from_utf8(text).unwrap()
}

#[track_caller]
fn wait_for_copy(terminal: &Terminal, what: &str, text: &str) {
    terminal.wait_for(&format!("copied {what} through the terminal"));
    terminal.wait_until(&format!("{text} is in the clipboard"), |_| clipboard(terminal) == text);
}

#[test]
fn documents_values_and_paths_are_copied_in_the_form_that_is_asked_for() {
    let id = ObjectId::parse_str("65a1b2c3d4e5f60718293a4b").unwrap();
    let at = DateTime::parse_rfc3339_str("2026-01-02T03:04:05Z").unwrap();
    let order = doc! {"_id": id, "at": at, "lines": [{"sku": "a\"b", "n": 5_i64}]};
    let rig = rig(vec![order], "");
    let mut terminal = orders_of(&rig);
    terminal.press("y");
    wait_for_copy(
        &terminal,
        "document",
        r#"{"_id":{"$oid":"65a1b2c3d4e5f60718293a4b"},"at":{"$date":"2026-01-02T03:04:05Z"},"lines":[{"sku":"a\"b","n":5}]}"#,
    );
    terminal.press("Y");
    wait_for_copy(
        &terminal,
        "document for mongosh",
        r#"{_id: ObjectId("65a1b2c3d4e5f60718293a4b"), at: ISODate("2026-01-02T03:04:05.000Z"), lines: [{sku: "a\"b", n: Long("5")}]}"#,
    );
    terminal.press("jj");
    wait_for_selected(&terminal, "at: ");
    terminal.press("Y");
    wait_for_copy(&terminal, "value for mongosh", r#"ISODate("2026-01-02T03:04:05.000Z")"#);
    terminal.press("P");
    wait_for_copy(&terminal, "path", "at");
    // Into the list, into its first document.
    terminal.press("jllll");
    wait_for_selected(&terminal, "sku: ");
    terminal.press("P");
    wait_for_copy(&terminal, "path", "lines.0.sku");
    terminal.press("y");
    wait_for_copy(&terminal, "value", r#""a\"b""#);
    terminal.press("v");
    terminal.wait_for("table");
    terminal.press("Y");
    terminal.wait_for("copied document for mongosh");
    terminal.quit();
}

#[test]
fn a_document_that_no_terminal_takes_is_not_copied_in_part() {
    let rig = rig(vec![doc! {"_id": 1, "text": "x".repeat(80_000)}], "");
    let mut terminal = orders_of(&rig);
    terminal.press("y");
    terminal.wait_for("are too much to copy through the terminal");
    assert!(!terminal.wrote("\x1b]52;c;"));
    terminal.press("jP");
    wait_for_copy(&terminal, "path", "_id");
    terminal.quit();
}
