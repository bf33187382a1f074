//! Articles on several pages: the further ones are read one by one, and their texts put below the first's.

use super::article::hints;
use super::further::{Further, Turned};
use super::reader::Reader;
use super::refusal::Refusal;
use crate::extract::{
    Continues, ExtractError, Extracted, Hints, Joined, PageBytes, Signals, header_signals, join, take_whole,
};
use article::{ArticleId, CanonicalUrl, Carry, Source};
use queue::Page;
use web::Response;

/// How far an article was read.
#[derive(Default)]
pub(super) struct Pages {
    /// For `explain`; empty where it is on one page.
    pub(super) note: String,
    /// A further page's host or headers reserve text mining: it is one work, and nothing of its text is kept.
    pub(super) reserved: Option<Signals>,
}

/// What a page came to.
enum Read {
    Joined(Option<Continues>),
    /// Why the article ends before it.
    Ended(String),
    Reserved(Signals),
}

/// How a page's text becomes the article's.
type Joining = fn(&mut Extracted, &CanonicalUrl, Extracted) -> Joined;

impl Reader {
    /// Reads what `found` goes on with, at most as far as the settings say. A page that may be had later is an error;
    /// one that can't be had ends the article before it.
    pub(super) async fn join_pages(
        &self,
        page: &Page,
        source: &Source,
        found: &mut Extracted,
        further: &impl Further,
    ) -> Result<Pages, Refusal> {
        // A later page that was listed by itself is read as it is.
        let Some(mut at) = found.continues.take().filter(|c| c.number == 2) else { return Ok(Pages::default()) };
        let hints = Hints { title: None, published: None, ..hints(page, source) };
        if self.settings.max_pages < 2 || only_headline(found, source) {
            return Ok(Pages::default());
        }
        if let Some(whole) = at.whole.take() {
            match self.read_further((&whole, 0), &hints, found, take_whole, further).await? {
                Read::Joined(_) => return Ok(Pages::noted(format!("; its text is from {whole}, which has all of it"))),
                Read::Reserved(_) | Read::Ended(_) => {}
            }
        }
        let mut read = 1;
        loop {
            if at.number > self.settings.max_pages {
                return Ok(Pages::noted(format!("; joined from {read} pages, more than {read} are not read")));
            }
            match self.read_further((&at.next, at.number), &hints, found, join, further).await? {
                Read::Reserved(reserved) => {
                    return Ok(Pages { reserved: Some(reserved), ..Pages::default() });
                }
                Read::Ended(why) => {
                    return Ok(Pages::noted(format!("; joined from {read} pages, without {}: {why}", at.next)));
                }
                Read::Joined(next) => {
                    read += 1;
                    match next.filter(|c| c.number == at.number + 1 && !only_headline(found, source)) {
                        Some(next) => at = next,
                        None => return Ok(Pages::noted(format!("; joined from {read} pages"))),
                    }
                }
            }
        }
    }

    async fn read_further(
        &self,
        (url, number): (&CanonicalUrl, u32),
        hints: &Hints,
        found: &mut Extracted,
        joining: Joining,
        further: &impl Further,
    ) -> Result<Read, Refusal> {
        let (response, reserved) = match further.page(url, number).await? {
            Turned::Page(response, reserved) => (*response, reserved),
            Turned::Unread(why) => return Ok(Read::Ended(why)),
        };
        let reserved = reserved.and(header_signals(&response.headers.clone().into_pairs(), Some(response.received_at)));
        if reserved.reserves_mining() {
            return Ok(Read::Reserved(reserved));
        }
        let Ok(address) = CanonicalUrl::from_url(response.url.clone()) else {
            return Ok(Read::Ended("it leads to another address".to_owned()));
        };
        let mut part = match self.extract(hints.clone(), &response).await? {
            Ok(part) => part,
            Err(error) => return Ok(Read::Ended(error.to_string())),
        };
        let next = part.continues.take();
        let signals = part.signals.clone();
        match joining(found, &address, part) {
            Joined::Text => {}
            Joined::Nothing => return Ok(Read::Ended("nothing new is on it".to_owned())),
            Joined::Another(why) => return Ok(Read::Ended(why.to_owned())),
        }
        if signals.reserves_mining() {
            return Ok(Read::Reserved(signals));
        }
        let whole = ArticleId::of(&found.url);
        if found.signals.forbids_keeping() {
            self.store.forget_capture(&whole).await?;
        } else {
            self.capture(ArticleId::of(url), Some(whole), response).await?;
        }
        Ok(Read::Joined(next))
    }

    /// What is read already is kept for the next delivery of the message.
    pub(super) async fn keep_first(&self, page: &Page, found: &Extracted, response: &Response) -> Result<(), Refusal> {
        if found.signals.forbids_keeping() {
            return Ok(());
        }
        let (asked, whole) = (ArticleId::of(&page.permalink), ArticleId::of(&found.url));
        let part_of = (asked != whole).then_some(whole);
        self.capture(asked, part_of, response.clone()).await
    }

    pub(super) async fn extract(
        &self,
        hints: Hints,
        response: &Response,
    ) -> Result<Result<Extracted, ExtractError>, Refusal> {
        aside(response, move |page| crate::extract::extract(page, &hints)).await
    }
}

/// Reads a page's bytes: milliseconds of one core, so not on the threads that wait for the network.
pub(super) async fn aside<T: Send + 'static>(
    response: &Response,
    read: impl FnOnce(&PageBytes<'_>) -> T + Send + 'static,
) -> Result<T, Refusal> {
    let response = response.clone();
    let work = move || {
        let headers = response.headers.clone().into_pairs();
        read(&PageBytes {
            bytes: &response.body,
            url: response.url.as_str(),
            content_type: response.headers.get("content-type"),
            headers: &headers,
            received_at: Some(response.received_at),
        })
    };
    tokio::task::spawn_blocking(work).await.map_err(|e| Refusal::Broken(e.to_string()))
}

impl Pages {
    fn noted(note: String) -> Self {
        Self { note, reserved: None }
    }
}

/// Whether nothing of the text will be carried: then its rest is not asked for.
fn only_headline(found: &Extracted, source: &Source) -> bool {
    found.signals.rights(source.carry).carry == Carry::Headline
}
