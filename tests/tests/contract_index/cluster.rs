//! A Redis Cluster of three masters, shared by the tests of a run.

use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::OnceCell;

pub(crate) struct Cluster {
    /// Each master's own port and its cluster bus's.
    ports: Vec<(u16, u16)>,
    /// A static is never dropped: each server also ends with its standard input.
    _servers: Vec<Server>,
    _folder: TempDir,
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // The shell ends the server, then itself.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// The run's cluster, started at first use.
pub(crate) async fn cluster() -> &'static Cluster {
    static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
    CLUSTER.get_or_init(Cluster::start).await
}

impl Cluster {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ports: Vec<_> = (0..3).map(|_| (harness::free_port(), harness::free_port())).collect();
        let servers = ports.iter().map(|(port, bus)| serve(*port, *bus, &folder)).collect();
        let cluster = Self { ports, _servers: servers, _folder: folder };
        cluster.form().await;
        cluster
    }

    /// A third of the slots each; then they meet, and agree.
    async fn form(&self) {
        for (i, (port, _)) in self.ports.iter().enumerate() {
            let (first, last) = (i * 16_384 / 3, (i + 1) * 16_384 / 3 - 1);
            let mut node = connect(*port).await;
            let mut slots = redis::cmd("CLUSTER");
            slots.arg("ADDSLOTSRANGE").arg(first).arg(last);
            slots.query_async::<()>(&mut node).await.unwrap();
        }
        let mut first = connect(self.ports[0].0).await;
        for (port, bus) in &self.ports[1..] {
            let mut meet = redis::cmd("CLUSTER");
            meet.arg("MEET").arg("127.0.0.1").arg(*port).arg(*bus);
            meet.query_async::<()>(&mut first).await.unwrap();
        }
        for (port, _) in &self.ports {
            let node = connect(*port).await;
            until(|| async {
                let info: String = redis::cmd("CLUSTER").arg("INFO").query_async(&mut node.clone()).await.unwrap();
                info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
            })
            .await;
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.ports[0].0)
    }
}

fn serve(port: u16, bus: u16, folder: &TempDir) -> Server {
    let home = folder.path().join(port.to_string());
    std::fs::create_dir_all(&home).unwrap();
    // The shell ends its server when our end of its standard input closes, however this process ends.
    let script = r#""$@" & server=$!; cat >/dev/null; kill -9 "$server""#;
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh", "redis-server", "--bind", "127.0.0.1", "--save", "", "--cluster-enabled", "yes"]);
    command.args(["--cluster-node-timeout", "15000", "--port", &port.to_string()]);
    command.args(["--cluster-port", &bus.to_string(), "--dir"]).arg(&home);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    Server(child.expect("redis-server is installed (Debian: redis-server)"))
}

async fn connect(port: u16) -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}")).unwrap();
    until(|| async { client.get_multiplexed_async_connection().await.is_ok() }).await;
    client.get_multiplexed_async_connection().await.unwrap()
}

/// Waits until `holds` does; a minute at most.
pub(crate) async fn until<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) {
    let waited = tokio::time::timeout(Duration::from_secs(60), async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    waited.await.expect("the condition holds within a minute");
}
