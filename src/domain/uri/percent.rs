//! Percent-encoding, as far as connection strings need it.

use std::fmt::Write as _;

/// The byte of the first `%` that two hexadecimal digits do not follow.
pub(super) fn first_stray(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len()).find(|&at| bytes[at] == b'%' && escaped(bytes, at).is_none())
}

/// Decodes; what is no percent-encoding stays. `None` where the result is not UTF-8.
pub(super) fn try_decode(text: &str) -> Option<String> {
    String::from_utf8(decode_bytes(text)).ok()
}

/// Decodes; bytes that are not UTF-8 become the replacement character.
pub(super) fn decode(text: &str) -> String {
    String::from_utf8_lossy(&decode_bytes(text)).into_owned()
}

fn decode_bytes(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = escaped(bytes, at);
        decoded.push(escape.unwrap_or(bytes[at]));
        at += if escape.is_some() { 3 } else { 1 };
    }
    decoded
}

/// The byte that the escape at `at` stands for.
fn escaped(bytes: &[u8], at: usize) -> Option<u8> {
    if bytes.get(at) != Some(&b'%') {
        return None;
    }
    let digit = |at: usize| bytes.get(at).and_then(|&byte| char::from(byte).to_digit(16));
    let value = digit(at + 1)? * 16 + digit(at + 2)?;
    u8::try_from(value).ok()
}

/// Encodes a database or user name; the `$` of `$external` stays readable.
pub(super) fn encode_name(text: &str) -> String {
    encode_except(text, b"-._~$")
}

/// Encodes every byte that is not an ASCII letter, a digit or one of `kept`.
pub(super) fn encode_except(text: &str, kept: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
