//! Settings for a person's eyes: secrets hidden.

use super::Settings;
use serde_json::Value;

/// The settings in force as TOML. Passwords in addresses, tokens and secrets are replaced by `…`.
pub fn shown(settings: &Settings) -> String {
    let mut value = serde_json::to_value(settings).unwrap_or_default();
    hide("", &mut value);
    drop_nulls(&mut value);
    toml::to_string_pretty(&value).unwrap_or_default()
}

/// The settings as a file that gives them again, but for secrets, which are never written down.
pub fn written(settings: &Settings) -> String {
    let mut value = serde_json::to_value(settings).unwrap_or_default();
    drop_nulls(&mut value);
    toml::to_string_pretty(&value).unwrap_or_default()
}

fn hide(key: &str, value: &mut Value) {
    match value {
        Value::Object(map) => map.iter_mut().for_each(|(key, value)| hide(key, value)),
        Value::Array(items) => items.iter_mut().for_each(|item| hide(key, item)),
        Value::String(text) => {
            let secret = ["token", "secret", "password", "key"].iter().any(|word| key.ends_with(word));
            if secret && !text.is_empty() {
                *text = "…".to_owned();
            } else if text.contains("://") {
                *text = telemetry::without_password(text);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// TOML has no null: a setting without a value is left out.
fn drop_nulls(value: &mut Value) {
    if let Value::Object(map) = value {
        map.retain(|_, value| !value.is_null());
        map.values_mut().for_each(drop_nulls);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_shown() {
        let mut settings = Settings::default();
        settings.queue.url = "amqp://user:hunter2@host:5672/v".to_owned();
        settings.store.url = "postgres://user:hunter2@host/db".to_owned();
        settings.ops.tokens.push(publisher::ops::OpsToken {
            name: "ada".to_owned(),
            token: publisher::Secret::new("hunter2"),
            role: publisher::ops::Role::Act,
        });
        let text = shown(&settings);
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("amqp://user:…@host:5672/v") && text.contains("ada"), "{text}");
        for url in ["amqp://u:hun/ter2@h", "amqp://u:hun#ter2@h", "amqp://u:1?ter2@h"] {
            settings.queue.url = url.to_owned();
            let text = shown(&settings);
            assert!(text.contains("amqp://u:…@h") && !text.contains("ter2"), "{text}");
        }
    }
}
