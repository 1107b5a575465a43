"""A model of CTranslate2 made by hand: it translates word for word, and knows six words. No test.

One layer each. A word is a one in its own place, and so is a position; the decoder at a position looks at
the source's same position and writes the word that its word becomes. So what it gives is known beforehand.
"""

import io
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece
from numpy.typing import NDArray

WORDS = {
    "▁le": "▁the", "▁chien": "▁dog", "▁chat": "▁cat", "▁dort": "▁sleeps", "▁mange": "▁eats", "▁.": "▁.",
}  # fmt: skip
_LONGEST = 16
_SPECIAL = ("<unk>", "<s>", "</s>")


def tiny_translator(folder: Path) -> Path:
    """The model with its vocabularies, as an operator puts it into a home."""
    import ctranslate2

    source, target = [*_SPECIAL, *WORDS], [*_SPECIAL, *WORDS.values()]
    spec: Any = ctranslate2.specs.TransformerSpec.from_config(num_layers=(1, 1), num_heads=1)
    wide = len(source) + _LONGEST
    _fill(spec, wide, source)
    spec.register_source_vocabulary(source)
    spec.register_target_vocabulary(target)
    spec.config.add_source_eos = True
    spec.config.unk_token, spec.config.bos_token, spec.config.eos_token = _SPECIAL
    spec.validate()
    folder.mkdir(parents=True)
    spec.save(str(folder))
    (folder / "source.spm").write_bytes(_vocabulary(["le chien dort.", "le chat mange."]))
    (folder / "target.spm").write_bytes(_vocabulary(["the dog sleeps.", "the cat eats."]))
    return folder


def _fill(spec: Any, wide: int, source: list[str]) -> None:
    many = len(source)
    words = _zeros(many, wide)
    words[:, :many] = np.eye(many)
    places = _zeros(_LONGEST, wide)
    places[:, many:] = np.eye(_LONGEST)
    spec.encoder.embeddings[0].weight = words
    spec.decoder.embeddings.weight = _zeros(many, wide)
    for side in (spec.encoder, spec.decoder):
        side.scale_embeddings = False
        side.position_encodings.encodings = places
        _norm(side.layer_norm, wide)
        _silent(side.layer[0], wide)
    cross = spec.decoder.layer[0].attention
    _norm(cross.layer_norm, wide)
    only_places, only_words = _zeros(wide, wide), _zeros(wide, wide)
    only_places[many:, many:] = np.eye(_LONGEST)
    only_words[:many, :many] = np.eye(many)
    _weigh(cross.linear[0], 50 * only_places)  # sure of the place
    _weigh(cross.linear[1], np.concatenate([only_places, only_words]))
    _weigh(cross.linear[2], 50 * np.eye(wide, dtype=np.float32))
    written = _zeros(many, wide)
    written[:, :many] = 10 * np.eye(many)
    _weigh(spec.decoder.projection, written)


def _silent(layer: Any, wide: int) -> None:
    """Self-attention and the network add nothing."""
    _norm(layer.self_attention.layer_norm, wide)
    _weigh(layer.self_attention.linear[0], _zeros(3 * wide, wide))
    _weigh(layer.self_attention.linear[1], _zeros(wide, wide))
    _norm(layer.ffn.layer_norm, wide)
    _weigh(layer.ffn.linear_0, _zeros(wide, wide))
    _weigh(layer.ffn.linear_1, _zeros(wide, wide))


def _weigh(linear: Any, weight: NDArray[Any]) -> None:
    linear.weight = weight.astype(np.float32)
    linear.bias = np.zeros(len(weight), np.float32)


def _norm(norm: Any, wide: int) -> None:
    norm.gamma, norm.beta = np.ones(wide, np.float32), np.zeros(wide, np.float32)


def _zeros(rows: int, columns: int) -> NDArray[np.float32]:
    return np.zeros((rows, columns), np.float32)


def _vocabulary(sentences: list[str]) -> bytes:
    """Pieces that are whole words."""
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(one.replace(".", " .") for one in sentences), model_writer=made,
        model_type="word", vocab_size=9, hard_vocab_limit=False, minloglevel=2,
    )  # fmt: skip
    return made.getvalue()
