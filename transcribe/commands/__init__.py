"""The commands, a module for each group of them. `transcribe.cli` puts them together and catches their errors."""
