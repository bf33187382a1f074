//! Why a message did not simply pass. Closed lists: they are metric labels and what operators filter on.

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
        }

        impl $name {
            /// Every one, for documentation and tests.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// As in labels, headers and the ledger.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)+
                }
            }

            /// Reads what `as_str` writes.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|r| r.as_str() == name)
            }
        }
    };
}

reasons! {
    /// A decision that nothing more is to be done. Never an error; nobody needs waking.
    DropReason {
        /// robots.txt forbids it.
        Robots = "robots",
        /// 404 or 410 at the first visit: there was never anything to withdraw.
        Gone = "gone",
        /// The page holds no article: a section front, a search page, a player.
        NoArticle = "no_article",
        /// A video, gallery or live blog without a text of its own.
        NotText = "not_text",
        /// Neither HTML nor anything else that is read.
        NotHtml = "not_html",
        /// A cookie wall or consent page stands in front of it.
        Consent = "consent",
        /// Older than what is already known, or waited too long.
        Stale = "stale",
        /// Nothing changed since the last visit.
        Unchanged = "unchanged",
        /// Taken down by its owner: it does not come back.
        TakenDown = "taken_down",
        /// The source was paused or removed.
        SourceAway = "source_away",
        /// Older than the window in which news is news.
        TooOld = "too_old",
        /// The feed could not be read; its state says why and when it is polled next.
        FeedBroken = "feed_broken",
        /// The address can't name an article.
        BadAddress = "bad_address",
        /// The target of a notice was removed from the settings.
        NoTarget = "no_target",
    }
}

reasons! {
    /// The world may heal.
    RetryReason {
        /// The host's next slot is in the future. Waiting, not failing.
        HostBusy = "host_busy",
        /// 429 or 503 with Retry-After. Waiting, not failing.
        RateLimited = "rate_limited",
        /// A robots.txt that can't be had now (RFC 9309: no crawling meanwhile). Waiting, not failing.
        RobotsUnknown = "robots_unknown",
        /// Redis, the store or another need is away: opens the circuit. Waiting, not failing.
        DependencyAway = "dependency_away",
        /// The worker is stopping. Waiting, not failing.
        Draining = "draining",
        /// A newer message schema than this worker reads. Waiting, not failing.
        NewerSchema = "newer_schema",
        /// No connection: DNS, refused, reset, TLS.
        Unreachable = "unreachable",
        /// Took too long.
        TimedOut = "timed_out",
        /// 5xx.
        ServerError = "server_error",
        /// The body broke off.
        CutOff = "cut_off",
        /// The handler took longer than its limit.
        HandlerTimeout = "handler_timeout",
        /// The handler panicked.
        Panicked = "panicked",
        /// A conflict with another worker that a second try resolves.
        Conflict = "conflict",
    }
}

impl RetryReason {
    /// Waiting spends time from the message's budget; only failing spends an attempt.
    pub fn spends_attempt(self) -> bool {
        match self {
            RetryReason::HostBusy
            | RetryReason::RateLimited
            | RetryReason::RobotsUnknown
            | RetryReason::DependencyAway
            | RetryReason::Draining
            | RetryReason::NewerSchema => false,
            RetryReason::Unreachable
            | RetryReason::TimedOut
            | RetryReason::ServerError
            | RetryReason::CutOff
            | RetryReason::HandlerTimeout
            | RetryReason::Panicked
            | RetryReason::Conflict => true,
        }
    }

    /// Whether the worker stops consuming and probes until what is away is back.
    pub fn opens_circuit(self) -> bool {
        self == RetryReason::DependencyAway
    }

    /// What becomes of a message that waited or failed for this until its budget was spent: waiting ends
    /// as a decision, failing as a dead letter.
    pub fn ends_as_drop(self) -> bool {
        matches!(self, RetryReason::HostBusy | RetryReason::RateLimited | RetryReason::RobotsUnknown)
    }
}

reasons! {
    /// Ours or hostile: a person should look.
    DeadReason {
        /// Failed as often as attempts allow.
        AttemptsSpent = "attempts_spent",
        /// Failed for longer than a message may live.
        AgeSpent = "age_spent",
        /// The broker's delivery limit, on the lone lane: it kills its worker.
        DeliveryLimit = "delivery_limit",
        /// The body is not a message of this belt.
        Undecodable = "undecodable",
        /// The address leads inward: loopback, private, link-local.
        ForbiddenAddress = "forbidden_address",
        /// Larger than the limit.
        TooLarge = "too_large",
        /// Too many redirects, or in a circle.
        RedirectLoop = "redirect_loop",
        /// The text decodes badly: replacement characters or mojibake.
        Charset = "charset",
        /// The page was there and nothing could be read from it.
        Extraction = "extraction",
        /// A challenge or bot wall in place of the page.
        Blocked = "blocked",
        /// Another 4xx.
        ClientError = "client_error",
        /// What a handler caused can't be sent: too large or unroutable.
        Unpublishable = "unpublishable",
        /// An inconsistency of our own.
        Internal = "internal",
    }
}
