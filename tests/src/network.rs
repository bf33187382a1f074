//! Hosts of their own for servers: network namespaces on one switch, whose cables can be pulled. Needs root and
//! iproute2; the machine's own network gets one interface more, for as long as the switch lives.

use crate::HarnessError;
use crate::child::{find, when_gone};
use std::net::Ipv4Addr;
use std::process::{Child, ChildStdin, Command};
use std::sync::atomic::{AtomicU8, Ordering};

/// A switch with an address of this machine on it.
#[derive(Debug)]
pub struct Network {
    /// The namespace that the switch is in, and the stem of all other names.
    name: String,
    third: u8,
    next: AtomicU8,
    /// Removes it all should this process die.
    _watchdog: (Child, ChildStdin),
}

/// A host on the switch.
#[derive(Clone, Debug)]
pub struct Host {
    switch: String,
    cable: String,
    /// Its namespace.
    pub namespace: String,
    /// Its address.
    pub address: Ipv4Addr,
}

impl Network {
    /// Makes a switch. Fails where this process may not: without root, or without `ip`.
    pub fn new() -> Result<Self, HarnessError> {
        let (name, third) = (format!("wr{}", std::process::id()), (std::process::id() % 251) as u8);
        let removal =
            format!("for n in $(ip netns list | cut -d' ' -f1 | grep '^{name}[sh]'); do ip netns del $n; done");
        let watchdog = when_gone(&removal, "".as_ref())?;
        let network = Self { name, third, next: AtomicU8::new(2), _watchdog: watchdog };
        let (switch, up) = (network.switch(), network.up());
        ip(&["netns", "add", &switch])?;
        ip(&["-n", &switch, "link", "add", "br0", "type", "bridge"])?;
        ip(&["-n", &switch, "link", "set", "br0", "up"])?;
        ip(&["link", "add", &up, "type", "veth", "peer", "name", "up0", "netns", &switch])?;
        ip(&["-n", &switch, "link", "set", "up0", "master", "br0", "up"])?;
        ip(&["address", "add", &format!("{}/24", network.address(1)), "dev", &up])?;
        ip(&["link", "set", &up, "up"])?;
        Ok(network)
    }

    /// Plugs in another host.
    pub fn host(&self) -> Result<Host, HarnessError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let host = Host {
            switch: self.switch(),
            cable: format!("c{number}"),
            namespace: format!("{}h{number}", self.name),
            address: self.address(number),
        };
        let (inside, switch, cable) = (host.namespace.as_str(), host.switch.as_str(), host.cable.as_str());
        ip(&["netns", "add", inside])?;
        ip(&["-n", switch, "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", inside])?;
        ip(&["-n", switch, "link", "set", cable, "master", "br0", "up"])?;
        ip(&["-n", inside, "address", "add", &format!("{}/24", host.address), "dev", "eth0"])?;
        ip(&["-n", inside, "link", "set", "eth0", "up"])?;
        ip(&["-n", inside, "link", "set", "lo", "up"])?;
        Ok(host)
    }

    fn switch(&self) -> String {
        format!("{}s", self.name)
    }

    fn up(&self) -> String {
        format!("{}u", self.name)
    }

    fn address(&self, last: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, 213, self.third, last)
    }
}

impl Host {
    /// Pulls its cable: nothing is closed, nothing arrives.
    pub fn cut(&self) -> Result<(), HarnessError> {
        ip(&["-n", &self.switch, "link", "set", &self.cable, "down"])
    }

    /// Plugs it in again.
    pub fn mend(&self) -> Result<(), HarnessError> {
        ip(&["-n", &self.switch, "link", "set", &self.cable, "up"])
    }
}

fn ip(arguments: &[&str]) -> Result<(), HarnessError> {
    let program = find("ip", &["/usr/sbin".into(), "/sbin".into()], "iproute2")?;
    let output = Command::new(program).args(arguments).output().map_err(HarnessError::io("running ip"))?;
    if output.status.success() {
        return Ok(());
    }
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(HarnessError::NotStarted { what: format!("ip {}", arguments.join(" ")), log })
}
