//! The event loop: takes everything that is ready, folds it into the model, draws once.
//!
//! The loop never waits for anything but events: commands are handed over without waiting,
//! and a frame is drawn only when the last one has arrived. Every branch of its `select!`
//! can be cancelled without losing an event.

#[cfg(test)]
mod tests;

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::{
    sync::{mpsc, watch},
    time::sleep_until,
};

use super::{
    clipboard::{self, Way},
    effects::{self, Work},
    screen::Surface,
    signals::Input,
    state::{command::Command, event::Event, geometry::Size, model::Model, update::update},
    terminal,
};
use crate::domain::{
    failure::{Failure, FailureKind},
    pool::Pools,
    registry::Registry,
};

/// Frames a second in the long run; a short burst may go faster.
const FRAMES_PER_SECOND: f64 = 30.0;
/// Frames that may follow each other at once after a pause.
const BURST: f64 = 10.0;
/// Frames of the burst that only answers to keys may use: whatever databases publish, the
/// next key is painted at once.
const KEPT_FOR_KEYS: f64 = 5.0;
/// Events taken before a frame is drawn, so that a flood cannot starve the screen.
const MOST_EVENTS: usize = 4096;

/// How the console ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The person quit.
    Quit,
    /// A signal asked for it.
    Signal(i32),
    /// The terminal is gone.
    HungUp,
}

/// Where events come from and commands go to.
pub(crate) struct Channels {
    /// Keys, signals, the terminal.
    pub(crate) inputs: mpsc::Receiver<Input>,
    /// The pools, as they change.
    pub(crate) pools: watch::Receiver<Arc<Pools>>,
    /// The registry, as it changes.
    pub(crate) registry: watch::Receiver<Arc<Registry>>,
    /// Answers to commands.
    pub(crate) replies: mpsc::Receiver<Event>,
    /// Commands for the outside.
    pub(crate) work: mpsc::Sender<Work>,
    /// How text reaches the person's clipboard.
    pub(crate) clipboard: Way,
}

/// The loop around one model and one surface.
pub(crate) struct Console<S> {
    pub(crate) model: Model,
    pub(crate) surface: S,
    pub(crate) channels: Channels,
    pace: Pace,
    end: Option<End>,
    /// Whether the pools and the registry still have someone who publishes them.
    is_fed: [bool; 2],
    /// Whether a person waits for the next frame.
    is_awaited: bool,
    panics_with_a_key: bool,
}

impl<S: Surface> Console<S> {
    /// A loop that has not begun.
    pub(crate) fn new(model: Model, surface: S, channels: Channels) -> Self {
        Self {
            model,
            surface,
            channels,
            pace: Pace::new(),
            end: None,
            is_fed: [true; 2],
            is_awaited: false,
            panics_with_a_key: std::env::var_os("TILLDECK_PANIC_IN")
                .is_some_and(|part| part == "console"),
        }
    }

    /// Runs until the person quits, a signal asks for the end, or the terminal is gone.
    ///
    /// `arrival` makes a future that resolves when a frame has arrived.
    pub(crate) async fn run<F>(&mut self, arrival: impl Fn(&S) -> F) -> End
    where
        F: Future<Output = ()>,
    {
        loop {
            if self.draw_if_due().is_err() {
                return End::HungUp;
            }
            if let Some(end) = self.end {
                return end;
            }
            let arrived = arrival(&self.surface);
            self.wait(arrived).await;
            self.take_what_is_ready();
        }
    }

    /// Draws when something visible changed, the last frame has arrived, and it is not too
    /// soon after the frames before.
    fn draw_if_due(&mut self) -> io::Result<()> {
        // What drawing learned may move a list, which takes a second frame.
        for _ in 0..2 {
            let now = Instant::now();
            if !self.model.redraw || !self.surface.is_free() || self.next_frame(now) > now {
                return Ok(());
            }
            self.pace.take(now);
            self.model.redraw = false;
            self.is_awaited = false;
            let geometry = self.surface.draw(&self.model)?;
            self.fold(Event::FrameDrawn(geometry));
        }
        Ok(())
    }

    fn next_frame(&self, now: Instant) -> Instant {
        let kept = if self.is_awaited { 0.0 } else { KEPT_FOR_KEYS };
        self.pace.next(now, kept)
    }

    /// Waits until something may be done, and folds the event that came first.
    async fn wait(&mut self, arrived: impl Future<Output = ()>) {
        let is_waiting_for_frame = self.model.redraw && !self.surface.is_free();
        let deadline = self.deadline();
        let channels = &mut self.channels;
        let event = tokio::select! {
            biased;
            input = channels.inputs.recv() => {
                self.take_input(input.unwrap_or(Input::HungUp));
                return;
            }
            Some(reply) = channels.replies.recv() => Some(reply),
            changed = channels.pools.changed(), if self.is_fed[0] => {
                self.is_fed[0] = changed.is_ok();
                Some(Event::PoolsChanged(channels.pools.borrow_and_update().clone()))
            }
            changed = channels.registry.changed(), if self.is_fed[1] => {
                self.is_fed[1] = changed.is_ok();
                Some(Event::RegistryChanged(channels.registry.borrow_and_update().clone()))
            }
            () = arrived, if is_waiting_for_frame => None,
            () = sleep_until(deadline.unwrap_or_else(Instant::now).into()), if deadline.is_some() => None,
        };
        self.pass_time();
        if let Some(event) = event {
            self.fold(event);
        }
        self.take_snapshots();
    }

    /// When to wake although nothing happens: for the model, or for a frame that must wait.
    fn deadline(&self) -> Option<Instant> {
        let now = Instant::now();
        let wake = self.model.next_wake().map(|at| {
            let left = at.duration_since(Timestamp::now());
            now + Duration::try_from(left).unwrap_or_default()
        });
        let frame = (self.model.redraw && self.surface.is_free()).then(|| self.next_frame(now));
        [wake, frame].into_iter().flatten().min()
    }

    fn take_what_is_ready(&mut self) {
        for _ in 0..MOST_EVENTS {
            if self.end.is_some() {
                return;
            }
            if let Ok(input) = self.channels.inputs.try_recv() {
                self.take_input(input);
            } else if let Ok(reply) = self.channels.replies.try_recv() {
                self.fold(reply);
            } else {
                break;
            }
        }
        self.take_snapshots();
    }

    fn take_snapshots(&mut self) {
        // A sender that is gone has nothing new either.
        if self.channels.pools.has_changed().unwrap_or(false) {
            let pools = self.channels.pools.borrow_and_update().clone();
            self.fold(Event::PoolsChanged(pools));
        }
        if self.channels.registry.has_changed().unwrap_or(false) {
            let registry = self.channels.registry.borrow_and_update().clone();
            self.fold(Event::RegistryChanged(registry));
        }
    }

    fn pass_time(&mut self) {
        self.fold(Event::TimeReached(Timestamp::now()));
    }

    fn take_input(&mut self, input: Input) {
        self.pass_time();
        self.is_awaited = true;
        match input {
            Input::Terminal(events) => {
                self.panic_if_asked();
                for event in events {
                    self.fold(event);
                }
            }
            Input::Ending(signal) => self.end = Some(End::Signal(signal)),
            Input::HungUp => self.end = Some(End::HungUp),
            Input::Stop => self.surface.stop(),
            Input::GoneOn => self.go_on(),
            Input::SizeChanged => self.resized(),
        }
    }

    /// A hook for the tests of a failing console: `TILLDECK_PANIC_IN=console`, with a key.
    fn panic_if_asked(&self) {
        assert!(!self.panics_with_a_key, "asked to fail by TILLDECK_PANIC_IN");
    }

    /// The size itself is read again with the next frame.
    fn resized(&mut self) {
        self.surface.size_changed();
        self.fold(Event::Resized(Size::default()));
    }

    fn fold(&mut self, event: Event) {
        for command in update(&mut self.model, event) {
            self.carry_out(command);
        }
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Quit => self.end = Some(End::Quit),
            // Taken again when the system says that the process goes on.
            Command::Suspend => self.surface.stop(),
            Command::CaptureMouse { captured } => {
                self.surface.write(terminal::mouse(captured).into());
            }
            Command::Copy { text, what } => self.copy(text, what),
            command => self.hand_over(Work::Command(command)),
        }
    }

    fn copy(&mut self, text: String, what: &'static str) {
        let how = format!("{what} {}", self.channels.clipboard.words());
        match self.channels.clipboard {
            Way::Desktop => self.hand_over(Work::CopyToDesktop { text, how }),
            Way::Terminal { through_tmux } => {
                let outcome = clipboard::sequence(&text, through_tmux).and_then(|bytes| {
                    if self.surface.write(bytes) { Ok(how) } else { Err(clipboard::too_slow()) }
                });
                self.fold(Event::Copied { outcome });
            }
        }
    }

    fn hand_over(&mut self, work: Work) {
        if let Err(refused) = self.channels.work.try_send(work) {
            // What writes is not just waited for: that nothing was written must be said.
            let failure = Failure::new(
                FailureKind::Busy,
                "too much is under way, and nothing was begun",
                "Try again in a moment",
            );
            let answer = effects::unanswered(&refused.into_inner(), failure);
            self.fold(Event::QueueFilled);
            if let Some(answer) = answer {
                self.fold(answer);
            }
        }
    }

    /// The process was stopped, by us or from outside, and goes on.
    fn go_on(&mut self) {
        if self.surface.go_on(self.model.switches.mouse).is_err() {
            self.end = Some(End::HungUp);
        }
        self.fold(Event::Resumed);
    }
}

/// Allows a frame at once after a pause, and 30 a second in the long run.
struct Pace {
    credit: f64,
    at: Instant,
}

impl Pace {
    fn new() -> Self {
        Self { credit: BURST, at: Instant::now() }
    }

    fn credit_at(&self, now: Instant) -> f64 {
        let earned = now.duration_since(self.at).as_secs_f64() * FRAMES_PER_SECOND;
        (self.credit + earned).min(BURST)
    }

    /// When the next frame that leaves `kept` ones may be drawn: `now`, or later.
    fn next(&self, now: Instant, kept: f64) -> Instant {
        let missing = (1.0 + kept - self.credit_at(now)).max(0.0);
        now + Duration::from_secs_f64(missing / FRAMES_PER_SECOND)
    }

    fn take(&mut self, now: Instant) {
        self.credit = self.credit_at(now) - 1.0;
        self.at = now;
    }
}
