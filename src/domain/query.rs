//! What is asked of a collection: as a person types it, and as it is sent.

use bson::{Bson, Document};
use jiff::Timestamp;

use super::{
    failure::{Failure, FailureKind},
    shell::{self, Pasted, SyntaxError},
    text::safe,
};

/// Operators that write, or run JavaScript on the server.
const REFUSED: [(&str, &str); 5] = [
    ("$out", "writes a collection"),
    ("$merge", "writes into a collection"),
    ("$where", "runs JavaScript on the server"),
    ("$function", "runs JavaScript on the server"),
    ("$accumulator", "runs JavaScript on the server"),
];

/// A query of one collection. Empty documents ask for nothing special.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    /// Which documents.
    pub filter: Document,
    /// In which order.
    pub sort: Document,
    /// Which of their fields.
    pub projection: Document,
    /// How texts are compared.
    pub collation: Document,
}

/// A query as it is typed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct QueryText {
    /// Which documents; or a whole command of the shell.
    pub filter: String,
    /// In which order.
    pub sort: String,
    /// Which of their fields.
    pub projection: String,
    /// How texts are compared.
    pub collation: String,
    /// The stages of an aggregation; then all else is empty.
    pub pipeline: String,
}

/// One part of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// Which documents.
    Filter,
    /// In which order.
    Sort,
    /// Which of their fields.
    Projection,
    /// How texts are compared.
    Collation,
    /// The stages of an aggregation.
    Pipeline,
}

impl Part {
    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Sort => "sort",
            Self::Projection => "projection",
            Self::Collation => "collation",
            Self::Pipeline => "pipeline",
        }
    }
}

/// A part that is not written right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Which one.
    pub part: Part,
    /// Where, and what was expected.
    pub error: SyntaxError,
}

impl Mistake {
    /// The mistake in words, with the place and the text around it.
    pub fn failure(&self, text: &str) -> Failure {
        let (line, column) = self.error.line_and_column(text);
        let place = if text.contains('\n') {
            format!("line {line}, character {column}")
        } else {
            format!("character {column}")
        };
        let (before, after) = text.split_at_checked(self.error.at).unwrap_or((text, ""));
        let before: Vec<char> = before.chars().rev().take(30).collect();
        let before: String = before.into_iter().rev().collect();
        let after: String = after.chars().take(20).collect();
        Failure::new(
            FailureKind::Usage,
            &format!("the {} is wrong at {place}: {}", self.part.name(), self.error),
            &format!("Correct it where the arrow is: `{before} ▶ {after}`"),
        )
    }
}

impl QueryText {
    /// Reads every part.
    ///
    /// # Errors
    ///
    /// The first part that is not written right.
    pub fn read(&self, now: Timestamp) -> Result<Query, Mistake> {
        let read =
            |part, text: &str| shell::document(text, now).map_err(|error| Mistake { part, error });
        let pasted = shell::pasted(&self.filter, now)
            .map_err(|error| Mistake { part: Part::Filter, error })?;
        let mut query = match pasted {
            Some(pasted) => {
                from_command(&pasted).map_err(|error| Mistake { part: Part::Filter, error })?
            }
            None => Query { filter: read(Part::Filter, &self.filter)?, ..Query::default() },
        };
        for (part, text, target) in [
            (Part::Projection, &self.projection, &mut query.projection),
            (Part::Collation, &self.collation, &mut query.collation),
        ] {
            if !text.trim().is_empty() {
                *target = read(part, text)?;
            }
        }
        if !self.sort.trim().is_empty() {
            query.sort =
                sort(&self.sort, now).map_err(|error| Mistake { part: Part::Sort, error })?;
        }
        Ok(query)
    }

    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        [&self.filter, &self.sort, &self.projection, &self.collation, &self.pipeline]
            .iter()
            .all(|text| text.trim().is_empty())
    }
}

/// A sort: a document, or pairs such as `[["total", -1]]`.
fn sort(text: &str, now: Timestamp) -> Result<Document, SyntaxError> {
    let Ok(Bson::Array(pairs)) = shell::parse(text, now) else {
        return shell::document(text, now);
    };
    let pair = |pair: &Bson| match pair.as_array().map(Vec::as_slice) {
        Some([Bson::String(path), direction]) => Some((path.clone(), direction.clone())),
        _ => None,
    };
    let sort: Option<Document> = pairs.iter().map(pair).collect();
    sort.ok_or_else(|| SyntaxError {
        at: 0,
        message: "expected a sort such as `{total: -1}` or `[[\"total\", -1]]`".into(),
    })
}

/// The query that a pasted `db.collection.find(…).sort(…)` makes.
fn from_command(command: &Pasted) -> Result<Query, SyntaxError> {
    let mut query = Query::default();
    for call in &command.calls {
        let document = |index: usize| match call.arguments.get(index) {
            None => Ok(Document::new()),
            Some(Bson::Document(document)) => Ok(document.clone()),
            Some(_) => Err(SyntaxError {
                at: call.at,
                message: format!("`{}` takes documents", call.name),
            }),
        };
        match call.name.as_str() {
            "find" | "findOne" => {
                query.filter = document(0)?;
                query.projection = document(1)?;
            }
            "sort" => query.sort = document(0)?,
            "projection" | "project" => query.projection = document(0)?,
            "collation" => query.collation = document(0)?,
            // How many come is said elsewhere, and how they look is no question to the server.
            "limit" | "batchSize" | "pretty" | "toArray" | "maxTimeMS" | "comment" => {}
            other => {
                let message = format!(
                    "`{}` is no part of a find here; `sort`, `projection` and `collation` are",
                    safe(other)
                );
                return Err(SyntaxError { at: call.at, message });
            }
        }
    }
    Ok(query)
}

impl Query {
    /// Refuses what writes and what runs JavaScript on the server, and a collation of no
    /// language.
    ///
    /// # Errors
    ///
    /// `usage`, with the operator's name.
    pub fn check(&self) -> Result<(), Failure> {
        [&self.filter, &self.sort, &self.projection].into_iter().try_for_each(refuse)?;
        if self.collation.is_empty() || self.collation.get_str("locale").is_ok() {
            return Ok(());
        }
        Err(Failure::new(
            FailureKind::Usage,
            "the collation names no `locale`",
            "Write it as `{locale: \"en\", strength: 2}`",
        ))
    }
}

/// Refuses a document that writes or runs JavaScript on the server, at any depth.
///
/// # Errors
///
/// `usage`, with the operator's name.
pub fn refuse(document: &Document) -> Result<(), Failure> {
    for (key, value) in document {
        if let Some((operator, does)) = REFUSED.iter().find(|(operator, _)| operator == key) {
            return Err(Failure::new(
                FailureKind::Usage,
                &format!("`{operator}` {does}, which tilldeck never sends"),
                &format!("Leave `{operator}` out; queries only read"),
            ));
        }
        refuse_value(value)?;
    }
    Ok(())
}

fn refuse_value(value: &Bson) -> Result<(), Failure> {
    match value {
        Bson::Document(document) => refuse(document),
        Bson::Array(items) => items.iter().try_for_each(refuse_value),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    #[test]
    fn what_writes_or_runs_javascript_is_refused_at_any_depth() {
        for wrong in [
            doc! {"$where": "true"},
            doc! {"a": [{"$or": [{"$where": "true"}]}]},
            doc! {"$facet": {"x": [{"$out": "y"}]}},
            doc! {"$lookup": {"pipeline": [{"$merge": "y"}]}},
            doc! {"$expr": {"$function": {}}},
            doc! {"$group": {"_id": 1, "x": {"$accumulator": {}}}},
        ] {
            assert_eq!(refuse(&wrong).unwrap_err().kind, FailureKind::Usage, "{wrong}");
        }
        assert_eq!(refuse(&doc! {"a": {"$gt": 5}, "out": 1, "$mergeObjects": []}), Ok(()));
    }

    #[test]
    fn parts_and_pasted_commands_make_the_same_query() {
        let parts = QueryText {
            filter: "{a: 1}".into(),
            sort: "[['b', -1]]".into(),
            projection: "{_id: 0}".into(),
            collation: "{locale: 'de'}".into(),
            pipeline: String::new(),
        };
        let pasted = QueryText {
            filter:
                "db.orders.find({a: 1}, {_id: 0}).sort({b: -1}).collation({locale: 'de'}).limit(3)"
                    .into(),
            ..QueryText::default()
        };
        let expected = Query {
            filter: doc! {"a": 1},
            sort: doc! {"b": -1},
            projection: doc! {"_id": 0},
            collation: doc! {"locale": "de"},
        };
        assert_eq!(parts.read(now()), Ok(expected.clone()));
        assert_eq!(pasted.read(now()), Ok(expected));
    }

    #[test]
    fn mistakes_name_the_part_and_the_place() {
        let text = QueryText { sort: "{a: }".into(), ..QueryText::default() };
        let mistake = text.read(now()).unwrap_err();
        let failure = mistake.failure(&text.sort);
        assert_eq!(
            failure.message.as_str(),
            "the sort is wrong at character 5: expected a value for `a`, found `}`"
        );
        assert_eq!(failure.hint.as_str(), "Correct it where the arrow is: `{a:  ▶ }`");
        let wrong = QueryText { filter: "db.orders.drop()".into(), ..QueryText::default() };
        assert!(
            wrong.read(now()).unwrap_err().error.message.contains("`drop` is no part of a find")
        );
    }
}
