"""AES-256-GCM by the system's OpenSSL, so that tests can write and read what lies sealed in a store."""

from __future__ import annotations

import ctypes
import ctypes.util
import secrets

import pytest

NONCE, TAG = 12, 16
GET_TAG, SET_TAG = 0x10, 0x11


def _library() -> ctypes.CDLL:
    name = ctypes.util.find_library("crypto")
    if not name:
        pytest.skip("needs libcrypto, of the Debian package libssl3")
    library = ctypes.CDLL(name)
    library.EVP_CIPHER_CTX_new.restype = ctypes.c_void_p
    library.EVP_aes_256_gcm.restype = ctypes.c_void_p
    return library


def _run(key: bytes, nonce: bytes, text: bytes, place: bytes, tag: bytes | None) -> tuple[bytes, bytes] | None:
    """Seals, or with a tag opens; `None` where that does not fit."""
    crypto = _library()
    context = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new())
    out, length = ctypes.create_string_buffer(len(text) + TAG), ctypes.c_int()
    seals = 1 if tag is None else 0
    cipher = ctypes.c_void_p(crypto.EVP_aes_256_gcm())
    try:
        assert crypto.EVP_CipherInit_ex(context, cipher, None, key, nonce, seals) == 1
        assert crypto.EVP_CipherUpdate(context, None, ctypes.byref(length), place, len(place)) == 1
        assert crypto.EVP_CipherUpdate(context, out, ctypes.byref(length), text, len(text)) == 1
        result = out.raw[: length.value]
        if tag is not None:
            crypto.EVP_CIPHER_CTX_ctrl(context, SET_TAG, TAG, ctypes.create_string_buffer(tag, TAG))
        if crypto.EVP_CipherFinal_ex(context, ctypes.create_string_buffer(TAG), ctypes.byref(length)) != 1:
            return None
        made = ctypes.create_string_buffer(TAG)
        if seals:
            assert crypto.EVP_CIPHER_CTX_ctrl(context, GET_TAG, TAG, made) == 1
        return result, made.raw
    finally:
        crypto.EVP_CIPHER_CTX_free(context)


def seal(key: bytes, secret: bytes, place: str) -> bytes:
    """As a store has it: the nonce, what it is sealed to, the tag."""
    nonce = secrets.token_bytes(NONCE)
    sealed = _run(key, nonce, secret, place.encode(), None)
    assert sealed
    return nonce + sealed[0] + sealed[1]


def opened(key: bytes, box: bytes, place: str) -> bytes | None:
    found = _run(key, box[:NONCE], box[NONCE:-TAG], place.encode(), box[-TAG:])
    return found[0] if found else None


def provider_place(environment_id: str, slug: str, base_url: str) -> str:
    """What a provider's credential is bound to (PRX-38)."""
    return f"provider/{environment_id}/{slug}/{base_url}"
