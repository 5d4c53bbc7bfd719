//! What the doctor found: the findings by severity, and the selected one below.

use bson::Bson;
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
            doctor::{Asking, Doctor},
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
/// Lines of a repair that a question shows.
const MOST_LINES: usize = 8;

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

/// The lines above the list: what was not looked at, what was, what changed, the filter.
fn draw_head(canvas: &mut Canvas, area: Rect, doctor: &Doctor) -> Rect {
    let theme = canvas.theme;
    let mut lines = 0;
    let Some(examination) = &doctor.examination else { return area };
    for (database, failure) in &examination.incomplete {
        let name = canvas.model.session.layout.name_of(*database);
        let mut row = canvas.row(area, lines);
        row.gap(1).put(theme.glyphs.bad, theme.bad).put(" not looked at: ", theme.bad);
        row.text(&safe(&name), theme.strong).gap(1).text(&failure.message, theme.text);
        lines += 1;
    }
    let Checked { databases, stores, collections } = examination.checked;
    let looked =
        format!("looked at {databases} databases, {stores} stores, {collections} collections");
    let mut row = canvas.row(area, lines);
    row.gap(1).text(&safe(&looked), theme.dim);
    if let Some(change) = change(doctor) {
        row.gap(2).text(&change, theme.accent);
    }
    lines += 1;
    if doctor.is_typing || !doctor.input.value().is_empty() {
        let mut field = canvas.row(area, lines);
        field.gap(1).put("/", theme.accent);
        draw_field(&mut field, &doctor.input, doctor.is_typing, theme);
        lines += 1;
    }
    paint::below(area, lines)
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
        let Some((finding, is_new)) = doctor.finding(index) else { continue };
        let severity = finding.rule.severity();
        let before = index.checked_sub(1).and_then(|row| doctor.finding(row));
        let is_group =
            index == first || before.is_none_or(|(before, _)| before.rule.severity() != severity);
        let (glyph, style) = sign(severity, theme);
        let (whole, gutter) = selection(theme, index == doctor.cursor.row, true);
        let mut row = canvas.row(area, line).uniform(whole);
        row.gutter(gutter).put(glyph, style).gap(1);
        row.left(&safe(if is_group { severity.name() } else { "" }), 9, style);
        if area.width >= 100 {
            row.left(&safe(finding.rule.id()), 25, theme.dim);
        }
        if is_new {
            row.put("NEW ", theme.accent);
        }
        row.text(&safe(&finding.message), theme.text);
    }
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
    let Some(finding) = doctor.selected() else { return };
    let frame = paint::Frame { area, is_focused: false };
    let inner = frame.paint(canvas.buffer, theme);
    let style = frame.title_style(theme);
    canvas.title(&frame).text(&safe(finding.rule.id()), style).put(" ", style);
    let inside = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let prose = if doctor.is_explained {
        explained(finding, theme)
    } else {
        told(finding, canvas.model, theme)
    };
    draw_lines(canvas, inside, &prose.lines(inside.width), 0);
}

fn told(finding: &Finding, model: &Model, theme: &Theme) -> Prose {
    let mut prose = Prose::default();
    prose.say(&safe(&finding.message), theme.strong);
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
        if fix.repair.is_some() && !model.session.read_only {
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
    let layout = &canvas.model.session.layout;
    let mut prose = Prose::default();
    let Some(first) = asking.findings.first() else { return };
    prose.say(&safe(&first.message), theme.strong);
    let lines = first.fix.as_ref().and_then(|fix| fix.repair.as_ref());
    let lines = lines.map(|repair| repair.lines(layout)).unwrap_or_default();
    for line in lines.iter().take(MOST_LINES) {
        prose.say_parts(2, [(safe(line), theme.text)]);
    }
    if lines.len() > MOST_LINES {
        let more = format!("and {} more", lines.len() - MOST_LINES);
        prose.say_parts(2, [(safe(&more), theme.text)]);
    }
    let n_others = asking.findings.len() - 1;
    if n_others > 0 {
        prose.gap();
        let rule = first.rule.id();
        let text =
            format!("{n_others} more findings of {rule} on the list can be repaired as well");
        prose.say(&safe(&text), theme.text);
    }
    prose.gap();
    prose.say(&safe("It loses nothing, and is refused where something has changed"), theme.dim);
    ask(canvas, area, (&safe("Repair"), &prose), &asking.question);
}
