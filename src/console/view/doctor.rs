//! What the doctor found: the findings by severity, and the selected one below.

use bson::Bson;
use jiff::Timestamp;
use ratatui::{layout::Rect, style::Style};

use super::{
    Canvas,
    paint::{self, Row, selection, window},
    prose::{Prose, ask, draw_lines},
    stores::draw_field,
};
use crate::{
    console::{
        state::{
            action::Action,
            doctor::{Asking, Doctor, Since},
            list::Extent,
            model::Model,
        },
        theme::Theme,
    },
    doctor::explain,
    domain::{
        finding::{Checked, Examination, Finding, Severity},
        text::{SafeText, safe},
    },
};

/// Most rows of what is said about the selected finding, unless it is unfolded.
const DETAILS: u16 = 12;

pub(super) fn draw(canvas: &mut Canvas, area: Rect) {
    let model = canvas.model;
    let doctor = &model.doctor;
    let details = match (doctor.rows.is_empty(), doctor.is_unfolded) {
        (true, _) => 0,
        (false, true) => area.height.saturating_sub(6),
        (false, false) => DETAILS.min(area.height / 2),
    };
    let upper = Rect { height: area.height - details, ..area };
    let inner = draw_frame(canvas, upper, doctor);
    let rows = draw_head(canvas, inner, doctor);
    canvas.note_top_rows(rows);
    if doctor.rows.is_empty() {
        draw_nothing(canvas, rows, doctor);
    } else {
        draw_list(canvas, rows, doctor);
        draw_details(canvas, paint::below(area, upper.height), doctor);
    }
    if let Some(asking) = &doctor.asking {
        question(canvas, area, asking);
    }
}

fn draw_frame(canvas: &mut Canvas, area: Rect, doctor: &Doctor) -> Rect {
    let theme = canvas.theme;
    let (frame, inner) = canvas.top(area);
    let style = frame.title_style(theme);
    let mut title = canvas.title(&frame);
    title.put("Doctor ", style);
    if let Some(examination) = &doctor.examination {
        counts(&mut title, examination, theme);
    }
    if doctor.loading.is_some() {
        title.put("examining ", theme.accent);
    }
    inner
}

fn counts(row: &mut Row, examination: &Examination, theme: &Theme) {
    for severity in Severity::ALL {
        let of_it = examination.findings.iter().filter(|one| one.rule.severity() == severity);
        let count = of_it.count();
        if count > 0 {
            let style = sign(severity, theme).1;
            row.text(&safe(&format!("{count} {} ", severity.name())), style);
        }
    }
    if examination.findings.is_empty() && examination.incomplete.is_empty() {
        row.put("nothing is wrong ", theme.good);
    }
}

/// The lines above the list: what was not looked at, what was and when, what changed, the
/// filter. Where there is little room, the list keeps two rows of it.
fn draw_head(canvas: &mut Canvas, area: Rect, doctor: &Doctor) -> Rect {
    let theme = canvas.theme;
    let Some(examination) = &doctor.examination else { return area };
    let mut lines = draw_unknown(canvas, area, examination);
    if let Some(failure) = &doctor.failure {
        let mut row = canvas.row(area, lines);
        row.gap(1).put(theme.glyphs.bad, theme.bad).put(" not examined again: ", theme.bad);
        row.text(&failure.message, theme.text);
        lines += 1;
    }
    let has_field = doctor.is_typing || !doctor.input.value().is_empty();
    let spare = area.height.saturating_sub(2 + lines + u16::from(has_field));
    let change = change(doctor);
    if spare > u16::from(change.is_some()) {
        canvas.row(area, lines).gap(1).text(&looked_at(examination, doctor.examined), theme.dim);
        lines += 1;
    }
    if let (Some(change), 1..) = (change, spare) {
        canvas.row(area, lines).gap(1).text(&change, theme.accent);
        lines += 1;
    }
    if has_field {
        let mut field = canvas.row(area, lines);
        field.gap(1).put("/", theme.accent);
        draw_field(&mut field, &doctor.input, doctor.is_typing, theme);
        lines += 1;
    }
    paint::below(area, lines)
}

/// Names every database that was not looked at: each with its cause, or all of them in one
/// line where they would take the room of the findings. Gives the lines that it took.
fn draw_unknown(canvas: &mut Canvas, area: Rect, examination: &Examination) -> u16 {
    let theme = canvas.theme;
    let layout = &canvas.model.session.layout;
    let unknown = &examination.incomplete;
    let name = |database| safe(&layout.name_of(database));
    if unknown.len() > usize::from((area.height / 3).max(1)) {
        // One database can fail in several ways.
        let mut databases: Vec<_> = unknown.iter().map(|(database, _)| *database).collect();
        databases.dedup();
        let names: Vec<SafeText> = databases.into_iter().map(name).collect();
        let are = if names.len() == 1 { "database" } else { "databases" };
        let text = safe(&format!(" {} {are} not looked at: ", names.len()));
        let mut row = canvas.row(area, 0);
        row.gap(1).put(theme.glyphs.bad, theme.bad).text(&text, theme.bad);
        row.text(&SafeText::join(&names, ", "), theme.bad);
        return 1;
    }
    let mut lines = 0;
    for (database, failure) in unknown {
        let mut row = canvas.row(area, lines);
        row.gap(1).put(theme.glyphs.bad, theme.bad).put(" not looked at: ", theme.bad);
        row.text(&name(*database), theme.bad).gap(1).text(&failure.message, theme.text);
        lines += 1;
    }
    lines
}

/// When the fleet was examined, and how much of it. The time is no age: it stays true.
fn looked_at(examination: &Examination, examined: Option<Timestamp>) -> SafeText {
    let Checked { databases, stores, collections } = examination.checked;
    let at = examined.map(|at| at.strftime("%Y-%m-%d %H:%M:%SZ ").to_string()).unwrap_or_default();
    safe(&format!(
        "{at}looked at {databases} databases, {stores} stores, {collections} collections"
    ))
}

/// What changed since the last look.
fn change(doctor: &Doctor) -> Option<SafeText> {
    let n_new = doctor.is_new.iter().filter(|is_new| **is_new).count();
    let n_gone = doctor.gone.len();
    let is_first = doctor.is_new.is_empty() && n_gone == 0;
    (!is_first).then(|| safe(&format!("since the last look: {n_new} new, {n_gone} gone")))
}

fn draw_nothing(canvas: &mut Canvas, area: Rect, doctor: &Doctor) {
    let theme = canvas.theme;
    if let Some(failure) = &doctor.failure {
        return canvas.say(area, &[(&failure.message, theme.bad), (&failure.hint, theme.accent)]);
    }
    let keys = &canvas.model.keymap;
    let (text, hint) = match &doctor.examination {
        None => ("looking at every database by name".to_owned(), String::new()),
        Some(examination) if !examination.findings.is_empty() => {
            let key = keys.key_of(Action::Back);
            ("no finding matches".to_owned(), format!("{key} shows all of them again"))
        }
        Some(examination) if examination.incomplete.is_empty() => {
            let key = keys.key_of(Action::Retry);
            ("nothing is wrong with the fleet".to_owned(), format!("{key} examines it again"))
        }
        Some(_) => {
            let key = keys.key_of(Action::Retry);
            let text = "nothing was found where tilldeck could look";
            (text.to_owned(), format!("{key} examines the fleet again"))
        }
    };
    canvas.say(area, &[(&safe(&text), theme.text), (&safe(&hint), theme.dim)]);
}

fn draw_list(canvas: &mut Canvas, area: Rect, doctor: &Doctor) {
    let theme = canvas.theme;
    let visible = window(doctor.cursor, doctor.rows.len(), area.height.into());
    let first = visible.start;
    for (line, index) in (0..).zip(visible) {
        let Some((finding, since)) = doctor.finding(index) else { continue };
        let (glyph, style, word) = state(finding, since, theme);
        let before = index.checked_sub(1).and_then(|row| doctor.finding(row));
        let is_group = index == first
            || before.is_none_or(|(before, since)| state(before, since, theme).2 != word);
        let (whole, gutter) = selection(theme, index == doctor.cursor.row, true);
        let mut row = canvas.row(area, line).uniform(whole);
        row.gutter(gutter).put(glyph, style).gap(1);
        row.left(&safe(if is_group { word } else { "" }), 9, style);
        if area.width >= 100 {
            row.left(&safe(finding.rule.id()), 25, theme.dim);
        }
        if since == Since::New {
            row.put("NEW ", theme.accent);
        }
        let is_gone = since == Since::Gone;
        row.text(&safe(&finding.message), if is_gone { theme.dim } else { theme.text });
    }
}

/// The glyph, the style and the word that a finding is listed under.
fn state(finding: &Finding, since: Since, theme: &Theme) -> (&'static str, Style, &'static str) {
    if since == Since::Gone {
        return (theme.glyphs.good, theme.good, "gone");
    }
    let severity = finding.rule.severity();
    let (glyph, style) = sign(severity, theme);
    (glyph, style, severity.name())
}

fn sign(severity: Severity, theme: &Theme) -> (&'static str, Style) {
    match severity {
        Severity::Critical => (theme.glyphs.bad, theme.alarm),
        Severity::Error => (theme.glyphs.bad, theme.bad),
        Severity::Warning => (theme.glyphs.warn, theme.warn),
        Severity::Info => (theme.glyphs.legacy, theme.dim),
    }
}

/// The selected finding with its evidence and the way out, or what its rule means.
fn draw_details(canvas: &mut Canvas, area: Rect, doctor: &Doctor) {
    let theme = canvas.theme;
    let Some((finding, since)) = doctor.finding(doctor.cursor.row) else { return };
    let frame = paint::Frame { area, is_focused: false };
    let inner = frame.paint(canvas.buffer, theme);
    let style = frame.title_style(theme);
    let inside = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let prose = if doctor.is_explained {
        explained(finding, theme)
    } else {
        told(finding, since, canvas.model, theme)
    };
    let lines = prose.lines(inside.width);
    let text = Extent { len: lines.len(), visible: inside.height.into() };
    let first = doctor.first_line().min(text.last_first());
    canvas.geometry.text = text;
    let below = below(text, first, canvas.model);
    let mut title = canvas.title(&frame);
    title.text(&safe(finding.rule.id()), style).put(" ", style).text(&below, theme.dim);
    draw_lines(canvas, inside, &lines, first);
}

/// How much of the text is not on the screen, and which key shows it.
fn below(text: Extent, first: usize, model: &Model) -> SafeText {
    let n_below = text.last_first().saturating_sub(first);
    if n_below == 0 {
        return safe("");
    }
    let action = if model.doctor.is_unfolded { Action::PageDown } else { Action::Enter };
    safe(&format!("{n_below} more lines below, {} shows them ", model.keymap.key_of(action)))
}

fn told(finding: &Finding, since: Since, model: &Model, theme: &Theme) -> Prose {
    let mut prose = Prose::default();
    prose.say(&safe(&finding.message), theme.strong);
    if since == Since::Gone {
        prose.say(
            &safe("This is not found any more; below is what the look before told"),
            theme.good,
        );
    }
    if let Some(repairing) = &model.doctor.repairing {
        for (message, outcome) in &repairing.done {
            if let (Err(failure), true) = (outcome, *message == finding.message) {
                let text = safe("not repaired: ").followed_by("", &failure.message);
                prose.say(&text, theme.bad);
            }
        }
    }
    if let Some(fix) = &finding.fix {
        prose.say_parts(
            0,
            [(safe(theme.glyphs.arrow), theme.accent), (safe(&fix.summary), theme.accent)],
        );
        prose.say_parts(2, [(safe(&fix.command), theme.text)]);
        let is_there = since != Since::Gone;
        if fix.repair.is_some() && is_there && !model.session.read_only {
            let key = model.keymap.key_of(Action::Repair);
            prose.say_parts(2, [(safe(&format!("{key} does it, after asking")), theme.dim)]);
        }
    }
    if !finding.evidence.is_empty() {
        prose.gap();
        for (name, value) in &finding.evidence {
            let value = match value {
                Bson::String(text) => safe(text),
                other => safe(&other.clone().into_relaxed_extjson().to_string()),
            };
            prose.say_parts(0, [(safe(&format!("{name}:")), theme.dim), (value, theme.text)]);
        }
    }
    prose
}

fn explained(finding: &Finding, theme: &Theme) -> Prose {
    let explanation = explain(finding.rule);
    let mut prose = Prose::default();
    prose.say(&safe(explanation.title), theme.strong);
    for (heading, text) in [
        ("What it means:", explanation.meaning),
        ("How it comes about:", explanation.cause),
        ("What to do:", explanation.remedy),
    ] {
        prose.say_parts(0, [(safe(heading), theme.accent), (safe(text), theme.text)]);
    }
    prose
}

fn question(canvas: &mut Canvas, area: Rect, asking: &Asking) {
    let theme = canvas.theme;
    let mut prose = Prose::default();
    let Some((first, others)) = asking.findings.split_first() else { return };
    say_repair(&mut prose, first, canvas);
    prose.gap();
    prose.say(&safe("It loses nothing, and is refused where something has changed"), theme.dim);
    if !others.is_empty() {
        prose.gap();
        let (n_others, rule) = (others.len(), first.rule.id());
        let text = format!("{n_others} more of {rule} on the list can be repaired as well:");
        prose.say(&safe(&text), theme.accent);
    }
    for other in others {
        say_repair(&mut prose, other, canvas);
    }
    ask(canvas, area, (&safe("Repair"), &prose), &asking.question);
}

/// What is wrong, and line by line what the repair will do.
fn say_repair(prose: &mut Prose, finding: &Finding, canvas: &Canvas) {
    let (theme, layout) = (canvas.theme, &canvas.model.session.layout);
    prose.say(&safe(&finding.message), theme.strong);
    let repair = finding.fix.as_ref().and_then(|fix| fix.repair.as_ref());
    for line in repair.map(|repair| repair.lines(layout)).unwrap_or_default() {
        prose.say_parts(2, [(safe(&line), theme.text)]);
    }
}
