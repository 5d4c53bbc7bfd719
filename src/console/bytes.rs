//! What a picture costs on the line.

use ratatui::{Terminal, layout::Size};

use super::{
    backend::{Limits, Pencil},
    state::event::Event,
    view::{self, tests::stage::Stage},
};
use crate::config::ThemeName;

/// Draws what the model shows now, and returns how many bytes that takes.
fn n_bytes(stage: &mut Stage, terminal: &mut Terminal<Pencil>) -> usize {
    let mut geometry = None;
    let drawn = terminal.draw(|frame| geometry = Some(view::draw(&stage.model, frame)));
    drawn.expect("a frame");
    stage.feed(Event::FrameDrawn(geometry.expect("it was drawn")));
    terminal.backend_mut().take().len()
}

#[test]
fn a_step_is_short_and_an_idle_screen_is_silent() {
    for theme in [ThemeName::Dark, ThemeName::Light, ThemeName::Ansi] {
        let mut stage = Stage::healthy();
        stage.model.switches.theme = theme;
        let pencil = Pencil::new(Size { width: 120, height: 40 }, Limits::default());
        let mut terminal = Terminal::new(pencil).expect("a terminal");
        let whole = n_bytes(&mut stage, &mut terminal);
        assert!(whole > 2_000, "the first frame is all of the screen: {whole}");
        assert_eq!(n_bytes(&mut stage, &mut terminal), 0, "{theme:?}");
        // The first step also takes the collections of the other store away.
        stage.press("j");
        let first = n_bytes(&mut stage, &mut terminal);
        assert!((1..=500).contains(&first), "{theme:?}: {first}");
        stage.press("j");
        let step = n_bytes(&mut stage, &mut terminal);
        assert!((1..=500).contains(&step), "{theme:?}: {step}");
        assert_eq!(n_bytes(&mut stage, &mut terminal), 0, "{theme:?}");
    }
}
