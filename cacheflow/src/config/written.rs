//! `cacheflow.toml`: every option, with its default.

use super::options::{BusOptions, CacheFlowConfig, CacheOptions, RedisOptions, WarmingOptions};
use super::table::{Preset, Row, Table};

const HEAD: &str = "\
## Every option of CacheFlow. One that begins with `# ` has the value that holds without
## this file; one that begins with `#: ` has none, and could have that.
##
## Durations are texts like \"90s\" and \"1h 30m\", or numbers of seconds; sizes texts like
## \"100 MiB\" and \"64kb\", or numbers of bytes. Variables win over this file:
## CACHEFLOW_NAMESPACE, CACHEFLOW_REDIS__URLS, CACHEFLOW_CACHES__USERS__TTL.
";

impl CacheFlowConfig {
    /// `cacheflow.toml` with every option, its default and what it is, all of them as
    /// comments: as such it says nothing.
    #[must_use]
    pub fn reference() -> String {
        let mut text = HEAD.to_owned();
        section(&mut text, None, Self::ROWS);
        let tables = [
            ("redis", RedisOptions::ROWS),
            ("bus", BusOptions::ROWS),
            ("warming", WarmingOptions::ROWS),
            ("defaults", CacheOptions::ROWS),
        ];
        for (name, rows) in tables {
            section(&mut text, Some(name), rows);
        }
        text.push_str(
            "\n## Each cache may have all of that for itself; names with other characters than\n\
             ## letters, digits, _ and - in quotes.\n#: [caches.users]\n#: ttl = \"1h\"\n",
        );
        text
    }

    /// The names of all options: `namespace`, `redis.urls`, `caches.*.ttl`.
    #[must_use]
    pub fn option_names() -> Vec<String> {
        let tables = [
            ("", Self::ROWS),
            ("redis.", RedisOptions::ROWS),
            ("bus.", BusOptions::ROWS),
            ("warming.", WarmingOptions::ROWS),
            ("caches.*.", CacheOptions::ROWS),
        ];
        let names = tables
            .into_iter()
            .flat_map(|(table, rows)| rows.iter().map(move |row| format!("{table}{}", row.name)));
        names.collect()
    }
}

fn section(text: &mut String, table: Option<&str>, rows: &[Row]) {
    if let Some(table) = table {
        text.push_str(&format!("\n[{table}]\n"));
    }
    for row in rows {
        text.push('\n');
        for line in row.about {
            text.push_str(&format!("##{line}\n"));
        }
        match row.preset {
            Preset::Is(value) => text.push_str(&format!("# {} = {value}\n", row.name)),
            Preset::None(value) => text.push_str(&format!("#: {} = {value}\n", row.name)),
        }
    }
}
