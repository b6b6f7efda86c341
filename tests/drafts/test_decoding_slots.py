"""However many read, no more programs run than there are places, and everybody reads."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from transcribe.drafts.decoding_slots import DecodingSlots


class Desk:
    """Readers and their programs, of which none is real: a number that is there while it runs."""

    def __init__(self, most: int) -> None:
        self.slots, self.most = DecodingSlots(most), most
        self.running: dict[int, int] = {}  # by reader
        self._n_begun = 0
        self._lock = threading.Lock()

    def read(self, reader: int) -> None:
        keeps = self.slots.take(reader)
        with self._lock:
            assert (reader in self.running) == keeps, "an ended program would be read, or a second one begun"
            if not keeps:
                self._n_begun += 1
                self.running[reader] = self._n_begun
            assert len(self.running) <= self.most
        self.slots.rest(reader, lambda: self._end(reader))

    def leave(self, reader: int) -> None:
        self._end(reader)
        self.slots.leave(reader)

    def _end(self, reader: int) -> None:
        with self._lock:
            self.running.pop(reader, None)


@given(most=st.integers(1, 4), steps=st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=40))
def test_a_place_is_kept_until_another_needs_it(most: int, steps: list[tuple[int, bool]]) -> None:
    desk, latest = Desk(most), list[int]()
    for reader, leaves in steps:
        latest = [other for other in latest if other != reader]
        if leaves:
            desk.leave(reader)
        else:
            desk.read(reader)
            latest = [*latest, reader][-most:]
        assert set(desk.running) == set(latest)


def test_readers_in_many_threads_all_come_to_their_end() -> None:
    desk, done, failed = Desk(3), list[int](), list[BaseException]()

    def read(reader: int) -> None:
        try:
            for _ in range(200):
                desk.read(reader)
            desk.leave(reader)
            done.append(reader)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=read, args=(reader,), daemon=True) for reader in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failed
    assert sorted(done) == list(range(9))
    assert desk.running == {}
