//! Configuration files, good and bad.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use tilldeck::{
    config::{self, Config, Faults, Flags, LogLevel, ReadPreference, ThemeName},
    console::state::{action::Action, keymap::Keymap},
    domain::database::DatabaseId,
};

/// Loads a file in an environment that holds nothing but a home.
fn load(file: &Path) -> Result<Config, Faults> {
    load_with(&Flags { config: Some(file.to_owned()), ..Flags::default() }, &[])
}

fn load_with(flags: &Flags, variables: &[(&str, &str)]) -> Result<Config, Faults> {
    let environment = |name: &str| {
        let home = [("HOME", "/nonexistent")];
        let mut all = variables.iter().chain(&home);
        all.find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
    };
    let keys = |keys: &BTreeMap<_, _>| Keymap::with_overrides(keys).err().unwrap_or_default();
    Config::load(flags, &environment, &keys)
}

struct File {
    folder: TempDir,
}

impl File {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.toml"), text).unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    fn load(&self) -> Result<Config, Faults> {
        load(&self.path())
    }
}

/// Everything but where the file is: secrets show as set or not, keys as what they mean.
fn described(config: &Config) -> String {
    let keymap = Keymap::with_overrides(&config.keys).unwrap();
    let keys_of = |action| (action, keymap.keys_of(action).collect::<Vec<_>>());
    let keys: Vec<_> = Action::ALL.into_iter().map(keys_of).collect();
    let other = Config { paths: config::Paths::default(), keys: BTreeMap::new(), ..config.clone() };
    format!("{other:#?} {keys:#?}")
}

/// The example with every setting in it switched on.
fn uncommented() -> String {
    let is_setting = |line: &str| {
        line.strip_prefix('#')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
    };
    let switched_on = |line: &str| line.get(usize::from(is_setting(line))..).unwrap().to_owned();
    config::EXAMPLE.lines().map(switched_on).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_says_the_defaults() {
    let defaults = described(&Config::default());
    assert_eq!(described(&File::new(config::EXAMPLE).load().unwrap()), defaults);
    let text = uncommented();
    assert!(text.lines().filter(|line| line.contains(" = ")).count() > 30, "{text}");
    assert_eq!(described(&File::new(&text).load().unwrap()), defaults);
}

#[test]
fn the_example_documents_every_key() {
    for action in Action::ALL {
        let documented = config::EXAMPLE.contains(&format!("\n#{} = ", action.name()));
        assert!(documented, "the action `{}` is not in the example", action.name());
    }
    for section in
        ["", "shards.1", "collections", "registry", "timing", "query", "queries.x", "console"]
    {
        let header = if section.is_empty() { String::new() } else { format!("[{section}]\n") };
        let faults = File::new(&format!("{header}no_such_key = 1\n")).load().unwrap_err();
        let hint = faults.list()[0].hint.clone().unwrap().to_string();
        let keys: Vec<_> = hint.strip_prefix("Use one of ").unwrap().split(", ").collect();
        assert!(keys.len() > 1, "{hint}");
        for key in keys {
            let documented = config::EXAMPLE.contains(&format!("\n#{key} = "))
                || config::EXAMPLE.contains(&format!("\n#     {key} = "))
                || config::EXAMPLE.contains(&format!("\n[{key}"));
            assert!(documented, "`{key}` of [{section}] is not in the example");
        }
    }
}

#[test]
fn every_broken_file_says_everything_that_is_wrong() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/fixtures/configs");
    let mut files: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 10);
    let mut said = String::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let faults = load(&file).expect_err(&name);
        said += &["== ", &name, "\n"].concat();
        for fault in faults.list() {
            let place = fault.place.map(|place| format!("{}:{} ", place.line, place.column));
            said += &[&place.unwrap_or_default(), fault.message.as_str(), "\n"].concat();
            if let Some(hint) = &fault.hint {
                said += &["    ", hint.as_str(), "\n"].concat();
            }
        }
    }
    assert!(!said.contains("S3cr3t"), "a password was quoted");
    assert!(!said.contains('\u{1b}') && !said.contains('\u{202e}'), "hostile text got through");
    insta::assert_snapshot!(said);
}

#[test]
fn every_setting_is_taken() {
    let file = File::new(
        r#"
uri = "mongodb://main"
environment = "production"
read_only = true
main_database = "registry"
database_prefix = "shop"
database_count = 12
stores_per_database = 50
placement = "least-loaded"
read_preference = "nearest"
log_level = "trace"
[shards.12]
uri = "mongodb://twelve"
read_preference = "secondaryPreferred"
[collections]
types = ["a", "b"]
required = ["a"]
created = ["b"]
[registry]
collection = "shops"
store_id = "id"
[timing]
probe_interval = "2m"
slow_after = "1500ms"
[console]
theme = "16"
ascii = true
mouse = false
no_color = true
[keys]
quit = "X"
help = ["f1", "?"]
"#,
    );
    let config = file.load().unwrap();
    assert_eq!(config.uri.as_ref().unwrap().expose_secret(), "mongodb://main");
    assert_eq!(config.environment.as_deref(), Some("production"));
    assert!(config.read_only);
    assert_eq!(config.layout.main_database, "registry");
    assert_eq!(config.layout.database_count, 12);
    assert_eq!(config.layout.stores_per_database, 50);
    assert_eq!(config.placement.name(), "least-loaded");
    assert_eq!(config.read_preference, ReadPreference::Nearest);
    assert_eq!(config.log_level, LogLevel::Trace);
    let twelve = &config.shards[&DatabaseId::new(12).unwrap()];
    assert_eq!(twelve.uri.as_ref().unwrap().expose_secret(), "mongodb://twelve");
    assert_eq!(twelve.read_preference, Some(ReadPreference::SecondaryPreferred));
    assert_eq!(config.layout.collection_types.len(), 2);
    assert_eq!(config.layout.registry.collection, "shops");
    assert_eq!(config.layout.registry.store_id, "id");
    assert_eq!(config.timing.probe_interval.as_secs(), 120);
    assert_eq!(config.timing.slow_after.as_millis(), 1500);
    assert_eq!(config.console.theme, ThemeName::Ansi);
    assert!(config.console.ascii && !config.console.mouse && config.console.no_color);
    assert_eq!(config.keys["quit"], ["X"]);
    assert_eq!(config.keys["help"], ["f1", "?"]);
}

#[test]
fn flags_come_before_the_file() {
    let file = File::new("uri = \"env:UNSET\"\nread_only = true\n[console]\ntheme = \"light\"\n");
    let flags = Flags {
        config: Some(file.path()),
        uri: Some("env:OTHER".into()),
        read_only: Some(false),
        theme: Some(ThemeName::Ansi),
        ..Flags::default()
    };
    // The file's URI is not looked up at all, since it is not used.
    let config = load_with(&flags, &[("OTHER", " mongodb://other \n"), ("NO_COLOR", "1")]).unwrap();
    assert_eq!(config.uri.unwrap().expose_secret(), "mongodb://other");
    assert!(!config.read_only);
    assert_eq!(config.console.theme, ThemeName::Ansi);
    assert!(config.console.no_color);
}

#[test]
fn the_usual_file_may_be_missing_and_a_named_one_may_not() {
    assert!(load_with(&Flags::default(), &[]).is_ok());
    let faults = load(Path::new("/nonexistent/config.toml")).unwrap_err();
    assert_eq!(
        faults.to_string(),
        "the configuration `/nonexistent/config.toml` cannot be read: it does not exist"
    );
}

#[test]
fn a_uri_file_that_others_can_read_is_refused() {
    let file = File::new("");
    let uri = file.folder.path().join("uri");
    fs::write(&uri, "mongodb://ops:S3cr3t@db1/main\n").unwrap();
    let given = format!("file:{}", uri.display());
    let flags = Flags { uri: Some(given.as_str().into()), ..Flags::default() };
    for open in [0o640, 0o604, 0o666] {
        fs::set_permissions(&uri, fs::Permissions::from_mode(open)).unwrap();
        let faults = load_with(&flags, &[]).unwrap_err();
        let fault = &faults.list()[0];
        assert!(fault.message.as_str().contains(&format!("its mode is {open:04o}")), "{fault:?}");
        assert_eq!(
            fault.hint.as_ref().unwrap().as_str(),
            format!("Run `chmod 600 {}`", uri.display())
        );
    }
    fs::set_permissions(&uri, fs::Permissions::from_mode(0o600)).unwrap();
    let config = load_with(&flags, &[]).unwrap();
    assert_eq!(config.uri.unwrap().expose_secret(), "mongodb://ops:S3cr3t@db1/main");
}
