//! What a query failed with. Unlike other texts of the server, those about a query are shown:
//! they say what is wrong with what the person has just typed, and hold no login.

use std::time::Duration;

use mongodb::error::{Error, ErrorKind};

use crate::{
    domain::{
        failure::{Failure, FailureKind},
        format,
        text::safe,
    },
    mongo::{error::classify, probe::Handle},
};

const MAX_TIME_EXPIRED: i32 = 50;
const INTERRUPTED: i32 = 11_601;
const CURSOR_KILLED: i32 = 237;
/// Ranges of codes that are not about the query although they look so.
const NOT_ABOUT_QUERIES: [i32; 9] =
    [10_058, 10_107, 11_000, 11_600, 11_602, 13_388, 13_435, 13_436, 40_573];

/// The failure of a query. `doing` completes "may not …".
pub(super) fn failure(error: &Error, handle: &Handle, limit: Duration, doing: &str) -> Failure {
    let name = &handle.name;
    let ErrorKind::Command(command) = &*error.kind else {
        return classify(error, &handle.context(limit, doing));
    };
    match command.code {
        MAX_TIME_EXPIRED => too_slow(name, limit),
        INTERRUPTED | CURSOR_KILLED => Failure::new(
            FailureKind::Cancelled,
            &format!("the query on `{name}` was ended on the server"),
            "Run it again if it was not you",
        ),
        code if is_about_the_query(code) => Failure::new(
            FailureKind::Usage,
            &format!("`{name}` does not take the query: {}", command.message.trim_end_matches('.')),
            "Correct the query",
        ),
        _ => classify(error, &handle.context(limit, doing)),
    }
}

/// The server's own deadline has passed.
fn too_slow(name: &str, limit: Duration) -> Failure {
    Failure::new(
        FailureKind::TimedOut,
        &format!("`{name}` ended the query after {}, the limit of a query", format::setting(limit)),
        "Filter by a field that has an index, or raise `max_time` in [query] of the configuration",
    )
}

/// No answer came at all.
pub(super) fn silent(name: &str, limit: Duration) -> Failure {
    Failure::new(
        FailureKind::TimedOut,
        &format!("`{}` did not answer the query within {}", safe(name), format::setting(limit)),
        "Look at `tilldeck status`; the server may be frozen or the network gone",
    )
}

fn is_about_the_query(code: i32) -> bool {
    matches!(code, 2 | 9 | 14 | 17 | 52 | 53 | 56 | 72 | 73 | 115 | 166 | 167 | 168 | 241)
        || ((10_000..100_000).contains(&code) || code > 1_000_000)
            && !NOT_ABOUT_QUERIES.contains(&code)
}
