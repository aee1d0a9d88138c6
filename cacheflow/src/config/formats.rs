//! TOML, YAML and JSON, as trees.

use super::tree::Tree;

#[cfg(feature = "toml")]
pub(super) fn toml(text: &str) -> Result<Tree, String> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().map(|span| &text[..span.start.min(text.len())]);
        let line = before.map_or(1, |before| before.matches('\n').count() + 1);
        format!("line {line}: {}", error.message())
    })
}

#[cfg(feature = "json")]
pub(super) fn json(text: &str) -> Result<Tree, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

#[cfg(feature = "yaml")]
pub(super) fn yaml(text: &str) -> Result<Tree, String> {
    let documents =
        yaml_rust2::YamlLoader::load_from_str(text).map_err(|error| error.to_string())?;
    match &documents[..] {
        [] => Ok(Tree::Table(Vec::new())),
        [one] => of_yaml(one),
        _ => Err("several documents, allowed is one".to_owned()),
    }
}

#[cfg(feature = "yaml")]
fn of_yaml(yaml: &yaml_rust2::Yaml) -> Result<Tree, String> {
    use yaml_rust2::Yaml;

    Ok(match yaml {
        Yaml::Null | Yaml::BadValue => Tree::Null,
        Yaml::Boolean(value) => Tree::Bool(*value),
        Yaml::Integer(value) => Tree::Integer((*value).into()),
        Yaml::Real(text) => {
            let value = yaml.as_f64();
            Tree::Float(value.ok_or_else(|| format!("{text} is no number"))?)
        }
        Yaml::String(text) => Tree::Text(text.clone()),
        Yaml::Array(list) => Tree::List(list.iter().map(of_yaml).collect::<Result<_, _>>()?),
        Yaml::Hash(table) => {
            let entries = table.iter().map(|(key, value)| {
                let key = key.as_str().ok_or("a name that is no text")?;
                Ok((key.to_owned(), of_yaml(value)?))
            });
            Tree::Table(entries.collect::<Result<_, String>>()?)
        }
        Yaml::Alias(_) => return Err("an alias, which is not resolved".to_owned()),
    })
}
