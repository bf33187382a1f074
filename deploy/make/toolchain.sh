# Sourced by the other scripts: names what is missing, with the line that installs it.

cd "$(dirname "$0")/../.."
[ -d "$HOME/.cargo/bin" ] && PATH="$HOME/.cargo/bin:$PATH"

if ! command -v cargo >/dev/null 2>&1; then
    echo "Rust is missing. Install it with:" >&2
    echo "    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y" >&2
    exit 1
fi
if ! command -v cc >/dev/null 2>&1; then
    echo "A C compiler is missing (SQLite and the TLS library are built with it). Install it with:" >&2
    echo "    apt-get install gcc libc6-dev" >&2
    exit 1
fi
wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
have=$(rustc --version | cut -d' ' -f2)
if [ "$(printf '%s\n%s\n' "$wanted" "$have" | sort -V | head -n1)" != "$wanted" ]; then
    echo "Rust $have is older than $wanted. Update it with: rustup update" >&2
    exit 1
fi
