from __future__ import annotations

import asyncio
import itertools
import sqlite3
import subprocess
import sys
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path

import pytest

from mock_alohub.delivery.outbox import Outbox, opening, writer
from mock_alohub.delivery.outbox.opening import InUse, mistake_of
from mock_alohub.delivery.outbox.schema import APPLICATION_ID, MIGRATIONS
from mock_alohub.delivery.state import Delivered, StateName, Waiting
from mock_alohub.delivery.store import Store, StoreTrouble
from mock_alohub.delivery.view import Wanted
from mock_alohub.errors import Mistake, Unreadable, Unwritable
from tests.delivery.conformance import REGISTRATION, StoreSuite, after
from tests.delivery.desk import EPOCH, Desk, ManualTime, desk, in_loop, new_delivery
from tests.fakes import CALL_ENDED

ROOT = Path(__file__).resolve().parents[2]


class TestOutbox(StoreSuite):
    def opened(self, folder: Path, time: ManualTime) -> AbstractAsyncContextManager[Store]:
        return Outbox(folder / "deliveries.sqlite3", time)


def file(folder: Path) -> Path:
    return folder / "deliveries.sqlite3"


@in_loop
async def refused(path: Path, kind: type[Mistake], words: str) -> None:
    with pytest.raises(kind, match=words):
        Outbox(path)


# Opening


def test_a_second_process_is_told_that_the_file_is_in_use(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from mock_alohub.delivery.outbox.opening import Claim\n"
        "claim = Claim(Path(sys.argv[1])); print('mine', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(file(tmp_path))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "mine\n"
        refused(file(tmp_path), InUse, rf"in use by another process \({other.pid}\)")
        other.kill()
        other.communicate()

    @in_loop
    async def open_again() -> None:
        async with Outbox(file(tmp_path)):
            pass

    open_again()


@in_loop
async def test_two_names_of_one_file_are_one_file(tmp_path: Path) -> None:
    async with Outbox(file(tmp_path)):
        (tmp_path / "alias.sqlite3").symlink_to(file(tmp_path))
        with pytest.raises(InUse):
            Outbox(tmp_path / "alias.sqlite3")


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file(tmp_path).write_text("a letter to a friend, longer than the header of a database is " * 20)
    refused(file(tmp_path), Unreadable, "is no SQLite database")
    assert file(tmp_path).read_text().startswith("a letter")


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(file(tmp_path))) as other:
        other.execute("CREATE TABLE deliveries (pizza TEXT)")
    refused(file(tmp_path), Unreadable, "database of another program")


def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(file(tmp_path))) as newer:
        newer.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 99;")
    refused(file(tmp_path), Unreadable, rf"newer mock-alohub \(schema 99, known here up to {len(MIGRATIONS)}\)")


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    file(tmp_path).mkdir()
    refused(file(tmp_path), Unwritable, "it is a folder")


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere" / "x.sqlite3", Unwritable, r"cannot write .*nowhere")


def test_a_locked_database_is_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_LOCK_WAIT_S", 0.05)
    with closing(sqlite3.connect(file(tmp_path), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        refused(file(tmp_path), StoreTrouble, "another program holds a lock")


def test_a_read_only_file_is_a_mistake(tmp_path: Path) -> None:
    with closing(sqlite3.connect(file(tmp_path))) as made:
        made.execute("CREATE TABLE t (x)")
    readable = sqlite3.connect(f"file:{file(tmp_path)}?mode=ro", uri=True)
    with closing(readable), pytest.raises(sqlite3.OperationalError) as caught:
        readable.execute("INSERT INTO t VALUES (1)")
    mistake = mistake_of(caught.value, file(tmp_path))
    assert isinstance(mistake, Unwritable)
    assert "read-only" in mistake.message


@in_loop
async def test_the_file_is_written_ahead_and_flushed_at_every_commit(tmp_path: Path) -> None:
    async with Outbox(file(tmp_path)) as outbox:
        pragmas = [
            outbox._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
        ]
        assert pragmas == ["wal", 2]


def test_every_schema_there_was_leads_to_the_present_one(tmp_path: Path) -> None:
    for version in range(len(MIGRATIONS) + 1):
        path = tmp_path / f"{version}.sqlite3"
        with closing(sqlite3.connect(path)) as old:
            for change in MIGRATIONS[:version]:
                old.executescript(change)
            if version:
                old.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {version};")
        with closing(opening.opened(path)) as now:
            assert now.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
            assert ("deliveries",) in now.execute("SELECT name FROM sqlite_master").fetchall()


# Trouble


def fill(outbox: Outbox) -> None:
    """Let the disk be full, as SQLite sees it."""
    (pages,) = outbox._connection.execute("PRAGMA page_count").fetchone()
    outbox._connection.execute(f"PRAGMA max_page_count = {pages}")


def make_room(outbox: Outbox) -> None:
    outbox._connection.execute("PRAGMA max_page_count = 1000000")


@in_loop
async def test_nothing_is_promised_while_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "RETRY_S", 0.01)
    async with Outbox(file(tmp_path)) as outbox:
        where = await outbox.register(REGISTRATION)
        fill(outbox)
        with pytest.raises(StoreTrouble, match="the disk is full"):
            await outbox.enqueue([new_delivery(where, n) for n in range(500)])
        make_room(outbox)
        await settled(outbox)
        await outbox.enqueue([new_delivery(where)])
        assert outbox.counts("default")[StateName.WAITING] == 1


async def settled(outbox: Outbox) -> None:
    while outbox._writer.trouble is not None:  # noqa: ASYNC110 - the next retry finds out
        await asyncio.sleep(0.005)


@in_loop
async def test_what_happened_while_the_disk_was_full_is_recorded_when_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "RETRY_S", 0.01)
    async with Outbox(file(tmp_path)) as outbox:
        dues = await outbox.enqueue([new_delivery(await outbox.register(REGISTRATION), n) for n in range(500)])
        told: list[StoreTrouble | None] = []
        outbox.on_trouble(told.append)
        fill(outbox)
        recorded = [outbox.record(after(due, Delivered(EPOCH))) for due in dues[:400]]
        while not told:  # noqa: ASYNC110 - it is told from elsewhere
            await asyncio.sleep(0.005)
        recorded += [outbox.record(after(due, Delivered(EPOCH))) for due in dues[400:]]
        assert outbox.counts("default")[StateName.DELIVERED] == 0
        make_room(outbox)
        await asyncio.wait(set(recorded))
        assert outbox.counts("default")[StateName.DELIVERED] == 500
        assert (type(told[0]), told[-1]) == (StoreTrouble, None)


@in_loop
async def test_an_engine_attempts_nothing_while_the_disk_is_full_and_goes_on_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "RETRY_S", 0.01)
    async with desk(tmp_path) as at:
        where = await at.endpoint()
        for _ in range(10):
            await at.engine.enqueue([new_delivery(where, n, at=EPOCH + 1) for n in range(300)])
        fill(at.outbox)
        at.time.advance(1)
        await until_parked(at, parked=True)
        attempted = len(at.sender.sent)
        assert attempted < 3000
        with pytest.raises(StoreTrouble):
            await at.enqueue(where)
        assert len(at.sender.sent) - attempted <= 50
        make_room(at.outbox)
        await at.settled(StateName.DELIVERED, 3000)
        await until_parked(at, parked=False)
        assert len(at.sender.sent) == 3000


async def until_parked(at: Desk, *, parked: bool) -> None:
    while (at.engine.parked is not None) != parked:  # noqa: ASYNC110 - it is told from elsewhere
        await asyncio.sleep(0.005)


@in_loop
async def test_a_lock_of_another_program_holds_up_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "RETRY_S", 0.01)
    monkeypatch.setattr(opening, "_LOCK_WAIT_S", 0.05)
    async with Outbox(file(tmp_path)) as outbox:
        where = await outbox.register(REGISTRATION)
        (due,) = await outbox.enqueue([new_delivery(where)])
        with closing(sqlite3.connect(file(tmp_path), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            recorded = outbox.record(after(due, Delivered(EPOCH)))
            with pytest.raises(StoreTrouble, match="another program"):
                await outbox.enqueue([new_delivery(where)])
        await recorded
        assert outbox.delivery("default", due.id).state == Delivered(EPOCH)


@in_loop
async def test_a_defect_fails_those_who_wait_and_not_the_store(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Outbox(file(tmp_path)) as outbox:
        where = await outbox.register(REGISTRATION)
        with pytest.raises(ZeroDivisionError):
            await outbox._writer.do(lambda connection: 1 / 0)
        assert len(await outbox.enqueue([new_delivery(where)])) == 1
    assert "could not be written" in caplog.text


@in_loop
async def test_many_who_enqueue_at_once_share_a_commit(tmp_path: Path) -> None:
    async with Outbox(file(tmp_path)) as outbox:
        where = await outbox.register(REGISTRATION)
        commits: list[int] = []
        committed = outbox._writer._committed

        def counted(batch: writer.Batch) -> Exception | None:
            commits.append(len(batch.deliveries))
            return committed(batch)

        outbox._writer._committed = counted  # type: ignore[method-assign]
        await asyncio.gather(*(outbox.enqueue([new_delivery(where, n)]) for n in range(150)))
        assert sum(commits) == 150
        assert len(commits) <= 3


# Reading


@in_loop
async def test_every_list_is_read_by_index_alone(tmp_path: Path) -> None:
    async with Outbox(file(tmp_path)) as outbox:
        where = await outbox.register(REGISTRATION)
        await outbox.enqueue([new_delivery(where)])
        choices = itertools.product(
            [None, where.id], [None, CALL_ENDED], [None, "call-1"], [None, StateName.DEAD], [None, EPOCH]
        )
        for endpoint, webhook, call_id, state, since in choices:
            wanted = Wanted("default", endpoint, webhook, call_id, state, since)
            steps = [step for step in outbox.explained(wanted) if " d " in step]
            assert steps
            found_by = "call_id=?" if call_id else "endpoint=? AND stream=?" if endpoint else "stream=? AND state=?"
            for step in steps:
                assert step.startswith("SEARCH d USING"), (wanted, step)
                assert found_by in step, (wanted, step)
            assert not any("TEMP B-TREE" in step for step in outbox.explained(wanted)[:1])


@in_loop
async def test_a_waiting_delivery_shows_when_it_is_due(tmp_path: Path) -> None:
    async with Outbox(file(tmp_path), ManualTime()) as outbox:
        (due,) = await outbox.enqueue([new_delivery(await outbox.register(REGISTRATION), at=EPOCH + 7)])
        view = outbox.delivery("default", due.id)
        assert (view.state, view.created_at) == (Waiting(EPOCH + 7), EPOCH)


def test_nobody_else_may_read_the_file_for_it_holds_keys(tmp_path: Path) -> None:
    path = tmp_path / "deliveries.sqlite3"
    with closing(opening.opened(path)) as connection:
        connection.execute("CREATE TABLE something (x)")
        modes = {file.name: file.stat().st_mode & 0o077 for file in tmp_path.iterdir()}
    assert modes == {"deliveries.sqlite3": 0, "deliveries.sqlite3-wal": 0, "deliveries.sqlite3-shm": 0}
