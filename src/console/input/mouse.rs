//! The mouse as terminals of today report it: `ESC [ < buttons ; column ; row M`.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

/// The event of one report: what stands between `<` and its last byte, and that byte.
pub(super) fn event(parameters: &[u8], last: u8) -> Option<MouseEvent> {
    let mut numbers = std::str::from_utf8(parameters).ok()?.split(';').map(str::parse::<u16>);
    let mut next = || numbers.next()?.ok();
    let (buttons, column, row) = (next()?, next()?, next()?);
    let is_release = match last {
        b'M' => false,
        b'm' => true,
        _ => return None,
    };
    Some(MouseEvent {
        kind: kind(buttons, is_release)?,
        column: column.saturating_sub(1),
        row: row.saturating_sub(1),
        modifiers: modifiers(buttons),
    })
}

fn kind(buttons: u16, is_release: bool) -> Option<MouseEventKind> {
    let is_moving = buttons & 32 != 0;
    let is_wheel = buttons & 64 != 0;
    let button = match buttons & 3 {
        0 => Some(MouseButton::Left),
        1 => Some(MouseButton::Middle),
        2 => Some(MouseButton::Right),
        _ => None,
    };
    Some(match (is_wheel, button) {
        (true, Some(MouseButton::Left)) => MouseEventKind::ScrollUp,
        (true, Some(MouseButton::Middle)) => MouseEventKind::ScrollDown,
        (true, Some(MouseButton::Right)) => MouseEventKind::ScrollLeft,
        (true, None) => MouseEventKind::ScrollRight,
        (false, Some(button)) if is_moving => MouseEventKind::Drag(button),
        (false, Some(button)) if is_release => MouseEventKind::Up(button),
        (false, Some(button)) => MouseEventKind::Down(button),
        (false, None) if is_moving => MouseEventKind::Moved,
        (false, None) => return None,
    })
}

fn modifiers(buttons: u16) -> KeyModifiers {
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::SHIFT, buttons & 4 != 0);
    modifiers.set(KeyModifiers::ALT, buttons & 8 != 0);
    modifiers.set(KeyModifiers::CONTROL, buttons & 16 != 0);
    modifiers
}
