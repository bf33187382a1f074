//! What the registrar and replays do.
