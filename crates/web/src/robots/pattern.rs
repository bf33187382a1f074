//! Path patterns of robots.txt: `*` for anything, `$` for the end (RFC 9309, sections 2.2.2 and 2.2.3).

/// A pattern, ready to be compared with paths from [`path_of`] or [`path_and_query`].
///
/// Both sides are in one form: what no address may hold is escaped, escapes are in upper case, `-_.~` are not
/// escaped. RFC 9309 also has escaped letters compared as letters. Here a prohibition does so and a permission
/// doesn't, as Google's own matcher never does: where the two readings differ, we stay out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Pattern {
    /// Pieces between stars, joined by `*`; the closing `$` is taken off.
    text: String,
    /// Whether a path must end where the pattern does.
    to_end: bool,
    /// Length as written, in escaped bytes: of two patterns that match, the longer counts.
    pub(super) weight: usize,
}

impl Pattern {
    /// From a rule's value, which isn't empty.
    pub(super) fn new(value: &[u8], plain_letters: bool) -> Self {
        let escaped = one_form(value, true);
        let weight = escaped.len();
        let (body, to_end) = match escaped.strip_suffix('$') {
            Some(body) => (body, true),
            None => (escaped.as_str(), false),
        };
        // A dollar elsewhere is itself; its escape says so on both sides.
        let mut text = body.replace('$', "%24");
        if plain_letters {
            text = unescape_letters(&text);
        }
        while text.contains("**") {
            text = text.replace("**", "*");
        }
        Self { text, to_end, weight }
    }

    /// Whether `path` begins with this pattern, or is all of it. Linear in both for each piece: a hostile file
    /// can't make it expensive.
    pub(super) fn matches(&self, path: &str) -> bool {
        let (head, mut tail) = match self.text.split_once('*') {
            None if self.to_end => return path == self.text,
            None => return path.starts_with(&self.text),
            Some(parts) => parts,
        };
        let Some(mut rest) = path.strip_prefix(head) else { return false };
        // The leftmost place for each piece leaves the most for the others.
        while let Some((piece, more)) = tail.split_once('*') {
            match rest.find(piece) {
                Some(at) => rest = &rest[at + piece.len()..],
                None => return false,
            }
            tail = more;
        }
        if self.to_end { rest.ends_with(tail) } else { rest.contains(tail) }
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.text.len()
    }
}

/// Path and query as patterns see them, from an address that may be no address: what stands after the host,
/// without fragment, `/` if nothing does. Only ASCII escapes change: a path that isn't escaped is another path
/// than its escaped form, since no client can send it.
pub(super) fn path_of(address: &str) -> String {
    let rest = match address.find("//") {
        // The slashes of a path or query are not a scheme's.
        Some(at) if !address[..at].contains(['/', '?', ';']) => &address[at + 2..],
        _ => address,
    };
    let Some(start) = rest.find(['/', '?', ';']) else { return "/".to_owned() };
    let path = rest[start..].split('#').next().unwrap_or_default();
    if rest[..start].contains('#') {
        return "/".to_owned();
    }
    if path.starts_with('/') { comparable(path) } else { comparable(&format!("/{path}")) }
}

/// Path and query as patterns see them.
pub(super) fn path_and_query(url: &url::Url) -> String {
    match url.query() {
        Some(query) => comparable(&format!("{}?{query}", url.path())),
        None => comparable(url.path()),
    }
}

/// Stars and dollars of a path are themselves, never a pattern's.
fn comparable(path: &str) -> String {
    one_form(path.as_bytes(), false).replace('*', "%2A").replace('$', "%24")
}

/// Letters and digits as themselves.
pub(super) fn unescape_letters(text: &str) -> String {
    rewrite(text.as_bytes(), |out, byte, escaped| match byte {
        _ if escaped && byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
        _ if escaped => push_escape(out, byte),
        _ => out.push(char::from(byte)),
    })
}

/// Escapes in upper case and none for `-_.~`; what RFC 3986 has no place for escaped, and with `beyond_ascii`
/// the rest of UTF-8 too. (A path that holds it raw is another path than its escaped form: no client sends it.)
fn one_form(bytes: &[u8], beyond_ascii: bool) -> String {
    rewrite(bytes, |out, byte, escaped| match byte {
        b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
        _ if escaped => push_escape(out, byte),
        b' ' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => push_escape(out, byte),
        0x80.. if beyond_ascii => push_escape(out, byte),
        _ => out.push(char::from(byte)),
    })
}

/// Gives each byte, with whether an escape stands for it.
fn rewrite(bytes: &[u8], mut each: impl FnMut(&mut String, u8, bool)) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, more)) = rest.split_first() {
        match escaped_byte(rest) {
            Some(byte) => {
                each(&mut out, byte, true);
                rest = &rest[3..];
            }
            None => {
                each(&mut out, *first, false);
                rest = more;
            }
        }
    }
    out
}

fn push_escape(out: &mut String, byte: u8) {
    out.push('%');
    for nibble in [byte >> 4, byte & 15] {
        out.push(char::from(b"0123456789ABCDEF"[usize::from(nibble)]));
    }
}

/// The byte that an escape at the beginning stands for.
fn escaped_byte(text: &[u8]) -> Option<u8> {
    if text.first() != Some(&b'%') {
        return None;
    }
    let hex = |i: usize| text.get(i).and_then(|b| char::from(*b).to_digit(16));
    u8::try_from(hex(1)? * 16 + hex(2)?).ok()
}
