"""When a snapshot is not to be trusted with an ending: it may hold part of an older list.

Reading twice catches a file in the middle of a rewrite unless OpenVPN was held up for longer than
the pause. Such a file shows itself by a row cut in two or by one client listed twice.
"""

import re
from collections import Counter
from collections.abc import Iterable

from ovpnmon.model import Rejected

DIGITS = re.compile(r"\d+")


def newly_rejected(rows: Iterable[Rejected], before: Iterable[Rejected]) -> bool:
    """Whether rows hold one that was not set aside before.

    Digits are not compared: a row that stays bad in the same way counts on, and must not keep
    everybody's session open for ever.
    """
    return bool(_kinds(rows) - _kinds(before))


def _kinds(rows: Iterable[Rejected]) -> Counter[tuple[str, str]]:
    return Counter((DIGITS.sub("0", row.reason), DIGITS.sub("0", row.text)) for row in rows)
