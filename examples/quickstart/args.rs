//! The command line: what may be asked for, and what it amounts to.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use clap::error::ErrorKind;

use crate::redis_url::{RedisUrl, redacted};
use crate::shop::Size;

const FULL_SECONDS: Duration = Duration::from_secs(5);
const QUICK_SECONDS: Duration = Duration::from_secs(1);

const ABOUT: &str =
    "Reads a shop with and without a cache, while rows change, and shows what the cache was worth";

const DETAILS: &str = "\
What it does:
  1. Builds a shop in an SQLite file, at the first run: 20,000 products, 5,000 users, 50,000 orders.
     Later runs find it there. A run that is interrupted leaves no half shop.
  2. Reads it for some seconds without a cache: tasks ask for products, users and order histories,
     few of them often and most of them rarely, while other tasks change rows.
  3. Does the same with the cache in front. Every change is committed, and then invalidated.
  4. Compares all rows that changed with the database, and prints a table: requests per second and
     latency with and without the cache, hits per level, queries saved, stale reads.

Stale reads:
  Every row has a version that each change raises. A read that began after an invalidation returned
  must have that version or a newer one. Another instance may be behind by the way the news takes, and
  never by more than 2 seconds. While Redis is away an invalidation reaches the instance that made it,
  and the others once Redis is back.

Traces (--trace):
  NAME.i32be  NAME.i64be   big-endian keys of 32 or 64 bits, one after another
  NAME.txt                 lines `time id bytes`
  Each may be compressed with xz (NAME.i32be.xz). Its keys become products, in the order in which they
  first occur; when there are more keys than products, several keys share a product. At most 5,000,000
  requests are read. Users and orders are mixed in, as without a trace.

Exit status:
  0  all went well
  1  a read was stale, a request failed, or a row differed from the database
  2  it could not start: a wrong argument, or a file that cannot be used

Examples:
  cargo run --release --example quickstart
  cargo run --release --example quickstart -- --redis redis://127.0.0.1:6379 --nodes 3
  cargo run --release --example quickstart -- --trace web12.i32be.xz --seconds 10";

/// The arguments as they are written. Not `Debug`: one of them may hold a password.
#[derive(Parser)]
#[command(name = "quickstart", version, about = ABOUT, after_long_help = DETAILS)]
struct Args {
    /// Put Redis behind the memory, as a level that instances share
    ///
    /// A user and password in the URL are never printed. If Redis dies during the run, the run goes on.
    #[arg(long, value_name = "URL")]
    redis: Option<String>,

    /// Replay an access trace instead of a generated sequence
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,

    /// Instances of the service; more than one share through Redis, and want --redis
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16), allow_negative_numbers = true)]
    nodes: u8,

    /// Seconds for each of the two measurements [default: 5, with --quick 1]
    #[arg(long, value_name = "N", value_parser = seconds, allow_negative_numbers = true)]
    seconds: Option<Duration>,

    /// A smaller shop (2,000 products, 500 users, 5,000 orders) and shorter measurements
    #[arg(long)]
    quick: bool,

    /// Tasks that read, spread over the instances
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1024), allow_negative_numbers = true)]
    readers: u16,

    /// Tasks that change rows, 50 a second each; 0 for none
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(0..=64), allow_negative_numbers = true)]
    writers: u16,

    /// Where the random sequence begins; the same seed asks the same questions
    #[arg(
        long,
        value_name = "N",
        default_value_t = 42,
        allow_negative_numbers = true
    )]
    seed: u64,

    /// The shop's file [default: quickstart/shop.sqlite in cargo's target folder, with --quick shop-quick.sqlite]
    ///
    /// It is built if it is missing, and anew if it was built with other sizes. Any other file is left alone. One run at a time
    /// can use a shop.
    #[arg(long, value_name = "PATH")]
    database: Option<PathBuf>,
}

/// What a run is to do. Everything in it is valid.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) redis: Option<RedisUrl>,
    pub(crate) trace: Option<PathBuf>,
    pub(crate) nodes: usize,
    pub(crate) length: Duration,
    pub(crate) size: Size,
    pub(crate) readers: usize,
    pub(crate) writers: usize,
    pub(crate) seed: u64,
    pub(crate) database: PathBuf,
}

/// Why there is no plan.
#[derive(Debug)]
pub(crate) enum NoPlan {
    /// Help or the version was asked for: this is it.
    Asked(clap::Error),
    /// An argument is wrong: this says which, in one line.
    Wrong(String),
}

impl Plan {
    /// Reads the arguments of a command line, its first being the program's name.
    pub(crate) fn parse(
        arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, NoPlan> {
        let args = Args::try_parse_from(arguments).map_err(|error| match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => NoPlan::Asked(error),
            _ => NoPlan::Wrong(one_line(&error)),
        })?;
        Self::of(args).map_err(NoPlan::Wrong)
    }

    fn of(args: Args) -> Result<Self, String> {
        // Parsed here and not by clap, whose errors repeat what they could not parse.
        let redis = args.redis.as_deref().map(RedisUrl::parse).transpose()?;
        if args.nodes > 1 && redis.is_none() {
            return Err(format!(
                "--nodes {} wants --redis URL: instances can only share through Redis",
                args.nodes
            ));
        }
        let (size, length) = if args.quick {
            (Size::QUICK, QUICK_SECONDS)
        } else {
            (Size::FULL, FULL_SECONDS)
        };
        Ok(Self {
            redis,
            trace: args.trace,
            nodes: args.nodes.into(),
            length: args.seconds.unwrap_or(length),
            size,
            readers: args.readers.into(),
            writers: args.writers.into(),
            seed: args.seed,
            database: args
                .database
                .unwrap_or_else(|| default_database(args.quick)),
        })
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().map_err(|_| "it is not a number")?;
    if !(0.1..=3_600.0).contains(&seconds) {
        return Err("it must be from 0.1 to 3600".to_owned());
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// The first paragraphs of an error, up to the usage, in one line.
fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let said = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("; ");
    redacted(said.strip_prefix("error: ").unwrap_or(&said))
}

/// In the folder that cargo builds into, next to this very program; elsewhere in the system's folder for temporary files.
fn default_database(quick: bool) -> PathBuf {
    let folder = env::current_exe()
        .ok()
        .as_deref()
        .and_then(target_folder)
        .map_or_else(
            || env::temp_dir().join("cacheflow-quickstart"),
            |target| target.join("quickstart"),
        );
    folder.join(if quick {
        "shop-quick.sqlite"
    } else {
        "shop.sqlite"
    })
}

/// `target` of `target/release/examples/quickstart`.
fn target_folder(program: &Path) -> Option<&Path> {
    let examples = program.parent()?;
    if examples.file_name()? != "examples" {
        return None;
    }
    examples.parent()?.parent()
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use clap::CommandFactory;

    use super::{Args, NoPlan, Plan, target_folder};
    use crate::shop::Size;

    fn parse(arguments: &[&str]) -> Result<Plan, NoPlan> {
        let all = ["quickstart"].iter().chain(arguments);
        Plan::parse(all)
    }

    fn plan(arguments: &[&str]) -> Plan {
        parse(arguments).unwrap()
    }

    fn refusal(arguments: &[&str]) -> String {
        match parse(arguments) {
            Err(NoPlan::Wrong(why)) => why,
            other => panic!("{arguments:?} gave {other:?}"),
        }
    }

    fn help() -> String {
        match parse(&["--help"]) {
            Err(NoPlan::Asked(help)) => help.to_string(),
            other => panic!("--help gave {other:?}"),
        }
    }

    #[test]
    fn the_command_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn without_arguments_it_measures_the_full_shop_twice_for_five_seconds() {
        let plan = plan(&[]);
        assert_eq!(plan.size, Size::FULL);
        assert_eq!(plan.length, Duration::from_secs(5));
        assert_eq!((plan.nodes, plan.readers, plan.writers), (1, 32, 2));
        assert!(plan.redis.is_none() && plan.trace.is_none());
        assert!(plan.database.ends_with("quickstart/shop.sqlite"));
    }

    #[test]
    fn quick_is_small_and_short_and_seconds_overrule_it() {
        assert_eq!(plan(&["--quick"]).size, Size::QUICK);
        assert_eq!(plan(&["--quick"]).length, Duration::from_secs(1));
        assert!(plan(&["--quick"]).database.ends_with("shop-quick.sqlite"));
        let slower = plan(&["--quick", "--seconds", "2.5"]);
        assert_eq!(slower.length, Duration::from_millis(2_500));
    }

    #[test]
    fn wrong_arguments_are_refused_in_one_line_that_names_them() {
        for (arguments, expected) in [
            (&["--nodes", "0"][..], "--nodes"),
            (&["--nodes", "17"], "1..=16"),
            (&["--nodes", "-1"], "--nodes"),
            (&["--nodes", "3"], "only share through Redis"),
            (&["--nodes=three"], "--nodes"),
            (&["--seconds", "-3"], "from 0.1 to 3600"),
            (&["--seconds", "0"], "from 0.1 to 3600"),
            (&["--seconds", "nan"], "from 0.1 to 3600"),
            (&["--seconds", "inf"], "from 0.1 to 3600"),
            (&["--seconds", "soon"], "not a number"),
            (&["--readers", "0"], "--readers"),
            (&["--writers", "-1"], "--writers"),
            (&["--seed", "-1"], "--seed"),
            (&["--redis", "127.0.0.1:6379"], "--redis wants a URL"),
            (&["--redis"], "--redis"),
            (&["--sedonds", "3"], "--sedonds"),
            (&["extra"], "extra"),
        ] {
            let refusal = refusal(arguments);
            assert!(refusal.contains(expected), "{arguments:?}: {refusal}");
            assert!(!refusal.contains('\n'), "{arguments:?}: {refusal}");
        }
    }

    #[test]
    fn a_password_is_in_no_refusal_and_in_no_plan() {
        for arguments in [
            &["redis://:secret@db:6379"][..],
            &[":secret@db:6379"],
            &["--redis", ":secret@db:6379"],
            &["--radis=redis://:secret@db"],
            &["--nodes", "redis://:secret@db"],
            &["--redis", "redis://:secret@db", "--nodes", "0"],
            &["--quick=redis://:secret@db"],
        ] {
            let refusal = refusal(arguments);
            assert!(!refusal.contains("secret"), "{arguments:?}: {refusal}");
        }
        let plan = plan(&["--redis", "redis://:secret@db:6379", "--nodes", "3"]);
        assert!(!format!("{plan:?}").contains("secret"));
    }

    #[test]
    fn help_names_every_option_and_every_exit_status() {
        let help = help();
        for argument in Args::command().get_arguments() {
            let name = argument.get_long().unwrap_or_default();
            assert!(help.contains(&format!("--{name}")), "--{name}");
        }
        for text in [
            "Exit status",
            "\n  0 ",
            "\n  1 ",
            "\n  2 ",
            "time id bytes",
            "i64be",
        ] {
            assert!(help.contains(text), "{text}");
        }
        let bound = format!("{} seconds", crate::node::MAX_STALENESS.as_secs());
        assert!(help.contains(&bound), "{bound}");
        let full = Size::FULL;
        for number in [full.products, full.users, full.orders] {
            assert!(
                help.contains(&crate::report::count(number.into())),
                "{number}"
            );
        }
    }

    #[test]
    fn the_shop_lies_in_the_folder_that_cargo_builds_into() {
        let target = target_folder(Path::new("/code/target/release/examples/quickstart"));
        assert_eq!(target, Some(Path::new("/code/target")));
        assert_eq!(target_folder(Path::new("/usr/bin/quickstart")), None);
        assert_eq!(target_folder(Path::new("quickstart")), None);
    }
}
