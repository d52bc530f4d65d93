"""From a masked image to its reconstruction: masks, decoders, targets, the loss, and what needs no network."""
