//! Which IP addresses lie in the open Internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses inside the global unicast space that are doors inward all the same.
const METADATA: &[Ipv4Addr] = &[
    // Azure's WireServer: a public address that answers only inside a virtual machine.
    Ipv4Addr::new(168, 63, 129, 16),
];

/// Whether `ip` is an address that a publisher on the Internet can have.
///
/// By IANA's special-purpose registries (RFC 6890 and later): everything that is not global unicast is
/// inward. IPv6 is read the other way round: only 2000::/3 is open, less what is special in it. Forms that
/// carry an IPv4 address are judged by it where they are in use (mapped, NAT64, ISATAP) and refused where
/// they are abandoned (compatible, 6to4, Teredo), since no publisher is reached by them.
pub(crate) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = match a {
        0 | 10 | 127 => true,
        // Shared address space (CGNAT), RFC 6598; Alibaba's metadata service is in it.
        100 => (64..128).contains(&b),
        169 => b == 254,
        172 => (16..32).contains(&b),
        // IETF protocol assignments, documentation, the old 6to4 relay, private.
        192 => matches!((b, c), (0, 0) | (0, 2) | (88, 99)) || b == 168,
        // Benchmarking, documentation.
        198 => b == 18 || b == 19 || (b, c) == (51, 100),
        203 => (b, c) == (0, 113),
        // Multicast, reserved, broadcast.
        224..=255 => true,
        _ => false,
    };
    !special && !METADATA.contains(&ip)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    let embedded = |hi: u16, lo: u16| {
        let ([a, b], [c, d]) = (hi.to_be_bytes(), lo.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        // IPv4-mapped (RFC 4291, 2.5.5.2): what a resolver gives a v6-only socket.
        [0, 0, 0, 0, 0, 0xffff, hi, lo] => embedded(hi, lo),
        // NAT64's well-known prefix (RFC 6052): how a v6-only network reaches v4 publishers.
        [0x64, 0xff9b, 0, 0, 0, 0, hi, lo] => embedded(hi, lo),
        // Protocol assignments, with Teredo and ORCHID (2001::/23); documentation; 6to4.
        [0x2001, second, ..] if second < 0x0200 || second == 0x0db8 => false,
        [0x2002, ..] => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        // ISATAP (RFC 5214): an interface identifier that names an IPv4 host.
        [0x2000..=0x3fff, _, _, _, 0 | 0x0200, 0x5efe, hi, lo] => embedded(hi, lo),
        [0x2000..=0x3fff, ..] => true,
        // Everything else: loopback, unique local, link-local, site-local, multicast, local NAT64, reserved.
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(ip: &str, public: bool) {
        assert_eq!(is_public(ip.parse().unwrap()), public, "{ip}");
    }

    #[test]
    fn publishers_addresses_are_public() {
        for ip in ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.1.0.1"] {
            check(ip, true);
        }
        for ip in ["2606:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888", "2001:200::1"] {
            check(ip, true);
        }
        check("::ffff:8.8.8.8", true);
        check("64:ff9b::8.8.8.8", true);
    }

    #[test]
    fn every_way_inward_is_known() {
        for ip in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.0.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.7",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
        ] {
            check(ip, false);
        }
        for ip in [
            "::",
            "::1",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:0:8.8.8.8",
            "64:ff9b::10.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b:1::8.8.8.8",
            "100::1",
            "2001::8.8.8.8",
            "2001:0:1::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:808:808::",
            "3fff::1",
            "2a00:1::5efe:10.0.0.1",
            "2a00:1::200:5efe:127.0.0.1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
        ] {
            check(ip, false);
        }
    }

    proptest! {
        #[test]
        fn a_mapped_address_is_what_it_maps(bits: u32) {
            let v4 = Ipv4Addr::from_bits(bits);
            prop_assert_eq!(is_public(v4.to_ipv6_mapped().into()), is_public(v4.into()));
        }
    }
}
