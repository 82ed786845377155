"""What an operator does to a database: each module acts on engines and a metadata."""
