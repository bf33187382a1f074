//! `wireroom press`: the simulated web alone.

use crate::cli::Press as Asked;
use crate::output::line;
use anyhow::Context;
use press::{Press, PressSettings};
use std::net::SocketAddr;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the truth is written anew while articles appear.
const WRITE_EVERY: Duration = Duration::from_secs(5);

/// Serves the press until told to stop.
pub(crate) async fn run(asked: Asked, stop: CancellationToken) -> anyhow::Result<()> {
    let mut settings =
        PressSettings { seed: asked.seed, publishers: asked.publishers, rate: asked.rate, ..Default::default() };
    if let Some(articles) = asked.articles {
        (settings.instant, settings.articles, settings.feed_entries) = (true, articles, 0);
    }
    let address: SocketAddr = asked
        .listen
        .parse()
        .with_context(|| format!("--listen {}: an address with a port is expected", asked.listen))?;
    let press = Press::new(settings).start(address).await?;
    line(format!(
        "{} publishers at http://{}/ under names that end in .localhost",
        press.sources().len(),
        press.addr()
    ));
    if let Some(path) = &asked.sources {
        std::fs::write(path, list(&press.sources())).with_context(|| format!("can't write {}", path.display()))?;
        line(format!("sources written: wireroom sources sync {}", path.display()));
    }
    loop {
        if let Some(path) = &asked.truth {
            press.write_truth(path)?;
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(WRITE_EVERY) => {}
        }
    }
    press.stop().await;
    Ok(())
}

/// Sources as a list that `sources sync` and `import` read.
fn list(sources: &[article::Source]) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut out = String::new();
    for source in sources {
        out.push_str(&format!("[[source]]\nid = {}\nname = {}\n", quoted(source.id.as_str()), quoted(&source.name)));
        for (key, value) in [("home", &source.home), ("language", &source.language), ("country", &source.country)] {
            if let Some(value) = value {
                out.push_str(&format!("{key} = {}\n", quoted(value)));
            }
        }
        let feeds: Vec<String> = source.feeds.iter().map(|f| quoted(&f.url)).collect();
        out.push_str(&format!("carry = {}\nfeeds = [{}]\n\n", quoted(source.carry.as_str()), feeds.join(", ")));
    }
    out
}
