//! What happens when a part of tilldeck panics.
//!
//! On the screen's thread: the terminal is given back first, then the message is printed,
//! without secrets. On any other thread the screen stays as it is: whoever waits for the
//! task sees that it failed and shows it, and the message goes to the log.

use std::{
    panic::{self, PanicHookInfo},
    thread,
};

use super::terminal;
use crate::domain::{text::safe, uri::Secrets};

/// Installs the hook. The thread that calls it is the screen's.
pub(crate) fn install(secrets: Secrets) {
    let screen = thread::current().id();
    panic::set_hook(Box::new(move |panic| {
        let text = safe(&secrets.scrub(&describe(panic)));
        tracing::error!(panic = %text, "a part of tilldeck panicked");
        if thread::current().id() == screen {
            terminal::give_back();
            anstream::eprintln!("tilldeck failed: {text}");
            anstream::eprintln!(
                "This is a fault of tilldeck; nothing was written to any database."
            );
            // Unwinding would wait for tasks that nobody waits for any more.
            std::process::exit(101);
        }
    }));
}

fn describe(panic: &PanicHookInfo<'_>) -> String {
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("no message");
    match panic.location() {
        Some(place) => format!("{text} ({}:{})", place.file(), place.line()),
        None => text.to_owned(),
    }
}
