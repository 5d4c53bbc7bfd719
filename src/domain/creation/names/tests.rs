use proptest::prelude::*;

use super::*;
use crate::domain::database::{CollectionType, Database};

fn taken(stores: &[(&str, &str)]) -> Taken {
    let mut taken = Taken::default();
    for (store_id, prefix) in stores {
        taken.add(store_id, prefix);
    }
    taken
}

fn reason(draft: &Draft, field: Field, layout: &Layout) -> Option<String> {
    let taken = taken(&[("ST-1", "acme"), ("ST-2", "Bolt")]);
    let faults = check(draft, &taken, layout);
    faults.into_iter().find(|fault| fault.field == field).map(|fault| fault.reason)
}

fn of_prefix(prefix: &str) -> Option<String> {
    let draft = Draft { prefix: prefix.into(), ..Draft::default() };
    reason(&draft, Field::Prefix, &Layout::default())
}

fn of_id(store_id: &str) -> Option<String> {
    let draft = Draft { store_id: store_id.into(), ..Draft::default() };
    reason(&draft, Field::StoreId, &Layout::default())
}

#[test]
fn each_fault_of_a_prefix_has_its_reason() {
    for (prefix, reason) in [
        ("", "is empty"),
        ("Acme", "`A` cannot be in it: use lower case"),
        ("a.b", "`.` cannot be in it: use a-z, 0-9, _ and -"),
        ("a\u{202e}", "`\u{202e}` cannot be in it: use a-z, 0-9, _ and -"),
        ("_a", "begins with a letter or a digit"),
        ("a_", "cannot end in _, which stands before the type"),
        ("system", "begins with the server's own word `system`"),
        ("system_east", "begins with the server's own word `system`"),
        ("acme", "store `ST-1` has it already"),
        ("bolt", "store `ST-2` has `Bolt`, which differs only in case"),
        ("tilldeck", "its collection `tilldeck_products` has another meaning in this fleet"),
    ] {
        assert_eq!(of_prefix(prefix).as_deref(), Some(reason), "{prefix:?}");
    }
    for prefix in ["a", "a_b", "9-lives", "systems", " padded ", &"x".repeat(63)] {
        assert_eq!(of_prefix(prefix), None, "{prefix:?}");
    }
    assert_eq!(of_prefix(&"x".repeat(64)).unwrap(), "has 64 characters, at most 63 fit");
}

#[test]
fn a_store_id_is_unique_without_regard_to_case() {
    assert_eq!(of_id("st-1").as_deref(), Some("store `ST-1` has it already"));
    assert_eq!(of_id("").as_deref(), Some("is empty"));
    assert_eq!(of_id(&"x".repeat(129)).as_deref(), Some("has 129 bytes, at most 128 fit"));
    for hostile in ["a\nb", "a\u{1b}[2J", "a\u{200b}", "\u{9b}x"] {
        assert!(of_id(hostile).unwrap().starts_with("holds a character"), "{hostile:?}");
    }
    for fine in ["ST-3", "Köök 5", "a\\b", "  spaced  "] {
        assert_eq!(of_id(fine), None, "{fine:?}");
    }
}

#[test]
fn a_long_database_name_leaves_less_room() {
    let layout = Layout { database_prefix: "d".repeat(60), ..Layout::default() };
    let layout = Layout { collection_types: vec![CollectionType::new(&"t".repeat(150))], ..layout };
    // 255 - 62 of the database - dot - underscore - 150 of the type.
    let draft = |n| Draft { prefix: "p".repeat(n), ..Draft::default() };
    assert_eq!(reason(&draft(41), Field::Prefix, &layout), None);
    let reason = reason(&draft(42), Field::Prefix, &layout);
    assert_eq!(reason.as_deref(), Some("has 42 characters, at most 41 fit"));
}

#[test]
fn a_prefix_that_begins_another_is_told() {
    let taken = taken(&[("1", "north"), ("2", "south_bay"), ("3", "Mid")]);
    for (prefix, other) in [
        ("north_east", Some("north")),
        ("south", Some("south_bay")),
        ("mid_town_x", Some("Mid")),
        ("northern", None),
        ("north", None),
        ("bay", None),
    ] {
        assert_eq!(taken.ambiguous_with(prefix), other, "{prefix}");
    }
}

proptest! {
    #[test]
    fn whatever_passes_fits_a_namespace(
        prefix in "\\PC{0,80}|[a-z0-9_-]{1,70}",
        database in "[a-z]{1,55}",
        of_type in "[a-z_]{1,190}",
    ) {
        let layout = Layout {
            database_prefix: database,
            collection_types: vec![CollectionType::new(&of_type)],
            created_types: vec![CollectionType::new(&of_type)],
            ..Layout::default()
        };
        let draft = Draft { prefix: prefix.clone(), ..Draft::default() };
        let faults = check(&draft, &Taken::default(), &layout);
        if faults.iter().all(|fault| fault.field != Field::Prefix) {
            let prefix = prefix.trim();
            for database in layout.databases() {
                let name = layout.name_of(database);
                prop_assert!(name.len() + 1 + prefix.len() + 1 + of_type.len() <= 255);
            }
            prop_assert!(prefix.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-')));
            prop_assert!(!prefix.ends_with('_') && !prefix.is_empty());
        }
    }

    #[test]
    fn hostile_texts_never_pass(text in any::<String>()) {
        let draft =
            Draft { store_id: text.clone(), name: text.clone(), prefix: text.clone(), ..Draft::default() };
        let faults = check(&draft, &Taken::default(), &Layout::default());
        let passes = |field| faults.iter().all(|fault| fault.field != field);
        if passes(Field::StoreId) || passes(Field::Name) {
            prop_assert!(is_safe(text.trim()));
        }
        if passes(Field::Prefix) {
            prop_assert!(text.trim().is_ascii());
        }
    }

    #[test]
    fn a_suggestion_always_passes(name in "\\PC{0,60}", there in proptest::collection::vec("[a-z]{1,3}(_[a-z]{1,2})?", 0..20)) {
        let mut taken = Taken::default();
        for prefix in &there {
            taken.add(prefix, prefix);
        }
        let layout = Layout::default();
        if let Some(prefix) = super::super::suggest_prefix(&name, &taken, &layout) {
            let draft = Draft { store_id: "id 1".into(), name: "x".into(), prefix: prefix.clone(), ..Draft::default() };
            prop_assert_eq!(check(&draft, &taken, &layout), vec![]);
            prop_assert_eq!(taken.ambiguous_with(&prefix), None);
        }
    }
}

#[test]
fn the_longest_database_counts() {
    let layout = Layout { database_count: 10_000, ..Layout::default() };
    let longest = layout.databases().map(|database| layout.name_of(database).len()).max();
    assert_eq!(longest, Some("pos_db_10000".len()));
    assert_eq!(layout.name_of(Database::Main), "main_db");
}
