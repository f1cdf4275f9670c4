"""`mci-verify` as outsiders use it: exports, steps, proofs and receipts, and what it says of bad ones."""

from __future__ import annotations

import io
import os
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mci_agent import verify
from mci_core import notes, tiles
from tests.pure.audit_support import logs
from tests.pure.audit_support.command import Command
from tests.pure.audit_support.logs import Log


@pytest.fixture(scope="module")
def log() -> Log:
    return Log.of(600)


@pytest.fixture
def export(log: Log, tmp_path: Path) -> Path:
    return logs.write(log.export(), tmp_path / "export")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def test_it_runs_alone_in_an_empty_folder(log: Log, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(verify.__file__, alone / "mci_verify.py")
    logs.write(log.export(), tmp_path / "log")
    command = [sys.executable, "-I", "mci_verify.py", "log", "../log", "--witnesses", "1"]
    done = subprocess.run(command, cwd=alone, capture_output=True, text=True, check=False)
    assert done.returncode == verify.PROVEN, done.stderr
    assert done.stdout.startswith(
        f"Proven: the log {logs.ORIGIN} with its 600 entries is the one that its key has signed"
    )
    assert f"Signed with the key {logs.VKEY}\n" in done.stdout
    assert f"Seen by {logs.WITNESS} at " in done.stdout
    assert f"Compare it with one you hold, or pass it with --vkey: {logs.VKEY}" in done.stdout


def test_it_imports_nothing_of_this_project() -> None:
    text = Path(verify.__file__).read_text("utf-8")
    assert "import mci" not in text
    assert "from mci" not in text


def test_a_zip_is_an_export_too(log: Log, run: Command, tmp_path: Path) -> None:
    path = tmp_path / "log.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("tile")
        for name, data in log.export().items():
            archive.writestr(name, data)
    code, said = run("log", path, "--vkey", logs.VKEY, "--witness", logs.WITNESS_VKEY, "--witnesses", 1)
    assert (code, said["size"], said["root"]) == (0, 600, log.tree(600).root().hex())
    assert said["witnesses"] == [{"name": logs.WITNESS, "time": logs.NOW + 600}]
    assert "pin" not in said
    assert run("consistency", path, path, "--vkey", logs.VKEY)[1]["older"] == 600


def test_damage_in_a_zip_is_named(log: Log, run: Command, tmp_path: Path) -> None:
    path = tmp_path / "log.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in log.export().items():
            archive.writestr(name, data)
    data = path.read_bytes()
    path.write_bytes(data.replace(log.entries[300], b"x" * len(log.entries[300])))
    code, said = run("log", path)
    assert (code, said["file"], said["fault"]) == (1, "tile/entries/001", "is damaged in the .zip")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("checkpoint", b"")
    assert run("log", path)[1]["fault"] == "holds two files of one name"
    path.write_bytes(data[:-100])
    code, said = run("log", path)
    assert (code, said["fault"]) == (verify.USAGE, "is neither a folder nor a whole .zip")
    path.unlink()
    assert run("log", path)[1] == {"ok": False, "exit": 2, "file": str(path), "fault": "does not exist"}


def test_files_larger_than_any_of_a_log_are_not_read(
    export: Path, run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.make_archive(str(tmp_path / "log"), "zip", export)
    monkeypatch.setattr(verify, "LARGEST", 2_000)
    monkeypatch.setattr(verify, "AT_ONCE", 1_000)
    for path in (export, tmp_path / "log.zip"):
        code, said = run("log", path)
        assert (code, said["fault"]) == (1, "is larger than a file of a log can be")
    monkeypatch.setattr(verify, "LARGEST_NOTE", 10)
    code, said = run("proof", export / "checkpoint", "--leaf", export / "checkpoint")
    assert (code, said["fault"]) == (1, "is larger than anything of this kind")


def test_a_folder_in_the_place_of_a_file_is_a_missing_file(export: Path, run: Command) -> None:
    (export / "checkpoint").unlink()
    (export / "checkpoint").mkdir()
    code, said = run("log", export)
    assert (code, said["file"], said["fault"]) == (1, "checkpoint", "is missing")


def test_an_empty_log_is_proven(run: Command, tmp_path: Path) -> None:
    code, said = run("log", logs.write(Log([]).export(), tmp_path / "empty"))
    assert (code, said["size"]) == (0, 0)
    lying = notes.signed_checkpoint(notes.Checkpoint(logs.ORIGIN, 0, b"x" * 32), logs.LOG_KEY)
    (tmp_path / "empty" / "checkpoint").write_text(lying.dumps())
    assert run("log", tmp_path / "empty")[1]["fault"] == "states a root for no entries"


@pytest.mark.parametrize("size", [1, 255, 256, 257, 512])
def test_logs_of_any_size_are_proven(size: int, run: Command, tmp_path: Path) -> None:
    code, said = run("log", logs.write(Log.of(size).export(), tmp_path / "log"))
    assert (code, said["size"]) == (0, size)


def test_a_log_of_three_levels_is_proven_by_many_processes(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [b"%d" % number for number in range(65_536 + 300)]
    files = Log(entries).export(index=False)
    folder = logs.write(files, tmp_path / "log")
    assert "tile/2/000.p/1" in files
    code, said = run("log", folder, "--jobs", 2)
    assert (code, said["size"]) == (0, len(entries))
    changed = bytearray(files["tile/entries/200"])
    changed[-1] ^= 1
    (folder / "tile/entries/200").write_bytes(changed)
    code, said = run("log", folder, "--jobs", 2)
    assert (code, said["file"], said["entry"]) == (1, "tile/entries/200", 200 * 256 + 255)


WANTED = verify.Wanted(rows=True, keys=False)


def test_a_stretch_is_sound_as_a_whole_or_read_again(log: Log, export: Path) -> None:
    source = verify.opened(export)
    part = verify.sound_part(source, 0, 2, WANTED)
    assert part is not None
    assert len(part.roots) == 2
    assert set(part.before.values()) == {verify.NONE_BEFORE}
    later = verify.sound_part(source, 1, 2, WANTED)
    assert later is not None
    first = verify.sound_part(source, 0, 1, WANTED)
    assert first is not None
    assert {one: first.after[one] for one in later.before} == later.before
    for name, data in (("index/001", b""), ("index/001", b"-\n" * 256), ("tile/0/001", b"")):
        (export / name).write_bytes(data)
        assert verify.sound_part(source, 0, 2, WANTED) is None


def test_a_stretch_whose_rows_agree_only_with_each_other_is_found(export: Path, run: Command) -> None:
    path = export / "index/001"
    rows = [row.split(b"\t") for row in path.read_bytes().splitlines()]
    path.write_bytes(
        b"".join(
            b"%b\t%d\t%b\n" % (who, int(at) + 1, last) if who != b"-" else verify.NO_ROW
            for who, at, last in rows
        )
    )
    part = verify.sound_part(verify.opened(export), 1, 2, WANTED)
    # Each person's first row here names the right hash with a wrong number, and the others follow from it.
    assert part is not None
    code, said = run("log", export)
    assert (code, said["file"], said["line"]) == (1, "index/001", 1)


def test_a_helper_says_what_its_stretches_come_to(export: Path, tmp_path: Path) -> None:
    helper = verify.Helper(export, [(0, 1), (1, 2), (2, 3)], WANTED)
    try:
        source = verify.opened(export)
        assert helper.next() == verify.sound_part(source, 0, 1, WANTED)
        assert helper.next() == verify.sound_part(source, 1, 2, WANTED)
        assert helper.next() is None
        assert helper.next() is None
        # It has said all and ends by itself; waiting for that lets what it ran be counted.
        os.waitid(os.P_PID, helper._process, os.WEXITED | os.WNOWAIT)
    finally:
        helper.end()
    with (tmp_path / "said").open("wb") as said:
        assert verify.serve(export / "checkpoint", [(0, 1)], WANTED, os.dup(said.fileno())) == 1
        assert verify.serve(export, [(0, 1)], WANTED, os.dup(said.fileno())) == 0


def test_a_process_has_something_to_do() -> None:
    assert verify.useful_jobs(63, 2) == 1
    assert verify.useful_jobs(128, 4) == 2
    for full in (0, 1, 390, 3906):
        for jobs in (1, 2, 3):
            taken = {
                index for first, last in verify.spans_of(full, {2, 390}, jobs) for index in range(first, last)
            }
            assert taken == set(range(full)) - {2, 390}


def test_an_odd_bundle_is_read_whole(tmp_path: Path) -> None:
    entries = [b"%d" % number + b" " * 900 for number in range(300)]
    folder = logs.write(Log(entries).export(index=False), tmp_path / "log")
    assert (folder / "tile/entries/000").stat().st_size > verify.AT_ONCE
    assert verify.main(["log", str(folder), "--json"]) == verify.PROVEN


def test_a_tile_whose_hashes_belong_to_other_entries_is_told_from_a_changed_entry(
    log: Log, export: Path, run: Command
) -> None:
    entry = tiles.pack([*log.entries[:9], b"{}", *log.entries[10:256]])
    (export / "tile/entries/000").write_bytes(entry)
    said = run("log", export)[1]
    assert (said["file"], said["entry"]) == ("tile/entries/000", 9)
    assert said["fault"] == "is not the entry that was logged here"
    row = b"".join([*log.hashes[:9], verify.leaf_hash(b"{}"), *log.hashes[10:256]])
    (export / "tile/0/000").write_bytes(row)
    shutil.rmtree(export / "index")
    said = run("log", export)[1]
    assert said["fault"].startswith("the entries do not have the root that was signed; first difference: ")
    assert said["fault"].endswith("tile/1/000.p/2, hash 0: is not the hash of entries 0 to 255")


def test_entry_and_tile_changed_differently_leave_open_which_is_right(
    log: Log, export: Path, run: Command
) -> None:
    (export / "tile/entries/000").write_bytes(tiles.pack([b"{}", *log.entries[1:256]]))
    (export / "tile/0/000").write_bytes(bytes(8192))
    said = run("log", export)[1]
    assert (said["entry"], said["fault"]) == (0, "and its hash in the tile differ")


def test_a_log_that_was_rewritten_with_all_its_tiles_is_not_the_signed_one(log: Log, tmp_path: Path) -> None:
    other = Log([*log.entries[:9], b"{}", *log.entries[10:]])
    files = other.export() | {"checkpoint": log.note().dumps().encode()}
    source = logs.Memory(files)
    with pytest.raises(verify.Bad, match="the entries and their tiles agree, but do not have the root"):
        verify.WholeLog(source, verify.checkpoint_of(source)).run(verify.Progress(0, False))


def test_the_first_of_several_bad_places_is_named(log: Log, export: Path, run: Command) -> None:
    (export / "tile/0/000").write_bytes(bytes(8192))
    (export / "tile/entries/001").unlink()
    assert run("log", export)[1]["file"] == "tile/0/000"


def test_narrower_tiles_of_earlier_sizes_may_stay(log: Log, export: Path, run: Command) -> None:
    older = Log(log.entries[:300]).export()
    for name in ("tile/entries/001.p/44", "tile/0/001.p/44", "index/001.p/44", "tile/1/000.p/1"):
        (export / name).parent.mkdir(parents=True, exist_ok=True)
        (export / name).write_bytes(older[name])
    assert run("log", export)[0] == 0
    (export / "index/001.p/44").write_bytes(older["index/001.p/44"][:-1])
    said = run("log", export)[1]
    assert (said["file"], said["fault"]) == ("index/001.p/44", "differs from the wider tile of this place")


def test_a_log_is_proven_to_go_on_from_an_older_state(
    log: Log, export: Path, run: Command, tmp_path: Path
) -> None:
    for size in (0, 1, 255, 256, 300, 512, 599, 600):
        old = tmp_path / f"old-{size}"
        old.write_text(log.note(size).dumps())
        code, said = run("log", export, "--since", old)
        assert (code, said["older"]) == (0, size)
    assert "Its first 600 entries are those of the older state." in run.words("consistency", old, export)[1]


def test_a_fork_and_a_shorter_log_are_told(log: Log, export: Path, run: Command, tmp_path: Path) -> None:
    other = Log([b"{}", *log.entries[1:]])
    old = tmp_path / "old"
    old.write_text(other.note(300).dumps())
    code, said = run("log", export, "--since", old)
    assert (code, said["exit"]) == (verify.FORKED, verify.FORKED)
    assert said["fault"] == f"its first 300 entries are not those that {old} states"
    old.write_text(Log([*log.entries, b"{}"]).note().dumps())
    code, said = run("consistency", old, export)
    assert (code, said["fault"]) == (verify.FORKED, "601 entries were signed before, there are 600 now")
    old.write_text(Log(log.entries, origin="other.example.com/audit").note().dumps())
    keys = ("--vkey", logs.VKEY, "--vkey", Log(log.entries, origin="other.example.com/audit").vkey)
    assert run("log", export, "--since", old, *keys)[1]["fault"] == "is of another log"
    step = tmp_path / "step"
    step.write_text(log.step(600).dumps())
    assert run("consistency", old, step, *keys)[1]["fault"] == "is of another log"


def test_a_terminal_shows_a_bar(export: Path, run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert run.words("log", export)[0] == 0
    assert terminal.getvalue().startswith(f"\r[{'#' * 34}......] 512 of 600 entries")
    assert terminal.getvalue().endswith(f"\r[{'#' * 40}] 600 of 600 entries\n")


def test_what_a_file_says_cannot_move_the_cursor() -> None:
    assert verify.plain("a\x1b[2Jb\n") == "a?[2Jb\n"
    assert verify._moment(2**63 - 1) == f"Unix time {2**63 - 1}"


def test_tiles_of_long_logs_lie_in_folders_of_a_thousand() -> None:
    assert verify.tile_name("tile/0", 1_234_067, 256) == tiles.Tile(0, 1_234_067).path()
    assert verify.tile_name("tile/2", 1_000, 7) == tiles.Tile(2, 1_000, 7).path()


def test_an_empty_zip_holds_no_log(run: Command, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "log.zip", "w"):
        pass
    assert run("log", tmp_path / "log.zip", "--vkey", logs.VKEY)[1]["file"] == "checkpoint"


def test_the_module_is_the_command(export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["mci-verify", "log", str(export)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(Path(verify.__file__)), run_name="__main__")
    assert ended.value.code == 0


def test_whom_an_entry_is_about_is_read_from_any_json() -> None:
    person = "0b6d6d43-7a53-4e0b-8f36-1d2f0c1e9a11"
    for leaf, subject in (
        (f'{{"a":1,"subject":"{person}","v":1}}', person.encode()),
        (f'{{"subject":"{person}", "v": 1}}', person.encode()),
        ('{"a":1,"subject":null,"v":1}', None),
        ('{"subject":7}', None),
        ("[]", None),
        ("no json", None),
    ):
        assert verify.subject_of(leaf.encode()) == subject


def test_a_size_that_is_only_stated_costs_nothing(log: Log, run: Command, tmp_path: Path) -> None:
    """Who signs it may state any number; the check ends where the files do."""
    export = logs.write(log.export(), tmp_path / "huge")
    huge = notes.Checkpoint(logs.ORIGIN, 10**18, b"r" * 32)
    (export / "checkpoint").write_text(notes.signed_checkpoint(huge, logs.LOG_KEY).dumps())
    code, said = run("log", export, "--vkey", logs.VKEY, "--jobs", 1)
    assert (code, said["file"], said["entry"]) == (1, "tile/entries/002", 512)


def test_a_bundle_is_read_once(log: Log) -> None:
    """A folder in which somebody changes files meanwhile could else hide an entry."""
    read: list[str] = []

    class Watched(logs.Memory):
        def read(self, name: str) -> bytes | None:
            read.append(name)
            return super().read(name)

    files = log.export()
    checkpoint = verify.parse_checkpoint(files["checkpoint"], "checkpoint")
    check = verify.WholeLog(Watched(files), checkpoint, keys=True)
    read.clear()
    for index in range(3):
        check.take(index)
    entries = [name for name in read if name.startswith("tile/entries")]
    assert len(entries) == len(set(entries)) == 3


def test_keys_of_witnesses_that_came_along_are_shown(log: Log, run: Command, tmp_path: Path) -> None:
    export = logs.write(log.export(), tmp_path / "log2")
    keys = ("--vkey", logs.VKEY)
    said = run("log", export, *keys)[1]
    assert said["pin_witness"] == [logs.WITNESS_VKEY]
    assert f"or pass it with --witness: {logs.WITNESS_VKEY}\n" in run.words("log", export, *keys)[1]
    assert "pin_witness" not in run("log", export, *keys, "--witness", logs.WITNESS_VKEY)[1]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders here")
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(log: Log, run: Command, tmp_path: Path) -> None:
    export = logs.write(log.export(), tmp_path / "piped")
    name = "tile/entries/001"
    (export / name).unlink()
    os.mkfifo(export / name)
    code, said = run("log", export, "--vkey", logs.VKEY)
    assert (code, said["file"], said["entry"]) == (1, name, 256)
