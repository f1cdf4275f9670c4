"""Tiles: their paths, and that what is computed from them is what RFC 6962 defines over the leaves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mci_core import merkle, tiles
from mci_core.tiles import ENTRIES, Edge, Tile, Tree


def leaves_of(size: int) -> list[bytes]:
    return tiles.leaf_hashes(number.to_bytes(4) for number in range(size))


def kept(leaves: list[bytes], steps: list[int]) -> tuple[Edge, dict[Tile, bytes]]:
    """The tiles of a log that grew in these steps."""
    edge, files, place = Edge(), {}, 0
    for step in (*steps, len(leaves)):
        for tile, hashes, top in edge.add(leaves[place : place + step]):
            assert top == merkle.root(tiles.split(hashes))
            files[tile] = hashes
        place += step
        edge = Edge(edge.size, edge.levels)
    files.update(edge.partial())
    return edge, files


def peaks(leaves: list[bytes]) -> list[bytes]:
    found, start = [], 0
    for bit in reversed(range(12)):
        if len(leaves) >> bit & 1:
            found.append(merkle.root(leaves[start : start + (1 << bit)]))
            start += 1 << bit
    return found


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(2, 17, 5), "tile/2/017.p/5"),
        (Tile(ENTRIES, 1000, 255), "tile/entries/x001/000.p/255"),
    ],
)
def test_a_tile_has_one_path(tile: Tile, path: str) -> None:
    assert tile.path() == path
    assert Tile.parse(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/64/000",
        "tile/00/000",
        "tile/0/0",
        "tile/0/x000/001",
        "tile/0/001.p/256",
        "tile/0/001.p/0",
        "tile/0/../000",
        "tile/0/000\n",
        "tile/0/\u0660\u0660\u0660",
        "/tile/0/000",
    ],
)
def test_another_spelling_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not the path"):
        Tile.parse(path)


def test_the_example_of_the_specification() -> None:
    """A tree of 70,000: 273 full tiles and one of 112, one full and one of 17, one of 1."""
    found = list(tiles.tiles_of(70_000))
    assert found[:273] == [Tile(0, index) for index in range(273)]
    assert found[273:] == [Tile(0, 273, 112), Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(tiles.tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles.bundles_of(257)) == [Tile(ENTRIES, 0), Tile(ENTRIES, 1, 1)]
    assert not list(tiles.tiles_of(0))
    assert tiles.width_at(70_000, 1, 2) == 0


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_holds_its_entries(entries: list[bytes]) -> None:
    assert tiles.unpack(tiles.pack(entries)) == entries


def test_a_bundle_that_is_cut_is_refused() -> None:
    bundle = tiles.pack([b"one", b"two"])
    for end in (1, 4, 6, len(bundle) - 1):
        with pytest.raises(ValueError, match="ends within"):
            tiles.unpack(bundle[:end])
    with pytest.raises(ValueError, match="longer"):
        tiles.pack([bytes(0x10000)])
    with pytest.raises(ValueError, match="within a hash"):
        tiles.split(bytes(33))


@given(st.integers(0, 1500), st.lists(st.integers(0, 700), max_size=6))
def test_a_log_that_grows_in_any_steps_has_the_same_tiles(size: int, steps: list[int]) -> None:
    leaves = leaves_of(size)
    edge, files = kept(leaves, steps)
    assert edge.root() == merkle.root(leaves)
    assert edge.peaks() == peaks(leaves)
    wanted = list(tiles.tiles_of(size))
    assert set(wanted) <= set(files)
    assert Tree(size, files.__getitem__).root() == merkle.root(leaves)


@given(st.data())
def test_proofs_from_tiles_verify(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 1500))
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    leaves = leaves_of(size)
    tree = Tree(size, kept(leaves, [])[1].__getitem__)
    root = merkle.root(leaves)
    assert tree.leaf(index) == leaves[index]
    assert merkle.verify_inclusion(leaves[index], index, size, tree.inclusion(index), root)
    assert merkle.verify_consistency(old, size, merkle.root(leaves[:old]), root, tree.consistency(old))


def test_small_trees_have_the_proofs_of_the_definition() -> None:
    for size in (1, 2, 3, 7, 8, 256, 257, 300):
        leaves = leaves_of(size)
        tree = Tree(size, kept(leaves, [])[1].__getitem__)
        for index in (0, size // 2, size - 1):
            assert tree.inclusion(index) == merkle.inclusion_proof(leaves, index)
            assert tree.consistency(index + 1) == merkle.consistency_proof(leaves, index + 1)
        assert tree.consistency(0) == []


def test_what_is_not_in_the_tree_is_refused() -> None:
    leaves = leaves_of(3)
    tree = Tree(3, kept(leaves, [])[1].__getitem__)
    for wrong in (-1, 3):
        with pytest.raises(ValueError, match="no such leaf"):
            tree.inclusion(wrong)
        with pytest.raises(ValueError, match="no such leaf"):
            tree.leaf(wrong)
    with pytest.raises(ValueError, match="no such older"):
        tree.consistency(4)
    with pytest.raises(ValueError, match="has 2 hashes"):
        Tree(3, lambda tile: b"".join(leaves[:2])).root()
    with pytest.raises(ValueError, match="do not belong"):
        Edge(3, [leaves[:2]])
    assert Tree(0, lambda tile: b"").root() == Edge().root() == merkle.EMPTY_ROOT
