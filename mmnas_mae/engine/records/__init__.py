"""What a search writes down on its way: genotypes, held-out scores, pictures, true accuracies."""
