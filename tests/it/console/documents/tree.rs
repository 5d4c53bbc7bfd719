//! Documents as trees and as a table, whatever is in them.

use std::str::FromStr as _;

use mongodb::bson::{
    Binary, Bson, DateTime, Decimal128, Regex, Timestamp, doc, oid::ObjectId, spec::BinarySubtype,
};

use super::{orders_of, rig, wait_for_line, wait_for_selected};

#[test]
fn trees_fold_and_unfold() {
    let deep = doc! {"_id": 2, "a": {"b": {"c": [10, {"d": "bottom"}]}}};
    let rig = rig(vec![doc! {"_id": 1, "last": true}, deep], "");
    let mut terminal = orders_of(&rig);
    // The first is open, the others are not.
    wait_for_line(&terminal, &["▾ {_id: 2"]);
    wait_for_line(&terminal, &["▸ {_id: 1"]);
    terminal.press("jj\r");
    wait_for_line(&terminal, &["▌", "▾ a:"]);
    terminal.press("jljljjl");
    wait_for_line(&terminal, &["▾ b:"]);
    wait_for_line(&terminal, &["▾ c:"]);
    wait_for_line(&terminal, &["▾ 1:"]);
    terminal.press("j");
    wait_for_selected(&terminal, "d: \"bottom\"");
    // To the parents, one after the other, and folded.
    terminal.press("h");
    wait_for_selected(&terminal, "▾ 1:");
    terminal.press("hh");
    wait_for_selected(&terminal, "▾ c:");
    terminal.press("h");
    wait_for_line(&terminal, &["▌", "▸ c:"]);
    terminal.press("g ");
    wait_for_line(&terminal, &["▌", "▸ {_id: 2"]);
    terminal.press(" ");
    wait_for_line(&terminal, &["▸ a:"]);
    terminal.press("G\r");
    wait_for_line(&terminal, &["last: true", "bool"]);
    terminal.quit();
}

#[test]
fn the_search_looks_into_what_is_folded() {
    let orders = (0..4).map(|n| doc! {"_id": n, "lines": [{"sku": format!("SKU-{}", n % 2)}]});
    let rig = rig(orders.collect(), "");
    let mut terminal = orders_of(&rig);
    terminal.press("*sku-1\r");
    wait_for_selected(&terminal, "sku: \"SKU-1\"");
    wait_for_line(&terminal, &["▾ {_id: 3"]);
    terminal.press("N");
    wait_for_line(&terminal, &["▾ {_id: 1"]);
    wait_for_selected(&terminal, "sku: \"SKU-1\"");
    // Around the end of the page.
    terminal.press("Nhhhhh");
    wait_for_selected(&terminal, "{_id: 3");
    terminal.press("*nobody\r");
    terminal.wait_for("not on this page");
    terminal.press("*half");
    wait_for_line(&terminal, &["search", "half"]);
    terminal.press("\x1b");
    terminal.wait_until_gone("search half");
    terminal.quit();
}

#[test]
fn a_table_has_the_columns_that_are_chosen() {
    let order = |n: i32| doc! {"_id": n, "total": f64::from(n) + 0.5, "at": {"city": "Ulm"}};
    let rig = rig((1..=3).map(order).chain([doc! {"_id": 4, "rare": "x"}]).collect(), "");
    let mut terminal = orders_of(&rig);
    terminal.press("v");
    wait_for_line(&terminal, &["_id", "total", "at.city"]);
    wait_for_line(&terminal, &["3", "3.5", "\"Ulm\""]);
    // What a document lacks.
    wait_for_line(&terminal, &["▌", " 4  -", "\"x\""]);
    terminal.press("l");
    terminal.wait_until("`_id` has gone out of sight", |screen| {
        screen.lines().any(|line| line.contains("total") && !line.contains("_id"))
    });
    terminal.press("hF");
    wait_for_line(&terminal, &["+ at.city", "75 %", "string"]);
    // Fields stand in the order in which a sample has met them.
    let screen = terminal.text();
    let line_of = |text: &str| screen.lines().position(|line| line.contains(text)).unwrap();
    let down = line_of("+ total") - line_of(" types ");
    terminal.press(format!("g{} ", "j".repeat(down)));
    wait_for_line(&terminal, &["  total", "75 %", "double"]);
    terminal.press("F");
    // It is the table that comes back.
    terminal.wait_until_gone("75 %");
    wait_for_line(&terminal, &["_id", "at.city"]);
    terminal.wait_until_gone("total");
    terminal.quit();
}

#[test]
fn a_table_row_opens_as_a_tree_and_is_found_again() {
    let rig = rig((1..=9).map(|n| doc! {"_id": n, "in": {"n": n}}).collect(), "");
    let mut terminal = orders_of(&rig);
    terminal.press("vjjj");
    wait_for_line(&terminal, &["▌  6     6"]);
    terminal.press("\r");
    wait_for_line(&terminal, &["▌", "▾ {_id: 6"]);
    terminal.press("jv");
    wait_for_line(&terminal, &["▌  6     6"]);
    terminal.quit();
}

#[test]
fn every_value_is_shown_with_its_type_and_dates_in_the_zone_that_is_configured() {
    let order = doc! {
        "_id": ObjectId::parse_str("65a1b2c3d4e5f60718293a4b").unwrap(),
        "summer": DateTime::parse_rfc3339_str("2026-07-01T22:30:00Z").unwrap(),
        "winter": DateTime::parse_rfc3339_str("2026-01-01T22:30:00Z").unwrap(),
        "long": 9_007_199_254_740_993_i64, "int": 7, "double": 2.0, "nan": f64::NAN,
        "price": Decimal128::from_str("12.3400").unwrap(),
        "bytes": Binary { subtype: BinarySubtype::Generic, bytes: vec![1, 2, 3] },
        "regex": Regex { pattern: "^a".try_into().unwrap(), options: "i".try_into().unwrap() },
        "stamp": Timestamp { time: 5, increment: 6 }, "nothing": Bson::Null, "yes": true,
        "gone": Bson::Undefined, "low": Bson::MinKey, "code": Bson::JavaScriptCode("f()".into()),
    };
    let rig = rig(vec![order], "[console]\ntime_zone = \"Europe/Berlin\"\n");
    let mut terminal = orders_of(&rig);
    // The same in the one line of a document.
    wait_for_line(&terminal, &["{_id", "summer: 2026-07-02T00:30:00"]);
    for (name, value, kind) in [
        ("_id", "65a1b2c3d4e5f60718293a4b", "objectId"),
        ("summer", "2026-07-02T00:30:00", "date"),
        ("winter", "2026-01-01T23:30:00", "date"),
        ("long", "9007199254740993", "long"),
        ("int", "7", "int"),
        ("double", "2.0", "double"),
        ("nan", "NaN", "double"),
        ("price", "12.3400", "decimal"),
        ("bytes", "010203", "binData"),
        ("regex", "^a", "regex"),
        ("stamp", "5", "timestamp"),
        ("nothing", "null", "null"),
        ("yes", "true", "bool"),
        ("gone", "undefined", "undefined"),
        ("low", "MinKey", "minKey"),
        ("code", "f()", "javascript"),
    ] {
        wait_for_line(&terminal, &[&format!("{name}: "), value, &format!("{kind} │")]);
    }
    terminal.press("v");
    wait_for_line(&terminal, &["2026-07-02T00:30:00", "2026-01-01T23:30:00"]);
    terminal.quit();
}

#[test]
fn hostile_text_is_made_visible_everywhere() {
    let attacks = ["\x1b]0;owned\x07", "a\u{202e}b", "c\u{200b}d", "\u{9b}2J", "e\r\nf\tg"];
    let mut order = doc! {"_id": 1};
    for (at, attack) in attacks.iter().enumerate() {
        order.insert(format!("k{at}{attack}"), format!("v{at}{attack}"));
    }
    let rig = rig(vec![order], "");
    let mut terminal = orders_of(&rig);
    wait_for_line(&terminal, &["k0\\u{1b}]0;owned\\u{7}", "v0\\u"]);
    wait_for_line(&terminal, &["k1a\\u{202e}b", "v1a\\u"]);
    wait_for_line(&terminal, &["k2c\\u{200b}d", "v2c\\u"]);
    wait_for_line(&terminal, &["k3\\u{9b}2J", "v3\\u"]);
    for keys in ["v", "lll", "F", "G", "I", "i", "\x1b", "*owned\r", "yYP", "/{k0\t\r"] {
        terminal.press(keys);
        terminal.wait_for("one_orders");
    }
    terminal.press("\x03");
    assert_eq!(terminal.wait(), 0);
    let faults = super::super::hostile::faults(&String::from_utf8(terminal.bytes()).unwrap());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
