//! The one HTTP client.

mod body;
mod failure;
mod request;
mod response;
#[cfg(test)]
mod tests;

pub use body::{gunzip, unpack};
pub use request::{Kind, Post, Request};
pub use response::{Headers, Response, retry_after};

use crate::guard::{Admitted, Guard, GuardedResolver};
use crate::{FetchError, Limits, Phase, WebError, WebSettings};
use article::Timestamp;
use body::BodyLimits;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HOST, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION,
};
use std::sync::Arc;
use std::time::{Duration, Instant};
use telemetry::events::fetch::RequestDone;
use tokio::time::timeout;
use url::Url;

/// Bytes kept of the answer to a post: enough for an error's text.
const ANSWER_BYTES: usize = 65_536;

/// Goes out. Cheap to clone; all clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    guard: Arc<Guard>,
    limits: Arc<Limits>,
    user_agent: Arc<str>,
}

impl Client {
    /// Made once a process. Fails if the settings can't be honoured.
    pub fn new(settings: WebSettings) -> Result<Self, WebError> {
        let guard = Arc::new(Guard::new(&settings));
        let user_agent = user_agent(&settings);
        let mut builder = reqwest::Client::builder()
            .user_agent(
                HeaderValue::from_str(&user_agent).map_err(|_| WebError::UserAgent { text: user_agent.clone() })?,
            )
            .dns_resolver(GuardedResolver(guard.clone()))
            // Every hop is ours: the library would neither check a literal nor tell the hops apart.
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(settings.limits.connect())
            .pool_idle_timeout(Duration::from_millis(settings.limits.keep_alive_ms))
            .pool_max_idle_per_host(settings.politeness.connections_per_host)
            .http1_max_headers(settings.limits.headers)
            .http2_max_header_list_size(u32::try_from(settings.limits.header_bytes).unwrap_or(u32::MAX))
            // Old servers' sins that browsers forgive.
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true);
        if let Some(proxy) = &settings.proxy {
            // The library's error would print the proxy's password.
            let proxy =
                reqwest::Proxy::all(proxy).map_err(|_| WebError::Proxy { text: telemetry::without_password(proxy) })?;
            builder = builder.proxy(proxy);
        }
        if let Some(path) = &settings.ca_file {
            let wrong = |why: String| WebError::CaFile { path: path.display().to_string(), why };
            let pem = std::fs::read(path).map_err(|e| wrong(e.to_string()))?;
            let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|e| wrong(e.to_string()))?;
            builder = builder.tls_certs_merge(certificates);
        }
        let http = builder.build().map_err(|e| WebError::Client { why: failure::chain(&e) })?;
        Ok(Self { http, guard, limits: Arc::new(settings.limits), user_agent: user_agent.into() })
    }

    /// What we call ourselves.
    pub fn user_agent(&self) -> &str {
        &self.user_agent
    }

    /// Gets an address, redirects followed, every hop checked. Any status is an `Ok`.
    pub async fn get(&self, request: &Request) -> Result<Response, FetchError> {
        self.get_by_leave(request, (), &Unasked).await
    }

    /// As [`Client::get`], but wherever the redirects lead, `leave` is asked first: else a page could send us anywhere,
    /// past the rules of its own host and of others, and as often as we come by. `slot` is held until the host that was
    /// asked in it has answered.
    pub async fn get_by_leave<L: Leave>(
        &self,
        request: &Request,
        slot: L::Slot,
        leave: &L,
    ) -> Result<Response, L::Refusal> {
        let started = Instant::now();
        let result = self.within_total(&request.url, self.follow(request, slot, leave)).await;
        match result {
            Ok(Ok(response)) => {
                report(request.kind, &request.url, started, Ok(&response));
                Ok(response)
            }
            Ok(Err(Stop::Refused(refusal))) => Err(refusal),
            Ok(Err(Stop::Failed(error))) | Err(error) => {
                report(request.kind, &request.url, started, Err(&error));
                Err(error.into())
            }
        }
    }

    /// Posts. Redirects are not followed; of the answer's body the first 64 KiB are kept.
    pub async fn post(&self, post: &Post) -> Result<Response, FetchError> {
        let started = Instant::now();
        let result = self.within_total(&post.url, self.send_post(post)).await.and_then(|result| result);
        report(Kind::Notice, &post.url, started, result.as_ref());
        result
    }

    async fn within_total<T>(&self, url: &Url, exchange: impl Future<Output = T>) -> Result<T, FetchError> {
        timeout(self.limits.total(), exchange).await.map_err(|_| FetchError::Timeout {
            host: host_of(url),
            what: Phase::Total,
            limit_ms: self.limits.total_ms,
        })
    }

    async fn follow<L: Leave>(
        &self,
        request: &Request,
        slot: L::Slot,
        leave: &L,
    ) -> Result<Response, Stop<L::Refusal>> {
        let mut trail: Vec<(u16, Url)> = Vec::new();
        let mut next = request.url.clone();
        // Of the host that is asked, until its answer is read.
        let mut _slot = Some(slot);
        loop {
            let admitted = self.guard.admit(&next)?;
            if trail.iter().any(|(_, seen)| *seen == admitted.url) {
                return Err(FetchError::RedirectLoop { host: host_of(&request.url) }.into());
            }
            match trail.last() {
                Some((_, last)) if last.host_str() == admitted.url.host_str() => {
                    leave.pass(&on_its_origin(&admitted.url, last)).await.map_err(Stop::Refused)?;
                }
                Some(_) => {
                    // Given back first: what has to be asked on the way may be a host's whose slot this is.
                    _slot = None;
                    _slot = Some(leave.leave(&admitted.url, trail.len()).await.map_err(Stop::Refused)?);
                }
                None => {}
            }
            let host = host_of(&admitted.url);
            let response = self.exchange(self.conditional_get(request, &admitted), &host).await?;
            let status = response.status().as_u16();
            match location(&response) {
                Some(location) if matches!(status, 301 | 302 | 303 | 307 | 308) => {
                    if trail.len() >= self.limits.redirects {
                        return Err(FetchError::TooManyRedirects { host, limit: self.limits.redirects }.into());
                    }
                    // The body of a redirect is dropped unread, and its connection with it.
                    next = admitted.url.join(&location).map_err(|_| FetchError::BadRedirect { host })?;
                    trail.push((status, admitted.url));
                }
                _ => return Ok(finish(response, admitted.url, trail, self.body_limits(request)).await?),
            }
        }
    }

    fn conditional_get(&self, request: &Request, admitted: &Admitted) -> reqwest::RequestBuilder {
        let mut builder = self
            .prepare(self.http.get(admitted.wire.clone()), admitted)
            .header(ACCEPT, request.kind.accept())
            .header(ACCEPT_ENCODING, "gzip, br, zstd, deflate");
        // A validator that no header can hold came from a server that sent junk: the request goes without.
        if let Some(value) = request.etag.as_deref().and_then(|v| HeaderValue::from_str(v).ok()) {
            builder = builder.header(IF_NONE_MATCH, value);
        }
        if let Some(value) = request.last_modified.as_deref().and_then(|v| HeaderValue::from_str(v).ok()) {
            builder = builder.header(IF_MODIFIED_SINCE, value);
        }
        builder
    }

    async fn send_post(&self, post: &Post) -> Result<Response, FetchError> {
        let admitted = self.guard.admit(&post.url)?;
        let host = host_of(&admitted.url);
        let mut builder = self
            .prepare(self.http.post(admitted.wire.clone()), &admitted)
            .header(ACCEPT, Kind::Notice.accept())
            .header(ACCEPT_ENCODING, "identity")
            .header(CONTENT_TYPE, post.content_type.as_str())
            .body(post.body.clone());
        for (name, value) in &post.headers {
            builder = builder.header(name, value);
        }
        let response = self.exchange(builder, &host).await?;
        let limits = BodyLimits { wire: ANSWER_BYTES, body: ANSWER_BYTES, idle: self.limits.idle(), truncate: true };
        finish(response, admitted.url, Vec::new(), limits).await
    }

    fn prepare(&self, builder: reqwest::RequestBuilder, admitted: &Admitted) -> reqwest::RequestBuilder {
        match &admitted.host {
            Some(host) => builder.header(HOST, host),
            None => builder,
        }
    }

    /// One hop, to the head of its response.
    async fn exchange(&self, builder: reqwest::RequestBuilder, host: &str) -> Result<reqwest::Response, FetchError> {
        // Connecting has its own limit inside; together they bound the hop.
        let response = timeout(self.limits.connect() + self.limits.first_byte(), builder.send()).await;
        let response = match response {
            Ok(Ok(response)) => response,
            Ok(Err(e)) => return Err(failure::of(&e, host, self.limits.connect())),
            Err(_) => {
                let (what, limit_ms) = (Phase::FirstByte, self.limits.first_byte_ms);
                return Err(FetchError::Timeout { host: host.to_owned(), what, limit_ms });
            }
        };
        let bytes: usize = response.headers().iter().map(|(n, v)| n.as_str().len() + v.len()).sum();
        if bytes > self.limits.header_bytes {
            let why = format!("{bytes} bytes of headers, more than {}", self.limits.header_bytes);
            return Err(FetchError::BadHeader { host: host.to_owned(), why });
        }
        Ok(response)
    }

    fn body_limits(&self, request: &Request) -> BodyLimits {
        BodyLimits {
            wire: request.max_body.unwrap_or(self.limits.wire_bytes),
            body: request.max_body.unwrap_or(self.limits.body_bytes),
            idle: self.limits.idle(),
            truncate: request.kind == Kind::Robots,
        }
    }
}

/// Why there is no response: none came, or no leave was given for another host.
enum Stop<R> {
    Failed(FetchError),
    Refused(R),
}

impl<R> From<FetchError> for Stop<R> {
    fn from(error: FetchError) -> Self {
        Stop::Failed(error)
    }
}

/// Gives leave for addresses that redirects lead to.
pub trait Leave: Sync {
    /// No leave, or no response.
    type Refusal: From<FetchError>;
    /// What is held until the host's answer is read: a [`crate::SlotGuard`].
    type Slot: Send;

    /// Leave to ask another host for `hop`, to which the `nth` redirect leads: its robots.txt, its slot. A message that
    /// comes to a host twice needs two slots of it, by [`hop_id`].
    fn leave(&self, hop: &Url, nth: usize) -> impl Future<Output = Result<Self::Slot, Self::Refusal>> + Send;

    /// Leave to go on to `hop` of the same host, in the slot that is held: its robots.txt.
    fn pass(&self, hop: &Url) -> impl Future<Output = Result<(), Self::Refusal>> + Send;
}

/// The name of the slot that a message asks the `nth` redirect's host for, the same whenever the message comes again.
pub fn hop_id(message_id: &str, nth: usize) -> String {
    format!("{message_id} redirect {nth}")
}

/// An address of a host as the origin that led to it has it. What http and https serve is one site, and the robots.txt
/// of the one that was asked is known.
fn on_its_origin(hop: &Url, asked: &Url) -> Url {
    let mut url = hop.clone();
    // Refused only between schemes of the web and others, which the guard has refused before.
    let _ = url.set_scheme(asked.scheme());
    let _ = url.set_port(asked.port());
    url
}

/// Goes wherever it is sent: for feeds and files that an operator or a host itself has named.
struct Unasked;

impl Leave for Unasked {
    type Refusal = FetchError;
    type Slot = ();

    async fn leave(&self, _hop: &Url, _nth: usize) -> Result<(), FetchError> {
        Ok(())
    }

    async fn pass(&self, _hop: &Url) -> Result<(), FetchError> {
        Ok(())
    }
}

async fn finish(
    response: reqwest::Response,
    url: Url,
    redirects: Vec<(u16, Url)>,
    limits: BodyLimits,
) -> Result<Response, FetchError> {
    let received_at = Timestamp::now();
    let status = response.status().as_u16();
    let headers = Headers::from(response.headers());
    let host = host_of(&url);
    let (body, truncated) = body::read(response, &host, limits).await?;
    let permanent_url = permanent(&redirects, &url);
    Ok(Response {
        url,
        redirects,
        permanent_url,
        status,
        headers,
        body,
        truncated,
        received_at,
        not_modified: status == 304,
    })
}

/// The address after the unbroken run of permanent redirects at the trail's beginning.
fn permanent(trail: &[(u16, Url)], last: &Url) -> Option<Url> {
    let run = trail.iter().take_while(|(status, _)| matches!(status, 301 | 308)).count();
    match run {
        0 => None,
        _ => Some(trail.get(run).map_or(last, |(_, url)| url).clone()),
    }
}

fn location(response: &reqwest::Response) -> Option<String> {
    let value = response.headers().get(LOCATION)?;
    // Unescaped UTF-8 in Location is common; the URL parser escapes it.
    Some(String::from_utf8_lossy(value.as_bytes()).trim().to_owned()).filter(|l| !l.is_empty())
}

fn user_agent(settings: &WebSettings) -> String {
    let mut facts = Vec::new();
    if !settings.public_url.is_empty() {
        facts.push(format!("+{}/about/robot", settings.public_url.trim_end_matches('/')));
    }
    if !settings.contact.is_empty() {
        facts.push(settings.contact.clone());
    }
    let name = concat!("Wireroom/", env!("CARGO_PKG_VERSION"));
    if facts.is_empty() { name.to_owned() } else { format!("{name} ({})", facts.join("; ")) }
}

/// An address' host; the dot that a full DNS name may end with makes no other host of it.
pub(crate) fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().trim_end_matches('.').to_owned()
}

fn report(kind: Kind, url: &Url, started: Instant, result: Result<&Response, &FetchError>) {
    let (outcome, status, bytes) = match result {
        Ok(response) => (status_class(response.status), response.status, response.body.len()),
        Err(error) => (error.as_str(), 0, 0),
    };
    let detail = result.err().map(ToString::to_string).unwrap_or_default();
    RequestDone {
        kind: kind.as_str(),
        outcome,
        host: url.host_str().unwrap_or_default(),
        status,
        bytes: bytes as u64,
        seconds: started.elapsed().as_secs_f64(),
        detail: &detail,
    }
    .emit();
}

fn status_class(status: u16) -> &'static str {
    match status {
        200..300 => "2xx",
        304 => "not_modified",
        300..400 => "3xx",
        429 => "429",
        400..500 => "4xx",
        500..600 => "5xx",
        _ => "other",
    }
}
