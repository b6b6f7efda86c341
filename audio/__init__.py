"""From a source the user typed to samples: episodes, files, decoded audio. Contains nothing about speech."""
