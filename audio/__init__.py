"""From what the user typed to samples: episodes, files, decoded audio. Knows nothing of speech."""
