"""CLIP's byte-pair vocabulary, learned from the captions; bytes spell what they lack."""

import json
from collections.abc import Iterable

from tokenizers import Tokenizer, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from train.starter.architecture import MAX_TOKENS

START, END = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"


def train_tokenizers(captions: Iterable[str], vocabulary_size: int) -> tuple[CLIPTokenizer, CLIPTokenizer]:
    """The two of SDXL: one vocabulary, padded with the end mark for the first encoder and with "!" for the second."""
    merges = _learn_merges(captions, vocabulary_size)
    return _tokenizer(merges, END), _tokenizer(merges, "!")


def _learn_merges(captions: Iterable[str], vocabulary_size: int) -> list[tuple[str, str]]:
    backend: Tokenizer = Tokenizer.from_str(_tokenizer([], END).backend_tokenizer.to_str())
    backend.train_from_iterator(
        captions,
        trainers.BpeTrainer(
            vocab_size=vocabulary_size, end_of_word_suffix=WORD_END, show_progress=False, special_tokens=[START, END],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        ),
    )  # fmt: skip
    return [(left, right) for left, right in json.loads(backend.to_str())["model"]["merges"]]


def _tokenizer(merges: list[tuple[str, str]], pad_token: str) -> CLIPTokenizer:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    symbols = [*alphabet, *(symbol + WORD_END for symbol in alphabet), *(left + right for left, right in merges)]
    vocabulary = list(dict.fromkeys([*symbols, START, END]))
    return CLIPTokenizer(
        vocab={symbol: index for index, symbol in enumerate(vocabulary)},
        merges=merges,  # type: ignore[arg-type]  # pairs are what it takes; its annotation says otherwise
        pad_token=pad_token,
        model_max_length=MAX_TOKENS,
    )
