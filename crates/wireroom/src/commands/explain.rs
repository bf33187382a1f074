//! `wireroom explain`.
use crate::cli::Explain as Asked;
use crate::house::House;
use std::sync::Arc;
pub async fn run(_: &Arc<House>, _: &Asked) -> anyhow::Result<()> { anyhow::bail!("stub") }
