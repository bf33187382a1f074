//! The newspaper: server-rendered pages over the store, without a line of script.

mod about;
pub(crate) mod assets;
mod cards;
mod copies;
mod failure;
mod feed;
mod frame;
mod front;
mod guard;
pub(crate) mod link;
mod list;
mod machines;
pub(crate) mod moment;
mod query;
mod search;
mod settings;
mod shown;
mod source;
mod story;
mod tongue;

pub use settings::{RobotFacts, SiteSettings};
pub(crate) use shown::shorten_to;

use axum::Router;
use axum::routing::get;
use std::sync::Arc;
use store::Store;
use tokio::sync::Semaphore;

/// What the site's handlers share.
#[derive(Clone, Debug)]
pub struct SiteState {
    pub(crate) store: Store,
    pub(crate) settings: Arc<SiteSettings>,
    pub(crate) robot: Arc<RobotFacts>,
    /// One permit a request under way: with none left the next is told to come back.
    pub(crate) places: Arc<Semaphore>,
}

impl SiteState {
    /// A site that shows `store`.
    pub fn new(store: Store, settings: SiteSettings, robot: RobotFacts) -> Self {
        let places = Arc::new(Semaphore::new(settings.max_requests.clamp(1, Semaphore::MAX_PERMITS)));
        Self { store, settings: Arc::new(settings), robot: Arc::new(robot), places }
    }
}

/// Every page of the site. Reading only: GET and HEAD.
pub fn router(state: SiteState) -> Router {
    Router::new()
        .route("/", get(front::page))
        .route("/section/{section}", get(list::section))
        .route("/section/{section}/feed.xml", get(feed::section))
        .route("/story/{id}", get(story::page))
        .route("/source/{id}", get(source::page))
        .route("/sources", get(source::all))
        .route("/search", get(search::page))
        .route("/about", get(about::about))
        .route("/about/removal", get(about::removal))
        .route("/about/robot", get(about::robot))
        .route("/feed.xml", get(feed::all))
        .route("/robots.txt", get(machines::robots))
        .route("/sitemap.xml", get(machines::sitemap))
        .route("/favicon.svg", get(assets::favicon))
        .route("/favicon.ico", get(assets::favicon))
        .route("/assets/{file}", get(assets::asset))
        .fallback(failure::not_found)
        .layer(axum::middleware::from_fn_with_state(state.clone(), guard::guard))
        .with_state(state)
}

#[cfg(test)]
pub(crate) mod tests;
