//! Addresses as they may be printed.

/// The address with `…` in its password's place, for logs, messages and people.
///
/// By its text alone: what is between the scheme and the last `@` names a user, and what follows the user's
/// colon is secret. A parser ends the host at a password's `/`, `#` or `?` that nobody escaped, and would give
/// the rest of it away. A user alone is a token more often than a name and is hidden too.
pub fn without_password(address: &str) -> String {
    let begin = address.find("://").map_or(0, |scheme| scheme + "://".len());
    let (scheme, rest) = address.split_at(begin);
    match rest.rsplit_once('@') {
        Some((user, place)) => match user.split_once(':') {
            Some((user, _)) => format!("{scheme}{user}:…@{place}"),
            None => format!("{scheme}…@{place}"),
        },
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_password_is_left_however_it_is_written() {
        for (address, shown) in [
            ("amqp://u:hunter2@h:5672/v", "amqp://u:…@h:5672/v"),
            ("amqp://u:hun/ter2@h", "amqp://u:…@h"),
            ("amqp://u:1#ter2@h", "amqp://u:…@h"),
            ("amqp://u:hun?t@r2@h", "amqp://u:…@h"),
            ("redis://:hunter2@h/0", "redis://:…@h/0"),
            ("http://token@proxy:3128", "http://…@proxy:3128"),
            ("u:hunter2@proxy", "u:…@proxy"),
            ("proxy:3128", "proxy:3128"),
            ("sqlite:data/queue.db", "sqlite:data/queue.db"),
            ("postgres://h/db", "postgres://h/db"),
        ] {
            assert_eq!(without_password(address), shown);
        }
    }
}
