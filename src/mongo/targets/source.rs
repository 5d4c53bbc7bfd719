//! One connection string that several targets may share.

use std::{fmt, time::Duration};

use futures_util::FutureExt as _;
use mongodb::options::{ClientOptions, ConnectionString};
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::Mutex, time::Instant};

use crate::{
    domain::{
        failure::{Failure, FailureKind},
        uri::{Uri, UriOption, select},
    },
    mongo::error::refused_uri,
};

/// How long the answer for an SRV record is good for the other targets of the same URI.
const FRESH: Duration = Duration::from_secs(30);

/// How long a failure to resolve an SRV record is: six targets ask once, not six times.
const STILL_FAILED: Duration = Duration::from_secs(1);

pub(super) struct Source {
    pub(super) uri: Uri,
    /// Names of options that are set aside.
    pub(super) ignored: Vec<String>,
    kept: Vec<UriOption>,
    resolved: Mutex<Option<(Instant, Result<ClientOptions, Failure>)>>,
}

impl Source {
    /// Takes a URI apart; `place` says in messages which one it is.
    pub(super) fn parse(text: &SecretString, place: &str) -> Result<Self, Failure> {
        let wrong = |message: &str, hint: &str| {
            Failure::new(FailureKind::WrongOptions, &format!("{place} {message}"), hint)
        };
        let uri = Uri::parse(text.expose_secret())
            .map_err(|fault| wrong(&format!("is malformed: {fault}"), fault.remedy))?;
        let selection = select(uri.options()).map_err(|(name, problem)| {
            wrong(
                &format!("has an option `{name}` that {problem}"),
                "Correct that option in the URI",
            )
        })?;
        let mut source = Self {
            uri,
            ignored: selection.ignored,
            kept: selection.kept,
            resolved: Mutex::new(None),
        };
        if source.settle_with_driver() {
            return Ok(source);
        }
        Err(wrong(
            "has options that contradict each other or the rest of it",
            "Take out its options one by one until it is accepted",
        ))
    }

    /// Lets the driver have the last word: an option that it refuses, although the table of
    /// options does not say so, is set aside too. Whether the driver accepts the rest.
    fn settle_with_driver(&mut self) -> bool {
        while !self.driver_accepts(&self.kept) {
            let culprit = (0..self.kept.len()).find(|&nth| {
                let mut fewer = self.kept.clone();
                let option = fewer.remove(nth);
                !option.is_essential() && self.driver_accepts(&fewer)
            });
            let Some(nth) = culprit else { return false };
            let option = self.kept.remove(nth);
            self.ignored.push(option.name().to_owned());
        }
        true
    }

    fn driver_accepts(&self, options: &[UriOption]) -> bool {
        let text = self.uri.with_options(options);
        if self.uri.is_srv() {
            return ConnectionString::parse(text).is_ok();
        }
        // Without an SRV record nothing is awaited, and this checks the options together.
        let parsed = ClientOptions::parse(text).into_future().now_or_never();
        parsed.is_some_and(|parsed| parsed.is_ok())
    }

    /// The driver's options as the URI gives them, SRV and TXT resolved within `limit`.
    pub(super) async fn resolve(&self, limit: Duration) -> Result<ClientOptions, Failure> {
        let mut resolved = self.resolved.lock().await;
        if let Some((at, answer)) = &*resolved {
            let good_for = if answer.is_ok() { FRESH } else { STILL_FAILED };
            if at.elapsed() < good_for || !self.uri.is_srv() {
                return answer.clone();
            }
        }
        let answer = self.ask(limit).await;
        *resolved = Some((Instant::now(), answer.clone()));
        answer
    }

    async fn ask(&self, limit: Duration) -> Result<ClientOptions, Failure> {
        let text = SecretString::from(self.uri.with_options(&self.kept));
        let hosts = self.uri.addresses();
        // A future of the driver is never dropped half-way: it runs in a task of its own.
        let parsing = tokio::spawn(async move { ClientOptions::parse(text.expose_secret()).await });
        match tokio::time::timeout(limit, parsing).await {
            Ok(Ok(Ok(options))) => Ok(options),
            Ok(Ok(Err(error))) => Err(refused_uri(&error, &hosts)),
            Ok(Err(_)) => Err(Failure::new(
                FailureKind::Internal,
                "reading the connection string was interrupted",
                "Try again",
            )),
            Err(_) => Err(Failure::new(
                FailureKind::Dns,
                &format!(
                    "the SRV record of `{hosts}` was not found within {} ms",
                    limit.as_millis()
                ),
                "Check the resolver of this machine, or name the hosts in a `mongodb://` URI",
            )),
        }
    }

    /// What distinguishes one way to a server from another. Holds the password.
    pub(super) fn route(&self) -> String {
        let mut options: Vec<String> = self
            .kept
            .iter()
            .filter(|option| !option.is("authSource"))
            .map(|option| (option.name().to_ascii_lowercase(), option.value()))
            .filter(|(name, _)| ["tls", "ssl", "auth"].iter().any(|word| name.starts_with(word)))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        options.sort();
        let source = self
            .uri
            .option("authSource")
            .or_else(|| self.uri.default_auth_source(self.uri.database()));
        let login = (self.uri.user(), self.uri.password(), source);
        format!("{:?} {login:?} {options:?}", self.uri.address_set())
    }

    /// What is insecure, in words.
    pub(super) fn insecure(&self) -> Vec<String> {
        let is = |name: &str, value: &str| {
            self.kept.iter().any(|option| option.is(name) && option.value() == value)
        };
        let mut words = Vec::new();
        if is("tlsInsecure", "true") || is("tlsAllowInvalidCertificates", "true") {
            words.push("certificates not checked".to_owned());
        }
        if !self.is_encrypted() && self.uri.user().is_some() && !self.uri.is_local() {
            words.push("login without TLS".to_owned());
        }
        words
    }

    /// Whether the driver will use TLS: switched on, implied by an option that needs it, or
    /// by an SRV record.
    fn is_encrypted(&self) -> bool {
        let switch = self.kept.iter().find(|option| option.is("tls") || option.is("ssl"));
        let implied =
            self.kept.iter().any(|option| option.name().to_ascii_lowercase().starts_with("tls"));
        switch.map_or(implied || self.uri.is_srv(), |option| option.value() == "true")
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("uri", &self.uri).finish_non_exhaustive()
    }
}
