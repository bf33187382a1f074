//! Five things worth seeing in the demo, each offered once it is there, as a link or a command that works as shown.

use super::progress::Progress;
use article::{Source, Timestamp};
use press::{Fault, Kind, RunningPress};
use std::path::PathBuf;
use store::{CardFilter, DeadFilter, Store};

/// Articles that may appear at once so that one of them is the unreadable publisher's: some for each of its thirty.
const HURRIED: usize = 100;

/// How the tour's links and commands begin.
pub(super) struct Way {
    /// The site's address.
    pub(super) site: String,
    /// The demo's settings file.
    pub(super) settings: PathBuf,
}

impl Way {
    fn command(&self, rest: &str) -> String {
        let program = std::env::current_exe().ok();
        let here = std::env::current_dir().ok();
        let program = program
            .as_deref()
            .map(|p| here.as_deref().and_then(|h| p.strip_prefix(h).ok()).unwrap_or(p).display().to_string())
            .unwrap_or_else(|| "wireroom".to_owned());
        format!("{program} --config {} {rest}", self.settings.display())
    }
}

/// How far the tour is.
pub(super) struct Tour {
    way: Way,
    shown: [bool; 5],
    broken: Option<Source>,
    garbled: Option<Source>,
}

impl Tour {
    pub(super) fn new(way: Way) -> Self {
        Self { way, shown: [false; 5], broken: None, garbled: None }
    }

    /// Offers what can be seen by now.
    pub(super) async fn step(
        &mut self,
        store: &Store,
        press: &RunningPress,
        progress: &Progress,
    ) -> anyhow::Result<()> {
        let cards = store.cards(&CardFilter::default(), None, 100).await?;
        if !self.shown[0]
            && let Some(card) = cards.iter().find(|c| c.also_carried >= 2)
        {
            let what = format!("a story with its {} copies, and why they are copies", card.also_carried);
            self.offer(0, progress, &what, &[format!("{}/story/{}", self.way.site, card.id)]);
            self.break_two(press);
        }
        if self.shown[0] && !self.shown[1] {
            self.broken_source(store, progress).await?;
        }
        if self.shown[1] && !self.shown[2] {
            self.dead_letter(store, press, progress).await?;
        }
        if self.shown[2]
            && !self.shown[3]
            && let Some(card) = cards.iter().find(|c| c.also_carried >= 1)
        {
            let command = format!("$ {}", self.way.command(&format!("explain {}", card.url)));
            self.offer(3, progress, "what became of an address, step by step", &[command]);
        }
        if self.shown[3]
            && !self.shown[4]
            && let Some(card) = cards.iter().find(|c| c.also_carried == 0 && never_carried(press, &c.url))
        {
            let command =
                format!("$ {}", self.way.command(&format!("takedown execute {} --by \"its owner\"", card.url)));
            let lines = [command, format!("{}/story/{} is gone then, and does not come back", self.way.site, card.id)];
            self.offer(4, progress, "a removal, as an owner may ask for", &lines);
            progress.say("");
            progress.say("with the real world's news: wireroom init, then wireroom sources sync deploy/sources/world.toml, then wireroom run");
        }
        Ok(())
    }

    fn offer(&mut self, number: usize, progress: &Progress, what: &str, lines: &[String]) {
        self.shown[number] = true;
        progress.say("");
        progress.say(&format!("{}. {what}", number + 1));
        for line in lines {
            progress.say(&format!("   {line}"));
        }
    }

    /// One publisher's feed breaks, another's pages become unreadable.
    fn break_two(&mut self, press: &RunningPress) {
        let broken = |source: Source, fault| press.break_source(&source.id, fault).is_ok().then_some(source);
        let mut sources = press.sources().into_iter();
        self.broken = sources.next().and_then(|source| broken(source, Fault::FeedServerError));
        self.garbled = sources.next().and_then(|source| broken(source, Fault::PageMojibake));
        if let Some(source) = &self.garbled {
            // Its next article may be a minute away, and a person waits: the press hurries until it is there.
            let mut hurried = std::iter::repeat_with(|| press.publish_next()).take(HURRIED);
            let _ = hurried.find(|row| row.as_ref().is_none_or(|row| row.source == source.id));
        }
    }

    async fn broken_source(&mut self, store: &Store, progress: &Progress) -> anyhow::Result<()> {
        let Some(source) = &self.broken else { return Ok(()) };
        let health = store.feed_health(Timestamp::now()).await?;
        if health.iter().any(|f| f.state.source == source.id && f.state.last_error.is_some()) {
            let what = format!("a source that just broke: {}", source.name);
            let command = format!("$ {}", self.way.command("sources health"));
            self.offer(1, progress, &what, &[command]);
        }
        Ok(())
    }

    /// Once a page has died its publisher mends it, so that a replay passes.
    async fn dead_letter(&mut self, store: &Store, press: &RunningPress, progress: &Progress) -> anyhow::Result<()> {
        let Some(source) = &self.garbled else { return Ok(()) };
        let filter = DeadFilter { source: Some(source.id.to_string()), ..DeadFilter::default() };
        if store.dead_count(&filter).await? > 0 {
            press.mend_source(&source.id)?;
            let what = format!(
                "a dead letter and its replay: pages of {} could not be read; its publisher has mended them",
                source.name
            );
            let lines = [
                format!("$ {}", self.way.command("dead groups")),
                format!("$ {}", self.way.command(&format!("dead replay --source {}", source.id))),
            ];
            self.offer(2, progress, &what, &lines);
        }
        Ok(())
    }
}

/// Whether nobody will carry this article too: its story would stay when it is gone.
fn never_carried(press: &RunningPress, url: &str) -> bool {
    press.truth().iter().any(|row| row.url.as_str() == url && matches!(row.kind, Kind::Column | Kind::Ticker))
}
