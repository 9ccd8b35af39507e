"""A second decoder of VRTX, written from docs/vrtx.md alone: what it cannot read, the document does not say.

    python3 decode.py FILE

prints a line for each segment: the name of its column, its type, and its values. It knows the encodings of the profile `fast`;
of pco and zstd it says that it lacks them. Every checksum and all statistics are checked.
"""

import struct
import sys
import zlib

VECTOR = 1024
MASK = 2**64 - 1
TYPES = "bool i8 i16 i32 i64 u8 u16 u32 f32 f64 text bytes fixed uuid timestamp date decimal".split()
RANGES = {"i8": 8, "i16": 16, "i32": 32, "date": 32, "u8": -8, "u16": -16, "u32": -32}


class Lacking(Exception):
    """An encoding of the profile `compact`."""


class Damaged(Exception):
    """The bytes are not as the document says."""


def need(condition, what):
    if not condition:
        raise Damaged(what)


def signed(number):
    """The number of 64 bits with a sign that is this one modulo 2^64."""
    number &= MASK
    return number - 2**64 if number >> 63 else number


class Reader:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def take(self, count):
        need(self.at + count <= len(self.data), "too short")
        self.at += count
        return self.data[self.at - count : self.at]

    def u8(self):
        return self.take(1)[0]

    def unpack(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))

    def varint(self):
        number = shift = 0
        while True:
            byte = self.u8()
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                need(number <= MASK, "a varint has more than 64 bits")
                return number

    def zigzag(self):
        number = self.varint()
        return number >> 1 ^ -(number & 1)

    def bits(self, count, width):
        stream = int.from_bytes(self.take((count * width + 7) // 8), "little")
        return [stream >> i * width & (1 << width) - 1 for i in range(count)]


# Integers: signed, of 64 bits.


def integers(r, n, encoding=None):
    encoding = r.u8() if encoding is None else encoding
    if encoding == 2:
        return [r.zigzag()] * n
    if encoding == 3:
        return packed(r, n)
    if encoding == 4:
        firsts, differences = integers(r, (n + VECTOR - 1) // VECTOR), integers(r, n)
        values = []
        for i in range(n):
            values.append(firsts[i // VECTOR] if i % VECTOR == 0 else signed(values[-1] + differences[i]))
        return values
    if encoding == 5:
        base, factor = r.zigzag(), r.zigzag()
        return [signed(base + factor * number) for number in integers(r, n)]
    if encoding == 6:
        runs = r.varint()
        lengths, values = integers(r, runs), integers(r, runs)
        return [value for length, value in zip(lengths, values) for _ in range(length + 1)]
    if encoding == 7:
        distinct = integers(r, r.varint())
        return [distinct[code] for code in integers(r, n)]
    if encoding == 8:
        values, exceptions = [r.zigzag()] * n, r.varint()
        for place, value in zip(places(r, exceptions), integers(r, exceptions)):
            values[place] = value
        return values
    if encoding == 9:
        raise Lacking("pco")
    raise Damaged(f"encoding {encoding} of integers")


def places(r, count):
    found, next_place = [], 0
    for gap in integers(r, count):
        found.append(next_place + gap)
        next_place += gap + 1
    return found


def packed(r, n):
    base, heads, values = r.zigzag(), [], []
    for start in range(0, n, VECTOR):
        width, patches = r.u8(), r.varint()
        patch_width = r.u8() if patches else 0
        need(width + patch_width <= 64, "too wide")
        heads.append((min(VECTOR, n - start), width, patches, patch_width, base + r.varint()))
    for count, width, patches, patch_width, least in heads:
        differences = r.bits(count, width) if count < VECTOR else lanes(r, width)
        where, high = r.bits(patches, 10), r.bits(patches, patch_width)
        need(where == sorted(set(where)), "places do not ascend")
        for place, bits in zip(where, high):
            differences[place] |= bits << width
        values += [signed(least + difference) for difference in differences]
    return values


def lanes(r, width):
    count, size = (32, 4) if width <= 32 else (16, 8)
    words = [r.take(size) for _ in range(count * width)]
    each = [Reader(b"".join(words[lane::count])).bits(VECTOR // count, width) for lane in range(count)]
    return [each[i % count][i // count] for i in range(VECTOR)]


# Booleans.


def booleans(r, n, encoding=None):
    encoding = r.u8() if encoding is None else encoding
    if encoding == 2:
        return [bool(r.u8())] * n
    if encoding == 10:
        return [bit == 1 for bit in r.bits(n, 1)]
    if encoding == 8:
        most = bool(r.u8())
        values = [most] * n
        for place in places(r, r.varint()):
            values[place] = not most
        return values
    if encoding == 6:
        first, values = bool(r.u8()), []
        for run, length in enumerate(integers(r, r.varint())):
            values += [first ^ (run % 2 == 1)] * (length + 1)
        return values
    raise Damaged(f"encoding {encoding} of booleans")


# Floats: as the bits that they are.


def to_f32(number):
    """The nearest f32."""
    if isinstance(number, int) and abs(number) >= 2**53:
        shift = abs(number).bit_length() - 53
        sticky = abs(number) & (1 << shift) - 1 != 0
        number = (1 if number > 0 else -1) * float((abs(number) >> shift | sticky) << shift)
    try:
        return struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def float_bits(r, n, encoding, width):
    if encoding == 11:
        exponent, factor, count = r.u8(), r.u8(), r.varint()
        where, exceptions, numbers = places(r, count), integers(r, count), integers(r, n)
        to, form = (to_f32, "<f") if width == 32 else (float, "<d")
        up, down = to(float(f"1e{factor}")), to(float(f"1e-{exponent}"))
        values = [struct.pack(form, to(to(to(number) * up) * down)) for number in numbers]
        values = [int.from_bytes(value, "little") for value in values]
        for place, bits in zip(where, exceptions):
            values[place] = bits & (1 << width) - 1
        return values
    if encoding == 12:
        low = r.u8()
        upper, lower = integers(r, n), integers(r, n)
        return [(u << low | l) & (1 << width) - 1 for u, l in zip(upper, lower)]
    if encoding == 13:
        return [bits & (1 << width) - 1 for bits in integers(r, n)]
    if encoding == 9:
        raise Lacking("pco")
    raise Damaged(f"encoding {encoding} of floats")


# Strings.


def strings(r, n, encoding=None):
    encoding = r.u8() if encoding is None else encoding
    if encoding == 2:
        return [r.take(r.varint())] * n
    if encoding == 14:
        lengths = integers(r, n)
        return cut(r.take(r.varint()), lengths)
    if encoding == 15:
        return fsst(r, n)
    if encoding == 7:
        distinct = strings(r, r.varint())
        return [distinct[code] for code in integers(r, n)]
    if encoding == 16:
        shared, values = integers(r, n), []
        for i, suffix in enumerate(strings(r, n)):
            values.append(suffix if i % VECTOR == 0 else values[-1][: shared[i]] + suffix)
        return values
    if encoding == 17:
        raise Lacking("zstd")
    raise Damaged(f"encoding {encoding} of strings")


def cut(text, lengths):
    r = Reader(text)
    values = [r.take(length) for length in lengths]
    need(r.at == len(text), "lengths do not add up")
    return values


def fsst(r, n):
    lengths = integers(r, n)
    symbols = [r.take(length) for length in r.take(r.u8())]
    values = []
    for start, size in zip(range(0, n, VECTOR), integers(r, (n + VECTOR - 1) // VECTOR)):
        codes, text = iter(r.take(size)), b""
        for code in codes:
            text += bytes([next(codes)]) if code == 255 else symbols[code]
        values += cut(text, lengths[start : start + VECTOR])
    return values


# Wide values: signed, of 128 bits.


def wides(r, n, encoding=None):
    encoding = r.u8() if encoding is None else encoding
    if encoding == 18:
        upper, lower = integers(r, n), integers(r, n)
        return [u << 64 | l & MASK for u, l in zip(upper, lower)]
    if encoding == 7:
        distinct = wides(r, r.varint())
        return [distinct[code] for code in integers(r, n)]
    raise Damaged(f"encoding {encoding} of wide values")


# Segments.


def body(r, shape, encoding, n):
    if shape == "boolean":
        return booleans(r, n, encoding)
    if shape == "integer":
        return integers(r, n, encoding)
    if shape in ("f32", "f64"):
        return float_bits(r, n, encoding, int(shape[1:]))
    return strings(r, n, encoding) if shape == "string" else wides(r, n, encoding)


def shape_of(name, parameter):
    if name == "decimal":
        return "integer" if parameter[0] <= 18 else "wide"
    if name == "uuid" or name == "fixed" and parameter[0] == 16:
        return "wide"
    if name in ("text", "bytes", "fixed"):
        return "string"
    return {"bool": "boolean", "f32": "f32", "f64": "f64"}.get(name, "integer")


def order(bits, width):
    """A key by which the bits of floats sort as the floats do, −0.0 before 0.0."""
    return -bits - 1 + (1 << width - 1) if bits >> width - 1 else bits


def is_nan(bits, width):
    exponent = 0x7FF << 52 if width == 64 else 0xFF << 23
    return bits & exponent == exponent and bits & (exponent & -exponent) - 1 != 0


def bounds(r, shape, is_id, flags):
    """The least and the greatest as the statistics have them; of booleans how many are true."""
    if shape == "boolean":
        return r.varint()
    if shape == "integer":
        least = r.zigzag()
        return least, signed(least + r.varint())
    if shape in ("f32", "f64"):
        return r.unpack("II" if shape == "f32" else "QQ")
    if shape == "string":
        return (r.take(r.u8()), bool(flags & 4)), (r.take(r.u8()), bool(flags & 8))
    sides = r.take(16), r.take(16)
    return tuple(int.from_bytes(side, "big" if is_id else "little", signed=not is_id) for side in sides)


def true_bounds(values, shape, is_id):
    if shape == "boolean":
        return sum(values)
    if shape in ("f32", "f64"):
        width = int(shape[1:])
        values = sorted((bits for bits in values if not is_nan(bits, width)), key=lambda bits: order(bits, width))
    elif is_id:
        values = sorted(value & 2**128 - 1 for value in values)
    else:
        values = sorted(values)
    least, greatest = values[0], values[-1]
    if shape == "string":
        return (least[:32], len(least) > 32), (greatest[:32], len(greatest) > 32)
    return least, greatest


def check_values(values, name, parameter, shape):
    """Whether the values are of the type."""
    if name == "text":
        for value in values:
            value.decode("utf-8")
    if name == "fixed" and shape == "string":
        need(all(len(value) == parameter[0] for value in values), "a length")
    if name == "decimal":
        need(all(abs(value) < 10 ** parameter[0] for value in values), "too many digits")
    if name in RANGES:
        bits = RANGES[name]
        low, high = (-(1 << bits - 1), 1 << bits - 1) if bits > 0 else (0, 1 << -bits)
        need(all(low <= value < high for value in values), "beyond the type")


def segment(data):
    """The type of a segment, and its values; None for NULL."""
    r = Reader(data)
    type_byte, encoding, checksum = r.unpack("BBI")
    need(zlib.crc32(data[:2] + data[6:]) == checksum, "the checksum of a segment")
    name, nullable = TYPES[type_byte & 0x7F], type_byte >> 7
    parameter = {"fixed": "I", "decimal": "BB"}.get(name)
    parameter = r.unpack(parameter) if parameter else ()
    shape, is_id = shape_of(name, parameter), name in ("uuid", "fixed")
    rows, nulls, flags = r.varint(), r.varint(), r.u8()
    found_bounds = bounds(r, shape, is_id and shape == "wide", flags) if flags & 1 else None
    there = [encoding != 0] * rows
    if encoding == 1:
        there, encoding = booleans(r, rows), r.u8()
    need(there.count(False) == nulls and (nullable or not nulls), "another number of NULLs")
    values = body(r, shape, encoding, rows - nulls) if encoding != 0 else []
    need(r.at == len(data) and len(values) == rows - nulls, "another length")
    check_values(values, name, parameter, shape)
    has_nan, numbers = False, values
    if shape in ("f32", "f64"):
        numbers = [bits for bits in values if not is_nan(bits, int(shape[1:]))]
        has_nan = len(numbers) < len(values)
    need(bool(flags & 2) == has_nan, "the flag of NaN")
    expected = true_bounds(numbers, shape, is_id and shape == "wide") if numbers else None
    need(found_bounds == expected, f"bounds: {found_bounds} and not {expected}")
    values = iter(values)
    kind = name + "".join(f" {number}" for number in parameter) + (" nullable" if nullable else "")
    return kind, [next(values) if is_there else None for is_there in there]


def text_of(value):
    """A value as it is printed: strings in hexadecimal digits, booleans as 0 or 1, floats as their bits."""
    if value is None:
        return "null"
    return "x" + value.hex() if isinstance(value, bytes) else str(int(value))


def main(path):
    with open(path, "rb") as file:
        data = file.read()
    checksum, index = struct.unpack("<II", data[-8:])
    need(zlib.crc32(data[:-8]) == checksum, "the checksum of the file")
    magic, version, flags, columns, _ = Reader(data).unpack("4sHHII")
    need((magic, version, flags) == (b"VRTX", 1, 0), "not version 1 of VRTX")
    r = Reader(data[:-8], index)
    groups = r.varint()
    for _ in range(columns):
        name = r.take(r.varint()).decode("utf-8")
        for group in range(groups):
            offset, length = r.varint(), r.varint()
            try:
                kind, values = segment(data[offset : offset + length])
            except Lacking as lacking:
                print(f"{group} {name}: {lacking} is not known here")
                continue
            print(f"{group} {name}: {kind}:", *map(text_of, values))
    need(r.at == len(r.data), "bytes after the index")


if __name__ == "__main__":
    main(*sys.argv[1:])
