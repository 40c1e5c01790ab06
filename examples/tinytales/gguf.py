"""The part of GGUF 3 that this example needs: a writer, a reader, and the quantisation Q8_0."""
import mmap, struct
import numpy as np

F32, Q8_0 = 0, 8
BLOCK = 32
FORMATS = {'u32': (4, '<I'), 'i32': (5, '<i'), 'f32': (6, '<f'), 'bool': (7, '<?'), 'str': (8, None)}
ARRAY = 9
ALIGNMENT = 32


def quantize_q8_0(x):
    """Blocks of 32 values along a row: the scale d = max|x| / 127 as float16, then 32 signed bytes round(x / d), halves away from zero, as ggml does."""
    blocks = x.astype(np.float32).reshape(-1, BLOCK)
    d = np.abs(blocks).max(axis=1) / np.float32(127)
    inverse = np.divide(np.float32(1), d, out=np.zeros_like(d), where=d != 0)
    scaled = blocks * inverse[:, None]
    q = np.trunc(scaled + np.copysign(np.float32(0.5), scaled)).astype(np.int8)
    out = np.empty((len(blocks), 2 + BLOCK), dtype=np.uint8)
    out[:, :2] = d.astype('<f2').view(np.uint8).reshape(-1, 2)
    out[:, 2:] = q.view(np.uint8)
    return out.tobytes()


def dequantize_q8_0(data, shape):
    blocks = np.frombuffer(data, dtype=np.uint8).reshape(-1, 2 + BLOCK)
    d = blocks[:, :2].copy().view('<f2').astype(np.float32)
    return (d * blocks[:, 2:].view(np.int8).astype(np.float32)).reshape(shape)


def string(text):
    data = text.encode()
    return struct.pack('<Q', len(data)) + data


def value(kind, v):
    """A typed value: its type number and its bytes. '[str]' is an array of 'str'."""
    if kind[0] == '[':
        inner = kind[1:-1]
        return ARRAY, struct.pack('<IQ', FORMATS[inner][0], len(v)) + b''.join(value(inner, x)[1] for x in v)
    number, layout = FORMATS[kind]
    return number, string(v) if kind == 'str' else struct.pack(layout, v)


def write(path, metadata, tensors):
    """metadata: [(key, kind, value)]; tensors: [(name, type, array)], array in rows as numpy has it (GGUF names the row length first)."""
    head = struct.pack('<4sIQQ', b'GGUF', 3, len(tensors), len(metadata))
    for key, kind, v in metadata:
        number, data = value(kind, v)
        head += string(key) + struct.pack('<I', number) + data
    bodies, offset = [], 0
    for name, tensor_type, array in tensors:
        body = quantize_q8_0(array) if tensor_type == Q8_0 else array.astype('<f4').tobytes()
        head += string(name) + struct.pack('<I', array.ndim) + struct.pack('<%dQ' % array.ndim, *reversed(array.shape)) + struct.pack('<IQ', tensor_type, offset)
        body += b'\0' * (-len(body) % ALIGNMENT)
        bodies.append(body)
        offset += len(body)
    with open(path, 'wb') as f:
        f.write(head + b'\0' * (-len(head) % ALIGNMENT) + b''.join(bodies))


def read(path):
    """(metadata as a dict, tensors as a dict of float32 arrays) of a file that write() made."""
    with open(path, 'rb') as f:
        data = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
    at = 0

    def take(layout):
        nonlocal at
        values = struct.unpack_from(layout, data, at)
        at += struct.calcsize(layout)
        return values[0] if len(values) == 1 else values

    def text():
        nonlocal at
        size = take('<Q')
        at += size
        return data[at - size:at].decode()

    layouts = dict(FORMATS.values())

    def typed(number):
        if number == ARRAY:
            inner, count = take('<I'), take('<Q')
            return [typed(inner) for _ in range(count)]
        return text() if layouts[number] is None else take(layouts[number])

    magic, version, tensor_count, key_count = take('<4sIQQ')
    if magic != b'GGUF' or version != 3:
        raise SystemExit('%s is not a GGUF 3 file' % path)
    metadata = {}
    for _ in range(key_count):
        key = text()
        metadata[key] = typed(take('<I'))
    infos = []
    for _ in range(tensor_count):
        name, dimensions = text(), take('<I')
        shape = [take('<Q') for _ in range(dimensions)][::-1]
        infos.append((name, shape) + take('<IQ'))
    base = at + -at % ALIGNMENT
    tensors = {}
    for name, shape, tensor_type, offset in infos:
        count = int(np.prod(shape))
        size = count // BLOCK * (2 + BLOCK) if tensor_type == Q8_0 else 4 * count
        body = data[base + offset:base + offset + size]
        tensors[name] = dequantize_q8_0(body, shape) if tensor_type == Q8_0 else np.frombuffer(body, '<f4').reshape(shape)
    return metadata, tensors
