//! Where files are, by the XDG base directory rules.

use std::path::{Path, PathBuf};

use super::{Environment, Fault, Paths};

/// Where the configuration, state and cache are; nothing is made here.
///
/// # Errors
///
/// Neither `HOME` nor the XDG variables say where.
pub(super) fn find(config: Option<&Path>, environment: Environment) -> Result<Paths, Fault> {
    let directory = |variable: &str, below_home: &str| {
        // The rules say that a relative path is to be ignored.
        let set = environment(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || environment("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
        set.or_else(|| home().map(|home| home.join(below_home)))
            .map(|base| base.join("tilldeck"))
            .ok_or_else(|| {
                Fault::new(&format!("neither `{variable}` nor `HOME` is an absolute path"))
                    .hint("Set `HOME` to your home directory")
            })
    };
    Ok(Paths {
        config: match config {
            Some(file) => file.to_owned(),
            None => directory("XDG_CONFIG_HOME", ".config")?.join("config.toml"),
        },
        state: directory("XDG_STATE_HOME", ".local/state")?,
        cache: directory("XDG_CACHE_HOME", ".cache")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xdg_variables_come_before_home() {
        let environment = |name: &str| match name {
            "HOME" => Some("/home/ops".into()),
            "XDG_STATE_HOME" => Some("/var/ops".into()),
            "XDG_CACHE_HOME" => Some("relative".into()),
            _ => None,
        };
        let paths = find(None, &environment).unwrap();
        assert_eq!(paths.config, Path::new("/home/ops/.config/tilldeck/config.toml"));
        assert_eq!(paths.state, Path::new("/var/ops/tilldeck"));
        assert_eq!(paths.cache, Path::new("/home/ops/.cache/tilldeck"));
    }

    #[test]
    fn without_a_home_it_says_what_to_set() {
        let fault = find(None, &|_| None).unwrap_err();
        assert_eq!(
            fault.message.as_str(),
            "neither `XDG_CONFIG_HOME` nor `HOME` is an absolute path"
        );
    }
}
