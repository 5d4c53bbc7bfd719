//! How long until every pool is ready, beside one plain connection of the driver with the
//! same login.
//!
//! Each measurement is a process of its own, because the driver remembers a password that it
//! has prepared once: `MONGODB_URI=… cargo run --profile quick --example readiness`.

use std::{
    error::Error,
    io::Write as _,
    process::Command,
    time::{Duration, Instant},
};

use mongodb::{Client, bson::doc};
use tilldeck::{
    config::{Config, Timing},
    domain::pool::PoolState,
    mongo::{fleet::Fleet, targets::Targets},
};

const ROUNDS: usize = 15;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let uri = std::env::var("MONGODB_URI")?;
    let mut out = std::io::stdout();
    match std::env::args().nth(1).as_deref() {
        Some("plain") => writeln!(out, "{}", plain(&uri).await?.as_micros())?,
        Some("fleet") => writeln!(out, "{}", fleet(uri).await?.as_micros())?,
        _ => {
            let (plain, fleet) = (median("plain")?, median("fleet")?);
            let percent = fleet * 100 / plain.max(1);
            writeln!(out, "plain {plain} µs, fleet {fleet} µs, {percent} % of plain")?;
        }
    }
    Ok(())
}

fn median(what: &str) -> Result<u64, Box<dyn Error>> {
    let mut measured = Vec::new();
    for _ in 0..ROUNDS {
        let output = Command::new(std::env::current_exe()?).arg(what).output()?;
        measured.push(String::from_utf8(output.stdout)?.trim().parse()?);
    }
    measured.sort_unstable();
    Ok(measured[ROUNDS / 2])
}

async fn plain(uri: &str) -> Result<Duration, Box<dyn Error>> {
    let start = Instant::now();
    let client = Client::with_uri_str(uri).await?;
    client.database("main_db").run_command(doc! {"ping": 1}).await?;
    Ok(start.elapsed())
}

async fn fleet(uri: String) -> Result<Duration, Box<dyn Error>> {
    let timing = Timing { slow_after: Duration::from_secs(60), ..Timing::default() };
    let config = Config { uri: Some(uri.into()), timing, ..Config::default() };
    let targets = Targets::parse(&config)?;
    let start = Instant::now();
    let fleet = Fleet::start(targets, &config);
    let mut pools = fleet.pools();
    let is_ready = |state| state == PoolState::Up;
    pools.wait_for(|pools| pools.pools.iter().all(|pool| is_ready(pool.state))).await?;
    Ok(start.elapsed())
}
