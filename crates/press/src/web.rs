//! Where the publishers live.

/// How hosts and addresses are made of a publisher's label.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Web {
    /// What every host ends in, without the dot.
    pub(crate) suffix: String,
    /// The port that addresses name, if any.
    pub(crate) port: Option<u16>,
}

impl Web {
    /// A publisher's host: `nordhaven-courier.localhost`.
    pub(crate) fn host(&self, label: &str) -> String {
        format!("{label}.{}", self.suffix)
    }

    /// The beginning of a publisher's addresses, without the slash.
    pub(crate) fn base(&self, label: &str) -> String {
        match self.port {
            Some(port) => format!("http://{label}.{}:{port}", self.suffix),
            None => format!("http://{label}.{}", self.suffix),
        }
    }

    /// The label of a `Host` header's host.
    pub(crate) fn label<'a>(&self, host: &'a str) -> Option<&'a str> {
        let host = host.split(':').next().unwrap_or_default();
        host.strip_suffix(self.suffix.as_str())?.strip_suffix('.')
    }
}
