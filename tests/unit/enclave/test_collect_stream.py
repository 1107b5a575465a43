"""The reader of the hostile stream takes good streams in any pieces and survives every other."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casemate.canonical import digest
from casemate.enclave.collect import CollectedFile, Collector, HostileStream, TooLarge, printable

GOOD = b"ready\nexit 0 4096\nfile 612e637376 3\na,breject 6c696e6b link\nfile 7a 0\nend\n"


@given(st.lists(st.integers(1, len(GOOD) - 1), unique=True))
def test_a_good_stream_means_the_same_in_any_pieces(cuts: list[int]) -> None:
    collector = Collector(max_bytes=10)
    places = [0, *sorted(cuts), len(GOOD)]
    for start, end in pairwise(places):
        collector.feed(GOOD[start:end])
    assert collector.complete
    assert collector.exit_code == 0
    assert collector.files == [
        CollectedFile("a.csv", b"a,b", digest(b"a,b")),
        CollectedFile("z", b"", digest(b"")),
    ]
    assert [(thing.name, thing.reason.split(";")[0]) for thing in collector.rejected] == [
        ("link", "is a symbolic link")
    ]


RECORDS = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b"ready\n", b"exit 0 0\n", b"exit -9 12\n", b"end\n", b"file 61 3\n", b"abc"]),
    st.builds(lambda name, size: b"file %s %d\n" % (name.hex().encode(), size),
              st.binary(max_size=300), st.integers(-5, 10**16)),
    st.builds(lambda name, code: b"reject %s %s\n" % (name.hex().encode(), code),
              st.binary(max_size=300), st.sampled_from([b"link", b"special", b"nonsense"])),
)  # fmt: skip


@given(st.lists(RECORDS, max_size=20))
def test_no_stream_does_more_than_end_the_reading(records: list[bytes]) -> None:
    collector = Collector(max_bytes=100)
    try:
        for record in records:
            collector.feed(record)
    except (HostileStream, TooLarge):
        pass
    assert sum(len(file.data) for file in collector.files) <= 100
    for file in collector.files:
        assert ".." not in file.name.split("/")
        assert not file.name.startswith("/")
        assert file.name.isprintable()


@pytest.mark.parametrize(
    "stream",
    [
        b"exit 0 0\n",
        b"ready\nready\n",
        b"ready\nfile 61 1\n",
        b"ready\nexit 0 0\nexit 0 0\n",
        b"ready\nexit 0 0\nfile zz 1\n",
        b"ready\nexit 0 0\nfile 61 1e3\n",
        b"ready\nexit 0 0\nfile 61 99999999999999999999\n",
        b"ready\nexit 0 0\nreject 61 because\n",
        b"ready\nexit 0 0\nend\nmore",
        b"x" * 5000,
    ],
)
def test_a_stream_out_of_form_is_hostile(stream: bytes) -> None:
    with pytest.raises(HostileStream):
        Collector(max_bytes=100).feed(stream)


def test_sizes_are_refused_before_a_byte_is_held() -> None:
    with pytest.raises(TooLarge):
        Collector(max_bytes=100).feed(b"ready\nexit 0 0\nfile 61 101\n")


def test_names_are_shown_in_plain_ascii() -> None:
    assert printable("a\x1b[2J\nb") == "a\\x1b[2J\\nb"
    assert len(printable("é" * 500)) <= 80
