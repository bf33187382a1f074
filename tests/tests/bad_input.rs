//! What operators get wrong: each a clear message that names what was wrong and what to do, and nothing else is lost.

use crate::installation::{Installation, Mode, binary, eventually};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Duration;

fn installation() -> Installation {
    Installation::new(Mode::Embedded, "127.0.0.1:9".parse().unwrap(), "")
}

#[track_caller]
fn refused(installation: &Installation, arguments: &[&str], words: &[&str]) {
    let (good, _, said) = installation.command(arguments);
    assert!(!good, "{arguments:?} should fail");
    for word in words {
        assert!(said.contains(word), "{arguments:?} said “{said}”, without “{word}”");
    }
}

#[test]
fn a_port_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let set = format!("site.listen={address}");
    refused(&installation(), &["--set", &set, "run"], &["site.listen", &address, "taken"]);
}

#[test]
fn an_unknown_setting() {
    refused(&installation(), &["--set", "queue.prefech=3", "config", "check"], &["queue.prefech", "queue.prefetch"]);
}

#[test]
fn a_source_that_is_no_address() {
    refused(&installation(), &["sources", "add", "not an address"], &["not an address", "https://"]);
    refused(&installation(), &["sources", "add", "ftp://example.org/feed"], &["https://"]);
}

#[test]
fn a_list_with_a_wrong_entry_changes_nothing() {
    let installation = installation();
    let list = installation.folder().join("list.toml");
    let good = "[[source]]\nname = \"Good\"\nfeeds = [\"https://good.example/feed\"]\n";
    std::fs::write(&list, format!("{good}[[source]]\nname = \"Bad\"\nfeeds = [\"nowhere\"]\n")).unwrap();
    refused(&installation, &["sources", "import", list.to_str().unwrap()], &["list.toml", "Bad", "nowhere"]);
    let (good, out, _) = installation.command(&["sources", "list", "--json"]);
    assert!(good && out.trim() == "[]", "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_on_the_same_data_says_so() {
    let mut installation = installation();
    installation.start();
    // The queue's file is made by whoever holds its lock.
    let queue = installation.folder().join("queue.db");
    eventually(Duration::from_secs(60), || async { (!queue.exists()).then(|| installation.logs()) }).await;
    refused(&installation, &["run"], &["belongs to another process"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_release() {
    let installation = installation();
    drop(installation.store().await);
    let url = format!("sqlite:{}/store.db", installation.folder().display());
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(&url).await.unwrap();
    sqlx::query("UPDATE wireroom_schema SET version = 9999").execute(&pool).await.unwrap();
    pool.close().await;
    refused(&installation, &["sources", "list"], &["9999", "newer release"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_not_there_is_waited_for() {
    let installation = installation();
    let (broker, metrics) = (harness::free_port(), harness::free_port());
    let mut child = Command::new(binary())
        .args(["--set", &format!("queue.url=amqp://guest:guest@127.0.0.1:{broker}/%2f")])
        .args(["--set", &format!("metrics.listen=127.0.0.1:{metrics}")])
        .args(["--set", &format!("store.url=sqlite:{}/store.db", installation.folder().display())])
        .args(["--set", "site.contact=desk@wireroom.example"])
        .arg("publisher")
        .current_dir(installation.folder())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let ready = format!("http://127.0.0.1:{metrics}/readyz");
    eventually(Duration::from_secs(60), || async {
        match reqwest::Client::builder().no_proxy().build().unwrap().get(&ready).send().await {
            Ok(response) => {
                let status = response.status().as_u16();
                let text = response.text().await.unwrap_or_default();
                (status != 503 || !text.contains("queue")).then(|| format!("{status}: {text}"))
            }
            Err(e) => Some(e.to_string()),
        }
    })
    .await;
    assert!(child.try_wait().unwrap().is_none(), "it waits, it doesn't exit");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn without_a_contact_the_message_says_which_key_is_missing() {
    let folder = tempfile_folder();
    let run = |arguments: &[&str]| {
        let output =
            Command::new(binary()).args(arguments).current_dir(folder.path()).stdin(Stdio::null()).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (good, said) = run(&["--set", "site.listen=0.0.0.0:0", "--set", "metrics.listen=", "site"]);
    assert!(!good && said.contains("site.contact"), "{said}");
    let (good, said) = run(&["--set", "queue.url=amqp://127.0.0.1:1/", "--set", "metrics.listen=", "fetcher"]);
    assert!(!good && said.contains("site.contact"), "{said}");
}

fn tempfile_folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}
