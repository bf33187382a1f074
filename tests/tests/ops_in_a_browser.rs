//! The operator's page as an operator uses it: in a browser, without script, on a phone's screen, against a whole
//! installation.

use crate::browser::Browser;
use crate::end_to_end::PATIENCE;
use crate::installation::{Installation, Mode, eventually};
use press::{Fault, Press, PressSettings};

/// A phone's, in CSS pixels.
const WIDTH: u32 = 390;

async fn log_in(browser: &Browser, token: &str) {
    browser.fill("token", token).await;
    browser.press("Log in").await;
}

/// Wide tables scroll in themselves; the page does not.
async fn fits(browser: &Browser) {
    for selector in ["header", "main", "main > form", "main > h1", "main .table"] {
        for element in browser.every(selector).await {
            let edge = element.right_edge().await;
            assert!(edge <= f64::from(WIDTH), "{selector} on {} ends at {edge}", browser.path().await);
        }
    }
}

/// Loads the page anew until it says something.
async fn says(browser: &Browser, url: &str, words: &str) {
    eventually(PATIENCE, || async {
        browser.go(url).await;
        let text = browser.text().await;
        (!text.contains(words)).then(|| format!("no “{words}” on {url}:\n{text}"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_sees_and_mends_what_is_wrong_without_script() {
    let settings = PressSettings {
        publishers: 3,
        instant: true,
        articles: 40,
        feed_entries: 0,
        faults: vec![Fault::PageMojibake],
        suffix: "example".to_owned(),
        port_in_addresses: false,
        ..PressSettings::default()
    };
    let press = Press::new(settings).start("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let port = harness::free_port();
    let tokens = "tokens = [{ name = \"maren\", token = \"a-token-that-may-act\", role = \"act\" }, \
                  { name = \"ole\", token = \"a-token-that-may-look\", role = \"look\" }]";
    let ops = format!("[ops]\nlisten = \"127.0.0.1:{port}\"\n{tokens}\n");
    let mut installation = Installation::new(Mode::Embedded, press.addr(), &ops);
    let store = installation.store().await;
    let sources = press.sources();
    for source in &sources {
        store.put_source(source).await.unwrap();
    }
    let garbled = press.truth().iter().filter(|t| t.fault == Some(Fault::PageMojibake)).count() as u64;
    assert!(garbled > 0);
    installation.start();
    eventually(PATIENCE, || async {
        let dead = store.dead_count(&store::DeadFilter::default()).await.unwrap();
        (dead < garbled).then(|| format!("{dead} dead of {garbled}\n{}", installation.logs()))
    })
    .await;

    let at = |path: &str| format!("http://127.0.0.1:{port}{path}");
    let browser = Browser::without_javascript(WIDTH).await;
    browser.go("data:text/html,<p>no script</p><script>document.body.innerText='script'</script>").await;
    assert_eq!(browser.text().await, "no script");

    // Nobody without a token.
    browser.go(&at("/ops/sources")).await;
    log_in(&browser, "not-a-token-of-anyone").await;
    assert_eq!(browser.one("[role=alert]").await.text().await, "No operator has this token.");
    log_in(&browser, "a-token-that-may-look").await;
    assert!(browser.text().await.contains("ops:ole (may look)"));
    browser.go(&at("/ops/dead")).await;
    assert!(browser.every("main form[method=post]").await.is_empty(), "who may look has nothing to press");
    browser.press("Log out").await;
    log_in(&browser, "a-token-that-may-act").await;

    // The belts, each with what its stage does.
    says(&browser, &at("/ops"), "charset").await;
    assert_eq!(browser.every("main section:first-of-type tbody tr").await.len(), queue::Belt::ALL.len());
    fits(&browser).await;

    // A source is found, paused and let go on.
    let name = &sources[1].name;
    browser.press("Sources").await;
    assert!(browser.every("tbody tr").await.len() >= sources.len());
    fits(&browser).await;
    browser.fill("q", name).await;
    browser.press("Filter").await;
    for row in browser.every("tbody th").await {
        assert_eq!(row.text().await, *name);
    }
    browser.press("Pause").await;
    assert!(store.sources().await.unwrap().iter().any(|s| s.name == *name && s.paused));
    browser.fill("q", name).await;
    browser.press("Filter").await;
    assert_eq!(browser.one("tbody .state").await.text().await, "paused");
    browser.press("Resume").await;
    assert!(!store.sources().await.unwrap().iter().any(|s| s.paused));

    // What an address would give, before it is added.
    let (known, feed) = (store.sources().await.unwrap().len(), sources[0].feeds[0].url.clone());
    browser.fill("address", &feed).await;
    browser.press("Preview").await;
    assert_eq!(browser.one("h2").await.text().await, format!("From {feed}"));
    assert!(!browser.every("main > .table:first-of-type tbody tr").await.is_empty());
    assert_eq!(store.sources().await.unwrap().len(), known, "looking adds nothing");
    fits(&browser).await;

    // A dead letter is read and replayed; its publisher has mended nothing, so it dies again.
    browser.press("Dead letters").await;
    fits(&browser).await;
    browser.fill("reason", "charset").await;
    browser.press("Filter").await;
    browser.one("tbody td a").await.follow().await;
    let letter = browser.path().await;
    assert!(browser.text().await.contains("permalink"), "its body is shown");
    fits(&browser).await;
    browser.press("Replay this letter").await;
    assert!(browser.one("[role=status]").await.text().await.starts_with("1 replayed"));
    says(&browser, &at(&letter), "dead_again").await;

    // And who did it is on record.
    browser.press("Audit").await;
    let record = browser.text().await;
    for act in ["ops:maren", "dead.replay", "source.pause"] {
        assert!(record.contains(act), "{act} in:\n{record}");
    }
    browser.press("Log out").await;
    browser.go(&at("/ops/audit")).await;
    assert!(!browser.text().await.contains("ops:maren"));
}
