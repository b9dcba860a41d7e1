"""Marks a symbol version that a 64-bit little-endian ELF library needs as weak, so that loading does not fail where it is missing."""
import struct
import sys

VER_FLG_WEAK = 2
SHT_GNU_VERNEED = 0x6FFFFFFE

path, version = sys.argv[1], sys.argv[2].encode()
data = bytearray(open(path, "rb").read())
section_table, = struct.unpack_from("<Q", data, 40)
size, count = struct.unpack_from("<HH", data, 58)
sections = [struct.unpack_from("<IIQQQQIIQQ", data, section_table + i * size) for i in range(count)]
need = next(section for section in sections if section[1] == SHT_GNU_VERNEED)
strings = sections[need[6]][4]
entry = need[4]
while True:
    auxiliaries, _, first, following = struct.unpack_from("<HIII", data, entry + 2)
    at = entry + first
    for _ in range(auxiliaries):
        _, flags, _, name, step = struct.unpack_from("<IHHII", data, at)
        if data[strings + name:data.index(b"\0", strings + name)] == version:
            struct.pack_into("<H", data, at + 4, flags | VER_FLG_WEAK)
        at += step
    if following == 0:
        break
    entry += following
open(path, "wb").write(data)
