"""Demo data: a made-up network of people, and how it gets into a database."""
