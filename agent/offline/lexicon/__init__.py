"""The words that the offline interpreter knows: one YAML file per language, and `read_lexicon`."""
