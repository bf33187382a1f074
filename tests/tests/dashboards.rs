//! Dashboards and rules against a real Prometheus that scrapes a running installation: every query works, and every
//! panel shows something.

use crate::installation::{Installation, Mode, eventually};
use harness::{HarnessError, Prometheus};
use press::{Fault, Press, PressSettings, RunningPress};
use reqwest::Client;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Long enough for the slowest machine; a test that passes never waits for it.
const PATIENCE: Duration = Duration::from_secs(120);

fn deploy(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(file).canonicalize().unwrap()
}

/// A query of a dashboard or a rule.
struct Query {
    place: String,
    expr: String,
    /// Labels that its legend names.
    legend: Vec<String>,
}

/// What a dashboard's panels ask, with its variables filled in as for "all".
fn of_dashboard(file: &str) -> Vec<Query> {
    let dashboard: Value = serde_json::from_slice(&std::fs::read(deploy(file)).unwrap()).unwrap();
    let mut queries = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        for said in ["description", "type"] {
            assert!(panel[said].as_str().is_some_and(|s| !s.is_empty()), "panel “{title}” has no {said}");
        }
        if panel["type"] == "row" {
            continue;
        }
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "panel “{title}” has no unit");
        for target in panel["targets"].as_array().unwrap() {
            let expr = target["expr"].as_str().unwrap();
            queries.push(Query {
                place: format!("panel “{title}”"),
                expr: expr.replace("$job", ".+").replace("$__rate_interval", "30s"),
                legend: braced(target["legendFormat"].as_str().unwrap_or_default()),
            });
        }
    }
    assert!(!queries.is_empty(), "{file} asks nothing");
    queries
}

/// What stands in `{{…}}`.
fn braced(legend: &str) -> Vec<String> {
    legend
        .split("{{")
        .skip(1)
        .filter_map(|rest| rest.split_once("}}"))
        .map(|(label, _)| label.trim().to_owned())
        .collect()
}

/// The metrics an expression names.
fn metrics(expr: &str) -> BTreeSet<String> {
    expr.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with("wireroom_"))
        .map(str::to_owned)
        .collect()
}

/// An alert's left side: what it compares, which must be there while nothing is wrong too.
fn compared(expr: &str) -> &str {
    let end = [" == ", " > ", " < ", " >= ", " <= "].iter().filter_map(|op| expr.rfind(op)).max();
    end.map_or(expr, |at| &expr[..at])
}

/// Prometheus's answer to a query; Err with its word if it can't be parsed.
async fn ask(client: &Client, prometheus: &Prometheus, expr: &str) -> Result<Vec<Value>, String> {
    let mut url = url::Url::parse(&format!("{}/query", prometheus.api())).unwrap();
    url.query_pairs_mut().append_pair("query", expr);
    let answer: Value = serde_json::from_slice(&client.get(url).send().await.unwrap().bytes().await.unwrap()).unwrap();
    match answer["status"].as_str() {
        Some("success") => Ok(answer["data"]["result"].as_array().cloned().unwrap_or_default()),
        _ => Err(answer["error"].as_str().unwrap_or("no answer").to_owned()),
    }
}

/// What a query lacks, if anything.
async fn lacks(client: &Client, prometheus: &Prometheus, query: &Query) -> Option<String> {
    // A fallback is for an operator's eye; here the metric itself has to answer.
    let bare = query.expr.replace(" or vector(0)", "");
    let expr = bare.split(" or ").next().unwrap_or_default();
    let expr = if query.place.starts_with("rule") || expr.len() < query.expr.len() { compared(expr) } else { expr };
    let result = match ask(client, prometheus, expr).await {
        Ok(result) => result,
        Err(why) => panic!("{}: {why}\n{}", query.place, query.expr),
    };
    if let Some(label) = result.iter().find_map(|r| query.legend.iter().find(|l| r["metric"][l.as_str()].is_null())) {
        panic!("{}: the legend names {label}, which the result does not have\n{}", query.place, query.expr);
    }
    let number = |r: &Value| r["value"][1].as_str().is_some_and(|v| v != "NaN");
    (!result.iter().any(number)).then(|| format!("{} has no data\n{expr}", query.place))
}

async fn get(client: &Client, url: &str) -> Value {
    serde_json::from_slice(&client.get(url).send().await.unwrap().bytes().await.unwrap()).unwrap()
}

/// The rules as Prometheus read them, once it has evaluated each without an error.
async fn rules(client: &Client, prometheus: &Prometheus) -> Vec<Query> {
    let url = format!("{}/rules", prometheus.api());
    eventually(PATIENCE, || async {
        let rules = read_rules(&get(client, &url).await);
        let waits = rules.is_empty() || rules.iter().any(|r| r["health"] == "unknown");
        waits.then(|| "rules are not evaluated".to_owned())
    })
    .await;
    let rules = read_rules(&get(client, &url).await);
    if let Some(broken) = rules.iter().find(|r| r["health"] != "ok") {
        panic!("{broken}");
    }
    let query = |rule: &Value| Query {
        place: format!("rule {}", rule["name"].as_str().unwrap()),
        expr: rule["query"].as_str().unwrap().to_owned(),
        legend: Vec::new(),
    };
    rules.iter().map(query).collect()
}

fn read_rules(answer: &Value) -> Vec<Value> {
    let groups = answer["data"]["groups"].as_array().into_iter().flatten();
    groups.flat_map(|group| group["rules"].as_array().cloned().unwrap_or_default()).collect()
}

/// News, copies, a publisher whose pages die, and one whose feed fails.
async fn press() -> RunningPress {
    let settings = PressSettings {
        seed: 5,
        publishers: 12,
        rate: 5.0,
        suffix: "example".to_owned(),
        port_in_addresses: false,
        faults: vec![Fault::PageMojibake, Fault::PageRedirectLoop, Fault::PageNotArticle, Fault::FeedServerError],
        ..PressSettings::default()
    };
    Press::new(settings).start("127.0.0.1:0".parse().unwrap()).await.unwrap()
}

/// Reads the site as people do, also where nothing is.
async fn read_the_site(client: &Client, site: &str) {
    for path in ["/", "/about", "/search?q=the", "/feed.xml", "/no-such-page"] {
        // It may not be served yet: the next round asks again.
        let _ = client.get(format!("http://{site}{path}")).send().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_panel_and_rule_has_data() {
    let (metrics_at, site) =
        (format!("127.0.0.1:{}", harness::free_port()), format!("127.0.0.1:{}", harness::free_port()));
    let prometheus =
        match Prometheus::start("wireroom", std::slice::from_ref(&metrics_at), Some(&deploy("prometheus/rules.yml"))) {
            Err(missing @ HarnessError::Missing { .. }) => return harness::skip("dashboards", &missing.to_string()),
            other => other.unwrap(),
        };
    let press = press().await;
    let mut installation = Installation::new(Mode::Embedded, press.addr(), "");
    installation.set(format!("metrics.listen={metrics_at}"));
    installation.set(format!("site.listen={site}"));
    let store = installation.store().await;
    for source in press.sources() {
        store.put_source(&source).await.unwrap();
    }
    installation.start();

    let client = Client::builder().no_proxy().build().unwrap();
    let mut queries = of_dashboard("grafana/news.json");
    queries.extend(rules(&client, &prometheus).await);
    eventually(PATIENCE, || async {
        read_the_site(&client, &site).await;
        for query in &queries {
            if let Some(what) = lacks(&client, &prometheus, query).await {
                return Some(format!("{what}\n{}", installation.logs()));
            }
        }
        None
    })
    .await;

    let scrape = client.get(format!("http://{metrics_at}/metrics")).send().await.unwrap().text().await.unwrap();
    for query in &queries {
        // As written, fallbacks and comparisons included.
        ask(&client, &prometheus, &query.expr).await.unwrap_or_else(|why| panic!("{}: {why}", query.place));
        for metric in metrics(&query.expr) {
            let there =
                scrape.lines().any(|line| line.strip_prefix(&metric).is_some_and(|rest| rest.starts_with(['{', ' '])));
            assert!(there, "{} asks for {metric}, which the process does not have", query.place);
        }
    }
}

#[test]
fn expressions_are_taken_apart() {
    assert_eq!(compared("max by (q) (m{q=~\".+\"}) > 0"), "max by (q) (m{q=~\".+\"})");
    assert_eq!(compared("rate(m[5m])"), "rate(m[5m])");
    assert_eq!(braced("{{stage}} of {{ outcome }}"), ["stage", "outcome"]);
    assert_eq!(metrics("sum(wireroom_a_total{x=~\"b\"}) / up"), BTreeSet::from(["wireroom_a_total".to_owned()]));
}
