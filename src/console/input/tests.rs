use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEventKind};
use proptest::prelude::*;

use super::parser::Parser;
use crate::console::state::{event::Event, keymap::key::Key};

/// What the bytes mean when nothing follows them, in words.
fn read(pieces: &[&[u8]]) -> Vec<String> {
    let (mut parser, mut events) = (Parser::default(), Vec::new());
    for piece in pieces {
        parser.feed(piece, &mut events);
    }
    if parser.is_waiting() {
        parser.give_up_waiting(&mut events);
    }
    events.iter().map(words).collect()
}

fn words(event: &Event) -> String {
    match event {
        Event::KeyPressed(key) => {
            Key::of(key).map_or_else(|| format!("{key:?}"), |key| key.to_string())
        }
        Event::Pasted(text) => format!("paste {text:?}"),
        Event::MouseUsed(mouse) => format!("{:?} {},{}", mouse.kind, mouse.column, mouse.row),
        other => format!("{other:?}"),
    }
}

#[test]
fn keys_are_told_by_their_bytes() {
    for (bytes, keys) in [
        (&b"jG?"[..], &["j", "G", "?"][..]),
        ("é中😀".as_bytes(), &["é", "中", "😀"]),
        (b"\r\n\t\x7f\x08", &["enter", "enter", "tab", "backspace", "backspace"]),
        (b"\x03\x1a\x00", &["ctrl-c", "ctrl-z", "ctrl-space"]),
        (b"\x1b", &["esc"]),
        (b"\x1b\x1b", &["esc", "esc"]),
        (b"\x1b\x1b[A", &["esc", "up"]),
        (b"\x1b[A\x1b[B\x1b[C\x1b[D", &["up", "down", "right", "left"]),
        (b"\x1bOA\x1bOP\x1bOH", &["up", "f1", "home"]),
        (
            b"\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[5~\x1b[6~",
            &["home", "end", "home", "end", "pgup", "pgdn"],
        ),
        (b"\x1b[1;5A\x1b[5;3~\x1b[1;2R", &["ctrl-up", "alt-pgup", "shift-f3"]),
        (b"\x1b[Z", &["shift-tab"]),
        (b"\x1b[15~\x1b[24~\x1b[[E", &["f5", "f12", "f5"]),
        (b"\x1bx\x1b[", &["alt-x", "alt-["]),
        (b"\x1b[106u\x1b[27u\x1b[99;5u", &["j", "esc", "ctrl-c"]),
    ] {
        assert_eq!(read(&[bytes]), keys, "{:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn what_is_no_key_is_passed_over() {
    for bytes in [
        &b"\x1b[?62;22cj"[..],
        b"\x1b]11;rgb:0000/0000/0000\x1b\\j",
        b"\x1bP1$r0m\x1b\\j",
        b"\x1b[12;40Rj",
        b"\x1b[0nj",
        b"\x1b[Ij",
        b"\x1b[M !!j",
        b"\xff\xfej",
        b"\xc3j",
        b"\xc2\x9bj",
        b"\x1b[12\x1b[99~j",
    ] {
        assert_eq!(read(&[bytes]), ["j"], "{:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn a_sequence_in_two_pieces_is_one_key() {
    assert_eq!(read(&[b"\x1b", b"[", b"1;5", b"C"]), ["ctrl-right"]);
    assert_eq!(read(&[b"\xf0\x9f", b"\x98\x80"]), ["😀"]);
}

#[test]
fn a_paste_is_one_event_whatever_is_in_it() {
    let paste = b"\x1b[200~q\r\x1b[A\x03\x1b[201~j";
    assert_eq!(read(&[paste]), ["paste \"q\\r\\u{1b}[A\\u{3}\"", "j"]);
    for at in 0..paste.len() {
        let (first, second) = paste.split_at(at);
        assert_eq!(read(&[first, second]), read(&[paste]), "cut at {at}");
    }
}

#[test]
fn an_endless_paste_takes_no_endless_room() {
    let (mut parser, mut events) = (Parser::default(), Vec::new());
    parser.feed(b"\x1b[200~", &mut events);
    for _ in 0..100 {
        parser.feed(&[b'x'; 4096], &mut events);
    }
    assert!(events.is_empty(), "a paste that has not ended");
    parser.feed(b"\x1b[201~", &mut events);
    assert!(matches!(&events[..], [Event::Pasted(text)] if text.len() == 64 * 1024));
}

#[test]
fn the_mouse_is_told_by_cell_and_button() {
    let mouse = read(&[b"\x1b[<0;10;5M\x1b[<0;10;5m\x1b[<65;300;200M"]);
    let down = MouseEventKind::Down(MouseButton::Left);
    let up = MouseEventKind::Up(MouseButton::Left);
    assert_eq!(
        mouse,
        [
            format!("{down:?} 9,4"),
            format!("{up:?} 9,4"),
            format!("{:?} 299,199", MouseEventKind::ScrollDown),
        ]
    );
}

#[test]
fn capital_letters_come_with_shift_as_the_keymap_expects() {
    let (mut parser, mut events) = (Parser::default(), Vec::new());
    parser.feed(b"G", &mut events);
    let expected = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
    assert!(matches!(&events[..], [Event::KeyPressed(key)] if *key == expected));
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces_mean_the_same(
        bytes in proptest::collection::vec(
            prop_oneof![
                Just(0x1b), Just(b'['), Just(b'O'), Just(b';'), Just(b'<'), Just(b'~'),
                b'0'..=b'9', any::<u8>(),
            ],
            0..80,
        ),
        at in 0..80_usize,
    ) {
        let at = at.min(bytes.len());
        prop_assert_eq!(read(&[&bytes[..at], &bytes[at..]]), read(&[&bytes]));
    }
}
