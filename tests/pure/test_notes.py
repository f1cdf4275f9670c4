"""Signed notes: the examples of the C2SP texts, and that one changed bit is found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mci_core import notes

# The example at the end of https://c2sp.org/signed-note.
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Zt"
    "g1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# The example of https://c2sp.org/tlog-cosignature; its keys are not published.
COSIGNED = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q"
    "1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZC"
    "B9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
LOG = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
LOG_KEY = notes.Vkey.of("mci.example.com/audit", LOG)
WITNESS_KEY = notes.Vkey.of("council.example/w1", WITNESS, notes.COSIGNATURE)


def cosigned() -> notes.Note:
    note = notes.signed_checkpoint(notes.Checkpoint(LOG_KEY.name, 7, bytes(32)), LOG)
    return note.with_signatures([notes.cosign(note.text, WITNESS_KEY.name, WITNESS, 1_700_000_000)])


def both_confirm(data: bytes) -> None:
    if len(notes.confirmed(notes.Note.parse(data), [LOG_KEY, WITNESS_KEY])) < 2:
        raise notes.BadNote("a signature is of a key that is not known")


def test_the_example_of_the_specification_verifies() -> None:
    key = notes.Vkey.parse(EXAMPLE_KEY)
    note = notes.Note.parse(EXAMPLE.encode())
    assert [found.key for found in notes.confirmed(note, [key])] == [key]
    assert key.text() == EXAMPLE_KEY
    assert note.dumps() == EXAMPLE


def test_the_text_of_a_note_may_have_empty_lines() -> None:
    text = "one\n\ntwo\n\n\nthree\n"
    note = notes.Note(text, (notes.sign(text, LOG_KEY.name, LOG),))
    assert notes.Note.parse(note.dumps()) == note


def test_the_example_of_a_cosigned_checkpoint_is_read() -> None:
    note = notes.Note.parse(COSIGNED)
    checkpoint = notes.Checkpoint.parse(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text() == note.text
    assert int.from_bytes(note.signatures[1].value[:8]) == 1679315147


def test_log_and_witness_confirm_a_checkpoint() -> None:
    note = notes.Note.parse(cosigned().dumps())
    found = notes.confirmed(note, [LOG_KEY, WITNESS_KEY])
    assert [(item.key, item.time) for item in found] == [(LOG_KEY, None), (WITNESS_KEY, 1_700_000_000)]
    assert notes.opened_checkpoint(note, LOG_KEY).size == 7
    assert notes.Vkey.parse(WITNESS_KEY.text()) == WITNESS_KEY


def test_a_signature_that_is_there_is_not_added_again() -> None:
    note = cosigned()
    assert note.with_signatures(note.signatures) == note


def test_signatures_of_unknown_keys_are_ignored_and_none_at_all_is_refused() -> None:
    note = cosigned()
    other = notes.Vkey(WITNESS_KEY.name, LOG_KEY.public, notes.COSIGNATURE)
    assert [found.key for found in notes.confirmed(note, [LOG_KEY, other])] == [LOG_KEY]
    with pytest.raises(notes.BadNote, match="no signature"):
        notes.confirmed(note, [other])


def test_every_flipped_bit_of_a_note_is_found() -> None:
    whole = cosigned().dumps().encode()
    for place in range(len(whole) * 8):
        changed = bytearray(whole)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(notes.BadNote):
            both_confirm(bytes(changed))


def test_a_checkpoint_of_another_log_is_refused() -> None:
    text = notes.Checkpoint("other.example/audit", 7, bytes(32)).text()
    note = notes.Note(text, (notes.sign(text, LOG_KEY.name, LOG),))
    with pytest.raises(notes.BadNote, match="another log"):
        notes.opened_checkpoint(note, LOG_KEY)


@pytest.mark.parametrize(
    "text",
    [
        "no signature\n",
        "text\n\n",
        "\n\n— a AAAAAAA=\n",
        "text\n\n— a AAAAAAA=",
        "text\n\n- a AAAAAAA=\n",
        "text\n\n— a  AAAAAAA=\n",
        "text\n\n— a+b AAAAAAA=\n",
        "text\n\n—  AAAAAAA=\n",
        "text\n\n— a\u2003b AAAAAAA=\n",
        "text\n\n— a AAAAAA==\n",
        "text\n\n— a AAAAAAB=\n",
        "text\n\n— a ä\n",
        "te\txt\n\n— a AAAAAAA=\n",
        "text\n\n" + "— a AAAAAAA=\n" * 101,
        "\ud800\n\n— a AAAAAAA=\n",
    ],
)
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(notes.BadNote):
        notes.Note.parse(text)


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    with pytest.raises(notes.BadNote, match="UTF-8"):
        notes.Note.parse(b"\xff\n\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        "a\n01\n" + "A" * 43 + "=\n",
        "a\n9999999999999999999\n" + "A" * 43 + "=\n",
        "a\n1\nAAAA\n",
        "a\n1\n" + "A" * 43 + "=\n\n",
        "a\n1\n" + "A" * 43 + "=",
        "\n1\n" + "A" * 43 + "=\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(notes.BadNote):
        notes.Checkpoint.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "example.com/foo",
        EXAMPLE_KEY.replace("530d903a", "530d903b"),
        EXAMPLE_KEY.replace("530d903a", "530D903A"),
        "a+00000000+",
        "a+00000000+AA==",
        "a b+00000000+" + notes.encode(b"\x01" + bytes(32)),
    ],
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(notes.BadNote):
        notes.Vkey.parse(text)


def test_a_cosignature_without_a_signature_is_refused() -> None:
    short = replace(cosigned().signatures[1], value=bytes(8))
    with pytest.raises(notes.BadNote, match="too short"):
        notes.check("x\n", short, WITNESS_KEY)


def test_only_whole_lines_are_signed() -> None:
    with pytest.raises(notes.BadNote, match="newline"):
        notes.sign("text", LOG_KEY.name, LOG)


def test_extension_lines_are_part_of_what_is_signed() -> None:
    checkpoint = notes.Checkpoint(LOG_KEY.name, 0, bytes(32), ("more",))
    assert notes.Checkpoint.parse(checkpoint.text()) == checkpoint
