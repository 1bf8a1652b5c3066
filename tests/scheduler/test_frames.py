"""Frames are whole or not at all; a peer that stops, floods or lies is let go."""

import socket
import threading
from collections.abc import Iterator

import pytest

from scheduler.frames import LARGEST, Frames, LinkLost

Pair = tuple[Frames, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """One end as frames, quick to lose patience, and the other as it is."""
    ours, theirs = socket.socketpair()
    frames = Frames(ours, patience=0.2)
    yield frames, theirs
    frames.close()
    theirs.close()


def test_frames_arrive_whole_and_in_order_however_they_are_cut(pair: Pair) -> None:
    """Bytes come one by one; empty frames are frames."""
    frames, other = pair
    wanted = [b"a", b"", b"x" * 1000]
    said = b"".join(len(one).to_bytes(4) + one for one in wanted)

    def drip() -> None:
        for byte in said:
            other.sendall(bytes([byte]))

    thread = threading.Thread(target=drip)
    thread.start()
    assert [frames.receive() for _ in wanted] == wanted
    thread.join()


def test_a_frame_of_the_largest_size_goes_through() -> None:
    """One byte more does not, and is not sent either."""
    one, other = (Frames(end) for end in socket.socketpair())
    found: list[bytes] = []
    thread = threading.Thread(target=lambda: found.append(other.receive()))
    thread.start()
    one.send(bytes(LARGEST))
    thread.join()
    assert len(found[0]) == LARGEST
    with pytest.raises(LinkLost, match=str(LARGEST)):
        one.send(bytes(LARGEST + 1))
    one.send(b"a")
    assert other.receive() == b"a"
    one.close()
    other.close()


def test_a_length_beyond_the_limit_ends_the_link(pair: Pair) -> None:
    """Nothing is set aside for it."""
    frames, other = pair
    other.sendall((LARGEST + 1).to_bytes(4))
    with pytest.raises(LinkLost, match="longer"):
        frames.receive()
    assert other.recv(1) == b""


def test_nothing_within_the_time_is_no_loss(pair: Pair) -> None:
    """Whoever waits may wait again."""
    frames, other = pair
    with pytest.raises(TimeoutError):
        frames.receive(0.01)
    other.sendall(b"\0\0\0\1a")
    assert frames.receive(5) == b"a"


@pytest.mark.parametrize("part", [b"\0", b"\0\0\0\5", b"\0\0\0\5abcd"])
def test_a_peer_that_stops_within_a_frame_is_let_go(pair: Pair, part: bytes) -> None:
    """However far it got."""
    frames, other = pair
    other.sendall(part)
    with pytest.raises(LinkLost, match="stopped"):
        frames.receive()


@pytest.mark.parametrize("part", [b"", b"\0\0", b"\0\0\0\5abcd"])
def test_a_peer_that_has_gone_is_noticed(pair: Pair, part: bytes) -> None:
    """Between frames and within one."""
    frames, other = pair
    other.sendall(part)
    other.close()
    with pytest.raises(LinkLost):
        frames.receive()


def test_a_peer_that_does_not_read_is_let_go(pair: Pair) -> None:
    """Senders are not held up for longer than the limit."""
    frames, _ = pair
    with pytest.raises(LinkLost):
        frames.send(bytes(LARGEST))
    with pytest.raises(LinkLost):
        frames.send(b"a")
