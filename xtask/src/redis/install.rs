//! Installing a server with the platform's package manager.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};

use super::find::{SERVER_VARIABLE, find, on_path};
use crate::process;

/// How one package manager installs a server.
struct Manager {
    program: &'static str,
    /// What has to run before the package can be installed.
    prepare: &'static [&'static str],
    install: &'static [&'static str],
    /// The packages that have a server, the first that can be installed counts.
    packages: &'static [&'static str],
    /// brew alone must not run as root.
    as_root: bool,
    env: &'static [(&'static str, &'static str)],
    /// Undoes what the package does beyond installing: Debian's starts a service, now and at every
    /// boot, which nobody asked for who only wanted to run tests.
    withdraw_service: bool,
}

const MANAGERS: [Manager; 5] = [
    Manager {
        program: "apt-get",
        prepare: &["update"],
        install: &["install", "-y", "--no-install-recommends"],
        packages: &["redis-server"],
        as_root: true,
        // RUNLEVEL (sysvinit) and SYSTEMD_OFFLINE keep the service from being started at all.
        env: &[
            ("DEBIAN_FRONTEND", "noninteractive"),
            ("RUNLEVEL", "1"),
            ("SYSTEMD_OFFLINE", "1"),
        ],
        withdraw_service: true,
    },
    Manager {
        program: "dnf",
        prepare: &[],
        install: &["install", "-y"],
        packages: &["redis", "valkey"],
        as_root: true,
        env: &[],
        withdraw_service: false,
    },
    Manager {
        program: "apk",
        prepare: &[],
        install: &["add", "--no-cache"],
        packages: &["redis", "valkey"],
        as_root: true,
        env: &[],
        withdraw_service: false,
    },
    Manager {
        program: "pacman",
        prepare: &[],
        install: &["-S", "--noconfirm", "--needed"],
        packages: &["valkey", "redis"],
        as_root: true,
        env: &[],
        withdraw_service: false,
    },
    Manager {
        program: "brew",
        prepare: &[],
        install: &["install"],
        packages: &["redis", "valkey"],
        as_root: false,
        env: &[],
        withdraw_service: false,
    },
];

/// The server to test with, installed if there was none.
///
/// # Errors
///
/// If there is none and it cannot be installed: says what to install and how.
pub(crate) fn ensure() -> Result<PathBuf> {
    if let Some(server) = find()? {
        return Ok(server);
    }
    println!("no redis-server or valkey-server on PATH");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let manager = MANAGERS
        .iter()
        .find(|manager| on_path(manager.program, &path).is_some())
        .with_context(|| by_hand(None))?;
    // The cause first: what to do about it reads as the answer.
    install(manager, is_root())
        .map_err(|cause| anyhow!("{cause:#}\n{}", by_hand(Some(manager))))?;
    match find()? {
        Some(server) => Ok(server),
        None => bail!("{}", by_hand(Some(manager))),
    }
}

fn install(manager: &Manager, root: bool) -> Result<()> {
    if !manager.prepare.is_empty() {
        process::run(&mut command(manager, manager.prepare, root))?;
    }
    let mut failed = None;
    for package in manager.packages {
        let args: Vec<_> = manager.install.iter().chain([package]).copied().collect();
        match process::run(&mut command(manager, &args, root)) {
            Ok(()) => {
                if manager.withdraw_service {
                    withdraw_service(root);
                }
                return Ok(());
            }
            Err(error) => failed = Some(error),
        }
    }
    Err(failed.context("no package to install")?)
}

/// The package manager's command, through sudo where that is needed. `-n`: nobody is there to be
/// asked for a password.
fn command(manager: &Manager, args: &[&str], root: bool) -> Command {
    let mut command = privileged(manager.program, root || !manager.as_root, manager.env);
    command.args(args);
    command
}

fn privileged(program: &str, root: bool, env: &[(&str, &str)]) -> Command {
    let mut command;
    if root {
        command = Command::new(program);
        command.envs(env.iter().copied());
    } else {
        // sudo clears the environment, so the variables go into its command.
        command = Command::new("sudo");
        command.args(["-n", "env"]);
        command.args(env.iter().map(|(name, value)| format!("{name}={value}")));
        command.arg(program);
    }
    command.stdin(Stdio::null());
    command
}

/// Stops and disables the service of the package just installed. There was none before, so nothing
/// of the user's is touched. A machine on which this fails can still run the tests, which use ports
/// of their own; hence it is only told.
fn withdraw_service(root: bool) {
    let commands: &[&[&str]] = if Path::new("/run/systemd/system").exists() {
        &[&["systemctl", "disable", "--now", "redis-server.service"]]
    } else {
        &[
            &["/etc/init.d/redis-server", "stop"],
            &["update-rc.d", "redis-server", "disable"],
        ]
    };
    for line in commands {
        let mut command = privileged(line[0], root, &[]);
        command.args(&line[1..]);
        if let Err(error) = process::run(&mut command) {
            eprintln!("warning: the service of redis-server may be left running: {error:#}");
        }
    }
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// What to do without us.
fn by_hand(manager: Option<&Manager>) -> String {
    let how = match manager {
        Some(manager) => format!("run `{}`", manager.line()),
        None => {
            let known = MANAGERS.map(|manager| manager.program).join(", ");
            format!(
                "none of {known} is here, so install the package that has redis-server (it may be \
                 called redis-server, redis or valkey)"
            )
        }
    };
    format!(
        "The tests need redis-server or valkey-server, and it could not be installed: {how}, \
         or set {SERVER_VARIABLE} to the path of one."
    )
}

impl Manager {
    /// What to type to install a server by hand.
    fn line(&self) -> String {
        let sudo = if self.as_root { "sudo " } else { "" };
        let program = self.program;
        let prepare = match self.prepare {
            [] => String::new(),
            args => format!("{sudo}{program} {} && ", args.join(" ")),
        };
        let install = self.install.join(" ");
        format!("{prepare}{sudo}{program} {install} {}", self.packages[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &Command) -> Vec<String> {
        [command.get_program()]
            .into_iter()
            .chain(command.get_args())
            .map(|word| word.display().to_string())
            .collect()
    }

    fn manager(program: &str) -> &'static Manager {
        MANAGERS
            .iter()
            .find(|manager| manager.program == program)
            .unwrap()
    }

    #[test]
    fn root_runs_the_package_manager_itself() {
        let command = command(manager("apt-get"), &["update"], true);
        assert_eq!(words(&command), ["apt-get", "update"]);
        let env: Vec<_> = command.get_envs().map(|(name, _)| name).collect();
        assert_eq!(env, ["DEBIAN_FRONTEND", "RUNLEVEL", "SYSTEMD_OFFLINE"]);
    }

    #[test]
    fn everybody_else_asks_sudo_which_must_not_ask_back() {
        let command = command(manager("apt-get"), &["update"], false);
        let expected = "sudo -n env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 SYSTEMD_OFFLINE=1 \
                        apt-get update";
        assert_eq!(words(&command).join(" "), expected);
    }

    #[test]
    fn brew_never_runs_as_root() {
        let command = command(manager("brew"), &["install", "redis"], false);
        assert_eq!(words(&command), ["brew", "install", "redis"]);
    }

    #[test]
    fn who_installs_by_hand_is_told_what_to_type() {
        let told = by_hand(Some(manager("apt-get")));
        let line = "sudo apt-get update && \
                    sudo apt-get install -y --no-install-recommends redis-server";
        assert!(told.contains(line), "{told}");
        assert!(told.contains(SERVER_VARIABLE), "{told}");
        assert!(by_hand(None).contains("redis-server"));
    }
}
