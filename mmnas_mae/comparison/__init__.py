"""Whether a found network pays: it and the obvious alternatives of the same cost, trained by one recipe."""
