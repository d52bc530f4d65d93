"""Architecture parameters (alpha), how they weigh operations, and the cell that runs on the weights."""
