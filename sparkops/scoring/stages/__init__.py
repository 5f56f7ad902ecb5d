"""Operations of a compiled model, each written for one row and for a batch; `registry` lists them all."""
