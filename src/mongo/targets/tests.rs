use std::fmt::Write as _;

use mongodb::options::ConnectionString;
use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::{
    config::ShardOverride,
    domain::{
        database::DatabaseId,
        uri::{Secrets, Uri, redact},
    },
};

fn config(uri: &str) -> Config {
    Config { uri: Some(uri.into()), ..Config::default() }
}

fn shard(number: u32) -> DatabaseId {
    DatabaseId::new(number).unwrap()
}

fn with_own_uri(mut config: Config, number: u32, uri: &str) -> Config {
    let own = ShardOverride { uri: Some(uri.into()), read_preference: None };
    config.shards.insert(shard(number), own);
    config
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    why: String,
    uri: String,
    #[serde(default = "configured_main")]
    main: String,
    auth_source: Option<String>,
    #[serde(default)]
    ignored: Vec<String>,
    #[serde(default)]
    insecure: Vec<String>,
    login: String,
    printed: String,
}

fn configured_main() -> String {
    "main_db".into()
}

fn cases() -> Vec<Case> {
    #[derive(Deserialize)]
    struct Cases {
        case: Vec<Case>,
    }
    let text = include_str!("../../../assets/fixtures/uris.toml");
    toml::from_str::<Cases>(text).unwrap().case
}

fn malformed() -> Vec<String> {
    #[derive(Deserialize)]
    struct Malformed {
        uris: Vec<String>,
    }
    let text = include_str!("../../../assets/fixtures/uris_malformed.toml");
    toml::from_str::<Malformed>(text).unwrap().uris
}

#[tokio::test]
async fn every_uri_of_the_fixture_leads_where_it_should() {
    for case in cases() {
        let why = &case.why;
        let targets = Targets::parse(&config(&case.uri)).expect(why);
        let names: Vec<&str> =
            targets.databases.iter().map(|target| target.name.as_str()).collect();
        let shards = ["pos_db_1", "pos_db_2", "pos_db_3", "pos_db_4", "pos_db_5"];
        assert_eq!(names, [&[case.main.as_str()], shards.as_slice()].concat(), "{why}");
        assert_eq!(targets.layout.main_database, case.main, "{why}");
        for target in &targets.databases {
            assert_eq!(target.ignored_options, case.ignored, "{why}");
            assert_eq!(target.insecure, case.insecure, "{why}");
            assert_eq!(target.login.as_str(), case.login, "{why}");
            let options = target.resolve().await.expect(why);
            assert_eq!(options.default_database.as_ref(), Some(&target.name), "{why}");
            let source = options.credential.and_then(|credential| credential.source);
            assert_eq!(source, case.auth_source, "{why}");
        }
        let third = targets.get(Database::Shard(shard(3))).unwrap();
        let described = third.describe(Show::Redacted).await;
        assert_eq!(described.uri, case.printed, "{why}");
        assert_eq!(described.auth_source, case.auth_source, "{why}");
        assert_eq!(described.failure, None, "{why}");
    }
}

#[tokio::test]
async fn the_printed_uri_logs_in_as_the_target_does() {
    for case in cases() {
        let targets = Targets::parse(&config(&case.uri)).unwrap();
        for target in &targets.databases {
            let printed = target.describe(Show::Secrets).await.uri;
            let again = Targets::parse(&config(&printed)).expect(&case.why);
            let (one, other) =
                (target.resolve().await.unwrap(), again.databases[0].resolve().await.unwrap());
            assert_eq!(again.layout.main_database, target.name, "{}", case.why);
            assert_eq!(one.hosts, other.hosts, "{}", case.why);
            assert_eq!(one.credential, other.credential, "{}", case.why);
            assert_eq!(one.tls, other.tls, "{}", case.why);
            assert_eq!(one.repl_set_name, other.repl_set_name, "{}", case.why);
        }
    }
}

#[test]
fn a_malformed_uri_is_told_by_position_and_reason_without_a_word_of_it() {
    let mut told = String::new();
    for uri in malformed() {
        let failure = Targets::parse(&config(&uri)).expect_err(&uri);
        assert_eq!(failure.kind, FailureKind::WrongOptions, "{uri}");
        let text = format!("{}\n    {}", failure.message, failure.hint);
        assert!(!text.contains("HU") && !text.contains("SH"), "{text}");
        let shown = redact(&uri).replace("SCRAM-SHA", "SCRAM");
        assert!(!shown.contains("HU") && !shown.contains("SH"), "{shown}");
        // Writing to a string cannot fail.
        let _ = writeln!(told, "{uri}\n  → {shown}\n    {text}");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn without_a_uri_the_next_step_is_said() {
    let failure = Targets::parse(&Config::default()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Usage);
    assert!(failure.hint.as_str().contains("MONGODB_URI"));
}

#[tokio::test]
async fn what_is_meant_for_an_application_server_does_not_apply() {
    let uri = "mongodb://localhost/main_db?appName=shop&maxPoolSize=200&minPoolSize=50\
               &connectTimeoutMS=90000&serverSelectionTimeoutMS=90000&maxIdleTimeMS=1\
               &heartbeatFrequencyMS=60000&retryReads=false&replicaSet=rs0";
    let targets = Targets::parse(&config(uri)).unwrap();
    let options = targets.databases[2].resolve().await.unwrap();
    assert_eq!(options.app_name.as_deref(), Some(APP_NAME));
    assert_eq!(options.max_pool_size, Some(4 + 2));
    assert_eq!((options.min_pool_size, options.max_idle_time), (None, None));
    assert_eq!(options.connect_timeout, Some(Duration::from_secs(2)));
    assert_eq!(options.server_selection_timeout, Some(Duration::from_secs(2)));
    assert_eq!(options.heartbeat_freq, Some(HEARTBEAT));
    assert_eq!(options.retry_reads, Some(false));
    assert_eq!(options.repl_set_name.as_deref(), Some("rs0"));
}

#[tokio::test]
async fn a_read_preference_of_the_shard_beats_that_of_the_fleet_and_the_uri() {
    let mut config = config("mongodb://localhost/main_db?readPreference=nearest");
    let preference = async |config: &Config, at: usize| {
        let targets = Targets::parse(config).unwrap();
        targets.databases[at].resolve().await.unwrap().selection_criteria.unwrap()
    };
    let is = |criteria: SelectionCriteria, mode: &str| format!("{criteria:?}").contains(mode);
    assert!(is(preference(&config, 1).await, "Nearest"));
    config.read_preference = ReadPreference::SecondaryPreferred;
    assert!(is(preference(&config, 1).await, "SecondaryPreferred"));
    let own = ShardOverride { uri: None, read_preference: Some(ReadPreference::Primary) };
    config.shards.insert(shard(1), own);
    assert!(is(preference(&config, 1).await, "(Primary)"));
    assert!(is(preference(&config, 2).await, "SecondaryPreferred"));
}

#[tokio::test]
async fn a_shard_may_have_a_cluster_of_its_own() {
    let config = config("mongodb://pos:one@localhost/main_db");
    let config = with_own_uri(config, 2, "mongodb://eu:two@eu.example/?tls=true");
    let config = with_own_uri(config, 3, "mongodb://eu:two@eu.example/tenant_3?tls=true");
    let config = with_own_uri(config, 4, "mongodb://eu:two@eu.example/admin?tls=true&j=true");
    let targets = Targets::parse(&config).unwrap();
    let names: Vec<&str> = targets.databases.iter().map(|target| target.name.as_str()).collect();
    assert_eq!(names, ["main_db", "pos_db_1", "pos_db_2", "tenant_3", "pos_db_4", "pos_db_5"]);
    let overridden: Vec<bool> = targets.databases.iter().map(|target| target.overridden).collect();
    assert_eq!(overridden, [false, false, true, true, true, false]);
    assert_eq!(targets.databases[4].ignored_options, ["j"]);
    assert!(targets.databases[1].ignored_options.is_empty());
    assert_eq!(targets.warnings, []);
    let described = targets.describe(Show::Redacted).await;
    assert_eq!(
        described[4].uri,
        "mongodb://eu:***@eu.example/pos_db_4?tls=true&j=true&authSource=admin"
    );
    assert_eq!(described[4].auth_source.as_deref(), Some("admin"));
    assert_eq!(described[1].auth_source.as_deref(), Some("main_db"));
}

#[test]
fn routes_are_equal_where_hosts_login_and_encryption_are() {
    let config = config("mongodb://pos:one@a.example,b.example:27018/main_db");
    let same = "mongodb://pos:one@B.example:27018,a.example:27017/pos_db_1?authSource=main_db";
    let config = with_own_uri(config, 1, same);
    let config = with_own_uri(config, 2, &same.replace("one", "two"));
    let config = with_own_uri(config, 3, &same.replace("main_db", "admin"));
    let config = with_own_uri(config, 4, &format!("{same}&tls=true"));
    let config = with_own_uri(config, 5, &same.replace("27017", "27020"));
    let targets = Targets::parse(&config).unwrap();
    let routes: Vec<RouteKey> = targets.databases.iter().map(|target| target.route).collect();
    let distinct: std::collections::BTreeSet<_> = routes[1..].iter().collect();
    assert_eq!(distinct.len(), 5);
    assert_eq!(routes[0], routes[1]);
}

#[test]
fn what_is_hardly_meant_is_said() {
    let twice = config("mongodb://localhost/pos_db_1");
    let twice = with_own_uri(twice, 3, "mongodb://LOCALHOST:27017/pos_db_2");
    let twice = with_own_uri(twice, 9, "mongodb://localhost/x");
    let targets = Targets::parse(&twice).unwrap();
    let warnings: Vec<&str> = targets.warnings.iter().map(SafeText::as_str).collect();
    assert_eq!(
        warnings,
        [
            "the main database and shard 1 are one and the same database, `pos_db_1`",
            "shard 2 and shard 3 are one and the same database, `pos_db_2`",
            "shard 9 has settings, but there are only 5 shards",
        ]
    );
    let admin = Targets::parse(&config("mongodb://root:x@localhost/admin")).unwrap();
    assert_eq!(
        admin.warnings[0].as_str(),
        "the main database is `admin`, which belongs to the server"
    );
}

#[tokio::test]
async fn an_srv_record_that_is_not_there_is_a_dns_failure() {
    let mut config = config("mongodb+srv://pos:HUSH@cluster.invalid/main_db");
    config.timing.probe_timeout = Duration::from_millis(400);
    let targets = Targets::parse(&config).unwrap();
    assert!(targets.databases.iter().all(|target| target.insecure.is_empty()));
    for description in targets.describe(Show::Redacted).await {
        assert_eq!(description.failure.map(|failure| failure.kind), Some(FailureKind::Dns));
        // Nothing of ours is added before the TXT record is known.
        let printed = format!("mongodb+srv://pos:***@cluster.invalid/{}", description.name);
        assert_eq!(description.uri, printed);
        assert_eq!(description.auth_source, None);
    }
}

#[test]
fn nothing_debug_prints_holds_the_password() {
    let config =
        config("mongodb://pos:HU%40SH@localhost/main_db?authMechanismProperties=TOKEN:HUSH");
    let targets = Targets::parse(&config).unwrap();
    let printed = format!("{targets:?} {:?}", config.uri);
    assert!(!printed.contains("HU") && !printed.contains("SH@"), "{printed}");
}

/// Pieces that a URI could be made of, fitting or not.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9]{1,6}",
        "[:/?#@&=,%\\[\\]. $+-]{1,2}",
        Just("mongodb://".to_owned()),
        Just("%40".to_owned()),
        Just("tls=true".to_owned()),
        Just("authSource=admin".to_owned()),
        Just("w=1".to_owned()),
    ]
}

/// What we refuse although the driver does not: it would be refused later, or would print a
/// part of a password.
fn stricter(uri: &str) -> bool {
    let (before, options) = uri.split_once('?').unwrap_or((uri, ""));
    let after_scheme = before.split_once("://").map_or("", |(_, rest)| rest);
    let path = after_scheme.split_once('/').map_or("", |(_, path)| path);
    options.contains('@')
        || path.contains(['.', '\0'])
        || path.len() > 63
        || options.split('&').any(|pair| {
            !pair
                .split('=')
                .next()
                .is_some_and(|name| name.chars().all(|char| char.is_ascii_alphanumeric()))
        })
}

proptest! {
    #[test]
    fn what_the_driver_accepts_we_accept_and_mean_the_same(
        pieces in prop::collection::vec(piece(), 0..9)
    ) {
        let uri = format!("mongodb://{}", pieces.concat());
        let ours = Uri::parse(&uri);
        if ConnectionString::parse(&uri).is_ok() && uri.trim() == uri && !stricter(&uri) {
            prop_assert!(ours.is_ok(), "{uri}: {ours:?}");
        }
        if let Ok(ours) = ours {
            let theirs = ConnectionString::parse(ours.with_options(&[]));
            prop_assert!(theirs.is_ok(), "{}: {:?}", uri, theirs.err());
            let theirs = theirs.unwrap();
            let credential = theirs.credential.unwrap_or_default();
            prop_assert_eq!(ours.database(), theirs.default_database.as_deref());
            prop_assert_eq!(ours.user(), credential.username.as_deref());
            prop_assert_eq!(ours.password(), credential.password.as_deref());
        }
    }

    #[test]
    fn no_part_of_a_password_survives(
        parts in prop::collection::vec(
            prop_oneof![Just("CANARY".to_owned()), "[:/?#@&=,%\\[\\]a-z0-9]{1,3}"], 1..6
        ),
        shape in prop::sample::select(vec![
            "mongodb://user:{}@host/db",
            "mongodb://user:{}@host:27017/db?w=1",
            "mongodb://user:{}@a:1,b:2",
            "mongodb+srv://user:{}@host.example.com/db",
            "mongodb://user:{}@host/db?authSource=admin&tls=true",
            "mongodb://user:pw@host/db?tlsCertificateKeyFilePassword={}",
            "mongodb://user:pw@host/db?w=1&proxyPassword={}&tls=true",
            "mongodb://user:pw@host/db?authMechanismProperties=AWS_SESSION_TOKEN:{}",
            "user:{}://host",
            "mongodb//user:{}@host/db",
            "mongodb:/user:{}@host/db",
        ]),
    ) {
        let mut password = format!("CANARY{}CANARY", parts.concat());
        if shape.contains('?') && !shape.contains("{}@") {
            // In an option a bare `&` begins another one, such as `&w=`, which is no secret.
            password = password.replace('&', "%26");
        }
        let uri = shape.replace("{}", &password);
        let shown = redact(&uri);
        prop_assert!(!shown.contains("CANARY"), "{} → {}", uri, shown);
        let failure = Targets::parse(&config(&uri));
        let told = format!("{failure:?}");
        prop_assert!(!told.contains("CANARY"), "{} → {}", uri, told);
    }

    #[test]
    fn secrets_are_scrubbed_in_every_spelling(password in "[ -~é]{3,20}") {
        let encoded: Vec<String> = password.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let encoded = encoded.concat();
        let uri = format!("mongodb://user:{encoded}@host/db");
        let secrets = Secrets::of([uri.as_str()]);
        for leak in [uri.clone(), password.clone(), format!("{password:?}"), encoded] {
            let scrubbed = secrets.scrub(&format!("before {leak} after"));
            prop_assert!(!secrets.are_in(&scrubbed) || "before  after ***".contains(&password));
            prop_assert!(!scrubbed.contains(&password) || "before  after ***".contains(&password));
        }
    }
}
