#!/usr/bin/env python3
"""The Python packages datasketch and rensa on the texts of the bench `index`: articles a second on one core.

  pip install datasketch rensa; peers.py [ARTICLES]

Each makes a MinHash of 128 permutations of a text's five-word shingles, asks its LSH for texts that are like it and
adds it, one article after the other. Both hold everything in the memory of one process and forget nothing. A package that
is not there is said to be missing.
"""
import sys
import time

WORDS, MASK = 500, (1 << 64) - 1
PERMUTATIONS, THRESHOLD = 128, 0.5


def text(n):
    """As in index.rs: every third is an earlier one with a few words changed and a frame around it."""
    original = n // 2 if n % 3 == 2 else n
    state = (original * 0x9E3779B97F4A7C15 & MASK) | 1
    words = []
    for _ in range(WORDS):
        state ^= state << 13 & MASK
        state ^= state >> 7
        state ^= state << 17 & MASK
        words.append(f"w{state >> 48:x}")
    if original != n:
        words[::25] = [f"n{n}"] * len(words[::25])
        words.append(f"carried by number {n} of our house all rights reserved")
    return " ".join(words)


def shingles(words):
    words = words.split(" ")
    return [" ".join(words[at:at + 5]) for at in range(len(words) - 4)]


def datasketch():
    from datasketch import MinHash, MinHashLSH
    lsh = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)

    def decide(n, words):
        minhash = MinHash(num_perm=PERMUTATIONS)
        minhash.update_batch([s.encode() for s in shingles(words)])
        found = lsh.query(minhash)
        lsh.insert(n, minhash)
        return found

    return decide


def rensa():
    from rensa import RMinHash, RMinHashLSH
    lsh = RMinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, num_bands=32)

    def decide(n, words):
        minhash = RMinHash(num_perm=PERMUTATIONS, seed=42)
        minhash.update(shingles(words))
        found = lsh.query(minhash)
        lsh.insert(n, minhash)
        return found

    return decide


def main():
    articles = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    for make in (datasketch, rensa):
        name = make.__name__
        try:
            decide = make()
        except ImportError:
            print(f"{name}: not here; pip install {name}")
            continue
        spent, found = 0.0, 0
        for n in range(articles):
            words = text(n)
            began = time.perf_counter()
            found += bool(decide(n, words))
            spent += time.perf_counter() - began
        print(f"{name}: {articles / spent:,.0f} articles/s on one core, {articles} articles, {found} found to be copies")


if __name__ == "__main__":
    main()
