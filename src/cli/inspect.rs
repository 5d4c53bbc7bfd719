//! `inspect`, `schema` and `tail`: a collection from the outside, from a sample, as it changes.

use std::process::ExitCode;

use super::{
    fleet::{interrupted, interruptible, with_fleet},
    output::{Answer, Output, ended, json_text},
    place::{known_type, place},
    to_json,
};
use crate::{
    config::Config,
    domain::{
        access,
        failure::{Failure, FailureKind},
        lookup,
        ownership::collection_name,
    },
    mongo::read::Tail,
    report::{
        find::change_line,
        inspect::{InspectReport, SchemaReport},
    },
};

/// One collection of one store.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A storeId, the prefix, or the name of a store.
    store: String,
    /// The collection type, such as `orders`.
    #[arg(value_name = "TYPE")]
    of_type: String,
}

/// What `schema` takes.
#[derive(Debug, clap::Args)]
pub(super) struct SchemaArgs {
    #[command(flatten)]
    of: Args,
    /// Documents in the sample.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    sample: Option<u32>,
}

/// What `tail` takes.
#[derive(Debug, clap::Args)]
pub(super) struct TailArgs {
    /// A storeId, the prefix, or the name of a store.
    store: String,
    /// The collection type; without it, every collection of the store.
    #[arg(value_name = "TYPE")]
    of_type: Option<String>,
}

/// Shows indexes with size and use, validator and options.
///
/// # Errors
///
/// There is no such collection, or it cannot be read.
pub(super) fn run(args: &Args, config: &Config) -> Result<Answer, Failure> {
    with_fleet(config, async |session| {
        let place = place(session, &args.store, &args.of_type).await?;
        let found = session.fleet.inspect(place.database, &place.collection).await?;
        let report = InspectReport::new(&place.name, &place.collection, &found);
        let text = InspectReport::text(&place.name, &place.collection, &found, session.look);
        Ok(Answer { warnings: place.warnings, ..Answer::done(to_json(&report)?, text) })
    })
}

/// Shows what the documents of a sample look like.
///
/// # Errors
///
/// There is no such collection, or it cannot be read.
pub(super) fn schema(args: &SchemaArgs, config: &Config) -> Result<Answer, Failure> {
    with_fleet(config, async |session| {
        let place = place(session, &args.of.store, &args.of.of_type).await?;
        let n = args.sample.unwrap_or(config.query.sample);
        let read = async {
            session.fleet.facts(place.database, &place.collection).await?;
            session.fleet.sample(place.database, &place.collection, n).await
        };
        let found = interruptible(read).await?;
        let report = SchemaReport::new(&place.name, &place.collection, &found);
        let text = SchemaReport::text(&found);
        Ok(Answer { warnings: place.warnings, ..Answer::done(to_json(&report)?, text) })
    })
}

/// Writes a line for each change, until a signal or an error ends it.
pub(super) fn tail(args: &TailArgs, config: &Config, output: Output) -> ExitCode {
    let done = with_fleet(config, async |session| {
        let registry = session.registry().await?;
        let store = lookup::find(&registry, &args.store)?;
        let database = access::home(store)?;
        let prefix = access::prefix(store, session.fleet.layout())?;
        let types = match &args.of_type {
            Some(of_type) => vec![known_type(session.fleet.layout(), of_type)?],
            None => session.fleet.layout().collection_types.clone(),
        };
        let collections: Vec<String> =
            types.iter().map(|of_type| collection_name(prefix, of_type)).collect();
        session.pool_decided(database).await;
        let changes = session.fleet.tail(database, &collections).await?;
        output.diagnose("following; end with Ctrl-C");
        follow(changes, output).await
    });
    match (done, interrupted()) {
        // That is how it ends, and no failure.
        (Err(failure), Some(code)) if failure.kind == FailureKind::Cancelled => code.into(),
        (done, _) => done.unwrap_or_else(|failure| output.failure(&failure)),
    }
}

/// Writes a line for each change, and leaves nothing on the server however it ends.
async fn follow(mut changes: Tail, output: Output) -> Result<ExitCode, Failure> {
    let followed = interruptible(async {
        while let Some(change) = changes.next().await? {
            let line = change_line(&change, output.json);
            let written = if output.json { json_text(&line) } else { output.piece(&line) };
            if written.is_err() {
                return Ok(ended(written, ExitCode::SUCCESS));
            }
        }
        Ok(ExitCode::SUCCESS)
    })
    .await;
    changes.end().await;
    followed
}
