//! What the storms share: draws that follow from a seed, which seeds a run tries, and faults of their broker.

use harness::RabbitMq;
use std::fmt;
use std::time::Duration;

/// Draws that follow from a seed alone.
pub(crate) struct Draws(u64);

impl Draws {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Below `sides`.
    pub(crate) fn draw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }

    /// The faults in an order and at moments of the seed's.
    pub(crate) fn schedule<F>(&mut self, mut faults: Vec<F>) -> Vec<(Duration, F)> {
        for i in (1..faults.len()).rev() {
            faults.swap(i, self.draw(i + 1));
        }
        faults.into_iter().map(|fault| (Duration::from_millis(50 + self.draw(200) as u64), fault)).collect()
    }
}

/// A number from the environment.
pub(crate) fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// `WIREROOM_CHAOS_SEED=7` tries one seed, `WIREROOM_CHAOS_SEEDS=10` ten, else it is one.
pub(crate) fn seeds() -> std::ops::Range<u64> {
    match number("WIREROOM_CHAOS_SEED") {
        Some(seed) => seed..seed + 1,
        None => 1..1 + number("WIREROOM_CHAOS_SEEDS").unwrap_or(1),
    }
}

/// What the seeds of a run came to together.
#[derive(Default)]
pub(crate) struct Tally {
    seeds: u64,
    faults: usize,
    sent: u64,
    lost: usize,
    doubled: usize,
}

impl Tally {
    /// One seed more.
    pub(crate) fn add(&mut self, faults: usize, sent: u64, lost: usize, doubled: usize) {
        self.seeds += 1;
        self.faults += faults;
        self.sent += sent;
        self.lost += lost;
        self.doubled += doubled;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seeds, faults, sent, lost, doubled } = self;
        write!(f, "{seeds} seeds, {faults} faults injected, {sent} messages sent, lost {lost}, doubled {doubled}")
    }
}

/// Dies and comes back.
pub(crate) fn restarted(broker: &RabbitMq) {
    broker.kill();
    broker.restart().unwrap();
}

/// Stands still for longer than the storms' heartbeats of two seconds allow.
pub(crate) async fn frozen(broker: &RabbitMq) {
    broker.freeze();
    tokio::time::sleep(Duration::from_secs(6)).await;
    broker.thaw();
}

/// Takes nothing for a while, at whose end something else happens too.
pub(crate) async fn alarmed(broker: &RabbitMq, meanwhile: impl FnOnce()) {
    broker.raise_alarm().unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    meanwhile();
    broker.end_alarm().unwrap();
}
