//! Who is asking. A login is a signed cookie, so that nothing is kept here: it holds across restarts and
//! replicas, and ends when its token is changed.

use super::settings::{OpsSettings, OpsToken, Role};
use article::Timestamp;
use axum::http::{HeaderMap, header};
use std::time::Duration;

const COOKIE: &str = "wireroom_ops";
const SESSION_CONTEXT: &str = "wireroom 1 ops session";
const FORM_CONTEXT: &str = "wireroom 1 ops form";
/// Longest user's name taken from a proxy's header, in characters.
const MAX_USER: usize = 80;

/// An operator who was let in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Operator {
    /// As in the audit log: `ops:NAME`, behind a proxy `ops:NAME/USER`.
    pub(super) actor: String,
    pub(super) role: Role,
    /// What a form must bring along; `None` for a program, which no other site's page can speak for. Where a
    /// browser or a proxy adds what lets a person in, it adds it to another site's forms too.
    pub(super) form_key: Option<String>,
}

impl Operator {
    pub(super) fn may_act(&self) -> bool {
        self.role == Role::Act
    }

    /// Whether a form came from a page of ours.
    pub(super) fn sent(&self, form_key: Option<&str>) -> bool {
        match &self.form_key {
            None => true,
            Some(key) => same(key, form_key.unwrap_or_default()),
        }
    }
}

/// Who asks, by `Authorization: Bearer` or by cookie.
pub(super) fn operator(settings: &OpsSettings, headers: &HeaderMap, now: Timestamp) -> Option<Operator> {
    by_bearer(settings, headers).or_else(|| by_cookie(settings, headers, now))
}

fn by_bearer(settings: &OpsSettings, headers: &HeaderMap) -> Option<Operator> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    let token = find(settings, given.trim())?;
    let user = (!settings.user_header.is_empty())
        .then(|| headers.get(settings.user_header.as_str()).and_then(|v| v.to_str().ok()))
        .flatten()
        .map(|u| article::squeeze(u).chars().take(MAX_USER).collect::<String>())
        .filter(|u| !u.is_empty());
    let form_key = user.as_ref().map(|user| keyed(FORM_CONTEXT, token, &format!("user {user}")));
    let actor = match user {
        Some(user) => format!("ops:{}/{user}", token.name),
        None => format!("ops:{}", token.name),
    };
    Some(Operator { actor, role: token.role, form_key })
}

fn by_cookie(settings: &OpsSettings, headers: &HeaderMap, now: Timestamp) -> Option<Operator> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let session = cookies.flat_map(|c| c.split(';')).find_map(|c| c.trim().strip_prefix(COOKIE)?.strip_prefix('='))?;
    let (claim, mac) = session.rsplit_once('.')?;
    let (who, until) = claim.split_once('.')?;
    let token = settings.tokens.iter().find(|t| id(t) == who)?;
    let valid = same(mac, &keyed(SESSION_CONTEXT, token, claim)) && until.parse::<i64>().ok()? > now.secs();
    valid.then(|| Operator {
        actor: format!("ops:{}", token.name),
        role: token.role,
        form_key: Some(keyed(FORM_CONTEXT, token, claim)),
    })
}

/// Name and cookie for whoever knows a token; `None` for everybody else.
pub(super) fn log_in<'a>(settings: &'a OpsSettings, given: &str, now: Timestamp) -> Option<(&'a str, String)> {
    let token = find(settings, given)?;
    let life = Duration::from_secs(u64::from(settings.session_hours.max(1)) * 3600);
    let claim = format!("{}.{}", id(token), now.plus(life).secs());
    let session = format!("{claim}.{}", keyed(SESSION_CONTEXT, token, &claim));
    Some((&token.name, cookie(settings, &session, life.as_secs())))
}

/// The cookie that ends a session.
pub(super) fn log_out(settings: &OpsSettings) -> String {
    cookie(settings, "", 0)
}

fn cookie(settings: &OpsSettings, value: &str, life_secs: u64) -> String {
    let secure = if settings.secure_cookie { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/ops; HttpOnly; SameSite=Strict; Max-Age={life_secs}{secure}")
}

/// Every token is compared, whichever fits: the time taken tells nothing.
fn find<'a>(settings: &'a OpsSettings, given: &str) -> Option<&'a OpsToken> {
    let mut found = None;
    for token in &settings.tokens {
        if same(token.token.expose(), given) && !token.token.is_empty() {
            found = Some(token);
        }
    }
    found
}

/// Compares hashes, whose equality takes constant time.
fn same(a: &str, b: &str) -> bool {
    blake3::hash(a.as_bytes()) == blake3::hash(b.as_bytes())
}

/// A token's name as a cookie can hold it.
fn id(token: &OpsToken) -> String {
    blake3::hash(token.name.as_bytes()).to_hex()[..16].to_owned()
}

fn keyed(context: &str, token: &OpsToken, text: &str) -> String {
    let key = blake3::derive_key(context, token.token.expose().as_bytes());
    blake3::keyed_hash(&key, text.as_bytes()).to_hex().to_string()
}
