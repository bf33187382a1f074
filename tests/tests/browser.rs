//! A browser in a test's hand: the few commands of W3C WebDriver that pages without script need.

use crate::end_to_end::PATIENCE;
use crate::installation::eventually;
use harness::Chromedriver;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::time::Duration;

/// The name under which WebDriver gives an element's reference (section 11, "web element identifier").
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// One window.
pub(crate) struct Browser {
    _driver: Chromedriver,
    client: Client,
    session: String,
}

/// Something on the page that is shown. Goes stale when the page does.
pub(crate) struct Element<'a> {
    browser: &'a Browser,
    id: String,
}

impl Browser {
    /// Opens a window of that width, in CSS pixels, in which no script runs.
    pub(crate) async fn without_javascript(width: u32) -> Self {
        let driver = tokio::task::spawn_blocking(Chromedriver::start).await.unwrap().unwrap_or_else(|e| panic!("{e}"));
        let arguments = [
            // Not sandboxed: it reads this test's own pages, and tests run as root in containers.
            "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --no-proxy-server",
            // Nothing but what the test asks for.
            "--disable-background-networking --disable-component-update --disable-sync --disable-quic",
        ];
        let mut arguments: Vec<String> = arguments.iter().flat_map(|a| a.split(' ')).map(str::to_owned).collect();
        arguments.push(format!("--user-data-dir={}", driver.profile()));
        let options = json!({
            "binary": driver.chromium(),
            "args": arguments,
            "prefs": { "profile.managed_default_content_settings.javascript": 2 },
        });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options } } });
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap();
        let answer = ask(&client, Method::POST, &format!("{}/session", driver.url()), Some(&wanted)).await.unwrap();
        let session = format!("{}/session/{}", driver.url(), answer["sessionId"].as_str().unwrap());
        let browser = Self { _driver: driver, client, session };
        // A window itself can't be narrower than 500.
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        let narrow = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": metrics });
        browser.ask(Method::POST, "goog/cdp/execute", Some(&narrow)).await.unwrap();
        browser
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, String> {
        ask(&self.client, method, &format!("{}/{path}", self.session), body).await
    }

    pub(crate) async fn go(&self, url: &str) {
        self.ask(Method::POST, "url", Some(&json!({ "url": url }))).await.unwrap();
    }

    pub(crate) async fn path(&self) -> String {
        let url = self.ask(Method::GET, "url", None).await.unwrap();
        url::Url::parse(url.as_str().unwrap()).unwrap().path().to_owned()
    }

    async fn all(&self, using: &str, value: &str) -> Vec<Element<'_>> {
        let found = self.ask(Method::POST, "elements", Some(&json!({ "using": using, "value": value }))).await.unwrap();
        let id = |element: &Value| element[ELEMENT].as_str().unwrap().to_owned();
        found.as_array().unwrap().iter().map(|e| Element { browser: self, id: id(e) }).collect()
    }

    /// What a CSS selector finds, in the page's order.
    pub(crate) async fn every(&self, selector: &str) -> Vec<Element<'_>> {
        self.all("css selector", selector).await
    }

    /// The first that a CSS selector finds. Panics with the page's text if there is none.
    pub(crate) async fn one(&self, selector: &str) -> Element<'_> {
        let found = self.every(selector).await.into_iter().next();
        match found {
            Some(element) => element,
            None => panic!("no “{selector}” on {}:\n{}", self.path().await, self.text().await),
        }
    }

    /// Follows a link or button by the words on it.
    pub(crate) async fn press(&self, words: &str) {
        let path = format!("//a[normalize-space()='{words}'] | //button[normalize-space()='{words}']");
        match self.all("xpath", &path).await.first() {
            Some(element) => element.follow().await,
            None => panic!("nothing says “{words}” on {}:\n{}", self.path().await, self.text().await),
        }
    }

    /// Types into the field that a form has under that name.
    pub(crate) async fn fill(&self, name: &str, text: &str) {
        self.one(&format!("[name={name}]:not([type=hidden])")).await.fill(text).await;
    }

    /// The page's text, as shown.
    pub(crate) async fn text(&self) -> String {
        match self.every("body").await.first() {
            Some(body) => body.text().await,
            None => String::new(),
        }
    }
}

impl Element<'_> {
    async fn ask(&self, method: Method, what: &str, body: Option<&Value>) -> Value {
        let path = format!("element/{}/{what}", self.id);
        self.browser.ask(method, &path, body).await.unwrap_or_else(|why| panic!("{what}: {why}"))
    }

    pub(crate) async fn text(&self) -> String {
        self.ask(Method::GET, "text", None).await.as_str().unwrap().to_owned()
    }

    /// Clicks what leads to another page, and waits until this one is gone.
    pub(crate) async fn follow(&self) {
        let before = self.browser.one("html").await;
        self.ask(Method::POST, "click", Some(&json!({}))).await;
        eventually(PATIENCE, || async {
            let stays = self.browser.ask(Method::GET, &format!("element/{}/name", before.id), None).await.is_ok();
            stays.then(|| "the click led nowhere".to_owned())
        })
        .await;
    }

    pub(crate) async fn fill(&self, text: &str) {
        self.ask(Method::POST, "clear", Some(&json!({}))).await;
        self.ask(Method::POST, "value", Some(&json!({ "text": text }))).await;
    }

    /// From the window's left edge to its own right edge, in CSS pixels.
    pub(crate) async fn right_edge(&self) -> f64 {
        let rect = self.ask(Method::GET, "rect", None).await;
        rect["x"].as_f64().unwrap() + rect["width"].as_f64().unwrap()
    }
}

/// WebDriver's `value`, or its error and message.
async fn ask(client: &Client, method: Method, url: &str, body: Option<&Value>) -> Result<Value, String> {
    let mut request = client.request(method, url);
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let answer = request.send().await.map_err(|e| e.to_string())?;
    let succeeded = answer.status().is_success();
    let text = answer.text().await.map_err(|e| e.to_string())?;
    let mut answer: Value = serde_json::from_str(&text).map_err(|e| format!("{e}: {text}"))?;
    if succeeded { Ok(answer["value"].take()) } else { Err(format!("{url}: {}", answer["value"]["message"])) }
}
