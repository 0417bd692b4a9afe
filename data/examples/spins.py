"""Opens the spins of "spinlearn solve INSTANCE --out SPINS.npy" and prints their energy.
INSTANCE is in spinlearn's own format; "spinlearn convert" makes it of any other.

    python3 data/examples/spins.py INSTANCE SPINS.npy
"""
import sys

import numpy

i, j, J = numpy.loadtxt(sys.argv[1], unpack=True, ndmin=2)
s = numpy.load(sys.argv[2]).astype(int)
i, j = i.astype(int), j.astype(int)
print(-(J * s[i] * s[j]).sum())
