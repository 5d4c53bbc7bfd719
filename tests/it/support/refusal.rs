//! Commands that are refused before anything is sent.

use std::{io::ErrorKind, net::TcpListener};

use serde_json::Value;

use super::{Home, Output};

/// A home whose main database is a port on which nobody answers, and where every attempt to
/// connect is seen.
pub(crate) struct Watched {
    pub(crate) home: Home,
    listener: TcpListener,
    /// What every command line begins with.
    command: &'static [&'static str],
}

impl Watched {
    /// For a command, with these lines below the configuration.
    pub(crate) fn new(command: &'static [&'static str], settings: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let home = Home::new();
        let address = listener.local_addr().unwrap();
        let uri = format!("mongodb://{address}/main?directConnection=true");
        home.configure(&format!("uri = \"{uri}\"\n{settings}"));
        Self { home, listener, command }
    }

    /// The command complains about its arguments, with and without `--json`, and has not so
    /// much as connected.
    #[track_caller]
    pub(crate) fn refuse(&self, arguments: &[&str]) -> (Value, Output) {
        let all = [self.command, arguments].concat();
        let output = self.home.run([&all[..], &["--json"]].concat());
        assert_eq!(output.code, 2, "{arguments:?}: {output:?}");
        let report = output.held_to("error");
        assert_eq!(report["error"]["kind"], "usage", "{arguments:?}: {report:#}");
        let text = self.home.run(all);
        assert_eq!((text.code, text.stdout.as_str()), (2, ""), "{arguments:?}: {text:?}");
        assert!(!text.stderr.is_empty(), "{arguments:?}");
        let connected = self.listener.accept().map_err(|error| error.kind());
        assert_eq!(connected.unwrap_err(), ErrorKind::WouldBlock, "{arguments:?}");
        (report, text)
    }

    /// The text of an option is refused, and so that its writer is led to the place where
    /// `wrong`, the end of the text, begins: by the part of the query, by the character, counted
    /// from 1, and by the text with a mark there.
    #[track_caller]
    pub(crate) fn refuse_at(&self, option: &str, (part, text, wrong): (&str, &str, &str)) {
        let (report, shown) = self.refuse(&[option, text]);
        let message = report["error"]["message"].as_str().unwrap();
        let before = text.strip_suffix(wrong).unwrap();
        let at = format!("character {}:", before.chars().count() + 1);
        assert!(message.contains(&at), "{text}: {message}");
        assert!(message.contains(&format!("the {part} ")), "{text}: {message}");
        let hint = report["error"]["hint"].as_str().unwrap();
        assert!(hint.contains(&format!("{before} ▶ {wrong}")), "{text}: {hint}");
        assert!(shown.stderr.contains(&at) && shown.stderr.contains('▶'), "{shown:?}");
    }
}
