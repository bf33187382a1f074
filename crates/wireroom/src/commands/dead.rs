//! `wireroom dead`.
use crate::cli::Dead as Asked;
use crate::house::House;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
pub async fn run(_: &Arc<House>, _: Asked, _: CancellationToken) -> anyhow::Result<()> { anyhow::bail!("stub") }
