//! What holds for every picture, whatever is in it and however large it is.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthStr as _;

use super::{
    creation,
    stage::{Stage, all_present, failure_of, hostile, orders, troubled},
    troubles,
};
use crate::{
    console::state::{
        event::Event,
        geometry::{Geometry, Target},
        model::Top,
    },
    domain::{failure::FailureKind, job::Progress, pool::PoolState, text::safe},
};

/// Ways to each of the screens.
const SCREENS: [&str; 27] = [
    "",
    "1",
    "2",
    "2b",
    "4",
    "?",
    "?so",
    ":",
    ":s",
    "e",
    "/a",
    "p",
    "f",
    "<space>j<space>",
    "s",
    "documents",
    "table",
    "bar",
    "query",
    "form",
    "question",
    "run",
    "jobs",
    "job",
    "doctor",
    "repair",
    "why",
];

fn stage(screen: usize, is_hostile: bool, zoomed: bool, down: u8) -> Stage {
    let mut stage = Stage::of(if is_hostile { hostile() } else { troubled() });
    stage.wait(1);
    stage.collections(Ok(all_present));
    stage.pools(|number| if down >> number & 1 == 1 { PoolState::Down } else { PoolState::Up });
    let nasty = safe(NASTY);
    stage.model.session.environment = is_hostile.then(|| nasty.clone());
    stage.model.session.warnings = vec![nasty];
    stage.model.switches.zoomed = zoomed;
    match SCREENS[screen] {
        "documents" => {
            stage.press("4<enter>");
            stage.page(Ok(orders()));
            stage.press("jjjljjl");
        }
        "table" => {
            stage.press("4<enter>");
            stage.page(Ok(orders()));
            stage.press("vll");
        }
        "bar" => {
            stage.press("4<enter>");
            stage.page(Ok(orders()));
            stage.press("/");
            stage.feed(Event::Pasted(NASTY.into()));
            stage.press("<enter><tab>{cre<tab>");
        }
        "query" => {
            stage.press("Q");
            stage.feed(Event::Pasted(NASTY.into()));
            stage.press("<enter><tab>");
        }
        "form" => {
            creation::open(&mut stage);
            for _ in 0..3 {
                stage.feed(Event::Pasted(NASTY.into()));
                stage.press("<tab>");
            }
        }
        "question" => {
            creation::open(&mut stage);
            stage.press("new<tab>Corner Shop<enter>");
        }
        "run" => {
            creation::open(&mut stage);
            let request = creation::begin(&mut stage);
            let mut steps = creation::steps("duufrsw");
            for step in &mut steps {
                step.name += NASTY;
            }
            let progress = Progress { steps, failure: None };
            stage.feed(Event::CreationAdvanced { request, progress });
            if is_hostile {
                let outcome = Err(failure_of(FailureKind::TimedOut));
                stage.feed(Event::StoreCreated { request, outcome });
            }
        }
        "jobs" => creation::list_jobs(&mut stage, Ok(creation::jobs(NASTY))),
        "job" => {
            creation::list_jobs(&mut stage, Ok(creation::jobs(NASTY)));
            stage.press("<enter>");
        }
        "doctor" => {
            let failure = is_hostile.then(|| failure_of(FailureKind::TimedOut));
            troubles::examine(&mut stage, Ok(troubles::examination(NASTY, failure)));
        }
        "repair" => {
            troubles::examine(&mut stage, Ok(troubles::examination(NASTY, None)));
            stage.press("jjx");
        }
        "why" => troubles::ask(&mut stage, troubles::trace(NASTY, is_hostile)),
        keys => stage.press(keys),
    }
    stage
}

/// What a terminal would obey or hide, and what is wider than it looks.
const NASTY: &str = "\u{1b}]0;x\u{7}\u{202e}麺屋一番 🧁 e\u{301}";

fn is_inside(geometry: &Geometry) -> bool {
    geometry.targets.iter().all(|(area, _)| {
        u32::from(area.x) + u32::from(area.width) <= u32::from(geometry.size.width)
            && u32::from(area.y) + u32::from(area.height) <= u32::from(geometry.size.height)
    })
}

/// A symbol is safe when making it safe changes nothing. A backslash of ours, from a
/// character that was spelled out, is the exception.
fn is_safe(symbol: &str) -> bool {
    symbol == "\\" || safe(symbol).as_str() == symbol
}

fn check(buffer: &Buffer, geometry: &Geometry, ascii: bool) {
    assert!(is_inside(geometry), "{geometry:?}");
    for cell in buffer.content() {
        assert!(is_safe(cell.symbol()), "{:?}", cell.symbol());
        assert!(!ascii || cell.symbol().is_ascii(), "{:?}", cell.symbol());
    }
}

/// Nothing that is drawn in a pane runs over its frame.
fn check_frames(buffer: &Buffer, geometry: &Geometry) {
    let panes = geometry.targets.iter().filter(|(_, target)| matches!(target, Target::Pane(_)));
    for (area, target) in panes {
        for y in area.y..area.y + area.height {
            for x in [area.x, area.x + area.width - 1] {
                let symbol = buffer[(x, y)].symbol();
                assert!("│╭╮╰╯|+".contains(symbol), "{target:?} at {x}, {y}: {symbol}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_picture_is_safe(
        screen in 0..SCREENS.len(),
        size in (0_u16..200, 0_u16..60),
        (is_hostile, zoomed, ascii) in any::<(bool, bool, bool)>(),
        down in 0_u8..64,
    ) {
        let mut stage = stage(screen, is_hostile, zoomed, down);
        stage.model.switches.ascii = ascii;
        let (buffer, geometry) = stage.draw(size);
        check(&buffer, &geometry, ascii);
        if matches!(stage.model.top, Top::Panes) {
            check_frames(&buffer, &geometry);
        }
    }
}

#[test]
fn every_screen_fits_every_small_size() {
    for screen in 0..SCREENS.len() {
        let mut stage = stage(screen, true, false, 4);
        for size in [(0, 0), (1, 1), (60, 15), (61, 15), (60, 16), (79, 23), (199, 15), (60, 59)] {
            let (buffer, geometry) = stage.draw(size);
            check(&buffer, &geometry, false);
        }
    }
}

#[test]
fn frames_are_straight_beside_wide_names() {
    let mut stage = stage(0, true, false, 0);
    let picture = stage.picture((120, 40));
    for line in picture.lines().skip(1).take(37) {
        let ends_in_frame = ['│', '╮', '╯'].iter().any(|end| line.ends_with(*end));
        assert!(ends_in_frame, "{line}");
        assert_eq!(line.width(), 120, "{line}");
    }
}
