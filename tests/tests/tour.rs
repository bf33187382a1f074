//! The demo's tour: each of its five steps does, as shown in the terminal, what it says.

use crate::installation::binary;
use reqwest::{Client, StatusCode};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Long enough for the slowest machine; a test that passes never waits for it.
const PATIENCE: Duration = Duration::from_secs(110);

/// A running demo, as a person has it in a terminal.
struct Demo {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
    folder: PathBuf,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A step of the tour: what stands under its heading.
struct Step {
    heading: String,
    lines: Vec<String>,
}

impl Demo {
    fn start(folder: &Path) -> Self {
        let address = || format!("127.0.0.1:{}", harness::free_port());
        let mut child = Command::new(binary())
            .args(["demo", "--seconds", "120", "--listen", &address(), "--press", &address(), "--data", "demo"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(folder.join("demo.log")).unwrap())
            .spawn()
            .unwrap();
        let (send, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self { child, lines, seen: Vec::new(), folder: folder.to_owned() }
    }

    /// Waits for step `number` and the `count` lines under its heading.
    fn step(&mut self, number: usize, count: usize) -> Step {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let at = self.seen.iter().position(|line| line.starts_with(&format!("{number}. ")));
            if let Some(at) = at.filter(|at| self.seen.len() > at + count) {
                let lines = self.seen[at + 1..=at + count].iter().map(|line| line.trim().to_owned()).collect();
                return Step { heading: self.seen[at].clone(), lines };
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.seen.push(line),
                Err(_) => {
                    let log = std::fs::read_to_string(self.folder.join("demo.log")).unwrap_or_default();
                    panic!("step {number} did not come:\n{}\n{log}", self.seen.join("\n"));
                }
            }
        }
    }

    /// Runs a command as shown, in the same folder.
    #[track_caller]
    fn run(&self, shown: &str) -> String {
        let command = shown.strip_prefix("$ ").unwrap_or_else(|| panic!("“{shown}” is no command"));
        let output = Command::new("sh").args(["-c", command]).current_dir(&self.folder).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "$ {command}\n{out}\n{err}");
        out.into_owned()
    }
}

/// The address in a line.
fn link(line: &str) -> &str {
    let from = line.find("http://").unwrap_or_else(|| panic!("“{line}” has no link"));
    line[from..].split_whitespace().next().unwrap()
}

async fn read(client: &Client, url: &str) -> (StatusCode, String) {
    let response = client.get(url).send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

/// The number before or after `word` in a command's account, such as `3 passed`.
fn count(text: &str, word: &str) -> u64 {
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let at = words.iter().position(|w| *w == word).unwrap_or_else(|| panic!("no “{word}” in:\n{text}"));
    let near = [at.checked_sub(1), Some(at + 1)];
    near.into_iter()
        .flatten()
        .find_map(|i| words.get(i)?.parse().ok())
        .unwrap_or_else(|| panic!("no number beside “{word}” in:\n{text}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_works_as_shown() {
    let folder = tempfile::tempdir().unwrap();
    let client = Client::builder().no_proxy().build().unwrap();
    let mut demo = Demo::start(folder.path());

    // 1. A story with its copies, and why they are copies.
    let step = demo.step(1, 1);
    let copies = count(&step.heading, "copies");
    let (status, page) = read(&client, link(&step.lines[0])).await;
    assert_eq!(status, StatusCode::OK);
    let shown = page.split("class=\"copies\"").nth(1).expect("the page lists its copies");
    assert!(shown.matches("class=\"evidence\"").count() as u64 >= copies, "{copies} copies in {shown}");

    // 2. A source that just broke.
    let step = demo.step(2, 1);
    let name = step.heading.split_once(": ").unwrap().1;
    let health = demo.run(&step.lines[0]);
    let row = health.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("no {name} in:\n{health}"));
    assert!(row.contains("500"), "{name} is broken, and its row says why: {row}");

    // 3. A dead letter and its replay.
    let step = demo.step(3, 2);
    let groups = demo.run(&step.lines[0]);
    assert!(groups.contains("charset"), "{groups}");
    let account = demo.run(&step.lines[1]);
    assert!(count(&account, "passed") >= 1, "{account}");

    // 4. What became of an address.
    let step = demo.step(4, 1);
    let story = demo.run(&step.lines[0]);
    for stage in ["retriever", "deduplicator", "publisher"] {
        assert!(story.contains(stage), "{stage} in:\n{story}");
    }

    // 5. A removal.
    let step = demo.step(5, 2);
    let page = link(&step.lines[1]).to_owned();
    assert_eq!(read(&client, &page).await.0, StatusCode::OK, "{page} before its removal");
    demo.run(&step.lines[0]);
    assert_eq!(read(&client, &page).await.0, StatusCode::GONE, "{page} after its removal");
}
