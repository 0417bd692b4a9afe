"""Opens the spins of "spinlearn solve INSTANCE --out SPINS.npy" and prints their energy.
INSTANCE is in spinlearn's own format; "spinlearn convert" makes it of any other.

    python3 data/examples/spins.py INSTANCE SPINS.npy
"""
import sys

import numpy

with open(sys.argv[1], encoding="utf-8") as f:
    header = dict(word.split("=", 1) for word in f.readline().split() if "=" in word)
i, j, J = numpy.loadtxt(sys.argv[1], unpack=True, ndmin=2).reshape(3, -1)
i, j = i.astype(int), j.astype(int)
s = numpy.load(sys.argv[2]).astype(int)
if header.get("ghost") == "yes":  # the last site carries the fields, J s_i h
    s = numpy.append(s, 1)
print(-(J * s[i] * s[j]).sum() + float(header.get("offset", 0)))
