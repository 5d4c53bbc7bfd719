//! A whole command of the shell, as it is pasted: `db.orders.find({…}).sort({…}).limit(5)`.

use bson::{Bson, Document};
use jiff::Timestamp;

use super::{
    SyntaxError,
    parser::{Parsed, Parser},
};

/// A command of the shell.
#[derive(Debug, Clone, PartialEq)]
pub struct Pasted {
    /// The collection that it names.
    pub collection: String,
    /// The methods in their order, each with its arguments: at least one.
    pub calls: Vec<Call>,
}

/// One method of a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What is called.
    pub name: String,
    /// With what.
    pub arguments: Vec<Bson>,
    /// Where its name stands in the text, in bytes.
    pub at: usize,
}

impl Pasted {
    /// The stages of the aggregation that this is.
    ///
    /// # Errors
    ///
    /// It is another command, or has options.
    pub(super) fn stages(self) -> Result<Vec<Document>, SyntaxError> {
        let mut stages = None;
        for Call { name, arguments, at } in self.calls {
            let wrong = |message: &str| SyntaxError { at, message: message.to_owned() };
            match name.as_str() {
                "aggregate" if stages.is_none() => {
                    let given = match <[Bson; 1]>::try_from(arguments) {
                        // The shell takes stages one by one, too.
                        Ok([Bson::Array(given)]) | Err(given) => given,
                        Ok([one]) => vec![one],
                    };
                    let document = |stage: Bson| match stage {
                        Bson::Document(stage) => Ok(stage),
                        _ => Err(wrong("expected stages, and no options beside them")),
                    };
                    stages = Some(given.into_iter().map(document).collect::<Result<_, _>>()?);
                }
                "toArray" | "pretty" if arguments.is_empty() && stages.is_some() => {}
                _ => return Err(wrong(&format!("`{name}` is no part of an aggregation here"))),
            }
        }
        Ok(stages.unwrap_or_default())
    }
}

/// The command that the text is; `None` where it does not begin as one.
///
/// # Errors
///
/// Where it stops being one, and what was expected there.
pub fn pasted(text: &str, now: Timestamp) -> Result<Option<Pasted>, SyntaxError> {
    let mut parser = Parser::new(text, now);
    parser.skip_space()?;
    if !parser.rest().starts_with("db.") && !parser.rest().starts_with("db[") {
        return Ok(None);
    }
    parser.word();
    let (mut collection, mut calls) = (String::new(), Vec::new());
    loop {
        parser.skip_space()?;
        if parser.peek() == Some('[') && calls.is_empty() {
            parser.eat('[');
            parser.skip_space()?;
            collection = parser.string()?;
            parser.take(']', "`]`")?;
            continue;
        }
        if !parser.eat('.') {
            break;
        }
        parser.skip_space()?;
        let at = parser.at();
        let word = parser.word();
        parser.skip_space()?;
        if parser.eat('(') {
            let arguments = parser.items(')', "`,` or `)`")?;
            match (word, arguments.as_slice()) {
                ("getCollection", [Bson::String(name)]) => collection.clone_from(name),
                _ => calls.push(Call { name: word.to_owned(), arguments, at }),
            }
        } else if calls.is_empty() && !word.is_empty() {
            // A collection's name may hold dots.
            let dot = if collection.is_empty() { "" } else { "." };
            collection = format!("{collection}{dot}{word}");
        } else {
            return Err(parser.expected("a method such as `find(...)`"));
        }
    }
    finish(&mut parser, collection, calls).map(Some)
}

fn finish(parser: &mut Parser, collection: String, calls: Vec<Call>) -> Parsed<Pasted> {
    if collection.is_empty() || calls.is_empty() {
        return Err(parser.expected("a collection and a method, as in `db.orders.find({})`"));
    }
    parser.finish()?;
    Ok(Pasted { collection, calls })
}
