"""What a search minimises: one search model for each objective, with its heads and its preprocessing."""
