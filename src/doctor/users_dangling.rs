//! `users-dangling`: a user whose storeId is in no record.

use bson::{Bson, doc};

use super::{Explanation, command, facts::Facts, words};
use crate::domain::{
    database::Database,
    finding::{Finding, Fix, Rule},
    inventory::UserGroup,
};

pub(super) const EXPLANATION: Explanation = Explanation {
    title: "users whose storeId is in no record",
    meaning: "These people cannot work: after the login the backend finds no store for them. If \
              the storeId is given out again, they are users of a store that is not theirs.",
    cause: "The store's record was deleted or its storeId changed, and its users stayed; or the \
            storeId was typed wrong, or stored as another type.",
    remedy: "Compare the storeId with those of the registry (`tilldeck why`). Correct it, or \
             disable the users if their store is gone.",
};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let Ok(groups) = &facts.inventory.users else { return Vec::new() };
    // Without the true list of stores, users of the newest ones would look lost.
    if !facts.is_live {
        return Vec::new();
    }
    let dangling = groups.iter().filter(|group| facts.stores_of(group).is_empty());
    dangling.map(|group| found(facts, group)).collect()
}

fn found(facts: &Facts<'_>, group: &UserGroup) -> Finding {
    let layout = facts.layout;
    let (names, main) = (&layout.registry, facts.name_of(Database::Main));
    let text = group.store_id.as_str();
    let value = text.map_or_else(
        || group.store_id.clone().into_relaxed_extjson().to_string(),
        ToOwned::to_owned,
    );
    let kind = match text {
        Some("") => " (an empty text)",
        Some(_) => "",
        None => " (not a text)",
    };
    let users = words::counted(group.count, "user");
    Finding {
        store_id: text.map(Box::from),
        database: Some(Database::Main),
        collection: Some(names.users.as_str().into()),
        message: format!(
            "{users} in `{}` of `{main}` {} the {} `{value}`{kind}, which is in no record",
            names.users,
            if group.count == 1 { "has" } else { "have" },
            names.store_id
        ),
        evidence: doc! {
            "value": group.store_id.clone(),
            "users": words::number(group.count),
        },
        fix: Some(Fix {
            summary: "Correct the users' storeId, or disable them if their store is gone.".into(),
            command: show(facts, &group.store_id),
            repair: None,
        }),
        ..Facts::finding(Rule::UsersDangling)
    }
}

/// The users, without what is secret about them.
fn show(facts: &Facts<'_>, store_id: &Bson) -> String {
    let names = &facts.layout.registry;
    let users = command::collection(facts.layout, Database::Main, &names.users);
    let field = command::key(&names.store_id);
    let value = command::value(&store_id.clone().into_relaxed_extjson());
    command::mongosh(&format!(
        "{users}.find({{{field}: {value}}}, {{name: 1, email: 1, {field}: 1}})\
         .forEach(u => print(EJSON.stringify(u)))"
    ))
}
