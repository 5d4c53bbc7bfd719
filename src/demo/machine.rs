//! Whether the server that can be fetched runs on this machine.

use std::process::{Command, Stdio};

use crate::domain::failure::{Failure, FailureKind};

/// What the fetched binary depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// The operating system, in Rust's words: `linux`.
    pub os: String,
    /// The processor, in Rust's words: `x86_64`.
    pub arch: String,
    /// The version of the GNU C library; `None` where it is unknown or another library is used.
    pub glibc: Option<(u32, u32)>,
    /// Whether the processor has AVX; `None` where it is unknown.
    pub avx: Option<bool>,
}

const NEEDED_GLIBC: (u32, u32) = (2, 34);
const HINT: &str = "Install a MongoDB server of version 4.4 or later, set `MONGOD` to its binary, or connect to an existing one with `--uri`";

impl Machine {
    /// This machine.
    pub fn this() -> Self {
        Self {
            os: std::env::consts::OS.into(),
            arch: std::env::consts::ARCH.into(),
            glibc: glibc(),
            avx: avx(),
        }
    }

    /// Whether the fetched server can run here.
    ///
    /// # Errors
    ///
    /// What is in the way. Unknown facts are not: the binary itself tells then.
    pub fn check(&self) -> Result<(), Failure> {
        let (os, arch) = (&self.os, &self.arch);
        let fault = match (self.glibc, self.avx) {
            _ if os != "linux" || arch != "x86_64" => {
                format!("it is for `linux` on `x86_64`, and this is `{os}` on `{arch}`")
            }
            (Some(version), _) if version < NEEDED_GLIBC => format!(
                "it needs glibc `{}.{}`, and this machine has `{}.{}`",
                NEEDED_GLIBC.0, NEEDED_GLIBC.1, version.0, version.1
            ),
            (_, Some(false)) => "it needs a processor with AVX".into(),
            _ => return Ok(()),
        };
        let message = format!("the server that could be fetched does not run here: {fault}");
        Err(Failure::new(FailureKind::NotFound, &message, HINT))
    }
}

fn glibc() -> Option<(u32, u32)> {
    let output = Command::new("getconf")
        .arg("GNU_LIBC_VERSION")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    parse_glibc(std::str::from_utf8(&output.stdout).ok()?)
}

fn parse_glibc(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    let minor = minor.split('.').next()?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn avx() -> Option<bool> {
    let text = fs_err::read_to_string("/proc/cpuinfo").ok()?;
    let flags = text.lines().find(|line| line.starts_with("flags"))?;
    Some(flags.split_whitespace().any(|flag| flag == "avx"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Machine {
        let (os, arch) = ("linux".into(), "x86_64".into());
        Machine { os, arch, glibc: Some((2, 36)), avx: Some(true) }
    }

    #[test]
    fn a_common_machine_will_do() {
        assert_eq!(good().check(), Ok(()));
        assert_eq!(Machine { glibc: None, avx: None, ..good() }.check(), Ok(()));
    }

    #[test]
    fn each_lack_is_named() {
        let says = |machine: Machine, part: &str| {
            let failure = machine.check().unwrap_err();
            assert!(failure.message.as_str().contains(part), "{failure}");
            assert!(failure.hint.as_str().contains("MONGOD"), "{}", failure.hint);
        };
        says(Machine { os: "macos".into(), ..good() }, "this is `macos` on `x86_64`");
        says(Machine { arch: "aarch64".into(), ..good() }, "this is `linux` on `aarch64`");
        says(Machine { glibc: Some((2, 31)), ..good() }, "glibc `2.34`");
        says(Machine { avx: Some(false), ..good() }, "AVX");
    }

    #[test]
    fn the_version_of_the_library_is_read() {
        assert_eq!(parse_glibc("glibc 2.36\n"), Some((2, 36)));
        assert_eq!(parse_glibc("glibc 2.3.6"), Some((2, 3)));
        assert_eq!(parse_glibc("musl"), None);
    }
}
