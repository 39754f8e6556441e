# SPDX-License-Identifier: Apache-2.0
"""XXH3: 64 bits, seeded, of 17 bytes and more, and 128 bits without a seed

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


def accumulators(data, secret):
    n = len(data)
    acc = [PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2,
           PRIME64_5, PRIME32_1]
    per_block = (len(secret) - 64) // 8
    for stripe in range((n - 1) // 64):
        accumulate(acc, data, 64 * stripe, secret, 8 * (stripe % per_block))
        if stripe % per_block == per_block - 1:
            scramble(acc, secret)
    accumulate(acc, data, n - 64, secret, len(secret) - 64 - 7)
    return acc


def of_more(data, seed):
    secret = secret_of(seed)
    acc = accumulators(data, secret)
    h = len(data) * PRIME64_1
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


# ---- 128 bits, without a seed ----


def u32(data, at):
    return struct.unpack_from('<I', data, at)[0]


def swap(value, size):
    return int.from_bytes(value.to_bytes(size, 'little'), 'big')


def avalanche_64(h):
    """That of XXH64."""
    h = (h ^ h >> 33) * PRIME64_2 & MASK64
    h = (h ^ h >> 29) * PRIME64_3 & MASK64
    return h ^ h >> 32


def key(at):
    return u64(SECRET, at) ^ u64(SECRET, at + 8)


def wide_of_0_to_3(data):
    n = len(data)
    if not n:
        return avalanche_64(key(64)), avalanche_64(key(80))
    low = data[0] << 16 | data[n >> 1] << 24 | data[n - 1] | n << 8
    turned = swap(low, 4)
    high = (turned << 13 | turned >> 19) & MASK32
    return (avalanche_64(low ^ u32(SECRET, 0) ^ u32(SECRET, 4)),
            avalanche_64(high ^ u32(SECRET, 8) ^ u32(SECRET, 12)))


def wide_of_4_to_8(data):
    n = len(data)
    keyed = (u32(data, 0) | u32(data, n - 4) << 32) ^ key(16)
    product = keyed * (PRIME64_1 + (n << 2))
    low, high = product & MASK64, product >> 64 & MASK64
    high = high + (low << 1) & MASK64
    low ^= high >> 3
    low = (low ^ low >> 35) * 0x9FB21C651E98DF25 & MASK64
    return low ^ low >> 28, avalanche(high)


def wide_of_9_to_16(data):
    n = len(data)
    first, last = u64(data, 0), u64(data, n - 8)
    product = (first ^ last ^ key(32)) * PRIME64_1
    low, high = product & MASK64, product >> 64
    low = low + ((n - 1) << 54) & MASK64
    last ^= key(48)
    high = high + last + (last & MASK32) * (PRIME32_2 - 1) & MASK64
    low ^= swap(high, 8)
    product = low * PRIME64_2
    return (avalanche(product & MASK64),
            avalanche((product >> 64) + high * PRIME64_2 & MASK64))


def mix32(acc, data, one, two, secret_at):
    low, high = acc
    low = low + mix16(data, one, secret_at, 0) & MASK64
    low ^= u64(data, two) + u64(data, two + 8) & MASK64
    high = high + mix16(data, two, secret_at + 16, 0) & MASK64
    high ^= u64(data, one) + u64(data, one + 8) & MASK64
    return low, high


def wide_end(acc, n):
    low, high = acc
    return (avalanche(low + high & MASK64),
            -avalanche(low * PRIME64_1 + high * PRIME64_4 + n * PRIME64_2
                       & MASK64) & MASK64)


def wide_of_17_to_128(data):
    n = len(data)
    acc = n * PRIME64_1 & MASK64, 0
    for i in range((n - 1) // 32, -1, -1):
        acc = mix32(acc, data, 16 * i, n - 16 * (i + 1), 32 * i)
    return wide_end(acc, n)


def wide_of_129_to_240(data):
    n = len(data)
    acc = n * PRIME64_1 & MASK64, 0
    for i in range(4):
        acc = mix32(acc, data, 32 * i, 32 * i + 16, 32 * i)
    acc = avalanche(acc[0]), avalanche(acc[1])
    for i in range(4, n // 32):
        acc = mix32(acc, data, 32 * i, 32 * i + 16, 3 + 32 * (i - 4))
    acc = mix32(acc, data, n - 16, n - 32, 136 - 17 - 16)
    return wide_end(acc, n)


def merge(acc, secret_at, h):
    for i in range(4):
        h += fold(acc[2 * i] ^ u64(SECRET, secret_at + 16 * i),
                  acc[2 * i + 1] ^ u64(SECRET, secret_at + 8 + 16 * i))
    return avalanche(h & MASK64)


def wide_of_more(data):
    n = len(data)
    acc = accumulators(data, SECRET)
    return (merge(acc, 11, n * PRIME64_1),
            merge(acc, len(SECRET) - 64 - 11, ~(n * PRIME64_2) & MASK64))


def xxh3_128(data):
    """The 16 bytes, as they are written."""
    for most, of in ((3, wide_of_0_to_3), (8, wide_of_4_to_8),
                     (16, wide_of_9_to_16), (128, wide_of_17_to_128),
                     (240, wide_of_129_to_240)):
        if len(data) <= most:
            low, high = of(data)
            break
    else:
        low, high = wide_of_more(data)
    return struct.pack('>QQ', high, low)
