"""Known answers: the tree of RFC 6962 and RFC 9162, and C2SP signed notes.

Tree: the eight leaves that the certificate-transparency project tests every implementation with.
Notes: golang.org/x/mod/sumdb/note and the example of c2sp.org/signed-note.
"""

import base64
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casemate.errors import BadInput, IntegrityFailure
from casemate.ledger import merkle, verifier
from casemate.ledger.note import Checkpoint, VerifierKey, open_checkpoint, open_note, sign

LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
N2 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
N4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
N67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
N1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
N4567 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
N45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
INCLUSION = {
    (0, 1): [],
    (0, 8): [N1, N2, N4567],
    (5, 8): [N4, N67, ROOTS[4]],
    (2, 3): [ROOTS[2]],
    (1, 5): [ROOTS[1], N2, N4],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [N1, N2, N4567],
    (6, 8): [N45, N67, ROOTS[4]],
    (2, 5): [N2, N4],
}

GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SECRET = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_SIGNATURE = (
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
)
GO_NOTE = f"{GO_TEXT}\n— PeterNeumann {GO_SIGNATURE}\n"
C2SP_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)


def leaves(count: int = 8) -> list[bytes]:
    return [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES[:count]]


def root_of(start: int, end: int) -> bytes:
    return merkle.root_of_leaves(leaves()[start:end])


@pytest.mark.parametrize("size", range(9))
def test_roots(size: int) -> None:
    assert merkle.root_of_leaves(leaves(size)).hex() == ROOTS[size]


@pytest.mark.parametrize("size", range(9))
def test_the_stand_alone_verifier_grows_the_same_tree(size: int) -> None:
    peaks: list[bytes] = []
    for at, leaf in enumerate(leaves(size)):
        verifier.push(peaks, at, leaf)
    assert verifier.root_of(peaks).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_paths(index: int, size: int) -> None:
    path = merkle.prove_inclusion(index, size, root_of)
    assert [node.hex() for node in path] == INCLUSION[index, size]
    root = bytes.fromhex(ROOTS[size])
    assert merkle.check_inclusion(leaves()[index], index, size, path, root)


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_consistency_paths(old: int, new: int) -> None:
    path = merkle.prove_consistency(old, new, root_of)
    assert [node.hex() for node in path] == CONSISTENCY[old, new]
    roots = bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new])
    assert merkle.check_consistency(old, new, path, *roots)


def test_a_note_is_signed_byte_for_byte_as_go_signs_it() -> None:
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(GO_SECRET)[1:])
    assert str(VerifierKey.of("PeterNeumann", key)) == GO_KEY
    assert sign(GO_TEXT, "PeterNeumann", key) == GO_NOTE


def test_notes_of_others_are_read() -> None:
    assert open_note(GO_NOTE, VerifierKey.parse(GO_KEY)) == GO_TEXT
    assert open_note(C2SP_NOTE, VerifierKey.parse(C2SP_KEY)) == "This is an example message.\n"


@pytest.mark.parametrize(
    "key",
    [
        "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop",
        "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",  # a plus sign in its base64
    ],
)
def test_keys_of_others_are_read_and_written_alike(key: str) -> None:
    assert str(VerifierKey.parse(key)) == key


@pytest.mark.parametrize(
    "key",
    [
        "",
        "PeterNeumann",
        GO_KEY[:-4],
        GO_KEY.replace("c74f20a3", "c74f20a4"),
        GO_KEY.replace("PeterNeumann", "PeterNewmann"),
        GO_KEY.replace("+ARpc", "+BRpc"),  # another signature type
        GO_KEY + "=",
    ],
)
def test_a_damaged_key_is_refused(key: str) -> None:
    with pytest.raises(BadInput):
        VerifierKey.parse(key)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "no\u00a0break"])
def test_a_name_that_cannot_be_signed_under_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="cannot name a key"):
        VerifierKey(name, b"\0" * 32)


def test_an_altered_note_does_not_open() -> None:
    altered = GO_NOTE.replace("cryptography", "cryptographY")
    with pytest.raises(IntegrityFailure, match="altered"):
        open_note(altered, VerifierKey.parse(GO_KEY))


def test_signatures_by_unknown_keys_are_passed_over_but_never_enough() -> None:
    cosigned = GO_NOTE + "— witness.example " + base64.b64encode(b"x" * 80).decode() + "\n"
    assert open_note(cosigned, VerifierKey.parse(GO_KEY)) == GO_TEXT
    with pytest.raises(IntegrityFailure, match="no signature of example"):
        open_note(cosigned, VerifierKey.parse(C2SP_KEY))


@pytest.mark.parametrize(
    "note",
    [
        "",
        GO_TEXT,
        GO_NOTE[:-1],
        GO_NOTE.replace("—", "-"),
        GO_NOTE.replace("x08go", "x0*go"),
        GO_NOTE.replace("\n\n", "\n\t\n"),
        GO_NOTE + "\n" * 100_000,
    ],
)
def test_what_is_no_note_is_said_to_be_none(note: str) -> None:
    with pytest.raises(BadInput):
        open_note(note, VerifierKey.parse(GO_KEY))


ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="


def test_the_checkpoint_of_the_specification() -> None:
    text = f"example.com/behind-the-sofa\n20852163\n{ROOT}\n"
    checkpoint = Checkpoint.parse(text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert str(checkpoint) == text


def test_extension_lines_of_a_checkpoint_are_allowed() -> None:
    assert Checkpoint.parse(f"log\n7\n{ROOT}\nmore\n").size == 7


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log\n7\n",
        f"\n7\n{ROOT}\n",
        f"log\n07\n{ROOT}\n",
        f"log\n+7\n{ROOT}\n",
        f"log\n٧\n{ROOT}\n",
        f"log\n{'9' * 5000}\n{ROOT}\n",
        f"log\n7\n{ROOT[:-4]}\n",
        f"log\n7\n{ROOT}\n\n",
        f"log\n7\n{ROOT}",
        f"log\n7\n{ROOT[:-2]}J=\n",  # the same bytes in another spelling
    ],
)
def test_what_is_no_checkpoint_is_said_to_be_none(text: str) -> None:
    with pytest.raises(BadInput):
        Checkpoint.parse(text)


def test_a_checkpoint_counts_for_its_own_log_only() -> None:
    key = Ed25519PrivateKey.from_private_bytes(b"\1" * 32)
    note = sign(f"other\n7\n{ROOT}\n", "log", key)
    with pytest.raises(IntegrityFailure, match="of the log 'other'"):
        open_checkpoint(note, VerifierKey.of("log", key))


def test_the_stand_alone_verifier_is_one_short_file_that_imports_nothing_of_ours() -> None:
    source = Path(verifier.__file__).read_text("utf-8").splitlines()
    imports = [line for line in source if line.startswith(("import ", "from "))]
    known = (*sys.stdlib_module_names, "cryptography")
    assert {line.split()[1].split(".")[0] for line in imports} <= set(known)
    assert len(source) <= 190  # short enough to be read whole before it is trusted
