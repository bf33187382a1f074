//! `wireroom explain`: what became of it, in time order.

use crate::cli::Explain as Asked;
use crate::house::House;
use crate::output::{json, line};
use std::sync::Arc;

/// Prints what is known about an address, an article or a message.
pub(crate) async fn run(house: &Arc<House>, asked: &Asked) -> anyhow::Result<()> {
    let explanation = replay::explain(&house.store().await?, &asked.what).await?;
    if asked.json {
        return json(&explanation);
    }
    line(explanation.to_string().trim_end());
    Ok(())
}
