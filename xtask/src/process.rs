//! Starting programs, and saying so.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The cargo that started us, in the root of the workspace and without a terminal to ask.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(root()).stdin(Stdio::null());
    command
}

/// Prints what begins now.
pub(crate) fn heading(text: &str) {
    println!("\n=== {text} ===");
}

/// Runs a command to its end, its output going where ours goes.
///
/// # Errors
///
/// If it cannot be started or does not succeed.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = announce(command);
    let status = command
        .status()
        .with_context(|| format!("`{line}` cannot be started"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs a command to its end and returns what it prints; its errors go where ours go.
///
/// # Errors
///
/// If it cannot be started, does not succeed, or prints what is no text.
pub(crate) fn stdout(command: &mut Command) -> Result<String> {
    let line = command_line(command);
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("`{line}` cannot be started"))?;
    if !output.status.success() {
        bail!("`{line}` failed ({})", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` prints no text"))
}

/// Prints the command as one would type it, and returns that line.
pub(crate) fn announce(command: &Command) -> String {
    let line = command_line(command);
    println!("$ {line}");
    line
}

fn command_line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    // Cargo hands us the whole path of itself, which only hides the rest of the line.
    let program = match program.file_name() {
        Some(name) if name == "cargo" => Path::new(name),
        _ => program,
    };
    let envs = command
        .get_envs()
        .filter_map(|(name, value)| Some(format!("{}={:?}", name.display(), value?)));
    envs.chain([program.display().to_string()])
        .chain(command.get_args().map(|arg| arg.display().to_string()))
        .collect::<Vec<_>>()
        .join(" ")
}

/// A duration as one would say it: `3.2 s`, `12 min 05 s`.
pub(crate) fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_typed() {
        let mut command = Command::new("/opt/rust/bin/cargo");
        command
            .args(["doc", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(
            command_line(&command),
            "RUSTDOCFLAGS=\"-D warnings\" cargo doc --no-deps"
        );
    }

    #[test]
    fn durations_are_spoken_in_seconds_then_minutes() {
        assert_eq!(spoken(Duration::from_millis(3_210)), "3.2 s");
        assert_eq!(spoken(Duration::from_secs(725)), "12 min 05 s");
    }
}
