//! Which key means what: the defaults, and what the configuration changes.

pub mod key;

use std::collections::{BTreeMap, HashMap};

use crossterm::event::KeyEvent;

use self::key::Key;
use super::action::Action;

/// Keys and what they mean.
#[derive(Debug, Clone)]
pub struct Keymap {
    keys: Vec<(Action, Vec<Key>)>,
    actions: HashMap<Key, Action>,
}

impl Default for Keymap {
    fn default() -> Self {
        let keys = Action::ALL.into_iter().map(|action| (action, default_keys(action))).collect();
        Self::from_keys(keys)
    }
}

impl Keymap {
    /// The defaults, with the keys of the named actions replaced.
    ///
    /// # Errors
    ///
    /// Every unknown action, every unknown key, and every key that is on two actions.
    pub fn with_overrides(overrides: &BTreeMap<String, Vec<String>>) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let mut keymap = Self::default();
        for (name, written) in overrides {
            let Some(slot) = keymap.keys.iter_mut().find(|(action, _)| action.name() == name)
            else {
                faults.push(unknown_action(name));
                continue;
            };
            slot.1.clear();
            for key in written {
                match Key::parse(key) {
                    Ok(key) if !slot.1.contains(&key) => slot.1.push(key),
                    Ok(_) => {}
                    Err(fault) => faults.push(format!("the key of `{name}`: {fault}")),
                }
            }
        }
        faults.extend(conflicts(&keymap.keys));
        if faults.is_empty() { Ok(Self::from_keys(keymap.keys)) } else { Err(faults) }
    }

    /// What the key means outside a text field.
    pub fn action(&self, event: &KeyEvent) -> Option<Action> {
        self.actions.get(&Key::of(event)?).copied()
    }

    /// The keys of an action, as the configuration writes them: `q`, `ctrl-c`.
    pub fn keys_of(&self, action: Action) -> impl Iterator<Item = String> + '_ {
        self.keys
            .iter()
            .filter(move |(owner, _)| *owner == action)
            .flat_map(|(_, keys)| keys)
            .map(Key::to_string)
    }

    /// The first key of an action, for hints such as `r retry`; empty where it has none.
    pub fn key_of(&self, action: Action) -> String {
        self.keys_of(action).next().unwrap_or_default()
    }

    fn from_keys(keys: Vec<(Action, Vec<Key>)>) -> Self {
        let actions =
            keys.iter().flat_map(|(action, keys)| keys.iter().map(|key| (*key, *action))).collect();
        Self { keys, actions }
    }
}

fn default_keys(action: Action) -> Vec<Key> {
    action.default_keys().iter().filter_map(|written| Key::parse(written).ok()).collect()
}

fn unknown_action(name: &str) -> String {
    let nearest = Action::ALL
        .iter()
        .map(|action| (strsim::damerau_levenshtein(action.name(), name), action.name()))
        .min()
        .filter(|(distance, known)| *distance <= known.len() / 2);
    match nearest {
        Some((_, known)) => format!("there is no action `{name}`; did you mean `{known}`?"),
        None => format!("there is no action `{name}`"),
    }
}

fn conflicts(keys: &[(Action, Vec<Key>)]) -> Vec<String> {
    let mut owners: HashMap<Key, Action> = HashMap::new();
    let mut faults = Vec::new();
    for (action, keys) in keys {
        for key in keys {
            if let Some(owner) = owners.insert(*key, *action) {
                faults.push(format!(
                    "the key `{key}` is on `{}` and on `{}`; give one of them other keys",
                    owner.name(),
                    action.name()
                ));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overrides(pairs: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        pairs
            .iter()
            .map(|(name, keys)| {
                ((*name).to_owned(), keys.iter().map(|key| (*key).to_owned()).collect())
            })
            .collect()
    }

    fn meaning(keymap: &Keymap, key: &str) -> Option<Action> {
        keymap.action(&Key::parse(key).unwrap().event())
    }

    #[test]
    fn the_defaults_are_all_keys_and_do_not_conflict() {
        let keymap = Keymap::with_overrides(&BTreeMap::new()).unwrap();
        for action in Action::ALL {
            let printed: Vec<String> = keymap.keys_of(action).collect();
            assert_eq!(printed, action.default_keys());
            assert!(printed.iter().any(|key| !key.contains("alt-")));
        }
        assert_eq!(meaning(&keymap, "ctrl-c"), Some(Action::Quit));
        assert_eq!(meaning(&keymap, "G"), Some(Action::Last));
        assert_eq!(meaning(&keymap, "n"), Some(Action::NewStore));
        assert_eq!(meaning(&keymap, "w"), Some(Action::Why));
        assert_eq!(meaning(&keymap, "v"), Some(Action::ToggleTable));
        assert_eq!(meaning(&keymap, "a"), None);
    }

    #[test]
    fn an_override_replaces_the_keys_of_an_action() {
        let keymap = Keymap::with_overrides(&overrides(&[
            ("quit", &["ctrl-q"]),
            ("copy", &["a"]),
            ("zoom", &["q"]),
        ]))
        .unwrap();
        assert_eq!(meaning(&keymap, "ctrl-q"), Some(Action::Quit));
        assert_eq!(meaning(&keymap, "q"), Some(Action::Zoom));
        assert_eq!(meaning(&keymap, "a"), Some(Action::Copy));
        assert_eq!(meaning(&keymap, "y"), None);
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let faults = Keymap::with_overrides(&overrides(&[
            ("quti", &["x"]),
            ("copy", &["s"]),
            ("zoom", &["spce"]),
        ]))
        .unwrap_err();
        assert_eq!(
            faults,
            [
                "there is no action `quti`; did you mean `quit`?",
                "the key of `zoom`: `spce` is no key; did you mean `space`?",
                "the key `s` is on `sort` and on `copy`; give one of them other keys",
            ]
        );
    }
}
