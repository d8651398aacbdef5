"""One module for each place where new items appear. Found by listing this folder."""
