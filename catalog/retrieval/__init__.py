"""Finding templates by what people say: vectors (Chroma) and words (BM25), fused."""
