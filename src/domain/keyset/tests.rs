use super::*;

fn sort(text: &Document) -> Vec<SortKey> {
    keys(text).unwrap().unwrap()
}

fn mark(values: Vec<Bson>) -> Mark {
    Mark::at(values)
}

#[test]
fn pages_by_id_are_two_ranges_of_its_index() {
    let order = Order::by_id(vec![]);
    let segments = order.segments(&mark(vec![Bson::Int32(7)]), Way::Forwards).unwrap();
    assert_eq!(segments[0].filter, doc! {"_id": {"$gt": 7}});
    assert_eq!(segments.len(), 2);
    assert!(segments[1].filter.to_string().contains("objectId"));
    let segments = order.segments(&mark(vec![Bson::Int32(7)]), Way::Backwards).unwrap();
    assert_eq!(segments[0].filter, doc! {"_id": {"$lt": 7}});
    assert_eq!(order.sort(Way::Backwards), doc! {"_id": -1});
}

#[test]
fn ids_that_follow_equal_values_come_first() {
    let order = Order::by_id(sort(&doc! {"total": -1}));
    assert_eq!(order.sort(Way::Forwards), doc! {"total": -1, "_id": -1});
    let segments =
        order.segments(&mark(vec![Bson::Int32(7), Bson::Int32(1)]), Way::Forwards).unwrap();
    let first = segments[0].filter.get_array("$and").unwrap();
    assert_eq!(first[0], Bson::Document(doc! {"total": {"$eq": 7}}));
    assert_eq!(first.last(), Some(&Bson::Document(doc! {"_id": {"$lt": 1}})));
}

#[test]
fn a_sort_by_id_ends_there_and_others_are_no_keys() {
    assert_eq!(sort(&doc! {"_id": 1, "a": 1}).len(), 1);
    assert_eq!(keys(&doc! {"$natural": -1}).unwrap(), None);
    assert_eq!(keys(&doc! {"score": {"$meta": "textScore"}}).unwrap(), None);
    assert!(keys(&doc! {"a": 2}).is_err());
    assert!(keys(&doc! {"a": "asc"}).is_err());
}

#[test]
fn too_many_equal_values_are_refused_in_words() {
    let order = Order { keys: sort(&doc! {"state": 1}), ties: Ties::Seen, arrays: true };
    let seen = vec![Bson::Null; MOST_TIES + 1];
    let many = Mark { seen, ..mark(vec![Bson::Int32(1)]) };
    let failure = order.segments(&many, Way::Forwards).unwrap_err();
    assert!(failure.message.as_str().contains("`state`"));
}

#[test]
fn who_turns_around_is_given_what_was_seen_and_nothing_else() {
    let order = Order { keys: sort(&doc! {"state": 1}), ties: Ties::Seen, arrays: true };
    let seen: Vec<Bson> = (0..150).map(Bson::Int32).collect();
    let mark = Mark { seen: seen.clone(), ..mark(vec![Bson::Int32(1)]) };
    let on = order.segments(&mark, Way::Forwards).unwrap();
    assert_eq!(on[0].pick, Pick::Except(seen.clone()));
    let back = order.segments(&mark, Way::Backwards).unwrap();
    let nearest: Vec<Bson> = seen.into_iter().rev().take(NAMES).collect();
    assert_eq!(back[0].pick, Pick::Only(nearest));
    assert!(matches!(&back[1].pick, Pick::Only(rest) if rest.len() == 50));
    assert_eq!(back[2].pick, Pick::Beyond);
}
