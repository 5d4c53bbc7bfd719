//! Walks raw BSON without trusting it: no length is believed before it is checked, no text
//! is believed to be UTF-8, and nothing is decoded that is only passed by.

use bson::{RawDocument, RawDocumentBuf, spec::ElementType};

/// One field of a document, still as bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'a> {
    /// What the value is.
    pub(crate) kind: ElementType,
    /// The field's name, without the terminator.
    pub(crate) key: &'a [u8],
    /// The value's bytes; exactly as long as its type says.
    pub(crate) value: &'a [u8],
    /// Where the element begins in the bytes that were given to [`element_at`].
    pub(crate) start: usize,
    /// Where the next element begins.
    pub(crate) end: usize,
}

/// The bytes are no valid BSON from here on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Corrupt;

/// The element that begins at `start`, or `None` at the document's end.
///
/// `bytes` may be any prefix-preserving part of a document; `end` is where the document's
/// last byte, its terminator, must be.
pub(crate) fn element_at(
    bytes: &[u8],
    start: usize,
    end: usize,
) -> Result<Option<Element<'_>>, Corrupt> {
    let inside = bytes.get(..=end).ok_or(Corrupt)?;
    let tag = *inside.get(start).ok_or(Corrupt)?;
    if start == end {
        return if tag == 0 { Ok(None) } else { Err(Corrupt) };
    }
    let kind = ElementType::from(tag).ok_or(Corrupt)?;
    let rest = inside.get(start + 1..end).ok_or(Corrupt)?;
    let length = rest.iter().position(|byte| *byte == 0).ok_or(Corrupt)?;
    let (key, value) = (&rest[..length], &rest[length + 1..]);
    let size = value_size(kind, value).ok_or(Corrupt)?;
    let value = value.get(..size).ok_or(Corrupt)?;
    Ok(Some(Element { kind, key, value, start, end: start + 1 + length + 1 + size }))
}

/// The elements of the document in `bytes[start..]`, up to the first corrupt one.
pub(crate) fn elements(bytes: &[u8], start: usize) -> Elements<'_> {
    match document_end(bytes, start) {
        Some(end) => Elements { bytes, next: Some(start + 4), end },
        None => Elements { bytes, next: Some(bytes.len()), end: bytes.len() },
    }
}

/// Iterator over elements; ends after the first error.
#[derive(Debug, Clone)]
pub(crate) struct Elements<'a> {
    bytes: &'a [u8],
    next: Option<usize>,
    end: usize,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, Corrupt>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = element_at(self.bytes, self.next?, self.end).transpose();
        self.next = match &found {
            Some(Ok(element)) => Some(element.end),
            _ => None,
        };
        found
    }
}

/// The document without its field of this name, and that field. It is cut out as bytes: what
/// cannot be decoded, such as a text that is no UTF-8, stays in the rest all the same.
pub(crate) fn without<'a>(
    document: &'a RawDocument,
    name: &str,
) -> (RawDocumentBuf, Option<Element<'a>>) {
    let bytes = document.as_bytes();
    let named = |element: &Element<'_>| element.key == name.as_bytes();
    let Some(element) = elements(bytes, 0).map_while(Result::ok).find(named) else {
        return (document.to_owned(), None);
    };
    let mut rest = bytes.to_vec();
    rest.drain(element.start..element.end);
    let length = i32::try_from(rest.len()).unwrap_or_default();
    rest.splice(..4, length.to_le_bytes());
    (RawDocumentBuf::from_bytes(rest).unwrap_or_default(), Some(element))
}

/// Where the terminator of the document that begins at `start` is.
pub(crate) fn document_end(bytes: &[u8], start: usize) -> Option<usize> {
    let length = length_at(bytes, start)?;
    (length >= 5).then_some(())?;
    let end = start.checked_add(length)?.checked_sub(1)?;
    (end < bytes.len()).then_some(end)
}

fn length_at(bytes: &[u8], start: usize) -> Option<usize> {
    let four = bytes.get(start..start.checked_add(4)?)?;
    usize::try_from(i32::from_le_bytes(four.try_into().ok()?)).ok()
}

/// How many bytes the value at the beginning of `bytes` takes.
fn value_size(kind: ElementType, bytes: &[u8]) -> Option<usize> {
    let prefixed = |more: usize| length_at(bytes, 0)?.checked_add(more);
    let string = || (length_at(bytes, 0)? >= 1).then_some(()).and_then(|()| prefixed(4));
    match kind {
        ElementType::Null | ElementType::Undefined | ElementType::MinKey | ElementType::MaxKey => {
            Some(0)
        }
        ElementType::Boolean => Some(1),
        ElementType::Int32 => Some(4),
        ElementType::Int64
        | ElementType::Double
        | ElementType::DateTime
        | ElementType::Timestamp => Some(8),
        ElementType::ObjectId => Some(12),
        ElementType::Decimal128 => Some(16),
        ElementType::String | ElementType::JavaScriptCode | ElementType::Symbol => string(),
        ElementType::DbPointer => string()?.checked_add(12),
        ElementType::EmbeddedDocument | ElementType::Array => {
            (length_at(bytes, 0)? >= 5).then_some(()).and_then(|()| prefixed(0))
        }
        ElementType::JavaScriptCodeWithScope => {
            (length_at(bytes, 0)? >= 14).then_some(()).and_then(|()| prefixed(0))
        }
        ElementType::Binary => prefixed(5),
        ElementType::RegularExpression => {
            let mut nulls = bytes.iter().enumerate().filter(|(_, byte)| **byte == 0);
            nulls.nth(1).map(|(index, _)| index + 1)
        }
    }
}

/// The text of a string, code or symbol value, as bytes.
pub(crate) fn text(value: &[u8]) -> &[u8] {
    let length = length_at(value, 0).unwrap_or(0);
    value.get(4..(4 + length).saturating_sub(1)).unwrap_or_default()
}

/// The first `N` bytes of a value; zeros where it is shorter, which it never is.
pub(crate) fn fixed<const N: usize>(value: &[u8]) -> [u8; N] {
    value.first_chunk().copied().unwrap_or([0; N])
}

/// The code and the scope document of a code-with-scope value.
pub(crate) fn code_and_scope(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = length_at(value, 4)?;
    let scope = value.get(8usize.checked_add(length)?..)?;
    (document_end(scope, 0)? + 1 == scope.len()).then_some(())?;
    Some((value.get(8..(8 + length).checked_sub(1)?)?, scope))
}

/// The pattern and the options of a regular expression.
pub(crate) fn pattern_and_options(value: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = value.split(|byte| *byte == 0);
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

/// The subtype and the bytes of a binary value.
pub(crate) fn subtype_and_bytes(value: &[u8]) -> (u8, &[u8]) {
    let subtype = value.get(4).copied().unwrap_or(0);
    let bytes = value.get(5..).unwrap_or_default();
    // The old subtype repeats the length in front of its bytes, where no form of text shows it.
    let repeated = || length_at(bytes, 0).is_some_and(|length| length + 4 == bytes.len());
    (subtype, if subtype == 2 && repeated() { &bytes[4..] } else { bytes })
}

/// The name of the type in queries with `$type`.
pub(crate) const fn type_name(kind: ElementType) -> &'static str {
    match kind {
        ElementType::Double => "double",
        ElementType::String => "string",
        ElementType::EmbeddedDocument => "object",
        ElementType::Array => "array",
        ElementType::Binary => "binData",
        ElementType::Undefined => "undefined",
        ElementType::ObjectId => "objectId",
        ElementType::Boolean => "bool",
        ElementType::DateTime => "date",
        ElementType::Null => "null",
        ElementType::RegularExpression => "regex",
        ElementType::DbPointer => "dbPointer",
        ElementType::JavaScriptCode => "javascript",
        ElementType::Symbol => "symbol",
        ElementType::JavaScriptCodeWithScope => "javascriptWithScope",
        ElementType::Int32 => "int",
        ElementType::Timestamp => "timestamp",
        ElementType::Int64 => "long",
        ElementType::Decimal128 => "decimal",
        ElementType::MaxKey => "maxKey",
        ElementType::MinKey => "minKey",
    }
}

/// Text whose bytes are no UTF-8, named beside the types.
pub(crate) const INVALID_UTF8: &str = "string with invalid UTF-8";

/// The constant that equals this name of a type; `unknown` where there is none.
pub(crate) fn known_type_name(name: &str) -> &'static str {
    let of_tags = (0..=u8::MAX).filter_map(ElementType::from).map(type_name);
    of_tags.chain([INVALID_UTF8]).find(|known| *known == name).unwrap_or("unknown")
}
