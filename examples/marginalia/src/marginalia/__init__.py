"""Remarks in the margin of the texts that a model is trained on."""
