//! The code's own rules: who may import whom, and how files are laid out.
//!
//! The table is the architecture: a room may use the rooms and crates that stand beside it
//! and nothing else. Both `use` declarations and paths written in full are held to it.
//! Unit tests inside a file are left out, since they may use whatever shows the behaviour.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// What one room of the house may know.
struct Room {
    /// Its path below `src`, as modules: `console::state`.
    name: &'static str,
    /// Rooms of this crate that it may use, besides itself.
    rooms: &'static [&'static str],
    /// Crates from outside that it must not use.
    forbidden: &'static [&'static str],
}

const DRIVER_AND_RUNTIME: &[&str] =
    &["mongodb", "tokio", "tokio_util", "ratatui", "futures_util", "arboard", "signal_hook"];
const SCREEN: &[&str] = &["ratatui", "crossterm", "tui_input", "nucleo_matcher", "arboard"];

/// The longest matching name decides.
const ROOMS: &[Room] = &[
    Room {
        name: "domain",
        rooms: &[],
        forbidden: &[
            "mongodb",
            "tokio",
            "tokio_util",
            "ratatui",
            "crossterm",
            "futures_util",
            "tracing",
            "clap",
            "fs_err",
            "rustix",
        ],
    },
    Room { name: "config", rooms: &["domain"], forbidden: DRIVER_AND_RUNTIME },
    Room { name: "report", rooms: &["domain", "config", "doctor"], forbidden: DRIVER_AND_RUNTIME },
    Room { name: "log", rooms: &["domain", "config"], forbidden: DRIVER_AND_RUNTIME },
    Room { name: "mongo", rooms: &["domain", "config"], forbidden: SCREEN },
    Room {
        name: "doctor",
        rooms: &["domain"],
        forbidden: &["mongodb", "tokio", "tokio_util", "ratatui", "crossterm", "futures_util"],
    },
    Room {
        name: "jobs",
        rooms: &["domain", "config", "mongo"],
        forbidden: &["mongodb", "ratatui", "crossterm", "tui_input", "nucleo_matcher", "arboard"],
    },
    Room { name: "export", rooms: &["domain", "mongo"], forbidden: SCREEN },
    Room { name: "demo", rooms: &["domain", "config", "mongo"], forbidden: SCREEN },
    Room {
        name: "cli",
        rooms: &[
            "domain", "config", "console", "demo", "doctor", "export", "jobs", "log", "mongo",
            "report",
        ],
        forbidden: &["mongodb", "ratatui"],
    },
    Room {
        name: "console::state",
        rooms: &["domain", "config", "doctor"],
        forbidden: &["mongodb", "tokio", "tokio_util", "ratatui", "fs_err", "rustix", "arboard"],
    },
    Room {
        name: "console::theme",
        rooms: &["domain", "config", "console::state"],
        forbidden: &["mongodb", "tokio", "tokio_util"],
    },
    Room {
        name: "console::view",
        rooms: &["domain", "config", "doctor", "console::state", "console::theme"],
        forbidden: &["mongodb", "tokio", "tokio_util", "fs_err", "rustix", "crossterm"],
    },
    Room {
        name: "console",
        rooms: &["domain", "config", "doctor", "export", "jobs", "log", "mongo"],
        forbidden: &["mongodb"],
    },
];

#[test]
fn every_room_knows_only_whom_it_may_know() {
    let mut faults = Vec::new();
    for file in sources() {
        let module = module_of(&file);
        let Some(room) = room_of(&module) else { continue };
        for path in paths_in(&production_code(&fs::read_to_string(&file).unwrap())) {
            if let Some(fault) = fault_of(room, &path) {
                faults.push(format!("{}: {fault}", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "imports against the table:\n{}", faults.join("\n"));
}

#[test]
fn the_table_catches_a_wrong_import() {
    let domain = room_of("domain::store").unwrap();
    let code = "use crate::{config::Config, domain::store::{Store, Route}};\nuse tokio::time;\nfn f() { crate::mongo::x() }";
    let faults: BTreeSet<_> =
        paths_in(code).iter().filter_map(|path| fault_of(domain, path)).collect();
    assert_eq!(faults.len(), 3, "{faults:?}");
}

#[test]
fn modules_are_named_after_their_folder() {
    let strays: Vec<_> =
        sources().into_iter().filter(|file| file.file_name().unwrap() == "mod.rs").collect();
    assert!(strays.is_empty(), "name it after the folder instead: {strays:?}");
}

#[test]
fn the_model_reads_no_clock_and_no_file() {
    for file in sources() {
        let module = module_of(&file);
        if !(module.starts_with("console::state") || module.starts_with("domain")) {
            continue;
        }
        let code = production_code(&fs::read_to_string(&file).unwrap());
        for banned in ["Instant::now", "SystemTime::now", "Timestamp::now", "Zoned::now", "std::fs"]
        {
            assert!(!code.contains(banned), "{} uses {banned}", file.display());
        }
    }
}

#[test]
fn only_the_gate_and_the_demo_write() {
    for file in sources() {
        let module = module_of(&file);
        // The jobs cannot name the driver, so what they write with is the gate's.
        if ["mongo::gate", "mongo::provision", "jobs"].iter().any(|one| module.starts_with(one)) {
            continue;
        }
        let code = production_code(&fs::read_to_string(&file).unwrap());
        for write in [
            ".insert_one(",
            ".insert_many(",
            ".update_one(",
            ".update_many(",
            ".replace_one(",
            ".delete_one(",
            ".delete_many(",
            ".create_collection(",
            ".create_index",
            ".drop_index",
            ".bulk_write(",
        ] {
            assert!(!code.contains(write), "{} writes by {write}", file.display());
        }
    }
}

fn fault_of(room: &Room, path: &str) -> Option<String> {
    if let Some(inner) = path.strip_prefix("crate::") {
        let known = ROOMS.iter().map(|room| room.name);
        let target = known.filter(|name| is_within(inner, name)).max_by_key(|name| name.len())?;
        let allowed = is_within(inner, room.name)
            || room.rooms.iter().any(|allowed| is_within(inner, allowed))
            || is_within(target, room.name);
        return (!allowed).then(|| format!("`{}` may not use `crate::{inner}`", room.name));
    }
    let krate = path.split("::").next()?;
    room.forbidden.contains(&krate).then(|| format!("`{}` may not use `{krate}`", room.name))
}

fn is_within(path: &str, room: &str) -> bool {
    path.strip_prefix(room).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn room_of(module: &str) -> Option<&'static Room> {
    ROOMS.iter().filter(|room| is_within(module, room.name)).max_by_key(|room| room.name.len())
}

fn sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the sources are there") {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    assert!(files.len() > 30, "the sources were not found");
    files
}

fn module_of(file: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let inner = file.strip_prefix(root).unwrap().with_extension("");
    inner.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("::")
}

/// The code without comments, and without the unit tests at its end.
fn production_code(source: &str) -> String {
    let code = source.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    code.lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every path that a `use` names, and every path that is written in full.
fn paths_in(code: &str) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    let mut rest = code;
    while let Some(start) = rest.find("use ") {
        // The word may stand in a text as well; a declaration begins its line.
        let before = rest[..start].rsplit('\n').next().unwrap_or_default().trim();
        let is_declaration = before.is_empty() || before.starts_with("pub");
        let end = rest[start..].find(';').map_or(rest.len(), |end| start + end);
        if is_declaration {
            flatten(&rest[start + 4..end], "", &mut paths);
        }
        rest = &rest[start + 4..];
    }
    for word in code.split(|char: char| !(char.is_alphanumeric() || char == '_' || char == ':')) {
        if word.contains("::") && word.starts_with(|first: char| first.is_lowercase()) {
            paths.insert(word.to_owned());
        }
    }
    paths
}

/// Flattens a `use` tree: `a::{b, c::d}` gives `a::b` and `a::c::d`.
fn flatten(tree: &str, stem: &str, paths: &mut BTreeSet<String>) {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        if !tree.is_empty() {
            paths.insert(format!("{stem}{}", tree.split(" as ").next().unwrap_or_default().trim()));
        }
        return;
    };
    let stem = format!("{stem}{}", &tree[..open]);
    let close = tree.rfind('}').filter(|&close| close > open).unwrap_or(tree.len());
    let inner = &tree[open + 1..close];
    let (mut depth, mut from) = (0, 0);
    for (at, char) in inner.char_indices() {
        match char {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                flatten(&inner[from..at], &stem, paths);
                from = at + 1;
            }
            _ => {}
        }
    }
    flatten(&inner[from..], &stem, paths);
}
