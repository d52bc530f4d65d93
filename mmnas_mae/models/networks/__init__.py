"""Networks, searched and stand-alone: one skeleton for each family of spaces, and what retraining puts around it."""
