"""Opens a dataset with numpy and computes its energies anew:

    python3 data/examples/energies.py DATASET
"""
import json
import os
import sys

import numpy

folder = sys.argv[1]
with open(os.path.join(folder, "dataset.json")) as f:
    index = json.load(f)

for shard in index["shards"]:
    d = numpy.load(os.path.join(folder, shard["file"]))
    J, s = d["couplings"], d["spins"]  # (n, axes, rows, cols) and (n, rows, cols)
    E = -sum((J[:, a] * s * numpy.roll(s, -1, 1 + a)).reshape(len(s), -1).sum(1)
             for a in range(J.shape[1]))
    if not numpy.allclose(E, d["energy"], rtol=1e-12):
        sys.exit(f"{shard['file']}: energies differ from those of the spins")
    per_spin = E / s[0].size
    print(f"{shard['file']}: {len(s)} instances, energy per spin {per_spin.mean():.6f} J")
