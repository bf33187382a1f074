//! Is it the hub that speaks? (WebSub, section 7.1)

use aws_lc_rs::hmac;

/// Whether `field`, the value of `X-Hub-Signature`, signs `body` with `secret`. Compares in constant time.
pub(super) fn signs(field: &str, body: &[u8], secret: &str) -> bool {
    let Some((method, signature)) = field.trim().split_once('=') else { return false };
    let algorithm = match method {
        "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "sha256" => hmac::HMAC_SHA256,
        "sha384" => hmac::HMAC_SHA384,
        "sha512" => hmac::HMAC_SHA512,
        _ => return false,
    };
    let Some(signature) = bytes(signature) else { return false };
    hmac::verify(&hmac::Key::new(algorithm, secret.as_bytes()), body, &signature).is_ok()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if !hex.is_ascii() || !hex.len().is_multiple_of(2) {
        return None;
    }
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::signs;

    /// RFC 2202 and RFC 4231, test case 2.
    #[test]
    fn every_method_of_the_recommendation_is_known() {
        for field in [
            "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            "sha384=af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            "sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            "sha256=5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843",
        ] {
            assert!(signs(field, b"what do ya want for nothing?", "Jefe"), "{field}");
            assert!(!signs(field, b"what do ya want for nothing!", "Jefe"), "{field}");
            assert!(!signs(field, b"what do ya want for nothing?", "jefe"), "{field}");
        }
    }

    #[test]
    fn what_is_no_signature_signs_nothing() {
        for field in [
            "",
            "sha256",
            "sha256=",
            "sha256=5b",
            "sha256=zz",
            "sha256=é",
            "md5=750c783e6ab0b503eaa86e310a5db738",
            "=5b",
        ] {
            assert!(!signs(field, b"what do ya want for nothing?", "Jefe"), "{field}");
        }
    }
}
