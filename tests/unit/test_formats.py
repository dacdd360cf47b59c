"""How numbers, times and hostile text read."""

import math
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovpnmon import formats
from tests.worlds import HOSTILE

BUCHAREST = ZoneInfo("Europe/Bucharest")
NOON = datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("bytes_per_second", "text"),
    [
        (0, "0"),
        (0.01, "0"),
        (100, "800 bit/s"),
        (1_550_000, "12.4 Mbit/s"),
        (124_999_999, "1.00 Gbit/s"),
        (124_930_000, "999 Mbit/s"),
        (12_499, "100 kbit/s"),
        (1e18, "8000000 Tbit/s"),
        (None, "–"),
        (math.nan, "–"),
    ],
)
def test_rates_are_bits_with_three_significant_digits(bytes_per_second, text):
    """A rate is bit/s in powers of ten; zero is 0 and unknown is a dash."""
    assert formats.rate(bytes_per_second) == text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (1_420_000_000, "1.42 GB"),
        (999_600, "1.00 MB"),
        (2**63, "9223 PB"),
        (None, "–"),
    ],
)
def test_volumes_are_bytes_in_powers_of_ten(size_bytes, text):
    """A volume uses kB, MB, GB of powers of ten everywhere."""
    assert formats.volume(size_bytes) == text


@given(st.floats(min_value=0.5, max_value=9.9e17))
def test_a_scaled_number_never_shows_four_digits_before_its_unit(size_bytes):
    """999.6 becomes 1.00 of the next unit, never 1000 of this one."""
    digits = re.match(r"[\d.]+", formats.volume(size_bytes)).group()
    assert len(digits.replace(".", "")) <= 3


@pytest.mark.parametrize(
    ("seconds", "long", "short"),
    [
        (0, "0 s", "0 s"),
        (59.9, "59 s", "59 s"),
        (60, "1 min", "1 min"),
        (3599, "59 min", "59 min"),
        (11_520, "3 h 12 min", "3 h"),
        (18_180, "5 h 03 min", "5 h"),
        (187_200, "2 d 4 h", "2 d"),
        (-5, "0 s", "0 s"),
        (None, "–", "–"),
        (math.nan, "–", "–"),
    ],
)
def test_durations_and_ages(seconds, long, short):
    """A duration has its two largest units, an age the largest one."""
    assert (formats.duration(seconds), formats.age(seconds)) == (long, short)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s ago"), (400, "6 min ago"), (-4, "0 s ago"), (-5, "5 s ahead"), (-7300, "2 h ahead")],
)
def test_a_moment_of_a_clock_ahead_is_not_now(seconds, text):
    """But for what two hosts commonly differ."""
    assert formats.since(seconds) == text


def test_counts_have_thin_spaces_and_their_noun():
    """Thousands are set apart by thin spaces; one is singular."""
    assert formats.count(1_234_567) == "1\u202f234\u202f567"
    assert formats.counted(1, "client") == "1 client"
    assert formats.counted(1284, "session") == "1\u202f284 sessions"


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (datetime(2026, 11, 22, 4, 30, tzinfo=UTC), "06:30"),
        (datetime(2026, 11, 21, 22, 30, tzinfo=UTC), "00:30"),
        (datetime(2026, 11, 21, 21, 30, tzinfo=UTC), "21 Nov, 23:30"),
        (datetime(2025, 3, 1, 12, 0, tzinfo=UTC), "1 Mar 2025"),
    ],
)
def test_a_moment_is_as_short_as_it_stays_clear(when, text):
    """Today, this year and earlier are told apart by the wall clock of the zone, not by UTC."""
    assert formats.moment(when.timestamp(), BUCHAREST, NOON) == text


def test_an_exact_moment_names_day_and_second():
    """The exact form has weekday, date, year and seconds, in the zone."""
    assert formats.exact(NOON, BUCHAREST) == "Sun 22 Nov 2026, 14:00:05"


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ("Europe/Bucharest", "Bucharest, UTC+2"),
        ("America/New_York", "New York, UTC−5"),
        ("Asia/Kathmandu", "Kathmandu, UTC+5:45"),
        ("UTC", "UTC"),
        ("Europe/London", "London, UTC"),
    ],
)
def test_a_zone_is_named_by_city_and_offset(zone, name):
    """A zone reads as its city with the offset of that day."""
    assert formats.zone_name(ZoneInfo(zone), NOON) == name


def test_an_offset_follows_daylight_saving():
    """The offset is that of the moment, not of the zone."""
    july = datetime(2026, 7, 1, tzinfo=UTC).timestamp()
    assert formats.zone_name(BUCHAREST, july) == "Bucharest, UTC+3"


@given(st.text())
def test_plain_text_has_no_control_or_direction_characters(text):
    """Whatever a client is called, nothing in it moves a cursor, breaks a line or turns text round."""
    assert all(char.isprintable() for char in formats.plain(text))


@given(st.text())
def test_literal_text_reads_the_same_without_its_escapes(text):
    """Escaping adds backslashes and word joiners and takes nothing away."""
    literal = formats.literal(text)
    unescaped = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", literal.replace(formats.WORD_JOINER, ""))
    assert unescaped == formats.plain(text).replace(formats.WORD_JOINER, "")


@pytest.mark.parametrize("text", HOSTILE)
def test_literal_text_leaves_no_markdown_character_bare(text):
    """Punctuation is escaped, so that no image, link, emphasis, icon or formula begins."""
    literal = formats.literal(text)
    if literal != formats.plain(text):
        assert not re.search(r"(?<!\\)(?:\\\\)*[!\[\]()<>*_`~$:#|{}]", literal)


@pytest.mark.parametrize("name", ["anna schmidt", "anna_schmidt", "Алексей-Смирнов", "x"])
def test_ordinary_names_stay_as_they_are(name):
    """A name without meaning in Markdown is not touched, so that it copies cleanly."""
    assert formats.literal(name) == name


@pytest.mark.parametrize("name", [":material/delete:", '["a", "b"]', " [x]"])
def test_a_button_label_is_neither_icon_nor_menu(name):
    """What a table would take for an icon or a list of buttons gets a word joiner in front."""
    label = formats.button_label(name)
    assert label == formats.WORD_JOINER + name.strip()


def test_a_client_without_a_name_can_still_be_clicked():
    """An empty name has a label."""
    assert formats.button_label("\x00") == "(no name)"


@pytest.mark.parametrize(
    ("address", "port", "text"),
    [
        ("203.0.113.7", "1194", "203.0.113.7:1194"),
        ("203.0.113.7", "", "203.0.113.7"),
        ("2001:db8::7", "1194", "[2001:db8::7]:1194"),
        ("2001:db8::7", "", "2001:db8::7"),
    ],
)
def test_endpoints(address, port, text):
    """An IPv6 address gets brackets where a port follows."""
    assert formats.endpoint(address, port) == text
