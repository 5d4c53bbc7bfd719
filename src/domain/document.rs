//! Documents, lazily over raw BSON: a folding tree that never decodes what is folded.

use bson::spec::ElementType;
use jiff::tz::TimeZone;

use super::text::SafeText;

pub(crate) mod json;
pub(crate) mod raw;
mod summary;
#[cfg(test)]
mod tests;
mod tree;

pub use self::json::JsonForm;
pub(crate) use self::summary::value as value_on_a_line;
pub use self::tree::{Line, Tree};

/// The first value under a dotted path on one line, for a cell of a table; `None` where there
/// is none. Of an array of documents, the first one that has it, and how many there are.
pub fn cell(document: &bson::RawDocument, path: &str, zone: &TimeZone) -> Option<(SafeText, bool)> {
    let mut bytes = document.as_bytes();
    let mut rest = path;
    loop {
        // A name may hold dots itself.
        let fits = |key: &[u8]| {
            let after = rest.as_bytes().strip_prefix(key)?;
            (after.is_empty() || after.starts_with(b".")).then_some(after.len())
        };
        let mut found = None;
        for element in raw::elements(bytes, 0).map_while(Result::ok) {
            if let Some(left) = fits(element.key) {
                found = Some((element, left));
                break;
            }
        }
        let (element, left) = found?;
        if left == 0 {
            let is_number = matches!(
                element.kind,
                ElementType::Int32
                    | ElementType::Int64
                    | ElementType::Double
                    | ElementType::Decimal128
            );
            return Some((summary::value_in(&element, zone), is_number));
        }
        rest = rest.get(rest.len() - left + 1..)?;
        bytes = match element.kind {
            ElementType::EmbeddedDocument => element.value,
            ElementType::Array => {
                let items = raw::elements(element.value, 0).map_while(Result::ok);
                items.into_iter().find(|item| item.kind == ElementType::EmbeddedDocument)?.value
            }
            _ => return None,
        };
    }
}
