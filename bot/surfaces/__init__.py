"""The outside surfaces, one package each: it offers `open_surface`, and `doctor.examine`. See docs/surfaces.md."""
