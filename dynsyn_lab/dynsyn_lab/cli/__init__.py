"""The dynsyn command: parsers and what they share; nothing heavy is imported here."""
