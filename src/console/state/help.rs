//! The searchable help, generated from the keymap.

use tui_input::Input;

use super::{action::Action, keymap::Keymap, list::Extent, model::ListCursor};

/// The help on top of the panes.
#[derive(Debug, Default)]
pub struct HelpBox {
    /// The search text.
    pub input: Input,
    /// The matching rows, in order.
    pub rows: Vec<HelpRow>,
    /// The selected row and the first visible one.
    pub cursor: ListCursor,
}

/// One line of the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpRow {
    /// The keys, as they are written in the configuration: `ctrl-c`, `q`.
    pub keys: String,
    /// What they do.
    pub summary: &'static str,
    /// The group that the action belongs to.
    pub group: &'static str,
}

impl HelpBox {
    /// The help with every row.
    pub fn new(keymap: &Keymap) -> Self {
        Self { rows: rows(keymap, ""), ..Self::default() }
    }

    /// Keeps the rows in which each word of the search text occurs.
    pub(super) fn search(&mut self, keymap: &Keymap) {
        self.rows = rows(keymap, self.input.value());
        self.cursor = ListCursor::default();
    }

    /// The rows, and how many fit.
    pub(super) fn extent(&self, visible: usize) -> Extent {
        Extent { len: self.rows.len(), visible }
    }
}

/// The rows of the help, by group.
fn rows(keymap: &Keymap, search: &str) -> Vec<HelpRow> {
    let words: Vec<String> = search.split_whitespace().map(str::to_lowercase).collect();
    let mut actions = Action::ALL;
    actions.sort_by_key(|action| action.group());
    actions
        .into_iter()
        .filter(|action| {
            let keys: Vec<String> = keymap.keys_of(*action).collect();
            let text = format!(
                "{} {} {} {}",
                keys.join(" "),
                action.name(),
                action.summary(),
                action.group().name()
            )
            .to_lowercase();
            words.iter().all(|word| text.contains(word))
        })
        .map(|action| HelpRow {
            keys: keymap.keys_of(action).collect::<Vec<_>>().join(", "),
            summary: action.summary(),
            group: action.group().name(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_is_found_by_key_and_by_word() {
        let keymap = Keymap::default();
        let mut help = HelpBox::new(&keymap);
        assert_eq!(help.rows.len(), Action::ALL.len());
        help.input = Input::new("QUIT ctrl-c".into());
        help.search(&keymap);
        assert_eq!(
            help.rows,
            [HelpRow { keys: "q, ctrl-c".into(), summary: "Quit", group: "Program" }]
        );
    }

    #[test]
    fn rows_of_one_group_stand_together() {
        let mut groups: Vec<&str> =
            HelpBox::new(&Keymap::default()).rows.iter().map(|row| row.group).collect();
        groups.dedup();
        assert_eq!(groups, ["Moving", "Stores", "Showing", "Doctor", "Documents", "Program"]);
    }
}
