//! Ages as people write them.

use std::time::Duration;

/// Reads `90s`, `15m`, `6h`, `2d`.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("“{text}” is not an age: write it as 90s, 15m, 6h or 2d");
    let text = text.trim();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let number: u64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    let secs = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    number.checked_mul(secs).map(Duration::from_secs).ok_or_else(wrong)
}

/// A time ago for tables: `4 s`, `12 min`, `3 h`, `2 d`.
pub(crate) fn words(age: Duration) -> String {
    match age.as_secs() {
        s if s < 120 => format!("{s} s"),
        s if s < 7_200 => format!("{} min", s / 60),
        s if s < 172_800 => format!("{} h", s / 3600),
        s => format!("{} d", s / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages() {
        assert_eq!(parse("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("2d"), Ok(Duration::from_secs(172_800)));
        for wrong in ["", "d", "2", "2w", "-1h", "99999999999999999999d"] {
            assert!(parse(wrong).unwrap_err().contains("write it as"), "{wrong}");
        }
    }
}
