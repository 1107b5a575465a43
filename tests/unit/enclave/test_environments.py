"""Environments: equal locks give equal digests, what was changed is noticed, what is removed is gone."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import MovableClock
from enclave_world import World, make_world
from functional.wheels import lock_of, make_wheel
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.enclave.environments import PackageSet
from casemate.enclave.environments.building import Built, build_python
from casemate.enclave.environments.trees import digest_of, fingerprint_of
from casemate.errors import BadInput, IntegrityFailure, NotAllowed, NotFound, Unavailable
from casemate.store import Base, Store


@pytest.fixture
def world(tmp_path: Path, clock: MovableClock) -> Iterator[World]:
    store = Store(f"sqlite:///{tmp_path / 'casemate.db'}")
    Base.metadata.create_all(store.engine)
    yield from make_world(store, tmp_path, clock)
    store.close()


def add(world: World, folder: Path, name: str = "small", text: str = "N = 1\n") -> PackageSet:
    """An environment as pip would leave it, without pip's seconds."""
    made = folder / "made" / "packages"
    made.mkdir(parents=True)
    (made / "counting.py").write_text(text)
    room = world.enclave.environments
    room.folder_of("").mkdir(exist_ok=True)
    draft = room.place(name, "python", Built(made, {"counting": "1.0"}, ()), text.encode())
    shutil.rmtree(folder / "made")
    with world.store.transaction() as tx:
        return room.keep(tx, "acct-operator", draft)


def folder_of(world: World, known: PackageSet) -> Path:
    with world.store.read() as tx:
        found = world.enclave.environments.folder(tx, known.label)
    assert found is not None
    return found


def test_the_same_lock_is_the_same_content(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "wheels", "counting", "1.0", {"counting.py": "N = 1\n"})
    digests = set()
    for place in ("here", "there"):
        with build_python(lock_of(wheel).encode(), tmp_path / place, wheel.parent) as built:
            digests.add(digest_of(built.folder).digest)
            assert built.packages == {"counting": "1.0"}
            assert list(built.folder.glob("__pycache__/*.pyc"))
        assert not list((tmp_path / place).iterdir())
    assert len(digests) == 1


def test_the_same_content_is_no_new_version(world: World, tmp_path: Path) -> None:
    first, again = add(world, tmp_path), add(world, tmp_path)
    assert (first.label, again.label) == ("small@1", "small@1")
    assert first.digest == again.digest
    other = add(world, tmp_path, text="N = 2\n")
    assert (other.version, other.digest != first.digest) == (2, True)
    assert world.acts("environment-small@1") == ["environment.added", "environment.added"]


def test_a_name_without_a_version_is_its_newest(world: World, tmp_path: Path) -> None:
    add(world, tmp_path)
    newest = add(world, tmp_path, text="N = 2\n")
    with world.store.read() as tx:
        room = world.enclave.environments
        assert room.get(tx, "small") == newest
        assert room.get(tx, "small@1").version == 1
        for unknown in ("smal", "small@3", "@1", ""):
            with pytest.raises(NotFound):
                room.get(tx, unknown)


@pytest.mark.parametrize("harm", ["written", "added", "removed", "moved away"])
def test_what_was_changed_is_noticed_at_use_and_by_verify(
    harm: str, world: World, tmp_path: Path
) -> None:
    known = add(world, tmp_path)
    folder = folder_of(world, known)
    if harm == "written":
        (folder / "counting.py").write_text("N = 3\n")
    elif harm == "added":
        (folder / "sitecustomize.py").write_text("print('planted')\n")
    elif harm == "removed":
        (folder / "counting.py").unlink()
    else:
        folder.rename(folder.with_name("elsewhere"))
    with world.store.read() as tx:
        for act in (lambda: world.enclave.environments.folder(tx, known.label),
                    lambda: world.enclave.environments.verify(tx, "small")):  # fmt: skip
            with pytest.raises(IntegrityFailure):
                act()


def test_a_restored_copy_is_read_in_full_and_used(world: World, tmp_path: Path) -> None:
    known = add(world, tmp_path)
    folder = folder_of(world, known)
    kept = shutil.copytree(folder, tmp_path / "backup")
    shutil.rmtree(folder)
    shutil.copytree(kept, folder)
    assert folder_of(world, known) == folder


def test_what_is_removed_is_gone_unless_another_has_the_same_content(
    world: World, tmp_path: Path
) -> None:
    known, twin = add(world, tmp_path), add(world, tmp_path, name="twin")
    folder = folder_of(world, known)
    room = world.enclave.environments
    for one, is_there in ((known, True), (twin, False)):
        with world.store.transaction() as tx:
            removed = room.remove(tx, "acct-operator", one.label)
        with world.store.read() as tx:
            room.clear(tx, removed)
            with pytest.raises(NotFound):
                room.get(tx, one.label)
        assert folder.exists() is is_there


def test_a_permit_allows_some_and_its_renewal_the_same(world: World, tmp_path: Path) -> None:
    add(world, tmp_path)
    add(world, tmp_path, name="other")
    permit = world.permit()
    room = world.enclave.environments
    with world.store.transaction() as tx:
        assert room.choose(tx, permit, None) is None
        room.allow(tx, "acct-authority", permit, frozenset({"small"}))
        assert room.choose(tx, permit, "small") == "small@1"
        for refused in (None, "default", "other"):
            with pytest.raises(NotAllowed, match="allows the environments small"):
                room.choose(tx, permit, refused)
        room.allow(tx, "acct-authority", permit, frozenset())
        assert room.choose(tx, permit, "other") == "other@1"
        with pytest.raises(NotFound):
            room.allow(tx, "acct-authority", permit, frozenset({"nowhere"}))


@pytest.mark.parametrize("name", ["Big", "default", "", "-a", "a/b", "a@1", "ä", "a" * 64])
def test_a_name_that_will_not_do(name: str, world: World, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="an environment's name"):
        add(world, tmp_path, name=name)


def test_an_r_library_is_taken_where_r_is_and_refused_in_words_where_not(
    world: World, tmp_path: Path
) -> None:
    package = tmp_path / "library" / "dplyr"
    package.mkdir(parents=True)
    (package / "DESCRIPTION").write_text("Package: dplyr\nVersion: 1.1.4\n")
    room = world.enclave.environments
    if shutil.which("Rscript", path="/usr/bin:/bin") is None:
        with pytest.raises(Unavailable, match="there is no Rscript"):
            room.from_library(tmp_path / "library")
        return
    with room.from_library(tmp_path / "library") as built:
        assert built.packages == {"dplyr": "1.1.4"}


CONTENT = st.dictionaries(
    st.from_regex(r"[a-z]{1,3}(/[a-z]{1,3}){0,2}\.py", fullmatch=True), st.binary(max_size=8),
    min_size=1, max_size=5,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(CONTENT, CONTENT)
def test_two_folders_have_one_digest_exactly_where_they_have_one_content(
    tmp_path_factory: pytest.TempPathFactory, one: dict[str, bytes], two: dict[str, bytes]
) -> None:
    folders = [tmp_path_factory.mktemp("tree") for _ in range(2)]
    for folder, content in zip(folders, (one, two), strict=True):
        for name in sorted(content, key=hash):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content[name])
    assert (digest_of(folders[0]).digest == digest_of(folders[1]).digest) == (one == two)


def test_the_fingerprint_sees_a_change_that_puts_the_time_back(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("N = 1\n")
    before, about = fingerprint_of(tmp_path), file.stat()
    file.write_text("N = 2\n")
    os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert fingerprint_of(tmp_path) != before
