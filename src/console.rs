//! The terminal console: keys and snapshots in, one screen out.
//!
//! [`open`] is where both halves meet: it takes the terminal, draws the first frame before
//! anything else, then starts the fleet and runs the loop until the end.

mod backend;
#[cfg(test)]
mod bytes;
mod clipboard;
mod effects;
mod farewell;
mod history;
mod input;
mod panic;
mod run;
mod screen;
mod signals;
pub mod state;
mod terminal;
pub mod theme;
pub mod view;

use std::{io, process::ExitCode, time::Duration};

use color_eyre::eyre::{Result, WrapErr as _};
use jiff::{Timestamp, tz::TimeZone};
use signal_hook::consts::SIGHUP;
use tokio::{runtime, sync::mpsc, time::timeout};

use self::{
    backend::Limits,
    clipboard::Way,
    history::History,
    run::{Channels, Console, End},
    screen::{Screen, Surface as _},
    signals::Input,
    state::{
        event::Event,
        keymap::Keymap,
        model::{Model, Session, Switches},
        update::update,
    },
};
use crate::{
    config::Config,
    domain::{
        database::Database,
        text::{SafeText, safe},
        uri::Secrets,
    },
    log,
    mongo::{fleet::Fleet, gate::Gate, targets::Targets},
};

/// Keys that wait at most; the terminal keeps what is beyond.
const INPUTS: usize = 4096;
/// Commands and replies that wait at most.
const QUEUE: usize = 64;
/// How long what is read may take to end on the servers. Where nothing is, it takes no time.
const READS_END_WITHIN: Duration = Duration::from_secs(1);
/// How long the fleet may take to end when the person does not wait for it.
const FLEET_ENDS_WITHIN: Duration = Duration::from_millis(40);

/// Why there can be no console here, in words, or `None` where there can.
pub fn obstacle() -> Option<&'static str> {
    terminal::check().err()
}

/// Opens the console and runs it to its end.
///
/// # Errors
///
/// The terminal cannot be used; databases out of reach are no error.
pub fn open(
    config: &Config,
    targets: Targets,
    keymap: Keymap,
    secrets: Secrets,
) -> Result<ExitCode> {
    panic::install(secrets);
    let mut model = Model::new(
        session(config, &targets),
        Switches::new(&config.console),
        Timestamp::now(),
        keymap,
    );
    // Before the terminal is taken: a signal from then on gives it back.
    let (inputs_sender, inputs) = mpsc::channel(INPUTS);
    signals::watch_signals(inputs_sender.clone()).wrap_err("signals cannot be caught")?;
    let limits = Limits { no_color: config.console.no_color, ascii: config.console.ascii };
    let mut screen = Screen::new(title(&model.session), model.switches.mouse, limits)
        .inspect_err(|_| terminal::give_back())
        .wrap_err("the terminal cannot be taken")?;
    let end = first_frame(&mut model, &mut screen)
        .and_then(|()| signals::watch_terminal(inputs_sender))
        .and_then(|()| run_to_the_end(config, targets, Parts { model, screen, inputs }))
        .inspect_err(|_| terminal::give_back());
    signals::note_end();
    Ok(exit_code(end.wrap_err("the console cannot go on")?))
}

/// Paints before anything is connected, so that the screen is there at once.
fn first_frame(model: &mut Model, screen: &mut Screen) -> io::Result<()> {
    model.redraw = false;
    let geometry = screen.draw(model)?;
    update(model, Event::FrameDrawn(geometry));
    Ok(())
}

/// What the loop is made of.
struct Parts {
    model: Model,
    screen: Screen,
    inputs: mpsc::Receiver<Input>,
}

fn run_to_the_end(config: &Config, targets: Targets, parts: Parts) -> io::Result<End> {
    let Parts { model, screen, inputs } = parts;
    let _log = log::start(config);
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("tilldeck-worker")
        .enable_all()
        .build()?;
    let end = runtime.block_on(async {
        let fleet = Fleet::start(targets, config);
        let (work, commands) = mpsc::channel(QUEUE);
        let (replies_sender, replies) = mpsc::channel(QUEUE);
        let writable = (fleet.clone(), Gate::new(config.read_only));
        let history = History::new(&config.paths.state, &fleet.key());
        let effects = tokio::spawn(effects::run(writable, history, commands, replies_sender));
        let channels = Channels {
            inputs,
            pools: fleet.pools(),
            registry: fleet.registry(),
            replies,
            work,
            clipboard: Way::from_environment(|name| {
                std::env::var_os(name).is_some_and(|value| !value.is_empty())
            }),
        };
        let mut console = Console::new(model, screen, channels);
        let end = console.run(Screen::arrival).await;
        terminal::give_back();
        farewell::wait(&mut console.model, &mut console.channels.replies, end).await;
        drop(console);
        let reads = async {
            // What it reads is given up first: before, there is nothing to end.
            let _ = effects.await;
            fleet.end_reads(READS_END_WITHIN).await;
        };
        let _ = timeout(READS_END_WITHIN, reads).await;
        let _ = timeout(FLEET_ENDS_WITHIN, fleet.shutdown()).await;
        end
    });
    // A server that does not answer must not hold up the exit.
    runtime.shutdown_background();
    Ok(end)
}

fn exit_code(end: End) -> ExitCode {
    let signalled = |signal: i32| ExitCode::from(u8::try_from(128 + signal).unwrap_or(1));
    match end {
        End::Quit => ExitCode::SUCCESS,
        End::Signal(signal) => signalled(signal),
        End::HungUp => signalled(SIGHUP),
    }
}

fn session(config: &Config, targets: &Targets) -> Session {
    let login = targets.get(Database::Main).map(|target| target.login.clone());
    Session {
        layout: targets.layout.clone(),
        placement: config.placement,
        environment: config.environment.as_deref().map(safe),
        read_only: config.read_only,
        login: login.unwrap_or_default(),
        warnings: warnings(targets),
        queries: config.queries.clone(),
        zone: zone(&config.console.time_zone),
    }
}

/// The zone with this name, which the configuration has looked up; `None` for UTC.
fn zone(name: &str) -> Option<TimeZone> {
    match name {
        "UTC" => None,
        "local" => Some(TimeZone::system()),
        name => TimeZone::get(name).ok(),
    }
}

/// What is insecure or set aside in the URIs, each thing once.
fn warnings(targets: &Targets) -> Vec<SafeText> {
    let mut warnings = targets.warnings.clone();
    for target in &targets.databases {
        let insecure = target.insecure.iter().map(|words| safe(words));
        let ignored =
            target.ignored_options.iter().map(|option| safe(&format!("ignores `{option}`")));
        for warning in insecure.chain(ignored) {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
    }
    warnings
}

/// The title of the window. It holds no login: window titles end up in recordings.
fn title(session: &Session) -> SafeText {
    match &session.environment {
        Some(environment) => safe(&format!("tilldeck {environment}")),
        None => safe("tilldeck"),
    }
}
