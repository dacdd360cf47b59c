"""`make bench`: what it costs, each figure beside a floor or a naive reference measured in the same run.

    python -m scripts.bench [ticks] [web] [history] [--sizes 100000,1000000,10000000]

CPU times are medians of this process's or the server's own; trust ratios over absolute times, as machines
are noisy. Everything happens in temporary directories; 10 million sessions take some minutes to make.
"""

import argparse

from scripts.bench import history, ticks, web


def main() -> None:
    """Run the sections asked for; all of them by default."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench")
    parser.add_argument("sections", nargs="*", default=["ticks", "web", "history"])
    parser.add_argument("--sizes", default="100000,1000000,10000000")
    options = parser.parse_args()
    if "ticks" in options.sections:
        ticks.report()
    if "web" in options.sections:
        web.report()
    if "history" in options.sections:
        history.report([int(size) for size in options.sizes.split(",")])


main()
