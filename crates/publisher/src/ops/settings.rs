//! Who may see the operator's page, and who may act on it.

use crate::Secret;
use serde::{Deserialize, Serialize};

/// The operator's page, on a port of its own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OpsSettings {
    /// Address and port, such as `127.0.0.1:8081`; empty for nowhere.
    pub listen: String,
    /// Who may come in. Without one nobody can, and the page is not served.
    pub tokens: Vec<OpsToken>,
    /// Hours until a login has to be renewed. 12: a working day.
    pub session_hours: u32,
    /// Whether the cookie is only sent over HTTPS. Set it where the page is served by HTTPS.
    pub secure_cookie: bool,
    /// Header in which a proxy that logs people in names the user (`X-Forwarded-User`); empty for none. The
    /// proxy holds a token, which it sends as `Authorization: Bearer`; the user's name goes into the audit
    /// log beside the token's. Only requests that bring a token that way are believed. Whom it names acts by
    /// this page's own forms; a program sends the token without a user.
    pub user_header: String,
    /// Rows a list shows: more are found by a narrower filter.
    pub rows: u32,
}

impl Default for OpsSettings {
    fn default() -> Self {
        Self {
            listen: String::new(),
            tokens: Vec::new(),
            session_hours: 12,
            secure_cookie: false,
            user_header: String::new(),
            rows: 100,
        }
    }
}

/// A person's key to the operator's page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpsToken {
    /// Whose it is, as the audit log names them.
    pub name: String,
    /// The key itself: at least [`OpsToken::MIN_LEN`] characters, best drawn at random.
    pub token: Secret,
    /// What they may do.
    #[serde(default)]
    pub role: Role,
}

/// What an operator may do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// See everything, change nothing.
    #[default]
    Look,
    /// Replay, pause, poll, take down.
    Act,
}

impl OpsToken {
    /// Shortest token that is accepted: below it guessing over the network is thinkable.
    pub const MIN_LEN: usize = 16;
}

/// Tokens nobody should be let in with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Guessable.
    #[error("ops.tokens “{name}”: a token needs at least {min} characters; `openssl rand -hex 24` makes a good one", min = OpsToken::MIN_LEN)]
    TooShort {
        /// Whose.
        name: String,
    },
    /// Two people of one name, or with one key, could not be told apart in the audit log.
    #[error("ops.tokens “{name}”: each needs a name and a token of its own")]
    Double {
        /// Whose.
        name: String,
    },
}

impl OpsSettings {
    /// Whether every token is fit to guard the page.
    pub fn check(&self) -> Result<(), TokenError> {
        for (i, token) in self.tokens.iter().enumerate() {
            if token.token.expose().chars().count() < OpsToken::MIN_LEN {
                return Err(TokenError::TooShort { name: token.name.clone() });
            }
            let same = |other: &OpsToken| other.name == token.name || other.token == token.token;
            if token.name.trim().is_empty() || self.tokens[..i].iter().any(same) {
                return Err(TokenError::Double { name: token.name.clone() });
            }
        }
        Ok(())
    }
}
