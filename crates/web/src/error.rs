//! Ways not to get an answer.

use std::net::IpAddr;

/// The client could not be made: the settings are wrong. Said at start.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// A proxy that isn't one.
    #[error("web.proxy “{text}” is not a proxy like http://proxy:3128")]
    Proxy {
        /// As given.
        text: String,
    },
    /// The certificates can't be read.
    #[error("web.ca_file {path}: {why}")]
    CaFile {
        /// Which file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// Contact or public address hold characters that no header can.
    #[error("web.contact and web.public_url make the User-Agent “{text}”, which no header can hold")]
    UserAgent {
        /// The whole header.
        text: String,
    },
    /// A rate of nothing or less.
    #[error("{key} must be above zero")]
    Rate {
        /// Which setting.
        key: String,
    },
    /// The TLS library or its roots.
    #[error("the HTTP client can't start: {why}")]
    Client {
        /// Its word.
        why: String,
    },
}

/// Which limit of time was reached.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Phase {
    /// DNS, TCP and TLS.
    Connect,
    /// From the request to the response's head.
    FirstByte,
    /// Between two pieces of the body.
    Idle,
    /// The whole request with its redirects.
    Total,
}

impl Phase {
    /// For people and labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Connect => "connecting",
            Phase::FirstByte => "first byte",
            Phase::Idle => "next byte",
            Phase::Total => "whole request",
        }
    }
}

/// What a failure means for whoever asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fault {
    /// The address can't be fetched, ever: a decision, nobody needs waking.
    Address,
    /// The world may heal.
    Passing,
    /// Hostile or broken beyond waiting: a person should look.
    Hostile,
}

/// Why there is no response. A response with a bad status is a response.
///
/// No variant holds a URL with its query: queries and webhook paths can be secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Not an address, or one without a host.
    #[error("the address can't be asked: {why}")]
    Url {
        /// What is wrong.
        why: String,
    },
    /// Neither http nor https.
    #[error("{scheme} is not fetched: only http and https are")]
    Scheme {
        /// Which.
        scheme: String,
    },
    /// A port that is not among the allowed.
    #[error("port {port} is not among web.limits.ports")]
    Port {
        /// Which.
        port: u16,
    },
    /// Longer than the limit.
    #[error("the address is longer than {limit} bytes")]
    UrlTooLong {
        /// In bytes.
        limit: usize,
    },
    /// The address leads inward, as a literal or by DNS, at first or by redirect.
    #[error("{host} leads inward, to {ip}")]
    Forbidden {
        /// The host asked for.
        host: String,
        /// Where it leads.
        ip: IpAddr,
    },
    /// The name has no address.
    #[error("no address for {host}: {why}")]
    Dns {
        /// The name.
        host: String,
        /// The resolver's word.
        why: String,
    },
    /// Refused, reset or unreachable before a request could be sent.
    #[error("no connection to {host}: {why}")]
    Connect {
        /// To whom.
        host: String,
        /// The system's word.
        why: String,
    },
    /// The certificate or the handshake.
    #[error("no secure connection to {host}: {why}")]
    Tls {
        /// To whom.
        host: String,
        /// The TLS library's word.
        why: String,
    },
    /// Took too long.
    #[error("{host} took longer than {limit_ms} ms ({})", what.as_str())]
    Timeout {
        /// Who.
        host: String,
        /// For what.
        what: Phase,
        /// The limit, in milliseconds.
        limit_ms: u64,
    },
    /// The body is larger than the limit, on the wire or decompressed.
    #[error("{host} sent more than {limit} bytes")]
    TooLarge {
        /// Who.
        host: String,
        /// In bytes.
        limit: usize,
    },
    /// Back at an address of this very request.
    #[error("redirects of {host} lead in a circle")]
    RedirectLoop {
        /// Whose.
        host: String,
    },
    /// More redirects than the limit.
    #[error("{host} redirects more than {limit} times")]
    TooManyRedirects {
        /// Whose.
        host: String,
        /// How many are followed.
        limit: usize,
    },
    /// A redirect that names no address.
    #[error("{host} redirects to something that is no address")]
    BadRedirect {
        /// Whose.
        host: String,
    },
    /// The connection broke before the response was whole.
    #[error("the response of {host} broke off: {why}")]
    CutOff {
        /// Whose.
        host: String,
        /// What happened.
        why: String,
    },
    /// What came is not HTTP, or its head is beyond the limits.
    #[error("the response of {host} can't be read: {why}")]
    BadHeader {
        /// Whose.
        host: String,
        /// What is wrong.
        why: String,
    },
    /// A content encoding that is unknown or corrupt.
    #[error("the body of {host} can't be decompressed: {why}")]
    Encoding {
        /// Whose.
        host: String,
        /// What is wrong.
        why: String,
    },
}

impl FetchError {
    /// What it means. No wildcard arm: a new way to fail doesn't compile until someone has decided.
    pub fn fault(&self) -> Fault {
        match self {
            FetchError::Url { .. }
            | FetchError::Scheme { .. }
            | FetchError::Port { .. }
            | FetchError::UrlTooLong { .. } => Fault::Address,

            // A name may not have spread yet, a certificate may be renewed within the hour, a body that broke
            // off or a garbled encoding comes whole the next time (RFC 9110, section 8.6, on incomplete messages).
            FetchError::Dns { .. }
            | FetchError::Connect { .. }
            | FetchError::Tls { .. }
            | FetchError::Timeout { .. }
            | FetchError::CutOff { .. }
            | FetchError::Encoding { .. } => Fault::Passing,

            FetchError::Forbidden { .. }
            | FetchError::TooLarge { .. }
            | FetchError::RedirectLoop { .. }
            | FetchError::TooManyRedirects { .. }
            | FetchError::BadRedirect { .. }
            | FetchError::BadHeader { .. } => Fault::Hostile,
        }
    }

    /// Its kind, for labels: a closed list.
    pub fn as_str(&self) -> &'static str {
        match self {
            FetchError::Url { .. } => "url",
            FetchError::Scheme { .. } => "scheme",
            FetchError::Port { .. } => "port",
            FetchError::UrlTooLong { .. } => "url_too_long",
            FetchError::Forbidden { .. } => "forbidden_address",
            FetchError::Dns { .. } => "dns",
            FetchError::Connect { .. } => "connect",
            FetchError::Tls { .. } => "tls",
            FetchError::Timeout { .. } => "timeout",
            FetchError::TooLarge { .. } => "too_large",
            FetchError::RedirectLoop { .. } => "redirect_loop",
            FetchError::TooManyRedirects { .. } => "too_many_redirects",
            FetchError::BadRedirect { .. } => "bad_redirect",
            FetchError::CutOff { .. } => "cut_off",
            FetchError::BadHeader { .. } => "bad_header",
            FetchError::Encoding { .. } => "encoding",
        }
    }
}
