//! `query`: one question to all stores.

use std::process::ExitCode;

use bson::RawDocumentBuf;
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::{
    find::{FileArgs, QueryArgs, bar, closed},
    fleet::{Session, interruptible, with_fleet},
    output::{Output, ended, json_text},
    place::{database, known_type},
};
use crate::{
    config::{Config, SavedQuery, nearest},
    domain::{
        document::JsonForm,
        failure::{Failure, FailureKind},
        format,
        query::{Mistake, Part},
        question::{Kind, Outcome, Plan, Question, Row, Selection, Told},
        shell,
        text::safe,
    },
    export::Writer,
    mongo::fanout::queue,
    report::query::{self, QueryReport},
};

/// Documents in all, unless it is said.
const ROWS: u32 = 100;

/// What `query` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
  tilldeck query orders --filter \"{status: 'pending'}\" --count
  tilldeck query orders --sort '{total: -1}' --limit 100
  tilldeck query orders --aggregate \"[{$group: {_id: '$status', n: {$sum: 1}}}]\" --chart
  tilldeck query products --distinct category --stores berlin

A store that does not answer is told of, and the exit code is 1: an answer is never partial in silence.")]
pub(super) struct Args {
    /// The collection type, such as `orders`.
    #[arg(value_name = "TYPE", required_unless_present = "saved")]
    of_type: Option<String>,
    #[command(flatten)]
    query: QueryArgs,
    /// Most rows in all; 0 for no limit. 100 for documents, else none.
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// Count the documents of each store.
    #[arg(long, conflicts_with_all = ["distinct", "aggregate", "sort", "project"])]
    count: bool,
    /// The different values of a field.
    #[arg(long, value_name = "FIELD", conflicts_with_all = ["aggregate", "sort", "project"])]
    distinct: Option<String>,
    /// The stages of an aggregation: `[{$group: {…}}]`.
    #[arg(long, value_name = "PIPELINE", conflicts_with_all = ["filter", "sort", "project"])]
    aggregate: Option<String>,
    /// Only stores whose storeId, name or prefix holds this text, in any case.
    #[arg(long, value_name = "TEXT")]
    stores: Option<String>,
    /// Only stores of this database: `main`, a shard's number, or a database's name.
    #[arg(long, value_name = "N")]
    database: Option<String>,
    /// A saved query of the configuration; other options come before what it says.
    #[arg(long, value_name = "NAME")]
    saved: Option<String>,
    /// Only say how many commands would go to which database.
    #[arg(long)]
    plan: bool,
    /// Draw the totals, or the counts, as bars.
    #[arg(long, conflicts_with_all = ["json", "format", "output"])]
    chart: bool,
    #[command(flatten)]
    file: FileArgs,
}

/// Asks, and prints what comes.
pub(super) fn run(args: &Args, config: &Config, output: Output) -> ExitCode {
    let asked = completed(args, config).and_then(|args| {
        if !args.plan {
            args.file.destination().check()?;
        }
        with_fleet(config, async |session| Box::pin(asked(session, &args, output)).await)
    });
    asked.or_else(closed).unwrap_or_else(|failure| output.failure(&failure))
}

/// The arguments, with what a saved query says where they say nothing.
fn completed(args: &Args, config: &Config) -> Result<Completed, Failure> {
    let saved = match &args.saved {
        None => SavedQuery::default(),
        Some(name) => config.queries.get(name).cloned().ok_or_else(|| unknown(name, config))?,
    };
    let or_saved = |given: &str, saved: &Option<String>| {
        if given.is_empty() { saved.clone().unwrap_or_default() } else { given.to_owned() }
    };
    let query = QueryArgs {
        filter: or_saved(&args.query.filter, &saved.filter),
        sort: or_saved(&args.query.sort, &saved.sort),
        project: or_saved(&args.query.project, &saved.project),
        collation: or_saved(&args.query.collation, &saved.collation),
    };
    let asks_itself = args.count || args.distinct.is_some() || args.aggregate.is_some();
    let saved_kind = |kind: &Option<String>| kind.clone().filter(|_| !asks_itself);
    let kind = kind(
        args.count || (saved.count && !asks_itself),
        args.distinct.clone().or_else(|| saved_kind(&saved.distinct)),
        args.aggregate.clone().or_else(|| saved_kind(&saved.aggregate)).as_deref(),
    )?;
    // Counts, values and groups are few and wanted whole; documents are not.
    let usual = if kind == Kind::Find { ROWS } else { 0 };
    let limit = args.limit.or(saved.limit).unwrap_or(usual);
    let of_type = args.of_type.clone().or(saved.of_type).ok_or_else(|| {
        Failure::new(
            FailureKind::Usage,
            "the saved query names no collection type",
            "Add `type = \"orders\"` to it, or name one here",
        )
    })?;
    // Before anything is connected to: what is refused reaches no server.
    let question = Question {
        of_type: known_type(&config.layout, &of_type)?,
        query: query.read()?,
        kind,
        limit: (limit > 0).then_some(limit.into()),
    };
    question.check()?;
    Ok(Completed {
        question,
        stores: args.stores.clone().or(saved.stores).unwrap_or_default(),
        database: args.database.clone().or(saved.database),
        plan: args.plan,
        chart: args.chart,
        file: args.file.clone(),
    })
}

struct Completed {
    question: Question,
    stores: String,
    database: Option<String>,
    plan: bool,
    chart: bool,
    file: FileArgs,
}

fn kind(count: bool, distinct: Option<String>, aggregate: Option<&str>) -> Result<Kind, Failure> {
    if let Some(text) = aggregate {
        let read = shell::pipeline(text, Timestamp::now());
        let wrong = |error| Mistake { part: Part::Pipeline, error }.failure(text);
        return read.map(Kind::Aggregate).map_err(wrong);
    }
    match distinct {
        Some(field) if field.is_empty() || field.starts_with('$') => Err(Failure::new(
            FailureKind::Usage,
            "the field whose values are asked for has no such name",
            "Write its path without `$`, such as `payment.method`",
        )),
        Some(field) => Ok(Kind::Distinct(field)),
        None if count => Ok(Kind::Count),
        None => Ok(Kind::Find),
    }
}

fn unknown(name: &str, config: &Config) -> Failure {
    let hint = match nearest(name, config.queries.keys().map(String::as_str)) {
        Some(meant) => format!("Use `{meant}`, if that is meant"),
        None if config.queries.is_empty() => {
            format!("Save one under [queries.{name}] in the configuration")
        }
        None => {
            let names: Vec<&str> = config.queries.keys().map(String::as_str).collect();
            format!("Use one of {}", names.join(", "))
        }
    };
    Failure::new(FailureKind::Usage, &format!("no query is saved as `{name}`"), &hint)
}

/// Where rows go as they come.
enum Sink {
    File(Box<Writer>),
    /// One JSON document, written piece by piece.
    Json {
        is_first: bool,
        form: JsonForm,
    },
    Text,
    /// Kept for a chart.
    Nothing,
}

impl Sink {
    fn open(args: &Completed, output: Output) -> Result<Self, Failure> {
        Ok(if args.file.is_asked_for() {
            let columns = vec!["store_id", "database"];
            let writer = Writer::open(&args.file.destination(), args.file.format(), columns)?;
            Self::File(Box::new(writer))
        } else if output.json {
            Self::Json { is_first: true, form: args.file.json_form() }
        } else if args.chart {
            Self::Nothing
        } else {
            Self::Text
        })
    }
}

async fn asked(session: &Session, args: &Completed, output: Output) -> Result<ExitCode, Failure> {
    let question = &args.question;
    let database = args.database.as_deref().map(|text| database(text, session)).transpose()?;
    let registry = session.registry().await?;
    let selection = Selection { text: args.stores.clone(), database, records: None };
    let plan = Plan::of(&registry, session.fleet.layout(), &question.of_type, &selection);
    if plan.targets.is_empty() && plan.failed.is_empty() {
        return Err(no_stores(&selection));
    }
    for warning in session.warnings(&registry) {
        output.warn(&warning);
    }
    if args.plan {
        let report = QueryReport::of_plan(&plan, &session.names);
        let text = query::plan_text(&plan, &session.names);
        return Ok(if output.json {
            super::output::only_json(&report, 0)
        } else {
            output.print(&text)
        });
    }
    output.diagnose(query::plan_line(&plan, &session.names).as_str());
    session.settle().await;
    // A signal that ends the program at once would leave the part of a file.
    let work = async {
        let mut sink = Sink::open(args, output)?;
        let (outcome, rows) = stream(session, (question, &plan), (&mut sink, args, output)).await?;
        finish(session, (&plan, question), (&outcome, rows), (sink, args, output))
    };
    Box::pin(interruptible(work)).await
}

fn no_stores(selection: &Selection) -> Failure {
    let what = if selection.text.is_empty() {
        String::new()
    } else {
        format!(" that holds `{}`", selection.text)
    };
    Failure::new(
        FailureKind::Usage,
        &format!("there is no store{what} to ask"),
        "Look at `tilldeck stores`",
    )
}

/// Asks, and hands on each row as it comes. Rows are kept only for a chart.
async fn stream(
    session: &Session,
    (question, plan): (&Question, &Plan),
    (sink, args, output): (&mut Sink, &Completed, Output),
) -> Result<(Outcome, Vec<Row>), Failure> {
    let (tell, mut told) = mpsc::channel(queue());
    let ask = async move { session.fleet.ask_stores(question, plan, &tell).await };
    let mut kept = Vec::new();
    let bar = bar(None, args.file.output.is_some());
    let take = async {
        while let Some(told) = told.recv().await {
            if let Told::Row(row) = told {
                bar.inc(1);
                take(row, (session, plan), (sink, output, &mut kept))?;
            }
        }
        Ok::<(), Failure>(())
    };
    // A row that cannot be written ends the question, too.
    let (outcome, ()) = tokio::try_join!(ask, take)?;
    bar.finish_and_clear();
    Ok((outcome, kept))
}

fn take(
    row: Row,
    (session, plan): (&Session, &Plan),
    (sink, output, kept): (&mut Sink, Output, &mut Vec<Row>),
) -> Result<(), Failure> {
    let Some(target) = plan.targets.get(row.target) else { return Ok(()) };
    let database = session.names.of(target.database);
    match sink {
        Sink::File(writer) => writer.write(&[&target.store_id, database], &row.document)?,
        Sink::Json { is_first, form } => {
            let before = if std::mem::take(is_first) { "{\"rows\":[" } else { "," };
            let text = query::row_json((&target.store_id, database), &row.document, *form);
            output.piece(&format!("{before}{text}")).map_err(|error| cannot_print(&error))?;
        }
        Sink::Text => {
            let line = query::row_text((&target.store_id, database), &row.document);
            output.piece(&line).map_err(|error| cannot_print(&error))?;
        }
        Sink::Nothing => kept.push(row),
    }
    Ok(())
}

fn cannot_print(error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::Io, &format!("the output cannot be written: {}", error.kind()), "")
}

/// What comes after the rows.
fn finish(
    session: &Session,
    (plan, question): (&Plan, &Question),
    (outcome, rows): (&Outcome, Vec<Row>),
    (sink, args, output): (Sink, &Completed, Output),
) -> Result<ExitCode, Failure> {
    let form = args.file.json_form();
    let report = QueryReport::new((plan, &question.kind), outcome, (&session.names, form));
    let code = u8::from(!outcome.is_complete());
    match sink {
        Sink::Json { is_first, .. } => {
            let before = if is_first { "{\"rows\":[" } else { "" };
            let text = format!("{before}],{}", report.rest());
            return Ok(ended(json_text(&text), ExitCode::from(code)));
        }
        // A file that a part was written to would pass for the whole: it gets no name.
        Sink::File(writer) if code != 0 && args.file.output.is_some() => drop(writer),
        Sink::File(writer) => {
            let done = writer.finish()?;
            if let Some(path) = &args.file.output {
                let (count, size) = (format::count(done.documents), format::bytes(done.bytes));
                output.diagnose(
                    safe(&format!("{count} rows, {size}, in {}", path.display())).as_str(),
                );
            }
        }
        Sink::Text => {
            output.print(&query::totals_text(outcome, &session.names));
        }
        Sink::Nothing => {
            let documents: Vec<(String, &RawDocumentBuf)> = rows
                .iter()
                .filter_map(|row| {
                    Some((plan.targets.get(row.target)?.store_id.clone(), &row.document))
                })
                .collect();
            output.print(&query::chart_text(question, outcome, &documents, session.look)?);
        }
    }
    for line in query::trouble_lines(plan, outcome, &session.names, session.look) {
        output.diagnose(line.as_str());
    }
    if let Some(path) = args.file.output.as_ref().filter(|_| code != 0) {
        output.diagnose(safe(&format!("{} was not written", path.display())).as_str());
    }
    Ok(ExitCode::from(code))
}
