"""What is right and what is wrong with a machine, as values; `transcribe.diagnosis.checks` has every check."""
