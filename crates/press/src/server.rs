//! The server: one port, as many hosts as there are publishers.

use crate::fault::Fault;
use crate::hostile::{self, Instead};
use crate::newsroom::{Newsroom, number_in};
use crate::site::{self, Reply};
use crate::traffic::{Asked, Traffic};
use crate::truth;
use crate::web::Web;
use article::{ArticleId, SourceId, Timestamp};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What the server, the clock and the hands on the press share.
pub(crate) struct Shared {
    room: Mutex<Newsroom>,
    pub(crate) web: Web,
    pub(crate) traffic: Arc<Traffic>,
    /// What each publisher does wrong at the moment.
    faults: Mutex<HashMap<usize, Fault>>,
    /// Articles whose page has had its 429.
    slowed: Mutex<HashSet<u32>>,
    /// Articles by id, and how many of them were entered. Built when asked: only tests ask.
    ids: Mutex<(HashMap<ArticleId, u32>, usize)>,
    /// The log's length after each change.
    pub(crate) changes: watch::Sender<usize>,
    stopping: watch::Receiver<bool>,
}

impl Shared {
    pub(crate) fn new(
        room: Newsroom,
        web: Web,
        stopping: watch::Receiver<bool>,
        changes: watch::Sender<usize>,
    ) -> Self {
        let faults = room.roster.publishers.iter().enumerate();
        let faults = faults.filter_map(|(i, p)| p.fault.map(|fault| (i, fault))).collect();
        Self {
            room: Mutex::new(room),
            web,
            traffic: Arc::default(),
            faults: Mutex::new(faults),
            slowed: Mutex::default(),
            ids: Mutex::default(),
            changes,
            stopping,
        }
    }

    pub(crate) fn room(&self) -> MutexGuard<'_, Newsroom> {
        lock(&self.room)
    }

    /// Changes the room and tells who waits.
    pub(crate) fn change<T>(&self, act: impl FnOnce(&mut Newsroom) -> T) -> T {
        let mut room = self.room();
        let result = act(&mut room);
        self.changes.send_replace(room.log.len());
        result
    }

    /// The number of the article with this id.
    pub(crate) fn number_of(&self, id: &ArticleId) -> Option<u32> {
        let room = self.room();
        let (ids, entered) = &mut *lock(&self.ids);
        for record in room.articles.iter().skip(*entered) {
            if let Some((id, _)) = truth::identity(&room, &self.web, record) {
                ids.insert(id, record.plan.number);
            }
        }
        *entered = room.articles.len();
        ids.get(id).copied()
    }

    /// None where there is no such publisher.
    pub(crate) fn set_fault(&self, id: &SourceId, fault: Option<Fault>) -> Option<()> {
        let publisher = self.room().roster.publishers.iter().position(|p| p.id == *id)?;
        let mut faults = lock(&self.faults);
        match fault {
            Some(fault) => faults.insert(publisher, fault),
            None => faults.remove(&publisher),
        };
        Some(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whoever panicked with the lock has failed its test; the data are still whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves until told to stop.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>, mut stopping: watch::Receiver<bool>) {
    let router = Router::new().fallback(handle).with_state(shared);
    let stopped = async move {
        let _ = stopping.wait_for(|stop| *stop).await;
    };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
        tracing::error!(%error, "the press's server ended");
    }
}

/// The press's clock: lets articles appear when they are due, until told to stop.
pub(crate) async fn appear(shared: Arc<Shared>, mut stopping: watch::Receiver<bool>) {
    loop {
        let Some(due) = shared.room().next_due() else {
            if shared.room().is_full() {
                tracing::warn!("the press is full and falls silent: no further article appears");
            }
            return;
        };
        let wait = due.since(Timestamp::now());
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(wait) => {}
        }
        let now = Timestamp::now();
        shared.change(|room| {
            // A late clock catches up, in bounded steps so that requests are answered between.
            for _ in 0..64 {
                match room.next_due() {
                    Some(due) if due <= now => drop(room.step()),
                    _ => break,
                }
            }
        });
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let asked_host = request.headers().get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let publisher = shared.web.label(asked_host).and_then(|label| shared.room().roster.at(label));
    let Some(publisher) = publisher else {
        return whole(Reply::text(StatusCode::MISDIRECTED_REQUEST, "No publisher has this name.\n"));
    };
    let path = request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
    let (host, asked) = {
        let room = shared.room();
        let house = &room.roster.publishers[publisher];
        (shared.web.host(&house.label), site::asked(house, path.trim_end_matches("?round=1")))
    };
    let _under_way = shared.traffic.arrive(&host, asked);
    let response = answer(&shared, publisher, &path, asked, request.headers()).await;
    if response.status() == StatusCode::NOT_MODIFIED {
        shared.traffic.not_modified(&host);
    }
    response
}

async fn answer(shared: &Shared, publisher: usize, path: &str, asked: Asked, headers: &HeaderMap) -> Response {
    let fault = lock(&shared.faults).get(&publisher).copied();
    let sound = || site::answer(&shared.room(), &shared.web, publisher, path, headers, fault);
    match instead(shared, publisher, path, asked, fault) {
        Instead::Sound => whole(sound()),
        Instead::Reply(reply) => whole(reply),
        Instead::Spoil(spoil) => {
            let mut reply = sound();
            reply.body = spoil(reply.body);
            whole(reply)
        }
        Instead::Stream(reply, body) => {
            // An answer of many pieces ends with the press.
            let mut stopping = shared.stopping.clone();
            let stopped = async move {
                let _ = stopping.wait_for(|stop| *stop).await;
            };
            let body = futures_util::StreamExt::take_until(body.into_data_stream(), Box::pin(stopped));
            respond(reply, Body::from_stream(body))
        }
        Instead::Never => {
            let mut stopping = shared.stopping.clone();
            let _ = stopping.wait_for(|stop| *stop).await;
            whole(Reply::text(StatusCode::SERVICE_UNAVAILABLE, "The press has stopped.\n"))
        }
    }
}

fn instead(shared: &Shared, publisher: usize, path: &str, asked: Asked, fault: Option<Fault>) -> Instead {
    let Some(fault) = fault else { return Instead::Sound };
    let base = {
        let room = shared.room();
        shared.web.base(&room.roster.publishers[publisher].label)
    };
    match asked {
        Asked::Feed => hostile::feed(fault, &base, path),
        Asked::Page => {
            let number = number_in(path).filter(|_| fault == Fault::PageRateLimited);
            let first = number.is_some_and(|number| lock(&shared.slowed).insert(number));
            hostile::page(fault, &base, path, first)
        }
        Asked::Robots | Asked::Other => Instead::Sound,
    }
}

fn whole(mut reply: Reply) -> Response {
    let body = Body::from(std::mem::take(&mut reply.body));
    respond(reply, body)
}

fn respond(reply: Reply, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = reply.status;
    for (name, value) in reply.headers {
        // Our header values are ASCII: addresses are percent-encoded.
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
