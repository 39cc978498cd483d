"""API keys as text: `emb_<public id>_<256-bit secret><checksum>`.

The prefix is for secret scanners, the public id names the key in lists and logs, the checksum turns typing errors away
without asking the database. What is stored is an HMAC of the whole text: 256 random bits need no slow hash.
"""

import hashlib
import hmac
import secrets
import zlib

PREFIX = "emb"
ID_LENGTH = 10
SECRET_LENGTH = 43  # base62 characters that hold 256 bits
CHECKSUM_LENGTH = 6
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def new_key() -> tuple[str, str]:
    """Returns (public id, key)."""
    public_id = "".join(secrets.choice(_ALPHABET) for _ in range(ID_LENGTH))
    body = f"{PREFIX}_{public_id}_{_base62(secrets.randbits(256), SECRET_LENGTH)}"
    return public_id, body + _checksum(body)


def is_well_formed(key: str) -> bool:
    expected_length = len(PREFIX) + ID_LENGTH + SECRET_LENGTH + CHECKSUM_LENGTH + 2
    if len(key) != expected_length or not key.isascii():
        return False
    return _checksum(key[:-CHECKSUM_LENGTH]) == key[-CHECKSUM_LENGTH:]


def key_digest(key: str, server_secret: str) -> str:
    return hmac.new(server_secret.encode(), key.encode(), hashlib.sha256).hexdigest()


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
