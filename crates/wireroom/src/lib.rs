//! The one binary: settings, roles, operator's commands.
//!
//! Only this crate knows all rooms; each room is handed its part of the settings and nothing else.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod age;
mod ask;
mod chronicle;
pub mod cli;
mod commands;
mod desk;
mod handlers;
pub mod house;
mod output;
mod removal;
pub mod roles;
mod serve;
pub mod settings;
mod sources;

use anyhow::Context;
use cli::{Cli, Command};
use house::House;
use roles::Role;
use settings::{Origins, Settings};
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// The settings that this command line and this environment give.
pub fn settings(cli: &Cli) -> anyhow::Result<Settings> {
    let default = Path::new("wireroom.toml");
    let file = cli.config.clone().or_else(|| default.exists().then(|| default.to_owned()));
    let origins = Origins { file, environment: std::env::vars().collect(), sets: cli.sets.clone() };
    Ok(settings::load(&origins)?)
}

/// Does what the command line asks.
pub async fn dispatch(cli: Cli) -> anyhow::Result<()> {
    // The one TLS provider; a second installation, as in tests, changes nothing.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut settings = settings(&cli)?;
    if matches!(cli.command, Command::Demo(_)) && settings.log == telemetry::LogSettings::default() {
        // The demo breaks things on purpose; its terminal is for the tour.
        "error".clone_into(&mut settings.log.filter);
    }
    telemetry::init_logs(&settings.log).map_err(anyhow::Error::msg)?;
    let _sent_at_the_end =
        telemetry::init_traces(&settings.traces, env!("CARGO_PKG_VERSION")).map_err(anyhow::Error::msg)?;
    let run = |roles: &'static [Role]| {
        let house = House::new(settings.clone());
        async move { roles::run(house, roles, stop_on_signal()?).await }
    };
    match cli.command {
        Command::Run => run(&Role::ALL).await,
        Command::Scheduler => run(&[Role::Scheduler]).await,
        Command::Fetcher => run(&[Role::Fetcher]).await,
        Command::Deduplicator => run(&[Role::Deduplicator]).await,
        Command::Publisher => run(&[Role::Publisher]).await,
        Command::Site => run(&[Role::Site]).await,
        Command::Courier => run(&[Role::Courier]).await,
        Command::Demo(asked) => commands::demo::run(settings, asked, stop_on_signal()?).await,
        Command::Sources(asked) => commands::sources::run(&House::new(settings), asked).await,
        Command::Dead(asked) => commands::dead::run(&House::new(settings), asked, stop_on_signal()?).await,
        Command::Takedown(asked) => commands::takedown::run(&House::new(settings), asked).await,
        Command::Ingest(asked) => commands::ingest::run(&House::new(settings), asked, stop_on_signal()?).await,
        Command::Captures(asked) => commands::captures::run(&House::new(settings), asked).await,
        Command::Explain(asked) => commands::explain::run(&House::new(settings), &asked).await,
        Command::Index(asked) => commands::index::run(&House::new(settings), asked).await,
        Command::Config(cli::Config::Check) => {
            commands::config::check(&settings);
            Ok(())
        }
        Command::Config(cli::Config::Show) => {
            commands::config::show(&settings);
            Ok(())
        }
        Command::Init(asked) => commands::config::init(&asked),
        Command::Press(asked) => commands::press::run(asked, stop_on_signal()?).await,
        Command::Topology(cli::Topology::Export) => output::json(&queue::topology(&settings.queue)),
        Command::Extract(asked) => commands::measure::extract(&House::new(settings), &asked).await,
        Command::Feed(asked) => commands::measure::feed(&House::new(settings), &asked).await,
        Command::Robots(asked) => commands::measure::robots(&asked),
        Command::Canonical { url } => {
            output::line(article::CanonicalUrl::parse(&url)?.as_str());
            Ok(())
        }
        Command::Dedup(asked) => commands::measure::dedup(&House::new(settings), &asked).await,
        Command::Compare { a, b } => commands::measure::compare(&settings, &a, &b),
    }
}

/// A token that SIGTERM or Ctrl-C cancels. A second Ctrl-C ends the process at once.
fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for Ctrl-C")?;
    let token = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: what is under way is finished or handed back");
        token.cancel();
        interrupt.recv().await;
        std::process::exit(130);
    });
    Ok(stop)
}
