#!/usr/bin/env python3
"""Measures a wireroom binary on pages, feeds, robots.txt files and copies with known truth.

  quality.py WIREROOM SHARED

SHARED is the folder with corpus/ and quality/. Prints our figures beside their targets; exits with 1 if one
is missed. What other programs reach is in SHARED/README.md.
"""
import collections
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

Figure = collections.namedtuple("Figure", "what ours target at_least unit")
PERCENT, SHARE, COUNT = "%", "", "n"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    binary, shared = Path(sys.argv[1]), Path(sys.argv[2])
    corpus = shared / "corpus"
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(binary, shared, corpus, Path(folder))
        figures = [*pages(bench), *feeds(bench), *robots(bench), *copies(bench)]
    missed = table(figures)
    if missed:
        print(f"\n{len(missed)} of {len(figures)} targets are missed: {', '.join(f.what for f in missed)}")
        sys.exit(1)
    print(f"\nall {len(figures)} targets are met")


class Bench:
    """The binary, its data and a folder for what it gives."""

    def __init__(self, binary, shared, corpus, folder):
        self.binary, self.shared, self.corpus, self.folder = binary, shared, corpus, folder

    def run(self, *arguments):
        """What a command printed as data, and what it said beside."""
        # A settings file that happens to lie here must not change the figures.
        done = subprocess.run([self.binary.resolve(), *map(str, arguments)], capture_output=True, cwd=self.folder)
        if done.returncode:
            sys.exit(f"{' '.join(map(str, arguments))}: {done.stderr.decode(errors='replace')}")
        return done.stdout, done.stderr.decode(errors="replace")

    def score(self, scorer, truth, got, *more):
        file = self.folder / "got.jsonl"
        file.write_bytes(got)
        command = [sys.executable, self.shared / "quality" / scorer, "--json", "--truth", truth, "--got", file, *more]
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def speed(said):
    """The best of what the binary said of its own speed: other work on the machine only makes it slower."""
    return float(re.findall(r"(\d+) [a-z]+/s", said)[-1])


def pages(bench):
    def read(name):
        manifest = (bench.corpus / name / "manifest.json").resolve()
        got, said = bench.run("extract", "--manifest", manifest)
        return bench.score("score_extraction.py", bench.corpus / name / "truth.json", got), said
    fundus, said = read("fundus")
    fastest = max([speed(said), *(speed(read("fundus")[1]) for _ in range(2))])
    segments = read("trafilatura")[0]["segments"]
    yield Figure("pages fundus, text F1", fundus["text"]["f1"], 0.960, True, SHARE)
    for field, target in (("title", 0.92), ("authors", 0.85), ("date", 0.975)):
        yield Figure(f"pages fundus, {field}", fundus[field]["right"], target, True, SHARE)
    yield Figure("pages trafilatura, F1", segments["f1"], 0.94, True, SHARE)
    yield Figure("pages trafilatura, unwanted found", segments["unwanted_found"], 0.06, False, SHARE)
    yield Figure("pages readability, text F1", read("readability")[0]["text"]["f1"], 0.94, True, SHARE)
    yield Figure("pages a second on one core", fastest, 250, True, COUNT)


def feeds(bench):
    def read(name):
        manifest = (bench.corpus / name / "manifest.json").resolve()
        got, said = bench.run("feed", "--manifest", manifest)
        return bench.score("score_feeds.py", bench.corpus / name / "truth.json", got, "--manifest", manifest), said
    real, said = read("feeds_real")
    fastest = max([speed(said), *(speed(read("feeds_real")[1]) for _ in range(4))])
    cases = read("feeds")[0]
    yield Figure("feeds real, read", real["all"]["parsed"], 0.99, True, PERCENT)
    yield Figure("feeds real, entries exact", real["all"]["entries_exact"], 0.98, True, PERCENT)
    for field in ("title", "link", "date"):
        yield Figure(f"feeds real, {field}s", real["all"][field], 0.99, True, PERCENT)
    yield Figure("feeds cases, read", cases["all"]["parsed"], 0.98, True, PERCENT)
    yield Figure("feeds cases, entries exact", cases["all"]["entries_exact"], 0.975, True, PERCENT)
    encoding = [group for name, group in cases["groups"].items() if "encoding" in name]
    of_all = sum(group["feeds"] for group in encoding)
    exact = sum(group["entries_exact"] * group["feeds"] for group in encoding) / of_all
    yield Figure("feeds cases, encoding exact", exact, 0.85, True, PERCENT)
    yield Figure("feed entries a second on one core", fastest, 40_000, True, COUNT)


def robots(bench):
    cases = json.loads((bench.corpus / "robots" / "cases.json").read_text(encoding="utf8"))
    google = [c for c in cases if c["source"].startswith("google") and "url" in c]
    yield Figure(f"robots, google's {len(google)} cases", decided(bench, google), len(google), True, COUNT)
    real = []
    for file in json.loads((bench.corpus / "robots" / "real.json").read_text(encoding="utf8")):
        robots = (bench.corpus / "robots" / file["path"]).read_bytes()
        # This truth takes a byte order mark for a part of the first line, and google's says that it is skipped: of
        # a file whose first line is a directive they can't both be right.
        if not robots.lower().startswith(b"\xef\xbb\xbfuser-agent"):
            text = robots.decode("utf8", "surrogateescape")
            real += [{"robots": text, **decision} for decision in file["decisions"]]
    yield Figure("robots, real decisions", decided(bench, real) / len(real), 0.998, True, PERCENT)


def decided(bench, cases):
    """How many cases are decided as their truth says."""
    file = bench.folder / "cases.json"
    file.write_text(json.dumps(cases), encoding="utf8")
    answers = bench.run("robots", "--cases", file)[0].splitlines()
    return sum(json.loads(answer)["allowed"] == case["allowed"] for answer, case in zip(answers, cases, strict=True))


def copies(bench):
    folder = (bench.corpus / "neardup").resolve()
    got, _ = bench.run("dedup", folder / "articles.jsonl")
    score = bench.score("score_neardup.py", folder / "truth.json", got)
    for field, target in (("precision", 0.99), ("recall", 0.97), ("f1", 0.98)):
        yield Figure(f"copies, {field}", score[field], target, True, SHARE)


def shown(value, unit):
    if unit == PERCENT:
        return f"{100 * value:.1f} %"
    return f"{value:,.0f}" if unit == COUNT else f"{value:.3f}"


def table(figures):
    """Prints the figures; gives those whose target is missed."""
    missed = []
    width = max(len(f.what) for f in figures)
    print(f"{'':{width}}  {'ours':>9}  {'target':>11}")
    for figure in figures:
        met = figure.ours >= figure.target if figure.at_least else figure.ours <= figure.target
        sign = "≥" if figure.at_least else "≤"
        target = f"{sign} {shown(figure.target, figure.unit)}"
        print(f"{figure.what:{width}}  {shown(figure.ours, figure.unit):>9}  {target:>11}{'' if met else '  MISSED'}")
        if not met:
            missed.append(figure)
    return missed


if __name__ == "__main__":
    main()
