"""Operations and what they are made of: masked normalisation, depthwise convolutions, weighted sums."""
