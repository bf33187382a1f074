//! From defaults, file, environment and flags to typed settings, in that order, with errors that name the key.

use config::{Config, ConfigError, Environment, File, FileFormat};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Settings that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file named on the command line isn't there or can't be read.
    #[error("can't read the settings file {path}: {why}", path = path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The operating system's word.
        why: String,
    },
    /// The file isn't TOML.
    #[error("{path} is not valid TOML: {why}", path = path.display())]
    Syntax {
        /// Which.
        path: PathBuf,
        /// The parser's word, with line and column.
        why: String,
    },
    /// A key that isn't a setting.
    #[error("unknown setting “{key}” in {origin}{hint}")]
    Unknown {
        /// The key, dotted.
        key: String,
        /// Where it was given.
        origin: String,
        /// “: did you mean …?”, or nothing.
        hint: String,
    },
    /// A value of the wrong kind.
    #[error("{0}")]
    Invalid(String),
    /// `--set` without a value.
    #[error("--set {0}: write it as section.key=value")]
    Flag(String),
}

/// Where settings come from besides the defaults.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// The settings file. Named on the command line it must be there; `wireroom.toml` need not be.
    pub file: Option<PathBuf>,
    /// Variables of the environment: `WIREROOM_QUEUE__URL`, and `WIREROOM_QUEUE__URL_FILE` for a value kept in a file.
    pub environment: HashMap<String, String>,
    /// `section.key=value` from the command line.
    pub sets: Vec<String>,
}

/// The environment variables' common beginning.
const PREFIX: &str = "WIREROOM_";

/// Reads settings of type `T`. A value later in the order replaces an earlier one.
pub fn load<T: Serialize + DeserializeOwned + Default>(origins: &Origins) -> Result<T, SettingsError> {
    let defaults = serde_json::to_value(T::default()).map_err(|e| SettingsError::Invalid(e.to_string()))?;
    let known = Known::of(&defaults);
    let mut builder = Config::builder();

    if let Some(path) = &origins.file {
        let text = read(path)?;
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| SettingsError::Syntax {
            path: path.clone(),
            why: e.to_string().trim().to_owned(),
        })?;
        let mut keys = Vec::new();
        dotted("", &Value::from_iter(json(table)), &mut keys);
        keys.iter().try_for_each(|key| known.check(key, &path.display().to_string()))?;
        builder = builder.add_source(File::from_str(&text, FileFormat::Toml));
    }

    let mut variables = HashMap::new();
    for (name, value) in origins.environment.iter().filter(|(name, _)| name.starts_with(PREFIX)) {
        let dotted = name[PREFIX.len()..].to_lowercase().replace("__", ".");
        // A name that is no setting but ends in _FILE names a file which holds the setting: a mounted secret.
        let (name, key, value) = match dotted.strip_suffix("_file") {
            Some(key) if !known.has(&dotted) => {
                let value = read(Path::new(value))?.trim_end_matches(['\n', '\r']).to_owned();
                (name.trim_end_matches("_FILE").to_owned(), key.to_owned(), value)
            }
            _ => (name.clone(), dotted, value.clone()),
        };
        known.check(&key, &format!("the environment ({name})"))?;
        variables.insert(name, value);
    }
    let (lists, rest): (HashMap<_, _>, HashMap<_, _>) = variables
        .into_iter()
        .partition(|(name, _)| known.is_list(&name[PREFIX.len()..].to_lowercase().replace("__", ".")));
    for (variables, list) in [(rest, false), (lists, true)] {
        let mut source =
            Environment::with_prefix("WIREROOM").prefix_separator("_").separator("__").source(Some(variables));
        if list {
            source = source.try_parsing(true).list_separator(",");
        }
        builder = builder.add_source(source);
    }

    for set in &origins.sets {
        let (key, value) = set.split_once('=').ok_or_else(|| SettingsError::Flag(set.clone()))?;
        let key = key.trim();
        known.check(key, "--set")?;
        builder = if known.is_list(key) {
            let items: Vec<String> = value.split(',').map(|v| v.trim().to_owned()).filter(|v| !v.is_empty()).collect();
            builder.set_override(key, items)
        } else {
            builder.set_override(key, value)
        }
        .map_err(|e| SettingsError::Invalid(e.to_string()))?;
    }

    let config = builder.build().map_err(explain)?;
    config.try_deserialize().map_err(explain)
}

/// All keys with their default values, dotted, in order: for documentation and its test.
pub fn keys<T: Serialize + Default>() -> Vec<String> {
    let mut keys = Vec::new();
    dotted("", &serde_json::to_value(T::default()).unwrap_or_default(), &mut keys);
    keys
}

/// The keys of the settings' type.
struct Known {
    /// Every leaf.
    leaves: Vec<String>,
    /// Leaves that are lists.
    lists: Vec<String>,
    /// Tables whose keys are the operator's own, such as webhooks by name.
    open: Vec<String>,
}

impl Known {
    fn of(defaults: &Value) -> Self {
        let mut known = Self { leaves: Vec::new(), lists: Vec::new(), open: Vec::new() };
        known.add("", defaults);
        known
    }

    fn add(&mut self, at: &str, value: &Value) {
        match value {
            Value::Object(map) if map.is_empty() && !at.is_empty() => self.open.push(at.to_owned()),
            Value::Object(map) => map.iter().for_each(|(key, value)| self.add(&join(at, key), value)),
            Value::Array(_) => {
                self.lists.push(at.to_owned());
                self.leaves.push(at.to_owned());
            }
            _ => self.leaves.push(at.to_owned()),
        }
    }

    fn has(&self, key: &str) -> bool {
        self.leaves.iter().any(|leaf| leaf == key || key.starts_with(&format!("{leaf}.")))
            || self.open.iter().any(|open| key == open || key.starts_with(&format!("{open}.")))
    }

    fn is_list(&self, key: &str) -> bool {
        self.lists.iter().any(|list| list == key)
    }

    fn check(&self, key: &str, origin: &str) -> Result<(), SettingsError> {
        if self.has(key) {
            return Ok(());
        }
        let nearest = self
            .leaves
            .iter()
            .chain(&self.open)
            .map(|leaf| (similarity(key, leaf), leaf))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .filter(|(score, _)| *score > 0.6);
        let hint = nearest.map(|(_, leaf)| format!(": did you mean “{leaf}”?")).unwrap_or_default();
        Err(SettingsError::Unknown { key: key.to_owned(), origin: origin.to_owned(), hint })
    }
}

/// A wrong section with the right last part is nearer than the bare spelling says.
fn similarity(given: &str, known: &str) -> f64 {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let whole = strsim::jaro_winkler(given, known);
    let end = strsim::jaro_winkler(&last(given), &last(known));
    f64::midpoint(whole, end)
}

fn join(at: &str, key: &str) -> String {
    if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") }
}

fn dotted(at: &str, value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(map) if !map.is_empty() => map.iter().for_each(|(key, value)| dotted(&join(at, key), value, out)),
        _ if at.is_empty() => {}
        _ => out.push(at.to_owned()),
    }
}

fn json(table: toml::Table) -> impl Iterator<Item = (String, Value)> {
    table.into_iter().map(|(key, value)| (key, serde_json::to_value(value).unwrap_or_default()))
}

fn read(path: &Path) -> Result<String, SettingsError> {
    std::fs::read_to_string(path).map_err(|e| SettingsError::Unreadable { path: path.to_owned(), why: e.to_string() })
}

/// The config package's errors, with the key in front.
fn explain(error: ConfigError) -> SettingsError {
    let text = match error {
        ConfigError::At { error, origin, key } => {
            let key = key.map(|k| format!("setting “{k}”: ")).unwrap_or_default();
            let origin = origin.map(|o| format!(" (in {o})")).unwrap_or_default();
            format!("{key}{error}{origin}")
        }
        ConfigError::Type { origin, unexpected, expected, key } => {
            let key = key.map(|k| format!("setting “{k}”: ")).unwrap_or_default();
            let origin = origin.map(|o| format!(" (in {o})")).unwrap_or_default();
            format!("{key}{unexpected} where {expected} is expected{origin}")
        }
        other => other.to_string(),
    };
    SettingsError::Invalid(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    #[serde(default, deny_unknown_fields)]
    struct Sample {
        queue: Queue,
        webhooks: HashMap<String, String>,
    }

    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    #[serde(default, deny_unknown_fields)]
    struct Queue {
        url: String,
        prefetch: u16,
        ports: Vec<u16>,
        ca_file: Option<String>,
    }

    impl Default for Sample {
        fn default() -> Self {
            let queue = Queue { url: "sqlite:q.db".into(), prefetch: 64, ports: vec![80], ca_file: None };
            Self { queue, webhooks: HashMap::new() }
        }
    }

    impl Default for Queue {
        fn default() -> Self {
            Sample::default().queue
        }
    }

    fn origins(file: Option<&str>, environment: &[(&str, &str)], sets: &[&str]) -> (Origins, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let file = file.map(|text| {
            let path = folder.path().join("wireroom.toml");
            std::fs::write(&path, text).unwrap();
            path
        });
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        (Origins { file, environment, sets: sets.iter().map(|s| (*s).to_owned()).collect() }, folder)
    }

    #[track_caller]
    fn error(file: Option<&str>, environment: &[(&str, &str)], sets: &[&str]) -> String {
        let (origins, folder) = origins(file, environment, sets);
        load::<Sample>(&origins).unwrap_err().to_string().replace(&folder.path().display().to_string(), "DIR")
    }

    #[test]
    fn each_origin_replaces_the_one_before() {
        let (o, _dir) = origins(Some("[queue]\nurl = \"amqp://file\"\nprefetch = 5\n"), &[], &[]);
        assert_eq!(load::<Sample>(&o).unwrap().queue.url, "amqp://file");
        let (o, _dir) = origins(
            Some("[queue]\nurl = \"amqp://file\"\nprefetch = 5\n"),
            &[("WIREROOM_QUEUE__URL", "amqp://environment"), ("WIREROOM_QUEUE__PORTS", "80,443")],
            &["queue.prefetch=7"],
        );
        let got = load::<Sample>(&o).unwrap().queue;
        assert_eq!(got, Queue { url: "amqp://environment".into(), prefetch: 7, ports: vec![80, 443], ca_file: None });
    }

    #[test]
    fn a_secret_can_come_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "amqp://user:secret@host\n").unwrap();
        let path = secret.display().to_string();
        let (o, _dir) =
            origins(None, &[("WIREROOM_QUEUE__URL_FILE", &path), ("WIREROOM_QUEUE__CA_FILE", "/ca.pem")], &[]);
        let got = load::<Sample>(&o).unwrap().queue;
        assert_eq!((got.url.as_str(), got.ca_file.as_deref()), ("amqp://user:secret@host", Some("/ca.pem")));
    }

    #[test]
    fn an_unknown_key_names_the_nearest_right_one() {
        assert_eq!(
            error(Some("[queue]\nprefech = 5\n"), &[], &[]),
            "unknown setting “queue.prefech” in DIR/wireroom.toml: did you mean “queue.prefetch”?"
        );
        assert_eq!(
            error(None, &[("WIREROOM_QUEUE_URL", "x")], &[]),
            "unknown setting “queue_url” in the environment (WIREROOM_QUEUE_URL): did you mean “queue.url”?"
        );
        assert_eq!(error(None, &[], &["zzz=1"]), "unknown setting “zzz” in --set");
    }

    #[test]
    fn a_wrong_value_names_its_key() {
        let text = error(Some("[queue]\nprefetch = \"many\"\n"), &[], &[]);
        assert!(text.contains("queue.prefetch"), "{text}");
        let text = error(Some("[queue\n"), &[], &[]);
        assert!(text.starts_with("DIR/wireroom.toml is not valid TOML"), "{text}");
    }

    #[test]
    fn tables_with_names_of_the_operators_own_are_open() {
        let (o, _dir) = origins(Some("[webhooks]\nfriend = \"https://example.org/hook\"\n"), &[], &[]);
        assert_eq!(load::<Sample>(&o).unwrap().webhooks["friend"], "https://example.org/hook");
    }
}
