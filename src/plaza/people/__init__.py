"""People: what others see of one, and who follows whom; never how one proves who one is."""
