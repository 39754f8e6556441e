# SPDX-License-Identifier: Apache-2.0
"""XXH3, 64 bits, seeded, of 17 bytes and more: all that journals need

By the description of the algorithm, doc/xxhash_spec.md of xxHash 0.8.2.
"""

import struct

MASK32, MASK64 = 2 ** 32 - 1, 2 ** 64 - 1

PRIME32_1, PRIME32_2, PRIME32_3 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
PRIME64_1, PRIME64_2 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F
PRIME64_3, PRIME64_4 = 0x165667B19E3779F9, 0x85EBCA77C2B2AE63
PRIME64_5 = 0x27D4EB2F165667C5

SECRET = bytes.fromhex('''
b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f
cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c
3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8
a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364
eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e
2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e''')


def u64(data, at):
    return struct.unpack_from('<Q', data, at)[0]


def fold(a, b):
    """The 128 bits of a product, one half over the other."""
    product = a * b
    return (product & MASK64) ^ (product >> 64)


def avalanche(h):
    h ^= h >> 37
    h = h * 0x165667919E3779F9 & MASK64
    return h ^ h >> 32


def mix16(data, at, secret_at, seed):
    return fold(u64(data, at) ^ (u64(SECRET, secret_at) + seed & MASK64),
                u64(data, at + 8) ^ (u64(SECRET, secret_at + 8) - seed & MASK64))


def of_17_to_128(data, seed):
    n = len(data)
    h = n * PRIME64_1
    for i in range((n - 1) // 32, -1, -1):
        h += mix16(data, 16 * i, 32 * i, seed)
        h += mix16(data, n - 16 * (i + 1), 32 * i + 16, seed)
    return avalanche(h & MASK64)


def of_129_to_240(data, seed):
    n = len(data)
    h = n * PRIME64_1
    for i in range(8):
        h += mix16(data, 16 * i, 16 * i, seed)
    h = avalanche(h & MASK64)
    for i in range(8, n // 16):
        h += mix16(data, 16 * i, 16 * (i - 8) + 3, seed)
    h += mix16(data, n - 16, 136 - 17, seed)
    return avalanche(h & MASK64)


def secret_of(seed):
    out = b''
    for at in range(0, len(SECRET), 16):
        out += struct.pack('<QQ', u64(SECRET, at) + seed & MASK64,
                           u64(SECRET, at + 8) - seed & MASK64)
    return out


def accumulate(acc, data, at, secret, secret_at):
    for i in range(8):
        value = u64(data, at + 8 * i)
        key = value ^ u64(secret, secret_at + 8 * i)
        acc[i ^ 1] = acc[i ^ 1] + value & MASK64
        acc[i] = acc[i] + (key & MASK32) * (key >> 32) & MASK64


def scramble(acc, secret):
    for i in range(8):
        a = acc[i] ^ acc[i] >> 47 ^ u64(secret, len(secret) - 64 + 8 * i)
        acc[i] = a * PRIME32_1 & MASK64


def of_more(data, seed):
    n, secret = len(data), secret_of(seed)
    acc = [PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2,
           PRIME64_5, PRIME32_1]
    per_block = (len(secret) - 64) // 8
    for stripe in range((n - 1) // 64):
        accumulate(acc, data, 64 * stripe, secret, 8 * (stripe % per_block))
        if stripe % per_block == per_block - 1:
            scramble(acc, secret)
    accumulate(acc, data, n - 64, secret, len(secret) - 64 - 7)
    h = n * PRIME64_1
    for i in range(4):
        h += fold(acc[2 * i] ^ u64(secret, 11 + 16 * i),
                  acc[2 * i + 1] ^ u64(secret, 19 + 16 * i))
    return avalanche(h & MASK64)


def xxh3_64(data, seed):
    assert len(data) > 16
    if len(data) <= 128:
        return of_17_to_128(data, seed)
    if len(data) <= 240:
        return of_129_to_240(data, seed)
    return of_more(data, seed)
