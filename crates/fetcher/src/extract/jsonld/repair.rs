//! What publishers do to their JSON, undone.

/// Takes off what is wrapped around it: comments, CDATA marks, a closing semicolon.
pub(super) fn unwrap(script: &str) -> &str {
    let mut text = script.trim().trim_start_matches('\u{feff}');
    loop {
        let before = text;
        for mark in ["<!--", "//<![CDATA[", "/*<![CDATA[*/", "<![CDATA[", "//"] {
            text = text.strip_prefix(mark).unwrap_or(text).trim_start();
        }
        for mark in ["-->", "//]]>", "/*]]>*/", "]]>", "//", ";"] {
            text = text.strip_suffix(mark).unwrap_or(text).trim_end();
        }
        if text == before {
            return text;
        }
    }
}

/// Makes JSON of what is nearly JSON: raw line breaks and unescaped quotes in strings, bad escapes, commas
/// before a closing bracket, an end that is missing.
pub(super) fn mend(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut open: Vec<char> = Vec::new();
    let mut in_string = false;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if in_string {
            match c {
                '\\' => match chars.peek().copied() {
                    Some((_, e)) if matches!(e, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u') => {
                        out.push('\\');
                        out.push(e);
                        chars.next();
                    }
                    _ => {}
                },
                '"' if ends_string(&text[at + 1..]) => {
                    in_string = false;
                    out.push('"');
                }
                '"' => out.push_str("\\\""),
                '\n' | '\r' | '\t' => out.push(' '),
                c if c.is_control() => {}
                c => out.push(c),
            }
            continue;
        }
        match c {
            '"' => {
                in_string = true;
                out.push(c);
            }
            '{' | '[' => {
                open.push(if c == '{' { '}' } else { ']' });
                out.push(c);
            }
            '}' | ']' => {
                if open.last() == Some(&c) {
                    open.pop();
                    out.push(c);
                }
            }
            ',' => {
                let next = text[at + 1..].trim_start().chars().next();
                if !matches!(next, None | Some('}' | ']' | ',')) {
                    out.push(c);
                }
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    if in_string {
        out.push('"');
    }
    while let Some(close) = open.pop() {
        out.push(close);
    }
    out
}

/// Whether a quote ends its string: what follows is JSON's punctuation, or nothing.
fn ends_string(rest: &str) -> bool {
    let rest = rest.trim_start();
    match rest.chars().next() {
        None | Some(':' | '}' | ']') => true,
        // A comma may stand after a quotation in running text; JSON goes on with a value or a key.
        Some(',') => {
            let next = rest[1..].trim_start().chars().next();
            next.is_none_or(|c| matches!(c, '"' | '{' | '[' | '}' | ']' | ',' | '-' | 't' | 'f' | 'n' | '0'..='9'))
        }
        Some(_) => false,
    }
}
