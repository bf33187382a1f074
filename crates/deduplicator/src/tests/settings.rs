use crate::{IndexSettings, open};

async fn refused(url: &str) -> String {
    let settings = IndexSettings { url: url.to_owned(), ..IndexSettings::default() };
    open(&settings).await.err().map(|e| e.to_string()).unwrap_or_default()
}

#[tokio::test]
async fn an_address_that_is_none_says_what_to_write() {
    assert_eq!(
        refused("postgres://x").await,
        "index: url “postgres://x” names no index: write sqlite:data/index.db or redis://host:6379/0"
    );
    assert!(refused("").await.contains("names no index"));
    assert!(refused("sqlite:/proc/nowhere/index.db").await.contains("url “sqlite:/proc/nowhere/index.db”"));
}

#[tokio::test]
async fn a_password_is_not_printed() {
    let why = refused("redis://user:secret@host:port/0").await;
    assert!(why.contains("redis://user:…@host:port/0") && !why.contains("secret"), "{why}");
}

#[tokio::test]
async fn a_redis_that_is_away_is_no_error_at_start_but_for_every_question() {
    let settings = IndexSettings {
        // A port that nobody listens on: the discard service's.
        url: "redis://127.0.0.1:9/0".to_owned(),
        connect_timeout_ms: 500,
        ..IndexSettings::default()
    };
    let index = open(&settings).await.unwrap();
    assert!(matches!(index.ping().await, Err(crate::IndexError::Away(_))));
}

#[test]
fn an_unknown_key_is_refused() {
    let failure = serde_json::from_str::<IndexSettings>(r#"{"window": 3}"#).unwrap_err().to_string();
    assert!(failure.contains("unknown field `window`"), "{failure}");
}
