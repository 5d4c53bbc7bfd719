//! Any text goes through the parser of the shell's syntax: it ends with a value or with an
//! error at a place in the text, and what is printed of a value parses back equal.

#![no_main]

use std::fmt::Debug;

use bson::{Bson, Document};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use tilldeck::domain::shell::{self, SyntaxError};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fuzz_target!(|text: &str| {
    let value = checked(shell::parse(text, NOW), text);
    let document = checked(shell::document(text, NOW), text);
    let pipeline = checked(shell::pipeline(text, NOW), text);
    checked(shell::pasted(text, NOW), text);
    for in_pipeline in [false, true] {
        shell::complete(text, text.len() / 2, &["total".to_owned()], in_pipeline);
        shell::complete(text, text.len(), &["total".to_owned()], in_pipeline);
    }

    if let Some(value) = &value {
        let printed = shell::print(value);
        same(shell::parse(&printed, NOW).as_ref(), value, text, &printed);
    }
    if let Some(document) = document {
        let whole = Bson::Document(document.clone());
        // Nothing at all is an empty document too, and no value.
        assert!(value.is_none() || value.as_ref().is_some_and(|value| equal(value, &whole)));
        let printed = shell::print(&whole);
        let back = shell::document(&printed, NOW).map(Bson::Document);
        same(back.as_ref(), &whole, text, &printed);
    }
    if let Some(stages) = pipeline {
        let whole = array(stages);
        let printed = shell::print(&whole);
        let back = shell::pipeline(&printed, NOW).map(array);
        same(back.as_ref(), &whole, text, &printed);
    }
});

fn array(stages: Vec<Document>) -> Bson {
    stages.into_iter().map(Bson::Document).collect::<Vec<_>>().into()
}

/// What was read; an error must point into the text.
fn checked<T: Debug>(read: Result<T, SyntaxError>, text: &str) -> Option<T> {
    read.map_err(|error| {
        assert!(text.is_char_boundary(error.at), "{error:?} is not a place in {text:?}");
        error.line_and_column(text);
    })
    .ok()
}

fn same(back: Result<&Bson, &SyntaxError>, value: &Bson, text: &str, printed: &str) {
    assert!(
        back.is_ok_and(|back| equal(back, value)),
        "{text:?} is {value:?}, printed as {printed:?}, which is {back:?}"
    );
}

/// Equality of all that can be seen: unlike `==`, it holds for a value that is not a number,
/// and tells zero from minus zero.
fn equal(left: &Bson, right: &Bson) -> bool {
    format!("{left:?}") == format!("{right:?}")
}
