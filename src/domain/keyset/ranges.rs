//! Filters for what has the same value as a place in the order, and for what lies beyond it.

use bson::{Bson, Document, doc};

use crate::domain::order::Class;

/// One key of a sort.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    /// Its dotted path.
    pub(super) path: &'a str,
    /// Whether there may be arrays on the path.
    pub(super) arrays: bool,
}

impl Field<'_> {
    /// That it has this value, or is an array with it.
    pub(super) fn equal(self, value: &Bson) -> Document {
        let path = self.path;
        match value {
            Bson::Undefined => any_of(self.undefined()),
            Bson::Null => any_of(self.null()),
            Bson::Array(_) => doc! {path: {"$elemMatch": {"$eq": value.clone()}}},
            value => doc! {path: {"$eq": value.clone()}},
        }
    }

    /// What comes strictly after the value: filters in their order, each served by one range.
    pub(super) fn beyond(self, value: &Bson, upwards: bool) -> Vec<Document> {
        let path = self.path;
        let class = Class::of(value);
        let operator = if upwards { "$gt" } else { "$lt" };
        let mut filters = match class {
            Class::MinKey | Class::Undefined | Class::Null | Class::MaxKey => vec![],
            Class::Number if is_nan(value) && upwards => {
                vec![doc! {path: {"$gte": f64::NEG_INFINITY}}]
            }
            Class::Number if is_nan(value) => vec![],
            // The server compares nothing with not-a-number, which sorts below all numbers.
            Class::Number if !upwards => {
                vec![doc! {path: {"$lt": value.clone()}}, doc! {path: f64::NAN}]
            }
            Class::Regex => vec![self.compare_regex(operator, value)],
            Class::Array => vec![doc! {path: {"$elemMatch": {operator: value.clone()}}}],
            _ => vec![doc! {path: {operator: value.clone()}}],
        };
        let mut others: Vec<Class> = Class::ALL
            .into_iter()
            .filter(|other| if upwards { *other > class } else { *other < class })
            .filter(|other| self.arrays || *other != Class::Array)
            .collect();
        if !upwards {
            others.reverse();
        }
        // A server that merges ranges of an index takes undefined and null for the same.
        let is_nothing = |class: &Class| matches!(class, Class::Undefined | Class::Null);
        let runs = others.chunk_by(|left, right| !is_nothing(left) && !is_nothing(right));
        filters.extend(runs.map(|run| any_of(self.of_classes(run))));
        filters
    }

    /// What comes before the value, or with `inclusive` also the value itself: one of these
    /// holds for an element of an array that has no place after it.
    pub(super) fn up_to(self, value: &Bson, upwards: bool, inclusive: bool) -> Vec<Document> {
        let path = self.path;
        let class = Class::of(value);
        let operator = if upwards { "$lt" } else { "$gt" };
        let mut filters = match class {
            Class::MinKey | Class::Undefined | Class::Null | Class::MaxKey => vec![],
            Class::Regex => vec![self.compare_regex(operator, value)],
            Class::Number if is_nan(value) && upwards => vec![],
            Class::Number if is_nan(value) => vec![doc! {path: {"$gte": f64::NEG_INFINITY}}],
            Class::Number if upwards => {
                vec![doc! {path: {"$lt": value.clone()}}, doc! {path: f64::NAN}]
            }
            Class::Array => vec![doc! {path: {"$elemMatch": {operator: value.clone()}}}],
            _ => vec![doc! {path: {operator: value.clone()}}],
        };
        if inclusive {
            filters.push(self.equal(value));
        }
        let others: Vec<Class> = Class::ALL
            .into_iter()
            .filter(|other| if upwards { *other < class } else { *other > class })
            .collect();
        filters.extend(self.of_classes(&others));
        filters
    }

    /// That it is of one of these classes.
    fn of_classes(self, classes: &[Class]) -> Vec<Document> {
        let path = self.path;
        let mut names: Vec<&str> = Vec::new();
        let mut filters = Vec::new();
        for class in classes {
            match class {
                Class::Undefined => filters.extend(self.undefined()),
                Class::Null => filters.extend(self.null()),
                Class::Array => filters.push(doc! {path: {"$elemMatch": {"$type": "array"}}}),
                Class::MinKey => names.push("minKey"),
                Class::Number => names.push("number"),
                Class::Text => names.extend(["string", "symbol"]),
                Class::Document => names.push("object"),
                Class::Binary => names.push("binData"),
                Class::ObjectId => names.push("objectId"),
                Class::Boolean => names.push("bool"),
                Class::Date => names.push("date"),
                Class::Timestamp => names.push("timestamp"),
                Class::Regex => names.push("regex"),
                Class::DbPointer => names.push("dbPointer"),
                Class::Code => names.push("javascript"),
                Class::CodeWithScope => names.push("javascriptWithScope"),
                Class::MaxKey => names.push("maxKey"),
            }
        }
        if !names.is_empty() {
            filters.insert(0, doc! {path: {"$type": names}});
        }
        filters
    }

    fn undefined(self) -> Vec<Document> {
        let mut filters = vec![doc! {self.path: {"$type": "undefined"}}];
        if self.arrays {
            // That it equals an empty array also holds for an array with one in it.
            filters.push(doc! {self.path: {"$eq": [], "$size": 0}});
        }
        filters
    }

    /// What sorts as null: null itself, what is missing, and on the way of a path the elements
    /// of an array that are no documents, or an array without any.
    fn null(self) -> Vec<Document> {
        let path = self.path;
        let is_index = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
        if path.split('.').skip(1).any(is_index) {
            // That it is null also holds where another element of the array lacks such a field.
            return vec![doc! {path: {"$type": "null"}}, doc! {path: {"$exists": false}}];
        }
        // Servers before 8.0 take undefined for null.
        let is_no_other = any_of(vec![
            doc! {path: {"$not": {"$type": "undefined"}}},
            doc! {path: {"$type": "null"}},
        ]);
        let mut filters = vec![doc! {"$and": [{path: {"$eq": Bson::Null}}, is_no_other]}];
        let places = path.match_indices('.').filter(|_| self.arrays);
        for before in places.filter_map(|(at, _)| path.get(..at)) {
            filters.push(doc! {before: {"$eq": [], "$size": 0}});
            filters.push(doc! {before: {"$elemMatch": {"$not": {"$type": "object"}}}});
        }
        filters
    }

    /// A comparison with a regular expression, which a filter takes for a search.
    fn compare_regex(self, operator: &str, value: &Bson) -> Document {
        let path = format!("${}", self.path);
        doc! {"$expr": {"$anyElementTrue": {"$map": {
            "input": {"$cond": [{"$isArray": &path}, &path, [&path]]},
            "in": {"$and": [
                {"$eq": [{"$type": "$$this"}, "regex"]},
                {operator: ["$$this", {"$literal": value.clone()}]},
            ]},
        }}}}
    }
}

fn any_of(mut parts: Vec<Document>) -> Document {
    if parts.len() == 1 {
        parts.remove(0)
    } else {
        doc! {"$or": parts}
    }
}

fn is_nan(value: &Bson) -> bool {
    match value {
        Bson::Double(number) => number.is_nan(),
        Bson::Decimal128(decimal) => decimal.to_string() == "NaN",
        _ => false,
    }
}
