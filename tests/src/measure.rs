//! What benches measure beside: a rate, the CPU time of this process, and the least that a stage on RabbitMQ can be.

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use std::time::Instant;

/// What some messages cost.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// Messages a second.
    pub rate: f64,
    /// Microseconds of this process's CPU time a message.
    pub cpu_micros: f64,
}

impl Measure {
    /// Of work on `n` messages.
    pub async fn of<F: Future<Output = ()>>(n: u32, work: F) -> Self {
        let (began, cpu) = (Instant::now(), cpu_seconds());
        work.await;
        let rate = f64::from(n) / began.elapsed().as_secs_f64();
        Self { rate, cpu_micros: (cpu_seconds() - cpu) * 1e6 / f64::from(n) }
    }

    /// The median over rounds of what `of` makes of the bare stage and of ours in the same one: a machine is not equally
    /// fast in all of them.
    pub fn by_round(bare: &[Self], ours: &[Self], of: impl Fn(&Self, &Self) -> f64) -> f64 {
        let mut figures: Vec<f64> = bare.iter().zip(ours).map(|(bare, ours)| of(bare, ours)).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    }

    /// The median of some rounds by their rate.
    pub fn median(mut rounds: Vec<Self>) -> Self {
        rounds.sort_by(|a, b| a.rate.total_cmp(&b.rate));
        rounds[rounds.len() / 2]
    }

    /// One line of a report.
    pub fn line(&self, name: &str) -> String {
        format!("{name:<44} {:>8.0} messages/s  {:>6.0} µs CPU/message", self.rate, self.cpu_micros)
    }
}

/// Seconds of CPU that this process has used.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

/// The least that passes `n` messages on from one queue to another: consume, publish with confirm and mandatory, ack
/// when the confirm comes. Panics where the broker does anything else.
#[allow(clippy::unwrap_used)]
pub async fn bare_lapin(url: &str, from: &str, to: &str, prefetch: u16, n: u32) -> Measure {
    let properties = ConnectionProperties::default;
    let consuming = Connection::connect(url, properties()).await.unwrap();
    let publishing = Connection::connect(url, properties()).await.unwrap();
    let out = publishing.create_channel().await.unwrap();
    out.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    let channel = consuming.create_channel().await.unwrap();
    channel.basic_qos(prefetch, BasicQosOptions::default()).await.unwrap();
    let measure = Measure::of(n, async {
        let options = BasicConsumeOptions::default();
        let mut consumer = channel.basic_consume(from.into(), "".into(), options, FieldTable::default()).await.unwrap();
        let mut under_way = FuturesUnordered::new();
        let mut acked = 0;
        while acked < n {
            tokio::select! {
                Some(delivery) = consumer.next() => {
                    let delivery = delivery.unwrap();
                    let options = BasicPublishOptions { mandatory: true, immediate: false };
                    let properties = delivery.properties.clone();
                    let confirm =
                        out.basic_publish("".into(), to.into(), options, &delivery.data, properties).await.unwrap();
                    under_way.push(async move {
                        assert!(confirm.await.unwrap().is_ack());
                        delivery.ack(BasicAckOptions::default()).await.unwrap();
                    });
                }
                Some(()) = under_way.next(), if !under_way.is_empty() => acked += 1,
            }
        }
    })
    .await;
    consuming.close(200, "done".into()).await.unwrap();
    publishing.close(200, "done".into()).await.unwrap();
    measure
}
