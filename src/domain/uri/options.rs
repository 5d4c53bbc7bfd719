//! The options of a connection string: which the driver takes, and which are set aside.
//!
//! The backend's driver knows options that ours refuses. Such an option is named and left
//! out for tilldeck alone; an option that decides who logs in where, or how the line is
//! encrypted, is never left out in silence: a wrong value there is a fault.

use std::collections::BTreeSet;

use super::{MASK, percent, secrets::after_a_secret};

/// One option as it is written.
#[derive(Clone, PartialEq, Eq)]
pub struct UriOption {
    name: String,
    raw_value: String,
}

impl UriOption {
    /// Splits `name=value`; the problem and the remedy where it is no such pair.
    pub(super) fn parse(pair: &str) -> Result<Self, (&'static str, &'static str)> {
        let Some((name, value)) = pair.split_once('=') else {
            return Err((
                "an option has no value",
                "Write options as `name=value`, joined by `&`; percent-encode a `?` or `&` that belongs to a password",
            ));
        };
        let is_name = |char: char| char.is_ascii_alphanumeric() || "_-.".contains(char);
        if name.is_empty() || !name.chars().all(is_name) {
            return Err((
                "an option has a name that no option has",
                "Write options as `name=value`, joined by `&`; percent-encode a `?` or `&` that belongs to a password",
            ));
        }
        Ok(Self { name: name.to_owned(), raw_value: value.to_owned() })
    }

    /// The name as it is written.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether this is the option with that name, whatever the case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value, decoded.
    pub fn value(&self) -> String {
        percent::decode(&self.raw_value)
    }

    /// `name=value` as it is written. May hold a secret.
    pub fn raw(&self) -> String {
        format!("{}={}", self.name, self.raw_value)
    }

    /// Whether the connection would be another one without it.
    pub fn is_essential(&self) -> bool {
        rule(&self.name).is_some_and(|rule| rule.treatment == Treatment::Essential)
    }

    pub(super) fn raw_value(&self) -> &str {
        &self.raw_value
    }

    /// `name=value`, with the value masked unless it is known to be no secret.
    pub(super) fn redacted(&self) -> String {
        match rule(&self.name) {
            Some(rule) if rule.shape.fits(&self.value()) => self.raw(),
            _ => format!("{}={MASK}", self.name),
        }
    }

    pub(super) fn is_secret(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        ["password", "token", "secret", "authmechanismproperties"]
            .iter()
            .any(|word| name.contains(word))
    }

    pub(super) fn is_known(&self) -> bool {
        rule(&self.name).is_some() || self.is_secret()
    }

    fn with_value(&self, value: &str) -> Self {
        Self { name: self.name.clone(), raw_value: value.to_owned() }
    }
}

/// What the value of an option looks like.
#[derive(Clone, Copy)]
enum Shape {
    /// `true` or `false`.
    Flag,
    /// A whole number, zero or more.
    Count,
    /// A whole number of any sign.
    Whole,
    /// One of these words, whatever the case.
    Word(&'static [&'static str]),
    /// Some of these words, separated by commas.
    Words(&'static [&'static str]),
    /// Any text that is no secret.
    Text,
    /// A secret, or text that may hold one.
    Hidden,
}

impl Shape {
    fn fits(self, value: &str) -> bool {
        let among =
            |words: &[&str], value: &str| words.iter().any(|word| word.eq_ignore_ascii_case(value));
        match self {
            Self::Flag => value == "true" || value == "false",
            Self::Count => value.parse::<u32>().is_ok(),
            Self::Whole => value.parse::<i32>().is_ok(),
            Self::Word(words) => among(words, value),
            Self::Words(words) => value.split(',').all(|value| among(words, value)),
            Self::Text => true,
            Self::Hidden => false,
        }
    }
}

/// What becomes of an option.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Treatment {
    /// Goes to the driver; without it the connection would be another one, so a value that
    /// the driver does not take is a fault.
    Essential,
    /// Goes to the driver if it takes the value, else is set aside.
    Optional,
    /// Known to other drivers only.
    SetAside,
}

struct Rule {
    name: &'static str,
    shape: Shape,
    treatment: Treatment,
}

const fn essential(name: &'static str, shape: Shape) -> Rule {
    Rule { name, shape, treatment: Treatment::Essential }
}

const fn optional(name: &'static str, shape: Shape) -> Rule {
    Rule { name, shape, treatment: Treatment::Optional }
}

const fn foreign(name: &'static str, shape: Shape) -> Rule {
    Rule { name, shape, treatment: Treatment::SetAside }
}

/// The compressors that are compiled in.
const COMPRESSORS: &[&str] = &["snappy", "zlib"];
const MODES: &[&str] =
    &["primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest"];
const MECHANISMS: &[&str] =
    &["SCRAM-SHA-1", "SCRAM-SHA-256", "MONGODB-X509", "PLAIN", "MONGODB-OIDC"];
const ENCODINGS: &[&str] = &["csharpLegacy", "javaLegacy", "pythonLegacy"];

/// Every option that is known; any other is set aside with its value masked.
const RULES: &[Rule] = &[
    essential("authMechanism", Shape::Word(MECHANISMS)),
    essential("authMechanismProperties", Shape::Hidden),
    essential("authSource", Shape::Text),
    essential("directConnection", Shape::Flag),
    essential("loadBalanced", Shape::Flag),
    essential("replicaSet", Shape::Text),
    essential("srvMaxHosts", Shape::Count),
    essential("srvServiceName", Shape::Text),
    essential("ssl", Shape::Flag),
    essential("tls", Shape::Flag),
    essential("tlsAllowInvalidCertificates", Shape::Flag),
    essential("tlsCAFile", Shape::Text),
    essential("tlsCertificateKeyFile", Shape::Text),
    essential("tlsInsecure", Shape::Flag),
    optional("appName", Shape::Text),
    optional("compressors", Shape::Words(COMPRESSORS)),
    optional("connectTimeoutMS", Shape::Count),
    optional("enableOverloadRetargeting", Shape::Flag),
    optional("heartbeatFrequencyMS", Shape::Count),
    optional("journal", Shape::Flag),
    optional("localThresholdMS", Shape::Count),
    optional("maxAdaptiveRetries", Shape::Count),
    optional("maxConnecting", Shape::Count),
    optional("maxIdleTimeMS", Shape::Count),
    optional("maxPoolSize", Shape::Count),
    optional("maxStalenessSeconds", Shape::Whole),
    optional("minPoolSize", Shape::Count),
    optional("readConcernLevel", Shape::Text),
    optional("readPreference", Shape::Word(MODES)),
    optional("readPreferenceTags", Shape::Text),
    optional("retryReads", Shape::Flag),
    optional("retryWrites", Shape::Flag),
    optional("serverMonitoringMode", Shape::Word(&["stream", "poll", "auto"])),
    optional("serverSelectionTimeoutMS", Shape::Count),
    optional("uuidRepresentation", Shape::Word(ENCODINGS)),
    optional("w", Shape::Text),
    optional("waitQueueTimeoutMS", Shape::Count),
    optional("wTimeoutMS", Shape::Count),
    optional("zlibCompressionLevel", Shape::Whole),
    foreign("adaptiveRetries", Shape::Flag),
    foreign("autoReconnect", Shape::Flag),
    foreign("family", Shape::Count),
    foreign("fsync", Shape::Flag),
    foreign("gssapiServiceName", Shape::Text),
    foreign("j", Shape::Flag),
    foreign("keepAlive", Shape::Flag),
    foreign("keepAliveInitialDelay", Shape::Count),
    foreign("maxStalenessMS", Shape::Count),
    foreign("noDelay", Shape::Flag),
    foreign("poolSize", Shape::Count),
    foreign("proxyHost", Shape::Text),
    foreign("proxyPassword", Shape::Hidden),
    foreign("proxyPort", Shape::Count),
    foreign("proxyUsername", Shape::Hidden),
    foreign("reconnectInterval", Shape::Count),
    foreign("reconnectTries", Shape::Count),
    foreign("safe", Shape::Flag),
    foreign("serverSelectionTryOnce", Shape::Flag),
    foreign("slaveOk", Shape::Flag),
    foreign("socketTimeoutMS", Shape::Count),
    foreign("sslValidate", Shape::Flag),
    foreign("timeoutMS", Shape::Count),
    foreign("tlsAllowInvalidHostnames", Shape::Flag),
    foreign("tlsCRLFile", Shape::Text),
    foreign("tlsCertificateKeyFilePassword", Shape::Hidden),
    foreign("tlsDisableCertificateRevocationCheck", Shape::Flag),
    foreign("tlsDisableOCSPEndpointCheck", Shape::Flag),
    foreign("useNewUrlParser", Shape::Flag),
    foreign("useUnifiedTopology", Shape::Flag),
    foreign("waitQueueMultiple", Shape::Count),
    foreign("wtimeout", Shape::Count),
];

fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name.eq_ignore_ascii_case(name))
}

/// What goes to the driver, and what is set aside.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Options that the driver takes, in the order of the URI.
    pub kept: Vec<UriOption>,
    /// Names of options that are set aside, as they are written, in the order of the URI.
    pub ignored: Vec<String>,
}

/// Chooses the options that go to the driver.
///
/// # Errors
///
/// The name of an essential option that has a value which the driver does not take, and
/// what is wrong with it.
pub fn select(options: &[UriOption]) -> Result<Selection, (&'static str, &'static str)> {
    let mut selection = Selection::default();
    let mut seen: Vec<&UriOption> = Vec::new();
    let has_mode = options.iter().any(|option| option.is("readPreference") && is_usable(option));
    for (option, doubtful) in options.iter().zip(after_a_secret(options)) {
        let earlier = seen.iter().find(|earlier| earlier.is(&option.name));
        let repeatable = option.is("readPreferenceTags");
        let kept = match (rule(&option.name), earlier) {
            (Some(rule), Some(earlier)) if !repeatable => repeated(rule, option, earlier)?,
            (Some(rule), _) => usable(rule, option, has_mode)?,
            (None, _) => None,
        };
        if kept.as_ref() != Some(option) {
            let name = if doubtful { MASK } else { option.name.as_str() };
            selection.ignored.push(name.to_owned());
        }
        selection.kept.extend(kept);
        seen.push(option);
    }
    check_together(&selection.kept)?;
    Ok(selection)
}

/// A repeated option: the first one stands. Two answers to an essential question are a fault.
fn repeated(
    rule: &Rule,
    option: &UriOption,
    earlier: &UriOption,
) -> Result<Option<UriOption>, (&'static str, &'static str)> {
    if rule.treatment == Treatment::Essential && option.value() != earlier.value() {
        return Err((rule.name, "stands there twice with different values"));
    }
    Ok(None)
}

/// The option as it goes to the driver, if it does.
fn usable(
    rule: &Rule,
    option: &UriOption,
    has_mode: bool,
) -> Result<Option<UriOption>, (&'static str, &'static str)> {
    let needs_mode = option.is("readPreferenceTags") || option.is("maxStalenessSeconds");
    match rule.treatment {
        Treatment::SetAside => Ok(None),
        // What other drivers call it when they choose the mechanism themselves.
        Treatment::Essential if option.is("authMechanism") && option.value() == "DEFAULT" => {
            Ok(None)
        }
        Treatment::Essential => match essential_fault(rule, option) {
            Some(problem) => Err((rule.name, problem)),
            None => Ok(Some(option.clone())),
        },
        Treatment::Optional if option.is("compressors") => Ok(compiled_in(option)),
        Treatment::Optional if needs_mode && !has_mode => Ok(None),
        Treatment::Optional => Ok(is_usable(option).then(|| option.clone())),
    }
}

fn essential_fault(rule: &Rule, option: &UriOption) -> Option<&'static str> {
    let value = option.value();
    match rule.shape {
        _ if value.is_empty() => Some("has an empty value"),
        Shape::Hidden => None,
        // The list of mechanisms is compared as it is written: so does the driver.
        Shape::Word(words) if !words.contains(&value.as_str()) => {
            Some("names a mechanism that tilldeck does not have")
        }
        shape if !shape.fits(&value) => Some(match shape {
            Shape::Flag => "is neither `true` nor `false`",
            _ => "is not a whole number",
        }),
        _ => None,
    }
}

/// Whether the driver takes the value of an optional option.
fn is_usable(option: &UriOption) -> bool {
    let value = option.value();
    let Some(rule) = rule(&option.name) else { return false };
    if !rule.shape.fits(&value) || (value.is_empty() && !option.is("readPreferenceTags")) {
        return false;
    }
    match rule.name {
        // Zero means "no limit" to other drivers, and unacknowledged writes for `w`.
        "maxPoolSize" | "maxConnecting" => value != "0",
        "w" => value.parse::<i64>().map_or(true, |n| n > 0 && n <= i64::from(i32::MAX)),
        "heartbeatFrequencyMS" => value.parse::<u64>().is_ok_and(|ms| ms >= 500),
        "zlibCompressionLevel" => value.parse::<i32>().is_ok_and(|n| (-1..=9).contains(&n)),
        // The driver adds ten seconds to the heartbeat and allows no less than ninety.
        "maxStalenessSeconds" => value.parse::<i32>().is_ok_and(|n| n == -1 || n >= 90),
        "readPreferenceTags" => {
            value.is_empty() || value.split(',').all(|tag| tag.split(':').count() == 2)
        }
        _ => true,
    }
}

/// The compressors of the list that are compiled in; `None` where none is.
fn compiled_in(option: &UriOption) -> Option<UriOption> {
    let value = option.value();
    let known: BTreeSet<&str> = COMPRESSORS.iter().copied().collect();
    let kept: Vec<&str> = value.split(',').filter(|name| known.contains(name)).collect();
    if kept.len() == value.split(',').count() {
        return Some(option.clone());
    }
    (!kept.is_empty()).then(|| option.with_value(&kept.join(",")))
}

/// Faults that lie in two options together.
fn check_together(kept: &[UriOption]) -> Result<(), (&'static str, &'static str)> {
    let value = |name: &str| kept.iter().find(|option| option.is(name)).map(UriOption::value);
    let (tls, ssl) = (value("tls"), value("ssl"));
    if tls.is_some() && ssl.is_some() && tls != ssl {
        return Err(("ssl", "contradicts the option `tls`"));
    }
    let off = tls.or(ssl).is_some_and(|on| on == "false");
    let needs_tls =
        ["tlsCAFile", "tlsCertificateKeyFile", "tlsInsecure", "tlsAllowInvalidCertificates"];
    if let Some(name) = needs_tls.into_iter().find(|name| off && value(name).is_some()) {
        return Err((name, "makes no sense where TLS is switched off"));
    }
    if value("tlsInsecure").is_some() && value("tlsAllowInvalidCertificates").is_some() {
        return Err(("tlsInsecure", "cannot stand beside `tlsAllowInvalidCertificates`"));
    }
    Ok(())
}
