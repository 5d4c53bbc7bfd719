use super::*;

const SRV: &str = "mongodb+srv://pos:HUSH@cluster.example.com/main_db?retryWrites=true";

#[test]
fn of_an_srv_uri_the_resolved_auth_source_is_printed_and_no_other() {
    let uri = Uri::parse(SRV).unwrap();
    let stem = "mongodb+srv://pos:***@cluster.example.com/pos_db_3?retryWrites=true";
    // A TXT record has said `admin`.
    let resolved = uri.printed("pos_db_3", Some("admin"), Show::Redacted);
    assert_eq!(resolved, format!("{stem}&authSource=admin"));
    // Nothing is known yet: naming the main database could break what a TXT record says.
    assert_eq!(uri.printed("pos_db_3", None, Show::Redacted), stem);
    assert!(uri.printed("pos_db_3", None, Show::Secrets).contains("pos:HUSH@"));
}

#[test]
fn an_auth_source_that_the_path_says_anyway_is_not_repeated() {
    let uri = Uri::parse("mongodb://pos:x@localhost/main_db").unwrap();
    let printed = uri.printed("main_db", Some("main_db"), Show::Redacted);
    assert_eq!(printed, "mongodb://pos:***@localhost/main_db");
}

#[test]
fn names_are_encoded_in_the_path() {
    let uri = Uri::parse("mongodb://localhost").unwrap();
    assert_eq!(uri.printed("café#1", None, Show::Redacted), "mongodb://localhost/caf%C3%A9%231");
}

#[test]
fn a_position_counts_characters_of_the_text_as_given() {
    for (text, position) in [
        ("mongodb://é:p@ss@host", 14),
        ("  mongodb://u:p@ss@host", 16),
        ("mongodb://h/db?tls=true&w", 25),
    ] {
        assert_eq!(Uri::parse(text).unwrap_err().position, position, "{text}");
    }
}

#[test]
fn addresses_that_mean_the_same_servers_are_equal() {
    let set = |text: &str| Uri::parse(text).unwrap().address_set();
    assert_eq!(set("mongodb://A,b:27018"), set("mongodb://b:27018,a:27017"));
    assert_eq!(set("mongodb://[::1]"), set("mongodb://[::1]:27017"));
    assert_ne!(set("mongodb://a"), set("mongodb://a:27018"));
    assert_eq!(set("mongodb://%2Ftmp%2Fm.sock"), ["/tmp/m.sock"]);
}

#[test]
fn only_this_machine_is_local() {
    for (host, local) in [
        ("localhost", true),
        ("LOCALHOST:27018", true),
        ("127.0.0.9", true),
        ("[::1]:27017", true),
        ("%2Ftmp%2Fm.sock", true),
        ("localhost.example.com", false),
        ("10.0.0.1", false),
        ("localhost,db.example", false),
    ] {
        let uri = Uri::parse(&format!("mongodb://{host}")).unwrap();
        assert_eq!(uri.is_local(), local, "{host}");
    }
    assert!(!Uri::parse("mongodb+srv://localhost").unwrap().is_local());
}

#[test]
fn secrets_are_collected_from_options_and_from_malformed_uris_too() {
    let secrets = Secrets::of([
        "mongodb://u:first%40@h/?authMechanismProperties=AWS_SESSION_TOKEN:second,A:public",
        "mongodb://h/?tlsCertificateKeyFilePassword=third&proxyPassword=fourth",
        "mongodb://u:fifth?sixth@h/db",
    ]);
    for secret in ["first@", "first%40", "Zmlyc3RA", "second", "third", "fourth", "fifth", "sixth"]
    {
        assert_eq!(secrets.scrub(&format!("a {secret} b")), "a *** b", "{secret}");
    }
    let harmless = "u at h logged in, public";
    assert_eq!(secrets.scrub(harmless), harmless);
}

#[test]
fn debug_shows_nothing_secret() {
    let secrets = format!("{:?} {:?}", Uri::parse(SRV), Secrets::of([SRV]));
    assert!(!secrets.contains("HUSH"), "{secrets}");
}
