"""The commands, a module for each group of them. `transcribe.cli.main` puts them together and catches their errors."""
