//! For comparison: the same rows, written with nothing but `SET`.

use anyhow::Result;

use crate::PAGE;
use crate::database::Database;

/// So many commands are in one pipeline, as in a batch of a warmer.
const PIPELINE: usize = 500;

pub(crate) async fn write(url: &str, database: &Database) -> Result<()> {
    let client = redis::Client::open(url)?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let mut after = 0;
    loop {
        let rows = database.page(after, PAGE).await?;
        let Some((last, _)) = rows.last() else {
            return Ok(());
        };
        after = *last;
        for rows in rows.chunks(PIPELINE) {
            let mut pipeline = redis::pipe();
            for (id, user) in rows {
                let name = format!("bare:users:{id}");
                let command = pipeline.cmd("SET").arg(name).arg(serde_json::to_vec(user)?);
                command.arg("PX").arg(3_600_000).ignore();
            }
            pipeline.query_async::<()>(&mut connection).await?;
        }
    }
}
