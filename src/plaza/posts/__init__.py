"""Posts: write, read, edit and delete what people say; announce it, never deliver it."""
