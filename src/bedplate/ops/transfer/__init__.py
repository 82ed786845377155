"""All rows taken over: from one database into another, into files and back.

Rows are read by key, in pages of bounded size, from one snapshot; written by the bulk
path, each page in one transaction with the note of how far it goes; and summed up on
both sides in a way that no database has a say in.
"""
