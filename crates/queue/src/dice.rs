//! Where jitter is drawn: one place, so that a simulated run can be repeated.

/// From 0 up to 1.
pub(crate) fn draw() -> f64 {
    #[cfg(test)]
    if let Some(drawn) = seeded::draw() {
        return drawn;
    }
    rand::random()
}

#[cfg(test)]
pub(crate) mod seeded {
    use std::cell::Cell;

    thread_local! {
        static STATE: Cell<Option<u64>> = const { Cell::new(None) };
    }

    /// From now on this thread's draws follow from the seed.
    pub(crate) fn seed(seed: u64) {
        STATE.set(Some(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1));
    }

    /// The next, by xorshift64*.
    pub(super) fn draw() -> Option<f64> {
        let mut x = STATE.get()?;
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        STATE.set(Some(x));
        Some((x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64)
    }
}
