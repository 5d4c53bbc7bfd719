//! The arguments: what can be typed, and what each variable of the environment stands for.

use std::path::PathBuf;

use clap::{
    ArgMatches, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum,
    builder::{BoolishValueParser, PossibleValuesParser, Resettable, TypedValueParser},
    parser::ValueSource,
};
use clap_complete::Shell;

use crate::config::{Flags, LogLevel, ThemeName};

/// What stands below the help of every command.
pub(super) const AFTER_HELP: &str = "\
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted, 128+n ended by signal n.

Connect to a fleet with MONGODB_URI='mongodb://user:password@host/main_db?authSource=admin' tilldeck,
or look around with `tilldeck demo`.";

/// The terminal operations console for a point-of-sale fleet spread over several MongoDB databases.
#[derive(Debug, Parser)]
#[command(name = "tilldeck", version, after_help = AFTER_HELP, max_term_width = 100)]
#[command(disable_help_subcommand = true, propagate_version = false)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    /// What to do; without it, the console opens.
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options for every command")]
pub(super) struct Global {
    /// The main database: a URI, `env:NAME` or `file:PATH`.
    #[arg(long, global = true, env = "MONGODB_URI", hide_env_values = true)]
    uri: Option<String>,
    /// The configuration file to read instead of the usual one.
    #[arg(long, global = true, env = "TILLDECK_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Refuse every write.
    #[arg(long, global = true, env = "TILLDECK_READ_ONLY", value_name = "BOOL")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[arg(value_parser = BoolishValueParser::new(), hide_possible_values = true)]
    read_only: Option<bool>,
    /// Print one JSON document instead of text.
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// What the fleet is called, such as `production`.
    #[arg(long, global = true, env = "TILLDECK_ENVIRONMENT", value_name = "NAME")]
    environment: Option<String>,
    /// The palette of colours.
    #[arg(long, global = true, env = "TILLDECK_THEME", value_parser = theme_parser())]
    theme: Option<ThemeName>,
    /// Draw with ASCII characters only.
    #[arg(long, global = true, env = "TILLDECK_ASCII", value_name = "BOOL")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[arg(value_parser = BoolishValueParser::new(), hide_possible_values = true)]
    ascii: Option<bool>,
    /// Let the console have the mouse.
    #[arg(long, global = true, env = "TILLDECK_MOUSE", value_name = "BOOL")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[arg(value_parser = BoolishValueParser::new(), hide_possible_values = true)]
    mouse: Option<bool>,
    /// Leave the mouse to the terminal.
    #[arg(long, global = true)]
    no_mouse: bool,
    /// How much the log says.
    #[arg(long, global = true, env = "TILLDECK_LOG", value_name = "LEVEL")]
    #[arg(value_parser = level_parser())]
    log_level: Option<LogLevel>,
}

impl Global {
    /// Whether `--uri` holds the URI itself, not the place where it is.
    pub(super) fn names_plain_uri(&self) -> bool {
        self.uri.as_ref().is_some_and(|uri| uri.contains("://"))
    }

    /// The flags as the configuration takes them. An empty value counts as none.
    pub(super) fn flags(&self) -> Flags {
        let not_empty = |uri: &&String| !uri.trim().is_empty();
        Flags {
            uri: self.uri.as_ref().filter(not_empty).map(|uri| uri.trim().into()),
            config: self.config.clone().filter(|path| !path.as_os_str().is_empty()),
            read_only: self.read_only,
            environment: self.environment.clone(),
            theme: self.theme,
            ascii: self.ascii,
            mouse: if self.no_mouse { Some(false) } else { self.mouse },
            log_level: self.log_level,
        }
    }
}

/// The arguments for the parser. A variable that is empty counts as one that is not set.
pub(super) fn command() -> clap::Command {
    let is_empty = |argument: &&clap::Arg| {
        let value = argument.get_env().and_then(std::env::var_os);
        value.is_some_and(|value| value.is_empty())
    };
    let command = Arguments::command();
    let empty: Vec<_> = command
        .get_arguments()
        .filter(is_empty)
        .map(|argument| argument.get_id().clone())
        .collect();
    empty.into_iter().fold(command, |command, id| {
        command.mut_arg(id, |argument| argument.env(Resettable::Reset))
    })
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Starts a private server with a fleet of stores, and opens the console on it.
    Demo(super::demo::Args),
    #[command(flatten)]
    Live(Live),
    /// Makes, checks or finds the configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Prints the completions of a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Prints the manual page, in roff.
    Man,
}

/// The commands that work on the fleet.
#[derive(Debug, Subcommand)]
pub(super) enum Live {
    /// Shows databases, pools and stores. Exit code 1 when a database cannot be used.
    Status,
    /// Lists the registry.
    Stores(StoresArgs),
    /// Shows the effective URI of each database, passwords left out.
    Uris {
        /// Print passwords, too.
        #[arg(long)]
        show_secrets: bool,
    },
    /// Says why a store is, or is not, found. Exit code 1 when it cannot be reached.
    Why(super::why::Args),
    /// Examines the fleet. Exit code 1 for errors, or when something could not be looked at.
    Doctor(super::doctor::Args),
    /// Makes a store, or many.
    Create(super::create::Args),
    /// Lists interrupted jobs, and finishes or undoes them.
    Jobs(super::jobs::Args),
    /// Makes the registry's indexes.
    Indexes {
        /// What to do with them.
        #[command(subcommand)]
        command: super::indexes::Command,
    },
    /// Finds documents of one store; counts, explains or exports them.
    Find(Box<super::find::Args>),
    /// Asks all stores one question. Exit code 1 when one has not answered.
    Query(Box<super::query::Args>),
    /// Shows the indexes, the validator and the options of a collection.
    Inspect(super::inspect::Args),
    /// Shows the fields of a collection, from a sample.
    Schema(super::inspect::SchemaArgs),
    /// Follows the changes of a store's collections.
    Tail(super::inspect::TailArgs),
    /// Lists the collections of one store.
    Collections {
        /// A storeId, the prefix, or the name of a store.
        store: String,
    },
}

/// What `stores` takes.
#[derive(Debug, Args)]
pub(super) struct StoresArgs {
    /// Only stores whose storeId, name or prefix holds this text, in any case.
    #[arg(long, value_name = "TEXT")]
    pub(super) filter: Option<String>,
    /// Only stores with problems.
    #[arg(long)]
    pub(super) problems: bool,
    /// Only stores of this database: `main`, a shard's number, or a database's name.
    #[arg(long, value_name = "N")]
    pub(super) database: Option<String>,
    /// What the list is ordered by.
    #[arg(long, value_name = "FIELD", default_value = "store_id")]
    pub(super) sort: SortField,
    /// The last one first.
    #[arg(long)]
    pub(super) reverse: bool,
}

/// What stores can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum SortField {
    #[value(alias = "storeId")]
    StoreId,
    Name,
    Prefix,
    #[value(aliases = ["database_id", "databaseId"])]
    Database,
    State,
}

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Writes a configuration file with every key at its default. Never overwrites one.
    Init,
    /// Prints everything that is wrong with the configuration.
    Check,
    /// Prints where files are.
    Paths,
}

/// The parsed arguments, and whether the URI stands among them for others to read.
pub(super) struct Parsed {
    pub(super) arguments: Arguments,
    pub(super) uri_is_argument: bool,
}

impl Parsed {
    /// Takes what the parser found.
    ///
    /// # Errors
    ///
    /// As the parser: a required argument is missing.
    pub(super) fn new(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given_by = |matches: &ArgMatches| matches.value_source("uri");
        let below = matches.subcommand().and_then(|(_, matches)| given_by(matches));
        let sources = [given_by(matches), below];
        Ok(Self {
            arguments: Arguments::from_arg_matches(matches)?,
            uri_is_argument: sources.contains(&Some(ValueSource::CommandLine)),
        })
    }
}

fn theme_parser() -> impl TypedValueParser<Value = ThemeName> {
    PossibleValuesParser::new(ThemeName::ALL.map(ThemeName::name)).map(|given| {
        ThemeName::ALL.into_iter().find(|theme| theme.name() == given).unwrap_or_default()
    })
}

fn level_parser() -> impl TypedValueParser<Value = LogLevel> {
    PossibleValuesParser::new(LogLevel::ALL.map(LogLevel::name)).map(|given| {
        LogLevel::ALL.into_iter().find(|level| level.name() == given).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_flag_can_be_switched_off_again() {
        let parsed =
            |line: &str| Arguments::try_parse_from(line.split(' ')).unwrap().global.flags();
        assert_eq!(parsed("tilldeck --read-only uris").read_only, Some(true));
        assert_eq!(parsed("tilldeck uris --read-only=false").read_only, Some(false));
        assert_eq!(parsed("tilldeck --no-mouse").mouse, Some(false));
        assert_eq!(parsed("tilldeck --theme 16").theme, Some(ThemeName::Ansi));
        assert_eq!(parsed("tilldeck --log-level debug").log_level, Some(LogLevel::Debug));
    }
}
