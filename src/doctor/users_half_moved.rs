//! `users-half-moved`: a store's users are both in main and in its own collection.

use bson::doc;

use super::{Explanation, command, facts::Facts, words};
use crate::domain::{
    collection::Form,
    database::{CollectionType, Database},
    finding::{Finding, Fix, Rule},
    inventory::UserGroup,
    ownership::collection_name,
    store::Store,
};

pub(super) const EXPLANATION: Explanation = Explanation {
    title: "a store's users are in two places",
    meaning: "Some of its people can log in and some cannot, or a changed password counts in one \
              place only: it depends on where the backend looks first.",
    cause: "A move of the users out of the main database that stopped half-way, or new users \
            that were still made in the old place.",
    remedy: "Compare both collections. Bring all users of the store into one of them, the one \
             that the backend reads, and remove the others.",
};

/// The type of collection that holds a store's own users.
const USERS: &str = "users";

pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let Ok(groups) = &facts.inventory.users else { return Vec::new() };
    let users = CollectionType::new(USERS);
    if !facts.layout.collection_types.contains(&users) {
        return Vec::new();
    }
    let of_group = |group| {
        let stores = facts.stores_of(group).into_iter();
        stores.filter_map(|store| found(facts, group, store, &users)).collect::<Vec<_>>()
    };
    groups.iter().flat_map(of_group).collect()
}

fn found(
    facts: &Facts<'_>,
    group: &UserGroup,
    store: &Store,
    users: &CollectionType,
) -> Option<Finding> {
    let home = facts.home_of(store)?;
    let name = collection_name(store.prefix.as_deref()?, users);
    let documents = facts.inventory.documents_in(home, &name).filter(|documents| *documents > 0)?;
    facts.inventory.named(home, &name).filter(|named| named.form != Form::View)?;
    let (main, place) = (facts.name_of(Database::Main), facts.name_of(home));
    let in_main = &facts.layout.registry.users;
    Some(Finding {
        message: format!(
            "{} has {} in `{in_main}` of `{main}` and {} in `{name}` of `{place}`",
            words::called(store),
            words::counted(group.count, "user"),
            words::counted(documents, "document"),
        ),
        evidence: doc! {
            "main": {
                "database": &main, "collection": in_main, "users": words::number(group.count),
            },
            "store": {
                "database": &place, "collection": &name, "documents": words::number(documents),
            },
        },
        fix: Some(Fix {
            summary: "Compare both places, and bring the users together in the one that the \
                      backend reads."
                .into(),
            command: compare(facts, group, home, &name),
            repair: None,
        }),
        collection: Some(name.into()),
        ..facts.about(Rule::UsersHalfMoved, store)
    })
}

/// The `_id`s on both sides: equal ones were copied, others are only there.
fn compare(facts: &Facts<'_>, group: &UserGroup, home: Database, name: &str) -> String {
    let names = &facts.layout.registry;
    let main = command::collection(facts.layout, Database::Main, &names.users);
    let own = command::collection(facts.layout, home, name);
    let field = command::key(&names.store_id);
    let store_id = command::value(&group.store_id.clone().into_relaxed_extjson());
    command::mongosh(&format!(
        "const ids = (c, f) => c.find(f, {{_id: 1}}).toArray().map(u => EJSON.stringify(u._id)); \
         print({{main: ids({main}, {{{field}: {store_id}}}), own: ids({own}, {{}})}})"
    ))
}
