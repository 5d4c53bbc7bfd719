//! Values of all types, as `_id` and as what is sorted by.

use mongodb::bson::{Bson, Document, doc};
use tilldeck::domain::{keyset::Ties, query::Query};

use super::{
    rig::{BOTH, Rig, Walk, by},
    values::{arrays, decimal, ids, scalars},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_id_may_be_of_any_type() {
    let rig = Rig::new().await;
    rig.plant("mixed", ids().into_iter().map(|id| doc! {"_id": id})).await;
    let with_tie = |(n, id): (i32, Bson)| doc! {"_id": id, "v": n % 3};
    rig.plant("tied", (0..).zip(ids()).map(with_tie)).await;
    let odd = [decimal("NaN"), decimal("Infinity"), decimal("-Infinity"), decimal("-0"), 1.into()];
    rig.plant("odd", odd.map(|id| doc! {"_id": id})).await;
    for walk in BOTH {
        for size in [1, 3, 50] {
            for sort in [doc! {}, doc! {"_id": 1}, doc! {"_id": -1}] {
                rig.check("mixed", &by(sort.clone()), size, walk).await;
                rig.check("odd", &by(sort), size, walk).await;
            }
        }
        for sort in [doc! {"v": 1}, doc! {"v": -1}, doc! {"v": 1, "_id": -1}] {
            assert_eq!(rig.check("tied", &by(sort), 3, walk).await, Ties::Id);
        }
    }
    rig.end().await;
}

/// Each value twice, and so many ties that no page holds them.
fn tied(values: &[Bson]) -> Vec<Document> {
    let one = |value: &Bson, n: i32| doc! {"v": value, "w": n % 2, "once": n == 0};
    let mut documents: Vec<Document> =
        values.iter().flat_map(|value| [one(value, 0), one(value, 1)]).collect();
    documents.extend([0, 1].map(|n| doc! {"w": n, "once": n == 0}));
    documents.extend((0..70).map(|n| one(&"tie".into(), n)));
    fastrand::Rng::with_seed(7).shuffle(&mut documents);
    documents
}

/// Walks by these sorts through pages of all sizes.
async fn check_all(rig: &Rig, name: &str, sorts: &[Document], walks: &[Walk], ties: Ties) {
    for sort in sorts {
        for walk in walks {
            for size in [3, 50] {
                assert_eq!(rig.check(name, &by(sort.clone()), size, *walk).await, ties, "{sort}");
            }
            let once = Query { filter: doc! {"once": true}, ..by(sort.clone()) };
            rig.check(name, &once, 1, *walk).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_any_type_are_sorted_by() {
    let rig = Rig::new().await;
    rig.plant("scalars", tied(&scalars())).await;
    let sorts = [doc! {"v": 1}, doc! {"v": -1}, doc! {"w": 1, "v": -1}, doc! {"v": 1, "w": -1}];
    check_all(&rig, "scalars", &sorts, &BOTH, Ties::Id).await;
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_any_type_are_sorted_by_an_index() {
    let rig = Rig::new().await;
    rig.plant("scalars", tied(&scalars())).await;
    rig.index("scalars", doc! {"v": 1}).await;
    check_all(&rig, "scalars", &[doc! {"v": 1}, doc! {"v": -1}], &BOTH, Ties::Seen).await;
    rig.plant("pairs", tied(&scalars())).await;
    rig.index("pairs", doc! {"v": 1, "w": -1}).await;
    check_all(&rig, "pairs", &[doc! {"v": -1, "w": 1}], &BOTH, Ties::Seen).await;
    rig.plant("with_id", tied(&scalars())).await;
    rig.index("with_id", doc! {"v": 1, "_id": 1}).await;
    check_all(&rig, "with_id", &[doc! {"v": 1}], &BOTH, Ties::Id).await;
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_array_counts_as_its_least_or_greatest_element() {
    let rig = Rig::new().await;
    let values = || [scalars(), arrays()].concat();
    let sorts = [doc! {"v": 1}, doc! {"v": -1}];
    rig.plant("arrays", tied(&values())).await;
    let two = [doc! {"w": -1, "v": 1}, doc! {"v": -1, "w": 1}];
    check_all(&rig, "arrays", &[&sorts[..], &two].concat(), &[Walk::Forwards], Ties::Id).await;
    rig.index("arrays", doc! {"v": 1}).await;
    check_all(&rig, "arrays", &sorts, &[Walk::Forwards], Ties::Seen).await;
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_leads_through_documents_and_arrays() {
    let rig = Rig::new().await;
    let mut inner: Vec<Bson> =
        scalars().into_iter().map(|value| doc! {"b": value}.into()).collect();
    inner.extend([Bson::Int32(5), Bson::Null, doc! {}.into(), doc! {"c": 1}.into()]);
    rig.plant("plain", inner.iter().map(|a| doc! {"a": a, "once": true})).await;
    let sorts = [doc! {"a.b": 1}, doc! {"a.b": -1}];
    check_all(&rig, "plain", &sorts, &BOTH, Ties::Id).await;
    let mut through = inner;
    through.extend(arrays().into_iter().map(|value| doc! {"b": value}.into()));
    through.extend(
        [
            vec![doc! {"b": 1}, doc! {"b": 3}],
            vec![doc! {"b": 2}, doc! {}],
            vec![doc! {"b": [4, -4]}, doc! {"b": 0}],
            vec![doc! {"b": "x"}, doc! {"b": f64::NAN}],
            vec![doc! {"c": 1}],
            vec![],
        ]
        .map(Bson::from),
    );
    through.push(vec![Bson::from(doc! {"b": 2}), 5.into()].into());
    let of = || through.iter().map(|a| doc! {"a": a, "once": true}).chain([doc! {"once": true}]);
    rig.plant("through", of()).await;
    let indexed = [doc! {"a.0.b": 1}, doc! {"a.0": -1}];
    check_all(&rig, "through", &sorts, &[Walk::Forwards], Ties::Id).await;
    check_all(&rig, "through", &indexed, &[Walk::Forwards], Ties::Id).await;
    rig.index("through", doc! {"a.b": 1}).await;
    check_all(&rig, "through", &sorts, &[Walk::Forwards], Ties::Seen).await;
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_projection_may_leave_out_what_is_sorted_by() {
    let rig = Rig::new().await;
    rig.plant("plain", tied(&scalars())).await;
    rig.plant("indexed", tied(&scalars())).await;
    rig.index("indexed", doc! {"v": 1}).await;
    let projections = [
        doc! {"n": 1},
        doc! {"n": 1, "_id": 0},
        doc! {"v": 0},
        doc! {"v": 0, "_id": 0},
        doc! {"_id": 0},
        doc! {"n": true, "v": {"$literal": "other"}},
    ];
    for projection in projections {
        let hides_id = projection.contains_key("_id");
        for walk in BOTH {
            for sort in [doc! {"v": 1}, doc! {"w": 1, "v": -1}, doc! {"_id": -1}] {
                let query = Query { projection: projection.clone(), ..by(sort) };
                assert_eq!(rig.check("plain", &query, 50, walk).await, Ties::Id);
            }
            let query = Query { projection: projection.clone(), ..by(doc! {"v": 1}) };
            let ties = if hides_id { Ties::Id } else { Ties::Seen };
            assert_eq!(rig.check("indexed", &query, 20, walk).await, ties, "{projection}");
        }
    }
    rig.end().await;
}
