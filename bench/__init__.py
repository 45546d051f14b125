"""Figures, each beside what it is compared with, from one run on one machine: `make bench`."""
