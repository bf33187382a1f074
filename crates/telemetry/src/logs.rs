//! Where log lines go and what they look like. Logs are for standard error: standard output is a command's data.

use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// What a log line looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people: one line, in colour where standard error is a terminal.
    #[default]
    Pretty,
    /// For machines: one JSON object a line.
    Json,
}

/// How to log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// What a line looks like.
    pub format: LogFormat,
    /// Which lines: a tracing-subscriber filter such as `info` or `info,fetcher=debug`. By default lapin says errors
    /// only: its warnings print whole bodies of returned messages.
    pub filter: String,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: LogFormat::Pretty, filter: "info,lapin=error".to_owned() }
    }
}

/// Starts logging for this process. A second call changes nothing. Fails if the filter doesn't parse.
pub fn init(settings: &LogSettings) -> Result<(), String> {
    let filter = EnvFilter::try_new(&settings.filter).map_err(|e| format!("log.filter “{}”: {e}", settings.filter))?;
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_span_events(FmtSpan::NONE);
    let done = match settings.format {
        LogFormat::Pretty => {
            builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).compact().try_init()
        }
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    // Already set up, as tests in one process do: the first stays.
    let _ = done;
    Ok(())
}
