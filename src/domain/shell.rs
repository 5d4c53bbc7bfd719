//! The syntax of queries as people paste it from mongosh, from Compass or from a program:
//! JavaScript literals with the shell's constructors, and Extended JSON in both forms.
//!
//! ```text
//! {status: 'paid', total: {$gt: 5}, _id: {$gt: ObjectId("65f0c0ffee65f0c0ffee65f0")}}
//! {"placedAt": {"$gte": {"$date": "2026-11-01T00:00:00Z"}}}
//! {placedAt: {$gte: new Date(Date.now() - 24 * 60 * 60 * 1000)}}, // the last day
//! ```
//!
//! Nothing is executed: what is not a value, a constructor that is known here, or arithmetic
//! on numbers is an error that says where it is and what was expected.
//!
//! Two things differ from JavaScript on purpose. A whole number that does not fit in 32 bits
//! becomes an `Int64`, not a double that has lost digits; and a date without a zone is UTC,
//! not the zone of whoever types it.

use std::fmt;

use bson::{Bson, Document};
use jiff::Timestamp;

mod call;
mod complete;
pub(crate) mod dates;
mod extended;
mod number;
mod parser;
mod pasted;
mod print;
#[cfg(test)]
mod tests;

pub(crate) use self::print::{raw_document, raw_value};
pub use self::{
    complete::{Completion, complete},
    pasted::{Call, Pasted, pasted},
    print::print,
};

/// Deepest nesting that is read; the server takes no document deeper than 180 from a client.
pub const DEEPEST: usize = 180;

/// Text that is no query, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where in the text, in bytes; at most its length, and never inside a character.
    pub at: usize,
    /// What was expected, and what was found instead: lower case, no full stop, as typed.
    pub message: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxError {}

impl SyntaxError {
    /// Line and column of the place, both counted from 1, columns in characters.
    pub fn line_and_column(&self, text: &str) -> (usize, usize) {
        let before = text.get(..self.at).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before[line_start..].chars().count() + 1;
        (before.matches('\n').count() + 1, column)
    }
}

/// One value.
///
/// `now` is what `new Date()` and `Date.now()` mean.
///
/// # Errors
///
/// Where the text stops being a value, and what was expected there.
pub fn parse(text: &str, now: Timestamp) -> Result<Bson, SyntaxError> {
    parser::Parser::new(text, now).whole()
}

/// One document, such as a filter. Nothing but white space and comments is an empty one.
///
/// # Errors
///
/// As [`parse`], and for a value that is no document.
pub fn document(text: &str, now: Timestamp) -> Result<Document, SyntaxError> {
    let mut parser = parser::Parser::new(text, now);
    parser.skip_space()?;
    if parser.is_at_end() {
        return Ok(Document::new());
    }
    let at = parser.at();
    match parser.whole()? {
        Bson::Document(document) => Ok(document),
        other => Err(SyntaxError {
            at,
            message: format!(
                "expected a document such as `{{status: \"paid\"}}`, found {}",
                kind_of(&other)
            ),
        }),
    }
}

/// The stages of an aggregation: an array of documents, one document alone, or a whole
/// `db.orders.aggregate(…)` of the shell.
///
/// # Errors
///
/// As [`parse`], and for anything but documents, or another command.
pub fn pipeline(text: &str, now: Timestamp) -> Result<Vec<Document>, SyntaxError> {
    if let Some(command) = pasted(text, now)? {
        return command.stages();
    }
    let mut parser = parser::Parser::new(text, now);
    parser.skip_space()?;
    let at = parser.at();
    let wrong = |found: &Bson| SyntaxError {
        at,
        message: format!(
            "expected an array of stages such as `[{{$match: {{}}}}]`, found {}",
            kind_of(found)
        ),
    };
    match parser.whole()? {
        Bson::Document(stage) => Ok(vec![stage]),
        Bson::Array(stages) => {
            let document = |stage| match stage {
                Bson::Document(stage) => Ok(stage),
                other => Err(wrong(&other)),
            };
            stages.into_iter().map(document).collect()
        }
        other => Err(wrong(&other)),
    }
}

/// What a value is, in words for an error.
fn kind_of(value: &Bson) -> &'static str {
    match value {
        Bson::Double(_) | Bson::Int32(_) | Bson::Int64(_) | Bson::Decimal128(_) => "a number",
        Bson::String(_) => "a text",
        Bson::Array(_) => "an array",
        Bson::Document(_) => "a document",
        Bson::Boolean(_) => "true or false",
        Bson::Null | Bson::Undefined => "nothing",
        Bson::RegularExpression(_) => "a regular expression",
        Bson::DateTime(_) => "a date",
        Bson::ObjectId(_) => "an ObjectId",
        _ => "a value of another type",
    }
}
