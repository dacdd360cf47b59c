"""What hypothesis makes up: clients with the worst names that OpenVPN lets through."""

from hypothesis import strategies as st

from tests.status_files import AT, Peer

HOSTILE = (
    *(b"END", b"UNDEF", b"ROUTING TABLE", b"GLOBAL STATS", b"CLIENT_LIST", b"HEADER,CLIENT_LIST"),
    *(b"a,b,c,d", b",", b",,,,,,,", b"bob, O'Brien", b"  two  spaces ", b"1,2,3", b"0", b"_"),
    *(b"x,192.0.2.9:1,10.8.0.9,,1,1", b"caf\xe9", b"\xff\xfe", b"caf\xef\xbf\xbd"),
    *(b"line\xe2\x80\xa8separator", b"next\xc2\x85line", b"\xed\xa0\x80", b"=cmd|' /C calc'!A0"),
    b"x,192.0.2.9:1,10.8.0.9,,1,1,2026-11-22 15:50:40,1795362640,y",
)
names = st.sampled_from(HOSTILE) | st.lists(
    st.integers(32, 255).filter(lambda byte: byte != 127), min_size=1, max_size=64
).map(bytes)
"""Any bytes from 32 up but 127: OpenVPN writes `_` for the others."""

counters = st.integers(0, 2**53)
ports = st.integers(1, 65535)
ipv4 = st.ip_addresses(v=4).map(str)
ipv6 = st.ip_addresses(v=6).filter(lambda ip: ip.ipv4_mapped is None).map(str)
real_addresses = st.one_of(
    st.builds("{}:{}".format, ipv4, ports),
    ipv6,
    st.builds("udp4:{}:{}".format, ipv4, ports),
    st.builds("tcp6-server:[{}]:{}".format, ipv6, ports),
)


@st.composite
def peers(draw: st.DrawFn, max_size: int = 6) -> list[Peer]:
    """Clients of one server: Client IDs and virtual addresses are their own, names need not be."""
    count = draw(st.integers(0, max_size))
    return [
        Peer(
            name=draw(names),
            address=draw(real_addresses),
            ipv4=f"10.8.0.{n + 2}",
            ipv6=draw(st.sampled_from(["", f"fd00:8::{0x1000 + n:x}"])),
            received=draw(counters),
            sent=draw(counters),
            since=AT - draw(st.integers(0, 10**8)),
            username=draw(names | st.just(b"UNDEF")),
            client_id=n,
        )
        for n in range(count)
    ]
