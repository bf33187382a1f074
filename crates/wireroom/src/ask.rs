//! Questions to a person at a terminal.

use std::io::{BufRead, IsTerminal, Write};

/// Asks and reads one line; an empty one gives `default`. None without a terminal or at the end of input.
pub(crate) fn ask(question: &str, default: Option<&str>) -> Option<String> {
    if !std::io::stdin().is_terminal() {
        return None;
    }
    let hint = default.map(|d| format!(" [{d}]")).unwrap_or_default();
    eprint!("{question}{hint}: ");
    let _ = std::io::stderr().flush();
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) if line.trim().is_empty() => default.map(str::to_owned),
        Ok(_) => Some(line.trim().to_owned()),
    }
}

/// Asks a yes-or-no question; anything but a yes is a no.
pub(crate) fn confirm(question: &str) -> bool {
    ask(&format!("{question} (yes/no)"), Some("no")).is_some_and(|a| matches!(a.to_lowercase().as_str(), "y" | "yes"))
}
