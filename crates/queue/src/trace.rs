//! W3C Trace Context, level 1: one trace from a poll to its notices.

/// A `traceparent` of the same trace with a span of its own; of a new, sampled trace where there is none or
/// where it can't be read (section 4.3: start anew).
pub(crate) fn child_or_root(parent: Option<&str>) -> String {
    let (trace, flags) = parent.and_then(parse).unwrap_or_else(|| (new_trace(), "01".to_owned()));
    format!("00-{trace}-{:016x}-{flags}", rand::random::<u64>().max(1))
}

/// That of who caused a message, as the message carries it; a new trace's where nobody did.
pub(crate) fn of_cause_or_root(cause: Option<&str>) -> String {
    match cause.filter(|c| parse(c).is_some()) {
        Some(cause) => cause.to_owned(),
        None => child_or_root(None),
    }
}

/// The trace id, for spans and log lines.
pub(crate) fn trace_id(traceparent: Option<&str>) -> Option<&str> {
    traceparent.filter(|t| parse(t).is_some()).and_then(|t| t.get(3..35))
}

/// Trace id and flags (section 3.2: version `ff` is forbidden, all-zero ids are invalid).
fn parse(text: &str) -> Option<(String, String)> {
    let mut parts = text.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let valid = hex(version, 2)
        && version != "ff"
        && (version != "00" || parts.next().is_none())
        && hex(trace, 32)
        && trace.bytes().any(|b| b != b'0')
        && hex(span, 16)
        && span.bytes().any(|b| b != b'0')
        && hex(flags, 2);
    valid.then(|| (trace.to_owned(), flags.to_owned()))
}

fn new_trace() -> String {
    format!("{:032x}", rand::random::<u128>().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    #[test]
    fn a_child_keeps_trace_and_flags_and_has_a_span_of_its_own() {
        let child = child_or_root(Some(PARENT));
        assert_eq!(child.len(), 55);
        assert!(child.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && child.ends_with("-00"));
        assert_ne!(child, PARENT);
        assert_eq!(trace_id(Some(&child)), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
    }

    #[test]
    fn what_is_no_traceparent_starts_a_new_trace() {
        for bad in [
            "",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
        ] {
            assert_eq!(trace_id(Some(bad)), None, "{bad}");
            assert!(parse(&child_or_root(Some(bad))).is_some(), "{bad}");
        }
    }
}
