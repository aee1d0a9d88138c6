//! Where configuration is found: files and variables.

use std::env;
use std::ffi::OsString;
use std::path::Path;

use super::Faults;
use super::options::CacheFlowConfig;
use super::tree::Tree;
use crate::error::{Error, ErrorKind, Result};

/// The file that is read if it is there.
const FILE: &str = "cacheflow.toml";

/// What names the options in the environment.
const PREFIX: &str = "CACHEFLOW_";

/// Which file is read in place of `cacheflow.toml`; no option itself.
const OTHER_FILE: &str = "CONFIG";

/// What stands in a file.
#[derive(Clone, Copy, Debug)]
enum Format {
    Toml,
    Yaml,
    Json,
}

impl CacheFlowConfig {
    /// What `cacheflow.toml` in the working directory says, if it is there, or the file
    /// that `CACHEFLOW_CONFIG` names, which must be; and over it what the variables
    /// `CACHEFLOW_…` say, such as `CACHEFLOW_CACHES__USERS__TTL=0s`.
    ///
    /// # Errors
    ///
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig), telling all that is wrong in
    /// both at once: options that there are not, with the nearest that there is, and
    /// values that cannot be read, are out of range or contradict one another.
    pub fn load() -> Result<Self> {
        match env::var_os(format!("{PREFIX}{OTHER_FILE}")).filter(|path| !path.is_empty()) {
            Some(path) => Self::load_from(Path::new(&path)),
            None if Path::new(FILE).exists() => Self::load_from(Path::new(FILE)),
            None => Self::layered(None, env::vars_os()),
        }
    }

    /// The same with the file at `path`.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load); also if the file cannot be read.
    pub fn load_from(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = read(path)?;
        Self::layered(Some((path, &text)), env::vars_os())
    }

    /// What the file at `path` says, and nothing else. TOML, unless its name ends with
    /// `.json`, `.yaml` or `.yml`; each is a feature.
    ///
    /// # Errors
    ///
    /// As [`load_from`](Self::load_from).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = read(path)?;
        Self::layered(Some((path, &text)), [])
    }

    /// What these variables say; others than `CACHEFLOW_…` are passed over.
    ///
    /// ```
    /// use cacheflow::CacheFlowConfig;
    ///
    /// let variables = [("CACHEFLOW_CACHES__ORDER_LINES__ENABLED", "false")];
    /// let config = CacheFlowConfig::from_variables(variables)?;
    /// // In a variable `_` stands for all that it cannot have in its name.
    /// assert_eq!(config.cache("order-lines").enabled, Some(false));
    /// # Ok::<_, cacheflow::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn from_variables<N, T>(variables: impl IntoIterator<Item = (N, T)>) -> Result<Self>
    where
        N: Into<OsString>,
        T: Into<OsString>,
    {
        let variables = variables.into_iter();
        Self::layered(
            None,
            variables.map(|(name, value)| (name.into(), value.into())),
        )
    }

    /// What this TOML says.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    #[cfg(feature = "toml")]
    pub fn from_toml_str(text: &str) -> Result<Self> {
        Self::of_text(text, Format::Toml)
    }

    /// What this YAML says.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    #[cfg(feature = "yaml")]
    pub fn from_yaml_str(text: &str) -> Result<Self> {
        Self::of_text(text, Format::Yaml)
    }

    /// What this JSON says.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    #[cfg(feature = "json")]
    pub fn from_json_str(text: &str) -> Result<Self> {
        Self::of_text(text, Format::Json)
    }

    #[cfg(any(feature = "toml", feature = "yaml", feature = "json"))]
    fn of_text(text: &str, format: Format) -> Result<Self> {
        let tree = format.tree(text).map_err(fault)?;
        let mut faults = Faults::default();
        let config = Self::of_tree(&tree, &mut faults);
        config.check(&mut faults);
        faults.into_result("config")?;
        Ok(config)
    }

    /// What a file says, under what variables say.
    pub(crate) fn layered(
        file: Option<(&Path, &str)>,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self> {
        let mut faults = Faults::default();
        let mut config = Self::default();
        if let Some((path, text)) = file {
            let mut of_file = Faults::default();
            match Format::of(path).tree(text) {
                Ok(tree) => config = Self::of_tree(&tree, &mut of_file),
                Err(fault) => of_file.add(fault),
            }
            let of_file = of_file.into_list();
            faults.add_of(&path.display().to_string(), of_file.iter());
        }
        let variables = ours(variables, &mut faults);
        let config = config.under(&Self::of_variables(variables, &mut faults));
        config.check(&mut faults);
        faults.into_result("config")?;
        Ok(config)
    }
}

/// The text of a file.
fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| {
        fault(format!("{}: the file cannot be read", path.display())).because(error)
    })
}

fn fault(fault: String) -> Error {
    Error::new(ErrorKind::InvalidConfig, "config", fault)
}

/// The variables that are meant for us, without what they begin with.
fn ours(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    faults: &mut Faults,
) -> Vec<(String, String)> {
    let mut ours = Vec::new();
    for (name, value) in variables {
        let Some(name) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else {
            continue;
        };
        if name == OTHER_FILE || is_of_a_service(name) {
            continue;
        }
        match value.into_string() {
            Ok(value) => ours.push((name.to_owned(), value)),
            Err(_) => faults.add(format!("{PREFIX}{name}: its value is no Unicode text")),
        }
    }
    // Whoever made the environment has no order in mind.
    ours.sort_unstable();
    ours
}

/// Kubernetes tells every container of a service named `cacheflow` by such variables.
fn is_of_a_service(name: &str) -> bool {
    name == "PORT" || name.starts_with("PORT_") || name.starts_with("SERVICE_")
}

impl Format {
    fn of(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("yaml" | "yml") => Self::Yaml,
            Some("json") => Self::Json,
            _ => Self::Toml,
        }
    }

    /// What is written, with what is wrong in a line without the text itself: that may
    /// hold a password.
    fn tree(self, text: &str) -> std::result::Result<Tree, String> {
        #[cfg(not(any(feature = "toml", feature = "yaml", feature = "json")))]
        let _ = text;
        match self {
            #[cfg(feature = "toml")]
            Self::Toml => super::formats::toml(text),
            #[cfg(feature = "yaml")]
            Self::Yaml => super::formats::yaml(text),
            #[cfg(feature = "json")]
            Self::Json => super::formats::json(text),
            #[allow(unreachable_patterns, reason = "all of them are compiled in")]
            format => {
                let feature = format!("{format:?}").to_lowercase();
                Err(format!(
                    "the feature {feature} is off, without which this cannot be read"
                ))
            }
        }
    }
}
