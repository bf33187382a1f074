//! A robots.txt inside JSON, where bytes that are no UTF-8 stand as lone surrogates (Python's `surrogateescape`).

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::fmt;

/// The file's bytes as they were, for test cases that are kept as JSON.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RobotsBytes(pub Vec<u8>);

impl<'de> Deserialize<'de> for RobotsBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = RobotsBytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<RobotsBytes, E> {
                Ok(RobotsBytes(text.as_bytes().to_vec()))
            }
            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<RobotsBytes, E> {
                Ok(RobotsBytes(surrogates_to_bytes(bytes)))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

/// JSON parsers give a lone surrogate U+DC80…U+DCFF as its three bytes ED B2…B3 80…BF; it stands for 80…FF.
fn surrogates_to_bytes(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, more)) = rest.split_first() {
        match rest {
            [0xed, second @ (0xb2 | 0xb3), third, after @ ..] => {
                out.push(((second & 1) << 6) | (third & 0x3f) | 0x80);
                rest = after;
            }
            _ => {
                out.push(*first);
                rest = more;
            }
        }
    }
    out
}
