//! A certificate authority for one run, and a server certificate for localhost.

use crate::HarnessError;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Files of the run's own certificate authority.
#[derive(Debug, Clone)]
pub struct Certificates {
    /// The authority's certificate, PEM: what a client is told to trust.
    pub ca: PathBuf,
    /// The server's certificate for `localhost` and 127.0.0.1, PEM.
    pub cert: PathBuf,
    /// The server's key, PEM.
    pub key: PathBuf,
}

/// The PEM texts, made once a run.
struct Pems {
    ca: String,
    cert: String,
    key: String,
}

fn pems() -> Result<&'static Pems, HarnessError> {
    static PEMS: OnceLock<Result<Pems, String>> = OnceLock::new();
    PEMS.get_or_init(|| make().map_err(|e| e.to_string()))
        .as_ref()
        .map_err(|e| HarnessError::NotStarted { what: "certificate authority".to_owned(), log: e.clone() })
}

fn make() -> Result<Pems, rcgen::Error> {
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::new(Vec::new())?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.distinguished_name.push(rcgen::DnType::CommonName, "Wireroom test authority");
    let ca_cert = ca.self_signed(&ca_key)?;
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate()?;
    let server = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    let cert = server.signed_by(&key, &issuer)?;
    Ok(Pems { ca: ca_cert.pem(), cert: cert.pem(), key: key.serialize_pem() })
}

impl Certificates {
    /// Writes the run's certificates into `folder`. All servers of a run share one authority.
    pub fn write(folder: &Path) -> Result<Self, HarnessError> {
        let pems = pems()?;
        let write = |name: &str, text: &str| {
            let file = folder.join(name);
            std::fs::write(&file, text).map_err(HarnessError::io(format!("writing {}", file.display())))?;
            Ok::<_, HarnessError>(file)
        };
        Ok(Self {
            ca: write("ca.pem", &pems.ca)?,
            cert: write("cert.pem", &pems.cert)?,
            key: write("key.pem", &pems.key)?,
        })
    }
}
