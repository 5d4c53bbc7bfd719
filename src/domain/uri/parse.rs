//! Taking a connection string apart, with words for the usual faults.
//!
//! The rules are those of the driver, so that both see the same parts: options begin at the
//! first `?`, and the login ends at the last `@` before it.

use super::{Credentials, Uri, UriFault, UriOption, host, percent};

/// Characters that no database name may hold; the server refuses the dot as well.
const ILLEGAL_IN_NAMES: [char; 7] = ['/', '\\', ' ', '"', '$', '.', '\0'];

/// Most bytes in a database name.
const LONGEST_NAME: usize = 63;

/// Where parsing is: faults are reported as positions in `whole`.
pub(super) struct Cursor<'a> {
    pub(super) whole: &'a str,
    pub(super) start: usize,
}

impl Cursor<'_> {
    /// A fault at a byte of the trimmed text.
    fn fault(&self, byte: usize, problem: &'static str, remedy: &'static str) -> UriFault {
        let before = self.whole.get(..self.start + byte).unwrap_or(self.whole);
        UriFault { position: before.chars().count() + 1, problem, remedy }
    }

    pub(super) fn parse(&self, text: &str) -> Result<Uri, UriFault> {
        let (srv, body) = self.scheme(text)?;
        let rest = &text[body..];
        let (before, query) = match rest.split_once('?') {
            Some((before, query)) => (before, Some((body + before.len() + 1, query))),
            None => (rest, None),
        };
        let (userinfo, address) = match before.rsplit_once('@') {
            Some((userinfo, address)) => (Some(userinfo), address),
            None => (None, before),
        };
        let credentials = userinfo.map(|raw| self.credentials(raw, body)).transpose()?;
        let hosts_at = body + before.len() - address.len();
        let (hosts, path) = address.split_once('/').unwrap_or((address, ""));
        let uri = Uri {
            srv,
            credentials,
            hosts: self.hosts(hosts, hosts_at, srv)?,
            database: self.database(path, hosts_at + hosts.len() + 1)?,
            raw_path: path.to_owned(),
            options: query.map_or(Ok(Vec::new()), |(at, query)| self.options(query, at))?,
        };
        Ok(uri)
    }

    /// Whether the scheme is the SRV one, and where the text after it begins.
    fn scheme(&self, text: &str) -> Result<(bool, usize), UriFault> {
        for (scheme, srv) in [("mongodb://", false), ("mongodb+srv://", true)] {
            if text.starts_with(scheme) {
                return Ok((srv, scheme.len()));
            }
        }
        let fault = if text.is_empty() {
            ("the URI is empty", "Set MONGODB_URI to a connection string")
        } else if text.starts_with(['"', '\'']) {
            ("the URI is in quotation marks", "Remove the quotation marks around the URI")
        } else {
            (
                "the URI does not begin with `mongodb://` or `mongodb+srv://`",
                "Begin the URI with `mongodb://` or `mongodb+srv://`",
            )
        };
        Err(self.fault(0, fault.0, fault.1))
    }

    fn credentials(&self, raw: &str, at: usize) -> Result<Credentials, UriFault> {
        let (user, password) = match raw.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (raw, None),
        };
        if user.is_empty() {
            return Err(self.fault(
                at,
                "there is an `@`, but no user name before it",
                "Write `user:password@`, or remove the `@`",
            ));
        }
        let decode = |part: &str, at| self.userinfo(part, at);
        Ok(Credentials {
            raw: raw.to_owned(),
            user: decode(user, at)?,
            password: password.map(|part| decode(part, at + user.len() + 1)).transpose()?,
        })
    }

    fn userinfo(&self, part: &str, at: usize) -> Result<String, UriFault> {
        let reserved = part.find([':', '/', '?', '#', '[', ']', '@']);
        if let Some(byte) = reserved {
            return Err(self.fault(
                at + byte,
                "the user name or the password has a character that must be percent-encoded",
                "Percent-encode it: `@` is `%40`, `:` is `%3A`, `/` is `%2F`, `?` is `%3F`, `#` is `%23`, `[` is `%5B`, `]` is `%5D`",
            ));
        }
        if let Some(byte) = percent::first_stray(part) {
            return Err(self.fault(
                at + byte,
                "the user name or the password has a `%` that begins no percent-encoding",
                "Write a `%` that belongs to the name or the password as `%25`",
            ));
        }
        percent::try_decode(part).ok_or_else(|| {
            self.fault(
                at,
                "the user name or the password is not UTF-8 once it is decoded",
                "Percent-encode the UTF-8 bytes of the name and the password",
            )
        })
    }

    fn hosts(&self, raw: &str, at: usize, srv: bool) -> Result<Vec<String>, UriFault> {
        let mut begin = at;
        let mut hosts = Vec::new();
        for host in raw.split(',') {
            host::check(host, srv)
                .map_err(|(problem, remedy)| self.fault(begin, problem, remedy))?;
            begin += host.len() + 1;
            hosts.push(host.to_owned());
        }
        if srv && hosts.len() > 1 {
            return Err(self.fault(
                at,
                "a `mongodb+srv://` URI has more than one host",
                "Name the one host of the SRV record, or begin with `mongodb://`",
            ));
        }
        Ok(hosts)
    }

    fn database(&self, path: &str, at: usize) -> Result<Option<String>, UriFault> {
        if path.is_empty() {
            return Ok(None);
        }
        let fault = |problem| {
            self.fault(
                at,
                problem,
                "Put the name of the main database after the hosts, such as `/main_db`",
            )
        };
        let name = percent::try_decode(path)
            .ok_or_else(|| fault("the database name is not UTF-8 once it is decoded"))?;
        if name.contains(ILLEGAL_IN_NAMES) {
            return Err(fault(
                "the database name has a character that no name may have: a slash, backslash, dot, quotation mark, dollar sign or space",
            ));
        }
        if name.len() > LONGEST_NAME {
            return Err(fault("the database name is longer than 63 bytes"));
        }
        Ok(Some(name))
    }

    fn options(&self, query: &str, at: usize) -> Result<Vec<UriOption>, UriFault> {
        if let Some(byte) = query.find('@') {
            return Err(self.fault(
                at + byte,
                "there is an `@` after the `?`",
                "Percent-encode a `?` in the password as `%3F`, or an `@` in an option as `%40`",
            ));
        }
        let mut begin = at;
        let mut options = Vec::new();
        for pair in query.split('&') {
            if !pair.is_empty() {
                options.push(
                    UriOption::parse(pair)
                        .map_err(|(problem, remedy)| self.fault(begin, problem, remedy))?,
                );
            }
            begin += pair.len() + 1;
        }
        Ok(options)
    }
}
