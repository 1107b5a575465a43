"""A text as numbers of pieces: the vocabulary of the weights, walked by SentencePiece's unigram model."""

import re
from collections.abc import Sequence
from typing import Any

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from casemate.knowledge.encoding.weights import Weights

_description: Any = sentencepiece_model_pb2  # made by protobuf at import: its names have no types
SPACE = "\u2581"
_SPACES = re.compile(" {2,}")


def vocabulary(weights: Weights) -> bytes:
    """The weights' vocabulary as a SentencePiece model, without a normaliser: ``Tokens`` normalises."""
    model = _description.ModelProto()
    kinds = _description.ModelProto.SentencePiece
    special = {weights.begin, weights.end, weights.pad}
    for number, (piece, score) in enumerate(
        zip(weights.pieces, weights.scores.tolist(), strict=True)
    ):
        kind = kinds.CONTROL if number in special else kinds.NORMAL
        kind = kinds.UNKNOWN if number == weights.unknown else kind
        model.pieces.add(piece=piece, score=score, type=kind)
    trainer = model.trainer_spec
    trainer.model_type = _description.TrainerSpec.UNIGRAM
    trainer.vocab_size = len(weights.pieces)
    trainer.unk_id, trainer.bos_id = weights.unknown, weights.begin
    trainer.eos_id, trainer.pad_id = weights.end, weights.pad
    normaliser = model.normalizer_spec
    normaliser.name = "identity"
    normaliser.add_dummy_prefix = False
    normaliser.remove_extra_whitespaces = False
    normaliser.escape_whitespaces = False
    return bytes(model.SerializeToString())


class Tokens:
    """Texts to numbers, as the model was trained on them."""

    def __init__(self, weights: Weights, model: bytes) -> None:
        self._forms = weights.normal_forms
        self._processor = sentencepiece.SentencePieceProcessor(model_proto=model)

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """The pieces of each text, without a begin or an end."""
        return list(self._processor.encode([self._prepared(text) for text in texts]))

    def _prepared(self, text: str) -> str:
        plain = _SPACES.sub(" ", text.translate(self._forms))
        return (plain if plain.startswith(" ") else " " + plain).replace(" ", SPACE)
