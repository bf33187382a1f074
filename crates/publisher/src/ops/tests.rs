//! The operator's page over a SQLite store, its buttons recorded.

mod behind_a_proxy;

use super::overview::belts;
use super::session::{log_in, operator};
use super::{OpsActions, OpsSettings, OpsState, OpsToken, PreviewItem, ReplayCount, Role, TakedownRequest, TokenError};
use crate::Secret;
use article::{Carry, Feed, FeedId, Origin, Source, SourceId, Timestamp};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use queue::{Belt, Depth, Lane, QueueName, Rung};
use std::sync::{Arc, Mutex};
use store::{DeadFilter, DeadLetter, DecisionRow, StageTraffic, Store, StoreSettings};
use tempfile::TempDir;
use tower::ServiceExt;

const ACT: &str = "an-acting-token-1";
const LOOK: &str = "a-looking-token-2";

/// What the page asked to be done.
#[derive(Default)]
struct Recorder {
    done: Mutex<Vec<String>>,
    /// Whether the belts answer.
    blind: bool,
}

impl Recorder {
    fn note(&self, what: String) {
        self.done.lock().unwrap().push(what);
    }
}

impl OpsActions for Recorder {
    fn depths(&self) -> BoxFuture<'_, Result<Vec<Depth>, String>> {
        let answer = if self.blind { Err("connection refused".to_owned()) } else { Ok(depths()) };
        async move { answer }.boxed()
    }

    fn replay(&self, filter: DeadFilter, actor: String) -> BoxFuture<'_, Result<ReplayCount, String>> {
        self.note(format!("{actor} replays {:?} {:?} {:?}", filter.stage, filter.ids, filter.limit));
        async { Ok(ReplayCount { replayed: 3, held: 1 }) }.boxed()
    }

    fn take_down(&self, request: TakedownRequest, actor: String) -> BoxFuture<'_, Result<i64, String>> {
        self.note(format!("{actor} takes down {} for {}", request.url, request.requested_by));
        async { Ok(1) }.boxed()
    }

    fn preview(&self, address: String) -> BoxFuture<'_, Result<Vec<PreviewItem>, String>> {
        let item = PreviewItem { title: "A headline".to_owned(), url: address, outcome: "full text".to_owned() };
        async { Ok(vec![item]) }.boxed()
    }
}

fn depths() -> Vec<Depth> {
    let depth = |queue, ready| Depth { queue, ready, in_flight: Some(2), bytes: None };
    vec![
        depth(QueueName::Belt(Belt::Pages, Lane::Main), 4711),
        depth(QueueName::Belt(Belt::Pages, Lane::Later), 11),
        depth(QueueName::Retry(Belt::Pages, Rung::S5), 3),
        depth(QueueName::Retry(Belt::Pages, Rung::H1), 4),
        depth(QueueName::Dead(Belt::Pages), 1),
    ]
}

fn settings() -> OpsSettings {
    let token = |name: &str, token: &str, role| OpsToken { name: name.to_owned(), token: Secret::new(token), role };
    OpsSettings {
        tokens: vec![token("maren", ACT, Role::Act), token("tom", LOOK, Role::Look)],
        user_header: "X-Forwarded-User".to_owned(),
        ..OpsSettings::default()
    }
}

struct House {
    store: Store,
    page: axum::Router,
    recorder: Arc<Recorder>,
    /// Dropping it deletes the database.
    _dir: TempDir,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    #[track_caller]
    fn location(&self) -> &str {
        self.headers[header::LOCATION].to_str().unwrap()
    }
}

impl House {
    async fn new() -> Self {
        Self::with(Recorder::default()).await
    }

    async fn with(recorder: Recorder) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", dir.path().join("store.db").display());
        let store = Store::open(&StoreSettings { url, ..StoreSettings::default() }).await.unwrap();
        let recorder = Arc::new(recorder);
        let page = super::router(OpsState::new(store.clone(), settings(), recorder.clone()));
        Self { store, page, recorder, _dir: dir }
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.page.clone().oneshot(request).await.unwrap().into_parts();
        let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.ask(Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, cookie: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    /// Logs in, and gives the cookie as a browser sends it.
    async fn log_in(&self, token: &str) -> String {
        let answer = self.post("/ops/login", "", &format!("token={token}")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
        assert!(cookie.contains("SameSite=Strict") && cookie.contains("HttpOnly"), "{cookie}");
        cookie.split(';').next().unwrap().to_owned()
    }

    fn done(&self) -> Vec<String> {
        self.recorder.done.lock().unwrap().clone()
    }
}

/// The key that a page puts into its forms.
#[track_caller]
fn form_key(page: &str) -> String {
    page.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn letter(id: &str, reason: &str) -> DeadLetter {
    DeadLetter {
        message_id: id.to_owned(),
        stage: "retriever".to_owned(),
        deaths: 0,
        reason: reason.to_owned(),
        detail: "<b>no text</b>".to_owned(),
        origin: "pages".to_owned(),
        attempts: 8,
        first_seen: Timestamp::from_secs(1),
        died_at: Timestamp::from_secs(2),
        host: Some("aurora-times.example".to_owned()),
        source: Some("aurora-times".to_owned()),
        article: None,
        release: "0.1.0".to_owned(),
        traceparent: None,
        kind: "page".to_owned(),
        schema: 1,
        headers: b"{\"a\":1}".to_vec(),
        body: b"{\"permalink\":\"https://aurora-times.example/\"}\xff".to_vec(),
    }
}

fn source() -> Source {
    Source::new("Aurora Times", Carry::Full, Origin::Person, vec![Feed::new("https://aurora-times.example/feed", None)])
}

#[tokio::test]
async fn strangers_see_the_login_and_nothing_else() {
    let house = House::new().await;
    for path in ["/ops", "/ops/dead", "/ops/dead/1", "/ops/sources", "/ops/decisions", "/ops/takedowns", "/ops/audit"] {
        for cookie in ["", "wireroom_ops=x", "wireroom_ops=a.b.c", "wireroom_ops=.."] {
            let answer = house.get(path, cookie).await;
            assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/ops/login"), "{path}");
        }
    }
    for path in
        ["/ops/dead/replay", "/ops/sources/pause", "/ops/sources/poll", "/ops/sources/preview", "/ops/takedowns"]
    {
        assert_eq!(house.post(path, "", "url=https://x.example/").await.location(), "/ops/login", "{path}");
    }
    assert_eq!(house.done(), [] as [&str; 0]);
    let refused = house.post("/ops/login", "", "token=nobody-has-this-one").await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(refused.text.contains("No operator has this token") && !refused.headers.contains_key(header::SET_COOKIE));
    assert!(refused.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("default-src 'none'"));
}

#[test]
fn a_session_ends_and_can_not_be_made_up() {
    let settings = settings();
    let now = Timestamp::from_secs(1_000_000);
    let (name, cookie) = log_in(&settings, ACT, now).unwrap();
    assert_eq!(name, "maren");
    let session = cookie.split(';').next().unwrap().to_owned();
    let who = |cookie: &str, at: Timestamp| {
        let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(cookie).unwrap())]);
        operator(&settings, &headers, at).map(|o| o.actor)
    };
    assert_eq!(who(&format!("a=b; {session}"), now).as_deref(), Some("ops:maren"));
    assert_eq!(who(&session, Timestamp::from_secs(1_000_000 + 12 * 3600)), None);
    let longer = session.replace("1043200", "9999999");
    assert_ne!(longer, session);
    assert_eq!(who(&longer, now), None);
    let (_, other) = log_in(&settings, LOOK, now).unwrap();
    let (theirs, ours) = (other.split(';').next().unwrap(), session.rsplit('.').next().unwrap());
    let swapped = format!("{}.{ours}", theirs.rsplit_once('.').unwrap().0);
    assert_eq!(who(&swapped, now), None);
}

#[tokio::test]
async fn an_act_needs_the_role_and_a_form_of_ours() {
    let house = House::new().await;
    house.store.bury(&[letter("m1", "extraction")]).await.unwrap();
    let looking = house.log_in(LOOK).await;
    assert!(!house.get("/ops/dead", &looking).await.text.contains("/ops/dead/replay"));
    assert_eq!(house.post("/ops/dead/replay", &looking, "limit=1").await.status, StatusCode::FORBIDDEN);

    let acting = house.log_in(ACT).await;
    for form in ["limit=1", "limit=1&key=", "limit=1&key=0000"] {
        assert_eq!(house.post("/ops/dead/replay", &acting, form).await.status, StatusCode::FORBIDDEN, "{form}");
    }
    assert_eq!(house.done(), [] as [&str; 0]);

    let key = form_key(&house.get("/ops/dead?stage=retriever", &acting).await.text);
    let form = format!("stage=retriever&limit=7&key={key}");
    let answer = house.post("/ops/dead/replay", &acting, &form).await;
    assert_eq!(house.done(), ["ops:maren replays Some(\"retriever\") [] Some(7)"]);
    let told = house.get(answer.location(), &acting).await.text;
    assert!(told.contains("3 replayed, 1 held back"), "{told}");
}

#[tokio::test]
async fn a_replay_whose_bounds_can_not_be_read_replays_nothing() {
    let house = House::new().await;
    house.store.bury(&[letter("m1", "extraction")]).await.unwrap();
    let cookie = house.log_in(ACT).await;
    let key = form_key(&house.get("/ops/dead", &cookie).await.text);
    for (field, value) in [("limit", "1e3"), ("limit", "-1"), ("id", "%2342"), ("after", "x"), ("state", "daed")] {
        let answer = house.post("/ops/dead/replay", &cookie, &format!("{field}={value}&key={key}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{field}={value}");
        assert!(answer.text.contains(&format!("can’t be read as {field}: nothing was done")), "{}", answer.text);
    }
    assert_eq!(house.done(), [] as [&str; 0]);
    house.post("/ops/dead/replay", &cookie, &format!("limit=&id=+42+&state=&key={key}")).await;
    assert_eq!(house.done(), ["ops:maren replays None [42] None"]);
}

#[tokio::test]
async fn a_dead_letter_is_shown_as_text_whatever_is_in_it() {
    let house = House::new().await;
    house.store.bury(&[letter("m1", "extraction"), letter("m2", "charset")]).await.unwrap();
    let cookie = house.log_in(ACT).await;
    let list = house.get("/ops/dead?reason=charset", &cookie).await.text;
    assert!(list.contains("1 letter<") && list.contains("aurora-times.example"), "{list}");
    let path = list.split("<a href=\"/ops/dead/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let page = house.get(&format!("/ops/dead/{path}"), &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("charset") && page.text.contains("permalink") && page.text.contains("\u{fffd}"));
    assert!(!page.text.contains("<b>") && page.text.contains("&#60;b&#62;no text"));
    assert_eq!(house.get("/ops/dead/999", &cookie).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_source_is_paused_and_polled_by_name_in_the_audit_log() {
    let house = House::new().await;
    house.store.put_source(&source()).await.unwrap();
    let cookie = house.log_in(ACT).await;
    let page = house.get("/ops/sources?q=aurora", &cookie).await.text;
    assert!(page.contains("aurora-times.example/feed<") && page.contains("1 feed,"), "{page}");
    let key = form_key(&page);
    let pause = format!("source=aurora-times&paused=yes&key={key}");
    assert_eq!(house.post("/ops/sources/pause", &cookie, &pause).await.status, StatusCode::SEE_OTHER);
    assert!(house.store.source(&SourceId::from_name("aurora-times")).await.unwrap().unwrap().paused);
    assert!(house.get("/ops/sources", &cookie).await.text.contains("Resume"));
    let feed = FeedId::of("https://aurora-times.example/feed");
    let poll = house.post("/ops/sources/poll", &cookie, &format!("feed={feed}&key={key}")).await;
    assert_eq!(poll.status, StatusCode::SEE_OTHER);
    let nobody = house.post("/ops/sources/pause", &cookie, &format!("source=nobody&paused=yes&key={key}")).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    let audit = house.get("/ops/audit", &cookie).await.text;
    assert!(audit.contains("ops:maren") && audit.contains("source.pause") && audit.contains("feed.poll"), "{audit}");
    assert!(house.get("/ops/sources?q=nothing+like+it", &cookie).await.text.contains("0 feeds"));
}

#[tokio::test]
async fn a_preview_shows_what_would_come_of_an_address() {
    let house = House::new().await;
    let cookie = house.log_in(ACT).await;
    let key = form_key(&house.get("/ops/sources", &cookie).await.text);
    let form = format!("address=https%3A%2F%2Faurora-times.example%2Ffeed&key={key}");
    let page = house.post("/ops/sources/preview", &cookie, &form).await;
    assert!(page.text.contains("A headline") && page.text.contains("full text"), "{}", page.text);
}

#[tokio::test]
async fn open_takedowns_are_seen_first() {
    let house = House::new().await;
    let asked = Timestamp::now().minus(std::time::Duration::from_secs(25 * 3600));
    let url = "https://aurora-times.example/a";
    house.store.add_takedown(url, "their lawyer", "it is theirs", asked).await.unwrap();
    let cookie = house.log_in(LOOK).await;
    assert!(house.get("/ops", &cookie).await.text.contains("overdue by"));
    let page = house.get("/ops/takedowns", &cookie).await.text;
    assert!(page.contains(url) && page.contains("their lawyer") && page.contains("overdue"), "{page}");
}

#[tokio::test]
async fn a_takedown_that_found_nothing_does_not_look_carried_out() {
    let house = House::new().await;
    let url = "https://aurora-times.example/never-here";
    let done = house.store.execute_takedown(url, "ops:maren", Timestamp::now()).await.unwrap();
    let cookie = house.log_in(LOOK).await;
    let page = house.get(&format!("/ops/takedowns?done={}", done.id), &cookie).await.text;
    assert!(page.contains("nothing was here under this address; it will not come</span>"), "{page}");
    assert!(page.contains(&format!("Nothing was here under {url}; it will not come.")), "{page}");
    assert!(!page.contains("state ok") && !page.contains("carried out"), "{page}");
    let nobody = house.get("/ops/takedowns?done=4711", &cookie).await.text;
    assert!(!nobody.contains("role=\"status\""), "{nobody}");
}

#[tokio::test]
async fn the_overview_adds_the_belts_up_and_says_when_it_is_blind() {
    let house = House::new().await;
    let cookie = house.log_in(LOOK).await;
    let page = house.get("/ops", &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("4711"));
    let blind = House::with(Recorder { blind: true, ..Recorder::default() }).await;
    let cookie = blind.log_in(LOOK).await;
    assert!(blind.get("/ops", &cookie).await.text.contains("The belts can’t be seen: connection refused"));
}

#[tokio::test]
async fn rates_and_drops_come_from_what_was_decided() {
    let house = House::new().await;
    house.store.put_source(&source()).await.unwrap();
    let decided = |outcome: &str, reason: &str| DecisionRow {
        at: Timestamp::now(),
        stage: "retriever".to_owned(),
        message_id: "m".to_owned(),
        article: None,
        url: None,
        source: Some("aurora-times".to_owned()),
        outcome: outcome.to_owned(),
        reason: reason.to_owned(),
        attempt: 1,
        detail: String::new(),
    };
    let rows: Vec<_> =
        (0..20).map(|n| if n % 4 == 0 { decided("drop", "robots") } else { decided("done", "") }).collect();
    house.store.record_decisions(&rows).await.unwrap();
    house.store.record_decisions(&[decided("retry", "host_busy")]).await.unwrap();
    let cookie = house.log_in(LOOK).await;
    let overview = house.get("/ops", &cookie).await.text;
    assert!(
        overview.contains("<td>retriever</td><td class=\"n\">4.0/min</td><td class=\"n\">0.2/min</td>"),
        "{overview}"
    );
    assert!(house.get("/ops/sources", &cookie).await.text.contains("20 pages, 25 % robots"));
}

#[test]
fn a_belt_is_the_sum_of_its_queues() {
    let traffic = [("retriever".to_owned(), StageTraffic { settled: 615, retried: 7 })].into_iter().collect();
    let lines = belts(&depths(), &traffic);
    let pages = lines.iter().find(|l| l.belt == Belt::Pages).unwrap();
    assert_eq!((pages.ready, pages.later, pages.waiting, pages.dead), (4711, 11, 7, 1));
    assert_eq!(pages.in_flight, Some(4));
    assert_eq!((pages.settled_a_minute().as_str(), pages.retried_a_minute().as_str()), ("123", "1.4"));
    assert_eq!(lines.iter().find(|l| l.belt == Belt::Stories).unwrap().settled_a_minute(), "0");
    let unknown = Depth { in_flight: None, ..depths()[0].clone() };
    assert_eq!(belts(&[unknown], &traffic)[1].in_flight, None);
}

#[test]
fn weak_and_shared_tokens_are_refused() {
    assert_eq!(settings().check(), Ok(()));
    let mut short = settings();
    short.tokens[0].token = Secret::new("short");
    assert_eq!(short.check(), Err(TokenError::TooShort { name: "maren".to_owned() }));
    let mut double = settings();
    double.tokens[1].token = Secret::new(ACT);
    assert_eq!(double.check(), Err(TokenError::Double { name: "tom".to_owned() }));
}
