//! What a failed exchange was, read from the HTTP library's error chain.

use crate::guard::ResolveError;
use crate::{FetchError, Phase};
use std::error::Error;
use std::time::Duration;

/// Reads the error of a request that got no response. `connect` is the limit that a connection's time-out means.
pub(super) fn of(error: &reqwest::Error, host: &str, connect: Duration) -> FetchError {
    let why = chain(error);
    let host = host.to_owned();
    for cause in causes(error) {
        match cause.downcast_ref::<ResolveError>() {
            Some(ResolveError::Forbidden { host, ip }) => {
                return FetchError::Forbidden { host: host.clone(), ip: *ip };
            }
            Some(ResolveError::NotFound { host, why }) => {
                return FetchError::Dns { host: host.clone(), why: why.clone() };
            }
            None => {}
        }
        if is_tls(cause) {
            return FetchError::Tls { host, why };
        }
        if let Some(http) = cause.downcast_ref::<hyper::Error>()
            && (http.is_parse() || http.is_parse_too_large() || http.is_parse_status())
        {
            return FetchError::BadHeader { host, why };
        }
    }
    if error.is_timeout() {
        let limit_ms = u64::try_from(connect.as_millis()).unwrap_or(u64::MAX);
        return FetchError::Timeout { host, what: Phase::Connect, limit_ms };
    }
    if error.is_connect() {
        return FetchError::Connect { host, why };
    }
    if error.is_builder() {
        return FetchError::Url { why };
    }
    FetchError::CutOff { host, why }
}

/// The chain's messages, outermost first, without the URL that the library would print.
pub(super) fn chain(error: &reqwest::Error) -> String {
    // The library's own first line only repeats the URL.
    let mut words: Vec<String> = Vec::new();
    for cause in causes(error).skip(1) {
        let text = cause.to_string();
        if words.last().is_none_or(|last| !last.contains(&text)) {
            words.push(text);
        }
    }
    if words.is_empty() {
        return "no cause given".to_owned();
    }
    words.join(": ")
}

fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |e| cause_of(*e))
}

fn cause_of<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    // An I/O error shows its inner error only by `get_ref`; its `source` skips it.
    match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

fn is_tls(cause: &(dyn Error + 'static)) -> bool {
    cause.is::<rustls::Error>()
}
