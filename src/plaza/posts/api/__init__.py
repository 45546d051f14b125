"""What other contexts, and every edge, may ask of posts: one Protocol per noun."""
