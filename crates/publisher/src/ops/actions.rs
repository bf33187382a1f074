//! What the operator's page can cause beyond the store.

use futures_util::future::BoxFuture;
use queue::Depth;
use store::DeadFilter;

/// Carried out by the binary, which knows the rooms that this one must not: the belts' backend, replay,
/// the fetcher, the index. Each act writes its own entry in the audit log, under the actor's name; an error
/// is a sentence for the operator.
pub trait OpsActions: Send + Sync + 'static {
    /// How much lies in each queue.
    fn depths(&self) -> BoxFuture<'_, Result<Vec<Depth>, String>>;

    /// Replays the dead letters that match.
    fn replay(&self, filter: DeadFilter, actor: String) -> BoxFuture<'_, Result<ReplayCount, String>>;

    /// Takes an address off the site, its feeds and the search at once, and tells the webhooks. Gives the
    /// takedown's number.
    fn take_down(&self, request: TakedownRequest, actor: String) -> BoxFuture<'_, Result<i64, String>>;

    /// What would be published from a feed's or site's address, before it is added. Changes nothing.
    fn preview(&self, address: String) -> BoxFuture<'_, Result<Vec<PreviewItem>, String>>;
}

/// What a replay did with the letters that matched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ReplayCount {
    /// Published again.
    pub replayed: u64,
    /// Not replayed: returned too often, too old, taken down.
    pub held: u64,
}

/// An owner's request, as the operator enters it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TakedownRequest {
    /// The address it names: an article's at its publisher, or a story's here.
    pub url: String,
    /// Who asks.
    pub requested_by: String,
    /// Why, in their words.
    pub reason: String,
}

/// An entry of an address that is looked at before it is added.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PreviewItem {
    /// Headline.
    pub title: String,
    /// Permalink.
    pub url: String,
    /// What would become of it, in words: `full text, 420 words`, `headline only: paywall`.
    pub outcome: String,
}
