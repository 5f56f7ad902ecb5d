"""Operations that undo runs, and that keep the versions that runs need."""
