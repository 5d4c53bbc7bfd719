//! `find`: documents of one collection of one store.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use tokio::sync::watch;

use super::{
    fleet::{Session, interruptible, with_fleet},
    output::{Answer, Output, ended, json_text},
    place::{Place, place},
    to_json,
};
use crate::{
    config::Config,
    domain::{
        document::JsonForm,
        export::Format,
        failure::{Failure, FailureKind},
        format,
        page::{From, Page, PageRequest, from_token, token},
        query::{Part, Query, QueryText},
        text::{SafeText, safe},
    },
    export::{Destination, Progress, Writer, export},
    mongo::read::Ask,
    report::find::{self, PlanReport},
};

/// Documents on a page, unless it is said.
const PAGE: u32 = 20;

/// Documents that an export asks for at a time. The server would send 16 MB, of which several
/// are in memory at the same time.
const BATCH: u32 = 1_000;

/// What `find` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Filters, sorts and projections are written as in mongosh or Compass, or as Extended JSON:
  tilldeck find acme orders --filter \"{status: 'paid', total: {$gt: 5}}\" --sort '{total: -1}'
  tilldeck find acme orders --filter \"db.orders.find({total: {$gt: 5}}).sort({total: -1})\"
  tilldeck find acme orders --all --format csv --output orders.csv

Pages are read by key: what `next` says goes into --after. Documents are only read, never changed.")]
pub(super) struct Args {
    /// A storeId, the prefix, or the name of a store.
    store: String,
    /// The collection type, such as `orders`.
    #[arg(value_name = "TYPE")]
    of_type: String,
    #[command(flatten)]
    pub(super) query: QueryArgs,
    /// Most documents.
    #[arg(long, value_name = "N", default_value_t = PAGE, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Every document, streamed; in the order in which the server has them unless sorted.
    #[arg(long, conflicts_with_all = ["limit", "after"])]
    all: bool,
    /// Go on after a page: what it gave as `next`.
    #[arg(long, value_name = "NEXT", conflicts_with_all = ["format", "output"])]
    after: Option<String>,
    #[command(flatten)]
    file: FileArgs,
    /// Count what matches, one by one, instead.
    #[arg(long, conflicts_with_all = ["all", "after", "format", "output", "explain"])]
    count: bool,
    /// Show the server's plan and what it costs instead.
    #[arg(long, conflicts_with_all = ["all", "after", "format", "output"])]
    explain: bool,
}

/// A query as it is typed.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct QueryArgs {
    /// Which documents; or a whole `db.x.find(…)` as it was copied.
    #[arg(long, value_name = "F", default_value = "", hide_default_value = true)]
    pub(super) filter: String,
    /// The order: `{total: -1}`.
    #[arg(long, value_name = "S", default_value = "", hide_default_value = true)]
    pub(super) sort: String,
    /// Which fields: `{total: 1}`.
    #[arg(long, value_name = "P", default_value = "", hide_default_value = true)]
    pub(super) project: String,
    /// How texts are compared: `{locale: "en", strength: 2}`.
    #[arg(long, value_name = "C", default_value = "", hide_default_value = true)]
    pub(super) collation: String,
}

/// Where rows are written to, and how.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct FileArgs {
    /// Write a line for each document: `jsonl` or `csv`.
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(super) format: Option<FormatArg>,
    /// Extended JSON in its canonical form, which keeps the types of numbers.
    #[arg(long)]
    pub(super) canonical: bool,
    /// Write into a file; it appears when it is complete.
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Replace the file if it exists.
    #[arg(long, requires = "output")]
    pub(super) overwrite: bool,
}

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum FormatArg {
    Jsonl,
    Csv,
}

impl QueryArgs {
    /// The query.
    ///
    /// # Errors
    ///
    /// `usage`, at the character that is wrong.
    pub(super) fn read(&self) -> Result<Query, Failure> {
        let text = QueryText {
            filter: self.filter.clone(),
            sort: self.sort.clone(),
            projection: self.project.clone(),
            collation: self.collation.clone(),
            pipeline: String::new(),
        };
        let query = text.read(Timestamp::now()).map_err(|mistake| {
            mistake.failure(match mistake.part {
                Part::Sort => &text.sort,
                Part::Projection => &text.projection,
                Part::Collation => &text.collation,
                Part::Filter | Part::Pipeline => &text.filter,
            })
        })?;
        query.check()?;
        Ok(query)
    }
}

impl FileArgs {
    /// Whether rows are streamed instead of shown.
    pub(super) const fn is_asked_for(&self) -> bool {
        self.format.is_some() || self.output.is_some()
    }

    pub(super) const fn json_form(&self) -> JsonForm {
        if self.canonical { JsonForm::Canonical } else { JsonForm::Relaxed }
    }

    /// How rows are written; where it is not said, as the file's name ends.
    pub(super) fn format(&self) -> Format {
        let ends_with_csv = || {
            let path = self.output.as_ref();
            path.and_then(|path| path.extension())
                .is_some_and(|end| end.eq_ignore_ascii_case("csv"))
        };
        match self.format {
            Some(FormatArg::Csv) => Format::Csv,
            None if ends_with_csv() => Format::Csv,
            _ => Format::Jsonl(self.json_form()),
        }
    }

    pub(super) fn destination(&self) -> Destination {
        match &self.output {
            Some(path) => Destination::File { path: path.clone(), overwrite: self.overwrite },
            None => Destination::Stdout,
        }
    }
}

/// Finds, counts, explains or exports.
pub(super) fn run(args: &Args, config: &Config, output: Output) -> ExitCode {
    if !args.count && !args.explain && (args.all || args.file.is_asked_for()) {
        return match export_all(args, config, output) {
            Ok(code) => code,
            Err(failure) => output.failure(&failure),
        };
    }
    let done = if args.count {
        count(args, config)
    } else if args.explain {
        explain(args, config)
    } else {
        return match one_page(args, config) {
            Ok(found) => found.print(output, args.file.json_form()),
            Err(failure) => output.failure(&failure),
        };
    };
    output.finish(done)
}

/// A page, and what is said beside it.
struct Found {
    place: Place,
    page: Page,
    warnings: Vec<SafeText>,
}

impl Found {
    fn next(&self) -> Option<String> {
        let mark = self.page.last.as_ref().filter(|_| self.page.has_more)?;
        self.page.order.as_ref().map(|order| token(order, mark))
    }

    fn print(&self, output: Output, form: JsonForm) -> ExitCode {
        for warning in &self.warnings {
            output.warn(warning);
        }
        let next = self.next();
        if output.json {
            let (database, collection) = (&self.place.name, &self.place.collection);
            let text =
                find::json(database, collection, &self.page.documents, (next.as_deref(), form));
            return ended(json_text(&text), ExitCode::SUCCESS);
        }
        let code = output.print(&find::text(&self.page.documents));
        let n = self.page.documents.len() as u64;
        let shown =
            format!("{} {}", format::count(n), if n == 1 { "document" } else { "documents" });
        let next = match next {
            Some(next) => format!("{shown}; more with --after '{next}'"),
            None if self.page.has_more => format!("{shown}, and more; raise --limit"),
            None => format!("{shown}, no more"),
        };
        output.diagnose(safe_line(&next).as_str());
        code
    }
}

/// Quotes in a token stay as they are typed: it is JSON, which needs no doubling.
fn safe_line(text: &str) -> String {
    crate::domain::text::safe_json(text)
}

fn one_page(args: &Args, config: &Config) -> Result<Found, Failure> {
    let query = args.query.read()?;
    let (order, from) = match &args.after {
        None => (None, From::First),
        Some(text) => {
            let (order, mark) = from_token(text)?;
            if !order.is_of(&query.sort)? {
                return Err(Failure::new(
                    FailureKind::Usage,
                    "the place to go on from is one of another sort",
                    "Leave the sort out, or give the one that the place comes from",
                ));
            }
            (Some(order), From::After(mark))
        }
    };
    with_fleet(config, async |session| {
        let place = place(session, &args.store, &args.of_type).await?;
        let read = async {
            let facts = Arc::new(session.fleet.facts(place.database, &place.collection).await?);
            let collection = place.collection.clone();
            let request = PageRequest { collection, facts, query, order, from, size: args.limit };
            session.fleet.page(place.database, request).await
        };
        let page = Box::pin(interruptible(read)).await?;
        Ok(Found { warnings: place.warnings.clone(), place, page })
    })
}

fn count(args: &Args, config: &Config) -> Result<Answer, Failure> {
    let query = args.query.read()?;
    with_fleet(config, async |session| {
        let place = place(session, &args.store, &args.of_type).await?;
        let read = async {
            session.fleet.facts(place.database, &place.collection).await?;
            session.fleet.count(place.database, &place.collection, &query).await
        };
        let count = interruptible(read).await?;
        let json = serde_json::json!({
            "database": place.name, "collection": place.collection, "count": count,
        });
        Ok(Answer { warnings: place.warnings, ..Answer::done(json, format!("{count}\n")) })
    })
}

fn explain(args: &Args, config: &Config) -> Result<Answer, Failure> {
    let query = args.query.read()?;
    with_fleet(config, async |session| {
        let place = place(session, &args.store, &args.of_type).await?;
        let read = async {
            session.fleet.facts(place.database, &place.collection).await?;
            session.fleet.explain(place.database, &place.collection, &query).await
        };
        let plan = interruptible(read).await?;
        let report = PlanReport::new(&place.name, &place.collection, &plan);
        let text = PlanReport::text(&plan, session.look);
        Ok(Answer { warnings: place.warnings, ..Answer::done(to_json(&report)?, text) })
    })
}

fn export_all(args: &Args, config: &Config, output: Output) -> Result<ExitCode, Failure> {
    let query = args.query.read()?;
    // Before anything is asked: a file that is in the way is no matter of the server.
    args.file.destination().check()?;
    let (code, warnings) = with_fleet(config, async |session| {
        let place = place(session, &args.store, &args.of_type).await?;
        // A signal that ends the program at once would leave the part of a file.
        let work = async {
            let mut writer = Writer::open(&args.file.destination(), args.file.format(), vec![])?;
            // Whoever asks for lines, or for a file, has them with `--json` as well.
            if output.json && !args.file.is_asked_for() {
                let begin = find::json_begin(&place.name, &place.collection);
                writer = writer.within(&begin, find::JSON_END);
            }
            exported(session, &place, (query, args), writer, config).await
        };
        let done = Box::pin(interruptible(work)).await?;
        if let Some(path) = &args.file.output {
            let (count, size) = (format::count(done.documents), format::bytes(done.bytes));
            let line = format!("{count} documents, {size}, in {}", path.display());
            output.diagnose(safe(&line).as_str());
        }
        Ok((ExitCode::SUCCESS, place.warnings))
    })
    .or_else(|failure| closed(failure).map(|code| (code, Vec::new())))?;
    for warning in &warnings {
        output.warn(warning);
    }
    Ok(code)
}

/// A reader that has gone away (`| head -1`) is no failure.
pub(super) fn closed(failure: Failure) -> Result<ExitCode, Failure> {
    let is_closed =
        failure.kind == FailureKind::Io && failure.message.as_str().ends_with("broken pipe");
    if is_closed { Ok(ExitCode::SUCCESS) } else { Err(failure) }
}

async fn exported(
    session: &Session,
    place: &Place,
    (query, args): (Query, &Args),
    writer: Writer,
    config: &Config,
) -> Result<Progress, Failure> {
    let facts = session.fleet.facts(place.database, &place.collection).await?;
    let sort = match (query.sort.is_empty(), args.all, &facts.time_field) {
        (true, false, Some(field)) => bson::doc! {field: 1},
        (true, false, None) => bson::doc! {"_id": 1},
        _ => query.sort,
    };
    let ask = Ask {
        collection: place.collection.clone(),
        verb: "export",
        filter: query.filter.clone(),
        sort,
        projection: query.projection,
        collation: query.collation,
        limit: (!args.all).then_some(args.limit.into()),
        batch: Some(BATCH),
        max_time: config.query.export_time,
        ..Ask::default()
    };
    let stream = session.fleet.stream(place.database, ask)?;
    let expected = facts.estimated.filter(|_| query.filter.is_empty() && args.all);
    let (progress, seen) = watch::channel(Progress::default());
    let bar = bar(expected, args.file.output.is_some());
    let shown = show(&bar, seen);
    let done = async move {
        let done = export(stream, writer, &progress).await;
        drop(progress);
        done
    };
    let (done, ()) = tokio::join!(done, shown);
    bar.finish_and_clear();
    done
}

/// A bar on the terminal while a file is written; nothing elsewhere.
pub(super) fn bar(expected: Option<u64>, is_file: bool) -> ProgressBar {
    let target = if is_file { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(expected, target);
    let template = if expected.is_some() {
        "{bar:30} {human_pos} of about {human_len} documents  {per_sec}  {eta} left  {msg}"
    } else {
        "{spinner} {human_pos} documents  {per_sec}  {elapsed}  {msg}"
    };
    bar.with_style(
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
    )
}

/// Follows an export until it ends.
pub(super) async fn show(bar: &ProgressBar, mut seen: watch::Receiver<Progress>) {
    while seen.changed().await.is_ok() {
        let progress = *seen.borrow_and_update();
        bar.set_position(progress.documents);
        bar.set_message(format::bytes(progress.bytes));
    }
}
