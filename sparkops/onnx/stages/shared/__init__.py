"""Operations that several Spark classes compile to."""
