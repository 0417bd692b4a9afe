"""Lists the tensors of a model.safetensors and says how it was trained:

    python3 data/examples/model.py RUN/model.safetensors
"""
import json
import sys

import numpy


def read_by_hand(path):
    """The file is the length of a JSON header as uint64, the header, and the arrays."""
    with open(path, "rb") as f:
        size = int.from_bytes(f.read(8), "little")
        header, data = json.loads(f.read(size)), f.read()
    metadata = header.pop("__metadata__")
    types = {"F32": "<f4", "F64": "<f8", "I8": "i1"}
    tensors = {}
    for name, t in header.items():
        begin, end = t["data_offsets"]
        tensors[name] = numpy.frombuffer(data[begin:end], types[t["dtype"]]).reshape(t["shape"])
    return metadata, tensors


def read(path):
    try:
        from safetensors import safe_open  # pip install safetensors
    except ImportError:
        return read_by_hand(path)
    with safe_open(path, "np") as f:
        return f.metadata(), {name: f.get_tensor(name) for name in f.keys()}


metadata, tensors = read(sys.argv[1])
training = json.loads(metadata["spinlearn"])["training"]
print(f"{training['target']} {training['loss']}, {training['channels']} channels, {training['blocks']} blocks")
for name, w in sorted(tensors.items()):
    print(f"{name} {w.dtype} {w.shape} rms {numpy.sqrt(numpy.mean(w.astype(float) ** 2)):.6g}")
