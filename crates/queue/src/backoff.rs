//! How long to wait before the next attempt at something that others attempt too.

use std::time::Duration;

/// Doubles from `min` to `max`; each wait is drawn from its upper half, so that many who failed together do
/// not come back together.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    min: Duration,
    max: Duration,
    tries: u32,
}

impl Backoff {
    pub(crate) fn new(min: Duration, max: Duration) -> Self {
        Self { min, max: max.max(min), tries: 0 }
    }

    /// The next wait.
    pub(crate) fn next(&mut self) -> Duration {
        let full = self.min.saturating_mul(2_u32.saturating_pow(self.tries.min(20))).min(self.max);
        self.tries = self.tries.saturating_add(1);
        full.mul_f64(0.5 + 0.5 * crate::dice::draw())
    }

    /// It worked: the next failure is the first again.
    pub(crate) fn reset(&mut self) {
        self.tries = 0;
    }
}
