"""The composition root, the only wiring: which parts a process is made of."""
