//! A write that is under way when the console ends: it is waited for, and how it came out
//! is said where the person is now, in the shell.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use tokio::{sync::mpsc, time::timeout};

use super::{
    run::End,
    state::{event::Event, model::Model, update::update},
};
use crate::domain::text::SafeText;

/// How long a person who quits waits at most. Ctrl-C ends it sooner.
const PERSON_WAITS: Duration = Duration::from_secs(15);
/// How long whoever asked for the end by a signal waits, before the watchdog ends all.
const SIGNAL_WAITS: Duration = Duration::from_secs(1);

/// Waits for the end of what is being written; returns at once where nothing is.
pub(super) async fn wait(model: &mut Model, replies: &mut mpsc::Receiver<Event>, end: End) {
    let Some(what) = model.under_way() else { return };
    say(&format!("{what}; waiting for its end, Ctrl-C leaves it"));
    let limit = if end == End::Quit { PERSON_WAITS } else { SIGNAL_WAITS };
    if timeout(limit, ended(model, replies)).await.is_err() {
        say("it did not end in time; `tilldeck jobs` shows it, to finish or undo it");
    } else if let Some(text) = model.events.latest().map(|entry| &entry.text) {
        say(SafeText::as_str(text));
    }
}

/// Folds what comes until nothing is being written any more.
async fn ended(model: &mut Model, replies: &mut mpsc::Receiver<Event>) {
    while model.under_way().is_some() {
        let Some(reply) = replies.recv().await else { return };
        // What comes of it would be shown on a screen that is gone.
        let _ = update(model, reply);
    }
}

fn say(text: &str) {
    // The terminal may be gone as well.
    let _ = writeln!(io::stderr(), "tilldeck: {text}");
}
