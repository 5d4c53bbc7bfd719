//! Keeping secrets out of every text that leaves the program.

use std::{collections::BTreeSet, fmt};

use super::{MASK, Uri, UriOption, percent};

/// Secrets shorter than this are not searched for in free text: they could not be told from
/// ordinary words, and every log line would be holes.
const SHORTEST_NEEDLE: usize = 3;

/// The URI with every secret masked.
///
/// Of a malformed URI nothing but the scheme is shown: where its password begins and ends
/// cannot be known.
pub fn redact(text: &str) -> String {
    if let Ok(uri) = Uri::parse(text) {
        return uri.redacted();
    }
    let scheme = ["mongodb://", "mongodb+srv://"]
        .into_iter()
        .find(|scheme| text.trim_start().starts_with(scheme))
        .unwrap_or_default();
    format!("{scheme}{MASK}")
}

/// For each option, whether it is an unknown one behind a secret: more likely the rest of a
/// secret with an unescaped `&` than an option.
pub(super) fn after_a_secret(options: &[UriOption]) -> impl Iterator<Item = bool> {
    options.iter().scan(false, |secret_before, option| {
        let doubtful = *secret_before && !option.is_known();
        *secret_before = doubtful || option.is_secret();
        Some(doubtful)
    })
}

/// Every spelling of the secrets in some URIs, to be cut out of logs and reports.
///
/// The second line of defence: texts are built without secrets in the first place.
#[derive(Clone, Default)]
pub struct Secrets {
    /// Longest first, so that a short one never leaves the tail of a longer one behind.
    needles: Vec<String>,
}

impl Secrets {
    /// Collects the secrets of these URIs: raw, decoded, percent-encoded in both cases of
    /// the digits, in base64, and as Rust and JSON would quote them.
    pub fn of<'a>(uris: impl IntoIterator<Item = &'a str>) -> Self {
        let mut needles = BTreeSet::new();
        for text in uris {
            for secret in secrets_of(text) {
                needles.extend(spellings(&secret));
            }
        }
        let mut needles: Vec<String> =
            needles.into_iter().filter(|needle| needle.len() >= SHORTEST_NEEDLE).collect();
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
        Self { needles }
    }

    /// The text with every secret replaced by [`MASK`].
    pub fn scrub(&self, text: &str) -> String {
        self.needles.iter().fold(text.to_owned(), |text, needle| {
            if text.contains(needle.as_str()) { text.replace(needle.as_str(), MASK) } else { text }
        })
    }

    /// Whether the text holds a secret.
    pub fn are_in(&self, text: &str) -> bool {
        self.needles.iter().any(|needle| text.contains(needle.as_str()))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({} spellings)", self.needles.len())
    }
}

fn secrets_of(text: &str) -> Vec<String> {
    let Ok(uri) = Uri::parse(text) else { return fragments(text) };
    let mut secrets = Vec::new();
    if let Some(credentials) = &uri.credentials
        && let Some((_, raw)) = credentials.raw.split_once(':')
    {
        secrets.push(raw.to_owned());
    }
    let options = uri.options().iter().zip(after_a_secret(uri.options()));
    for (option, doubtful) in options {
        if option.is("authMechanismProperties") {
            let properties = option.value();
            let values = properties.split(',').filter_map(|pair| pair.split_once(':'));
            let tokens = values.filter(|(name, _)| name.contains("TOKEN"));
            secrets.extend(tokens.map(|(_, value)| value.to_owned()));
        } else if option.is_secret() || doubtful {
            secrets.push(option.raw_value().to_owned());
        }
    }
    secrets
}

/// Of a malformed URI: everything behind the first colon that could be part of a password,
/// whole and in the pieces that a parser would quote.
fn fragments(text: &str) -> Vec<String> {
    let body = text.split_once("://").map_or(text, |(_, body)| body);
    let body = body.split_once(':').map_or(body, |(_, after)| after);
    let end = body.rfind('@').unwrap_or(body.len());
    let doubtful = &body[..end];
    let pieces = doubtful.split([':', '/', '?', '#', '[', ']', '@', '&', '=', ',', '%']);
    let mut fragments: Vec<String> = pieces.map(str::to_owned).collect();
    fragments.push(doubtful.to_owned());
    fragments
}

fn spellings(secret: &str) -> Vec<String> {
    let decoded = percent::decode(secret);
    let mut spellings = vec![secret.to_owned(), decoded.clone()];
    // What `encodeURIComponent` keeps, what RFC 3986 keeps, and nothing kept.
    for kept in [b"-_.!~*'()".as_slice(), b"-._~", b""] {
        let encoded = percent::encode_except(&decoded, kept);
        spellings.push(lower_digits(&encoded));
        spellings.push(encoded);
    }
    spellings.push(base64(decoded.as_bytes()));
    spellings.push(decoded.escape_debug().to_string());
    spellings.push(decoded.escape_default().to_string());
    spellings
}

/// The percent-encoded text with the digits of each escape in lower case.
fn lower_digits(encoded: &str) -> String {
    let mut digits_left = 0;
    let lowered = encoded.chars().map(|char| {
        digits_left = if char == '%' { 2 } else { i32::max(digits_left - 1, -1) };
        if char != '%' && digits_left >= 0 { char.to_ascii_lowercase() } else { char }
    });
    lowered.collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let padded = [0, 1, 2].map(|at| u32::from(chunk.get(at).copied().unwrap_or(0)));
        let group = (padded[0] << 16) | (padded[1] << 8) | padded[2];
        for digit in 0..=chunk.len() {
            let index = (group >> (18 - 6 * digit)) & 63;
            text.push(char::from(DIGITS[index as usize]));
        }
    }
    // Padding is left out: it is no part of the secret, and some encoders omit it.
    text
}
