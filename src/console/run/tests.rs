//! The loop without a terminal, a fleet or a clock of its own.

use std::{cell::Cell, rc::Rc, sync::Mutex};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tokio::sync::Notify;

use super::*;
use crate::{
    config::ConsoleConfig,
    console::state::{
        geometry::{Area, Geometry, Target},
        keymap::Keymap,
        model::{Session, Switches, Top},
    },
    domain::registry::Source,
};

/// A screen that remembers what happened to it.
#[derive(Default)]
struct Paper {
    is_busy: Rc<Cell<bool>>,
    arrived: Arc<Notify>,
    log: Rc<Log>,
}

#[derive(Default)]
struct Log {
    /// For each frame, the text in the filter and the notice.
    frames: Mutex<Vec<(String, String)>>,
    deeds: Mutex<Vec<String>>,
}

impl Log {
    fn n_frames(&self) -> usize {
        self.frames.lock().unwrap().len()
    }

    fn last(&self) -> (String, String) {
        self.frames.lock().unwrap().last().cloned().unwrap_or_default()
    }
}

impl Surface for Paper {
    fn is_free(&self) -> bool {
        !self.is_busy.get()
    }

    fn draw(&mut self, model: &Model) -> io::Result<Geometry> {
        let notice = model.notice.as_ref().map(|notice| notice.text.to_string());
        let frame = (model.stores.filter.text.clone(), notice.unwrap_or_default());
        self.log.frames.lock().unwrap().push(frame);
        Ok(model.geometry.clone())
    }

    fn write(&mut self, bytes: Vec<u8>) -> bool {
        self.log.deeds.lock().unwrap().push(String::from_utf8(bytes).unwrap());
        !self.is_busy.get()
    }

    fn size_changed(&mut self) {}

    fn stop(&mut self) {
        self.log.deeds.lock().unwrap().push("stop".to_owned());
    }

    fn go_on(&mut self, _: bool) -> io::Result<()> {
        self.log.deeds.lock().unwrap().push("go on".to_owned());
        Ok(())
    }
}

/// The outside ends of a loop's channels.
struct Outside {
    inputs: mpsc::Sender<Input>,
    pools: watch::Sender<Arc<Pools>>,
    registry: watch::Sender<Arc<Registry>>,
    replies: mpsc::Sender<Event>,
    work: mpsc::Receiver<Work>,
    paper: Rc<Log>,
    is_busy: Rc<Cell<bool>>,
    arrived: Arc<Notify>,
}

fn console(room_for_work: usize) -> (Console<Paper>, Outside) {
    let session = Session::default();
    let switches = Switches::new(&ConsoleConfig::default());
    let model = Model::new(session, switches, Timestamp::now(), Keymap::default());
    let (inputs, inputs_receiver) = mpsc::channel(64);
    let (pools, pools_receiver) = watch::channel(Arc::clone(&model.pools));
    let (registry, registry_receiver) = watch::channel(Arc::clone(&model.registry));
    let (replies, replies_receiver) = mpsc::channel(8);
    let (work_sender, work) = mpsc::channel(room_for_work);
    let channels = Channels {
        inputs: inputs_receiver,
        pools: pools_receiver,
        registry: registry_receiver,
        replies: replies_receiver,
        work: work_sender,
        clipboard: Way::Terminal { through_tmux: false },
    };
    let surface = Paper::default();
    let (is_busy, arrived) = (surface.is_busy.clone(), surface.arrived.clone());
    let paper = surface.log.clone();
    let outside = Outside { inputs, pools, registry, replies, work, paper, is_busy, arrived };
    (Console::new(model, surface, channels), outside)
}

fn arrival(paper: &Paper) -> impl Future<Output = ()> + use<> {
    let arrived = paper.arrived.clone();
    async move { arrived.notified().await }
}

fn keys(text: &str) -> Input {
    let key = |char| {
        let code = if char == '\n' { KeyCode::Enter } else { KeyCode::Char(char) };
        Event::KeyPressed(KeyEvent::new(code, KeyModifiers::NONE))
    };
    Input::Terminal(text.chars().map(key).collect())
}

/// Lets the loop run beside a script that ends it, and gives the end.
async fn played(console: &mut Console<Paper>, script: impl Future<Output = ()>) -> End {
    let both = async {
        let (end, ()) = tokio::join!(console.run(arrival), script);
        end
    };
    tokio::time::timeout(Duration::from_secs(30), both).await.expect("the loop ends")
}

/// Lets the loop go on until the condition holds.
async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn everything_that_is_ready_is_taken_before_one_frame() {
    let (mut console, outside) = console(8);
    outside.inputs.send(keys("/")).await.unwrap();
    for _ in 0..20 {
        outside.inputs.send(keys("abcdefghij")).await.unwrap();
    }
    let end = played(&mut console, async {
        until(|| outside.paper.last().0.len() == 200).await;
        outside.inputs.send(Input::Ending(15)).await.unwrap();
    });
    assert_eq!(end.await, End::Signal(15));
    assert_eq!(outside.paper.last().0, "abcdefghij".repeat(20));
    assert!(outside.paper.n_frames() <= 3, "{} frames", outside.paper.n_frames());
}

#[tokio::test]
async fn frames_are_dropped_while_the_line_is_busy_and_the_last_state_is_drawn() {
    let (mut console, outside) = console(8);
    let end = played(&mut console, async {
        until(|| outside.paper.n_frames() > 0).await;
        outside.is_busy.set(true);
        let before = outside.paper.n_frames();
        for key in ["/", "o", "p", "s"] {
            outside.inputs.send(keys(key)).await.unwrap();
            until(|| outside.inputs.capacity() == outside.inputs.max_capacity()).await;
        }
        assert_eq!(outside.paper.n_frames(), before, "a frame was queued");
        outside.is_busy.set(false);
        outside.arrived.notify_one();
        until(|| outside.paper.last().0 == "ops").await;
        outside.inputs.send(Input::HungUp).await.unwrap();
    });
    assert_eq!(end.await, End::HungUp);
}

#[test]
fn a_store_that_cannot_be_begun_is_said_not_to_be_made() {
    // The look at the fleet takes the only place.
    let (mut console, _outside) = console(1);
    let registry = Registry { source: Source::Polling, ..Registry::default() };
    console.fold(Event::RegistryChanged(Arc::new(registry)));
    let press = |console: &mut Console<Paper>, text: &str| {
        let Input::Terminal(events) = keys(text) else { return };
        for event in events {
            console.fold(event);
        }
    };
    press(&mut console, "n");
    let request = console.model.creation.looked.looking.unwrap();
    let survey = Err(Failure::new(FailureKind::TimedOut, "no answer", "Wait"));
    console.fold(Event::FleetSurveyed { request, survey });
    press(&mut console, "corner");
    console.fold(Event::KeyPressed(KeyCode::Tab.into()));
    press(&mut console, "Corner\n");
    let targets = vec![(Area::default(), Target::Answer(0))];
    console.fold(Event::FrameDrawn(Geometry { targets, ..Geometry::default() }));
    press(&mut console, "y");
    let run = console.model.creation.run.as_ref().unwrap();
    let failure = run.outcome.as_ref().unwrap().as_ref().unwrap_err();
    assert_eq!(failure.kind, FailureKind::Busy);
    assert!(console.model.under_way().is_none());
}

#[tokio::test]
async fn a_full_queue_is_said_and_no_key_waits_for_it() {
    let (mut console, outside) = console(1);
    let end = played(&mut console, async {
        for _ in 0..3 {
            outside.inputs.send(keys("1r")).await.unwrap();
        }
        until(|| outside.paper.last().1.contains("busy")).await;
        outside.inputs.send(keys("q")).await.unwrap();
    });
    assert_eq!(end.await, End::Quit);
    assert_eq!(outside.work.len(), 1);
}

#[tokio::test]
async fn a_copy_that_the_line_does_not_take_is_said_to_have_failed() {
    let (mut console, outside) = console(8);
    let end = played(&mut console, async {
        until(|| outside.paper.n_frames() > 0).await;
        // The distribution can be copied without a fleet.
        outside.inputs.send(keys("2y")).await.unwrap();
        until(|| outside.paper.last().1.contains("copied distribution")).await;
        outside.is_busy.set(true);
        outside.inputs.send(keys("y")).await.unwrap();
        until(|| outside.inputs.capacity() == outside.inputs.max_capacity()).await;
        outside.is_busy.set(false);
        outside.arrived.notify_one();
        until(|| outside.paper.last().1.contains("has not taken the last text")).await;
        outside.inputs.send(keys("q")).await.unwrap();
    });
    assert_eq!(end.await, End::Quit);
}

#[tokio::test]
async fn it_goes_on_when_nobody_publishes_any_more() {
    let (mut console, outside) = console(8);
    let Outside { inputs, pools, registry, replies, paper, .. } = outside;
    drop((pools, registry));
    let failed = || {
        crate::domain::failure::Failure::new(
            crate::domain::failure::FailureKind::Internal,
            "a part failed",
            "",
        )
    };
    let end = played(&mut console, async {
        replies.send(Event::TaskFailed(failed())).await.unwrap();
        until(|| paper.last().1.contains("a part failed")).await;
        drop(replies);
        inputs.send(keys("?")).await.unwrap();
        until(|| inputs.capacity() == inputs.max_capacity()).await;
        inputs.send(keys("q")).await.unwrap();
        drop(inputs);
    });
    // The help takes the `q` for its search: the end of all input ends the loop.
    assert_eq!(end.await, End::HungUp);
    assert!(matches!(console.model.top, Top::Help(_)));
}

#[tokio::test]
async fn a_stop_gives_the_terminal_away_until_the_process_goes_on() {
    let (mut console, outside) = console(8);
    let suspend = KeyEvent::new(KeyCode::Char('z'), KeyModifiers::CONTROL);
    let end = played(&mut console, async {
        let pressed = Input::Terminal(vec![Event::KeyPressed(suspend)]);
        outside.inputs.send(pressed).await.unwrap();
        until(|| !outside.paper.deeds.lock().unwrap().is_empty()).await;
        let before = outside.paper.n_frames();
        outside.inputs.send(Input::GoneOn).await.unwrap();
        until(|| outside.paper.n_frames() > before).await;
        outside.inputs.send(keys("q")).await.unwrap();
    });
    assert_eq!(end.await, End::Quit);
    assert_eq!(*outside.paper.deeds.lock().unwrap(), ["stop", "go on"]);
}

#[tokio::test]
async fn an_idle_loop_draws_nothing() {
    let (mut console, outside) = console(8);
    let end = played(&mut console, async {
        until(|| outside.paper.n_frames() > 0).await;
        let before = outside.paper.n_frames();
        // Published again, but the same: nothing on the screen is different.
        let (pools, registry) = (outside.pools.borrow().clone(), outside.registry.borrow().clone());
        outside.pools.send_replace(pools);
        outside.registry.send_replace(registry);
        outside.inputs.send(Input::Terminal(Vec::new())).await.unwrap();
        until(|| outside.inputs.capacity() == outside.inputs.max_capacity()).await;
        assert_eq!(outside.paper.n_frames(), before);
        outside.inputs.send(keys("q")).await.unwrap();
    });
    assert_eq!(end.await, End::Quit);
}

#[test]
fn a_key_after_a_pause_is_drawn_at_once_and_a_flood_is_paced() {
    let mut pace = Pace::new();
    let start = Instant::now();
    while pace.next(start, KEPT_FOR_KEYS) == start {
        pace.take(start);
    }
    let mut n_answers = 0;
    while pace.next(start, 0.0) == start {
        pace.take(start);
        n_answers += 1;
    }
    assert_eq!(n_answers, 5, "answers that find room after everything else has found none");
    let next = pace.next(start, 0.0);
    assert!(next > start + Duration::from_millis(30));
    let later = next + Duration::from_millis(1);
    assert_eq!(pace.next(later, 0.0), later);
}
