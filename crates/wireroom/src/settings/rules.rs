//! What must be set before Wireroom goes out into the real web, or is served to it.

use super::Settings;
use std::net::{IpAddr, SocketAddr};

/// A start that the settings don't allow yet.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nobody could be asked or told to stop.
    #[error(
        "the real web is not polled before site.contact is set: publishers must be able to reach whoever reads them. \
         Run `wireroom init`, or add to wireroom.toml:\n\n[site]\ncontact = \"you@example.org\"\n"
    )]
    PollWithoutContact,
    /// Readers could not ask for a removal.
    #[error(
        "{key} = \"{address}\" would serve others than this machine, and site.contact is not set: owners must be able \
         to ask for a removal. Run `wireroom init`, or set site.contact"
    )]
    ServeWithoutContact {
        /// The setting that says where.
        key: &'static str,
        /// Its value.
        address: String,
    },
    /// Everybody could act.
    #[error(
        "ops.listen = \"{0}\": the operator's page needs at least one of ops.tokens (name, token, role = \"look\" or \"act\")"
    )]
    OpsWithoutTokens(String),
}

impl Settings {
    /// Whether feeds may be polled: there is a contact, or every address leads to the simulated press.
    pub fn may_poll(&self) -> Result<(), Refused> {
        let simulated = self.web.resolve.contains_key("*");
        if self.site.contact.trim().is_empty() && !simulated { Err(Refused::PollWithoutContact) } else { Ok(()) }
    }

    /// Whether the site may be served at this address: there is a contact, or it is loopback.
    pub fn may_serve(&self, key: &'static str, address: &str) -> Result<(), Refused> {
        if self.site.contact.trim().is_empty() && !is_loopback(address) {
            return Err(Refused::ServeWithoutContact { key, address: address.to_owned() });
        }
        Ok(())
    }

    /// Whether the operator's page may be served.
    pub fn may_serve_ops(&self) -> Result<(), Refused> {
        if self.ops.tokens.is_empty() { Err(Refused::OpsWithoutTokens(self.ops.listen.clone())) } else { Ok(()) }
    }

    /// The client's settings with what the site says of itself, which the User-Agent names.
    pub fn client(&self) -> web::WebSettings {
        let mut web = self.web.clone();
        if web.contact.is_empty() {
            web.contact.clone_from(&self.site.contact);
        }
        if web.public_url.is_empty() {
            web.public_url = self.site.public_url.to_string();
        }
        web
    }
}

fn is_loopback(address: &str) -> bool {
    match address.parse::<SocketAddr>() {
        Ok(address) => address.ip().is_loopback(),
        Err(_) => {
            let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
            host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Origins, load};
    use publisher::site::SiteSettings;
    use std::path::Path;

    #[test]
    fn without_a_contact_the_real_web_is_left_alone() {
        let mut settings = Settings::default();
        assert_eq!(settings.may_poll(), Err(Refused::PollWithoutContact));
        assert!(settings.may_poll().unwrap_err().to_string().contains("site.contact"));
        settings.site.contact = "desk@example.org".to_owned();
        assert_eq!(settings.may_poll(), Ok(()));
    }

    #[test]
    fn without_a_contact_only_this_machine_is_served() {
        let mut settings = Settings::default();
        for address in ["127.0.0.1:8080", "[::1]:8080", "localhost:8080"] {
            assert_eq!(settings.may_serve("site.listen", address), Ok(()), "{address}");
        }
        for address in ["0.0.0.0:8080", "[::]:8080", "192.0.2.7:80", "example.org:80"] {
            let why = settings.may_serve("site.listen", address).unwrap_err().to_string();
            assert!(why.contains("site.listen") && why.contains("site.contact"), "{why}");
        }
        settings.site.contact = "desk@example.org".to_owned();
        assert_eq!(settings.may_serve("site.listen", "0.0.0.0:8080"), Ok(()));
    }

    #[test]
    fn the_trial_in_kubernetes_may_serve_and_poll_and_the_base_says_what_it_lacks() {
        let of = |overlay: &str| -> Settings {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/kubernetes").join(overlay);
            load(&Origins { file: Some(folder.join("wireroom.toml")), ..Origins::default() }).unwrap()
        };
        let may_serve = |settings: &Settings| settings.may_serve("site.listen", &settings.site.listen);
        let (base, trial) = (of("base"), of("trial"));
        assert_eq!((trial.may_poll(), may_serve(&trial)), (Ok(()), Ok(())));
        assert!(base.may_poll().is_err() && may_serve(&base).is_err());
        // But for its contact the trial is the base.
        let contact = trial.site.contact.clone();
        assert_eq!(trial, Settings { site: SiteSettings { contact, ..base.site.clone() }, ..base });
    }

    #[test]
    fn the_operators_page_needs_a_token() {
        let settings = Settings::default();
        assert!(settings.may_serve_ops().unwrap_err().to_string().contains("ops.tokens"));
    }
}
