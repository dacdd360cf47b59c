"""`make bench`: what it costs, each figure beside a floor or a naive reference measured in the same run.

    python -m scripts.bench [ticks] [web] [places] [history] [traffic]
        [--sizes 100000,1000000,10000000] [--clients 500] [--online 0.1] [--sample-days 7] [--days 395]

Options from --clients on are about traffic: 50 million samples are --clients 2000 --sample-days 30, and
take some minutes to make.

CPU times are medians of this process's or the server's own; trust ratios over absolute times, as machines
are noisy. Everything happens in temporary directories; 10 million sessions take some minutes to make.
"""

import argparse

from scripts.bench import history, places, ticks, traffic, web
from scripts.bench.generate_traffic import Size


def main() -> None:
    """Run the sections asked for; all of them by default."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench")
    parser.add_argument(
        "sections", nargs="*", default=["ticks", "web", "places", "history", "traffic"]
    )
    parser.add_argument("--sizes", default="100000,1000000,10000000")
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--online", type=float, default=0.1, help="share of the time")
    parser.add_argument("--sample-days", type=int, default=7)
    parser.add_argument("--days", type=int, default=395)
    options = parser.parse_args()
    if "ticks" in options.sections:
        ticks.report()
    if "web" in options.sections:
        web.report()
    if "places" in options.sections:
        places.report()
    if "history" in options.sections:
        history.report([int(size) for size in options.sizes.split(",")])
    if "traffic" in options.sections:
        traffic.report(Size(options.clients, options.online, options.sample_days, options.days))


main()
