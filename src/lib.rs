//! tilldeck: the terminal operations console for a point-of-sale backend that spreads its
//! stores over several MongoDB databases and one main database.
//!
//! This page is the project's architecture chapter: the bird's eye view, the map of the
//! code, and the invariants that hold it together.
//!
//! # Bird's eye view
//!
//! A fleet is `1 + N` databases: the *main* database with the registry (`stores`), and the
//! *shards* `pos_db_1` … `pos_db_N` with the collections of the stores, `{prefix}_{type}`.
//! tilldeck keeps one supervised driver client, a *pool*, to each of them, follows the
//! registry, and shows both side by side: in the console, and in headless commands that
//! call the same code.
//!
//! ```text
//!  keys · resize · signals ─┐
//!  pools     (watch) ───────┤
//!  registry  (watch) ───────┼─► Event ─► update(&mut Model, Event) ─► Vec<Command> ─► effects ─► mongo · jobs · clipboard
//!  replies   (mpsc) ────────┤                 │                                          │
//!  next deadline ───────────┘                 ▼ only if something visible changed        │
//!        ▲                              draw(&Model, &mut Frame) ─► Geometry             │
//!        └───────────────────────── snapshots and replies ◄──────────────────────────────┘
//! ```
//!
//! # Code map
//!
//! | room | what it is | knows |
//! |---|---|---|
//! | [`domain`] | facts and rules as plain data and pure functions | nobody |
//! | [`config`] | flags, environment and file folded into one `Config` | `domain` |
//! | [`doctor`] | the rules: a file each, a pure function from an inventory to findings | `domain` |
//! | [`mongo`] | the live databases: the only home of the driver | `domain`, `config` |
//! | [`report`] | what the command line prints, as types of its own | `domain`, `config`, `doctor` |
//! | [`jobs`] | journaled writes: making a store, repairing one | `domain`, `config`, `mongo` |
//! | [`export`] | documents into a file or a pipe | `domain`, `mongo` |
//! | [`console::state`] | the model, its events, commands and actions, and `update` | `domain`, `config`, `doctor` |
//! | [`console::view`] | drawing; reads the model, changes nothing | `console::state`, `domain`, `doctor` |
//! | [`console`] | the event loop, the terminal, the effects: where both halves meet | all of the above |
//! | [`demo`] | a private `mongod` and a seeded fleet, also used by the tests | `domain`, `config`, `mongo` |
//! | [`cli`] | arguments, and one file for each headless command | all but `console`, which it only starts |
//!
//! `tests/it/tidy.rs` reads the imports and holds them to this table.
//!
//! # Invariants
//!
//! - **One way.** `update` is the only writer of the model. It does no I/O, reads no clock
//!   and never blocks. Drawing takes `&Model`; what it learns (areas, visible rows) comes
//!   back as an event. Events are past tense, commands imperative, and both are plain data.
//! - **No clock tick.** `Model::next_wake` says when time alone changes the screen, and
//!   publishers round to what is shown, so that an idle console writes nothing.
//! - **Safe text by type.** Whatever comes from a database, a server, a URI or a file
//!   reaches a terminal only as [`domain::text::SafeText`], which only `domain::text` makes.
//!   Hostile characters become visible, never dropped: names that differ look different.
//! - **One write gate.** Handles that can write are made by `mongo::gate` alone, so that
//!   read-only mode cannot be forgotten. Nothing else in the crate calls a writing method.
//! - **A write can be interrupted anywhere.** It is one transaction, or a job whose journal
//!   says what it is about to do before it does it, so that any console can finish or undo
//!   it. What is undone is what the job made, and only that.
//! - **A repair relies on what was found.** It holds its evidence and reads it again first;
//!   where that has changed, it is refused.
//! - **One classifier.** Driver errors are turned into [`domain::failure::Failure`] in one
//!   place, with the cause and the next step. The driver's own texts are never shown: they
//!   can quote a password.
//! - **Every driver call has a deadline of ours**, put on the handle of a spawned task: a
//!   driver future that is dropped half-way can leave its client inconsistent (RUST-937).
//! - **URIs are parsed once** into the driver's options, where the credential's source is
//!   settled, and only the default database is changed for each shard. A string with its
//!   path swapped would log in as another user, or fail.
//! - **One bad record never blanks a list.** Decoding is tolerant, and what is wrong with
//!   a record is shown beside it.
//!
//! - **Reads end where they run.** Each query has a deadline and a name on the server, and a
//!   future that nobody waits for any more ends its command there. Nothing skips: pages go on
//!   from a key.
//! - **No silent part.** An answer of many stores says who has not given it. Totals are added
//!   up only where that is the same as asking all documents together.
//!
//! # Where we left the beaten path, and why
//!
//! - `domain` also uses `jiff` for points in time and the Unicode tables for text. Both are
//!   data without I/O; no clock is read there.
//! - Registry snapshots share their unchanged records, so that comparing two of them costs
//!   one pointer comparison a record. This replaces a protocol of deltas: the latest
//!   snapshot is always enough, and one record's change still does not rebuild the list.
//! - The terminal is read and written by code of our own ([`console`]'s `input` and
//!   `backend`); crossterm's types name the keys, and its raw mode is used. Its reader spins
//!   on a terminal that has vanished, leaves what is beyond its first 1024 bytes lying until
//!   the next key, and takes an arrow key that a slow line delivers in two pieces for `Esc`
//!   and two letters. Its writer spends several times the bytes on a step in a list, and
//!   knows neither `NO_COLOR` with attributes nor ASCII. For a console that is open for days
//!   over SSH these are the job, not a detail.
//! - Lists scroll by a quarter of a page: moving every row costs a slow line two kilobytes.
//! - What a server says about a query is shown, unlike its other texts: it speaks of what the
//!   person has just typed, and holds no login.
//! - A page is read in segments, one range of an index after the other, instead of one `$or`:
//!   comparisons of a filter meet values of one class only, and a union of ranges would be
//!   sorted, not read in order.
//! - The probes look by polling, not by the driver's streaming monitor, which would keep a
//!   second connection open to every database for nothing.
//! - Latencies are kept in a history as steps of a rough logarithmic scale: a healthy
//!   database then gives the same picture from probe to probe, and an idle screen is still.

pub mod cli;
pub mod config;
pub mod console;
pub mod demo;
pub mod doctor;
pub mod domain;
pub mod export;
pub mod jobs;
pub mod log;
pub mod mongo;
pub mod report;
