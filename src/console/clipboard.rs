//! Copying: by the terminal itself (OSC 52) over SSH, by the desktop's clipboard otherwise.

use crossterm::{Command as _, clipboard::CopyToClipboard};

use crate::domain::{
    failure::{Failure, FailureKind},
    format,
};

/// The longest text that goes through the terminal, in bytes. Terminals drop longer ones.
const LONGEST: usize = 56_000;

/// The way to the person's clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// An escape sequence that the terminal obeys, also at the far end of SSH.
    Terminal {
        /// Whether tmux must be told to pass it on.
        through_tmux: bool,
    },
    /// The clipboard of this machine's desktop.
    Desktop,
}

impl Way {
    /// The way for this environment: the desktop only where the person sits in front of it.
    pub(crate) fn from_environment(is_set: impl Fn(&str) -> bool) -> Self {
        let is_remote = is_set("SSH_CONNECTION") || is_set("SSH_TTY") || is_set("SSH_CLIENT");
        let has_desktop = is_set("WAYLAND_DISPLAY") || is_set("DISPLAY");
        if has_desktop && !is_remote {
            Self::Desktop
        } else {
            Self::Terminal { through_tmux: is_set("TMUX") }
        }
    }

    /// The way in words, as it follows “copied … ”.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Terminal { through_tmux: false } => "through the terminal (OSC 52)",
            Self::Terminal { through_tmux: true } => "through tmux (OSC 52)",
            Self::Desktop => "to the desktop's clipboard",
        }
    }
}

/// The bytes that make the terminal take the text.
///
/// # Errors
///
/// The text is longer than terminals take.
pub(crate) fn sequence(text: &str, through_tmux: bool) -> Result<Vec<u8>, Failure> {
    if text.len() > LONGEST {
        let size = format::bytes(text.len() as u64);
        let message = format!("{size} are too much to copy through the terminal");
        let hint = "Copy a smaller part, or export the document";
        return Err(Failure::new(FailureKind::Usage, &message, hint));
    }
    let mut sequence = String::new();
    // Writing to a string cannot fail.
    let _ = CopyToClipboard::to_clipboard_from(text).write_ansi(&mut sequence);
    if through_tmux {
        sequence = format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"));
    }
    Ok(sequence.into_bytes())
}

/// Why a text was not copied through a terminal that does not even take the last one.
pub(crate) fn too_slow() -> Failure {
    let message = "the terminal has not taken the last text yet";
    Failure::new(FailureKind::Busy, message, "Copy again when the screen moves")
}

/// Hands the text to the desktop and keeps it there as long as tilldeck runs: on X11 and
/// Wayland it is the owner of a text who serves it. Blocks, so it has a thread of its own.
pub(crate) fn keep_on_desktop(
    texts: &std::sync::mpsc::Receiver<(String, tokio::sync::oneshot::Sender<Result<(), Failure>>)>,
) {
    let mut clipboard = None;
    while let Ok((text, reply)) = texts.recv() {
        let _ = reply.send(set(&mut clipboard, text));
    }
}

fn set(clipboard: &mut Option<arboard::Clipboard>, text: String) -> Result<(), Failure> {
    let failed = |_| {
        Failure::new(
            FailureKind::Io,
            "the desktop's clipboard cannot be reached",
            "Unset DISPLAY and WAYLAND_DISPLAY to copy through the terminal",
        )
    };
    let mut ready = match clipboard.take() {
        Some(ready) => ready,
        None => arboard::Clipboard::new().map_err(failed)?,
    };
    ready.set_text(text).map_err(failed)?;
    *clipboard = Some(ready);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_desktop_is_used_only_by_those_who_sit_in_front_of_it() {
        let way = |names: &[&str]| Way::from_environment(|name| names.contains(&name));
        assert_eq!(way(&["DISPLAY"]), Way::Desktop);
        assert_eq!(way(&["DISPLAY", "SSH_TTY"]), Way::Terminal { through_tmux: false });
        assert_eq!(way(&["TMUX", "SSH_CONNECTION"]), Way::Terminal { through_tmux: true });
        assert_eq!(way(&[]), Way::Terminal { through_tmux: false });
    }

    #[test]
    fn the_text_is_encoded_and_wrapped_for_tmux() {
        assert_eq!(sequence("hi", false).unwrap(), b"\x1b]52;c;aGk=\x1b\\");
        assert_eq!(sequence("hi", true).unwrap(), b"\x1bPtmux;\x1b\x1b]52;c;aGk=\x1b\x1b\\\x1b\\");
        assert!(sequence(&"x".repeat(LONGEST + 1), false).is_err());
    }
}
