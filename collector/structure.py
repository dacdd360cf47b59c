"""The parts of a status file, which must all be there, once, in order, with nothing after them.

Only a whole file is taken apart: OpenVPN writes over the old content line by line, so what is caught
midway may be short of a part, or go on with the old one's.
"""

from dataclasses import dataclass

from collector.names import shown
from ovpnmon.model import Rejected, StatusError

V1_TITLE = "OpenVPN CLIENT LIST"
CLIENT_MODE_TITLE = "OpenVPN STATISTICS"
END = "\nEND\n"
QUOTED_CHARACTERS = 80
SHOWN_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Table:
    """One of the two lists."""

    tag: str | None
    """What every row and the line of columns begins with, where there is such."""
    separator: str
    columns: list[str]
    rows: str
    """Every row with a line end before it."""
    first_line: int

    @property
    def end_line(self) -> int:
        """The line after the last row."""
        return self.first_line + self.rows.count("\n")


@dataclass(frozen=True, slots=True)
class Document:
    """A whole file. time: the fields of its TIME line: text, and unix time since version 2."""

    version: int
    title: str
    time: list[str]
    clients: Table
    routes: Table
    stats: list[tuple[str, str]]
    """Names and values of the GLOBAL STATS lines."""
    unknown: list[Rejected]
    """Lines of the head that no known version has."""


def take_apart(text: str) -> Document:
    """The parts of a file with `\\n` line ends. Raises StatusError: what is wrong with it."""
    if text.startswith(V1_TITLE + "\n"):
        return _version_1(text)
    if text.startswith("TITLE,"):
        return _tagged(text, 2, ",")
    if text.startswith("TITLE\t"):
        return _tagged(text, 3, "\t")
    if text.startswith(CLIENT_MODE_TITLE + "\n"):
        raise StatusError(
            "client_mode",
            "OpenVPN runs as a client or point-to-point here, and such a status file lists no"
            " clients: name the file of a server, that is of a configuration with 'server' or"
            " 'mode server'",
        )
    first = text.partition("\n")[0]
    raise malformed(
        f"begins with {quoted(first)}, as no OpenVPN server's status file does: name the file that"
        " 'status' in the server's configuration names"
    )


def malformed(what: str) -> StatusError:
    """The file is no whole status file. what: where and how, after `the file ...`."""
    return StatusError("malformed", f"the file {what}")


def quoted(text: str) -> str:
    """A piece of the file as part of a message."""
    cut = text if len(text) <= QUOTED_CHARACTERS else text[:QUOTED_CHARACTERS] + "..."
    return repr(shown(cut))


def reject(number: int, line: str, reason: str) -> Rejected:
    """A row set aside, cut to what can be shown."""
    return Rejected(number, shown(line[:SHOWN_CHARACTERS]), reason[:SHOWN_CHARACTERS])


def _version_1(text: str) -> Document:
    head, rest = _two_parts(_without_end(text), "ROUTING TABLE")
    routes, stats = _two_parts(rest, "GLOBAL STATS")
    title, updated, listed = (head + "\n\n").split("\n", 2)
    if not updated.startswith("Updated,"):
        raise _incomplete(f"has no Updated line after {title}")
    clients = _table(None, ",", listed.removesuffix("\n\n"), 3)
    routed = _table(None, ",", routes, clients.end_line + 1)
    return Document(
        1, title, [updated.removeprefix("Updated,")], clients, routed, _stats(stats, ""), []
    )


def _tagged(text: str, version: int, separator: str) -> Document:
    """Versions 2 and 3, whose lines begin with what they are."""
    head, *sections = _without_end(text).split(f"\nHEADER{separator}")
    names = [section.partition(separator)[0] for section in sections[:5]]
    if names != ["CLIENT_LIST", "ROUTING_TABLE"]:
        written = quoted(", ".join(names))
        raise _incomplete(f"has HEADER lines {written}, not CLIENT_LIST and ROUTING_TABLE")
    title, *others = head.split("\n")
    clients = _table(names[0], separator, sections[0], len(others) + 2)
    rows, mark, stats = sections[1].partition(f"\nGLOBAL_STATS{separator}")
    if not mark:
        raise _incomplete("has no GLOBAL_STATS line")
    routes = _table(names[1], separator, rows, clients.end_line)
    time = [line for line in others if line.startswith(f"TIME{separator}")]
    if len(time) != 1:
        raise _incomplete(f"has {len(time)} TIME lines, not one")
    return Document(
        version,
        title.removeprefix(f"TITLE{separator}"),
        time[0].split(separator)[1:],
        clients,
        routes,
        _stats((mark + stats)[1:], f"GLOBAL_STATS{separator}"),
        [
            reject(number, line, "unknown line")
            for number, line in enumerate(others, 2)
            if line != time[0]
        ],
    )


def _table(tag: str | None, separator: str, text: str, columns_line: int) -> Table:
    columns, line_end, rows = text.partition("\n")
    return Table(tag, separator, columns.split(separator), line_end + rows, columns_line + 1)


def _stats(text: str, tag: str) -> list[tuple[str, str]]:
    """Older content left behind a shorter new one shows here as further lines."""
    stats = []
    for line in text.split("\n")[:-1]:
        name, separator, value = line.removeprefix(tag).replace("\t", ",").rpartition(",")
        if not (line.startswith(tag) and separator):
            raise _incomplete(f"has {quoted(line)} between GLOBAL STATS and END")
        stats.append((name, value))
    return stats


def _without_end(text: str) -> str:
    """All but the END line, which must be the last."""
    if not text.endswith(END):
        last = text.removesuffix("\n").rpartition("\n")[2]
        raise _incomplete(f"ends with {quoted(last)}, not with an END line")
    return text[: 1 - len(END)]


def _two_parts(text: str, line: str) -> list[str]:
    parts = text.split(f"\n{line}\n")
    if len(parts) != 2:
        raise _incomplete(f"has {len(parts) - 1} lines {line}, not one")
    return parts


def _incomplete(what: str) -> StatusError:
    return malformed(
        f"{what}: it is incomplete or was caught while OpenVPN rewrote it. If it stays so, OpenVPN"
        " cannot write it (is the disk full?): when it can again, restart it or send it SIGHUP"
    )
