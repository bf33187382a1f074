//! `wireroom config` and `wireroom init`.

use crate::ask::ask;
use crate::cli::Init;
use crate::output::line;
use crate::settings::{Settings, shown};
use anyhow::{Context, bail};

/// Says that the settings can be used, and what is not possible with them yet.
pub(crate) fn check(settings: &Settings) {
    line("the settings are valid");
    for refused in [
        settings.may_poll().err(),
        settings.may_serve("site.listen", &settings.site.listen).err(),
        (!settings.ops.listen.is_empty()).then(|| settings.may_serve_ops().err()).flatten(),
    ]
    .into_iter()
    .flatten()
    {
        line(format!("note: {refused}"));
    }
}

/// Prints the settings in force.
pub(crate) fn show(settings: &Settings) {
    line(shown(settings).trim_end());
}

/// Asks what only the operator knows and writes it down. What a flag answers isn't asked.
pub(crate) fn init(asked: &Init) -> anyhow::Result<()> {
    if asked.to.exists() {
        bail!("{} is there already: edit it, or name another file with --to", asked.to.display());
    }
    let answer = |given: &Option<String>, question: &str, flag: &str, default: Option<&str>| {
        given.clone().or_else(|| ask(question, default)).with_context(|| format!("no answer: give it with {flag}"))
    };
    let name = answer(&asked.name, "The site's name", "--name", Some("Wireroom"))?;
    let public_url =
        answer(&asked.public_url, "Where readers reach it", "--public-url", Some("http://localhost:8080"))?;
    let operator = answer(&asked.operator, "Who runs it (a person or an organisation)", "--operator", None)?;
    let contact = answer(&asked.contact, "Mail address for removals and questions", "--contact", None)?;
    url::Url::parse(&public_url)
        .ok()
        .filter(|u| matches!(u.scheme(), "http" | "https"))
        .with_context(|| format!("“{public_url}” is not a web address: write it as https://news.example.org"))?;
    if !contact.contains('@') {
        bail!("“{contact}” is not a mail address: write it as desk@example.org");
    }
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let text = format!(
        "# Wireroom's settings. Every one there is, with its reason: deploy/wireroom.example.toml\n\n[site]\n\
         name = {}\npublic_url = {}\noperator = {}\ncontact = {}\n",
        quoted(&name),
        quoted(&public_url),
        quoted(&operator),
        quoted(&contact),
    );
    std::fs::write(&asked.to, text).with_context(|| format!("can't write {}", asked.to.display()))?;
    line(format!("wrote {}", asked.to.display()));
    line("next: wireroom sources add https://example.org/feed, then wireroom run");
    Ok(())
}
