"""A small GGUF reader and writer for the reference programs (versions 2 and 3, little-endian). Written apart from the compiler's."""
import mmap
import struct
import numpy as np
import quants

_SCALARS = {0: 'B', 1: 'b', 2: 'H', 3: 'h', 4: 'I', 5: 'i', 6: 'f', 7: '?', 10: 'Q', 11: 'q', 12: 'd'}
_STRING, _ARRAY = 8, 9


class Reader:
    """metadata: key to value; tensors: name to (type name, dims in ggml order, bytes)."""

    def __init__(self, path):
        with open(path, 'rb') as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._at = 0
        if self._take(4) != b'GGUF':
            raise ValueError('not a GGUF file')
        self.version, n_tensors, n_keys = self._unpack('IQQ')
        self.metadata = {}
        for _ in range(n_keys):
            key = self._string()
            self.metadata[key] = self._value(self._unpack('I')[0])
        entries = []
        for _ in range(n_tensors):
            name = self._string()
            dims = self._unpack('%dQ' % self._unpack('I')[0])
            number, offset = self._unpack('IQ')
            entries.append((name, quants.NAMES.get(number, 'type %d' % number), dims, offset))
        alignment = self.metadata.get('general.alignment', 32)
        base = -(-self._at // alignment) * alignment
        whole = np.frombuffer(self._data, np.uint8)
        self.tensors = {}
        for name, kind, dims, offset in entries:
            if kind in quants.TYPES:
                size = quants.row_bytes(kind, dims[0]) * int(np.prod(dims[1:], dtype=np.int64))
                self.tensors[name] = (kind, dims, whole[base + offset:base + offset + size])
            else:
                self.tensors[name] = (kind, dims, None)

    def _take(self, count):
        self._at += count
        return self._data[self._at - count:self._at]

    def _unpack(self, form):
        return struct.unpack('<' + form, self._take(struct.calcsize('<' + form)))

    def _string(self):
        return self._take(self._unpack('Q')[0]).decode('utf-8', 'replace')

    def _value(self, kind):
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY:
            element, count = self._unpack('IQ')
            if element in _SCALARS:
                return list(self._unpack('%d%s' % (count, _SCALARS[element])))
            return [self._value(element) for _ in range(count)]
        return self._unpack(_SCALARS[kind])[0]

    def matrix(self, name):
        """A tensor's numbers as float64, shaped [rows, columns] (a vector: [columns])."""
        kind, dims, data = self.tensors[name]
        if data is None:
            raise ValueError(f'tensor {name} has {kind}, which is not supported')
        return quants.dequantize(kind, data).reshape(dims[::-1])

    def rows(self, name, indices):
        """Some rows of a matrix, without de-quantising the others."""
        kind, dims, data = self.tensors[name]
        blocks = data.reshape(dims[1], -1)[indices]
        return quants.dequantize(kind, np.ascontiguousarray(blocks).reshape(-1)).reshape(len(indices), dims[0])


class Writer:
    def __init__(self, version=3, alignment=32):
        self.version, self.alignment = version, alignment
        self._keys, self._tensors = [], []

    @staticmethod
    def _pack_string(text):
        data = text if isinstance(text, bytes) else text.encode()
        return struct.pack('<Q', len(data)) + data

    def _pack(self, kind, value):
        return self._pack_string(value) if kind == _STRING else struct.pack('<' + _SCALARS[kind], value)

    def add(self, key, kind, value):
        """kind: 'u32', 'i32', 'f32', 'bool', 'str', or one of these in brackets for an array."""
        numbers = {'u32': 4, 'i32': 5, 'f32': 6, 'bool': 7, 'str': _STRING}
        if kind.startswith('['):
            element = numbers[kind[1:-1]]
            body = struct.pack('<IIQ', _ARRAY, element, len(value)) + b''.join(self._pack(element, v) for v in value)
        else:
            body = struct.pack('<I', numbers[kind]) + self._pack(numbers[kind], value)
        self._keys.append(self._pack_string(key) + body)

    def tensor(self, name, kind, dims, data=b''):
        """dims in ggml order (row length first); data: the bytes of all blocks."""
        self._tensors.append((name, kind, dims, bytes(data)))

    def head(self):
        """Everything before the first tensor's bytes, padded: metadata and tensor table."""
        head = struct.pack('<4sIQQ', b'GGUF', self.version, len(self._tensors), len(self._keys)) + b''.join(self._keys)
        offset = 0
        for name, kind, dims, _ in self._tensors:
            head += self._pack_string(name) + struct.pack('<I%dQ' % len(dims), len(dims), *dims)
            head += struct.pack('<IQ', quants.TYPES[kind][0], offset)
            offset += self._padded_bytes(kind, dims)
        return head + b'\0' * (-len(head) % self.alignment)

    def _padded_bytes(self, kind, dims):
        size = quants.row_bytes(kind, dims[0]) * int(np.prod(dims[1:], dtype=np.int64))
        return -(-size // self.alignment) * self.alignment

    def write(self, path):
        with open(path, 'wb') as file:
            file.write(self.head())
            for _, _, _, data in self._tensors:
                file.write(data + b'\0' * (-len(data) % self.alignment))

    def write_header(self, path):
        """The file with a hole where the tensors' bytes would be, which need not be given: all that a compile with extern weights reads."""
        head = self.head()
        with open(path, 'wb') as file:
            file.write(head)
            file.truncate(len(head) + sum(self._padded_bytes(kind, dims) for _, kind, dims, _ in self._tensors))
