//! `duplicate-store-id`: several records, one storeId.

use bson::doc;

use super::{Explanation, command, facts::Facts, words};
use crate::domain::{
    finding::{Finding, Fix, Rule},
    store::Store,
};

pub(super) const EXPLANATION: Explanation = Explanation {
    title: "two records have one storeId",
    meaning: "The backend finds a store by its storeId and takes whichever record comes first. \
              Requests for one store can read and write the data of the other.",
    cause: "Two creators at once, or an import that ran twice: without a unique index nothing \
            stops it.",
    remedy: "See which record the store really uses: the one whose collections have the recent \
             documents. Give the other one a storeId of its own, or delete it if it has no data. \
             Then make the unique index: `tilldeck indexes ensure`.",
};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let shared = facts.store_ids.iter().filter(|(_, stores)| stores.len() > 1);
    let finding = |(store_id, stores): (&&str, &Vec<&Store>)| {
        let names = stores.iter().map(|store| {
            let home = words::at_home(facts, store);
            match &store.prefix {
                Some(prefix) => format!("prefix `{prefix}` {home}"),
                None => format!("record `{}` {home}", store.record.as_str()),
            }
        });
        Finding {
            record: stores.first().map(|store| store.record.clone()),
            store_id: Some((*store_id).into()),
            message: format!(
                "{} have the storeId `{store_id}`: {}",
                words::counted(stores.len(), "record"),
                words::told(names.collect())
            ),
            evidence: doc! {
                "field": &facts.layout.registry.store_id,
                "records": words::records(facts, stores),
            },
            fix: Some(Fix {
                summary: "See which record the store uses, and give the other one a storeId of \
                          its own, or delete it if it has no data."
                    .into(),
                command: command::show_records(
                    facts.layout,
                    &facts.layout.registry.store_id,
                    store_id,
                ),
                repair: None,
            }),
            ..Facts::finding(Rule::DuplicateStoreId)
        }
    };
    shared.map(finding).collect()
}
